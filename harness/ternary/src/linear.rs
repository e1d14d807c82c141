//! The inner loops of the oracle, and those of small cores, which replace them there.

#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod tables;

use crate::fixed::{Norm, rshift};
use crate::image::Matrix;

/// For each row of `q`, as long as `row`, the sum of its products with `row`.
pub(crate) fn dots(row: &[i8], q: &[i8], sums: &mut [i32]) {
    for (sum, q) in sums.iter_mut().zip(q.chunks_exact(row.len())) {
        *sum = row.iter().zip(q).map(|(&w, &q)| i32::from(w) * i32::from(q)).sum();
    }
}

/// Adds to `sums` the rows of `values`, each as long as `sums`, times their weights.
pub(crate) fn add_weighted(weights: &[i32], values: &[i8], sums: &mut [i32]) {
    for (&weight, values) in weights.iter().zip(values.chunks_exact(sums.len())) {
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum += weight * i32::from(value);
        }
    }
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

/// Tokens whose sums are kept side by side.
const TOKENS: usize = 8;

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
    #[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
    if tables::linear(matrix, inputs, format, out, stride) {
        return;
    }
    let row = &mut row[..matrix.cols];
    let group = matrix.cols / matrix.groups;
    for index in 0..matrix.rows {
        matrix.codec.unpack(matrix.row(index), row);
        for (chunk, q) in inputs.quantised.chunks(TOKENS * matrix.cols).enumerate() {
            let mut found = [0; TOKENS];
            let found = &mut found[..q.len() / matrix.cols];
            let mut sums = [0i64; TOKENS];
            if matrix.groups == 1 {
                dots(row, q, found);
                let scale = i64::from(matrix.scale(index, 0));
                sums.iter_mut().zip(&*found).for_each(|(sum, &dot)| *sum = i64::from(dot) * scale);
            } else {
                for (token, q) in q.chunks_exact(matrix.cols).enumerate() {
                    for (g, (weights, q)) in row.chunks_exact(group).zip(q.chunks_exact(group)).enumerate() {
                        dots(weights, q, &mut found[..1]);
                        sums[token] += i64::from(found[0]) * i64::from(matrix.scale(index, g));
                    }
                }
            }
            for (offset, &sum) in sums.iter().enumerate().take(found.len()) {
                let token = chunk * TOKENS + offset;
                out[token * stride + index] = finish(sum, matrix, inputs.norm(token), format);
            }
        }
    }
}

/// From the scaled sum of a row to its output.
fn finish(sum: i64, matrix: &Matrix<'_>, norm: Norm, format: Format) -> i32 {
    let sum = rshift(sum, matrix.pre_shift);
    let by = matrix.exponent - matrix.pre_shift + norm.exponent - format.fraction;
    rshift(sum * i64::from(norm.mantissa), by).clamp(-format.limit, format.limit - 1) as i32
}
