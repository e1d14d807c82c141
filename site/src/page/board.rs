//! The leaderboard as one table: every entry once, with its rank in each class that it fits. The script sorts and filters it.

use super::embedded::count;
use super::{NONE, bar, data, entry_link, heading, parameters};
use crate::book::{Book, Task, figure};
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::{Entry, HEADLINE, IN_PROCESS, Place};

/// Most entries in the table of the first page; if there are more, they have a page of their own.
pub(super) const SHOWN: usize = 40;
/// The script of the table.
pub(super) const SCRIPT: &str = "board.js";
const ALL: &str = "entries.html";

/// Heads of what is counted on a simulated RISC-V microcontroller: name, unit, key.
const SIMULATED: [(&str, &str, &str); 4] = [
    ("Instructions", "per token", "instructions"),
    ("RAM", "bytes", "ram"),
    ("Flash", "bytes", "flash"),
    ("Same bits on", "targets", "targets"),
];

/// Ranked entries, best first.
fn ranked<'a>(book: &Book<'a>) -> Vec<&'a Entry> {
    book.site.board.class(CLASSES[0]).collect()
}

/// Where the whole table is, with one class chosen if there is a script.
pub(super) fn address(book: &Book<'_>, class: u64) -> String {
    let page = if ranked(book).len() > SHOWN { ALL } else { "index.html" };
    format!("{page}?class={class}#board")
}

/// The page of all entries, if the first page has no room for them.
pub(crate) fn all(book: &Book<'_>, files: &mut Files) {
    let entries = ranked(book);
    if entries.len() <= SHOWN {
        return;
    }
    let page = Page {
        path: ALL,
        title: "All entries",
        description: "Every ranked entry with its scores, size and what a token of it takes.",
        scripts: &[SCRIPT],
    };
    let main = Html::of(|h| {
        h.raw("<p class=\"trail\"><a href=\"index.html\">Leaderboard</a></p>\n<h1>All entries</h1>\n");
        h.raw("<section aria-labelledby=\"board\">\n");
        heading(h, "board", "Leaderboard");
        table(book, &entries, h);
        h.raw("</section>\n");
    });
    files.add(page.path, layout::document(book, page, &main));
}

/// The table on the first page, as much of it as there is room for.
pub(super) fn section(book: &Book<'_>, h: &mut Html) {
    let entries = ranked(book);
    if entries.is_empty() {
        h.raw("<p class=\"quiet\">No entry has been scored yet.</p>\n");
        return;
    }
    table(book, &entries[..entries.len().min(SHOWN)], h);
    if entries.len() > SHOWN {
        h.el("p", &[], |h| {
            h.text(&format!("These are the best {SHOWN}. "));
            h.leaf("a", &[("href", ALL)], &format!("All {} entries", format::grouped(entries.len() as u64)));
            h.text(" are on a page of their own, where they can be sorted and filtered.");
        });
    }
    caveats(&entries[..entries.len().min(SHOWN)], h);
}

