//! An entry's scores, task by task.

use super::{NONE, bar, plots, task_link};
use crate::SiteError;
use crate::book::{Book, Task, chance, figure, ideal};
use crate::chart::{Documents, Words};
use crate::format;
use crate::html::Html;
use crate::output::Files;
use crate::table::{Set, Table};
use golf_core::Cost;
use golf_record::compare::interval;
use golf_record::{Entry, ItemScore, Outcome, Score, Summary, TaskScore};
use golf_task::Kind;

/// More documents than this are in the records only.
const DOCUMENTS_SHOWN: usize = 200;

/// Where the score could have come out, had the task drawn other items.
fn range(task: &Task<'_>, score: &TaskScore) -> Html {
    Html::plain(
        &interval(score).map_or(NONE.into(), |[low, high]| format!("{}–{}", task.figure(low), task.figure(high))),
    )
}

/// A table for each kind of task.
pub(super) fn tables(book: &Book<'_>, score: &Score, h: &mut Html) {
    let of = |kind| {
        let tasks = book.tasks.iter().filter(move |task| task.kind == kind);
        tasks.filter_map(|task| Some((task, score.task(task.id)?))).collect::<Vec<_>>()
    };
    documents(&of(Kind::BitsPerByte), h);
    choices(&of(Kind::Choice), h);
    continuations(&of(Kind::Generate), h);
}

fn documents(tasks: &[(&Task<'_>, &TaskScore)], h: &mut Html) {
    if tasks.is_empty() {
        return;
    }
    let note = "The interval is of a bootstrap over documents. Coded is what the text would take if it were stored with the model’s predictions. Ideal is what a predictor \
                that knows how the text was made would need, where that is known; excess is the rest.";
    let mut table = Table::new("Text.").note(note).column("Task", Set::Text).column("Version", Set::Number);
    for head in ["Bits per byte", "95 % interval", "Documents", "Bytes", "Coded bytes", "Ideal", "Excess"] {
        table = table.column(head, Set::Number);
    }
    for (task, score) in tasks {
        let sum = score.summary();
        let known = ideal(score);
        let excess = known.zip(sum.bits_per_byte()).map(|(ideal, bits)| format::bits(bits - ideal));
        table.row(vec![
            task_link(task.id, task.title(), "../"),
            Html::plain(&score.version.to_string()),
            Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, sum)))),
            range(task, score),
            Html::plain(&format::grouped(sum.items)),
            Html::plain(&format::grouped(sum.bytes)),
            Html::plain(&format::grouped(sum.cost.div_ceil(8 * Cost::BIT.0))),
            Html::plain(&known.map_or(NONE.into(), format::bits)),
            Html::plain(&excess.unwrap_or_else(|| NONE.into())),
        ]);
    }
    table.write(h);
}

fn choices(tasks: &[(&Task<'_>, &TaskScore)], h: &mut Html) {
    if tasks.is_empty() {
        return;
    }
    let note = "The option that costs least is the answer; by cost per byte, long options aren’t at a disadvantage.";
    let mut table =
        Table::new("Questions with options.").note(note).column("Task", Set::Text).column("Version", Set::Number);
    for head in ["%\u{a0}right", "95 % interval", "%\u{a0}right by cost per byte", "Chance, %", "Right", "Questions"] {
        table = table.column(head, Set::Number);
    }
    for (task, score) in tasks {
        let sum = score.summary();
        let chance = chance([*score]).map_or(NONE.into(), |chance| format!("{:.1}", chance * 100.0));
        table.row(vec![
            task_link(task.id, task.title(), "../"),
            Html::plain(&score.version.to_string()),
            Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, sum)))),
            range(task, score),
            Html::plain(&format!("{:.1}", sum.accuracy_per_byte() * 100.0)),
            Html::plain(&chance),
            Html::plain(&format::grouped(sum.right)),
            Html::plain(&format::grouped(sum.items)),
        ]);
    }
    table.write(h);
}

fn continuations(tasks: &[(&Task<'_>, &TaskScore)], h: &mut Html) {
    if tasks.is_empty() {
        return;
    }
    let mut table = Table::new("Continuations.").note("Right means right to the byte.").column("Task", Set::Text);
    for head in ["Version", "%\u{a0}right", "95 % interval", "Right", "Items"] {
        table = table.column(head, Set::Number);
    }
    for (task, score) in tasks {
        let sum = score.summary();
        table.row(vec![
            task_link(task.id, task.title(), "../"),
            Html::plain(&score.version.to_string()),
            Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, sum)))),
            range(task, score),
            Html::plain(&format::grouped(sum.right)),
            Html::plain(&format::grouped(sum.items)),
        ]);
    }
    table.write(h);
}

