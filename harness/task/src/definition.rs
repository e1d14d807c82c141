//! `task.json`.

use crate::load::{TaskError, error};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What `tasks/<id>/task.json` says. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// How published data files are read; none for the project's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Data files, in the order in which they are used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DataFile>,
    /// Items made by a generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generated>,
    /// What others score on the same items, in the order in which it is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
}

/// How published data files are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What a file looks like.
    pub format: Format,
    /// The first byte of a text that counts.
    #[serde(default)]
    pub from: u64,
    /// What follows each context.
    #[serde(default)]
    pub after_context: String,
    /// What stands before each option; it is paid for, but isn't part of the option's length.
    #[serde(default)]
    pub before_option: String,
    /// How many items of each file count: those with the smallest SHA-256(file's name without its end, `/`, place in the file from 0).
    #[serde(default)]
    pub sample: Option<u32>,
}

/// What a published data file looks like. JSON is a value a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The text itself.
    Text,
    /// Treebanks of Universal Dependencies: the lines after `# text = `, a line feed after each.
    Conllu,
    /// Minimal pairs in JSON: `sentence_good`, `sentence_bad` and, as the group, `linguistics_term`.
    Blimp,
    /// Questions in JSON: `query`, `choices`, `gold`.
    Choices,
    /// The same as `doc` in lines of which several have the same one.
    Requests,
    /// JSON: `context`, `continuation`.
    Continuations,
}

/// What others score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The model or the program.
    pub name: String,
    /// Whether it was published or measured here.
    pub kind: ReferenceKind,
    /// Bits per byte, or the share that is right.
    pub figure: f64,
    /// The share that is right by cost per byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<f64>,
    /// Where the figure is from, or the command that measures it.
    pub source: String,
}

/// Where a reference's figure is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// From its authors or others, who had means of their own.
    Published,
    /// From a program run on the same bytes.
    Measured,
}

/// How items are put and scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bits per byte of documents.
    BitsPerByte,
    /// The option that costs least is the answer.
    Choice,
    /// Greedy continuation, exact match.
    Generate,
    /// Right if each token of the one continuation is the likeliest.
    Continuation,
}

/// A data file, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Relative to the task's folder; its name alone if it is published elsewhere.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Where it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Definition {
    /// Reads `folder/task.json`.
    ///
    /// # Errors
    /// If it is not in order.
    pub fn read(folder: &Path) -> Result<Self, TaskError> {
        let path = folder.join("task.json");
        let text = std::fs::read(&path).map_err(|fault| error(&path, format!("can't be read: {fault}")))?;
        let definition: Definition = serde_json::from_slice(&text).map_err(|fault| error(&path, fault.to_string()))?;
        if definition.schema != 1 {
            return Err(error(&path, format!("schema {} is unknown: write 1", definition.schema)));
        }
        if folder.file_name().and_then(|name| name.to_str()) != Some(&definition.id) {
            return Err(error(&path, format!("the id `{}` is not the folder's name", definition.id)));
        }
        Ok(definition)
    }
}

/// Items made by a generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
