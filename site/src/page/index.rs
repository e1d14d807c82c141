//! `index.html`: the leaderboard.

use super::embedded::count;
use super::{NONE, bar, data, entry_link, heading, parameters, plots, task_link};
use crate::SiteError;
use crate::book::{Book, figure};
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::{Entry, HEADLINE, IN_PROCESS, Place};

/// Renders it.
pub(crate) fn index(book: &Book<'_>, files: &mut Files) -> Result<(), SiteError> {
    let page = Page {
        path: "index.html",
        title: "Leaderboard",
        description: "How good a language model fits in 16,000,000 bytes: entries, scores and charts.",
    };
    let charts = plots::of_board(book, files)?;
    let main = Html::of(|h| {
        h.raw("<h1>How good a language model fits in 16,000,000 bytes?</h1>\n");
        h.raw("<p class=\"lead\">An entry is a file that holds a whole language model: weights, tokenizer, everything that inference reads. ");
        h.raw("The harness runs each one on the same texts in integer arithmetic, so its scores are the same numbers on every machine.</p>\n");
        leaders(book, h);
        if let Some(size) = &charts.size {
            h.append(size);
        }
        h.raw("<section aria-labelledby=\"board\">\n");
        heading(h, "board", "Leaderboard");
        h.raw("<p>Ranked by bits per byte on prose written for this purpose: fewer is better. An entry is ranked in every class that it fits.</p>\n");
        for limit in CLASSES {
            class(book, limit, h);
        }
        unscored(book, h);
        h.raw("</section>\n");
        if !charts.others.is_empty() {
            h.raw("<section aria-labelledby=\"charts\">\n");
            heading(h, "charts", "Speed and knowledge");
            charts.others.iter().for_each(|chart| h.append(chart));
            h.raw("</section>\n");
        }
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
                        &[("href", &format!("#class-{limit}"))],
                        &format!("Best within {}", format::class(limit)),
                    );
                });
                h.el("dd", &[], |h| match book.site.board.class(limit).next() {
                    Some(entry) => {
                        let bits = entry.headline().unwrap_or_default();
                        h.leaf("span", &[("class", "figure")], &format::bits(bits));
                        h.raw(" <span class=\"unit\">bits per byte</span> ");
                        h.el("span", &[("class", "who")], |h| h.append(&entry_link(entry, "")));
                    }
                    None => h.raw("<span class=\"figure\">–</span> <span class=\"unit\">no entry yet</span>"),
                });
            });
        }
    });
}

fn class(book: &Book<'_>, limit: u64, h: &mut Html) {
    h.leaf("h3", &[("id", &format!("class-{limit}"))], &format::class(limit));
    let (places, entries): (Vec<Place>, Vec<&Entry>) = book.site.board.ranking(limit).unzip();
    if entries.is_empty() {
        h.el("p", &[("class", "quiet")], |h| {
            h.text(&format!("No entry of at most {} bytes has been scored yet.", format::grouped(limit)));
        });
        return;
    }
    let (caption, note) =
        (format!("Entries of at most {} bytes.", format::grouped(limit)), "The best figure of each column is bold.");
    let mut table =
        Table::new(caption).note(note).dense().headed_by(1).column("Rank", Set::Number).column("Entry", Set::Text);
    let tasks: Vec<_> = book.scored_tasks().collect();
    let (headline, others): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| task.id == HEADLINE);
    let head = |task: &crate::book::Task<'_>| {
        Html::of(|h| {
            h.append(&task_link(task.id, task.title(), ""));
            h.raw("<br>");
            h.leaf("span", &[("class", "unit")], task.unit());
        })
    };
    for task in &headline {
        table = table.column_of(head(task), Set::Number);
    }
    table = table.column("Bytes", Set::Number).column("Parameters", Set::Number);
    for task in &others {
        table = table.column_of(head(task), Set::Number);
    }
    for head in SIMULATED {
        table = table.column_of(head_of(head), Set::Number);
    }
    table = table.column("Licence", Set::Text).column("Engine", Set::Text);

    let best = |task: &crate::book::Task<'_>| {
        let values = entries.iter().filter_map(|entry| Some(entry.summary(task.id)?.headline()));
        values.min_by(|a, b| if task.less_is_better() { a.total_cmp(b) } else { b.total_cmp(a) })
    };
    let cell = |entry: &Entry, task: &crate::book::Task<'_>| match entry.summary(task.id) {
        None => Html::plain(NONE),
        Some(summary) if best(task) == Some(summary.headline()) => {
            Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, summary))))
        }
        Some(summary) => figure(task, summary),
    };
    for (place, entry) in places.iter().zip(&entries) {
        let Some(score) = &entry.score else { continue };
        let bytes = score.artifact.bytes;
        let mut cells = vec![Html::plain(&place.to_string()), linked(entry)];
        cells.extend(headline.iter().map(|task| cell(entry, task)));
        cells.push(Html::of(|h| {
            h.append(&data(&bytes.to_string(), &format::grouped(bytes)));
            h.append(&bar(bytes as f64 / limit as f64, None));
        }));
        cells.push(parameters(score.artifact.parameters));
        cells.extend(others.iter().map(|task| cell(entry, task)));
        cells.extend(simulated(entry));
        cells.push(Html::plain(&entry.manifest.license));
        cells.push(Html::plain(&format!("{} {}", score.engine.name, score.engine.version)));
        table.row(cells);
    }
    table.write(h);
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

/// Heads of what is counted on a simulated RISC-V microcontroller, with their units.
const SIMULATED: [(&str, &str); 4] =
    [("Instructions", "per token"), ("RAM", "bytes"), ("Flash", "bytes"), ("Same bits on", "targets")];

fn head_of((name, unit): (&str, &str)) -> Html {
    Html::of(|h| {
        h.text(name);
        h.raw("<br>");
        h.leaf("span", &[("class", "unit")], unit);
    })
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
    h.raw("</ul>\n</section>\n");
}
