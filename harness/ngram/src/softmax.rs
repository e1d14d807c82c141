//! Powers of two, as exact as learning needs them.

/// `2^(-i/256)` in Q20.
const POWERS: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        // From Q31, rounded.
        table[i] = (golf_core::logit::exp2_fraction(i as u32 * 256) + (1 << 10)) >> 11;
        i += 1;
    }
    table
};

/// More than this many bits above the largest logit of the other inputs a word isn't lifted.
pub(crate) const HIGHEST: i32 = 10;

/// `2^difference` in Q20, the difference in 2^-16 bits and at most [`HIGHEST`] bits; zero 21 bits below.
#[inline(always)]
pub(crate) fn power(difference: i32) -> u32 {
    let below = ((HIGHEST << 16) - difference) as u32;
    let whole = below >> 16;
    // Q30 at most, because the fraction lowers it.
    let lifted = POWERS[(below >> 8 & 255) as usize] << HIGHEST;
    if whole > 31 { 0 } else { lifted >> whole }
}

/// Divides powers by their sum.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    inverse: u64,
}

impl Shares {
    pub(crate) fn new(sum: u64) -> Self {
        // At least 1 in Q20, the largest, so this is below 2^43.
        Shares { inverse: (1 << 63) / sum.max(1 << 20) }
    }

    /// In Q24.
    #[inline(always)]
    pub(crate) fn of(self, power: u32) -> i64 {
        ((u64::from(power) * (self.inverse >> 10)) >> 29) as i64
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn powers_are_within_a_third_of_a_percent() {
        for difference in (-20 << 16..=HIGHEST << 16).step_by(97) {
            let exact = f64::from(difference) / 65_536.0 + 20.0;
            let found = f64::from(power(difference));
            assert!((found - exact.exp2()).abs() <= 0.0034 * exact.exp2() + 1.0, "2^{exact}: {found}");
        }
        assert_eq!(power(-(1 << 30)), 0);
    }

    #[test]
    fn shares_add_up() {
        for powers in [vec![1 << 20], vec![1 << 20; 65_536], vec![1 << 30, 1 << 20, 5, 0], vec![1 << 30; 65_536]] {
            let shares = Shares::new(powers.iter().map(|&power| u64::from(power)).sum());
            let sum: i64 = powers.iter().map(|&power| shares.of(power)).sum();
            assert!((sum - (1 << 24)).abs() <= 1 << 17, "{sum}");
        }
    }

    use std::vec;
}
