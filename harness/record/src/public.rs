//! `results/<slug>/public.json`: what an artifact scores on published benchmarks, the same on every machine.
//!
//! The benchmarks have up to 67,000 items, so the record holds sums over each data file and a digest of all costs, by which two machines can still be
//! compared bit for bit.

use crate::{ArtifactFacts, EngineId};
use golf_core::Cost;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything scored of one artifact on public tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Public {
    /// Version of this format: 1.
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// What was scored.
    pub artifact: ArtifactFacts,
    /// What ran it.
    pub engine: EngineId,
    /// By task id.
    pub tasks: Vec<PublicTask>,
}

/// The score on one public task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PublicTask {
    /// The task's folder.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Data file by data file.
    pub parts: Vec<PartScore>,
}

/// The score on the items of one data file. Costs are in 2^-16 bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartScore {
    /// The file's name without its end.
    pub name: String,
    /// The part of the task that it counts towards in breakdowns; may be empty.
    pub group: String,
    /// Documents, questions or continuations.
    pub items: u64,
    /// Those that are right; 0 for documents.
    pub right: u64,
    /// Those that are right by cost per byte; 0 for what has no options.
    pub right_per_byte: u64,
    /// Bytes of documents, or of what follows each context and is right.
    pub bytes: u64,
    /// Their cost.
    pub cost: u64,
    /// SHA-256 of all items' costs in order, as decimals: those of an item's options with commas between, then a line feed.
    pub sha256: String,
}

impl PublicTask {
    /// `id@version`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// All parts as one.
    pub fn sum(&self) -> PartScore {
        sum(&self.parts)
    }

    /// Group by group, by name; empty if no part has one.
    pub fn groups(&self) -> BTreeMap<&str, PartScore> {
        let mut groups: BTreeMap<&str, Vec<&PartScore>> = BTreeMap::new();
        for part in self.parts.iter().filter(|part| !part.group.is_empty()) {
            groups.entry(&part.group).or_default().push(part);
        }
        groups.into_iter().map(|(group, parts)| (group, sum(parts))).collect()
    }
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a PartScore>) -> PartScore {
    let mut sum = PartScore::default();
    for part in parts {
        sum.items += part.items;
        sum.right += part.right;
        sum.right_per_byte += part.right_per_byte;
        sum.bytes += part.bytes;
        sum.cost += part.cost;
    }
    sum
}

impl PartScore {
    /// Bits per byte of what was paid for.
    pub fn bits_per_byte(&self) -> f64 {
        self.cost as f64 / Cost::BIT.0 as f64 / self.bytes.max(1) as f64
    }

    /// Bits that an item's text, or its right answer, costs on average.
    pub fn bits_per_item(&self) -> f64 {
        self.cost as f64 / Cost::BIT.0 as f64 / self.items.max(1) as f64
    }

    /// Share of items that are right.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.items.max(1) as f64
    }

    /// Share of items that are right by cost per byte.
    pub fn accuracy_per_byte(&self) -> f64 {
        self.right_per_byte as f64 / self.items.max(1) as f64
    }
}

impl Public {
    /// The score on a task, if it has been scored.
    pub fn task(&self, id: &str) -> Option<&PublicTask> {
        self.tasks.iter().find(|task| task.id == id)
    }
}

/// A public task's table: entries, and what others score on the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublicTable {
    /// The task's folder.
    pub task: String,
    /// Its version.
    pub version: u32,
    /// A few words, for people.
    pub title: String,
    /// What is examined and how, paragraph by paragraph.
    pub analysis: String,
    /// What the figure is: `bits per byte`, where less is better, or `right`, a share.
    pub unit: String,
    /// What the figure beside it is, if there is one.
    pub second_unit: Option<String>,
    /// Entries, best first; then references in the task's order.
    pub rows: Vec<PublicRow>,
}

/// A line of a public task's table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublicRow {
    /// An entry's slug, or a reference's name.
    pub name: String,
    /// Whose figure it is.
    pub kind: RowKind,
    /// Bits per byte, or the share that is right.
    pub figure: f64,
    /// The figure beside it.
    pub second: Option<f64>,
    /// Where a reference's figure is from, or how it was measured.
    pub source: Option<String>,
    /// An entry's figures, group by group.
    pub groups: BTreeMap<String, f64>,
}

/// Whose figure it is. References are never ranked with entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Scored by this harness.
    Entry,
    /// By others, with their own means.
    Published,
    /// By a program that was run here on the same bytes.
    Measured,
}

impl RowKind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            RowKind::Entry => "entry",
            RowKind::Published => "published",
            RowKind::Measured => "measured here",
        }
    }
}

impl PublicTable {
    /// A figure as it is shown: bits to three decimals, shares as percentages.
    pub fn show(&self, figure: f64) -> String {
        if self.unit == BITS { format!("{figure:.3}") } else { format!("{:.1} %", 100.0 * figure) }
    }

    /// The figure beside it likewise.
    pub fn show_second(&self, figure: f64) -> String {
        match self.second_unit.as_deref() {
            Some(BITS_PER_ANSWER) => format!("{figure:.2}"),
            _ => format!("{:.1} %", 100.0 * figure),
        }
    }
}

/// The unit of texts.
pub const BITS: &str = "bits per byte";
/// The unit of questions.
pub const RIGHT: &str = "right";
/// Beside the share of questions that are right.
pub const RIGHT_PER_BYTE: &str = "right by cost per byte";
/// Beside the share of continuations that are right.
pub const BITS_PER_ANSWER: &str = "bits per answer";

/// `public.csv`.
pub fn public_csv(tables: &[PublicTable]) -> String {
    let mut csv = csv::Writer::from_writer(vec![]);
    let head = ["task", "version", "name", "kind", "figure", "unit", "second", "second_unit", "source"];
    csv.write_record(head).expect("to memory");
    for table in tables {
        for row in &table.rows {
            let line = [
                table.task.clone(),
                table.version.to_string(),
                row.name.clone(),
                row.kind.name().into(),
                format!("{:.6}", row.figure),
                table.unit.clone(),
                row.second.map(|figure| format!("{figure:.6}")).unwrap_or_default(),
                row.second.and(table.second_unit.clone()).unwrap_or_default(),
                row.source.clone().unwrap_or_default(),
            ];
            csv.write_record(line).expect("to memory");
        }
    }
    String::from_utf8(csv.into_inner().expect("to memory")).expect("written from strings")
}
