//! What microcontrollers make of an entry: exact counts, boards and energy. Parts of the entry's page.

use super::{NONE, data, heading, plots, target_link};
use crate::SiteError;
use crate::book::Book;
use crate::chart::{Bar, Bars, Words};
use crate::format;
use crate::html::Html;
use crate::output::Files;
use crate::table::{Set, Table};
use golf_estimate::energy::{self, Energy, Format, HOROWITZ, PARTS};
use golf_estimate::{CAVEAT, Interval, Placement, Workload, fits};
use golf_record::{Entry, Simulation};

/// Targets, boards and energy, as far as there is anything to show.
pub(super) fn sections(book: &Book<'_>, entry: &Entry, files: &mut Files) -> Result<Html, SiteError> {
    let workload = book.site.estimates.workloads.get(&entry.slug);
    let energy = workload.map(|workload| energy(entry, workload, files)).transpose()?;
    Ok(Html::of(|h| {
        if !entry.simulations.is_empty() {
            h.raw("<section aria-labelledby=\"microcontrollers\">\n");
            heading(h, "microcontrollers", "On microcontrollers");
            identical(entry, h);
            targets(entry, h);
            boards(book, entry, h);
            h.raw("</section>\n");
        }
        if let Some(energy) = energy {
            h.append(&energy);
        }
    }))
}

/// Where the logits are the same, bit for bit.
fn identical(entry: &Entry, h: &mut Html) {
    let Some(score) = &entry.score else { return };
    let targets = entry.identical();
    if targets.is_empty() {
        return;
    }
    h.el("p", &[], |h| {
        let count = targets.len();
        h.text(&format!("Bit-identical on {count} simulated {}: ", if count == 1 { "target" } else { "targets" }));
        for (index, target) in targets.iter().enumerate() {
            h.text(if index == 0 { "" } else { ", " });
            h.append(&target_link(target, "../"));
        }
        h.text(&format!(" and the machines that scored it. The digest of {} logit vectors is ", score.probe.tokens));
        h.leaf("code", &[("class", "digest")], &score.probe.sha256);
        h.raw(".</p>\n<p>");
        h.text("A token is one that the model writes: predicted, picked and taken in.");
    });
}

/// A count, with its digits in the source.
pub(super) fn count(value: Option<u64>) -> Html {
    value.map_or(Html::plain(NONE), |value| data(&value.to_string(), &format::grouped(value)))
}

/// What failed, if anything.
pub(super) fn failure(simulation: &Simulation) -> Option<&str> {
    simulation.failures.first().map(|failure| failure.message.as_str())
}

fn targets(entry: &Entry, h: &mut Html) {
    let mut table = Table::new("Counted on simulated targets.")
        .note("Instructions for a token of a prompt and for one that is written; bytes at the peak.")
        .column("Target", Set::Text)
        .column("Same bits", Set::Text)
        .column("Prompt", Set::Number)
        .column("Writing", Set::Number)
        .column("RAM", Set::Number)
        .column("Flash", Set::Number)
        .column("Simulator", Set::Text);
    for simulation in &entry.simulations {
        let figures = simulation.figures.as_ref();
        let same = match failure(simulation) {
            Some(message) => format!("failed: {message}"),
            None if entry.identical().contains(&simulation.target.as_str()) => "yes".into(),
            None => NONE.into(),
        };
        table.row(vec![
            target_link(&simulation.target, "../"),
            Html::plain(&same),
            count(figures.and_then(|figures| figures.prompt.per_token())),
            count(figures.and_then(|figures| figures.instructions_per_token())),
            count(figures.map(|figures| figures.ram_bytes())),
            count(figures.map(|figures| figures.flash_bytes())),
            Html::plain(&format!("{} {}", simulation.simulator.name, simulation.simulator.version)),
        ]);
    }
    table.write(h);
}

