//! The logistic domain in fixed point, to base 2.
//!
//! A probability `p` of a one is held either as an integer in Q16, or as its log-odds `log2(p / (1 - p))` in Q8, within
//! [`LIMIT`]. To base 2 the cost of a decision is read from a table by its log-odds alone.

use alloc::boxed::Box;
use golf_core::logit::{exp2_fraction, log2};

/// The largest log-odds, Q8: just below 16 bits.
pub(crate) const LIMIT: i32 = 4_095;

/// One in Q16.
pub(crate) const ONE: i32 = 1 << 16;

/// What the two outcomes of a decision cost, in 2^-16 bits, under log-odds that are not negative.
#[derive(Clone, Copy, Default)]
struct Costs {
    likely: u32,
    unlikely: u32,
}

/// The functions between the two forms, tabulated.
pub(crate) struct Logistic {
    /// By log-odds 0..=LIMIT: the probability, Q16.
    squash: Box<[u16; LIMIT as usize + 1]>,
    costs: Box<[Costs; LIMIT as usize + 1]>,
    /// By probability in Q12: log-odds, Q8.
    stretch: Box<[i16; 4096]>,
}

impl Logistic {
    pub(crate) const MEMORY_BYTES: u64 = (LIMIT as u64 + 1) * (2 + 8) + 4096 * 2;

    pub(crate) fn new() -> Self {
        let mut squash = Box::new([0; LIMIT as usize + 1]);
        let mut costs = Box::new([Costs::default(); LIMIT as usize + 1]);
        for (x, (p, cost)) in squash.iter_mut().zip(costs.iter_mut()).enumerate() {
            let x = x as u32;
            // 1 + 2^-x in Q31.
            let sum = (1 << 31) + (u64::from(exp2_fraction((x & 255) << 8)) >> (x >> 8));
            *p = (((1 << 47) + sum / 2) / sum).min(0xffff) as u16;
            let likely = (log2(sum) - (31 << 24) + (1 << 7)) >> 8;
            *cost = Costs { likely, unlikely: likely + (x << 8) };
        }
        let mut stretch = Box::new([0; 4096]);
        for (p, x) in stretch.iter_mut().enumerate() {
            // In the middle of the step: (p + 1/2) / (4096 - p - 1/2).
            let p = p as u64;
            let odds = i64::from(log2(2 * p + 1)) - i64::from(log2(8191 - 2 * p));
            *x = ((odds + (1 << 15)) >> 16) as i16;
        }
        Logistic { squash, costs, stretch }
    }

    /// The probability, Q16, of log-odds within ±[`LIMIT`].
    pub(crate) fn squash(&self, x: i32) -> i32 {
        let likely = i32::from(self.squash[x.unsigned_abs() as usize]);
        if x < 0 { ONE - likely } else { likely }
    }

    /// The log-odds, Q8 and within 13 bits, of a probability in Q16 that is below one.
    pub(crate) fn stretch(&self, p: u32) -> i32 {
        i32::from(self.stretch[(p >> 4) as usize])
    }

    /// What a zero and a one cost, in 2^-16 bits, under log-odds within ±[`LIMIT`].
    pub(crate) fn costs(&self, x: i32) -> [u32; 2] {
        let Costs { likely, unlikely } = self.costs[x.unsigned_abs() as usize];
        if x < 0 { [likely, unlikely] } else { [unlikely, likely] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_odds_cost_one_bit() {
        let logistic = Logistic::new();
        assert_eq!(logistic.squash(0), ONE / 2);
        assert_eq!(logistic.costs(0), [1 << 16; 2]);
    }

    #[test]
    fn both_outcomes_mirror_each_other_and_grow() {
        let logistic = Logistic::new();
        for x in 1..=LIMIT {
            assert_eq!(logistic.squash(x) + logistic.squash(-x), ONE);
            assert!(logistic.squash(x) >= logistic.squash(x - 1) && logistic.squash(x) < ONE);
            let [zero, one] = logistic.costs(x);
            assert_eq!(logistic.costs(-x), [one, zero]);
            assert_eq!(zero - one, (x as u32) << 8);
        }
        for p in 0..4096u32 {
            assert_eq!(logistic.stretch(p << 4) + logistic.stretch(0xffff - (p << 4)), 0);
        }
    }

    #[test]
    fn stretch_undoes_squash() {
        let logistic = Logistic::new();
        for x in -1_000..=1_000 {
            // A step of a probability in Q12 spans more of the log-odds away from the middle.
            let error = (logistic.stretch(logistic.squash(x) as u32) - x).abs();
            assert!(error <= 2 + (1 << (x.abs() / 256)) / 6, "{x}: {error}");
        }
    }
}
