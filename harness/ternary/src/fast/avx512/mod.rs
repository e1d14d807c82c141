//! AVX-512 with VNNI.
#![allow(unsafe_code)]

mod attention;
mod heads;
mod inputs;
mod linear;
mod outputs;

pub(super) use attention::{Tables, attend, lanes};
pub(super) use linear::{MOST, Run, Sums, WIDE, many_tokens, one_token};

use super::ops::{Ops, Steps, steps};
use super::plan::Line;
use core::arch::x86_64::*;
use core::hint::black_box;

/// Calls a function of this folder with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where the instructions were detected.
        unsafe { $call }
    };
}

/// To be used only where `avx512f`, `avx512bw`, `avx512dq`, `avx512vl` and `avx512vnni` were detected.
pub(crate) static OPS: Ops = Ops {
    tokens: linear::RUN,
    queries: 8,
    key_bias: -128,
    linear: |matrix, batch, blocks, out, stride| enter!(linear::linear(matrix, batch, blocks, out, stride)),
    attend: |queries, scores, out| enter!(attention::attend(queries, scores, out)),
    arrange: |q, place, words, sums| enter!(inputs::arrange(q, place, words, sums)),
    peak: |rounds| enter!(peak(rounds)),
    steps: Steps {
        quantise: |x, q| enter!(inputs::quantise(x, q)),
        rotate: |x, turns, out| enter!(heads::rotate(x, turns, out)),
        query: |x, turns, rotated, words| enter!(heads::query(x, turns, rotated, words)),
        ..steps!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")])
    },
};

#[target_feature(enable = "avx512f")]
pub(super) fn load(words: &[i32; 16]) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
pub(super) fn load_line(line: &Line) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(line.0.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
pub(super) fn store_line(line: &mut Line, value: __m512i) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { _mm512_storeu_si512(line.0.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx512f")]
pub(super) fn store(words: &mut [i32; 16], value: __m512i) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}

/// Twenty-four sums, as the products of a run of tokens have.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn peak(rounds: u64) -> u64 {
    let (weights, q) = (black_box(_mm512_set1_epi8(2)), black_box(_mm512_set1_epi8(-1)));
    let mut sums = [_mm512_setzero_si512(); 24];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, weights, q);
        }
    }
    black_box(sums);
    rounds * 24 * 64
}
