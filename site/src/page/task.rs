//! `tasks/<id>.html`: a task and how entries do on it.

use super::{NONE, entry_link, examples, facts, heading};
use crate::book::{Book, Task, chance, figure, ideal};
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_record::{Entry, HEADLINE, TaskScore};
use golf_task::{Definition, Kind};
use std::collections::BTreeSet;

/// Renders it.
pub(crate) fn task(book: &Book<'_>, task: &Task<'_>, files: &mut Files) {
    let path = format!("tasks/{}.html", task.id);
    let description = format!("{}: what it examines, how it is scored, and how entries do on it.", task.title());
    let page = Page { path: &path, title: task.title(), description: &description, scripts: &[] };
    let ranking = book.ranking(task);
    let main = Html::of(|h| {
        h.raw("<p class=\"trail\"><a href=\"../index.html#tasks\">Tasks</a></p>\n");
        h.leaf("h1", &[], task.title());
        if let Some(definition) = task.definition {
            h.el("div", &[("class", "prose")], |h| {
                for paragraph in definition.analysis.split("\n\n").filter(|text| !text.trim().is_empty()) {
                    h.leaf("p", &[], paragraph);
                }
            });
        }
        h.raw("<section aria-labelledby=\"scored\">\n");
        heading(h, "scored", "How it is scored");
        scoring(task, h);
        about(book, task, ranking, h);
        h.raw("</section>\n");
        h.raw("<section aria-labelledby=\"entries\">\n");
        heading(h, "entries", "Entries");
        if ranking.is_empty() {
            h.raw("<p class=\"quiet\">No entry has been scored on this task yet.</p>\n");
        } else {
            entries(task, ranking, h);
        }
        groups(task, ranking, h);
        h.raw("</section>\n");
        if let Some(items) = book.site.examples.get(task.id) {
            examples::examples(items, h);
        }
    });
    files.add(path.as_str(), layout::document(book, page, &main));
}

fn scoring(task: &Task<'_>, h: &mut Html) {
    match task.kind {
        Kind::BitsPerByte => {
            h.raw("<p>The model predicts each document from its first byte to its last, one token at a time, and is told what came only after it has ");
            h.raw("answered. The score is the total cost in bits, divided by the bytes of the raw text. Fewer is better.</p>\n");
        }
        Kind::Choice => {
            h.raw("<p>The model is given a beginning and prices each of several ways to go on. The one that costs it fewest bits is its answer. ");
            h.raw("The score is the share of answers that are right; more is better.</p>\n");
        }
        Kind::Continuation => {
            h.raw("<p>The model is given a beginning. It is right if each token of what follows is the one that it finds likeliest. ");
            h.raw("The score is the share that is right; more is better.</p>\n");
        }
        Kind::Generate => {
            h.raw("<p>The model is given a beginning and writes on, always with the token that it finds likeliest. ");
            h.raw(
                "What it writes must be the answer to the byte. The score is the share that is; more is better.</p>\n",
            );
        }
    }
    if task.id == HEADLINE {
        h.raw("<p>This is the task that decides the rank.</p>\n");
    }
}

fn about(book: &Book<'_>, task: &Task<'_>, ranking: &[(&Entry, &TaskScore)], h: &mut Html) {
    let mut list = vec![("Name", Html::of(|h| h.leaf("code", &[], task.id)))];
    if let Some(definition) = task.definition {
        list.push(("Version", Html::plain(&definition.version.to_string())));
        list.push(("Suite", Html::plain(&definition.suite)));
        list.push(("Licence of the data", Html::plain(&definition.license)));
        list.extend(items(definition));
    }
    if let Some(chance) = chance(ranking.iter().map(|(_, score)| *score)) {
        list.push(("Chance", Html::plain(&format!("{} right by guessing", format::percent(chance)))));
    }
    if let Some(difference) = book.site.board.detectable(task.id) {
        let figure = if task.less_is_better() {
            format!("{} bits per byte", format::bits(difference))
        } else {
            format!("{:.1} points", difference * 100.0)
        };
        let text = format!("A true difference of {figure} between neighbours is found four times in five, at 5 %.");
        list.push(("Resolution", Html::plain(&text)));
    }
    facts(h, &list);
}

/// Where the items come from.
fn items(definition: &Definition) -> Vec<(&'static str, Html)> {
    let mut list = vec![];
    if !definition.files.is_empty() {
        let bytes = definition.files.iter().map(|file| file.bytes).sum();
        let files = if definition.files.len() == 1 { "file" } else { "files" };
        let text = format!("{} {files}, {} bytes, pinned by SHA-256", definition.files.len(), format::grouped(bytes));
        list.push(("Data", Html::plain(&text)));
    }
    if let Some(generated) = &definition.generator {
        let mut parts = vec![];
        if generated.fixed > 0 {
            parts.push(format!("{} the same for every entry", format::grouped(generated.fixed.into())));
        }
        if generated.fresh > 0 {
            parts.push(format!("{} drawn afresh for each artifact", format::grouped(generated.fresh.into())));
        }
        list.push(("Items", Html::plain(&parts.join(", "))));
        list.push(("Made by", Html::of(|h| h.leaf("code", &[], &generated.name))));
    }
    list
}

