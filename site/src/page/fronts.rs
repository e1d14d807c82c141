//! Pareto fronts: bits per byte against what it takes to get there.

use super::{board, entry_link, name, plots};
use crate::SiteError;
use crate::book::Book;
use crate::chart::{self, Axis, Point, Scatter, Words};
use crate::format;
use crate::html::Html;
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_estimate::Interval;
use golf_estimate::energy::{Format, HOROWITZ};
use golf_record::{Entry, IN_PROCESS, Measurements};
use std::collections::BTreeMap;

/// An entry, what it takes or yields, and that in words.
type Placed<'a> = (&'a Entry, f64, Vec<String>);

/// What one chart shows.
struct Front<'a> {
    words: Words<'a>,
    axis: Axis,
    /// Heads of the columns with the words.
    heads: &'a [&'a str],
    entries: Vec<Placed<'a>>,
}

/// Against bytes.
pub(super) fn size(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let bytes = |entry: &Entry| entry.bytes().map(|bytes| (bytes.max(1) as f64, vec![format::grouped(bytes)]));
    let entries = placed(book, bytes);
    let smallest = entries.iter().map(|entry| entry.1).fold(f64::MAX, f64::min);
    let low = (smallest / 1.5).clamp(1.0, 80_000.0);
    let mut ticks: Vec<u64> = (0..5).map(|power| 10u64.pow(power)).filter(|&tick| tick as f64 >= low).collect();
    ticks.extend(CLASSES.into_iter().rev());
    let axis = Axis {
        title: "bytes, logarithmic; lines at the limits of the classes".into(),
        less_is_better: true,
        ticks: ticks.into_iter().map(|tick| (tick as f64, format::class(tick))).collect(),
        range: (low, CLASSES[0] as f64 * 1.3),
    };
    let words = Words {
        name: "size",
        title: "Bits per byte against size",
        description: "Lower and further left is better. The line joins the entries that no smaller one equals: the front.",
    };
    figure(Front { words, axis, heads: &["Bytes"], entries }, files)
}

/// Speed, instructions and energy, where there is anything to show.
pub(super) fn others(book: &Book<'_>, files: &mut Files) -> Result<Vec<Html>, SiteError> {
    let found = [speed(book, files)?, instructions(book, files)?, energy(book, files)?];
    Ok(found.into_iter().flatten().collect())
}

/// On the machine that measured most entries; by name where there are several.
fn speed(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let mut machines: BTreeMap<&str, Vec<(&Entry, &Measurements)>> = BTreeMap::new();
    for entry in book.site.board.class(CLASSES[0]) {
        for record in &entry.measurements {
            machines.entry(&record.machine.id).or_default().push((entry, record));
        }
    }
    let Some((_, measured)) = machines.into_iter().rev().max_by_key(|(_, measured)| measured.len()) else {
        return Ok(None);
    };
    let machine = &measured[0].1.machine;
    let rates = |(entry, record): (&'_ Entry, &Measurements)| {
        let prompt = record.get("prompt")?;
        let (tokens, bytes) = (prompt.tokens_per_second()?, prompt.bytes_per_second()?);
        let written = record.get("generate").and_then(|generate| generate.tokens_per_second());
        let words = vec![format::rate(tokens), format::rate(bytes), written.map_or("–".into(), format::rate)];
        Some((entry.slug.clone(), tokens, words)).filter(|_| tokens > 0.0)
    };
    let rates: BTreeMap<String, (f64, Vec<String>)> =
        measured.iter().filter_map(|&pair| rates(pair)).map(|(slug, tokens, words)| (slug, (tokens, words))).collect();
    let entries = placed(book, |entry| rates.get(&entry.slug).cloned());
    let title = "tokens of text read per second, logarithmic";
    let axis = Axis::decades(title, false, entries.iter().map(|entry| entry.1));
    let description = format!(
        "Text that is given is read at this speed on {} ({}). Lower and further right is better. Tokens differ in length: the table has bytes, too.",
        machine.id, machine.cpu
    );
    let words = Words { name: "speed", title: "Bits per byte against speed", description: &description };
    let heads = ["Tokens per second", "Bytes per second", "Tokens written per second"];
    figure(Front { words, axis, heads: &heads, entries }, files)
}

