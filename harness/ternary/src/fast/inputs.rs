//! Activations on their way into a matrix.

use super::ops::{Batch, Ops, Place, Room};
use super::pages::Pages;
use super::plan::{Line, Packed};
use crate::fixed::{Norm, bits, normal_shift, shift};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// Quantised activations of a batch, and the same arranged for the matrix that reads them: in runs of up to [`Ops::tokens`], four columns of each in turn.
#[derive(Debug)]
pub(super) struct Inputs {
    quantised: Pages<i8>,
    norms: Vec<Norm>,
    words: Pages<i32>,
    sums: Pages<i32>,
    /// Length of a token's activations.
    length: usize,
    /// Columns of a group and what they were padded to; none when nothing is arranged yet.
    arranged: Option<(usize, usize)>,
    room: Room,
}

/// Columns that a kernel may take at once.
pub(super) const TILE: usize = 64;

/// Fractional bits and clamp of a linear layer's output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    fraction: i32,
    limit: i64,
}

impl Format {
    /// Inside the network: Q12, 24 bits.
    pub(super) const INNER: Format = Format { fraction: 12, limit: 1 << 23 };
    /// Logits: Q16, 28 bits.
    pub(super) const LOGIT: Format = Format { fraction: 16, limit: 1 << 27 };
}

impl Inputs {
    /// For batches of up to `batch` tokens.
    pub(super) fn new<'a>(matrices: impl Iterator<Item = &'a Packed> + Clone, batch: usize) -> Self {
        let largest = |size: fn(&Packed) -> usize| matrices.clone().map(size).max().unwrap_or(0);
        let most = |size| largest(size) * batch;
        let room = Room {
            weights: vec![
                Line([0; 64]);
                largest(|matrix| matrix.padded.next_multiple_of(TILE) / 4 * matrix.groups.max(2))
            ],
            totals: vec![[0; 32]; batch],
            shifted: vec![0; batch],
            starts: vec![0; most(|matrix| matrix.groups)],
        };
        Inputs {
            quantised: Pages::of(0, most(|matrix| matrix.groups * matrix.group)),
            norms: vec![Norm::default(); batch],
            // Tiles may reach beyond the last row.
            words: Pages::of(0, most(Packed::words) + TILE / 4),
            sums: Pages::of(0, most(|matrix| matrix.groups)),
            length: 0,
            arranged: None,
            room,
        }
    }

    /// Tokens of a run: as few runs as there can be, and those about as long.
    fn run(&self, ops: &Ops) -> usize {
        let tokens = self.norms.len().max(1);
        tokens.div_ceil(tokens.div_ceil(ops.tokens))
    }

    /// Makes room for `count` rows of `length`, which are then to be [taken in](Self::take).
    pub(super) fn begin(&mut self, length: usize, count: usize) {
        (self.length, self.arranged) = (length, None);
        self.norms.resize(count, Norm::default());
    }

    /// Takes in a row, best while it is in the innermost cache.
    pub(super) fn take(&mut self, ops: &Ops, row: usize, x: &[i32]) {
        self.norms[row] = (ops.steps.quantise)(x, &mut self.quantised[row * self.length..][..self.length]);
    }

    /// Takes in `count` rows of `length`.
    pub(super) fn quantise(&mut self, ops: &Ops, x: &[i32], length: usize, count: usize) {
        self.begin(length, count);
        x.chunks_exact(length).take(count).enumerate().for_each(|(row, x)| self.take(ops, row, x));
    }

    fn arrange(&mut self, ops: &Ops, matrix: &Packed) {
        if self.arranged == Some(matrix.arrangement()) {
            return;
        }
        self.arranged = Some(matrix.arrangement());
        let run = self.run(ops);
        let quantised = &self.quantised[..self.norms.len() * self.length];
        for (index, q) in quantised.chunks(run * self.length).enumerate() {
            let (first, tokens) = (index * run, q.len() / self.length);
            let place = Place { group: matrix.group, padded: matrix.padded, token: 0, tokens };
            let (words, sums) = (&mut self.words[first * matrix.words()..], &mut self.sums[first * matrix.groups..]);
            (ops.arrange)(q, place, words, sums);
        }
    }

    /// Writes the outputs of some of the matrix's blocks, those for token `t` from `out[t * stride]` on.
    pub(super) fn linear(
        &mut self,
        ops: &Ops,
        matrix: &Packed,
        format: Format,
        blocks: Range<usize>,
        out: &mut [i32],
        stride: usize,
    ) {
        self.arrange(ops, matrix);
        let mut batch = Batch {
            words: &self.words,
            sums: &self.sums,
            norms: &self.norms,
            run: self.run(ops),
            fraction: format.fraction,
            limit: format.limit,
            room: &mut self.room,
        };
        (ops.linear)(matrix, &mut batch, blocks, out, stride);
    }
}

