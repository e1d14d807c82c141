//! The inner loops, behind functions that a kernel per instruction set can take over.

mod scalar;

use crate::fixed::{Norm, rshift};
use crate::image::Matrix;

/// Sum of the products of two vectors of int8.
pub(crate) fn dot(a: &[i8], b: &[i8]) -> i32 {
    scalar::dot(a, b)
}

/// Adds `weight * values` to `sums`.
pub(crate) fn add_scaled(sums: &mut [i32], weight: i32, values: &[i8]) {
    scalar::add_scaled(sums, weight, values);
}

/// Fractional bits and clamp of a linear layer's output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    fraction: i32,
    limit: i64,
}

impl Format {
    /// Inside the network: Q12, 24 bits.
    pub(crate) const INNER: Format = Format { fraction: 12, limit: 1 << 23 };
    /// Logits: Q16, 28 bits.
    pub(crate) const LOGIT: Format = Format { fraction: 16, limit: 1 << 27 };
}

/// Quantised inputs of a linear layer, one row of `matrix.cols` per token, with their norms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) quantised: &'a [i8],
    /// Mantissa and exponent, token by token.
    pub(crate) norms: &'a [i32],
}

impl Inputs<'_> {
    fn norm(&self, token: usize) -> Norm {
        Norm { mantissa: self.norms[2 * token] as u32, exponent: self.norms[2 * token + 1] }
    }
}

/// A linear layer for a batch of tokens: writes `matrix.rows` outputs for token `t` from `out[t * stride]` on. `row` is room for one unpacked row.
///
/// A row is unpacked once for the whole batch.
pub(crate) fn linear(
    matrix: &Matrix<'_>,
    inputs: Inputs<'_>,
    format: Format,
    row: &mut [i8],
    out: &mut [i32],
    stride: usize,
) {
    let tokens = inputs.quantised.len() / matrix.cols;
    let row = &mut row[..matrix.cols];
    let group = matrix.cols / matrix.groups;
    for index in 0..matrix.rows {
        matrix.codec.unpack(matrix.row(index), row);
        for token in 0..tokens {
            let q = &inputs.quantised[token * matrix.cols..][..matrix.cols];
            let sum: i64 = if matrix.groups == 1 {
                i64::from(dot(row, q)) * i64::from(matrix.scale(index, 0))
            } else {
                let parts = row.chunks_exact(group).zip(q.chunks_exact(group)).enumerate();
                parts.map(|(g, (w, q))| i64::from(dot(w, q)) * i64::from(matrix.scale(index, g))).sum()
            };
            out[token * stride + index] = finish(sum, matrix, inputs.norm(token), format);
        }
    }
}

/// From the scaled sum of a row to its output.
fn finish(sum: i64, matrix: &Matrix<'_>, norm: Norm, format: Format) -> i32 {
    let sum = rshift(sum, matrix.pre_shift);
    let by = matrix.exponent - matrix.pre_shift + norm.exponent - format.fraction;
    rshift(sum * i64::from(norm.mantissa), by).clamp(-format.limit, format.limit - 1) as i32
}