/// What a token takes on a simulated microcontroller.
fn instructions(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let entries = placed(book, |entry| {
        let count = entry.simulated(IN_PROCESS)?.instructions_per_token().filter(|&count| count > 0)?;
        Some((count as f64, vec![format::grouped(count)]))
    });
    let title = "instructions for a token, logarithmic";
    let axis = Axis::decades(title, true, entries.iter().map(|entry| entry.1));
    let words = Words {
        name: "instructions",
        title: "Bits per byte against instructions",
        description: "Counted exactly on a simulated RISC-V microcontroller. Lower and further left is better; the line joins the entries that none with fewer instructions equals.",
    };
    figure(Front { words, axis, heads: &["Instructions per token"], entries }, files)
}

/// What a token's operations would take on one chip, by the model of the page on energy.
fn energy(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let workloads = &book.site.estimates.workloads;
    let entries = placed(book, |entry| {
        let picojoules = HOROWITZ.energy(&workloads.get(&entry.slug)?.total(Format::Entry), Format::Entry).on_chip();
        Some((picojoules / 1e3, vec![Interval::exactly(picojoules).picojoules()])).filter(|_| picojoules > 0.0)
    });
    let title = "nJ for a token, modelled, logarithmic";
    let axis = Axis::decades(title, true, entries.iter().map(|entry| entry.1));
    let words = Words {
        name: "energy",
        title: "Bits per byte against energy",
        description: "Modelled, not measured: the operations of a token times published energies, all on one chip. Lower and further left is better.",
    };
    figure(Front { words, axis, heads: &["Energy of a token"], entries }, files)
}

/// Ranked entries for which there is a figure, best first.
fn placed<'a>(book: &Book<'a>, figure: impl Fn(&Entry) -> Option<(f64, Vec<String>)>) -> Vec<Placed<'a>> {
    let ranked = book.site.board.class(CLASSES[0]);
    ranked.filter_map(|entry| figure(entry).map(|(value, words)| (entry, value, words))).collect()
}

fn figure(front: Front<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let Front { words, axis, heads, entries } = front;
    if entries.is_empty() {
        return Ok(None);
    }
    let point = |(entry, x, _): &Placed<'_>| Point {
        entry: String::new(),
        label: name(entry).into(),
        x: *x,
        y: entry.headline().unwrap_or_default(),
    };
    let mut scatter =
        Scatter { points: entries.iter().map(point).collect(), axis, title: "bits per byte of prose".into() };
    let front = chart::front(&scatter.points, scatter.axis.less_is_better);
    let mut table = Table::new(format!("{}.", words.title)).column("Entry", Set::Text);
    for head in heads {
        table = table.column(head, Set::Number);
    }
    table = table.column("Bits per byte", Set::Number).column("On the front", Set::Text);
    if entries.len() > board::SHOWN {
        table = table.note(format!(
            "The best {} and those on the front; the data has all {}.",
            board::SHOWN,
            entries.len()
        ));
    }
    for (index, (entry, _, words)) in entries.iter().enumerate() {
        if index >= board::SHOWN && !front.contains(&index) {
            continue;
        }
        scatter.points[index].entry = entry.slug.clone();
        let on = if front.contains(&index) { "yes" } else { "no" };
        let cells = words.iter().map(|text| Html::plain(text));
        let bits = Html::plain(&format::bits(scatter.points[index].y));
        table.row_of(
            &entry.slug,
            [entry_link(entry, "")].into_iter().chain(cells).chain([bits, Html::plain(on)]).collect(),
        );
    }
    plots::figure(&scatter, words, &table, "", files).map(Some)
}
