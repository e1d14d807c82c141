//! The comment.

use super::{About, Verdict};
use crate::table;
use golf_record::grouped;
use std::fmt::Write as _;

impl Verdict {
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
                let rank = match line.tied {
                    Some([first, last]) => format!("{first}-{last} tied"),
                    None => line.rank.to_string(),
                };
                let leads = if line.leads { ", holds the record" } else { "" };
                let _ = writeln!(
                    out,
                    "| {} | {rank} of {}{leads} | {before} |",
                    table::class_name(line.class),
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
