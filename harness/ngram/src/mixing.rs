//! What the inputs weigh, and how that is learnt.

use crate::grams::MOST_ORDERS;
use crate::kinds::KINDS;
use alloc::vec::Vec;

/// Inputs with a weight: another model's logits, the unigrams', and the boosts of each order above the first.
pub(crate) const INPUTS: usize = MOST_ORDERS + 1;

/// Where the weights begin, behind two rates; and where the lifts do.
const WEIGHTS: usize = 2;
const LIFTS: usize = WEIGHTS + MOST_ORDERS * INPUTS;

/// Numbers in which a [`Mixing`] is stored: the rates of weights and lifts, the weights by longest history and input, then the lifts of the kinds.
pub const fn weights() -> usize {
    LIFTS + KINDS
}

/// Bounds of a weight, Q16: what was learnt in one place can't do much harm in another.
const WEIGHT: core::ops::RangeInclusive<i32> = -(1 << 15)..=2 << 16;

/// Bounds of a lift, Q16.
const LIFT: core::ops::RangeInclusive<i32> = -(8 << 16)..=8 << 16;

/// How fast the rest is learnt, weights, Q16, of the inputs, and lifts, in 2^-16 bits, of the kinds of the document's n-grams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mixing {
    numbers: Vec<i32>,
}

impl Mixing {
    /// From what is stored, in units of 2^-8; what is missing is 0.
    pub fn new(stored: &[i16]) -> Self {
        let number = |at: usize| i32::from(stored.get(at).copied().unwrap_or(0)) << 8;
        let bounded = |at| bound(number(at).into(), if at < LIFTS { WEIGHT } else { LIFT });
        let numbers = (0..weights()).map(bounded).collect();
        let mut mixing = Mixing { numbers };
        mixing.set_rates(core::array::from_fn(|rate| stored.get(rate).copied().unwrap_or(0)));
        mixing
    }

    /// Before any training: `other` and the n-grams share the word, the document has none.
    pub fn even(other: bool) -> Self {
        let (theirs, ours) = if other { (170, 86) } else { (0, 256) };
        let set = core::array::from_fn::<i16, INPUTS, _>(|input| if input == 0 { theirs } else { ours });
        Mixing::new(&[&[12, 1_500][..], &[set; MOST_ORDERS].concat()].concat())
    }

    /// Sets how far a weight moves for a bit of difference, in 2^-15, and how far a lift moves for a share of one, in 2^-12 bits; 0..=2,048.
    pub fn set_rates(&mut self, rates: [i16; 2]) {
        self.numbers.iter_mut().zip(rates).for_each(|(number, rate)| *number = i32::from(rate.clamp(0, 2_048)) << 8);
    }

    /// Of the weights, Q23, and of the lifts, Q20.
    pub(crate) fn rates(&self) -> [i64; 2] {
        [0, 1].map(|rate| i64::from(self.numbers[rate]))
    }

    /// To be stored, in units of 2^-8.
    pub fn stored(&self) -> Vec<i16> {
        self.numbers.iter().map(|&number| ((number + 128) >> 8) as i16).collect()
    }

    /// Weights of the inputs after a history of which the last `matched` tokens are stored.
    pub(crate) fn inputs(&self, matched: usize) -> &[i32] {
        &self.numbers[WEIGHTS + matched * INPUTS..][..INPUTS]
    }

    pub(crate) fn lift(&self, kind: usize) -> i32 {
        self.numbers[LIFTS + kind]
    }

    /// Moves a weight.
    pub(crate) fn move_input(&mut self, matched: usize, input: usize, by: i64) {
        let weight = &mut self.numbers[WEIGHTS + matched * INPUTS + input];
        *weight = bound(i64::from(*weight) + by, WEIGHT);
    }

    /// Moves a lift.
    pub(crate) fn move_lift(&mut self, kind: usize, by: i64) {
        let lift = &mut self.numbers[LIFTS + kind];
        *lift = bound(i64::from(*lift) + by, LIFT);
    }

    pub(crate) fn copy_from(&mut self, other: &Mixing) {
        self.numbers.copy_from_slice(&other.numbers);
    }
}

fn bound(number: i64, bounds: core::ops::RangeInclusive<i32>) -> i32 {
    number.clamp((*bounds.start()).into(), (*bounds.end()).into()) as i32
}
