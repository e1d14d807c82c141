//! What a kernel provides to the fast engine: one table of plain functions per instruction set.

use super::attention::Reading;
use super::plan::Packed;
use crate::fixed::Norm;
use core::ops::Range;

/// The functions of one instruction set. Each equals the oracle's, bit for bit.
#[derive(Debug)]
pub(crate) struct Ops {
    /// Tokens that `linear` takes side by side at most.
    pub(super) tokens: usize,
    /// Some blocks of a linear layer for one to `tokens` tokens: writes the outputs of the first block's first row for token `t` to `t` times the
    /// last argument, and those of the other rows after it. Threads call it for different blocks of one matrix at the same time.
    pub(super) linear: fn(&Packed, &Side<'_>, Range<usize>, &mut [i32], usize),
    /// [`crate::fixed::quantise`]
    pub(super) quantise: fn(&[i32], &mut [i8]) -> Norm,
    /// [`crate::mlp::activate`]
    pub(super) activate: fn(&[i32], Option<&[i32]>, &mut [i32]),
    /// [`super::attention::rotate`]
    pub(super) rotate: fn(&mut [i32], &[i32], &mut [i8]),
    /// [`super::attention::quantise_value`]
    pub(super) quantise_value: fn(&[i32], &mut [i8]),
    /// One head's attention.
    pub(super) attend: fn(&Reading<'_>, &mut [[i32; 16]], &mut [i32]),
    /// Adds the second to the first.
    pub(super) add: fn(&mut [i32], &[i32]),
    /// [`super::inputs::arrange`]
    pub(super) arrange: fn(&[i8], Place, &mut [i32], &mut [i32]),
    /// [`golf_core::logit::Normalizer::new`]
    pub(super) normalizer: fn(&[i32]) -> golf_core::logit::Normalizer,
    /// [`crate::softcap::softcap_all`]
    pub(super) softcap: fn(&mut [i32], u32),
    /// Runs the instructions of `linear` on registers for some rounds; returns how many products that took.
    pub(super) peak: fn(u64) -> u64,
}

/// Where one token's activations go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Columns of a group, and what they are padded to.
    pub(super) group: usize,
    pub(super) padded: usize,
    /// The token's place among those side by side, and their number.
    pub(super) token: usize,
    pub(super) tokens: usize,
}

/// Quantised activations of a few tokens side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    /// Four columns a word; of each word the tokens in turn.
    pub(super) words: &'a [i32],
    /// Sum of the activations, by group and token.
    pub(super) sums: &'a [i32],
    /// One for each token.
    pub(super) norms: &'a [Norm],
    /// Fractional bits and clamp of the outputs.
    pub(super) fraction: i32,
    pub(super) limit: i64,
}

/// How a scaled sum becomes an output, for one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish {
    pub(super) mantissa: i64,
    /// The last shift right; not every image keeps it in the range that vectors handle.
    pub(super) by: i32,
}

impl Finish {
    pub(super) fn of(matrix: &Packed, side: &Side<'_>, token: usize) -> Self {
        let norm = side.norms[token];
        let by = matrix.exponent - matrix.pre_shift + norm.exponent - side.fraction;
        Finish { mantissa: i64::from(norm.mantissa), by }
    }

    /// [`crate::linear::finish`] of the scaled sums of some rows, without vectors, which few machines have for 64 by 64 bits.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub(super) fn outputs(&self, pre_shift: i32, limit: i64, totals: &[i64], out: &mut [i32]) {
        let first = half(pre_shift);
        let second = if self.is_plain() { half(self.by) } else { 0 };
        for (out, &total) in out.iter_mut().zip(totals) {
            let product = ((total + first) >> pre_shift) * self.mantissa;
            let shifted =
                if self.is_plain() { (product + second) >> self.by } else { crate::fixed::rshift(product, self.by) };
            *out = shifted.clamp(-limit, limit - 1) as i32;
        }
    }

    /// Whether the shift is one to the right by less than the width.
    pub(super) fn is_plain(&self) -> bool {
        (0..=62).contains(&self.by)
    }
}

/// Half of `2^shift`, which makes a shift right round half up.
pub(super) const fn half(shift: i32) -> i64 {
    if shift > 0 { 1 << (shift - 1) } else { 0 }
}
