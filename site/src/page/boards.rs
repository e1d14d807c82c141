//! `boards.html`: which entries fit which boards.

use super::{NONE, entry_link, heading, target_link};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_estimate::{Board, CAVEAT, CORES, CPI_STATUS, Cited, fit};
use golf_record::{Entry, TARGETS};
use std::collections::BTreeSet;

/// Renders it.
pub(crate) fn boards(book: &Book<'_>, files: &mut Files) {
    let page = Page {
        path: "boards.html",
        title: "Boards",
        description: "Which entries fit which microcontroller boards, and about how fast a token would be there.",
        scripts: &[],
    };
    let entries: Vec<&Entry> = book.site.board.entries.iter().filter(|entry| !entry.simulations.is_empty()).collect();
    let main = Html::of(|h| {
        h.raw("<h1>Which boards does it fit?</h1>\n");
        h.raw("<p class=\"lead\">The firmware runs entries on simulated microcontrollers and counts every instruction and byte. ");
        h.raw("With a board’s clock and memories that says whether an entry fits, and about how long a token takes.</p>\n");
        h.leaf("p", &[("class", "notice")], CAVEAT);
        h.raw("<section aria-labelledby=\"matrix\">\n");
        heading(h, "matrix", "Entries by board");
        if entries.is_empty() || book.site.estimates.boards.is_empty() {
            h.raw("<p class=\"quiet\">Nothing has been simulated yet: <code>cargo golf simulate</code> does it.</p>\n");
        } else {
            matrix(book, &entries, h);
        }
        missing(book, &entries, h);
        h.raw("</section>\n");
        h.raw("<section aria-labelledby=\"boards\">\n");
        heading(h, "boards", "The boards");
        h.raw("<p>Every figure has its source; one without a source is left out. A board is a file in <code>harness/boards/</code>.</p>\n");
        list(book, h);
        for board in &book.site.estimates.boards {
            sources(board, h);
        }
        h.raw("</section>\n");
        cores(book, h);
    });
    files.add(page.path, layout::document(book, page, &main));
}

/// Boards down, entries across.
fn matrix(book: &Book<'_>, entries: &[&Entry], h: &mut Html) {
    let note = "Time for a token on one core, if model and memory have room, and where the model lies then.";
    let mut table = Table::new("Which entries fit.").note(note).column("Board", Set::Text).column("Core", Set::Text);
    for entry in entries {
        table = table.column_of(entry_link(entry, ""), Set::Text);
    }
    for board in &book.site.estimates.boards {
        let mut cells = vec![board_link(board), Html::plain(board.cores[0].name)];
        cells.extend(entries.iter().map(|entry| match fit(board, &entry.simulations) {
            None => Html::plain(NONE),
            Some(fit) => Html::of(|h| {
                match fit.estimate() {
                    Some(_) => h.leaf("b", &[], &fit.summary()),
                    None => h.leaf("span", &[("class", "quiet")], &fit.summary()),
                }
                if let (Some(memory), true) = (fit.flash.memory(), fit.has_room()) {
                    h.raw("<br>");
                    let core = if fit.core == board.cores[0] { String::new() } else { format!(", {}", fit.core.name) };
                    h.leaf("span", &[("class", "unit")], &format!("in {}{core}", memory.name));
                }
            }),
        }));
        table.row(cells);
    }
    table.write(h);
}

fn missing(book: &Book<'_>, entries: &[&Entry], h: &mut Html) {
    let counted: BTreeSet<&str> = entries
        .iter()
        .flat_map(|entry| entry.simulations.iter().map(|simulation| simulation.target.as_str()))
        .collect();
    let wanted = book.site.estimates.boards.iter().flat_map(|board| board.cores.iter().filter_map(|core| core.target));
    let missing: BTreeSet<&str> = wanted.filter(|target| !counted.contains(target)).collect();
    if missing.is_empty() {
        return;
    }
    h.el("p", &[], |h| {
        h.text("Not counted on ");
        h.text(&missing.into_iter().collect::<Vec<_>>().join(", "));
        h.raw(" yet: <code>cargo golf simulate</code> counts there where QEMU is installed, and <code>cargo golf doctor</code> says how to get it. ");
        h.text("Whether an entry has room is told by the needs found on another target, which differ by a few kilobytes of code and stack.");
    });
}

