//! The rules of the game.
//!
//! A language model answers one question, "what comes next?", before it is told what came. It answers with integer
//! [logits](logit), one per token of its [vocabulary]; the harness turns them into probabilities and adds up
//! the [cost](score) of what came. All arithmetic is integer, so a score is the same number on every machine.
//!
//! The crate needs neither the standard library nor an allocator.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::float_arithmetic))]

pub mod budget;
pub mod logit;
pub mod model;
pub mod probe;
pub mod score;
pub mod uniform;
pub mod vocabulary;

pub use logit::Cost;
pub use model::{LanguageModel, WholeDocument};
pub use score::Session;
pub use uniform::Uniform;
pub use vocabulary::{Tokenization, Vocabulary, VocabularyError};
