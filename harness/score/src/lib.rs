//! Running entries: from artifacts to models, from models to scores, samples and digests of logits.
//!
//! It builds for browsers (wasm32-unknown-unknown) as well: a model starts threads only when it is given more than one, and nothing here needs a file.
#![forbid(unsafe_code)]

mod fault;
pub mod model;
pub mod sampling;
pub mod scoring;

pub use fault::{Blame, Fault};
