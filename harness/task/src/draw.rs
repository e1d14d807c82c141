//! Random draws that are the same everywhere and for ever.

use sha2::{Digest, Sha256};

/// An endless stream of bits made from a 32-byte seed: SHA-256(seed, counter as little-endian u64), four 64-bit
/// little-endian words a block.
#[derive(Clone, Debug)]
pub struct Draw {
    seed: [u8; 32],
    counter: u64,
    block: [u64; 4],
    used: usize,
}

impl Draw {
    /// A stream of its own for each seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Draw { seed, counter: 0, block: [0; 4], used: 4 }
    }

    /// A stream derived from this seed and a label, whatever has been drawn so far: so that the items of a task don't depend on one another.
    pub fn child(&self, label: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(label);
        Draw::new(hash.finalize().into())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        if self.used == 4 {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.counter.to_le_bytes());
            let bytes: [u8; 32] = hash.finalize().into();
            for (word, chunk) in self.block.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
            }
            self.counter += 1;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A number below `bound`, each equally likely up to a part in 2^32 (multiply and shift).
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "nothing to draw from");
        (((self.bits() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    /// One of several.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }

    /// An index, with probability in proportion to its weight.
    ///
    /// # Panics
    /// If the weights sum to zero.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let found = rest < weight;
                rest = rest.wrapping_sub(weight);
                found
            })
            .expect("the draw is below the sum")
    }

    /// Puts the elements in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut draw = Draw::new([7; 32]);
        let first: Vec<u32> = (0..8).map(|_| draw.below(1_000)).collect();
        let mut again = Draw::new([7; 32]);
        assert_eq!(first, (0..8).map(|_| again.below(1_000)).collect::<Vec<_>>());
        assert_eq!(first, PINNED);
    }

    /// Computed independently with Python's hashlib.
    const PINNED: [u32; 8] = [992, 65, 106, 852, 983, 730, 87, 314];

    #[test]
    fn weights_are_respected() {
        let mut draw = Draw::new([1; 32]);
        let mut counts = [0; 3];
        for _ in 0..8_000 {
            counts[draw.weighted(&[1, 0, 3])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((1_800..2_200).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn a_shuffle_keeps_everything() {
        let mut items: Vec<u32> = (0..50).collect();
        Draw::new([2; 32]).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
