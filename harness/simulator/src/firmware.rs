//! Running the firmware: a job in, a report out.

use crate::{Fault, Machine, Program, RAM};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the firmware is to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// RAM of the machine in bytes.
    pub ram_bytes: u32,
    /// Predictions that the probe covers, at most.
    pub probe: u32,
    /// Tokens to generate after the probe.
    pub generate: u32,
}

/// Tokens, and the instructions that they took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// How many tokens.
    pub tokens: u64,
    /// Instructions retired for all of them.
    pub instructions: u64,
}

/// RAM by use, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ram {
    /// Deepest use of the stack.
    pub stack: u64,
    /// Reserved for the stack.
    pub stack_reserved: u64,
    /// Statics.
    pub statics: u64,
    /// Activations, cache and tables.
    pub arena: u64,
}

impl Ram {
    /// At the peak.
    pub fn peak(&self) -> u64 {
        self.stack + self.statics + self.arena
    }
}

/// What the firmware says of a job that it has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// For what it was built.
    pub target: String,
    /// Predictions that the digest covers.
    pub probe_tokens: u32,
    /// SHA-256 of their logits as little-endian 32-bit integers, in lower-case hexadecimal.
    pub digest: String,
    /// Instructions for checking the image and taking in the start token.
    pub load: u64,
    /// The probe's text as a prompt: each token is observed.
    pub prompt: Counted,
    /// Tokens predicted, picked and observed.
    pub generation: Counted,
    /// RAM that was needed.
    pub ram: Ram,
}

/// A report, and what the machine saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// By the firmware.
    pub report: Report,
    /// Instructions retired in all.
    pub instructions: u64,
    /// Deepest stack that the machine saw, in bytes.
    pub stack_seen: u64,
}

/// Why a job came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The firmware did what it may not.
    Fault {
        /// What.
        fault: Fault,
        /// In which function, where that is known.
        function: Option<String>,
    },
    /// It refused, or panicked.
    Status {
        /// Its exit status.
        status: u32,
        /// What it said.
        message: String,
    },
    /// Its report can't be read.
    Report(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Fault { fault, function: Some(function) } => write!(f, "{fault}, in {function}"),
            Error::Fault { fault, function: None } => fault.fmt(f),
            Error::Status { status, message } => write!(f, "ended with status {status}: {message}"),
            Error::Report(message) => write!(f, "its report can't be read: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// What lies in external memory: the job and the image behind it.
pub fn external(job: &Job, image: &[u8]) -> Vec<u8> {
    // An image is far shorter; one that isn't doesn't fit the memory either, and the firmware says so.
    let length = u32::try_from(image.len()).unwrap_or(u32::MAX);
    let words = [u32::from_le_bytes(*b"JOB1"), length, job.ram_bytes, job.probe, job.generate, 0, 0, 0];
    let mut bytes = Vec::with_capacity(4 * words.len() + image.len());
    words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes.extend(image);
    bytes
}

/// Runs the firmware on an image.
///
/// # Errors
/// If it faults, refuses the image, or takes more than `budget` instructions.
pub fn run(program: &Program, image: &[u8], job: &Job, budget: u64) -> Result<Outcome, Error> {
    let external = external(job, image);
    let mut machine = Machine::with(program, job.ram_bytes as usize, &external);
    let end = machine
        .run(budget)
        .map_err(|fault| Error::Fault { fault, function: program.symbol(fault.pc).map(Into::into) })?;
    if end.status != 0 {
        return Err(Error::Status { status: end.status, message: machine.output().trim_end().to_owned() });
    }
    let report = parse(machine.output())?;
    // The stack lies lowest in RAM and grows downwards.
    let top = u64::from(RAM) + report.ram.stack_reserved;
    let stack_seen = top.saturating_sub(u64::from(end.lowest_sp));
    Ok(Outcome { report, instructions: end.instructions, stack_seen })
}

/// Reads the firmware's report.
///
/// # Errors
/// If it isn't one.
pub fn parse(output: &str) -> Result<Report, Error> {
    serde_json::from_str(output).map_err(|fault| Error::Report(format!("{fault} in `{:.200}`", output.trim_end())))
}
