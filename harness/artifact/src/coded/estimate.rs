//! How likely a decision is, by those before it.

use super::range::Coder;
use golf_ternary::Codec;

/// How often a decision was met, and how often it was a one.
#[derive(Clone, Copy, Debug)]
struct Counts {
    ones: u32,
    all: u32,
}

impl Counts {
    /// As if it had been met `twice` times two, half of them ones.
    const fn even(twice: u32) -> Self {
        Counts { ones: twice, all: 2 * twice }
    }

    /// By itself (Krichevsky and Trofimov), Q16.
    fn alone(self) -> u32 {
        (((2 * u64::from(self.ones) + 1) << 15) / (u64::from(self.all) + 1)) as u32
    }

    /// As if it had been met `strength` times more, as often a one as `parent` says (Q16).
    fn below(self, parent: u32, strength: u32) -> u32 {
        let ones = (u64::from(self.ones) << 16) + u64::from(strength) * u64::from(parent);
        (ones / (u64::from(self.all) + u64::from(strength))) as u32
    }

    fn count(&mut self, one: bool) {
        self.ones += u32::from(one);
        self.all += 1;
    }
}

/// A probability that a coder takes. Nothing is surer than 2^-12.
fn bounded(p: u32) -> u32 {
    p.clamp(16, 65_536 - 16)
}

/// How a matrix's weights are predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Not at all: every bit of a weight takes a bit.
    Even,
    /// By the matrix's weights before.
    Matrix,
    /// By those of the same column, to which the matrix's count for this many more.
    Column(u32),
}

impl Strength {
    /// All that [`Strength::of`] gives, for an encoder to try.
    pub(crate) const ALL: [Strength; 8] = [
        Strength::Even,
        Strength::Matrix,
        Strength::Column(16),
        Strength::Column(32),
        Strength::Column(64),
        Strength::Column(128),
        Strength::Column(256),
        Strength::Column(1024),
    ];

    /// By its number in the stream.
    pub(crate) fn of(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }

    /// Its number in the stream.
    pub(crate) fn number(self) -> u32 {
        Self::ALL.iter().position(|&strength| strength == self).unwrap_or(0) as u32
    }
}

/// What is known of a matrix's weights so far.
#[derive(Debug)]
pub(crate) struct Weights {
    codec: Codec,
    strength: Strength,
    matrix: Vec<Counts>,
    /// Column by column, the nodes below [`Weights::deep`].
    columns: Vec<Counts>,
    nodes: usize,
}

impl Weights {
    pub(crate) fn new(codec: Codec, cols: usize, strength: Strength) -> Self {
        let (all, nodes) = match codec {
            Codec::Bit1 => (1, 1),
            Codec::Trit5 => (2, 2),
            Codec::I4 => (16, 16),
            // A column says something of the highest four bits.
            Codec::I8 => (256, 16),
        };
        let columns = if matches!(strength, Strength::Column(_)) { nodes * cols } else { 0 };
        // The lowest bits of wide weights are nearly even.
        let start = |node: usize| if node < 16 { Counts::even(0) } else { Counts::even(8) };
        let matrix = (0..all).map(start).collect();
        Weights { codec, strength, matrix, columns: vec![Counts::even(0); columns], nodes }
    }

    /// Codes a row in place: the encoder reads it, the decoder fills it.
    pub(crate) fn row(&mut self, coder: &mut impl Coder, row: &mut [i8]) {
        for (col, weight) in row.iter_mut().enumerate() {
            let w = *weight;
            *weight = match self.codec {
                Codec::Bit1 => self.sign(coder, col, 0, w),
                Codec::Trit5 => {
                    if self.decision(coder, col, 0, w != 0) {
                        self.sign(coder, col, 1, w)
                    } else {
                        0
                    }
                }
                Codec::I4 => self.tree(coder, col, w, 4),
                Codec::I8 => self.tree(coder, col, w, 8),
            };
        }
    }

    fn sign(&mut self, coder: &mut impl Coder, col: usize, node: usize, weight: i8) -> i8 {
        if self.decision(coder, col, node, weight > 0) { 1 } else { -1 }
    }

    /// Bits from the highest, each a decision of its own after those above it.
    fn tree(&mut self, coder: &mut impl Coder, col: usize, weight: i8, bits: u32) -> i8 {
        let half = 1i32 << (bits - 1);
        let code = i32::from(weight) + half;
        let mut node = 1;
        for bit in (0..bits).rev() {
            let one = self.decision(coder, col, node as usize, code >> bit & 1 == 1);
            node = 2 * node + i32::from(one);
        }
        (node - 3 * half) as i8
    }

    fn decision(&mut self, coder: &mut impl Coder, col: usize, node: usize, one: bool) -> bool {
        if self.strength == Strength::Even {
            return coder.code(one, 1 << 15);
        }
        let matrix = &mut self.matrix[node];
        let parent = matrix.alone();
        match self.strength {
            Strength::Column(strength) if node < self.nodes => {
                let column = &mut self.columns[self.nodes * col + node];
                let one = coder.code(one, bounded(column.below(parent, strength)));
                column.count(one);
                matrix.count(one);
                one
            }
            _ => {
                let one = coder.code(one, bounded(parent));
                matrix.count(one);
                one
            }
        }
    }
}

/// What is known of 16-bit numbers: the highest bits by those above them, the lowest each by itself.
#[derive(Debug)]
pub(crate) struct Numbers {
    tree: Vec<Counts>,
    low: [Counts; 16],
}

/// Bits of a number that are in the tree.
const HIGH: u32 = 10;

impl Numbers {
    pub(crate) fn new() -> Self {
        Numbers { tree: vec![Counts::even(0); 1 << HIGH], low: [Counts::even(0); 16] }
    }

    /// Codes a number.
    pub(crate) fn code(&mut self, coder: &mut impl Coder, number: u16) -> u16 {
        let mut node = 1;
        for bit in (0..16).rev() {
            let depth = 15 - bit;
            let counts = if depth < HIGH { &mut self.tree[node as usize] } else { &mut self.low[bit as usize] };
            let one = coder.code(number >> bit & 1 == 1, bounded(counts.alone()));
            counts.count(one);
            node = 2 * node + u32::from(one);
        }
        node as u16
    }
}

/// What is known of bytes after a byte.
#[derive(Debug)]
pub(crate) struct Bytes {
    any: Vec<Counts>,
    after: Vec<Counts>,
}

/// What the bytes of all contexts count against those of one.
const AFTER: u32 = 16;

impl Bytes {
    /// With `contexts` contexts.
    pub(crate) fn new(contexts: usize) -> Self {
        Bytes { any: vec![Counts::even(0); 256], after: vec![Counts::even(0); 256 * contexts] }
    }

    /// Codes a byte in a context.
    pub(crate) fn code(&mut self, coder: &mut impl Coder, context: usize, byte: u8) -> u8 {
        let mut node = 1;
        for bit in (0..8).rev() {
            let (any, after) = (&mut self.any[node], &mut self.after[256 * context + node]);
            let one = coder.code(byte >> bit & 1 == 1, bounded(after.below(any.alone(), AFTER)));
            any.count(one);
            after.count(one);
            node = 2 * node + usize::from(one);
        }
        node as u8
    }
}
