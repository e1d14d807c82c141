//! What one token takes, counted from the shape of an image and the codecs of its weights: on an ideal machine for them, which has
//! every operand at hand and reads every weight once, and for the same shape in floating point.
//!
//! `ARITHMETIC.md` says what is computed. A shift is wiring and counts as nothing, a comparison as an addition. Rotating, normalising and quantising
//! are counted by element; a ternary or binary weight is one addition or subtraction, zero or not.

use crate::codec::Codec;
use crate::image::{Image, Matrix, Part};
use core::ops::AddAssign;

/// A part of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Matrices for queries, keys, values and the output of attention.
    Projections,
    /// Attention itself: scores, weights and the weighted mean, with its cache.
    Attention,
    /// Matrices of the MLP.
    Mlp,
    /// From the last state to the logits.
    Head,
    /// The embedding, norms, quantisers, activations and residuals.
    Rest,
}

impl Section {
    /// All of them, in the order that a table has them in.
    pub const ALL: [Section; 5] =
        [Section::Projections, Section::Attention, Section::Mlp, Section::Head, Section::Rest];
}

/// What numbers are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// As the engine has it: stored weights, int8 activations, sums of 32 bits.
    Integer,
    /// Weights and activations as floating-point numbers of so many bytes.
    Float {
        /// 2 or 4.
        bytes: u64,
    },
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Additions, subtractions and comparisons; of 32 bits in integers.
    pub additions: u64,
    /// Multiplications of numbers of 8 bits; there are none in floating point.
    pub byte_multiplications: u64,
    /// Other multiplications; of 32 bits in integers.
    pub multiplications: u64,
    /// Look-ups in tables of constants.
    pub lookups: u64,
    /// Divisions, roots and exponentials.
    pub functions: u64,
    /// Bytes of weights and scales that are read.
    pub weight_bytes: u64,
    /// Bytes of activations and of the cache that are read or written.
    pub state_bytes: u64,
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Self) {
        self.additions += other.additions;
        self.byte_multiplications += other.byte_multiplications;
        self.multiplications += other.multiplications;
        self.lookups += other.lookups;
        self.functions += other.functions;
        self.weight_bytes += other.weight_bytes;
        self.state_bytes += other.state_bytes;
    }
}

/// Of a generated token that sees a full window, by section in the order of [`Section::ALL`].
pub fn operations(image: &Image<'_>, numbers: Numbers) -> [Operations; Section::ALL.len()] {
    let shape = image.shape();
    let of = Counter { numbers };
    let (dim, width) = (shape.dim as u64, shape.head_dim as u64);
    let (queries, keys) = (shape.heads as u64 * width, shape.kv_heads as u64 * width);
    let [mut projections, mut attention, mut mlp, mut head, mut rest] = [Operations::default(); Section::ALL.len()];
    for depth in 0..shape.depth {
        let block = image.block_at(depth);
        for part in Part::ALL {
            let Some(matrix) = image.matrix(block, part) else { continue };
            match part {
                Part::Query | Part::Key | Part::Value | Part::Output => projections += of.linear(&matrix),
                Part::Up | Part::Gate | Part::Down => mlp += of.linear(&matrix),
            }
        }
        attention += of.rotated_heads(queries + keys, width);
        attention += of.attention(shape.heads as u64, shape.kv_heads as u64, width, shape.window as u64);
        for length in [dim, queries, dim, shape.hidden as u64] {
            rest += of.normalised(length);
        }
        rest += of.activation(shape.hidden as u64, shape.gated);
        // What attention and the MLP give is added to the stream, each in its turn.
        rest += of.element(2 * dim, Operations { additions: 1, ..Operations::default() }, 3);
    }
    rest += of.embedding(&image.embedding());
    head += of.normalised(dim);
    head += of.linear(&image.embedding());
    if shape.softcap > 0 {
        head += of.capped(shape.rows as u64);
    }
    // The choice of the likeliest token.
    head += of.element(shape.tokens as u64, Operations { additions: 1, ..Operations::default() }, 1);
    [projections, attention, mlp, head, rest]
}

struct Counter {
    numbers: Numbers,
}

impl Counter {
    fn is_integer(&self) -> bool {
        self.numbers == Numbers::Integer
    }

    /// Bytes of a wide number, such as a sum or an element of the stream.
    fn wide(&self) -> u64 {
        match self.numbers {
            Numbers::Integer => 4,
            Numbers::Float { bytes } => bytes,
        }
    }

    /// Bytes of a quantised activation.
    fn narrow(&self) -> u64 {
        if self.is_integer() { 1 } else { self.wide() }
    }

    /// `count` products of a narrow number and another one, each added to a sum.
    fn products(&self, count: u64) -> Operations {
        let mut found = Operations { additions: count, ..Operations::default() };
        match self.numbers {
            Numbers::Integer => found.byte_multiplications = count,
            Numbers::Float { .. } => found.multiplications = count,
        }
        found
    }