fn table(book: &Book<'_>, entries: &[&Entry], h: &mut Html) {
    // The script fills it; its room is kept, so that nothing moves.
    h.raw("<div class=\"tools\" data-table=\"entries\"></div>\n");
    let note = "Best first. The best figure of each column is bold; “record” stands at the entry that holds its class’s record.";
    let mut table =
        Table::new("Entries and their ranks by class.").note(note).dense().named("entries").column("Entry", Set::Text);
    table = table.key("name");
    let tasks: Vec<&Task<'_>> = book.scored_tasks().collect();
    let head = |name: &str, unit: &str| {
        Html::of(|h| {
            h.text(name);
            h.raw("<br>");
            h.leaf("span", &[("class", "unit")], unit);
        })
    };
    for limit in CLASSES {
        table = table.column_of(head(&format::class(limit), "rank"), Set::Number).key(&limit.to_string());
    }
    let (headline, others): (Vec<&Task<'_>>, Vec<_>) = tasks.iter().partition(|task| task.id == HEADLINE);
    for task in &headline {
        table = table.column_of(head(task.title(), task.unit()), Set::Number).key(task.id);
    }
    table = table.column("Bytes", Set::Number).key("bytes").column("Parameters", Set::Number).key("parameters");
    for task in &others {
        table = table.column_of(head(task.title(), task.unit()), Set::Number).key(task.id);
    }
    for (name, unit, key) in SIMULATED {
        table = table.column_of(head(name, unit), Set::Number).key(key);
    }
    table = table.column("Licence", Set::Text).key("license").column("Engine", Set::Text).key("engine");

    let best: Vec<Option<f64>> = tasks.iter().map(|task| best(task, entries)).collect();
    let cell = |entry: &Entry, task: &Task<'_>| {
        let best = tasks.iter().position(|other| other.id == task.id).and_then(|index| best[index]);
        match entry.summary(task.id) {
            None => Html::plain(NONE),
            Some(summary) if best == Some(summary.headline()) => {
                Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, summary))))
            }
            Some(summary) => figure(task, summary),
        }
    };
    for entry in entries {
        let Some(score) = &entry.score else { continue };
        let bytes = score.artifact.bytes;
        let mut cells = vec![linked(entry)];
        cells.extend(CLASSES.map(|limit| rank(book, limit, entry)));
        cells.extend(headline.iter().map(|task| cell(entry, task)));
        cells.push(Html::of(|h| {
            h.append(&data(&bytes.to_string(), &format::grouped(bytes)));
            let class = golf_core::budget::classes(bytes).last().unwrap_or(CLASSES[0]);
            h.append(&bar(bytes as f64 / class as f64, None));
        }));
        cells.push(parameters(score.artifact.parameters));
        cells.extend(others.iter().map(|task| cell(entry, task)));
        cells.extend(simulated(entry));
        cells.push(Html::plain(&entry.manifest.license));
        cells.push(Html::plain(&format!("{} {}", score.engine.name, score.engine.version)));
        table.row_with(attributes(entry), cells);
    }
    table.write(h);
}

/// What the filters look at. Techniques are a line each.
fn attributes(entry: &Entry) -> Vec<(&'static str, String)> {
    vec![
        ("data-entry", entry.slug.clone()),
        ("data-engine", entry.manifest.engine.clone()),
        ("data-license", entry.manifest.license.clone()),
        ("data-technique", entry.manifest.techniques.join("\n")),
        ("data-target", entry.identical().join("\n")),
    ]
}

fn best(task: &Task<'_>, entries: &[&Entry]) -> Option<f64> {
    let values = entries.iter().filter_map(|entry| Some(entry.summary(task.id)?.headline()));
    values.min_by(|a, b| if task.less_is_better() { a.total_cmp(b) } else { b.total_cmp(a) })
}

/// `3`, or `2–4 tied`, and whether it holds the record.
fn rank(book: &Book<'_>, limit: u64, entry: &Entry) -> Html {
    let Some(place) = book.place(limit, &entry.slug) else { return Html::plain(NONE) };
    Html::of(|h| {
        h.append(&data(&place.rank.to_string(), &shown(place)));
        if book.site.board.leaders.of(limit).is_some_and(|leader| leader.slug == entry.slug) {
            h.raw("<br>");
            h.leaf("span", &[("class", "unit")], "record");
        }
    })
}

/// As on the command line, with the dash of print.
pub(super) fn shown(place: Place) -> String {
    place.to_string().replace('-', "–")
}

/// A link to the entry, which says if there are caveats.
fn linked(entry: &Entry) -> Html {
    let mut cell = entry_link(entry, "");
    match entry.caveats().len() {
        0 => {}
        1 => cell.leaf("span", &[("class", "unit")], " (a caveat)"),
        count => cell.leaf("span", &[("class", "unit")], &format!(" ({count} caveats)")),
    }
    cell
}

/// What readers should know of scores, in full.
fn caveats(entries: &[&Entry], h: &mut Html) {
    if entries.iter().all(|entry| entry.caveats().is_empty()) {
        return;
    }
    h.raw("<h3 id=\"caveats\">Caveats</h3>\n<ul>\n");
    for entry in entries {
        for caveat in entry.caveats() {
            h.el("li", &[], |h| {
                h.append(&entry_link(entry, ""));
                h.text(&format!(": {}", caveat.text));
            });
        }
    }
    h.raw("</ul>\n");
}

/// The cells under [`SIMULATED`].
fn simulated(entry: &Entry) -> [Html; 4] {
    let figures = entry.simulated(IN_PROCESS);
    let identical = entry.identical().len() as u64;
    [
        count(figures.and_then(|figures| figures.instructions_per_token())),
        count(figures.map(|figures| figures.ram_bytes())),
        count(figures.map(|figures| figures.flash_bytes())),
        count((identical > 0).then_some(identical)),
    ]
}
