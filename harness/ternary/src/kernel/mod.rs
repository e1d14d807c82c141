//! The inner loops, behind functions that a kernel per instruction set takes over. Every kernel equals the scalar one, bit for bit:
//! sums of integers don't depend on their order.

mod scalar;
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod tables;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86;

use crate::fixed::{Norm, rshift};
use crate::image::Matrix;

/// Which instructions the inner loops use. The logits don't depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scalar,
    #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
    Tables,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512,
}

impl Kernel {
    /// The oracle, which runs everywhere.
    pub const SCALAR: Kernel = Kernel(Kind::Scalar);

    /// All that this machine can run, slowest first.
    pub fn available() -> impl DoubleEndedIterator<Item = Kernel> {
        const ALL: &[Kind] = &[
            Kind::Scalar,
            #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
            Kind::Tables,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512,
        ];
        ALL.iter().copied().filter(|kind| kind.runs_here()).map(Kernel)
    }

    /// The fastest that this machine can run.
    pub fn best() -> Kernel {
        Kernel::available().next_back().unwrap_or(Kernel::SCALAR)
    }

    /// Its name, such as `avx2`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
            Kind::Tables => "tables",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => "avx2",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => "avx512",
        }
    }

    /// For each row of `q`, as long as `row`, the sum of its products with `row`. `q` never holds -128.
    pub(crate) fn dots(self, row: &[i8], q: &[i8], sums: &mut [i32]) {
        match self.0 {
            Kind::Scalar => scalar::dots(row, q, sums),
            #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
            Kind::Tables => scalar::dots(row, q, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => x86::dots_avx2(row, q, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => x86::dots_avx512(row, q, sums),
        }
    }

    /// Adds to `sums` the rows of `values`, each as long as `sums`, times their weights (at most 4,096).
    pub(crate) fn add_weighted(self, weights: &[i32], values: &[i8], sums: &mut [i32]) {
        match self.0 {
            Kind::Scalar => scalar::add_weighted(weights, values, sums),
            #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
            Kind::Tables => scalar::add_weighted(weights, values, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 | Kind::Avx512 => x86::add_weighted_avx2(weights, values, sums),
        }
    }
}

impl Kind {
    fn runs_here(self) -> bool {
        match self {
            Kind::Scalar => true,
            #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
            Kind::Tables => true,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => x86::has_avx2(),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => x86::has_avx512(),
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

impl Kernel {
    /// A linear layer for a batch of tokens: writes `matrix.rows` outputs for token `t` from `out[t * stride]` on. `row` is room for one unpacked row.
    ///
    /// A row is unpacked once for the whole batch.
    pub(crate) fn linear(
        self,
        matrix: &Matrix<'_>,
        inputs: Inputs<'_>,
        format: Format,
        row: &mut [i8],
        out: &mut [i32],
        stride: usize,
    ) {
        #[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
        if self.0 == Kind::Tables && tables::linear(matrix, inputs, format, out, stride) {
            return;
        }
        let row = &mut row[..matrix.cols];
        let group = matrix.cols / matrix.groups;
        for index in 0..matrix.rows {
            matrix.codec.unpack(matrix.row(index), row);
            for (chunk, q) in inputs.quantised.chunks(TOKENS * matrix.cols).enumerate() {
                let mut dots = [0; TOKENS];
                let dots = &mut dots[..q.len() / matrix.cols];
                let mut sums = [0i64; TOKENS];
                if matrix.groups == 1 {
                    self.dots(row, q, dots);
                    let scale = i64::from(matrix.scale(index, 0));
                    sums.iter_mut().zip(&*dots).for_each(|(sum, &dot)| *sum = i64::from(dot) * scale);
                } else {
                    for (token, q) in q.chunks_exact(matrix.cols).enumerate() {
                        for (g, (weights, q)) in row.chunks_exact(group).zip(q.chunks_exact(group)).enumerate() {
                            self.dots(weights, q, &mut dots[..1]);
                            sums[token] += i64::from(dots[0]) * i64::from(matrix.scale(index, g));
                        }
                    }
                }
                for (offset, &sum) in sums.iter().enumerate().take(dots.len()) {
                    let token = chunk * TOKENS + offset;
                    out[token * stride + index] = finish(sum, matrix, inputs.norm(token), format);
                }
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

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    fn values(length: usize) -> impl Strategy<Value = Vec<i8>> {
        let value = prop_oneof![Just(-127i8), Just(127), -127i8..=127, -1i8..=1];
        prop::collection::vec(value, length)
    }

    proptest! {
        #[test]
        fn every_kernel_equals_the_scalar_one(
            (length, row, q, weights) in (1usize..300, 1usize..12).prop_flat_map(|(length, rows)| {
                (Just(length), values(length), values(length * rows), prop::collection::vec(0i32..=4_096, rows))
            }),
        ) {
            let rows = q.len() / length;
            for kernel in Kernel::available() {
                let (mut expected, mut found) = (vec![0; rows], vec![7; rows]);
                scalar::dots(&row, &q, &mut expected);
                kernel.dots(&row, &q, &mut found);
                prop_assert_eq!(&found, &expected, "{}", kernel.name());
                let (mut expected, mut found) = (vec![5; length], vec![5; length]);
                scalar::add_weighted(&weights, &q, &mut expected);
                kernel.add_weighted(&weights, &q, &mut found);
                prop_assert_eq!(&found, &expected, "{}", kernel.name());
            }
        }
    }

    /// The sign trick of some kernels must bear a weight of -128, which only a hostile image has.
    #[test]
    fn the_most_negative_weight_is_summed_right() {
        for kernel in Kernel::available() {
            for q in [127, -127] {
                let mut sums = [0];
                kernel.dots(&[-128; 70], &[q; 70], &mut sums);
                assert_eq!(sums[0], -128 * i32::from(q) * 70, "{}", kernel.name());
            }
        }
    }
}
