//! AVX2, without dot products of its own: `maddubs` adds two products to 16 bits.
#![allow(unsafe_code)]

mod attention;
mod linear;
mod outputs;

use super::inputs::arrange;
use super::ops::{Ops, Place, steps};
use core::arch::x86_64::*;
use core::hint::black_box;

/// Calls a function of this folder with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where AVX2 was detected.
        unsafe { $call }
    };
}

/// To be used only where `avx2` was detected.
pub(crate) static OPS: Ops = Ops {
    tokens: linear::RUN,
    queries: 8,
    key_bias: 0,
    linear: |matrix, batch, blocks, out, stride| enter!(linear::linear(matrix, batch, blocks, out, stride)),
    attend: |queries, scores, out| enter!(attention::attend(queries, scores, out)),
    arrange: |q, place, words, sums| enter!(arrange_here(q, place, words, sums)),
    peak: |rounds| enter!(peak(rounds)),
    steps: steps!(#[target_feature(enable = "avx2")]),
};

#[target_feature(enable = "avx2")]
fn arrange_here(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    place.each(q, |q, place| arrange(q, place, words, sums));
}

/// Half a vector of rows.
type Eight = [i32; 8];

#[target_feature(enable = "avx2")]
fn load(words: &Eight) -> __m256i {
    // SAFETY: a reference to 32 bytes is read.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: a reference to 32 bytes is read.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn store_bytes(bytes: &mut [u8; 32], value: __m256i) {
    // SAFETY: a reference to 32 bytes is written.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx2")]
fn store(words: &mut Eight, value: __m256i) {
    // SAFETY: a reference to 32 bytes is written.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}

/// Twelve sums of 16 bits, as a run of tokens has; what gathers them in 32 bits now and then is left out.
#[target_feature(enable = "avx2")]
fn peak(rounds: u64) -> u64 {
    let weights = black_box(_mm256_set1_epi8(2));
    let mut sums = [black_box(_mm256_set1_epi8(-1)); 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            // Of each sum itself, or else the product would be taken once for all of them.
            *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(weights, *sum));
        }
    }
    black_box(sums);
    rounds * 12 * 32
}
