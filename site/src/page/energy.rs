//! `energy.html`: what ternary weights save, by a model.

use super::{NONE, entry_link, heading};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_estimate::energy::{self, ACCESS, Format, HOROWITZ, MAGNITUDE, Savings, savings};
use golf_estimate::{Interval, Workload};
use golf_record::{Entry, IN_PROCESS};

/// Renders it.
pub(crate) fn energy(book: &Book<'_>, files: &mut Files) {
    let page = Page {
        path: "energy.html",
        title: "Energy",
        description: "A model of the energy for a token: ternary weights beside the same shapes in fp16 and fp32.",
        scripts: &[],
    };
    let workloads = &book.site.estimates.workloads;
    let entries: Vec<(&Entry, &Workload)> =
        book.site.board.entries.iter().filter_map(|entry| Some((entry, workloads.get(&entry.slug)?))).collect();
    let main = Html::of(|h| {
        h.raw("<h1>What do ternary weights save?</h1>\n");
        h.raw("<p class=\"lead\">An order of magnitude of energy, it is said. Here the operations and bytes of a token are counted for each entry and for ");
        h.raw("the same shape in floating point, and multiplied by published energies.</p>\n");
        h.leaf("p", &[("class", "notice")], energy::CAVEAT);
        if entries.is_empty() {
            h.raw("<p class=\"quiet\">There is no entry whose operations are counted.</p>\n");
        } else {
            h.raw("<section aria-labelledby=\"savings\">\n");
            heading(h, "savings", "Savings");
            verdict(&entries, h);
            ratios(&entries, h);
            h.raw("</section>\n<section aria-labelledby=\"totals\">\n");
            heading(h, "totals", "Energy for a token");
            totals(&entries, h);
            h.raw("</section>\n");
        }
        method(h);
    });
    files.add(page.path, layout::document(book, page, &main));
}

/// What the table says, in a sentence.
fn verdict(entries: &[(&Entry, &Workload)], h: &mut Html) {
    let all: Vec<Savings> = entries.iter().map(|(_, workload)| savings(&HOROWITZ, workload, Format::Half)).collect();
    let said = |what: &str, of: &dyn Fn(&Savings) -> f64| {
        let seen = all.iter().filter(|savings| of(savings) >= MAGNITUDE).count();
        format!("{what} for {seen} of {}", all.len())
    };
    h.el("p", &[], |h| {
        h.text("Over fp16, a factor of ten is ");
        let parts = [
            said("seen in the arithmetic of the blocks’ matrices", &|savings| savings.matrices),
            said("in all arithmetic", &|savings| savings.arithmetic),
            said("in the whole token on one chip", &|savings| savings.on_chip),
            said("with the weights in DRAM", &|savings| savings.with_dram.low),
        ];
        h.text(&parts.join(", "));
        h.text(" entries. Counted as in the papers that make the claim, with additions of 8 bits and matrices alone, it is a factor of ");
        let (add, multiply) = HOROWITZ.half;
        h.text(&format!("{:.0} for this process, whatever the entry; sums of such additions need more bits, and here they have 32.", (add + multiply) / HOROWITZ.add_8));
    });
}

fn ratios(entries: &[(&Entry, &Workload)], h: &mut Html) {
    let note = "How many times as much the same shape takes in floating point.";
    let mut table = Table::new("Factors.").note(note).column("Entry", Set::Text).column("Against", Set::Text);
    for head in ["Matrices, arithmetic", "All arithmetic", "Whole token, one chip", "Whole token, weights in DRAM"] {
        table = table.column(head, Set::Number);
    }
    for (entry, workload) in entries {
        for format in [Format::Half, Format::Single] {
            let Savings { matrices, arithmetic, on_chip, with_dram } = savings(&HOROWITZ, workload, format);
            let factor =
                |value: f64| Html::of(|h| h.leaf("data", &[("value", &format::exact(value))], &format!("{value:.1}×")));
            table.row(vec![
                entry_link(entry, ""),
                Html::plain(format.name()),
                factor(matrices),
                factor(arithmetic),
                factor(on_chip),
                Html::plain(&format!("{}×", with_dram.number())),
            ]);
        }
    }
    table.write(h);
}

