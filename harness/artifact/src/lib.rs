//! The submitted file: one safetensors file with everything that inference reads. `FORMAT.md` beside this crate
//! defines it.
//!
//! [`Artifact::read`] checks a file that anyone may have made, and says of each fault where it is and how to mend it.
//! [`pack()`] makes an artifact of a trained model's checkpoint, [`ArtifactBuilder`] of weights at hand, and
//! [`example`] out of nothing.
#![forbid(unsafe_code)]

mod account;
mod artifact;
pub mod codec;
mod coded;
pub mod example;
pub mod fault;
mod grams;
mod header;
pub mod json;
mod model;
pub mod near;
mod pack;
mod scale;
mod tensors;
pub mod text;
mod vocabulary;
mod write;

pub use account::{Account, Taken};
pub use artifact::{Artifact, Form};
pub use coded::LARGEST_PLAIN;
pub use fault::{Fault, Place};
pub use grams::bytes as grams_bytes;
pub use header::{Dtype, LARGEST as LARGEST_HEADER};
pub use model::{ATTENTION_LIMIT, CACHE_LIMIT, ENGINES, Matrix, Model, NgramConfig, TernaryConfig, VERSION};
pub use pack::{Input, pack};
pub use scale::Scale;
pub use tensors::TensorInfo;
pub use write::{ArtifactBuilder, Tensor, write};

#[cfg(test)]
mod tests;
