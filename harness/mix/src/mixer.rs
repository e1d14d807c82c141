//! The logistic mixer: from what the contexts say about one decision to one probability.
//!
//! As in PAQ (Mahoney, "Adaptive weighing of context models for lossless data compression", 2005), each input is a
//! log-odds, the output is their weighted sum, and after each decision every weight moves by its input times the output's
//! error, which descends the cost. Four sets of weights are chosen by four small contexts and mix side by side; a second
//! layer, chosen by the last byte, mixes the four.
//!
//! No set has learnt anything at the beginning of a document, so the inputs are scaled by fixed gains: the highest order
//! that knows the decision speaks loudest, lower ones more softly the further below they are.

use crate::history::{CONTEXTS, LONG_WORD, OTHERS};
use crate::logistic::{LIMIT, Logistic, ONE};
use alloc::vec;
use alloc::vec::Vec;

/// Two inputs per context, one of the match model, and zeros that fill a vector of 64 bytes.
const INPUTS: usize = 32;

/// The match model's input.
const MATCH: usize = 2 * CONTEXTS;

const SETS: usize = 4;

/// How many weight vectors each set chooses from, and where they begin.
const ROWS: [usize; SETS] = [3 * 16, 256, 256 * 8, (LONG_WORD as usize + 1) * 16];
const STARTS: [usize; SETS] = [0, ROWS[0], ROWS[0] + ROWS[1], ROWS[0] + ROWS[1] + ROWS[2]];
const ALL_ROWS: usize = STARTS[3] + ROWS[3];

/// Weights at the beginning, Q16.
const WEIGHT: i32 = 10_000;
const FINAL_WEIGHT: i32 = 15_000;

/// Weights stay within eight: 14 bits in Q11, the form in which they mix.
const MOST: i32 = (8 << 16) - 1;
const MIX_SHIFT: u32 = 5;

/// Inputs stay within this, 16 bits in Q8, so that no sum of 27 inputs times weights exceeds 31 bits.
const LOUDEST: i32 = 4_095;

/// Gains, Q8, of (the state's probability, what is learnt about its record), by how far the order is below the highest
/// that knows the decision: 0, 1, 2, more.
const ORDER_GAINS: [[i32; 2]; 4] = [[266, 156], [312, 116], [197, 116], [108, 116]];

/// When only order 0 knows it: there is no one else to add.
const ALONE_GAINS: [i32; 2] = [532, 312];

/// Of the word, two words, classes, place in the word.
const OTHER_GAINS: [[i32; 2]; OTHERS] = [[312, 285], [108, 156], [133, 105], [133, 105]];

const MATCH_GAIN: i32 = 446;

/// The learning rate is `RATE + EXTRA_RATE * HALF_TIME / (HALF_TIME + bytes observed)`.
const RATE: u32 = 147;
const EXTRA_RATE: u32 = 3_240;
const HALF_TIME: u32 = 200;
const FINAL_RATE: i32 = 4;

/// What the contexts that know a decision say about it: log-odds, Q8.
pub(crate) struct Inputs {
    x: [i16; INPUTS],
    /// One more than the highest order that knows the decision; zero as long as there is none.
    depth: usize,
}

impl Inputs {
    pub(crate) fn new() -> Self {
        Inputs { x: [0; INPUTS], depth: 0 }
    }

    /// One more than the highest order that knows the decision.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Adds the two log-odds of an order. The highest comes first.
    pub(crate) fn push_order(&mut self, order: usize, x: [i32; 2]) {
        self.depth = self.depth.max(order + 1);
        let gains = if self.depth == 1 { ALONE_GAINS } else { ORDER_GAINS[(self.depth - 1 - order).min(3)] };
        self.push(order, x, gains);
    }

    /// Adds the two log-odds of one of the other contexts, which is `context` among all.
    pub(crate) fn push_other(&mut self, context: usize, other: usize, x: [i32; 2]) {
        self.push(context, x, OTHER_GAINS[other]);
    }

    /// Adds the match model's log-odds.
    pub(crate) fn push_match(&mut self, x: i32) {
        self.x[MATCH] = louder(x, MATCH_GAIN);
    }

    fn push(&mut self, context: usize, x: [i32; 2], gains: [i32; 2]) {
        self.x[2 * context] = louder(x[0], gains[0]);
        self.x[2 * context + 1] = louder(x[1], gains[1]);
    }
}

fn louder(x: i32, gain: i32) -> i16 {
    ((x * gain) >> 8).clamp(-LOUDEST, LOUDEST) as i16
}

