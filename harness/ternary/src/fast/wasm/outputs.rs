//! From the sums of rows to their outputs.

use super::{load_words, splat, store};
use crate::fast::ops::{Finish, Side, half};
use crate::fast::plan::{BLOCK, Packed};
use core::arch::wasm32::*;
use core::ops::Range;

/// What makes the products with stored weights those with the weights: they are doubled or not, and lose the activations' sum so many times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offset {
    pub(super) is_double: bool,
    pub(super) times: i32,
}

impl Offset {
    #[inline(always)]
    fn take(self, dots: v128, sum: i32) -> v128 {
        let dots = if self.is_double { i32x4_add(dots, dots) } else { dots };
        if self.times == 0 { dots } else { i32x4_sub(dots, i32x4_splat(self.times * sum)) }
    }
}

/// The rows `first..` of the range `rows`, four in each of `QUADS` vectors.
#[derive(Clone, Debug)]
pub(super) struct Quads<'a, const QUADS: usize> {
    pub(super) matrix: &'a Packed,
    pub(super) side: &'a Side<'a>,
    pub(super) rows: Range<usize>,
    pub(super) first: usize,
    /// By vector.
    pub(super) offsets: [Offset; QUADS],
}

impl<const QUADS: usize> Quads<'_, QUADS> {
    /// Writes the outputs of `T` tokens, those for token `t` from `out[t * stride]` on, where that of the range's first row is; `dots` are the products with
    /// the weights of a group as they are stored.
    #[inline(always)]
    pub(super) fn outputs<const T: usize>(
        &self,
        out: &mut [i32],
        stride: usize,
        dots: impl Fn(usize) -> [[v128; QUADS]; T],
    ) {
        let Quads { matrix, side, .. } = *self;
        let rows = self.first - self.rows.start..(self.first + 4 * QUADS).min(self.rows.end) - self.rows.start;
        let scales = |group: usize| {
            let scales = &matrix.scales[self.first / BLOCK * matrix.groups + group][self.first % BLOCK..];
            &scales.as_chunks::<4>().0[..QUADS]
        };
        let mut totals = [[[0i64; 4]; QUADS]; T];
        for group in 0..matrix.groups {
            let sums = &side.sums[group * T..][..T];
            for (token, (dots, &sum)) in dots(group).into_iter().zip(sums).enumerate() {
                let finish = Finish::of(matrix, side, token);
                let each = dots.into_iter().zip(self.offsets).map(|(dots, offset)| offset.take(dots, sum));
                let each = each.zip(scales(group));
                if matrix.groups == 1 && matrix.most.is_some() && finish.is_short() {
                    let out = &mut out[token * stride..][rows.clone()];
                    for (out, (dots, scales)) in out.chunks_mut(4).zip(each) {
                        put(short(matrix.pre_shift, finish, side.limit as i32, dots, load_words(scales)), out);
                    }
                    continue;
                }
                for (totals, (dots, scales)) in totals[token].iter_mut().zip(each) {
                    let mut words = [0; 4];
                    store(&mut words, dots);
                    for (total, (dot, &scale)) in totals.iter_mut().zip(words.into_iter().zip(scales)) {
                        *total += i64::from(dot) * i64::from(scale);
                    }
                }
                if group + 1 == matrix.groups {
                    let out = &mut out[token * stride..][rows.clone()];
                    finish.outputs(matrix.pre_shift, side.limit, totals[token].as_flattened(), out);
                }
            }
        }
    }
}

/// The outputs of four rows of a matrix with one group, where no more than 32 bits are multiplied and less than 32 are left.
#[inline(always)]
fn short(pre_shift: i32, finish: Finish, limit: i32, dots: v128, scales: v128) -> v128 {
    let (first, second) = (i64x2_splat(half(pre_shift)), i64x2_splat(half(finish.by)));
    let mantissa = i32x4_splat(finish.mantissa as i32);
    // The lower words of doublewords.
    let words = |front: v128, back: v128| i32x4_shuffle::<0, 2, 4, 6>(front, back);
    let scaled = |product: v128| u64x2_shr(i64x2_add(product, first), pre_shift as u32);
    let finished = |product: v128| u64x2_shr(i64x2_add(product, second), finish.by as u32);
    let sums = words(scaled(i64x2_extmul_low_i32x4(dots, scales)), scaled(i64x2_extmul_high_i32x4(dots, scales)));
    let outputs =
        words(finished(i64x2_extmul_low_i32x4(sums, mantissa)), finished(i64x2_extmul_high_i32x4(sums, mantissa)));
    i32x4_min(i32x4_max(outputs, splat(&-limit)), splat(&(limit - 1)))
}

/// Writes up to four outputs.
#[inline(always)]
fn put(value: v128, out: &mut [i32]) {
    if let Some(out) = out.first_chunk_mut() {
        store(out, value);
    } else {
        let mut all = [0; 4];
        store(&mut all, value);
        out.copy_from_slice(&all[..out.len()]);
    }
}
