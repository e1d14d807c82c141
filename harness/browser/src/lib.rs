//! The engines in a page: what a reader's browser needs to run an entry, and to make its score anew.
//!
//! [`Player`] is an entry at work. On WebAssembly, `exports` makes plain functions of it: bytes go in by a pointer and a length, and come out likewise, mostly as
//! JSON. `site/assets/worker.js` is on the other side.

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod exports;
mod player;

pub use player::{About, Comparison, Costs, Player};
