//! WebAssembly's vectors of 128 bits, with and without the instructions of relaxed SIMD.
#![allow(unsafe_code)]

mod attention;
mod outputs;
#[cfg(not(target_feature = "relaxed-simd"))]
pub(super) mod pairs;
#[cfg(target_feature = "relaxed-simd")]
mod relaxed;

use super::ops::{Ops, steps};
use core::arch::wasm32::*;

#[cfg(not(target_feature = "relaxed-simd"))]
use pairs as products;
#[cfg(target_feature = "relaxed-simd")]
use relaxed as products;

pub(crate) static OPS: Ops = Ops {
    tokens: products::RUN,
    key_bias: 0,
    linear: products::linear,
    attend: |queries, scores, out| queries.one_by_one(scores, out, attention::attend),
    arrange: |q, place, words, sums| place.each(q, |q, place| products::arrange(q, place, words, sums)),
    peak: products::peak,
    steps: steps!(),
};

fn load(piece: &[u8; 16]) -> v128 {
    // SAFETY: a reference to 16 bytes is read.
    unsafe { v128_load(piece.as_ptr().cast()) }
}

fn load_words(words: &[i32; 4]) -> v128 {
    // SAFETY: a reference to 16 bytes is read.
    unsafe { v128_load(words.as_ptr().cast()) }
}

fn store(words: &mut [i32; 4], value: v128) {
    // SAFETY: a reference to 16 bytes is written.
    unsafe { v128_store(words.as_mut_ptr().cast(), value) }
}

/// A word in all lanes.
fn splat(word: &i32) -> v128 {
    // SAFETY: a reference to four bytes is read.
    unsafe { v128_load32_splat(core::ptr::from_ref(word).cast()) }
}