fn entries(task: &Task<'_>, ranking: &[(&Entry, &TaskScore)], h: &mut Html) {
    let has_ideal = ranking.iter().any(|(_, score)| ideal(score).is_some());
    let versions: BTreeSet<u32> =
        ranking.iter().map(|(_, score)| score.version).chain(task.definition.map(|task| task.version)).collect();
    let mut table = Table::new(format!("Entries on {}, best first.", task.title())).headed_by(1);
    table = table.column("Place", Set::Number).column("Entry", Set::Text).column(task.unit(), Set::Number);
    if task.kind == Kind::Choice {
        table = table.column("% right by cost per byte", Set::Number);
    }
    if has_ideal {
        table = table.column("Ideal", Set::Number).column("Excess", Set::Number);
    }
    table = table.column("Items", Set::Number).column("Bytes of the entry", Set::Number);
    if versions.len() > 1 {
        table = table.column("Version", Set::Number);
    }
    for (index, (entry, score)) in ranking.iter().enumerate() {
        let sum = score.summary();
        let mut cells = vec![Html::plain(&(index + 1).to_string()), entry_link(entry, "../"), figure(task, sum)];
        if task.kind == Kind::Choice {
            cells.push(Html::plain(&format!("{:.1}", sum.accuracy_per_byte() * 100.0)));
        }
        if has_ideal {
            let known = ideal(score);
            let excess = known.map(|ideal| format::bits(sum.headline() - ideal));
            cells.extend([known.map(format::bits), excess].map(|text| Html::plain(text.as_deref().unwrap_or(NONE))));
        }
        cells.push(Html::plain(&format::grouped(sum.items)));
        cells.push(Html::plain(&entry.bytes().map_or(NONE.into(), format::grouped)));
        if versions.len() > 1 {
            cells.push(Html::plain(&score.version.to_string()));
        }
        table.row_of(&entry.slug, cells);
    }
    references(task, ranking, versions.len() > 1, has_ideal, &mut table);
    table.write(h);
}

/// What knows nothing gets, and what knows how the text was made.
fn references(task: &Task<'_>, ranking: &[(&Entry, &TaskScore)], versions: bool, has_ideal: bool, table: &mut Table) {
    let scores = || ranking.iter().map(|(_, score)| *score);
    let chance = if task.less_is_better() {
        Some(("knowing nothing", 8.0))
    } else {
        chance(scores()).map(|share| ("chance", share))
    };
    let known = ranking.iter().find_map(|(_, score)| ideal(score)).map(|bits| ("the ideal", bits));
    for (name, value) in chance.into_iter().chain(known) {
        let mut cells = vec![Html::plain(NONE), Html::of(|h| h.leaf("i", &[], name)), Html::plain(&task.figure(value))];
        let others = 2 + usize::from(task.kind == Kind::Choice) + 2 * usize::from(has_ideal) + usize::from(versions);
        cells.extend((0..others).map(|_| Html::plain(NONE)));
        table.row(cells);
    }
}

fn groups(task: &Task<'_>, ranking: &[(&Entry, &TaskScore)], h: &mut Html) {
    let names: BTreeSet<&str> = ranking.iter().flat_map(|(_, score)| score.groups().into_keys()).collect();
    if names.len() < 2 {
        return;
    }
    h.raw("<h3>Group by group</h3>\n");
    let mut table = Table::new(format!("{} by group, {}.", task.title(), task.unit())).column("Entry", Set::Text);
    table = table.note("The best figure of each group is bold.");
    for name in &names {
        table = table.column(name, Set::Number);
    }
    let better = |a: &f64, b: &f64| if task.less_is_better() { a.total_cmp(b) } else { b.total_cmp(a) };
    let best: Vec<Option<f64>> = names
        .iter()
        .map(|name| ranking.iter().filter_map(|(_, score)| Some(score.groups().get(name)?.headline())).min_by(better))
        .collect();
    for (entry, score) in ranking {
        let groups = score.groups();
        let cell = |(name, best): (&&str, &Option<f64>)| match groups.get(name) {
            None => Html::plain(NONE),
            Some(&sum) if *best == Some(sum.headline()) => {
                Html::of(|h| h.el("b", &[], |h| h.append(&figure(task, sum))))
            }
            Some(&sum) => figure(task, sum),
        };
        table.row([entry_link(entry, "../")].into_iter().chain(names.iter().zip(&best).map(cell)).collect());
    }
    table.write(h);
}
