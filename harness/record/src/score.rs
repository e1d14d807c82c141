//! `results/<slug>/score.json`: what an artifact scores, the same on every machine.

mod stored;

use golf_core::Cost;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the format of `score.json`. A file of another version counts as missing and is made anew.
pub const SCORE_SCHEMA: u32 = 2;

/// Everything scored of one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Version of this format: [`SCORE_SCHEMA`].
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// What was scored.
    pub artifact: ArtifactFacts,
    /// What ran it.
    pub engine: EngineId,
    /// The season from which fresh items were drawn.
    pub season: String,
    /// Proof that the logits are the same wherever it runs.
    pub probe: Probe,
    /// By task id.
    pub tasks: Vec<TaskScore>,
}

/// The artifact's facts, counted by the harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArtifactFacts {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Size on disk of all that inference reads.
    pub bytes: u64,
    /// Trained numbers in it.
    pub parameters: u64,
}

/// An engine and the version of its arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EngineId {
    /// As in `submission.json`.
    pub name: String,
    /// Rises when a logit can change.
    pub version: u32,
}

/// A digest of logits that every target can reproduce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Predictions it covers.
    pub tokens: u32,
    /// SHA-256 of the logits as little-endian 32-bit integers, prediction by prediction.
    pub sha256: String,
}

/// The score on one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "stored::Stored", try_from = "stored::Stored")]
pub struct TaskScore {
    /// The task's folder.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Item by item: stratum by stratum in the order in which the task comes to them, and within one in the task's order.
    pub items: Vec<ItemScore>,
}

/// The score on one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemScore {
    /// Unique in the task.
    pub id: String,
    /// The breakdown that it counts towards; may be empty.
    pub group: String,
    /// Whether it was made for this artifact only. One that wasn't is the same for every entry, and has the same id.
    pub fresh: bool,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of an item, by kind of task. Costs are in 2^-16 bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// A document.
    Document {
        /// Length of the raw text.
        bytes: u64,
        /// Tokens it was cut into.
        tokens: u64,
        /// Cost of all of them.
        cost: u64,
        /// What a predictor that knows the source would pay, where that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        ideal: Option<u64>,
    },
    /// A choice.
    Choice {
        /// The right option.
        answer: usize,
        /// The one that costs least.
        picked: usize,
        /// The one that costs least per byte.
        picked_per_byte: usize,
        /// Of each option.
        costs: Vec<u64>,
    },
    /// A continuation.
    Generate {
        /// Whether it is the answer, to the byte.
        right: bool,
        /// What was written, as text.
        output: String,
    },
}

/// What items come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Items counted.
    pub items: u64,
    /// Bytes of documents.
    pub bytes: u64,
    /// Cost of documents, in 2^-16 bits.
    pub cost: u64,
    /// Ideal cost of the documents for which it is known.
    pub ideal: u64,
    /// Choices and continuations that are right.
    pub right: u64,
    /// Choices that are right by cost per byte.
    pub right_per_byte: u64,
}

impl Summary {
    /// Of some items.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a ItemScore>) -> Self {
        let mut sum = Summary::default();
        for item in items {
            sum.items += 1;
            match &item.outcome {
                Outcome::Document { bytes, cost, ideal, .. } => {
                    sum.bytes += bytes;
                    sum.cost += cost;
                    sum.ideal += ideal.unwrap_or(0);
                }
                Outcome::Choice { answer, picked, picked_per_byte, .. } => {
                    sum.right += u64::from(picked == answer);
                    sum.right_per_byte += u64::from(picked_per_byte == answer);
                }
                Outcome::Generate { right, .. } => sum.right += u64::from(*right),
            }
        }
        sum
    }

    /// Bits per byte of the documents; none if there are none.
    pub fn bits_per_byte(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.cost as f64 / Cost::BIT.0 as f64 / self.bytes as f64)
    }

    /// What the ideal predictor would score; none if it isn't known.
    pub fn ideal_bits_per_byte(&self) -> Option<f64> {
        (self.ideal > 0).then(|| self.ideal as f64 / Cost::BIT.0 as f64 / self.bytes as f64)
    }

    /// Share of items that are right.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.items.max(1) as f64
    }

    /// Share of choices that are right by cost per byte.
    pub fn accuracy_per_byte(&self) -> f64 {
        self.right_per_byte as f64 / self.items.max(1) as f64
    }

    /// The figure by which the task is compared: bits per byte (less is better) for documents, accuracy (more is better)
    /// for the rest.
    pub fn headline(&self) -> f64 {
        self.bits_per_byte().unwrap_or_else(|| self.accuracy())
    }
}

impl TaskScore {
    /// Of items in the task's order. Those of a stratum, that is of a group, fresh or not, are brought together.
    pub fn new(id: &str, version: u32, mut items: Vec<ItemScore>) -> Self {
        let mut strata: BTreeMap<(String, bool), usize> = BTreeMap::new();
        for item in &items {
            let next = strata.len();
            strata.entry((item.group.clone(), item.fresh)).or_insert(next);
        }
        items.sort_by_cached_key(|item| strata[&(item.group.clone(), item.fresh)]);
        TaskScore { id: id.into(), version, items }
    }

    /// `id@version`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// How a score made anew differs from this one, in words: the first item that does.
    pub fn difference(&self, new: &TaskScore) -> Option<String> {
        if self.name() != new.name() || self.items.len() != new.items.len() {
            let (items, recorded) = (new.items.len(), self.items.len());
            return Some(format!("{} has {items} items, but {recorded} are recorded of {}", new.name(), self.name()));
        }
        let (old_item, new_item) = self.items.iter().zip(&new.items).find(|(old, new)| old != new)?;
        let show = |item| serde_json::to_string(item).expect("records are plain data");
        Some(format!("{}: scored {}, but {} is recorded", new.name(), show(new_item), show(old_item)))
    }

    /// Of all items.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.items)
    }

    /// Group by group, by name; empty if no item has one.
    pub fn groups(&self) -> BTreeMap<&str, Summary> {
        let mut groups: BTreeMap<&str, Vec<&ItemScore>> = BTreeMap::new();
        for item in self.items.iter().filter(|item| !item.group.is_empty()) {
            groups.entry(&item.group).or_default().push(item);
        }
        groups.into_iter().map(|(group, items)| (group, Summary::of(items))).collect()
    }
}

impl Score {
    /// The score on a task, if it has been scored.
    pub fn task(&self, id: &str) -> Option<&TaskScore> {
        self.tasks.iter().find(|task| task.id == id)
    }
}