/// What [`crate::fixed::quantise`] shifts and scales activations by, of which these are the lowest and the highest beside zero; none if all are zero.
#[inline(always)]
pub(super) fn scaling((low, high): (i32, i32)) -> Option<(i32, i32)> {
    let largest = low.unsigned_abs().max(high.unsigned_abs());
    if largest == 0 {
        return None;
    }
    let by = normal_shift(largest, 15);
    let top = shift(low, by).unsigned_abs().max(shift(high, by).unsigned_abs()) as i32;
    Some((by, (127 << 23) / top))
}

/// [`crate::fixed::quantise`]'s norm by a faster root; the largest of so many elements gives at least `127^2`.
#[inline(always)]
pub(super) fn norm(length: usize, squares: u32) -> Norm {
    let root = root(((length as u64) << 46) / u64::from(squares)) as u32;
    let excess = bits(root) - 16;
    Norm { mantissa: root >> excess, exponent: 23 - excess }
}

/// Arranges one token's activations, and takes the sums of their groups.
#[inline(always)]
pub(super) fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    let Place { group, padded, token, tokens } = place;
    let groups = words.chunks_mut(padded / 4 * tokens).zip(sums.chunks_mut(tokens));
    for (q, (words, sums)) in q.chunks_exact(group).zip(groups) {
        sums[token] = q.iter().map(|&q| i32::from(q)).sum();
        let (fours, rest) = q.as_chunks::<4>();
        if tokens == 1 {
            words.iter_mut().zip(fours).for_each(|(word, four)| *word = super::attention::whole_word(*four));
        } else {
            let words = words[token..].iter_mut().step_by(tokens);
            words.zip(fours).for_each(|(word, four)| *word = super::attention::whole_word(*four));
        }
        for index in fours.len()..padded / 4 {
            words[index * tokens + token] = if index == fours.len() { super::attention::word(rest) } else { 0 };
        }
    }
}

/// [`u64::isqrt`] of less than `2^52`, which a float has in full, and whose root it doesn't round up to a whole number.
#[inline(always)]
pub(super) fn root(value: u64) -> u64 {
    debug_assert!(value < 1 << 52);
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_mm_cvtsd_f64, _mm_set_sd, _mm_sqrt_pd};
        // SAFETY: every processor of this architecture has SSE2.
        #[allow(unsafe_code, unused_unsafe)]
        let root = unsafe { _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(value as f64))) };
        root as u64
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        use core::arch::wasm32::{f64x2_extract_lane, f64x2_splat, f64x2_sqrt};
        f64x2_extract_lane::<0>(f64x2_sqrt(f64x2_splat(value as f64))) as u64
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
    value.isqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_rounded_down() {
        for whole in (1..1 << 26).step_by(977).chain((1 << 26) - 9..1 << 26) {
            for value in [whole * whole - 1, whole * whole, whole * whole + 1] {
                assert_eq!(root(value), value.isqrt());
            }
        }
    }
}
