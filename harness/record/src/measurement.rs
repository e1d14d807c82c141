//! `results/<slug>/<machine>.json`: what was measured of an artifact on one machine.

use crate::EngineId;
use serde::{Deserialize, Serialize};

/// Everything measured of one artifact on one machine. Raw samples in base units; nothing derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Version of this format: 1.
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// Of the artifact, lower-case hexadecimal.
    pub artifact_sha256: String,
    /// What ran it.
    pub engine: EngineId,
    /// Where.
    pub machine: Machine,
    /// The machine's own limits, measured in the same run.
    pub roofline: Roofline,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// What couldn't be measured or scored, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// A machine's fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Names the machine in file names: `[a-z0-9-]`.
    pub id: String,
    /// Model of the processor.
    pub cpu: String,
    /// Instruction sets beyond the baseline, by name.
    pub flags: Vec<String>,
    /// Logical processors that may be used.
    pub cores: u32,
    /// Main memory in bytes.
    pub memory_bytes: u64,
    /// Operating system and kernel.
    pub system: String,
    /// Compiler of the harness.
    pub rustc: String,
    /// Commit of the harness, with `+` if the working tree differed.
    pub commit: String,
}

/// What the machine could do at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Roofline {
    /// Size of the buffer that was read.
    pub buffer_bytes: u64,
    /// Nanoseconds to read it once, on one core.
    pub read_ns: Vec<u64>,
    /// Multiply-adds of int8 that were timed.
    pub dot_products: u64,
    /// Nanoseconds for them, on one core.
    pub dot_ns: Vec<u64>,
}

/// One quantity, sampled several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// `load`, `first_token`, `artifact_to_token` (from the file to the first prediction), `prompt`, `generate`, `read` and `products` (what reading
    /// a token's weights and multiplying them takes at least) or `peak_memory`; on more threads than one with a suffix such as `_2_threads`.
    pub name: String,
    /// Unit of the samples: `ns` or `bytes`.
    pub unit: String,
    /// What a sample's time was spent on, where a rate makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// In the order in which they were taken.
    pub samples: Vec<u64>,
}

/// An amount of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Tokens.
    pub tokens: u64,
    /// Bytes that they spell.
    pub bytes: u64,
}

/// Something that went wrong with one entry, while the others went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What was being done, such as `score prose` or `measure`.
    pub stage: String,
    /// In a word.
    pub kind: FailureKind,
    /// In a sentence.
    pub message: String,
}

/// How something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The process ended by itself, with an error or a signal.
    Crash,
    /// It was ended because its time was over.
    Timeout,
    /// It wanted more memory than it may have.
    Memory,
}

/// Median and spread of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// Median absolute deviation from the median.
    pub mad: f64,
}

impl Spread {
    /// None without samples.
    pub fn of(samples: &[u64]) -> Option<Self> {
        let median = middle(samples.iter().map(|&sample| sample as f64).collect())?;
        let mad = middle(samples.iter().map(|&sample| (sample as f64 - median).abs()).collect())?;
        Some(Spread { median, mad })
    }
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[half]),
        _ => Some((values[half - 1] + values[half]) / 2.0),
    }
}

impl Measurement {
    /// Tokens per second at the median; none if it isn't a rate.
    pub fn tokens_per_second(&self) -> Option<f64> {
        self.per_second(|work| work.tokens)
    }

    /// Bytes of text per second at the median; none if it isn't a rate.
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.per_second(|work| work.bytes)
    }

    fn per_second(&self, amount: impl Fn(&Work) -> u64) -> Option<f64> {
        let spread = Spread::of(&self.samples).filter(|spread| spread.median > 0.0)?;
        Some(amount(self.work.as_ref()?) as f64 * 1e9 / spread.median)
    }
}

impl Measurements {
    /// The measurement with this name.
    pub fn get(&self, name: &str) -> Option<&Measurement> {
        self.measurements.iter().find(|measurement| measurement.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_deviation() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[3]), Some(Spread { median: 3.0, mad: 0.0 }));
        assert_eq!(Spread::of(&[1, 9, 2, 4]), Some(Spread { median: 3.0, mad: 1.5 }));
    }

    #[test]
    fn rates_are_taken_at_the_median() {
        let work = Some(Work { tokens: 512, bytes: 2_048 });
        let prompt = Measurement { name: "prompt".into(), unit: "ns".into(), work, samples: vec![1_000_000_000; 3] };
        assert_eq!(prompt.tokens_per_second(), Some(512.0));
        assert_eq!(prompt.bytes_per_second(), Some(2_048.0));
        assert_eq!(Measurement { work: None, ..prompt }.tokens_per_second(), None);
    }
}