fn totals(entries: &[(&Entry, &Workload)], h: &mut Html) {
    let note = "On an ideal machine, and what the instructions of the simulated RISC-V firmware would take on a simple processor of the same process.";
    let mut table =
        Table::new("Energy for a token.").note(note).column("Entry", Set::Text).column("Numbers", Set::Text);
    for head in
        ["Arithmetic", "Activations", "Weights, SRAM", "Weights, DRAM", "All on one chip", "Firmware on a processor"]
    {
        table = table.column(head, Set::Number);
    }
    let show = |picojoules: f64| Html::plain(&Interval::exactly(picojoules).picojoules());
    for (entry, workload) in entries {
        let processor = entry.simulated(IN_PROCESS).and_then(|figures| energy::on_processor(&HOROWITZ, figures));
        for format in Format::ALL {
            let energy = HOROWITZ.energy(&workload.total(format), format);
            let dram = Interval { low: energy.weights_dram_low, high: energy.weights_dram_high };
            table.row(vec![
                entry_link(entry, ""),
                Html::plain(format.name()),
                show(energy.arithmetic),
                show(energy.state),
                show(energy.weights_sram),
                Html::plain(&dram.picojoules()),
                show(energy.on_chip()),
                match (format, processor) {
                    (Format::Entry, Some(processor)) => show(processor),
                    _ => Html::plain(NONE),
                },
            ]);
        }
    }
    table.write(h);
    h.raw("<p>The operations and bytes behind it are on each entry’s page and in <a href=\"energy.csv\">energy.csv</a>.</p>\n");
}

fn method(h: &mut Html) {
    h.raw("<section aria-labelledby=\"model\">\n");
    heading(h, "model", "The model");
    h.raw("<p>A ternary or binary weight is an addition of 32 bits, zero or not; int8 weights, attention scores and norms are products. Every weight is read ");
    h.raw("once for a token, keys and values once for all the heads that share them, other activations as often as they are used anew. A token sees a full ");
    h.raw("window. In floating point each weight is a product and an addition, and takes two or four bytes.</p>\n");
    let mut table = Table::new("Energies of operations.").note(format!("{}; {}.", HOROWITZ.source, HOROWITZ.name));
    table = table.column("Operation", Set::Text).column("pJ", Set::Number);
    let (half, single, dram) = (HOROWITZ.half, HOROWITZ.single, HOROWITZ.dram);
    let access = |what: &str| format!("{what}, an access of {} bits", 8 * ACCESS);
    let rows = [
        ("addition, 8 bits".to_string(), HOROWITZ.add_8.to_string()),
        ("addition, 32 bits".into(), HOROWITZ.add_32.to_string()),
        ("product, 8 bits".into(), HOROWITZ.multiply_8.to_string()),
        ("product, 32 bits".into(), HOROWITZ.multiply_32.to_string()),
        ("addition and product, fp16".into(), format!("{} + {}", half.0, half.1)),
        ("addition and product, fp32".into(), format!("{} + {}", single.0, single.1)),
        (access("SRAM of 8 KB: tables"), HOROWITZ.sram_small.to_string()),
        (access("SRAM of 1 MB: activations, weights"), HOROWITZ.sram_large.to_string()),
        (
            access("DRAM: weights"),
            format!("{}–{}", format::grouped(dram.low as u64), format::grouped(dram.high as u64)),
        ),
        ("fetching and controlling an instruction".into(), HOROWITZ.instruction.to_string()),
    ];
    for (name, value) in rows {
        table.row(vec![Html::plain(&name), Html::plain(&value)]);
    }
    table.write(h);
    h.raw("</section>\n");
}
