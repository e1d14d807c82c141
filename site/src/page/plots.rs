//! The charts of the leaderboard, each with its data as a table.

use super::{entry_link, name};
use crate::SiteError;
use crate::book::{Book, chance};
use crate::chart::{self, Axis, Chart, Point, Row, Rows, Scatter, Words};
use crate::format;
use crate::html::Html;
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::{Entry, IN_PROCESS, Measurements};
use std::collections::BTreeMap;

/// Figures, those that there is data for.
#[derive(Debug, Default)]
pub(super) struct Charts {
    /// Bits per byte against bytes.
    pub(super) size: Option<Html>,
    /// Speed and accuracy.
    pub(super) others: Vec<Html>,
}

/// The charts of the leaderboard.
pub(super) fn of_board(book: &Book<'_>, files: &mut Files) -> Result<Charts, SiteError> {
    let others = [speed(book, files)?, instructions(book, files)?, accuracy(book, files)?];
    Ok(Charts { size: size(book, files)?, others: others.into_iter().flatten().collect() })
}

/// A chart with its caption, and its data folded under it.
pub(super) fn figure(
    chart: &impl Chart,
    words: Words<'_>,
    table: &Table,
    root: &str,
    files: &mut Files,
) -> Result<Html, SiteError> {
    let picture = chart::picture(chart, words, root, files)?;
    Ok(Html::of(|h| {
        h.el("figure", &[], |h| {
            h.append(&picture);
            h.el("figcaption", &[], |h| {
                h.el("p", &[], |h| {
                    h.leaf("strong", &[], &format!("{}.", words.title));
                    h.text(&format!(" {}", words.description));
                });
                h.el("details", &[], |h| {
                    h.leaf("summary", &[], "Data as a table");
                    table.write(h);
                });
            });
        });
    }))
}

fn size(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let entries: Vec<(&Entry, u64, f64)> = book
        .site
        .board
        .class(CLASSES[0])
        .filter_map(|entry| Some((entry, entry.bytes()?, entry.headline()?)))
        .collect();
    let Some(smallest) = entries.iter().map(|(_, bytes, _)| *bytes).min() else { return Ok(None) };
    let low = (smallest as f64 / 1.5).clamp(1.0, 80_000.0);
    let mut ticks: Vec<u64> = (0..5).map(|power| 10u64.pow(power)).filter(|&tick| tick as f64 >= low).collect();
    ticks.extend(CLASSES.into_iter().rev());
    let axis = Axis {
        title: "bytes, logarithmic; lines at the limits of the classes".into(),
        less_is_better: true,
        ticks: ticks.into_iter().map(|tick| (tick as f64, format::class(tick))).collect(),
        range: (low, CLASSES[0] as f64 * 1.3),
    };
    let point =
        |(entry, bytes, y): &(&Entry, u64, f64)| Point { label: name(entry).into(), x: (*bytes).max(1) as f64, y: *y };
    let scatter = Scatter { points: entries.iter().map(point).collect(), axis, title: "bits per byte of prose".into() };
    let mut table = Table::new("Size and bits per byte.").column("Entry", Set::Text).column("Bytes", Set::Number);
    table = table.column("Bits per byte", Set::Number).column("On the front", Set::Text);
    let front = chart::front(&scatter.points, true);
    for (index, (entry, bytes, value)) in entries.iter().enumerate() {
        let on = if front.contains(&index) { "yes" } else { "no" };
        let cells = [&format::grouped(*bytes), &format::bits(*value), on].map(Html::plain);
        table.row([entry_link(entry, "")].into_iter().chain(cells).collect());
    }
    let words = Words {
        name: "size",
        title: "Bits per byte against size",
        description: "Lower and further left is better. The line joins the entries that no smaller one equals: the front.",
    };
    figure(&scatter, words, &table, "", files).map(Some)
}

