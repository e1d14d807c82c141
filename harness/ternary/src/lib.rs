//! The reference engine: a decoder-only transformer whose every step from the artifact to the logits is integer.
//!
//! `ARITHMETIC.md` beside this crate defines what it computes; the shape is configured by the header of an [`Image`], a model laid
//! out flat. There are two engines, equal bit for bit: [`Engine`] is the oracle, which fits a microcontroller; it allocates nothing, but is given
//! [memory](Memory) of the size that the image [needs](Needs). With the feature `alloc`, `fast::Engine` runs on vectors, from weights laid out
//! anew for them; which instructions it has is settled at compile time, or with `std` at run time.
#![no_std]
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::float_arithmetic))]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod attention;
#[cfg(feature = "build")]
pub mod build;
mod codec;
mod engine;
#[cfg(feature = "alloc")]
pub mod fast;
mod fixed;
mod image;
mod kernel;
mod linear;
mod memory;
mod mlp;
#[cfg(feature = "std")]
pub mod operations;
mod softcap;

pub use codec::Codec;
pub use engine::Engine;
pub use image::{Image, ImageError, Shape, WORK_LIMIT, narrow};
pub use kernel::Kernel;
pub use memory::{Memory, Needs};

/// Version of the arithmetic: a change that can change a logit raises it.
pub const VERSION: u32 = 1;
