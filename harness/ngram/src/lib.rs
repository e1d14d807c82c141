//! Stored n-grams, n-grams counted in the document, and possibly another model, mixed in the logarithmic domain.
//!
//! A back-off model gives a word after a history of `n - 1` words the probability `p_n = boost * backoff * p_{n-1}` if it stores that n-gram, and
//! `backoff * p_{n-1}` otherwise. The back-off weight is the same for all words, so a softmax makes it superfluous: a logit is the unigram's plus the
//! boosts of all stored n-grams that end in the word (`grams`). To that come the boosts of n-grams that the document itself has brought (`past`), of
//! which only the kind counts: how often, in how many, of what order, how likely before (`kinds`). A model over the same vocabulary may join as one more input.
//! All inputs have weights (`mixing`), which begin as they were trained and go on learning from each token after it was predicted, by the gradient
//! of its cost. Everything learnt is forgotten at the document's end.
//!
//! Log-linear interpolation is after Klakow, "Log-linear interpolation of language models" (1998), online mixing after Mahoney, "Adaptive weighing of context
//! models for lossless data compression" (2005), the cache after Kuhn and De Mori, "A cache-based natural language model for speech recognition" (1990).
//! All arithmetic is integer; a cost is the same number on every machine.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod grams;
mod kinds;
mod mixing;
mod model;
mod past;
mod softmax;
mod tables;

pub use grams::{Grams, GramsError, MOST_ORDERS, Order};
pub use kinds::KINDS;
pub use mixing::{Mixing, weights};
pub use model::Ngram;
pub use tables::Tables;

/// Changes whenever a cost of any document does.
pub const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
