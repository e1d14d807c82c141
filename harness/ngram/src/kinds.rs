//! What is looked at in an n-gram that the document has brought: its kind.

/// Longest history in the document.
pub(crate) const MOST_HISTORY: usize = 6;

const LIKELIHOODS: usize = 8;
const TOTALS: usize = 8;
const COUNTS: usize = 6;

/// Kinds of n-grams.
pub const KINDS: usize = (MOST_HISTORY + 1) * 2 * COUNTS * TOTALS * LIKELIHOODS;

/// An n-gram of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    /// Length of its history.
    pub(crate) length: usize,
    /// Whether a longer history was followed by the same word.
    pub(crate) shadowed: bool,
    /// How often it was met.
    pub(crate) count: u32,
    /// How often its history was followed by anything.
    pub(crate) total: u32,
    /// By how many different words.
    pub(crate) distinct: u32,
    /// How likely the word is by all other inputs, Q24.
    pub(crate) share: i64,
}

impl Met {
    #[inline(always)]
    pub(crate) fn kind(self) -> usize {
        let (count, total) = match self.length {
            0 => (
                wide(self.count, [2, 4, 8, 32, 128]),
                wide(self.total, [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144]),
            ),
            _ => (wide(self.count, [2, 3, 4, 7, 16]), by_history(self.total, self.distinct)),
        };
        let likelihood = wide(self.share as u32, [1 << 10, 1 << 13, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 23]);
        let outer = (2 * self.length + usize::from(self.shadowed)) * COUNTS + count;
        (outer * TOTALS + total) * LIKELIHOODS + likelihood
    }
}

/// How many of the bounds a number reaches.
#[inline(always)]
fn wide<const N: usize>(number: u32, bounds: [u32; N]) -> usize {
    bounds.iter().map(|&bound| usize::from(number >= bound)).sum()
}

/// Up to 31 a history that was always followed by one word is a kind of its own.
#[inline(always)]
fn by_history(total: u32, distinct: u32) -> usize {
    let certain = usize::from(distinct == 1);
    match total {
        0..=1 => 0,
        2..=3 => 1 + certain,
        4..=7 => 3 + certain,
        8..=31 => 5 + certain,
        _ => 7,
    }
}
