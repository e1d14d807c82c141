//! The engine for processors with vectors: the same network as [`crate::Engine`], bit for bit, from weights laid out anew, with memory of its own,
//! on one thread or several.
// Some of it only some kernels use.
#![cfg_attr(not(all(feature = "std", target_arch = "x86_64")), allow(dead_code, unused_imports, unused_macros))]

#[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
pub(crate) mod amx;
mod attention;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(crate) mod avx2;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(crate) mod avx512;
mod engine;
mod inputs;
mod layer;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod ops;
mod pages;
mod pass;
mod plan;
mod shared;
#[cfg(any(all(feature = "std", target_arch = "x86_64"), all(target_arch = "wasm32", target_feature = "simd128")))]
mod short;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod softmax;
#[cfg(any(all(feature = "std", target_arch = "x86_64"), all(target_arch = "wasm32", target_feature = "simd128")))]
mod span;
#[cfg_attr(not(all(feature = "std", not(target_family = "wasm"))), path = "alone.rs")]
mod team;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) mod wasm;

pub use engine::Engine;
pub use layer::Layer;
pub use plan::Plan;

use crate::Kernel;

/// Does int8 products by the instructions of a kernel's matrix product, on registers alone, and returns how many: what a core does at most.
/// None for the scalar kernel.
pub fn peak(kernel: Kernel, rounds: u64) -> Option<u64> {
    Some((kernel.ops()?.peak)(rounds))
}
