//! `index.html`: the leaderboard.

use super::{CHARTS, NONE, board, entry_link, fronts, heading, plots, task_link};
use crate::SiteError;
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::Entry;

/// Most records in the table.
const RECORDS_SHOWN: usize = 40;

/// Renders it.
pub(crate) fn index(book: &Book<'_>, files: &mut Files) -> Result<(), SiteError> {
    let page = Page {
        path: "index.html",
        title: "Leaderboard",
        description: "How good a language model fits in 16,000,000 bytes: entries, scores and charts.",
        scripts: &[board::SCRIPT, CHARTS],
    };
    let size = fronts::size(book, files)?;
    let history = plots::records(book, files)?;
    let mut charts: Vec<Html> = plots::ladder(book, files)?.into_iter().collect();
    charts.extend(fronts::others(book, files)?);
    charts.extend(plots::accuracy(book, None, "", files)?);
    let main = Html::of(|h| {
        h.raw("<h1>How good a language model fits in 16,000,000 bytes?</h1>\n");
        h.raw("<p class=\"lead\">An entry is a file that holds a whole language model: weights, tokenizer, everything that inference reads. ");
        h.raw("The harness runs each one on the same texts in integer arithmetic, so its scores are the same numbers on every machine.</p>\n");
        leaders(book, h);
        if let Some(size) = &size {
            h.append(size);
        }
        h.raw("<section aria-labelledby=\"board\">\n");
        heading(h, "board", "Leaderboard");
        h.raw("<p>Ranked by bits per byte on prose written for this purpose: fewer is better. An entry is ranked in every class that it fits. ");
        h.raw("Where the difference to the best of several may be luck, they are tied. <a href=\"compare.html\">Compare entries</a>.</p>\n");
        board::section(book, h);
        unscored(book, h);
        h.raw("</section>\n");
        if !charts.is_empty() {
            h.raw("<section aria-labelledby=\"charts\">\n");
            heading(h, "charts", "What it costs, and what it knows");
            charts.iter().for_each(|chart| h.append(chart));
            h.raw("</section>\n");
        }
        records(book, history.as_ref(), h);
        reading(h);
        tasks(book, h);
        downloads(h);
    });
    files.add(page.path, layout::document(book, page, &main));
    Ok(())
}

/// The best of each class, at a glance.
fn leaders(book: &Book<'_>, h: &mut Html) {
    h.el("dl", &[("class", "leaders")], |h| {
        for limit in CLASSES {
            h.el("div", &[], |h| {
                h.el("dt", &[], |h| {
                    h.leaf(
                        "a",
                        &[("href", &board::address(book, limit))],
                        &format!("Best within {}", format::class(limit)),
                    );
                });
                h.el("dd", &[], |h| match book.site.board.class(limit).next() {
                    Some(entry) => {
                        let bits = entry.headline().unwrap_or_default();
                        h.leaf("span", &[("class", "figure")], &format::bits(bits));
                        h.raw(" <span class=\"unit\">bits per byte</span> ");
                        h.el("span", &[("class", "who")], |h| h.append(&entry_link(entry, "")));
                        holder(book, limit, entry, h);
                    }
                    None => h.raw("<span class=\"figure\">–</span> <span class=\"unit\">no entry yet</span>"),
                });
            });
        }
    });
}

/// What a glance should tell of the lead: by how much luck could have had a hand in it, and since when.
fn holder(book: &Book<'_>, limit: u64, first: &Entry, h: &mut Html) {
    if book.place(limit, &first.slug).is_some_and(|place| place.is_tied()) {
        h.raw(" <span class=\"unit\">tied</span>");
    }
    match book.site.board.leaders.of(limit) {
        Some(leader) if leader.slug == first.slug => {
            if let Some(day) = &leader.since {
                h.leaf("span", &[("class", "unit who")], &format!("record since {day}"));
            }
        }
        Some(leader) => h.leaf("span", &[("class", "unit who")], &format!("the record is {}’s", leader.slug)),
        None => {}
    }
}

/// Who took the records, the latest first.
fn records(book: &Book<'_>, chart: Option<&Html>, h: &mut Html) {
    let leaders = &book.site.board.leaders.leaders;
    if leaders.is_empty() {
        return;
    }
    h.raw("<section aria-labelledby=\"records\">\n");
    heading(h, "records", "Records");
    if let Some(chart) = chart {
        h.append(chart);
    }
    let note = "The latest first. p is how often luck alone would have given as large a lead over the one before.";
    let mut table = Table::new("Records taken.").note(note).dense().headed_by(2).column("Since", Set::Text);
    table = table.column("Class", Set::Text).column("Entry", Set::Text).column("Bits per byte", Set::Number);
    table = table.column("Taken from", Set::Text).column("p", Set::Number);
    for leader in leaders.iter().rev().take(RECORDS_SHOWN) {
        let entry = book.site.board.entries.iter().find(|entry| entry.slug == leader.slug);
        table.row(vec![
            Html::plain(leader.since.as_deref().unwrap_or(NONE)),
            Html::plain(&format::class(leader.class)),
            entry.map_or_else(|| Html::plain(&leader.slug), |entry| entry_link(entry, "")),
            Html::plain(&format::bits(plots::bits(leader))),
            Html::plain(leader.from.as_deref().unwrap_or(NONE)),
            Html::plain(&leader.p.map_or(NONE.into(), |p| format!("{p:.4}"))),
        ]);
    }
    table.write(h);
    h.raw("</section>\n");
}