/// Group by group and document by document, for the tasks that have several.
pub(super) fn breakdowns(book: &Book<'_>, entry: &Entry, files: &mut Files) -> Result<Html, SiteError> {
    let mut all = Html::default();
    let Some(score) = &entry.score else { return Ok(all) };
    for task in &book.tasks {
        let Some(score) = score.task(task.id) else { continue };
        let (groups, documents) = (groups(task, score), per_document(task, score, &entry.slug, files)?);
        if groups.is_empty() && documents.is_empty() {
            continue;
        }
        all.leaf("h3", &[("id", &format!("task-{}", task.id))], task.title());
        all.append(&groups);
        all.append(&documents);
    }
    Ok(all)
}

fn groups(task: &Task<'_>, score: &TaskScore) -> Html {
    let groups = score.groups();
    if groups.len() < 2 {
        return Html::default();
    }
    let chance = chance([score]);
    let most = groups.values().map(Summary::headline).fold(0.0, f64::max).max(1e-9);
    let caption = format!("{}, group by group.", task.title());
    let mut table =
        Table::new(caption).column("Group", Set::Text).column(task.unit(), Set::Number).column("As a bar", Set::Text);
    if chance.is_some() {
        table = table.note("The mark in each bar is chance.");
    }
    table = table.column(if task.less_is_better() { "Bytes" } else { "Items" }, Set::Number);
    for (group, sum) in groups {
        let share = if task.less_is_better() { sum.headline() / most } else { sum.headline() };
        table.row(vec![
            Html::plain(group),
            figure(task, sum),
            bar(share, chance),
            Html::plain(&format::grouped(if task.less_is_better() { sum.bytes } else { sum.items })),
        ]);
    }
    Html::of(|h| h.el("div", &[("class", "groups")], |h| table.write(h)))
}

fn per_document(task: &Task<'_>, score: &TaskScore, slug: &str, files: &mut Files) -> Result<Html, SiteError> {
    let bits = |cost: u64, bytes: u64| cost as f64 / Cost::BIT.0 as f64 / bytes.max(1) as f64;
    let shown = |item: &ItemScore| match item.outcome {
        Outcome::Document { bytes, cost, ideal, .. } => {
            Some((item.id.clone(), bits(cost, bytes), ideal.map(|ideal| bits(ideal, bytes))))
        }
        _ => None,
    };
    let documents: Vec<(String, f64, Option<f64>)> = score.items.iter().filter_map(shown).collect();
    let Some(total) = score.summary().bits_per_byte().filter(|_| documents.len() >= 2) else {
        return Ok(Html::default());
    };
    let has_ideal = documents.iter().any(|document| document.2.is_some());

    let mut table = Table::new(format!("{}, document by document.", task.title())).column("Document", Set::Text);
    if documents.len() > DOCUMENTS_SHOWN {
        table = table.note(format!("The first {DOCUMENTS_SHOWN} of {}; the record has them all.", documents.len()));
    }
    table = table.column("Bytes", Set::Number).column("Tokens", Set::Number).column("Bits per byte", Set::Number);
    if has_ideal {
        table = table.column("Ideal", Set::Number);
    }
    for item in score.items.iter().take(DOCUMENTS_SHOWN) {
        let Outcome::Document { bytes, tokens, cost, ideal } = item.outcome else { continue };
        let mut cells = vec![Html::plain(&item.id)];
        let figures = [format::grouped(bytes), format::grouped(tokens), format::bits(bits(cost, bytes))];
        cells.extend(figures.iter().map(|text| Html::plain(text)));
        if has_ideal {
            cells.push(Html::plain(&ideal.map_or(NONE.into(), |ideal| format::bits(bits(ideal, bytes)))));
        }
        table.row(cells);
    }
    let of = if has_ideal { " A ring is the ideal of its document." } else { "" };
    let description = format!(
        "Each dot is one of {} documents, from the easiest to the hardest; the line is the score, {} bits per byte.{of}",
        documents.len(),
        format::bits(total)
    );
    let title = format!("{}, document by document", task.title());
    let words = Words { name: &format!("{slug}.{}", task.id), title: &title, description: &description };
    plots::figure(&Documents { documents, total }, words, &table, "../", files)
}
