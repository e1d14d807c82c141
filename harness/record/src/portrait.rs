//! What an entry's own page shows besides its scores: where its bytes go, what it writes, and what it scored before.

use crate::{EngineId, Outcome, Score, TaskScore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything of the kind that is recorded of an entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portrait {
    /// Where its bytes go; none if that isn't recorded of this artifact.
    pub contents: Option<Contents>,
    /// What it writes; none if that isn't recorded of this artifact.
    pub samples: Option<Samples>,
    /// What it scored, the oldest first.
    pub history: History,
}

/// `results/<slug>/contents.json`: where an artifact's bytes go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// Version of this format: 1.
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// Of the artifact, lower-case hexadecimal.
    pub artifact_sha256: String,
    /// Whether the tensors are in one entropy-coded stream.
    pub coded: bool,
    /// In the order in which they are stored. What they leave of the file is its header.
    pub parts: Vec<Contained>,
}

/// A matrix, or the vocabulary, or the gains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contained {
    /// A matrix's name without codec, or `vocabulary`, or `gains`.
    pub name: String,
    /// How a matrix is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Weights of a matrix.
    pub weights: u64,
    /// Bytes in the form that the artifact has, without scales.
    pub bytes: u64,
    /// Bytes of a matrix's scales, in that form.
    pub scale_bytes: u64,
}

/// `results/<slug>/samples.json`: what an entry writes, the same text on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// Version of this format: 1.
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// Of the artifact, lower-case hexadecimal.
    pub artifact_sha256: String,
    /// What ran it.
    pub engine: EngineId,
    /// How they were drawn.
    pub draw: Draw,
    /// One for each prompt.
    pub samples: Vec<Sample>,
}

/// How samples are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// 0 always takes the likeliest token, 1 samples from the model's own probabilities.
    pub temperature: f64,
    /// Of how many of the likeliest tokens; 0 for all.
    pub top_k: usize,
    /// The same seed writes the same text.
    pub seed: u64,
    /// Tokens written for each prompt.
    pub tokens: usize,
}

/// A text that an entry wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// What it was to continue.
    pub prompt: String,
    /// How it did. What isn't UTF-8, and control characters, are replacement characters.
    pub text: String,
}

/// `results/<slug>/history.json`: what an entry scored, each time that it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Version of this format: 1.
    pub schema: u32,
    /// The oldest first.
    pub scores: Vec<Past>,
}

/// What was scored from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// The first day of it in UTC, `2026-11-21`.
    pub day: String,
    /// SHA-256 of the artifact.
    pub artifact_sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Trained numbers in it.
    pub parameters: u64,
    /// What ran it.
    pub engine: EngineId,
    /// The season of the fresh items.
    pub season: String,
    /// By task, as `id@version`.
    pub tasks: BTreeMap<String, Tally>,
}

/// What a task's items came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, deny_unknown_fields)]
pub enum Tally {
    /// Of documents.
    Cost {
        /// In 2^-16 bits.
        cost: u64,
        /// Of the raw text.
        bytes: u64,
    },
    /// Of the others.
    Right {
        /// Items that are right.
        right: u64,
        /// All of them.
        items: u64,
    },
}

impl Contents {
    /// What the parts leave of a file of this size.
    pub fn header_bytes(&self, file: u64) -> u64 {
        file.saturating_sub(self.parts.iter().map(|part| part.bytes + part.scale_bytes).sum())
    }
}

impl Tally {
    /// Of a task's items.
    pub fn of(task: &TaskScore) -> Self {
        let sum = task.summary();
        match task.items.first().map(|item| &item.outcome) {
            Some(Outcome::Document { .. }) => Tally::Cost { cost: sum.cost, bytes: sum.bytes },
            _ => Tally::Right { right: sum.right, items: sum.items },
        }
    }

    /// Bits per byte, or the share that is right.
    pub fn figure(&self) -> f64 {
        match *self {
            Tally::Cost { cost, bytes } => cost as f64 / golf_core::Cost::BIT.0 as f64 / bytes.max(1) as f64,
            Tally::Right { right, items } => right as f64 / items.max(1) as f64,
        }
    }
}

impl History {
    /// With a score that was there on a day, if it isn't the last one already.
    #[must_use]
    pub fn with(mut self, score: &Score, day: &str) -> Self {
        let now = Past {
            day: day.into(),
            artifact_sha256: score.artifact.sha256.clone(),
            bytes: score.artifact.bytes,
            parameters: score.artifact.parameters,
            engine: score.engine.clone(),
            season: score.season.clone(),
            tasks: score.tasks.iter().map(|task| (task.name(), Tally::of(task))).collect(),
        };
        self.schema = 1;
        match self.scores.last() {
            Some(last) if Past { day: last.day.clone(), ..now.clone() } == *last => {}
            // Two on one day are one: the later.
            Some(last) if last.day == day && last.artifact_sha256 == now.artifact_sha256 => {
                *self.scores.last_mut().expect("there is a last one") = now;
            }
            _ => self.scores.push(now),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::tests::entry;

    #[test]
    fn history_grows_only_when_something_changes() {
        let score = |cost| entry("x", 10, cost, 300).score.unwrap();
        let first = History::default().with(&score(1_000), "2026-01-01").with(&score(1_000), "2026-01-02");
        assert_eq!((first.scores.len(), first.scores[0].day.as_str()), (1, "2026-01-01"));
        let second = first.with(&score(900), "2026-01-03");
        assert_eq!(second.scores.len(), 2);
        assert!(second.scores[1].tasks["prose@1"].figure() < second.scores[0].tasks["prose@1"].figure());
        // The same artifact scored again on the same day, as when a task was added.
        let third = second.with(&score(950), "2026-01-03");
        assert_eq!(third.scores.len(), 2);
        let text = crate::to_json(&third);
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), third);
    }
}
