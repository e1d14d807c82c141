//! What a context knows about one binary decision, and what is learnt about such knowledge.
//!
//! **State.** 32 bits for one decision in one context: a probability that moves by `1/n` towards what came (so that it
//! starts as an average and ends as a moving one), the `n`, and a small record of the outcomes in the spirit of PAQ's bit
//! histories: how many zeros and ones, where an outcome makes the other's count forget what exceeds two, and the last two.
//!
//! **Indirection.** The record is not believed as it stands: for each kind of context a table learns, within the document,
//! how often a one follows each record (the indirect context models of Mahoney, "Data Compression Explained", 4.1.3).

use crate::logistic::ONE;
use alloc::boxed::Box;

/// A state: probability of a one in Q16 (bits 16..32), number of outcomes up to [`COUNT_LIMIT`] (10..16), record (0..10).
/// Zero means: nothing observed.
pub(crate) type State = u32;

/// From then on a state's probability is a moving average.
const COUNT_LIMIT: u32 = 60;

/// `1 / (n + 1.38)` in Q16: how far the outcome after `n` outcomes moves the probability.
const RATES: [u16; COUNT_LIMIT as usize + 1] = {
    let mut rates = [0; COUNT_LIMIT as usize + 1];
    let mut n = 0;
    while n < rates.len() {
        rates[n] = (6_553_600 / (100 * n + 138)) as u16;
        n += 1;
    }
    rates
};

/// How many different records there are.
pub(crate) const RECORDS: usize = 1 << 10;

/// The record of a state.
pub(crate) const fn record(state: State) -> usize {
    (state & 0x3ff) as usize
}

/// The probability of a one, Q16.
pub(crate) const fn probability(state: State) -> u32 {
    state >> 16
}

/// How many outcomes the state has seen, up to a limit.
pub(crate) const fn count(state: State) -> u32 {
    (state >> 10) & 63
}

/// The state after `bit`. An empty state takes `prior` (Q16) as its probability first; `share` (Q8) slows the move.
pub(crate) fn next(state: State, bit: u32, prior: i32, share: i32) -> State {
    let n = count(state);
    let p = if state == 0 { prior } else { probability(state) as i32 };
    let rate = (i32::from(RATES[n as usize]) * share) >> 8;
    let target = if bit == 1 { ONE - 1 } else { 0 };
    let p = p + ((i64::from(target - p) * i64::from(rate)) >> 16) as i32;
    let p = p.clamp(16, ONE - 17) as u32;
    (p << 16) | ((n + 1).min(COUNT_LIMIT) << 10) | next_record(state & 0x3ff, bit)
}

/// Zeros in bits 6..10, ones in 2..6, the last two outcomes in 0..2.
const fn next_record(record: u32, bit: u32) -> u32 {
    const fn up(count: u32) -> u32 {
        if count < 15 { count + 1 } else { count }
    }
    const fn forget(count: u32) -> u32 {
        if count > 2 { (count + 3) / 2 } else { count }
    }
    let (zeros, ones) = (record >> 6, (record >> 2) & 15);
    let (zeros, ones) = if bit == 1 { (forget(zeros), up(ones)) } else { (up(zeros), forget(ones)) };
    (zeros << 6) | (ones << 2) | ((record << 1) & 2) | bit
}

/// A learnt probability: Q22 in bits 10..32, and in 0..10 how often it was moved.
#[derive(Clone, Copy)]
pub(crate) struct Learnt(u32);

/// From then on a learnt probability is a moving average.
const LEARNT_LIMIT: u32 = 456;

/// `2 / (2n + 3)` in Q16.
const LEARNT_RATES: [u16; LEARNT_LIMIT as usize + 1] = {
    let mut rates = [0; LEARNT_LIMIT as usize + 1];
    let mut n = 0;
    while n < rates.len() {
        rates[n] = (131_072 / (2 * n + 3)) as u16;
        n += 1;
    }
    rates
};

impl Learnt {
    /// `numerator / denominator`, as if after `confidence` outcomes.
    pub(crate) const fn new(numerator: u32, denominator: u32, confidence: u32) -> Self {
        Learnt(((((numerator as u64) << 22) / denominator as u64) as u32) << 10 | confidence)
    }

    /// The probability in Q16.
    pub(crate) const fn probability(self) -> u32 {
        self.0 >> 16
    }

    /// Moves it towards `bit`.
    pub(crate) fn learn(&mut self, bit: u32) {
        let (p, n) = (i64::from(self.0 >> 10), self.0 & 0x3ff);
        let target = if bit == 1 { (1 << 22) - 1 } else { 0 };
        let p = p + (((target - p) * i64::from(LEARNT_RATES[n as usize])) >> 16);
        let p = p.clamp(64, (1 << 22) - 65) as u32;
        self.0 = (p << 10) | (n + 1).min(LEARNT_LIMIT);
    }
}

/// What each record is worth before anything is learnt: (ones + 1) / (zeros + ones + 2).
pub(crate) fn records() -> Box<[Learnt; RECORDS]> {
    let mut table = Box::new([Learnt(0); RECORDS]);
    for (record, learnt) in table.iter_mut().enumerate() {
        let (zeros, ones) = (record as u32 >> 6, (record as u32 >> 2) & 15);
        *learnt = Learnt::new(ones + 1, zeros + ones + 2, 8);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_has_seen_something_is_never_empty() {
        let mut state = 0;
        for bit in [0, 0, 0, 1, 0, 1, 1, 1, 0, 0] {
            state = next(state, bit, ONE / 2, 256);
            assert_ne!(state, 0);
            assert_eq!(state & 1, bit);
        }
        assert_eq!(count(state), 10);
    }

    #[test]
    fn probabilities_follow_what_comes_and_stay_inside() {
        for bit in [0, 1] {
            let (mut state, mut learnt) = (0, Learnt::new(1, 2, 0));
            for _ in 0..100_000 {
                state = next(state, bit, ONE / 2, 256);
                learnt.learn(bit);
            }
            let sure = |p: u32| if bit == 1 { p > 65_000 && p < 65_536 } else { p < 500 };
            assert!(sure(probability(state)) && sure(learnt.probability()));
        }
    }

    #[test]
    fn an_outcome_makes_the_other_count_forget() {
        let mut state = 0;
        for _ in 0..9 {
            state = next(state, 1, ONE / 2, 256);
        }
        assert_eq!(record(state), 9 << 2 | 0b11);
        assert_eq!(record(next(state, 0, ONE / 2, 256)), 1 << 6 | 6 << 2 | 0b10);
    }
}
