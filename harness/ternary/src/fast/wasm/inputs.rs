//! Activations on their way from numbers to int8.

use super::{load_words, store_bytes};
use crate::fast::inputs::{norm, scaling};
use crate::fixed::{Norm, extremes};
use core::arch::wasm32::*;

/// Elements that are quantised at a time.
const STEP: usize = 16;

/// [`crate::fixed::quantise`]
pub(super) fn quantise(x: &[i32], q: &mut [i8]) -> Norm {
    let (steps, []) = x.as_chunks::<STEP>() else { return crate::fixed::quantise(x, q) };
    let Some((by, scale)) = scaling(extremes(x)) else {
        q.fill(0);
        return Norm::default();
    };
    let (scale, half) = (i32x4_splat(scale), i32x4_splat(1 << 22));
    let scaled = |x: &[i32; 4]| {
        let x = load_words(x);
        let shifted = if by < 0 { i32x4_shl(x, -by as u32) } else { i32x4_shr(x, by as u32) };
        i32x4_shr(i32x4_add(i32x4_mul(shifted, scale), half), 23)
    };
    let mut squares = i32x4_splat(0);
    for (x, q) in steps.iter().zip(q.as_chunks_mut::<STEP>().0) {
        let [a, b, c, d] = x.as_chunks().0 else { unreachable!("a step is four vectors") };
        let words = [i16x8_narrow_i32x4(scaled(a), scaled(b)), i16x8_narrow_i32x4(scaled(c), scaled(d))];
        squares = words.iter().fold(squares, |squares, &words| i32x4_add(squares, i32x4_dot_i16x8(words, words)));
        store_bytes(q, i8x16_narrow_i16x8(words[0], words[1]));
    }
    norm(x.len(), super::all(squares).into_iter().sum::<i32>() as u32)
}