fn boards(book: &Book<'_>, entry: &Entry, h: &mut Html) {
    let mut table = Table::new("Boards.").note(CAVEAT).dense();
    for (head, set) in [("Board", Set::Text), ("Core", Set::Text), ("Model in", Set::Text), ("RAM in", Set::Text)] {
        table = table.column(head, set);
    }
    table = table.column("A token takes", Set::Number).column("Energy", Set::Number).column("Not below", Set::Number);
    let mut lines = 0;
    for board in &book.site.estimates.boards {
        for fit in fits(board, &entry.simulations) {
            let estimate = fit.estimate();
            let room = |room: Placement<'_>| match room {
                Placement::In(memory) => Html::plain(&memory.name),
                Placement::Short(bytes) => Html::of(|h| {
                    h.leaf("span", &[("class", "quiet")], &format!("{} short", golf_estimate::size(bytes)));
                }),
            };
            let show = |text: Option<String>| Html::plain(&text.unwrap_or_else(|| NONE.into()));
            let time = match (estimate, fit.has_room()) {
                (Some(estimate), _) => Html::plain(&estimate.seconds.seconds()),
                (None, true) => Html::of(|h| h.leaf("span", &[("class", "quiet")], "not counted")),
                (None, false) => Html::plain(NONE),
            };
            let floor = estimate.and_then(|estimate| estimate.floor_seconds).map(Interval::exactly);
            lines += 1;
            table.row(vec![
                Html::of(|h| h.leaf("a", &[("href", &format!("../boards.html#{}", board.slug))], &board.name)),
                Html::plain(fit.core.name),
                room(fit.flash),
                room(fit.ram),
                time,
                show(estimate.and_then(|estimate| Some(estimate.millijoules?.millijoules()))),
                show(floor.map(|floor| floor.seconds())),
            ]);
        }
    }
    if lines > 0 {
        table.write(h);
    }
}

/// What the entry's own shape would take in other numbers.
fn energy(entry: &Entry, workload: &Workload, files: &mut Files) -> Result<Html, SiteError> {
    let of = |format: Format| HOROWITZ.energy(&workload.total(format), format);
    let bar = |format: Format| {
        let energy = of(format);
        Bar {
            label: format.name().into(),
            segments: [energy.weights_sram, energy.state, energy.arithmetic],
            sum: Interval::exactly(energy.on_chip()).picojoules(),
        }
    };
    let chart = Bars { names: ["weights", "activations", "arithmetic"], bars: Format::ALL.map(bar).to_vec() };
    let mut table =
        Table::new("Energy for a token, by part.").note("Weights and activations from SRAM of 1 MB.").dense();
    table = table.column("Part", Set::Text).column("Numbers", Set::Text);
    for head in
        ["Additions", "Products of 8 bits", "Other products", "Look-ups", "Bytes of weights", "Bytes of activations"]
    {
        table = table.column(head, Set::Number);
    }
    table = table.column("Arithmetic", Set::Number).column("Memory", Set::Number);
    let show = |picojoules: f64| Html::plain(&Interval::exactly(picojoules).picojoules());
    for (index, name) in PARTS.iter().enumerate() {
        for format in Format::ALL {
            let part = workload.parts[format as usize][index];
            let Energy { arithmetic, state, weights_sram, .. } = HOROWITZ.energy(&part, format);
            let counts = [
                part.additions,
                part.byte_multiplications,
                part.multiplications,
                part.lookups,
                part.weight_bytes,
                part.state_bytes,
            ];
            let mut cells = vec![Html::plain(name), Html::plain(format.name())];
            cells.extend(counts.map(|value| count(Some(value))));
            cells.extend([show(arithmetic), show(state + weights_sram)]);
            table.row(cells);
        }
    }
    let description = format!(
        "A token that sees a full window of {} tokens, everything in SRAM of 1 MB, {}. The same shape in floating point stands beside it.",
        workload.window, HOROWITZ.name
    );
    let name = format!("{}.energy", entry.slug);
    let words = Words { name: &name, title: "Energy for a token, modelled", description: &description };
    let figure = plots::figure(&chart, words, &table, "../", files)?;
    Ok(Html::of(|h| {
        h.raw("<section aria-labelledby=\"energy\">\n");
        heading(h, "energy", "Energy, modelled");
        h.leaf("p", &[], energy::CAVEAT);
        h.append(&figure);
        h.raw("<p>");
        h.leaf("a", &[("href", "../energy.html")], "What ternary weights save");
        h.raw("</p>\n</section>\n");
    }))
}
