//! The floor: a model that knows nothing.

use crate::{LanguageModel, Vocabulary};

/// Gives every byte the same probability: exactly 8 bits per byte on any text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uniform;

impl LanguageModel for Uniform {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {}
    fn predict(&mut self, logits: &mut [i32]) {
        logits.fill(0);
    }
    fn observe(&mut self, _token: u32) {}
}
