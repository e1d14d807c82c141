//! An entry's page: where its bytes go, what it writes, and what it scored before.

use super::{NONE, bar, heading};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::table::{Set, Table};
use golf_record::{Contained, Contents, Entry, Past, Samples, Score};
use std::collections::BTreeMap;

/// Where the artifact's bytes go: by kind of tensor and codec, and tensor by tensor.
pub(super) fn contents(entry: &Entry, score: &Score, h: &mut Html) {
    let Some(contents) = entry.portrait.contents.as_ref().filter(|contents| !contents.parts.is_empty()) else { return };
    h.raw("<h3 id=\"bytes\">Where its bytes go</h3>\n");
    let file = score.artifact.bytes;
    let mut kinds: BTreeMap<(String, &str), [u64; 3]> = BTreeMap::new();
    for part in &contents.parts {
        let sums = kinds.entry((kind(&part.name), part.codec.as_deref().unwrap_or(NONE))).or_default();
        for (sum, value) in sums.iter_mut().zip([part.weights, part.bytes, part.scale_bytes]) {
            *sum += value;
        }
    }
    let mut rows: Vec<(String, &str, [u64; 3])> =
        kinds.into_iter().map(|((kind, codec), sums)| (kind, codec, sums)).collect();
    rows.push(("header".into(), NONE, [0, contents.header_bytes(file), 0]));
    rows.sort_by_key(|(.., [_, bytes, scales])| std::cmp::Reverse(bytes + scales));
    let note = if contents.coded {
        "All tensors are in one entropy-coded stream."
    } else {
        "Each tensor is stored by itself."
    };
    let mut table = Table::new("Bytes by kind of tensor.").note(note).column("Tensors", Set::Text);
    table = table.column("Codec", Set::Text).column("Bytes", Set::Number).column("As a bar", Set::Text);
    for head in ["% of the file", "of which scales", "Weights", "Bits per weight"] {
        table = table.column(head, Set::Number);
    }
    for (kind, codec, [weights, bytes, scales]) in &rows {
        let share = (bytes + scales) as f64 / file.max(1) as f64;
        table.row(vec![
            Html::plain(kind),
            Html::plain(codec),
            Html::plain(&format::grouped(bytes + scales)),
            bar(share, None),
            Html::plain(&format!("{:.1}", share * 100.0)),
            Html::plain(&format::grouped(*scales)),
            Html::plain(&if *weights > 0 { format::grouped(*weights) } else { NONE.into() }),
            per_weight(bytes + scales, *weights),
        ]);
    }
    h.el("div", &[("class", "groups bytes")], |h| table.write(h));
    tensors(contents, h);
}

fn tensors(contents: &Contents, h: &mut Html) {
    let mut table = Table::new("Tensor by tensor.").dense().column("Tensor", Set::Text).column("Codec", Set::Text);
    for head in ["Weights", "Bytes", "Scales, bytes", "Bits per weight"] {
        table = table.column(head, Set::Number);
    }
    for part in &contents.parts {
        let Contained { name, codec, weights, bytes, scale_bytes } = part;
        table.row(vec![
            Html::plain(name),
            Html::plain(codec.as_deref().unwrap_or(NONE)),
            Html::plain(&format::grouped(*weights)),
            Html::plain(&format::grouped(*bytes)),
            Html::plain(&format::grouped(*scale_bytes)),
            per_weight(bytes + scale_bytes, *weights),
        ]);
    }
    h.el("details", &[], |h| {
        h.leaf("summary", &[], "Tensor by tensor");
        table.write(h);
    });
}

fn per_weight(bytes: u64, weights: u64) -> Html {
    Html::plain(&if weights > 0 { format!("{:.3}", bytes as f64 * 8.0 / weights as f64) } else { NONE.into() })
}

/// A tensor's name without the number of its block.
fn kind(name: &str) -> String {
    let is_name = |part: &&str| !part.chars().all(|letter| letter.is_ascii_digit());
    name.split('.').filter(is_name).filter(|part| *part != "blocks").collect::<Vec<_>>().join(".")
}

/// What it writes.
pub(super) fn samples(entry: &Entry, h: &mut Html) {
    let Some(Samples { draw, samples, .. }) = &entry.portrait.samples else { return };
    h.raw("<section aria-labelledby=\"samples\">\n");
    heading(h, "samples", "What it writes");
    h.el("p", &[], |h| {
        h.text(&format!(
            "{} tokens after each prompt, at temperature {} from the {} likeliest, seed {}: the same on every machine, and not picked. ",
            draw.tokens, draw.temperature, draw.top_k, draw.seed
        ));
        h.text("The prompt is bold.");
    });
    for sample in samples {
        h.el("blockquote", &[("class", "sample")], |h| {
            h.leaf("b", &[], &sample.prompt);
            h.text(&sample.text);
        });
    }
    h.raw("</section>\n");
}

/// What it scored, and since when.
pub(super) fn history(book: &Book<'_>, entry: &Entry, h: &mut Html) {
    let past = &entry.portrait.history.scores;
    if past.is_empty() {
        return;
    }
    h.raw("<section aria-labelledby=\"history\">\n");
    heading(h, "history", "History");
    let note = "The latest first. A line is added whenever the artifact, the engine, a task or the season changes what it scores.";
    let mut table = Table::new("What it scored.").note(note).dense().column("Since", Set::Text);
    table = table.column("Artifact", Set::Text).column("Bytes", Set::Number).column("Engine", Set::Text);
    let tasks: Vec<_> = book.scored_tasks().collect();
    for task in &tasks {
        table = table.column(&format!("{}, {}", task.title(), task.unit()), Set::Number);
    }
    for Past { day, artifact_sha256, bytes, engine, tasks: tallies, .. } in past.iter().rev() {
        let mut cells = vec![
            Html::plain(day),
            Html::of(|h| h.leaf("code", &[], &format::digest(artifact_sha256))),
            Html::plain(&format::grouped(*bytes)),
            Html::plain(&format!("{} {}", engine.name, engine.version)),
        ];
        for task in &tasks {
            // Of several versions the newest.
            let of = |name: &str| name.split_once('@').is_some_and(|(id, _)| id == task.id);
            let tally = tallies.iter().rev().find(|(name, _)| of(name)).map(|(_, tally)| task.figure(tally.figure()));
            cells.push(Html::plain(tally.as_deref().unwrap_or(NONE)));
        }
        table.row(cells);
    }
    table.write(h);
    h.raw("</section>\n");
}
