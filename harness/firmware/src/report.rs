//! What the host gets: one line of JSON.

use crate::machine::{Clock, Console, Machine};
use crate::memory::Usage;
use core::fmt::Write;
use golf_core::Cost;

/// Tokens, and the instructions that they took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) tokens: u32,
    pub(crate) instructions: u64,
}

impl Counted {
    /// Adds what `work` takes.
    pub(crate) fn add<T>(&mut self, clock: &Clock, work: impl FnOnce() -> T) -> T {
        let before = clock.now();
        let result = work();
        let after = clock.now();
        self.instructions += clock.between(before, after);
        result
    }
}

/// All that a job came to.
#[derive(Debug)]
pub(crate) struct Report {
    /// Predictions that the digest covers.
    pub(crate) probe_tokens: u32,
    /// SHA-256 of their logits as little-endian 32-bit integers.
    pub(crate) digest: [u8; 32],
    /// Checking the image and taking in the start token.
    pub(crate) load: u64,
    /// Observing the tokens of a text.
    pub(crate) prompt: Counted,
    /// Predicting, choosing the likeliest and observing it.
    pub(crate) generation: Counted,
    /// A document's tokens and what they cost, in units of 2^-16 bits.
    pub(crate) document: Option<(u32, Cost)>,
    pub(crate) ram: Usage,
}

impl Report {
    pub(crate) fn print(&self) {
        let Report { probe_tokens, digest, load, prompt, generation, document, ram } = self;
        // The console can't fail.
        let _ = write!(Console, "{{\"target\":\"{}\",\"probe_tokens\":{probe_tokens},\"digest\":\"", Machine::NAME);
        for byte in digest {
            let _ = write!(Console, "{byte:02x}");
        }
        let _ = write!(Console, "\",\"load\":{load}");
        for (name, counted) in [("prompt", prompt), ("generation", generation)] {
            let Counted { tokens, instructions } = counted;
            let _ = write!(Console, ",\"{name}\":{{\"tokens\":{tokens},\"instructions\":{instructions}}}");
        }
        if let Some((tokens, Cost(cost))) = document {
            let _ = write!(Console, ",\"document\":{{\"tokens\":{tokens},\"cost\":{cost}}}");
        }
        let Usage { stack, stack_reserved, statics, arena } = ram;
        let _ = write!(Console, ",\"ram\":{{\"stack\":{stack},\"stack_reserved\":{stack_reserved}");
        let _ = writeln!(Console, ",\"statics\":{statics},\"arena\":{arena}}}}}");
    }
}
