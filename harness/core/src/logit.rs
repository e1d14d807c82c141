//! Fixed-point logits and what a token costs.
//!
//! A logit is an `i32` in Q16 to base 2: 65,536 is one bit, and a token whose logit is 65,536 larger is twice as likely.
//! The cost of a token is `log2(sum of 2^logit) - its logit`, an integer number of 2^-16 bits.
//!
//! **Error bound.** [`exp2_fraction`] is within 2^-26 of the real value, relatively ([`EXP2_ERROR_LOG2`]; tested for all
//! arguments). A term is kept to 2^-47 of the largest, so for a vocabulary of `V <= 65,536` tokens the sum is off by less
//! than a factor `1 + 2^-25 + V * 2^-47`, and [`log2`] adds less than 2^-22 bits. With rounding to the nearest 2^-16 bits, a cost is within
//! 2^-17 + 2^-21 bits of the exact one, and the probabilities `2^-cost` sum to one within a relative 2^-16.

/// What a token, a document or a task costs, in units of 2^-16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(pub u64);

impl Cost {
    /// One bit.
    pub const BIT: Cost = Cost(1 << 16);
}

impl core::ops::Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost(self.0 + other.0)
    }
}

impl core::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.0 += other.0;
    }
}

impl core::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost(0), |total, cost| total + cost)
    }
}

/// Base-2 logarithm of the relative error that [`exp2_fraction`] stays within.
pub const EXP2_ERROR_LOG2: i32 = -26;

/// `2^(-i/32)` in Q31.
const EXP2_TABLE: [u32; 32] = [
    2_147_483_648,
    2_101_467_502,
    2_056_437_387,
    2_012_372_174,
    1_969_251_188,
    1_927_054_196,
    1_885_761_398,
    1_845_353_420,
    1_805_811_301,
    1_767_116_489,
    1_729_250_827,
    1_692_196_547,
    1_655_936_265,
    1_620_452_965,
    1_585_730_000,
    1_551_751_076,
    1_518_500_250,
    1_485_961_921,
    1_454_120_821,
    1_422_962_010,
    1_392_470_869,
    1_362_633_090,
    1_333_434_672,
    1_304_861_917,
    1_276_901_417,
    1_249_540_052,
    1_222_764_986,
    1_196_563_654,
    1_170_923_762,
    1_145_833_280,
    1_121_280_436,
    1_097_253_708,
];

/// The natural logarithm of 2 in Q32.
const LN2: u64 = 2_977_044_471;

/// `2^(-f / 65,536)` in Q31, for `f` below 65,536: a table of 32 steps, and between them the series of `e^-x` to the
/// third power.
///
/// Like all that [`Normalizer::new`] does for each logit it is written so that a compiler can make vectors of it: no branches, and
/// inlined where it is called, with the instructions of the caller.
#[inline(always)]
pub const fn exp2_fraction(f: u32) -> u32 {
    debug_assert!(f < 1 << 16);
    let step = EXP2_TABLE[(f >> 11) as usize] as u64;
    let x = ((f & 0x7ff) as u64 * LN2) >> 17;
    let half_square = (x * x) >> 32;
    // A third of x^2/2 * x; the division comes last because then it is one of 32 bits.
    let sixth_cube = (((half_square * x) >> 31) as u32 / 3) as u64;
    let series = (1 << 31) - x + half_square - sixth_cube;
    ((step * series) >> 31) as u32
}

/// `2^(-d / 65,536)` in Q47; zero from 48 bits on.
#[inline(always)]
const fn exp2_negative(d: u32) -> u64 {
    let whole = d >> 16;
    ((exp2_fraction(d & 0xffff) as u64) << 16) >> if whole > 63 { 63 } else { whole }
}

/// Base-2 logarithm in Q24 of a positive integer, by repeated squaring; at most 2^-22 off. Zero counts as one.
pub const fn log2(value: u64) -> u32 {
    let value = if value == 0 { 1 } else { value };
    let whole = value.ilog2();
    // The mantissa in [1, 2) as Q31.
    let mut mantissa = if whole > 31 { value >> (whole - 31) } else { value << (31 - whole) };
    let mut result = whole;
    let mut bit = 0;
    while bit < 24 {
        mantissa = (mantissa * mantissa) >> 31;
        let carry = (mantissa >> 32) as u32;
        mantissa >>= carry;
        result = (result << 1) | carry;
        bit += 1;
    }
    result
}

/// What all tokens together weigh: the part of a cost that does not depend on which token came.
#[derive(Clone, Copy, Debug)]
pub struct Normalizer {
    largest: i32,
    log2_sum: u32,
}

