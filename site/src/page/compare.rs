//! `compare.html`: any two or three entries against each other, and what the script needs for it.

use super::{entry_link, heading, name};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::budget::CLASSES;
use golf_record::compare::{Comparison, LEVEL, Published, RESAMPLES, Verdict};
use golf_record::{Entry, HEADLINE, to_json};

/// The page's place.
pub(super) const PATH: &str = "compare.html";
/// Most neighbours that are compared without a script.
const NEIGHBOURS: usize = 40;

/// Renders it, and the items of every entry.
pub(crate) fn compare(book: &Book<'_>, files: &mut Files) {
    let entries: Vec<&Entry> = book.site.board.entries.iter().filter(|entry| entry.score.is_some()).collect();
    for score in entries.iter().filter_map(|entry| entry.score.as_ref()) {
        files.add(
            format!("items/{}.js", score.slug),
            format!("golfItems({});\n", to_json(&Published::of(score)).trim_end()),
        );
    }
    let page = Page {
        path: PATH,
        title: "Compare",
        description: "Entries against each other, task by task: which differences are more than luck?",
        scripts: &["compare.js", "compare-page.js"],
    };
    let main = Html::of(|h| {
        h.raw("<h1>Which differences are more than luck?</h1>\n");
        h.raw("<p class=\"lead\">Two entries are compared item by item: what is hard for both doesn’t blur the difference.</p>\n");
        if entries.len() > 1 {
            h.raw("<section aria-labelledby=\"pair\">\n");
            heading(h, "pair", "Two or three of your choice");
            h.raw("<div class=\"tools compare\"></div>\n<div id=\"compared\">\n<p class=\"quiet\">This takes a script. Without one, ");
            h.raw("<code>cargo golf compare A B</code> prints the same figures.</p>\n</div>\n");
            lists(book, &entries, h);
            h.raw("</section>\n");
        }
        h.raw("<section aria-labelledby=\"neighbours\">\n");
        heading(h, "neighbours", "Neighbours in the ranking");
        neighbours(book, h);
        h.raw("</section>\n");
        method(h);
    });
    files.add(page.path, layout::document(book, page, &main));
}

/// What there is to choose from.
fn lists(book: &Book<'_>, entries: &[&Entry], h: &mut Html) {
    h.el("details", &[], |h| {
        h.leaf("summary", &[], "Entries and tasks that can be compared");
        h.el("ul", &[("class", "plain"), ("id", "comparable")], |h| {
            for entry in entries {
                h.el("li", &[("data-entry", &entry.slug)], |h| h.append(&entry_link(entry, "")));
            }
        });
        h.el("ul", &[("class", "plain"), ("id", "tasks")], |h| {
            for task in book.scored_tasks() {
                h.el("li", &[("data-task", task.id)], |h| h.append(&super::task_link(task.id, task.title(), "")));
            }
        });
    });
}

/// Each entry against the next, on the headline task.
fn neighbours(book: &Book<'_>, h: &mut Html) {
    let ranked: Vec<&Entry> = book.site.board.class(CLASSES[0]).take(NEIGHBOURS + 1).collect();
    let note = "Bits per byte of prose. The interval is of the difference; where it holds zero, the two are tied.";
    let mut table = Table::new("Each entry against the next.").note(note).dense().column("Entry", Set::Text);
    table = table.column("The next", Set::Text);
    for head in ["Difference", "95 % interval", "p"] {
        table = table.column(head, Set::Number);
    }
    table = table.column("Better", Set::Text);
    for pair in ranked.windows(2) {
        let (Some(a), Some(b)) = (&pair[0].score, &pair[1].score) else { continue };
        let mut cells = vec![entry_link(pair[0], ""), entry_link(pair[1], "")];
        match Comparison::of(a, b, HEADLINE) {
            Ok(found) => {
                cells.push(Html::plain(&format::signed(found.difference)));
                cells.push(Html::plain(&format!("{} to {}", format::signed(found.low), format::signed(found.high))));
                cells.push(Html::plain(&format!("{:.4}", found.p)));
                cells.push(Html::plain(match found.verdict() {
                    Verdict::First => name(pair[0]),
                    Verdict::Second => name(pair[1]),
                    Verdict::Tied => "tied",
                }));
            }
            Err(why) => {
                cells.extend((0..3).map(|_| Html::plain(super::NONE)));
                cells.push(Html::plain(&why.to_string()));
            }
        }
        table.row(cells);
    }
    if ranked.len() < 2 {
        h.raw("<p class=\"quiet\">There are no two entries to compare yet.</p>\n");
    } else {
        table.write(h);
    }
}

fn method(h: &mut Html) {
    h.raw("<section aria-labelledby=\"how\">\n");
    heading(h, "how", "How it is told");
    h.el("p", &[], |h| {
        h.text("The items are a sample of all that a task could have asked. A bootstrap draws them again, with replacement, ");
        h.text(&format!("{} times, and takes the difference of the scores each time. ", format::grouped(RESAMPLES as u64)));
        h.text("Items that both entries had are drawn for both at once; fresh ones, which each has its own of, are drawn for each. ");
        h.text("p is how often luck alone would give as large a difference, two-sided; ");
        h.text(&format!("up to {LEVEL} it counts as more than luck. "));
        h.text("A true difference of the size under “detectable” would be found four times in five. ");
        h.text("The random numbers are the same everywhere, and so are the figures, here and on the command line.");
    });
    h.raw("</section>\n");
}