fn unscored(book: &Book<'_>, h: &mut Html) {
    let ranked = |entry: &Entry| entry.headline().is_some() && entry.bytes().is_some_and(|bytes| bytes <= CLASSES[0]);
    let entries: Vec<&Entry> = book.site.board.entries.iter().filter(|entry| !ranked(entry)).collect();
    if entries.is_empty() {
        return;
    }
    h.raw("<h3 id=\"not-scored\">Not scored</h3>\n<p>These entries have no score yet on the task that decides the rank.</p>\n");
    h.el("ul", &[("class", "plain")], |h| {
        for entry in entries {
            h.el("li", &[], |h| {
                h.append(&entry_link(entry, ""));
                h.text(" · not scored");
            });
        }
    });
}

fn reading(h: &mut Html) {
    h.raw("<section aria-labelledby=\"reading\">\n");
    heading(h, "reading", "How to read this");
    h.raw("<dl class=\"terms\">\n");
    h.raw("<dt>Bits per byte</dt><dd>How many bits it takes to tell the text to somebody who has the model, per byte of text. ");
    h.raw("A model that knows nothing needs 8. Fewer is better, and the figure doesn’t depend on how the text was cut into tokens.</dd>\n");
    h.raw("<dt>Tied</dt><dd>The difference to the best of the tie may be luck: other texts of the same kind could turn it round. ");
    h.raw("A class’s record is taken only by more than that.</dd>\n");
    h.raw("<dt>% right</dt><dd>Share of questions whose right answer the model finds the likeliest. Compare it with chance, the share that a guess gets.</dd>\n");
    h.raw("<dt>Bytes</dt><dd>Size on disk of every file that inference reads. The bar shows the share of the class that is used.</dd>\n");
    h.raw("<dt>Parameters</dt><dd>Trained numbers, counted from the file. A parameter can take less than two bits, so there can be more of them than bytes.</dd>\n");
    h.raw("<dt>Instructions, RAM, flash</dt><dd>What a token takes on a simulated RISC-V microcontroller, and the memory that it needs there: exact counts. ");
    h.raw("Same bits says on how many simulated targets the logits are those of the score, bit for bit. <a href=\"boards.html\">Which boards it fits</a>.</dd>\n");
    h.raw("</dl>\n<p><a href=\"method.html\">How scores are made, and what the words mean</a>.</p>\n</section>\n");
}

fn tasks(book: &Book<'_>, h: &mut Html) {
    h.raw("<section aria-labelledby=\"tasks\">\n");
    heading(h, "tasks", "Tasks");
    if book.tasks.is_empty() {
        h.raw("<p class=\"quiet\">There are no tasks yet.</p>\n");
    } else {
        let mut table = Table::new("What entries are examined on.")
            .dense()
            .column("Task", Set::Text)
            .column("Scored by", Set::Text);
        table = table
            .column("Suite", Set::Text)
            .column("Entries", Set::Number)
            .column("Best", Set::Number)
            .column("by", Set::Text);
        for task in &book.tasks {
            let ranking = book.ranking(task);
            let best = ranking.first();
            table.row(vec![
                task_link(task.id, task.title(), ""),
                Html::plain(if task.less_is_better() { "bits per byte" } else { "share right" }),
                Html::plain(task.definition.map_or(NONE, |task| &task.suite)),
                Html::plain(&ranking.len().to_string()),
                best.map_or(Html::plain(NONE), |(_, score)| Html::plain(&task.figure(score.summary().headline()))),
                best.map_or(Html::plain(NONE), |(entry, _)| entry_link(entry, "")),
            ]);
        }
        table.write(h);
    }
    if !book.site.public.is_empty() {
        h.el("p", &[], |h| {
            h.leaf("a", &[("href", super::public::PATH)], "Published benchmarks");
            h.text(", with what others score on them, have a page of their own.");
        });
    }
    h.raw("</section>\n");
}

fn downloads(h: &mut Html) {
    h.raw("<section aria-labelledby=\"data\">\n");
    heading(h, "data", "Data");
    h.raw("<ul class=\"plain\">\n");
    h.raw(
        "<li><a href=\"leaderboard.csv\">leaderboard.csv</a>: every line of every class, scores to six decimals</li>\n",
    );
    h.raw("<li><a href=\"leaderboard.json\">leaderboard.json</a>: the same with all digits</li>\n");
    h.raw("<li><a href=\"measurements.csv\">measurements.csv</a>: speed, loading time and memory by machine, median and deviation</li>\n");
    h.raw("<li><a href=\"boards.csv\">boards.csv</a>: every entry on every board, counts and estimates</li>\n");
    h.raw("<li><a href=\"energy.csv\">energy.csv</a>: operations, bytes and modelled energy of a token</li>\n");
    h.raw("<li><a href=\"feed.xml\">feed.xml</a>: records and entries as they come, for feed readers</li>\n");
    h.raw("<li><code>badges/</code>, a picture of each entry’s score, and <code>items/</code>, what comparing entries takes, by the entry’s name</li>\n");
    h.raw("</ul>\n</section>\n");
}
