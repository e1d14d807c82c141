//! What is kept: submissions as they are sent in, records as they are stored, and the leaderboard derived from both.
//!
//! A [score](Score) is deterministic: the same bytes on every machine. A [measurement](Measurements) belongs to a machine. Neither holds a derived
//! figure; means, ratios and ranks are computed where they are shown.
#![forbid(unsafe_code)]

mod audit;
pub mod compare;
mod json;
mod leader;
mod leaderboard;
mod measurement;
mod number;
mod portrait;
mod public;
mod score;
mod simulation;
#[cfg(feature = "store")]
mod store;
pub mod submission;

pub use audit::{Audit, Caveat, CaveatKind, HeldOut, LEEWAY, Overlap, Parts, SUSPICION, VERBATIM};
pub use json::to_json;
pub use leader::{Leader, Leaders};
pub use leaderboard::{Entry, HEADLINE, Leaderboard, Place, Row, Tables, front};
pub use measurement::{Failure, FailureKind, Machine, Measurement, Measurements, Roofline, Spread, Work};
pub use number::grouped;
pub use portrait::{Contained, Contents, Draw, History, Past, Portrait, Sample, Samples, Tally};
pub use public::{
    BITS, BITS_PER_ANSWER, PartScore, Public, PublicRow, PublicTable, PublicTask, RIGHT, RIGHT_PER_BYTE, RowKind,
    public_csv,
};
pub use score::{ArtifactFacts, EngineId, ItemScore, Outcome, Probe, SCORE_SCHEMA, Score, Summary, TaskScore};
pub use simulation::{
    Accesses, Figures, Flash, IN_PROCESS, InstructionMix, Instructions, Ram, SimulatedMachine, Simulation, Simulator,
    TARGETS,
};
#[cfg(feature = "store")]
pub use store::{Store, StoreError, write_atomically, write_derived};
