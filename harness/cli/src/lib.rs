//! What people and CI run: checking, scoring, measuring and ranking entries.
#![forbid(unsafe_code)]

pub mod audit;
pub mod cmd;
pub mod coder;
pub mod compressed;
pub mod estimate;
pub mod fault;
pub mod firmware;
pub mod golf;
pub mod machine;
pub mod measure;
pub mod model;
pub mod public;
pub mod pull_request;
pub mod qemu;
pub mod scoring;
pub mod simulate;
pub mod table;
pub mod verdict;
pub mod worker;

pub use fault::{Blame, Fault};
