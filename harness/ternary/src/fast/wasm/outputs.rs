//! From the sums of rows to their outputs.

use super::{load_words, store};
use crate::fast::ops::{Finish, Side, half};
use crate::fast::plan::{BLOCK, Packed};
use crate::fast::short::Short;
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
            scales.as_chunks().0.first_chunk::<QUADS>().expect("a block has whole vectors")
        };
        let mut totals = [[[0i64; 4]; QUADS]; T];
        for group in 0..matrix.groups {
            let sums = &side.sums[group * T..][..T];
            for (token, (dots, &sum)) in dots(group).into_iter().zip(sums).enumerate() {
                let finish = Finish::of(matrix, side, token);
                let dots: [v128; QUADS] = core::array::from_fn(|quad| self.offsets[quad].take(dots[quad], sum));
                if matrix.groups == 1 && matrix.most.is_some() && finish.is_short() {
                    let out = &mut out[token * stride..][rows.clone()];
                    let short = Short { pre_shift: matrix.pre_shift, limit: side.limit as i32, is_clamped: true };
                    put(&short.quads(&dots, scales(group), i32x4_splat(finish.shifted())), out);
                    continue;
                }
                for (totals, (dots, scales)) in totals[token].iter_mut().zip(dots.into_iter().zip(scales(group))) {
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

impl Short {
    /// Of four rows a vector.
    #[inline(always)]
    pub(super) fn quads<const QUADS: usize>(
        &self,
        dots: &[v128; QUADS],
        scales: &[[i32; 4]; QUADS],
        mantissa: v128,
    ) -> [v128; QUADS] {
        let each = || dots.iter().zip(scales).map(|(&dots, scales)| (dots, load_words(scales)));
        let mut outputs = [i32x4_splat(0); QUADS];
        if self.pre_shift == 0 {
            outputs.iter_mut().zip(each()).for_each(|(sum, (dots, scales))| *sum = i32x4_mul(dots, scales));
        } else {
            let (rounding, by) = (i64x2_splat(half(self.pre_shift)), self.pre_shift as u32);
            for (sum, (dots, scales)) in outputs.iter_mut().zip(each()) {
                let [front, back] = products(dots, scales).map(|product| u64x2_shr(i64x2_add(product, rounding), by));
                // The lower words.
                *sum = i32x4_shuffle::<0, 2, 4, 6>(front, back);
            }
        }
        let mantissa = apart(mantissa);
        for output in &mut outputs {
            let [front, back] = products(*output, mantissa).map(|product| i64x2_add(product, i64x2_splat(half(32))));
            // The upper words.
            *output = i32x4_shuffle::<1, 3, 5, 7>(front, back);
        }
        if self.is_clamped {
            let (low, high) = (i32x4_splat(-self.limit), i32x4_splat(self.limit - 1));
            outputs.iter_mut().for_each(|output| *output = i32x4_min(i32x4_max(*output, low), high));
        }
        outputs
    }
}

/// Of four words with four others.
#[inline(always)]
pub(super) fn products(x: v128, y: v128) -> [v128; 2] {
    [i64x2_extmul_low_i32x4(x, y), i64x2_extmul_high_i32x4(x, y)]
}

/// A vector whose lanes the compiler takes for different ones: it makes a product of words from the multiplication of four by four only where it can't see that
/// one factor is the same in all of them, and elsewhere three products of doublewords.
#[inline(always)]
pub(super) fn apart(lanes: v128) -> v128 {
    core::hint::black_box(lanes)
}

/// Writes up to as many outputs as the vectors have words.
#[inline(always)]
pub(super) fn put<const QUADS: usize>(values: &[v128; QUADS], out: &mut [i32]) {
    if out.len() == 4 * QUADS {
        out.as_chunks_mut().0.iter_mut().zip(values).for_each(|(out, &value)| store(out, value));
        return;
    }
    for (out, &value) in out.chunks_mut(4).zip(values) {
        let mut all = [0; 4];
        store(&mut all, value);
        out.copy_from_slice(&all[..out.len()]);
    }
}
