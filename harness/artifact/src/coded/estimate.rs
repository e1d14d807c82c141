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
    #[inline(always)]
    fn alone(self) -> u32 {
        (((2 * u64::from(self.ones) + 1) << 15) / (u64::from(self.all) + 1)) as u32
    }

    /// As if it had been met `strength` times more, as often a one as `parent` says (Q16).
    #[inline(always)]
    fn below(self, parent: u32, strength: u32) -> u32 {
        let ones = (u64::from(self.ones) << 16) + u64::from(strength) * u64::from(parent);
        (ones / (u64::from(self.all) + u64::from(strength))) as u32
    }

    fn count(&mut self, one: bool) {
        *self = self.after(one);
    }

    #[inline(always)]
    fn after(self, one: bool) -> Self {
        Counts { ones: self.ones + u32::from(one), all: self.all + 1 }
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
        if let (Codec::Trit5, Strength::Column(strength)) = (self.codec, self.strength) {
            return self.trits(coder, row, strength);
        }
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

    /// Ternary weights, predicted by columns. The next probability is found for either outcome while the coder is at work, since divisions take longer than
    /// it does.
    fn trits(&mut self, coder: &mut impl Coder, row: &mut [i8], strength: u32) {
        let mut matrix = [self.matrix[0], self.matrix[1]];
        let columns = self.columns.as_chunks_mut::<2>().0;
        let mut sign_parent = matrix[1].alone();
        let mut p = columns.first().map_or(0, |column| column[0].below(matrix[0].alone(), strength));
        for (col, weight) in row.iter_mut().enumerate() {
            let next = columns.get(col + 1).map_or(Counts::even(0), |column| column[0]);
            let next = [
                next.below(matrix[0].after(false).alone(), strength),
                next.below(matrix[0].after(true).alone(), strength),
            ];
            let column = &mut columns[col];
            let sign = column[1].below(sign_parent, strength);
            let is_some = coder.code(*weight != 0, bounded(p));
            matrix[0].count(is_some);
            column[0].count(is_some);
            p = next[usize::from(is_some)];
            *weight = if is_some {
                let is_positive = coder.code(*weight > 0, bounded(sign));
                matrix[1].count(is_positive);
                column[1].count(is_positive);
                sign_parent = matrix[1].alone();
                2 * i8::from(is_positive) - 1
            } else {
                0
            };
        }
        self.matrix.copy_from_slice(&matrix);
    }

    fn sign(&mut self, coder: &mut impl Coder, col: usize, node: usize, weight: i8) -> i8 {
        if self.decision(coder, col, node, weight > 0) { 1 } else { -1 }
    }

    /// Bits from the highest, each a decision of its own after those above it; both that may come next are looked up while the coder is at work.
    fn tree(&mut self, coder: &mut impl Coder, col: usize, weight: i8, bits: u32) -> i8 {
        let half = 1i32 << (bits - 1);
        let code = i32::from(weight) + half;
        let (mut node, mut p) = (1, self.probability(col, 1));
        for bit in (0..bits).rev() {
            let next = match bit {
                0 => [0; 2],
                _ => [self.probability(col, 2 * node), self.probability(col, 2 * node + 1)],
            };
            let one = coder.code(code >> bit & 1 == 1, p);
            self.count(col, node, one);
            p = next[usize::from(one)];
            node = 2 * node + usize::from(one);
        }
        (node as i32 - 3 * half) as i8
    }

    fn decision(&mut self, coder: &mut impl Coder, col: usize, node: usize, one: bool) -> bool {
        let one = coder.code(one, self.probability(col, node));
        self.count(col, node, one);
        one
    }

    /// Of a one.
    #[inline(always)]
    fn probability(&self, col: usize, node: usize) -> u32 {
        match self.strength {
            Strength::Even => 1 << 15,
            Strength::Column(strength) if node < self.nodes => {
                bounded(self.columns[self.nodes * col + node].below(self.matrix[node].alone(), strength))
            }
            _ => bounded(self.matrix[node].alone()),
        }
    }

    #[inline(always)]
    fn count(&mut self, col: usize, node: usize, one: bool) {
        match self.strength {
            Strength::Even => return,
            Strength::Column(_) if node < self.nodes => self.columns[self.nodes * col + node].count(one),
            _ => {}
        }
        self.matrix[node].count(one);
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
