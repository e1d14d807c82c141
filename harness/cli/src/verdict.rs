//! What a pull request comes to: one JSON document that CI hands from the job that sees strangers' files to the one that may write comments.

use crate::Fault;
use crate::pull_request::visible;
use serde::{Deserialize, Serialize};

mod markdown;
#[cfg(test)]
mod tests;

/// Most bytes that a verdict may have.
const LIMIT: usize = 256 << 10;
/// Most faults that it holds.
const FAULTS: usize = 50;
/// Most characters of a fault.
const FAULT: usize = 500;

/// What a pull request comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// 1
    pub schema: u32,
    /// The commit where the change branched off.
    pub base: String,
    /// Its last commit.
    pub head: String,
    /// What it is about.
    pub about: About,
    /// Whether the entry is in order and scored.
    pub accepted: bool,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
    /// What is worth knowing but doesn't count against it.
    pub notes: Vec<String>,
    /// The entry, once it is scored.
    pub entry: Option<Scored>,
}

/// What a pull request is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// An entry, new or changed.
    Entry,
    /// An entry that goes.
    Removal,
    /// The project itself.
    Project,
    /// Nothing.
    Nothing,
}

/// An entry that has been scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    /// Its folder.
    pub slug: String,
    /// SHA-256 of the artifact.
    pub artifact: String,
    /// Size of the artifact.
    pub bytes: u64,
    /// Trained numbers in it.
    pub parameters: u64,
    /// Such as `ternary@1`.
    pub engine: String,
    /// SHA-256 of the probe's logits.
    pub digest: String,
    /// By task.
    pub tasks: Vec<TaskLine>,
    /// Where it stands, smallest class last.
    pub classes: Vec<ClassLine>,
    /// Whether no entry that is as small scores better on the headline task.
    pub on_front: bool,
    /// Entries that are not on that front any more.
    pub displaced: Vec<String>,
}

/// A task's score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskLine {
    /// Its id.
    pub task: String,
    /// Whether `value` is bits per byte; else a share of right answers.
    pub is_bits_per_byte: bool,
    /// The score.
    pub value: f64,
    /// The score of the entry as it was.
    pub before: Option<f64>,
}

/// A place in a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassLine {
    /// Upper limit in bytes.
    pub class: u64,
    /// From 1.
    pub rank: usize,
    /// The first and the last place of those that it is tied with; none if it is tied with none.
    pub tied: Option<[usize; 2]>,
    /// Whether it holds the class's record.
    pub leads: bool,
    /// Entries in the class.
    pub entries: usize,
    /// The rank of the entry as it was.
    pub before: Option<usize>,
}

impl Verdict {
    /// With faults and notes cut to what a verdict may hold.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for lines in [&mut self.faults, &mut self.notes] {
            let more = lines.len().saturating_sub(FAULTS);
            lines.truncate(FAULTS);
            lines.iter_mut().for_each(|line| *line = cut(line));
            if more > 0 {
                lines.push(format!("and {more} more"));
            }
        }
        self
    }

    /// Reads and validates: what it accepts holds no text but what a harness writes.
    ///
    /// # Errors
    /// If it is too large, not JSON of this form, or any text in it is of another form than its field's.
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        // A reader's message may quote what it read.
        let bad = |message: String| {
            Fault::entry(format!("not a verdict: {message}").chars().map(visible).collect::<String>())
        };
        if text.len() > LIMIT {
            return Err(bad(format!("{} bytes, more than {LIMIT}", text.len())));
        }
        let verdict: Verdict = serde_json::from_slice(text).map_err(|fault| bad(fault.to_string()))?;
        let hash = |text: &str, lengths: &[usize]| {
            lengths.contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let id = golf_record::submission::is_slug;
        let lines = |lines: &[String]| lines.len() <= FAULTS + 1 && lines.iter().all(|line| cut(line) == *line);
        let engine =
            |text: &str| text.split_once('@').is_some_and(|(name, version)| id(name) && version.parse::<u32>().is_ok());
        let checks = [
            ("schema", verdict.schema == 1),
            ("base", hash(&verdict.base, &[40, 64])),
            ("head", hash(&verdict.head, &[40, 64])),
            ("faults", lines(&verdict.faults)),
            ("notes", lines(&verdict.notes)),
            ("accepted", verdict.accepted == (verdict.faults.is_empty())),
        ];
        let entry = verdict.entry.iter().flat_map(|entry| {
            let values = entry.tasks.iter().flat_map(|task| [Some(task.value), task.before]).flatten();
            [
                ("slug", id(&entry.slug)),
                ("artifact", hash(&entry.artifact, &[64])),
                ("digest", hash(&entry.digest, &[64])),
                ("engine", engine(&entry.engine)),
                ("tasks", entry.tasks.len() <= 200 && entry.tasks.iter().all(|task| id(&task.task))),
                ("value", values.into_iter().all(|value| value.is_finite() && value >= 0.0)),
                ("classes", entry.classes.len() <= 8),
                ("displaced", entry.displaced.len() <= 10_000 && entry.displaced.iter().all(|slug| id(slug))),
            ]
        });
        match checks.into_iter().chain(entry).find(|(_, good)| !good) {
            Some((field, _)) => Err(bad(format!("`{field}` is not of the form that `golf ci` writes"))),
            None => Ok(verdict),
        }
    }
}

/// A line as a verdict may hold it: what a span between two backticks can't be left by.
fn cut(line: &str) -> String {
    let mut plain = String::new();
    for c in line.chars().take(FAULT) {
        match c {
            '`' if plain.ends_with('`') => {}
            c => plain.push(visible(c)),
        }
    }
    plain
}
