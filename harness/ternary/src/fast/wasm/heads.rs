//! Queries and keys on their way into attention.

use super::outputs::{apart, products};
use super::{load_words, store, store_bytes};
use crate::fast::attention;
use crate::fast::inputs::root;
use crate::fixed::{largest, normal_shift};
use core::arch::wasm32::*;

/// Pairs of elements that are rotated at a time.
const STEP: usize = 16;

/// [`attention::rotate`]
pub(super) fn rotate(x: &mut [i32], turns: &[i32], out: &mut [i8]) {
    let half = x.len() / 2;
    if !x.len().is_multiple_of(2 * STEP) {
        return attention::rotate(x, turns, out);
    }
    let by = normal_shift(largest(x), 14);
    let mut squares = i64x2_splat(0);
    for x in x.as_chunks_mut::<4>().0 {
        let words = load_words(x);
        let shifted = if by < 0 { i32x4_shl(words, -by as u32) } else { i32x4_shr(words, by as u32) };
        let square = i32x4_mul(shifted, shifted);
        squares = i64x2_add(squares, i64x2_add(i64x2_extend_low_u32x4(square), i64x2_extend_high_u32x4(square)));
        store(x, shifted);
    }
    let squares = u64x2_extract_lane::<0>(squares) + u64x2_extract_lane::<1>(squares);
    if squares == 0 {
        return out.fill(0);
    }
    let scale = apart(i32x4_splat(3 * root(((x.len() as u64) << 56) / squares) as i32));
    let (low, high) = (i32x4_splat(-32_767), i32x4_splat(32_767));
    for x in x.as_chunks_mut::<4>().0 {
        let [front, back] =
            products(load_words(x), scale).map(|product| u64x2_shr(i64x2_add(product, i64x2_splat(1 << 17)), 18));
        // The lower words, which are all of it.
        store(x, i32x4_min(i32x4_max(i32x4_shuffle::<0, 2, 4, 6>(front, back), low), high));
    }
    let quads = |words: &[i32], step: usize| -> [v128; 4] {
        core::array::from_fn(|quad| load_words(&words[STEP * step..].as_chunks().0[quad]))
    };
    let (sines, cosines) = turns[..2 * half].split_at(half);
    let (front, back) = x.split_at(half);
    let (out_front, out_back) = out[..2 * half].split_at_mut(half);
    let outs = out_front.as_chunks_mut::<STEP>().0.iter_mut().zip(out_back.as_chunks_mut::<STEP>().0);
    for (step, (out_front, out_back)) in outs.enumerate() {
        let (a, b, sines, cosines) = (quads(front, step), quads(back, step), quads(sines, step), quads(cosines, step));
        let turned = |quad| i32x4_sub(i32x4_mul(a[quad], cosines[quad]), i32x4_mul(b[quad], sines[quad]));
        store_bytes(out_front, bytes(core::array::from_fn(turned)));
        let turned = |quad| i32x4_add(i32x4_mul(a[quad], sines[quad]), i32x4_mul(b[quad], cosines[quad]));
        store_bytes(out_back, bytes(core::array::from_fn(turned)));
    }
}

/// Of sixteen elements in Q22, rounded half up, within 127.
fn bytes(quads: [v128; 4]) -> v128 {
    let [a, b, c, d] = quads.map(|quad| i32x4_shr(i32x4_add(quad, i32x4_splat(1 << 21)), 22));
    let bytes = i8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
    i8x16_max(bytes, i8x16_splat(-127))
}

/// [`attention::query`]
pub(super) fn query(x: &mut [i32], turns: &[i32], rotated: &mut [i8], words: &mut [i32]) -> i32 {
    rotate(x, turns, rotated);
    attention::query_words(rotated, words)
}
