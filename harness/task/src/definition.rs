//! `task.json`.

use serde::{Deserialize, Serialize};

/// What `tasks/<id>/task.json` says. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Version of this format: 1.
    pub schema: u32,
    /// The folder's name.
    pub id: String,
    /// Rises with every change that can change a score.
    pub version: u32,
    /// How items are put and scored.
    pub kind: Kind,
    /// The suite that it belongs to, such as `core`.
    pub suite: String,
    /// A few words, for tables.
    pub title: String,
    /// Why the task is here, and what a good score means.
    pub analysis: String,
    /// SPDX identifier of the data's licence.
    pub license: String,
    /// Data files, in the order in which they are used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DataFile>,
    /// Items made by a generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generated>,
}

/// How items are put and scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bits per byte of documents.
    BitsPerByte,
    /// The option that costs least is the answer.
    Choice,
    /// Greedy continuation, exact match.
    Generate,
}

/// A data file, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Relative to the task's folder.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// Items made by a generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// Its name in [`crate::generator`].
    pub name: String,
    /// How many items are made from a public seed, the same for every entry.
    #[serde(default)]
    pub fixed: u32,
    /// How many items are made from a seed that depends on the artifact's digest.
    #[serde(default)]
    pub fresh: u32,
}
