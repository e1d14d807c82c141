//! The linear layers of the oracle, and those of small cores, which replace them there.

#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod columns;
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod products;
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod small;
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod tables;

use crate::fixed::{Norm, rshift};
use crate::image::Matrix;

/// Fractional bits and clamp of a linear layer's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    fraction: i32,
    limit: i64,
}

impl Format {
    /// Inside the network: Q12, 24 bits.
    pub(crate) const INNER: Format = Format { fraction: 12, limit: 1 << 23 };
    /// Logits: Q16, 28 bits.
    pub(crate) const LOGIT: Format = Format { fraction: 16, limit: 1 << 27 };

    /// Bits of an output, its sign included.
    #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
    const fn bits(self) -> u32 {
        self.limit.ilog2() + 1
    }
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

/// A matrix, and where the outputs of its rows begin among a token's.
pub(crate) type Layer<'a> = (Matrix<'a>, usize);

/// Words of [`Scratch::tables`].
pub(crate) const TABLES: usize =
    if cfg!(any(target_arch = "riscv32", target_arch = "arm", test)) { crate::memory::SMALL_TABLES } else { 0 };

/// Room for work; its contents don't matter.
#[derive(Debug)]
pub(crate) struct Scratch<'a> {
    /// For one unpacked row.
    pub(crate) row: &'a mut [i8],
    /// For what small cores look up, `[TABLES]`.
    #[cfg_attr(
        not(any(target_arch = "riscv32", target_arch = "arm", test)),
        expect(dead_code, reason = "for small cores")
    )]
    pub(crate) tables: &'a mut [i32],
}

/// Linear layers of the same inputs for a batch of tokens: writes a layer's outputs for token `t` from `out[t * stride]` plus the layer's offset on.
pub(crate) fn linear(
    layers: &[Layer<'_>],
    inputs: Inputs<'_>,
    format: Format,
    scratch: Scratch<'_>,
    out: &mut [i32],
    stride: usize,
) {
    #[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
    small::linear(layers, inputs, format, scratch, out, stride);
    #[cfg(not(any(target_arch = "riscv32", target_arch = "arm")))]
    for &(matrix, offset) in layers {
        plain(&matrix, inputs, format, scratch.row, &mut out[offset..], stride);
    }
}

/// For each row of `q`, as long as `row`, the sum of its products with `row`.
fn dots(row: &[i8], q: &[i8], sums: &mut [i32]) {
    for (sum, q) in sums.iter_mut().zip(q.chunks_exact(row.len())) {
        *sum = row.iter().zip(q).map(|(&w, &q)| i32::from(w) * i32::from(q)).sum();
    }
}

/// Tokens whose sums are kept side by side.
const TOKENS: usize = 8;

/// A linear layer by the definition. A row is unpacked once for the whole batch.
#[inline(never)]
fn plain(matrix: &Matrix<'_>, inputs: Inputs<'_>, format: Format, row: &mut [i8], out: &mut [i32], stride: usize) {
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
