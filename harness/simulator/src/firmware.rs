//! Running the firmware: a job in, a report out.

use crate::{EXTERNAL, Fault, InstructionMix, Machine, Program, RAM};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the firmware is to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// RAM of the machine in bytes.
    pub ram_bytes: u32,
    /// Predictions that the probe covers, at most.
    pub probe: u32,
    /// Tokens to generate after the probe.
    pub generate: u32,
    /// A document to score after that.
    pub document: Option<&'a [u8]>,
}

/// Where a machine has what the firmware needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Address of the image, and of the document behind it.
    pub image: u32,
    /// Address of the arena; 0 if it lies right above the firmware's statics.
    pub arena: u32,
    /// Thousands of ticks in a second of the machine's clock, where instructions are counted by that; 0 elsewhere.
    pub tick_khz: u32,
}

/// Bytes of a job's words.
pub const JOB_BYTES: usize = 64;

/// A document's tokens, and what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    /// How many tokens.
    pub tokens: u64,
    /// In units of 2^-16 bits.
    pub cost: u64,
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
    /// The document, if there was one to score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Scored>,
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
    /// What the machine saw of the generation.
    pub generation: InstructionMix,
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

impl Job<'_> {
    /// The words that the firmware reads, for an image of this many bytes.
    pub fn words(&self, place: Place, image_bytes: usize) -> [u8; JOB_BYTES] {
        // An image is far shorter; one that isn't doesn't fit the memory either, and the firmware says so.
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let document =
            self.document.map(|text| [place.image + length(image_bytes.next_multiple_of(4)), length(text.len())]);
        let [document, document_bytes] = document.unwrap_or_default();
        let words = [
            u32::from_le_bytes(*b"JOB2"),
            place.image,
            length(image_bytes),
            place.arena,
            self.ram_bytes,
            self.probe,
            self.generate,
            place.tick_khz,
            document,
            document_bytes,
        ];
        let mut bytes = [0; JOB_BYTES];
        bytes.chunks_exact_mut(4).zip(words).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
        bytes
    }

    /// What lies at [`Place::image`].
    pub fn payload(&self, image: &[u8]) -> Vec<u8> {
        let mut bytes = image.to_vec();
        if let Some(document) = self.document {
            bytes.resize(image.len().next_multiple_of(4), 0);
            bytes.extend(document);
        }
        bytes
    }
}

/// What lies in external memory: the job, the image behind it, and the document.
pub fn external(job: &Job<'_>, image: &[u8]) -> Vec<u8> {
    let place = Place { image: EXTERNAL + JOB_BYTES as u32, arena: 0, tick_khz: 0 };
    let mut bytes = job.words(place, image.len()).to_vec();
    bytes.extend(job.payload(image));
    bytes
}

/// Runs the firmware on an image.
///
/// # Errors
/// If it faults, refuses the image, or takes more than `budget` instructions.
pub fn run(program: &Program, image: &[u8], job: &Job<'_>, budget: u64) -> Result<Outcome, Error> {
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
    let generation = generation(machine.marks(), &report.generation)?;
    Ok(Outcome { report, instructions: end.instructions, stack_seen, generation })
}

/// The sum over the generated tokens: the firmware reads its instruction counter before and after each of them, and never again after the last.
/// So the count that it reports is checked, too.
fn generation(marks: &[InstructionMix], reported: &Counted) -> Result<InstructionMix, Error> {
    let wrong = || Error::Report("its count of the generation is not the machine's".into());
    let begin = usize::try_from(2 * reported.tokens).ok().and_then(|reads| marks.len().checked_sub(reads));
    let pairs = marks.get(begin.ok_or_else(wrong)?..).unwrap_or_default().as_chunks::<2>().0;
    let sum = pairs.iter().fold(InstructionMix::default(), |sum, [before, after]| sum + (*after - *before));
    if sum.instructions == reported.instructions { Ok(sum) } else { Err(wrong()) }
}

/// Reads the firmware's report.
///
/// # Errors
/// If it isn't one.
pub fn parse(output: &str) -> Result<Report, Error> {
    serde_json::from_str(output).map_err(|fault| Error::Report(format!("{fault} in `{:.200}`", output.trim_end())))
}
