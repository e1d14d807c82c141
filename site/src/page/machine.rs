//! What was measured of an entry, machine by machine.

use super::{NONE, facts, heading};
use crate::format;
use crate::html::Html;
use crate::table::{Set, Table};
use golf_record::{Entry, FailureKind, Measurements, Spread};

/// Speed and memory, then what went wrong.
pub(super) fn sections(entry: &Entry, h: &mut Html) {
    if !entry.measurements.is_empty() {
        h.raw("<section aria-labelledby=\"speed\">\n");
        heading(h, "speed", "Speed and memory");
        for record in &entry.measurements {
            h.leaf("h3", &[], &record.machine.id);
            measurements(record, h);
            machine(entry, record, h);
        }
        h.raw("</section>\n");
    }
    let failures: Vec<_> = entry
        .measurements
        .iter()
        .flat_map(|record| record.failures.iter().map(move |failure| (record, failure)))
        .collect();
    if failures.is_empty() {
        return;
    }
    h.raw("<section aria-labelledby=\"failures\">\n");
    heading(h, "failures", "Failures");
    let mut table = Table::new("What went wrong.").column("Stage", Set::Text).column("Machine", Set::Text);
    table = table.column("How", Set::Text).column("What was said", Set::Text);
    for (record, failure) in failures {
        let kind = match failure.kind {
            FailureKind::Crash => "crash",
            FailureKind::Timeout => "out of time",
            FailureKind::Memory => "out of memory",
        };
        table.row([&failure.stage, &record.machine.id, kind, &failure.message].map(Html::plain).to_vec());
    }
    table.write(h);
    h.raw("</section>\n");
}

fn measurements(record: &Measurements, h: &mut Html) {
    let caption = format!("Measured on {}.", record.machine.id);
    let note = "Median of the samples ± median absolute deviation; rates are those at the median.";
    let mut table = Table::new(caption).note(note).column("Measurement", Set::Text).column("Median", Set::Number);
    table = table
        .column("Samples", Set::Number)
        .column("Tokens per second", Set::Number)
        .column("Bytes per second", Set::Number);
    for measurement in &record.measurements {
        let Some(spread) = Spread::of(&measurement.samples) else { continue };
        let rate = |rate: Option<f64>| Html::plain(&rate.map_or(NONE.into(), format::rate));
        table.row(vec![
            Html::plain(label(&measurement.name)),
            Html::plain(&format::spread(spread, &measurement.unit)),
            Html::plain(&measurement.samples.len().to_string()),
            rate(measurement.tokens_per_second()),
            rate(measurement.bytes_per_second()),
        ]);
    }
    table.write(h);
}

fn label(name: &str) -> &str {
    match name {
        "load" => "Loading",
        "first_token" => "First token",
        "prompt" => "Reading given text",
        "generate" => "Writing",
        "peak_memory" => "Memory at most",
        name => name,
    }
}

fn machine(entry: &Entry, record: &Measurements, h: &mut Html) {
    let machine = &record.machine;
    let mut list = vec![
        ("Processor", Html::plain(&machine.cpu)),
        ("Cores", Html::plain(&machine.cores.to_string())),
        ("Memory", Html::plain(&format::size(machine.memory_bytes as f64))),
        ("System", Html::plain(&machine.system)),
        ("Compiler", Html::plain(&machine.rustc)),
        ("Harness", Html::of(|h| h.leaf("code", &[], &format::digest(&machine.commit)))),
    ];
    if !machine.flags.is_empty() {
        list.push(("Instruction sets", Html::plain(&machine.flags.join(", "))));
    }
    let rate = |amount: u64, samples: &[u64]| {
        Spread::of(samples).filter(|spread| spread.median > 0.0).map(|spread| amount as f64 * 1e9 / spread.median)
    };
    let reads = rate(record.roofline.buffer_bytes, &record.roofline.read_ns);
    let multiplies = rate(record.roofline.dot_products, &record.roofline.dot_ns);
    let tokens = |name| record.get(name).and_then(|measurement| measurement.tokens_per_second());
    let score = entry.score.as_ref().filter(|score| score.artifact.sha256 == record.artifact_sha256);
    if let Some(reads) = reads {
        list.push(("It reads memory at", Html::plain(&format!("{} per second on one core", format::size(reads)))));
        if let (Some(score), Some(tokens)) = (score, tokens("generate")) {
            let share = score.artifact.bytes as f64 * tokens / reads;
            list.push(("Writing: file × tokens", Html::plain(&format!("{} of that", format::percent(share)))));
        }
    }
    if let Some(multiplies) = multiplies {
        list.push((
            "It multiplies and adds",
            Html::plain(&format!("{} 8-bit pairs per second on one core", format::short(multiplies))),
        ));
        if let (Some(score), Some(tokens)) = (score, tokens("prompt")) {
            let share = score.artifact.parameters as f64 * tokens / multiplies;
            list.push(("Reading: parameters × tokens", Html::plain(&format!("{} of that", format::percent(share)))));
        }
    }
    h.el("details", &[], |h| {
        h.leaf("summary", &[], "The machine and its own limits");
        facts(h, &list);
    });
}
