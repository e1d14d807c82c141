//! `targets/<target>.html`: what was counted on a simulated target.

use super::embedded::{count, failure};
use super::{NONE, entry_link, heading};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_estimate::CORES;
use golf_record::{Entry, Simulation, TARGETS};

/// Entries that have a record of the target, by rank.
fn on<'a>(book: &Book<'a>, target: &str) -> Vec<(&'a Entry, &'a Simulation)> {
    let entries = book.site.board.entries.iter();
    entries
        .filter_map(|entry| Some((entry, entry.simulations.iter().find(|simulation| simulation.target == target)?)))
        .collect()
}

/// Whether there is a page for it.
pub(super) fn is_shown(book: &Book<'_>, target: &str) -> bool {
    !on(book, target).is_empty()
}

/// Renders a page for each target that anything was counted on.
pub(crate) fn targets(book: &Book<'_>, files: &mut Files) {
    for target in TARGETS.into_iter().filter(|target| is_shown(book, target)) {
        page(book, target, files);
    }
}

fn page(book: &Book<'_>, target: &str, files: &mut Files) {
    let path = format!("targets/{target}.html");
    let description = format!("What entries take on a simulated {target}: instructions, RAM, flash.");
    let page = Page { path: &path, title: target, description: &description, scripts: &[] };
    let found = on(book, target);
    let main = Html::of(|h| {
        h.raw("<p class=\"trail\"><a href=\"../boards.html\">Boards</a></p>\n");
        h.leaf("h1", &[], &format!("On {target}"));
        h.el("p", &[("class", "lead")], |h| {
            let cores: Vec<&str> =
                CORES.iter().filter(|core| core.target == Some(target)).map(|core| core.name).collect();
            h.text("The same firmware for every entry, on a simulated microcontroller. ");
            h.text(&format!(
                "Its counts stand for {}. They are exact and repeat; they depend on the compiler.",
                cores.join(", ")
            ));
        });
        h.raw("<section aria-labelledby=\"counts\">\n");
        heading(h, "counts", "Counts");
        counts(&found, h);
        h.raw("</section>\n");
        if found.iter().any(|(_, simulation)| simulation.figures.as_ref().is_some_and(|figures| figures.mix.is_some()))
        {
            h.raw("<section aria-labelledby=\"mix\">\n");
            heading(h, "mix", "What the instructions are");
            mix(&found, h);
            h.raw("</section>\n");
        }
    });
    files.add(path.as_str(), layout::document(book, page, &main));
}

fn counts(found: &[(&Entry, &Simulation)], h: &mut Html) {
    let note = "Instructions for a token of a prompt and for one that is written; bytes at the peak. Same bits: the digest of the logits is the score’s.";
    let mut table = Table::new("Entries on this target.").note(note).column("Entry", Set::Text);
    for head in ["Prompt", "Writing", "RAM", "of which stack", "Flash", "of which model"] {
        table = table.column(head, Set::Number);
    }
    table = table.column("Same bits", Set::Text).column("Digest", Set::Text).column("Simulator", Set::Text);
    for (entry, simulation) in found {
        let figures = simulation.figures.as_ref();
        let same = match failure(simulation) {
            Some(message) => format!("failed: {message}"),
            None if entry.identical().contains(&simulation.target.as_str()) => "yes".into(),
            None => NONE.into(),
        };
        table.row(vec![
            entry_link(entry, "../"),
            count(figures.and_then(|figures| figures.prompt.per_token())),
            count(figures.and_then(|figures| figures.instructions_per_token())),
            count(figures.map(|figures| figures.ram_bytes())),
            count(figures.map(|figures| figures.ram.stack_bytes)),
            count(figures.map(|figures| figures.flash_bytes())),
            count(figures.map(|figures| figures.flash.image_bytes)),
            Html::plain(&same),
            Html::of(|h| {
                h.leaf("code", &[], &figures.map_or(NONE.into(), |figures| format::digest(&figures.probe.sha256)))
            }),
            Html::plain(&format!("{} {}", simulation.simulator.name, simulation.simulator.version)),
        ]);
    }
    table.write(h);
}

/// For one written token.
fn mix(found: &[(&Entry, &Simulation)], h: &mut Html) {
    let note = "For one token that is written. What isn’t listed is additions, logic, shifts and moves.";
    let mut table = Table::new("Instructions by kind.").note(note).dense().column("Entry", Set::Text);
    for head in [
        "All",
        "Loads of the model",
        "Loads from RAM",
        "Loads of constants",
        "Stores",
        "Products",
        "Divisions",
        "Branches",
        "taken",
        "Jumps",
    ] {
        table = table.column(head, Set::Number);
    }
    for (entry, simulation) in found {
        let Some((figures, mix)) = simulation.figures.as_ref().and_then(|figures| Some((figures, figures.mix?))) else {
            continue;
        };
        let tokens = figures.generation.tokens;
        let counts = [
            figures.generation.instructions,
            mix.image_loads.count,
            mix.ram_loads.count,
            mix.constant_loads.count,
            mix.ram_stores.count,
            mix.multiplies,
            mix.divides,
            mix.branches,
            mix.taken,
            mix.jumps,
        ];
        let per_token = counts.map(|value| count((value + tokens / 2).checked_div(tokens)));
        table.row([entry_link(entry, "../")].into_iter().chain(per_token).collect());
    }
    table.write(h);
}