fn board_link(board: &Board) -> Html {
    Html::of(|h| h.leaf("a", &[("href", &format!("boards.html#{}", board.slug))], &board.name))
}

fn list(book: &Book<'_>, h: &mut Html) {
    let mut table = Table::new("What they have.").note("Bytes are binary multiples here, as makers print them.");
    for (head, set) in
        [("Board", Set::Text), ("Chip", Set::Text), ("Core", Set::Text), ("MHz", Set::Number), ("Memories", Set::Text)]
    {
        table = table.column(head, set);
    }
    table = table.column("Power", Set::Number);
    for board in &book.site.estimates.boards {
        let cores: Vec<&str> = board.cores.iter().map(|core| core.name).collect();
        let memories: Vec<String> =
            board.memories.iter().map(|memory| format!("{} {}", binary(memory.bytes.value), memory.name)).collect();
        let power = board.active_power.as_ref();
        table.row(vec![
            board_link(board),
            Html::plain(&board.chip),
            Html::plain(&cores.join(" or ")),
            Html::plain(&(board.clock.value / 1_000_000).to_string()),
            Html::plain(&memories.join(", ")),
            Html::plain(&power.map_or(NONE.into(), |power| format!("{}\u{a0}mW", format::grouped(power.value)))),
        ]);
    }
    table.write(h);
}

/// As makers print sizes.
fn binary(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{}\u{a0}MB", bytes >> 20) } else { format!("{}\u{a0}KB", bytes >> 10) }
}

/// A board's figures one by one, folded up.
fn sources(board: &Board, h: &mut Html) {
    fn cited<T>(board: &Board, figure: &str, cited: &Cited<T>) -> Html {
        let source = &board.sources[&cited.source];
        Html::of(|h| {
            h.text(figure);
            if !cited.note.is_empty() {
                h.text(&format!(" ({})", cited.note));
            }
            h.raw("<br>");
            h.el("span", &[("class", "unit")], |h| {
                h.leaf("a", &[("href", &source.url), ("rel", "nofollow noopener noreferrer")], &source.title);
                h.text(&format!(", read on {}", source.date));
            });
        })
    }
    h.el("details", &[("id", &board.slug)], |h| {
        h.leaf("summary", &[], &format!("{}: figures and sources", board.name));
        h.el("dl", &[("class", "facts")], |h| {
            let mut fact = |name: &str, value: Html| {
                h.el("div", &[], |h| {
                    h.leaf("dt", &[], name);
                    h.el("dd", &[], |h| h.append(&value));
                });
            };
            fact("Clock", cited(board, &format!("{} MHz", board.clock.value / 1_000_000), &board.clock));
            for memory in &board.memories {
                fact(
                    &memory.name,
                    cited(board, &format!("{} bytes", format::grouped(memory.bytes.value)), &memory.bytes),
                );
                if let Some(bandwidth) = &memory.bandwidth {
                    let end = |end: Option<u64>| end.map_or(NONE.into(), |end| format::size(end as f64));
                    let figure = format!("{} to {} per second", end(bandwidth.value.low), end(bandwidth.value.high));
                    fact("read at", cited(board, &figure, bandwidth));
                }
            }
            match &board.active_power {
                Some(power) => fact("Power", cited(board, &format!("{} mW", format::grouped(power.value)), power)),
                None => fact("Power", Html::plain("no source, so left out")),
            }
        });
    });
}

fn cores(book: &Book<'_>, h: &mut Html) {
    h.raw("<section aria-labelledby=\"cores\">\n");
    heading(h, "cores", "Cores");
    h.el("p", &[], |h| {
        h.text(&format!("Cycles per instruction are {CPI_STATUS}. A core that no firmware is built for has none."))
    });
    let mut table = Table::new("Cycles per instruction.").column("Core", Set::Text).column("Counted on", Set::Text);
    table = table.column("Cycles per instruction", Set::Number);
    let has_page = |target: &str| super::target::is_shown(book, target);
    for core in &CORES {
        let target = match core.target {
            Some(target) if TARGETS.contains(&target) && has_page(target) => target_link(target, ""),
            Some(target) => Html::plain(target),
            None => Html::plain(NONE),
        };
        let cpi = core.cpi.map_or(NONE.into(), |cpi| format!("{:.1}–{:.1}", cpi.low, cpi.high));
        table.row(vec![Html::plain(core.name), target, Html::plain(&cpi)]);
    }
    table.write(h);
    h.raw("</section>\n");
}
