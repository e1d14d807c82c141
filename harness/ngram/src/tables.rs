//! The tables that a vocabulary borrows.

use alloc::vec::Vec;
use golf_core::{Tokenization, Vocabulary, VocabularyError};

/// A vocabulary's tables.
#[derive(Clone, Debug)]
pub struct Tables {
    offsets: Vec<u8>,
    bytes: Vec<u8>,
    order: Vec<u8>,
    tokenization: Tokenization,
}

impl Tables {
    /// Of tokens, 65,536 at most, in the order of their ids.
    ///
    /// # Errors
    /// If they are no vocabulary.
    pub fn new(tokens: &[&[u8]], tokenization: Tokenization) -> Result<Self, VocabularyError> {
        let size = VocabularyError::Size { tokens: tokens.len() };
        let mut ids = (0..tokens.len()).map(u16::try_from).collect::<Result<Vec<u16>, _>>().map_err(|_| size)?;
        ids.sort_unstable_by_key(|&id| tokens[usize::from(id)]);
        let ends = tokens.iter().scan(0, |end, token| {
            *end += token.len() as u32;
            Some(*end)
        });
        let tables = Tables {
            offsets: core::iter::once(0).chain(ends).flat_map(u32::to_le_bytes).collect(),
            bytes: tokens.concat(),
            order: ids.into_iter().flat_map(u16::to_le_bytes).collect(),
            tokenization,
        };
        Vocabulary::new(&tables.offsets, &tables.bytes, &tables.order, tokenization)?;
        Ok(tables)
    }

    /// The vocabulary.
    pub fn view(&self) -> Vocabulary<'_> {
        Vocabulary::new(&self.offsets, &self.bytes, &self.order, self.tokenization).expect("the tables were checked")
    }
}
