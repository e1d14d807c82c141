//! A microcontroller in process, so that figures of one need nothing installed.
//!
//! It is an RV32IMC machine with flash, RAM and read-only external memory, each with strict bounds. It runs the firmware's ELF file as
//! a board or an emulator would, counts retired instructions exactly, and hears the firmware by semihosting. It models neither cycles nor caches.
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod decode;
mod fault;
mod firmware;
mod machine;
mod memory;
mod mix;
mod program;
mod semihosting;

pub use fault::{Cause, Fault};
pub use firmware::{Counted, Error, JOB_BYTES, Job, Outcome, Place, Ram, Report, Scored, external, parse, run};
pub use machine::{End, Machine};
pub use memory::{EXTERNAL, Memory, RAM};
pub use mix::{Accesses, InstructionMix};
pub use program::{Program, ProgramError};

/// Version of the machine: a change that can change a count, or counts more, raises it.
pub const VERSION: u32 = 2;
