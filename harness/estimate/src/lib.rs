//! What is modelled and not measured: which [boards](Board) an entry fits, about how long a token takes there, and what it would cost in energy.
//!
//! Counts come from records and shapes, and are exact. Everything here multiplies them by published figures or by intervals that nobody has
//! calibrated, and says so: [`CAVEAT`] and [`energy::CAVEAT`] stand beside whatever is shown.
#![forbid(unsafe_code)]

mod board;
mod cores;
pub mod energy;
mod fit;
mod interval;
mod table;

pub use board::{Board, BoardError, Cited, Kind, Limits, Memory, Place, Source, load_all};
pub use cores::{CORES, CPI_STATUS, Core};
pub use energy::Workload;
pub use fit::{CAVEAT, Estimate, Fit, Needs, Placement, fit, fits, needs, size};
pub use interval::Interval;

use std::collections::BTreeMap;

/// All that estimates are made of beside the records.
#[derive(Clone, Debug, Default)]
pub struct Estimates {
    /// By slug.
    pub boards: Vec<Board>,
    /// What a token takes, by the entry's slug; only for engines whose operations are counted.
    pub workloads: BTreeMap<String, Workload>,
}
