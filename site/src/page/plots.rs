//! Figures: a chart, its caption, and its data as a table.

use super::{NONE, board, entry_link, name};
use crate::SiteError;
use crate::book::{Book, Task, chance, figure as figure_of};
use crate::chart::{self, Chart, Line, Row, Rows, Scale, Steps, Words};
use crate::format;
use crate::html::Html;
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::{Entry, Leader};
use std::collections::BTreeSet;

/// Most other entries on an entry's own chart.
const OTHERS: usize = 40;

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

/// The budget ladder: what each class makes of its bytes.
pub(super) fn ladder(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let mut table = Table::new("The best of each class.").column("Class", Set::Text).column("Entry", Set::Text);
    table = table.column("Bytes", Set::Number).column("Bits per byte", Set::Number);
    let mut rows = vec![];
    for limit in CLASSES {
        let entries: Vec<&Entry> = book.site.board.class(limit).collect();
        let Some(best) = entries.first() else { continue };
        let bits = |entry: &Entry| entry.headline().unwrap_or_default();
        // What is worse than knowing nothing squeezes the rest.
        let marked = |(index, entry): (usize, &&Entry)| if index == 0 { entry.slug.clone() } else { String::new() };
        let values =
            entries.iter().enumerate().map(|pair| (marked(pair), bits(pair.1))).filter(|(_, bits)| *bits <= 8.0);
        rows.push(Row {
            label: format::class(limit),
            values: values.collect(),
            named: Some((bits(best), name(best).into())),
            chance: None,
        });
        let cells = [format::grouped(best.bytes().unwrap_or_default()), format::bits(bits(best))];
        let cells = cells.iter().map(|text| Html::plain(text));
        let head = [Html::plain(&format::class(limit)), entry_link(best, "")];
        table.row_of(&best.slug, head.into_iter().chain(cells).collect());
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let named = rows.iter().filter_map(|row| row.named.as_ref()).map(|(value, _)| *value);
    let all: Vec<f64> = rows.iter().flat_map(|row| &row.values).map(|(_, value)| *value).chain(named).collect();
    let words = Words {
        name: "ladder",
        title: "The budget ladder",
        description: "A row for each class with the entries that fit it: further left is better. What a larger budget buys is the step from row to row.",
    };
    let rows = Rows { rows, scale: Scale::bits(all.iter().copied()), named: "best of its class" };
    figure(&rows, words, &table, "", files).map(Some)
}

/// Who held the records since when, if that is known of more than one day.
pub(super) fn records(book: &Book<'_>, files: &mut Files) -> Result<Option<Html>, SiteError> {
    let leaders = &book.site.board.leaders.leaders;
    let record = |leader: &Leader| Some((leader.slug.clone(), leader.since.clone()?, bits(leader)));
    let line = |limit: u64| Line {
        label: format::class(limit),
        records: leaders.iter().filter(|leader| leader.class == limit).filter_map(record).collect(),
    };
    let steps = Steps { lines: CLASSES.into_iter().map(line).collect() };
    if steps.days().len() < 2 {
        return Ok(None);
    }
    let mut table = Table::new("Records.").column("Entry", Set::Text).column("Class", Set::Text);
    table = table.column("Since", Set::Text).column("Bits per byte", Set::Number);
    for leader in leaders {
        let cells = [
            leader.slug.clone(),
            format::class(leader.class),
            leader.since.clone().unwrap_or_else(|| NONE.into()),
            format::bits(bits(leader)),
        ];
        table.row_of(&leader.slug, cells.iter().map(|text| Html::plain(text)).collect());
    }
    let words = Words {
        name: "records",
        title: "Records over time",
        description: "Each class’s record from the day on which it was taken. A record is taken only beyond the tie.",
    };
    figure(&steps, words, &table, "", files).map(Some)
}

/// Of the headline task.
pub(super) fn bits(leader: &Leader) -> f64 {
    leader.cost as f64 / golf_core::Cost::BIT.0 as f64 / leader.bytes.max(1) as f64
}

/// Accuracy by task; of the board, or with one entry among the others.
pub(super) fn accuracy(
    book: &Book<'_>,
    of: Option<&Entry>,
    root: &str,
    files: &mut Files,
) -> Result<Option<Html>, SiteError> {
    let has = |task: &&Task<'_>| of.is_none_or(|entry| entry.summary(task.id).is_some());
    let tasks: Vec<_> = book.scored_tasks().filter(|task| !task.less_is_better()).filter(has).collect();
    let mut rows = vec![];
    let scored = book.site.board.entries.iter().filter(|entry| entry.score.is_some());
    let entries: Vec<&Entry> =
        scored.filter(|entry| of.is_none_or(|of| of.slug == entry.slug)).take(board::SHOWN).collect();
    let listed: BTreeSet<&str> = entries.iter().map(|entry| entry.slug.as_str()).collect();
    let mut table = Table::new("Share of answers that are right, in percent.").column("Entry", Set::Text);
    for task in &tasks {
        let ranking = book.ranking(task);
        let value = |score: &golf_record::TaskScore| score.summary().headline();
        // No more than gives the picture on an entry's page; marked are those that the table has.
        let step = if of.is_some() { ranking.len().div_ceil(OTHERS).max(1) } else { 1 };
        let marked = |slug: &str| if listed.contains(slug) { slug.to_owned() } else { String::new() };
        let shown = ranking.iter().step_by(step);
        let named = ranking.iter().find(|(entry, _)| of.is_none_or(|of| of.slug == entry.slug));
        rows.push(Row {
            label: task.title().into(),
            values: shown.map(|(entry, score)| (marked(&entry.slug), value(score))).collect(),
            named: named.map(|(entry, score)| (value(score), name(entry).to_owned())),
            // An entry's own items tell; going through everybody's on each page would take the square of their number.
            chance: match named {
                Some((_, score)) if of.is_some() => chance([*score]),
                _ => chance(ranking.iter().map(|(_, score)| *score)),
            },
        });
        table = table.column(task.title(), Set::Number);
    }
    if rows.is_empty() {
        return Ok(None);
    }
    for entry in entries {
        let cell =
            |task: &&Task<'_>| entry.summary(task.id).map_or(Html::plain(NONE), |summary| figure_of(task, summary));
        table.row_of(&entry.slug, [entry_link(entry, root)].into_iter().chain(tasks.iter().map(cell)).collect());
    }
    if rows.iter().any(|row| row.chance.is_some()) {
        let shown = |chance: Option<f64>| chance.map_or(NONE.into(), |chance| format!("{:.1}", chance * 100.0));
        let cells = rows.iter().map(|row| Html::plain(&shown(row.chance)));
        table.row([Html::plain("Chance")].into_iter().chain(cells).collect());
    }
    let (chart_name, title, named) = match of {
        None => ("accuracy".to_owned(), "Accuracy by task", "best"),
        Some(entry) => (format!("{}.profile", entry.slug), "Profile", "this entry"),
    };
    let description = match of {
        None => {
            "Each dot is an entry, and the best of each task is named. A guess would be right as often as the upright line says."
        }
        Some(_) => {
            "Where this entry stands among the others on each task. A guess would be right as often as the upright line says."
        }
    };
    let words = Words { name: &chart_name, title, description };
    figure(&Rows { rows, scale: Scale::shares(), named }, words, &table, root, files).map(Some)
}