/// On the machine that measured most entries; by name where there are several.
fn speed(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let mut machines: BTreeMap<&str, Vec<(&Entry, &Measurements, f64, f64)>> = BTreeMap::new();
    for entry in book.site.board.class(CLASSES[0]) {
        for record in &entry.measurements {
            let rate = record.get("prompt").and_then(|prompt| prompt.bytes_per_second());
            if let (Some(rate), Some(bits)) = (rate.filter(|&rate| rate > 0.0), entry.headline()) {
                machines.entry(&record.machine.id).or_default().push((entry, record, rate, bits));
            }
        }
    }
    let Some((_, measured)) = machines.into_iter().rev().max_by_key(|(_, measured)| measured.len()) else {
        return Ok(None);
    };
    let machine = &measured[0].1.machine;
    let axis = Axis::decades("bytes of text read per second, logarithmic", false, measured.iter().map(|entry| entry.2));
    let point =
        |(entry, _, x, y): &(&Entry, &Measurements, f64, f64)| Point { label: name(entry).into(), x: *x, y: *y };
    let scatter =
        Scatter { points: measured.iter().map(point).collect(), axis, title: "bits per byte of prose".into() };
    let mut table =
        Table::new(format!("Speed of reading on {}, and bits per byte.", machine.id)).column("Entry", Set::Text);
    table = table
        .column("Bytes per second", Set::Number)
        .column("Tokens per second", Set::Number)
        .column("Bits per byte", Set::Number);
    for (entry, record, rate, bits) in &measured {
        let tokens = record.get("prompt").and_then(|prompt| prompt.tokens_per_second()).unwrap_or_default();
        let cells = [format::rate(*rate), format::rate(tokens), format::bits(*bits)].map(|text| Html::plain(&text));
        table.row([entry_link(entry, "")].into_iter().chain(cells).collect());
    }
    let description = format!(
        "Text that is given is read at this speed on {} ({}). Lower and further right is better.",
        machine.id, machine.cpu
    );
    let words = Words { name: "speed", title: "Bits per byte against speed", description: &description };
    figure(&scatter, words, &table, "", files).map(Some)
}

/// Bits per byte against what a token takes on a simulated microcontroller.
fn instructions(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let counted = |entry: &'_ Entry| {
        Some((entry.simulated(IN_PROCESS)?.instructions_per_token()?, entry.headline()?))
            .filter(|(count, _)| *count > 0)
    };
    let entries: Vec<(&Entry, u64, f64)> = book
        .site
        .board
        .class(CLASSES[0])
        .filter_map(|entry| counted(entry).map(|(count, bits)| (entry, count, bits)))
        .collect();
    if entries.is_empty() {
        return Ok(None);
    }
    let title = "instructions for a token, logarithmic";
    let axis = Axis::decades(title, true, entries.iter().map(|(_, count, _)| *count as f64));
    let point = |(entry, count, y): &(&Entry, u64, f64)| Point { label: name(entry).into(), x: *count as f64, y: *y };
    let scatter = Scatter { points: entries.iter().map(point).collect(), axis, title: "bits per byte of prose".into() };
    let front = chart::front(&scatter.points, true);
    let mut table = Table::new("Instructions for a token and bits per byte.").column("Entry", Set::Text);
    table = table
        .column("Instructions per token", Set::Number)
        .column("Bits per byte", Set::Number)
        .column("On the front", Set::Text);
    for (index, (entry, count, bits)) in entries.iter().enumerate() {
        let on = if front.contains(&index) { "yes" } else { "no" };
        let cells = [&format::grouped(*count), &format::bits(*bits), on].map(Html::plain);
        table.row([entry_link(entry, "")].into_iter().chain(cells).collect());
    }
    let words = Words {
        name: "instructions",
        title: "Bits per byte against instructions",
        description: "Counted exactly on a simulated RISC-V microcontroller. Lower and further left is better; the line joins the entries that none with fewer instructions equals.",
    };
    figure(&scatter, words, &table, "", files).map(Some)
}

fn accuracy(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let mut rows = vec![];
    let mut table = Table::new("Share of answers that are right, in percent.").column("Entry", Set::Text);
    let tasks: Vec<_> = book.scored_tasks().filter(|task| !task.less_is_better()).collect();
    for task in &tasks {
        let ranking = book.ranking(task);
        let values = ranking.iter().map(|(_, score)| score.summary().headline()).collect();
        let best = ranking.first().map(|(entry, score)| (score.summary().headline(), name(entry).to_owned()));
        let chance = chance(ranking.iter().map(|(_, score)| *score));
        rows.push(Row { label: task.title().into(), values, best, chance });
        table = table.column(task.title(), Set::Number);
    }
    if rows.is_empty() {
        return Ok(None);
    }
    for entry in book.site.board.entries.iter().filter(|entry| entry.score.is_some()) {
        let cell = |summary: Option<golf_record::Summary>, task: &crate::book::Task<'_>| {
            summary.map_or(Html::plain(super::NONE), |summary| crate::book::figure(task, summary))
        };
        let cells = tasks.iter().map(|task| cell(entry.summary(task.id), task));
        table.row([entry_link(entry, "")].into_iter().chain(cells).collect());
    }
    if rows.iter().any(|row| row.chance.is_some()) {
        let shown = |chance: Option<f64>| chance.map_or(super::NONE.into(), |chance| format!("{:.1}", chance * 100.0));
        let cells = rows.iter().map(|row| Html::plain(&shown(row.chance)));
        table.row([Html::plain("Chance")].into_iter().chain(cells).collect());
    }
    let words = Words {
        name: "accuracy",
        title: "Accuracy by task",
        description: "Each dot is an entry, and the best of each task is named. A guess would be right as often as the upright line says.",
    };
    figure(&Rows { rows }, words, &table, "", files).map(Some)
}
