//! What people and CI run: checking, scoring, measuring and ranking entries.
#![forbid(unsafe_code)]

pub mod audit;
pub mod browser;
pub mod built;
pub mod cmd;
pub mod coder;
pub mod compressed;
pub mod estimate;
pub mod firmware;
pub mod golf;
pub mod limits;
pub mod machine;
pub mod measure;
pub mod portrait;
pub mod public;
pub mod pull_request;
pub mod qemu;
pub mod schemas;
pub mod serve;
pub mod simulate;
pub mod table;
pub mod toolchain;
pub mod verdict;
pub mod worker;

pub use golf_score::{Blame, Fault, model, sampling, scoring};