impl Normalizer {
    /// Reads all logits.
    ///
    /// # Panics
    /// If there are no logits.
    #[inline(always)]
    pub fn new(logits: &[i32]) -> Self {
        assert!(!logits.is_empty(), "a vocabulary has at least 256 tokens");
        let largest = logits.iter().fold(i32::MIN, |largest, &logit| largest.max(logit));
        let sum = logits.iter().map(|&logit| exp2_negative(largest.wrapping_sub(logit) as u32)).sum();
        // The sum is in Q47, and at least 1 because of the largest term.
        Normalizer { largest, log2_sum: log2(sum) - (47 << 24) }
    }

    /// The cost of the token with this logit, rounded to the nearest 2^-16 bits.
    pub fn cost(&self, logit: i32) -> Cost {
        let below = u64::from(self.largest.abs_diff(logit));
        Cost(((below << 8) + u64::from(self.log2_sum) + (1 << 7)) >> 8)
    }
}

/// The cost of `token` under `logits`.
///
/// # Panics
/// If `token` is not below `logits.len()`.
pub fn cost(logits: &[i32], token: u32) -> Cost {
    Normalizer::new(logits).cost(logits[token as usize])
}

/// For those who have another way to add up what [`new`](Normalizer::new) reads.
impl Normalizer {
    /// What a token with this logit weighs beside one with the largest, in Q47.
    #[inline(always)]
    pub const fn term(largest: i32, logit: i32) -> u64 {
        exp2_negative(largest.wrapping_sub(logit) as u32)
    }

    /// From the largest logit and the sum of all terms.
    pub const fn of(largest: i32, sum: u64) -> Self {
        Normalizer { largest, log2_sum: log2(sum) - (47 << 24) }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn exp2_stays_within_its_bound_for_all_fractions() {
        let bound = 2f64.powi(EXP2_ERROR_LOG2);
        for f in 0..1u32 << 16 {
            let exact = (-f64::from(f) / 65_536.0).exp2();
            let ours = f64::from(exp2_fraction(f)) / f64::from(1u32 << 31);
            assert!((ours / exact - 1.0).abs() < bound, "2^-({f}/65536): {ours} for {exact}");
        }
    }

    #[test]
    fn log2_is_exact_for_powers_of_two() {
        for power in 0..64 {
            assert_eq!(log2(1 << power), power << 24);
        }
        assert_eq!(log2(0), 0);
    }

    #[test]
    fn equal_logits_cost_exactly_the_logarithm_of_their_number() {
        assert_eq!(cost(&[7; 256], 3), Cost(8 * 65_536));
        assert_eq!(cost(&[i32::MIN; 65_536], 0), Cost(16 * 65_536));
    }

    #[test]
    fn extreme_logits_have_finite_costs() {
        let mut logits = [i32::MIN; 256];
        logits[0] = i32::MAX;
        assert_eq!(cost(&logits, 0), Cost(0));
        assert_eq!(cost(&logits, 1), Cost(u64::from(u32::MAX)));
    }

    fn exact_cost(logits: &[i32], token: usize) -> f64 {
        let largest = f64::from(*logits.iter().max().unwrap());
        let sum: f64 = logits.iter().map(|&l| ((f64::from(l) - largest) / 65_536.0).exp2()).sum();
        (largest - f64::from(logits[token])) / 65_536.0 + sum.log2()
    }

    fn any_logits() -> impl Strategy<Value = Vec<i32>> {
        let spread = prop_oneof![Just(1i32), Just(1 << 14), Just(1 << 18), Just(1 << 21), Just(i32::MAX)];
        spread.prop_flat_map(|spread| prop::collection::vec(-spread..spread, 256..2_000))
    }

    proptest! {
        #[test]
        fn log2_stays_within_its_bound(value in 1u64..) {
            let ours = f64::from(log2(value)) / f64::from(1u32 << 24);
            prop_assert!((ours - (value as f64).log2()).abs() < 2f64.powi(-22));
        }

        #[test]
        fn a_cost_is_within_its_bound_of_the_exact_one(logits in any_logits(), pick in any::<prop::sample::Index>()) {
            let token = pick.index(logits.len());
            let ours = cost(&logits, token as u32).0 as f64 / 65_536.0;
            prop_assert!((ours - exact_cost(&logits, token)).abs() < 2f64.powi(-17) + 2f64.powi(-21));
        }

        #[test]
        fn probabilities_sum_to_one_within_the_bound(logits in any_logits()) {
            let normalizer = Normalizer::new(&logits);
            let sum: f64 = logits.iter().map(|&l| (-(normalizer.cost(l).0 as f64) / 65_536.0).exp2()).sum();
            prop_assert!((sum - 1.0).abs() < 2f64.powi(-16), "{sum}");
        }

        #[test]
        fn adding_a_constant_to_all_logits_changes_no_cost(logits in prop::collection::vec(-1_000_000i32..1_000_000, 256), add in -1_000_000i32..1_000_000) {
            let moved: Vec<i32> = logits.iter().map(|l| l + add).collect();
            prop_assert_eq!(cost(&logits, 9), cost(&moved, 9));
        }
    }
}
