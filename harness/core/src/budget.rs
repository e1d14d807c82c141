//! How large an artifact may be.

/// The hard budget in bytes: decimal megabytes, every file that inference reads counted at its size on disk.
pub const BUDGET: u64 = 16_000_000;

/// Upper limits in bytes of the classes in which entries are ranked, the budget itself first.
pub const CLASSES: [u64; 4] = [BUDGET, 7_000_000, 1_000_000, 100_000];

/// The classes that an artifact of `bytes` bytes fits, largest first; none when it is over the budget.
pub fn classes(bytes: u64) -> impl Iterator<Item = u64> {
    CLASSES.into_iter().filter(move |&limit| bytes <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_fits_and_one_byte_more_does_not() {
        assert!(classes(16_000_000).eq([16_000_000]));
        assert!(classes(16_000_001).eq([]));
        assert!(classes(100_000).eq(CLASSES));
        assert!(classes(100_001).eq([16_000_000, 7_000_000, 1_000_000]));
    }
}
