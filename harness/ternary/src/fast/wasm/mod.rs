//! WebAssembly's vectors of 128 bits, with and without the instructions of relaxed SIMD.
#![allow(unsafe_code)]

mod attention;
mod heads;
mod inputs;
mod outputs;
#[cfg(not(target_feature = "relaxed-simd"))]
pub(super) mod pairs;
#[cfg(target_feature = "relaxed-simd")]
mod relaxed;

use super::attention::Queries;
use super::ops::{Ops, Steps, steps};
use super::softmax;
use core::arch::wasm32::*;
use core::hint::black_box;
use golf_core::logit::Normalizer;

#[cfg(not(target_feature = "relaxed-simd"))]
use pairs as products;
#[cfg(target_feature = "relaxed-simd")]
use relaxed as products;

const fn table(key_bias: i8, attend: fn(&Queries<'_>, &mut [[i32; 16]], &mut [i32])) -> Ops {
    Ops {
        tokens: products::RUN,
        queries: 8,
        key_bias,
        linear: products::linear,
        attend,
        arrange: |q, place, words, sums| place.each(q, |q, place| products::arrange(q, place, words, sums)),
        peak: products::peak,
        steps: Steps { quantise: inputs::quantise, rotate: heads::rotate, query: heads::query, normalizer, ..steps!() },
    }
}

/// What to run here.
#[cfg(not(target_feature = "relaxed-simd"))]
pub(crate) fn ops() -> &'static Ops {
    static OPS: Ops = table(0, attention::attend::<pairs::Words>);
    &OPS
}

/// What to run here, by what the browser does.
#[cfg(target_feature = "relaxed-simd")]
pub(crate) fn ops() -> &'static Ops {
    use relaxed::{Parts, Second, Whole};
    static UNSIGNED: Ops = table(-128, attention::attend::<Whole<true>>);
    static SIGNED: Ops = table(0, attention::attend::<Whole<false>>);
    static OTHER: Ops = table(0, attention::attend::<Parts>);
    match Second::found() {
        Second::Unsigned => &UNSIGNED,
        Second::Signed => &SIGNED,
        Second::Other => &OTHER,
    }
}

/// [`Normalizer::new`] one logit after the other, since a processor takes three products of words for one of the doublewords that the compiler would make vectors
/// of.
fn normalizer(logits: &[i32]) -> Normalizer {
    let largest = logits.iter().fold(i32::MIN, |largest, &logit| largest.max(logit));
    Normalizer::of(largest, logits.iter().map(|&logit| black_box(softmax::term(largest, logit))).sum())
}

/// Sixteen elements of the values of four slots, the weights of these slots' tile, and which four of it they are.
type Row<'a> = (&'a [i32; 16], &'a [i32; 16], usize);

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

fn store_bytes<T>(bytes: &mut [T; 16], value: v128) {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: a reference to 16 bytes is written.
    unsafe { v128_store(bytes.as_mut_ptr().cast(), value) }
}

/// The lanes of a vector.
fn all(lanes: v128) -> [i32; 4] {
    let mut all = [0; 4];
    store(&mut all, lanes);
    all
}

/// A word in all lanes.
fn splat(word: &i32) -> v128 {
    // SAFETY: a reference to four bytes is read.
    unsafe { v128_load32_splat(core::ptr::from_ref(word).cast()) }
}