    /// The same for each of `count` elements, with so many wide numbers read or written for each.
    fn element(&self, count: u64, each: Operations, moved: u64) -> Operations {
        Operations {
            additions: count * each.additions,
            byte_multiplications: count * each.byte_multiplications,
            multiplications: count * each.multiplications,
            lookups: count * each.lookups,
            functions: count * each.functions,
            weight_bytes: count * each.weight_bytes,
            state_bytes: count * (each.state_bytes + moved * self.wide()),
        }
    }

    /// A matrix times a vector.
    fn linear(&self, matrix: &Matrix<'_>) -> Operations {
        let (rows, cols, groups) = (matrix.rows as u64, matrix.cols as u64, matrix.groups as u64);
        let mut found = match (self.numbers, matrix.codec) {
            (Numbers::Integer, Codec::Trit5 | Codec::Bit1) => {
                Operations { additions: rows * cols, ..Operations::default() }
            }
            _ => self.products(rows * cols),
        };
        match self.numbers {
            Numbers::Integer => {
                // A scale for each group, their sum, and the norm of the input.
                found.multiplications += rows * (groups + 1);
                found.additions += rows * (groups - 1);
                found.weight_bytes = rows * (matrix.codec.row_bytes(matrix.cols) as u64 + 4 * groups);
            }
            Numbers::Float { bytes } => found.weight_bytes = rows * cols * bytes,
        }
        found.state_bytes = cols * self.narrow() + rows * self.wide();
        found
    }

    /// RMS norm, and in integers the quantiser: the largest is sought first, then each is scaled and squared.
    fn normalised(&self, length: u64) -> Operations {
        let each = if self.is_integer() {
            Operations { additions: 2, multiplications: 1, byte_multiplications: 1, ..Operations::default() }
        } else {
            Operations { additions: 1, multiplications: 2, ..Operations::default() }
        };
        let mut found = self.element(length, each, 2);
        found.state_bytes += length * self.narrow();
        found.functions += if self.is_integer() { 3 } else { 2 };
        found
    }

    /// Queries and keys: a norm for each head, and two numbers turned at once by four products.
    fn rotated_heads(&self, length: u64, width: u64) -> Operations {
        let search = u64::from(self.is_integer());
        let each = Operations { additions: 2 + search, multiplications: 4, lookups: 1, ..Operations::default() };
        let mut found = self.element(length, each, 2);
        found.functions += 2 * (length / width);
        found
    }

    /// Scores, weights and the mean for each head; keys and values are read once by all the heads that share them.
    fn attention(&self, heads: u64, kv_heads: u64, width: u64, seen: u64) -> Operations {
        let mut found = self.products(heads * width * seen);
        // The gain, the largest score, the weight's power of two, and the sum of the weights.
        let mut each = Operations { additions: 2, multiplications: 1, functions: 1, ..Operations::default() };
        if self.is_integer() {
            each.lookups += 1;
        }
        found += self.element(heads * seen, each, 4);
        // The weights have more than eight bits.
        let each = Operations { additions: 1, multiplications: 1, ..Operations::default() };
        found += self.element(heads * width * seen, each, 0);
        let each = Operations { multiplications: 1, ..Operations::default() };
        found += self.element(heads * width, each, 1);
        found.functions += heads;
        if self.is_integer() {
            // Values are quantised for the cache.
            found.multiplications += kv_heads * width;
        }
        found.state_bytes += 2 * kv_heads * width * (seen + 1) * self.narrow();
        found
    }

    /// Squared ReLU, with or without a gate.
    fn activation(&self, length: u64, gated: bool) -> Operations {
        let inputs = 1 + u64::from(gated);
        // The largest of each input is sought first.
        let search = if self.is_integer() { inputs } else { 0 };
        let each = Operations { additions: 1 + search, multiplications: inputs, ..Operations::default() };
        self.element(length, each, inputs + 1)
    }

    /// A row of the embedding, normalised.
    fn embedding(&self, matrix: &Matrix<'_>) -> Operations {
        let length = matrix.cols as u64;
        let mut found = self.products(length);
        found.multiplications += length;
        found.functions += 2;
        found.weight_bytes = match self.numbers {
            Numbers::Integer => matrix.codec.row_bytes(matrix.cols) as u64,
            Numbers::Float { bytes } => length * bytes,
        };
        found.state_bytes = length * self.wide();
        found
    }

    /// The soft cap of the logits.
    fn capped(&self, rows: u64) -> Operations {
        let each = if self.is_integer() {
            Operations { additions: 2, multiplications: 2, lookups: 2, functions: 1, ..Operations::default() }
        } else {
            Operations { multiplications: 2, functions: 1, ..Operations::default() }
        };
        self.element(rows, each, 2)
    }
}

#[cfg(test)]
mod tests;
