//! What a pull request comes to: one JSON document that CI hands from the job that sees strangers' files to the one that may write comments.

use crate::pull_request::visible;
use crate::{Fault, table};
use golf_record::grouped;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Most bytes that a verdict may have.
const LIMIT: usize = 256 << 10;
/// Most faults that it holds.
const FAULTS: usize = 50;
/// Most characters of a fault.
const FAULT: usize = 500;

/// What a pull request comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassLine {
    /// Upper limit in bytes.
    pub class: u64,
    /// From 1.
    pub rank: usize,
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
        let bad = |message: String| Fault::entry(format!("not a verdict: {message}"));
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

    /// As a comment in Markdown. Every text that a stranger could have chosen stands in a span of code.
    pub fn markdown(&self) -> String {
        let mut out = String::from("<!-- golf ci -->\n");
        let title = match (&self.about, self.accepted, &self.entry) {
            (About::Entry, true, Some(entry)) => format!("`{}` is in order", entry.slug),
            (About::Entry, ..) => "This entry is not in order yet".into(),
            (About::Removal, ..) => "This removes an entry: a maintainer decides".into(),
            (About::Project, ..) => "This changes the project and no entry: its tests decide".into(),
            (About::Nothing, ..) => "This changes nothing".into(),
        };
        let _ = writeln!(out, "### {title}\n");
        if let Some(entry) = &self.entry {
            let _ = writeln!(
                out,
                "{} bytes, {} parameters, engine `{}`, artifact `{:.16}`, logits `{:.16}`\n",
                grouped(entry.bytes),
                grouped(entry.parameters),
                entry.engine,
                entry.artifact,
                entry.digest
            );
            out.push_str("| class | rank | before |\n| --- | ---: | ---: |\n");
            for line in &entry.classes {
                let before = line.before.map_or_else(|| "-".into(), |rank| rank.to_string());
                let _ = writeln!(
                    out,
                    "| {} | {} of {} | {before} |",
                    table::class_name(line.class),
                    line.rank,
                    line.entries
                );
            }
            out.push_str("\n| task | score | before |\n| --- | ---: | ---: |\n");
            for line in &entry.tasks {
                let show = |value: f64| match line.is_bits_per_byte {
                    true => format!("{value:.4} bits per byte"),
                    false => format!("{:.1} %", 100.0 * value),
                };
                let before = line.before.map_or_else(|| "-".into(), show);
                let _ = writeln!(out, "| `{}` | {} | {before} |", line.task, show(line.value));
            }
            let displaced: Vec<String> = entry.displaced.iter().map(|slug| format!("`{slug}`")).collect();
            out.push_str(match entry.on_front {
                true => "\nNo entry that is as small scores better",
                false => "\nA smaller entry, or one of the same size, scores better",
            });
            match displaced.is_empty() {
                true => out.push_str(".\n"),
                false => _ = writeln!(out, "; {} no longer so.", displaced.join(", ")),
            }
        }
        for (head, lines) in [("To mend", &self.faults), ("Notes", &self.notes)] {
            if !lines.is_empty() {
                let _ = writeln!(out, "\n{head}:");
                lines.iter().for_each(|line| _ = writeln!(out, "- `` {line} ``"));
            }
        }
        let _ =
            writeln!(out, "\nSee it before you push: `cargo golf ci --base origin/main`. Commit `{:.12}`.", self.head);
        out
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

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Verdict {
        let entry = Scored {
            slug: "mine".into(),
            artifact: "0".repeat(64),
            bytes: 99_000,
            parameters: 400_000,
            engine: "ternary@1".into(),
            digest: "f".repeat(64),
            tasks: vec![TaskLine { task: "prose".into(), is_bits_per_byte: true, value: 2.25, before: Some(2.5) }],
            classes: vec![ClassLine { class: 16_000_000, rank: 2, entries: 5, before: None }],
            on_front: true,
            displaced: vec!["theirs".into()],
        };
        let (base, head) = ("a".repeat(40), "b".repeat(40));
        Verdict {
            schema: 1,
            base,
            head,
            about: About::Entry,
            accepted: true,
            faults: vec![],
            notes: vec![],
            entry: Some(entry),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = golf_record::to_json(&verdict());
        assert_eq!(Verdict::read(text.as_bytes()).unwrap(), verdict());
        let comment = verdict().markdown();
        for piece in [
            "`mine` is in order",
            "99,000 bytes",
            "| 16 MB | 2 of 5 | - |",
            "| `prose` | 2.2500 bits per byte | 2.5000 bits per byte |",
            "`theirs` no longer so",
        ] {
            assert!(comment.contains(piece), "no «{piece}» in {comment}");
        }
    }

    #[test]
    fn text_that_no_harness_writes_is_refused() {
        type Change = fn(&mut Verdict);
        let changes: [(&str, Change); 8] = [
            ("schema", |v| v.schema = 2),
            ("head", |v| v.head = "main; rm".into()),
            ("faults", |v| (v.accepted, v.faults) = (false, vec!["``![](http://example.org)".into()])),
            ("notes", |v| v.notes = vec!["\u{202e}[2J".into()]),
            ("accepted", |v| v.faults = vec!["wrong".into()]),
            ("slug", |v| v.entry.as_mut().unwrap().slug = "<b>".into()),
            ("engine", |v| v.entry.as_mut().unwrap().engine = "`@x`".into()),
            ("tasks", |v| v.entry.as_mut().unwrap().tasks[0].task = "a|b".into()),
        ];
        for (field, change) in changes {
            let mut changed = verdict();
            change(&mut changed);
            let fault = Verdict::read(golf_record::to_json(&changed).as_bytes()).unwrap_err();
            assert!(fault.message.contains(&format!("`{field}`")), "{field}: {fault}");
        }
        assert!(Verdict::read(&vec![b' '; LIMIT + 1]).is_err());
    }

    #[test]
    fn long_and_hostile_messages_are_cut_to_what_is_accepted() {
        let faults = (0..80).map(|index| format!("{index} ``<script>`\u{1b}{}", "x".repeat(2_000))).collect();
        let verdict = Verdict { accepted: false, faults, entry: None, ..verdict() }.bounded();
        assert_eq!(Verdict::read(golf_record::to_json(&verdict).as_bytes()).unwrap(), verdict);
        assert!(verdict.markdown().contains("- `` and 30 more ``"));
        assert!(!verdict.markdown().contains('\u{1b}'));
    }
}