/// What chooses the weights.
#[derive(Clone, Copy)]
pub(crate) struct Selectors {
    /// The last byte.
    pub(crate) last: usize,
    /// The word's length so far, up to [`LONG_WORD`].
    pub(crate) word_length: usize,
    /// A one and then the bits of the byte so far.
    pub(crate) node: usize,
    /// Whether there is a match whose byte is still possible: 0, or 1, or 2 for a long one.
    pub(crate) matching: usize,
}

impl Selectors {
    /// The rows of the four sets.
    fn rows(&self, depth: usize) -> [usize; SETS] {
        let bits = self.node.ilog2() as usize;
        let rows = [16 * self.matching + depth, self.node, 8 * self.last + bits, 16 * self.word_length + depth];
        core::array::from_fn(|set| STARTS[set] + rows[set])
    }
}

/// The outputs: of each set, and of them together. Log-odds, Q8.
pub(crate) struct Mixed {
    sets: [i32; SETS],
    pub(crate) x: i32,
}

pub(crate) struct Mixer {
    /// Q16, a vector for each row of each set.
    weights: Vec<[i32; INPUTS]>,
    /// The same in Q11, for mixing.
    short: Vec<[i16; INPUTS]>,
    /// Q16, by last byte.
    finals: Vec<[i32; SETS]>,
    bytes: u32,
}

impl Mixer {
    pub(crate) fn new() -> Self {
        Mixer {
            weights: vec![[WEIGHT; INPUTS]; ALL_ROWS],
            short: vec![[(WEIGHT >> MIX_SHIFT) as i16; INPUTS]; ALL_ROWS],
            finals: vec![[FINAL_WEIGHT; SETS]; 256],
            bytes: 0,
        }
    }

    pub(crate) const MEMORY_BYTES: u64 = (ALL_ROWS * INPUTS * 6 + 256 * SETS * 4) as u64;

    pub(crate) fn reset(&mut self) {
        self.weights.fill([WEIGHT; INPUTS]);
        self.short.fill([(WEIGHT >> MIX_SHIFT) as i16; INPUTS]);
        self.finals.fill([FINAL_WEIGHT; SETS]);
        self.bytes = 0;
    }

    /// Mixes.
    pub(crate) fn mix(&self, inputs: &Inputs, by: &Selectors) -> Mixed {
        let mut sets = [0; SETS];
        for (output, row) in sets.iter_mut().zip(by.rows(inputs.depth)) {
            *output = (dot(&inputs.x, &self.short[row]) >> (16 - MIX_SHIFT)).clamp(-LIMIT, LIMIT);
        }
        let finals = &self.finals[by.last];
        let sum: i64 = sets.iter().zip(finals).map(|(&x, &weight)| i64::from(x) * i64::from(weight)).sum();
        Mixed { sets, x: (sum >> 16).clamp(-i64::from(LIMIT), i64::from(LIMIT)) as i32 }
    }

    /// Moves the weights that led to `mixed` towards what would have made `bit` likelier.
    pub(crate) fn learn(&mut self, inputs: &Inputs, by: &Selectors, mixed: &Mixed, bit: u32, logistic: &Logistic) {
        let target = if bit == 1 { ONE } else { 0 };
        let rate = (RATE + EXTRA_RATE * HALF_TIME / (HALF_TIME + self.bytes)) as i32;
        for (row, &output) in by.rows(inputs.depth).into_iter().zip(&mixed.sets) {
            let error = ((target - logistic.squash(output)) * rate + (1 << 9)) >> 10;
            let vectors = self.weights[row].iter_mut().zip(&mut self.short[row]);
            for (&x, (weight, short)) in inputs.x.iter().zip(vectors) {
                *weight = moved(*weight, (i32::from(x) * error + (1 << 13)) >> 14);
                *short = (*weight >> MIX_SHIFT) as i16;
            }
        }
        let error = ((target - logistic.squash(mixed.x)) * FINAL_RATE + (1 << 9)) >> 10;
        for (weight, x) in self.finals[by.last].iter_mut().zip(mixed.sets) {
            *weight = moved(*weight, (x * error + (1 << 9)) >> 10);
        }
    }

    /// A byte has been observed: weights move more slowly from now on.
    pub(crate) fn end_byte(&mut self) {
        self.bytes = (self.bytes + 1).min(1 << 24);
    }
}

/// Kept apart: alone it becomes a few vector instructions.
#[inline(never)]
fn dot(x: &[i16; INPUTS], weights: &[i16; INPUTS]) -> i32 {
    x.iter().zip(weights).map(|(&x, &weight)| i32::from(x) * i32::from(weight)).sum()
}

fn moved(weight: i32, by: i32) -> i32 {
    (weight + by).clamp(-MOST, MOST)
}
