//! What a kernel provides to the fast engine: one table of plain functions per instruction set.

use super::attention::Queries;
#[cfg(any(target_arch = "aarch64", target_arch = "wasm32"))]
use super::plan::BLOCK;
use super::plan::{Line, Packed};
use crate::fixed::Norm;
use alloc::vec::Vec;
use core::ops::Range;

/// The functions of one instruction set. Each equals the oracle's, bit for bit.
#[derive(Debug)]
pub(crate) struct Ops {
    /// Tokens that are arranged side by side at most.
    pub(super) tokens: usize,
    /// Queries that are put to a cache at once at most.
    pub(super) queries: usize,
    /// What the bytes of a key are changed by in the cache: the sign bits, where dot products want one side unsigned, or nothing.
    pub(super) key_bias: i8,
    /// Some blocks of a linear layer: writes the outputs of the first block's first row for token `t` to `t` times the last argument, and those of
    /// the other rows after it. Threads call it for different blocks of one matrix at the same time.
    pub(super) linear: fn(&Packed, &mut Batch<'_>, Range<usize>, &mut [i32], usize),
    /// The attention of some queries. The scores are room for all slots and a pair of tiles, as often as there are queries.
    pub(super) attend: fn(&Queries<'_>, &mut [[i32; 16]], &mut [i32]),
    /// Arranges the activations of a run, a token after the other, as [`super::inputs::arrange`] does those of one.
    pub(super) arrange: fn(&[i8], Place, &mut [i32], &mut [i32]),
    /// Runs the instructions of `linear` on registers for some rounds; returns how many products that took.
    pub(super) peak: fn(u64) -> u64,
    pub(super) steps: Steps,
}

/// A query, what turns it, the result, and the result four elements a word; returns the sum.
type Turn = fn(&mut [i32], &[i32], &mut [i8], &mut [i32]) -> i32;

/// The steps that are the same code for every instruction set, compiled for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    /// [`crate::fixed::quantise`]
    pub(super) quantise: fn(&[i32], &mut [i8]) -> Norm,
    /// [`crate::mlp::activate`]
    pub(super) activate: fn(&[i32], Option<&[i32]>, &mut [i32]),
    /// [`super::attention::rotate`]
    pub(super) rotate: fn(&mut [i32], &[i32], &mut [i8]),
    /// [`super::attention::query`]
    pub(super) query: Turn,
    /// [`super::attention::quantise_value`]
    pub(super) quantise_value: fn(&[i32], &mut [i8]),
    /// Adds the second to the first.
    pub(super) add: fn(&mut [i32], &[i32]),
    /// [`golf_core::logit::Normalizer::new`]
    pub(super) normalizer: fn(&[i32]) -> golf_core::logit::Normalizer,
    /// [`crate::softcap::softcap_all`]
    pub(super) softcap: fn(&mut [i32], u32),
}

/// [`Steps`] compiled with some attribute, which enables instructions that the table's users have detected.
macro_rules! steps {
    ($(#[$feature:meta])?) => {{
        $(#[$feature])?
        fn quantise(x: &[i32], q: &mut [i8]) -> crate::fixed::Norm {
            crate::fixed::quantise(x, q)
        }
        $(#[$feature])?
        fn activate(up: &[i32], gate: Option<&[i32]>, out: &mut [i32]) {
            crate::mlp::activate(up, gate, out);
        }
        $(#[$feature])?
        fn rotate(x: &mut [i32], turns: &[i32], out: &mut [i8]) {
            crate::fast::attention::rotate(x, turns, out);
        }
        $(#[$feature])?
        fn query(x: &mut [i32], turns: &[i32], rotated: &mut [i8], words: &mut [i32]) -> i32 {
            crate::fast::attention::query(x, turns, rotated, words)
        }
        $(#[$feature])?
        fn quantise_value(value: &[i32], out: &mut [i8]) {
            crate::fast::attention::quantise_value(value, out);
        }
        $(#[$feature])?
        fn add(x: &mut [i32], y: &[i32]) {
            x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
        }
        $(#[$feature])?
        fn normalizer(logits: &[i32]) -> golf_core::logit::Normalizer {
            golf_core::logit::Normalizer::new(logits)
        }
        $(#[$feature])?
        fn softcap(logits: &mut [i32], cap: u32) {
            crate::softcap::softcap_all(logits, cap);
        }
        macro_rules! enter {
            ($call:expr) => {
                // SAFETY: `Kernel` hands a table out only where its instructions were detected.
                unsafe { $call }
            };
        }
        #[allow(unused_unsafe)]
        crate::fast::ops::Steps {
            quantise: |x, q| enter!(quantise(x, q)),
            activate: |up, gate, out| enter!(activate(up, gate, out)),
            rotate: |x, turns, out| enter!(rotate(x, turns, out)),
            query: |x, turns, rotated, words| enter!(query(x, turns, rotated, words)),
            quantise_value: |value, out| enter!(quantise_value(value, out)),
            add: |x, y| enter!(add(x, y)),
            normalizer: |logits| enter!(normalizer(logits)),
            softcap: |logits, cap| enter!(softcap(logits, cap)),
        }
    }};
}
pub(super) use steps;

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

impl Place {
    /// Calls `arrange` for each token of a run.
    #[inline(always)]
    pub(super) fn each(self, q: &[i8], mut arrange: impl FnMut(&[i8], Place)) {
        let rows = q.chunks_exact(q.len() / self.tokens).enumerate();
        rows.for_each(|(token, q)| arrange(q, Place { token, ..self }));
    }
}

/// Quantised activations of a batch, in runs of tokens side by side, and what a layer is to make of them.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    /// Four columns a word; of each word a run's tokens in turn; a run after the other.
    pub(super) words: &'a [i32],
    /// Sum of the activations, by run, group and token.
    pub(super) sums: &'a [i32],
    /// One for each token.
    pub(super) norms: &'a [Norm],
    /// Tokens of a run; the last may be shorter.
    pub(super) run: usize,
    /// Fractional bits and clamp of the outputs.
    pub(super) fraction: i32,
    pub(super) limit: i64,
    pub(super) room: &'a mut Room,
}

/// Room for kernels that take weights apart before many tokens use them.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// A weight a byte: of 32 rows and the columns of a group, or of 16 rows and all columns.
    pub(super) weights: Vec<Line>,
    /// Scaled sums of 32 rows, in some order, for each token of the batch.
    pub(super) totals: Vec<[i64; 32]>,
    /// Mantissas of the batch's norms, shifted, and what sums begin with, as many as [`Batch::sums`].
    pub(super) shifted: Vec<i32>,
    pub(super) starts: Vec<i32>,
}

/// Bytes of weights that all tokens pass before the next are read: they stay in the innermost cache.
#[cfg(any(target_arch = "aarch64", target_arch = "wasm32"))]
const TILE: usize = 16 << 10;

impl Batch<'_> {
    /// The first tokens of the runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.norms.len()).step_by(self.run)
    }

    /// The run that begins with a token.
    pub(super) fn side(&self, matrix: &Packed, first: usize) -> Side<'_> {
        let norms = &self.norms[first..self.norms.len().min(first + self.run)];
        let words = &self.words[first * matrix.words()..][..norms.len() * matrix.words()];
        let sums = &self.sums[first * matrix.groups..][..norms.len() * matrix.groups];
        Side { words, sums, norms, fraction: self.fraction, limit: self.limit }
    }

    /// Lets `linear` do run after run, a few blocks at a time.
    #[cfg(any(target_arch = "aarch64", target_arch = "wasm32"))]
    #[inline(always)]
    pub(super) fn by_runs(
        &self,
        matrix: &Packed,
        blocks: Range<usize>,
        out: &mut [i32],
        stride: usize,
        linear: impl Fn(&Side<'_>, Range<usize>, &mut [i32]),
    ) {
        // One token uses each weight once.
        let at_once = if self.norms.len() <= self.run { blocks.len() } else { TILE / matrix.block_bytes() }.max(1);
        for begin in blocks.clone().step_by(at_once) {
            let some = begin..blocks.end.min(begin + at_once);
            let out = &mut out[(begin - blocks.start) * BLOCK..];
            for first in self.runs() {
                linear(&self.side(matrix, first), some.clone(), &mut out[first * stride..]);
            }
        }
    }
}

/// Quantised activations of a run: a few tokens side by side.
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
        Finish::new(matrix, side.norms[token], side.fraction)
    }

    pub(super) fn new(matrix: &Packed, norm: Norm, fraction: i32) -> Self {
        let by = matrix.exponent - matrix.pre_shift + norm.exponent - fraction;
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

    /// Whether 32 bits times the mantissa, shifted so far, are less than 32 bits, and those whole in a product of 64.
    #[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
    pub(super) fn is_short(&self) -> bool {
        (17..=32).contains(&self.by)
    }

    /// The mantissa, moved so that an output is the upper word of its product, where it [is short](Self::is_short).
    #[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
    pub(super) fn shifted(&self) -> i32 {
        (self.mantissa << (32 - self.by)) as i32
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
