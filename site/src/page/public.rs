//! `public.html`: published benchmarks, with what others score on them.

use super::{NONE, heading};
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use crate::table::{Set, Table};
use golf_record::{PublicRow, PublicTable, RowKind};
use std::collections::BTreeSet;

/// The page's place.
pub(super) const PATH: &str = "public.html";

/// Renders it, if there are such benchmarks.
pub(crate) fn public(book: &Book<'_>, files: &mut Files) {
    if book.site.public.is_empty() {
        return;
    }
    let page = Page {
        path: PATH,
        title: "Published benchmarks",
        description: "What entries score on published benchmarks, beside published figures and compressors.",
        scripts: &[],
    };
    let main = Html::of(|h| {
        h.raw("<p class=\"trail\"><a href=\"index.html#tasks\">Tasks</a></p>\n<h1>Published benchmarks</h1>\n");
        h.raw("<p class=\"lead\">Entries are scored on them by the same harness as on its own tasks. None of this decides a rank. ");
        h.raw("References stand apart: a published figure was made by others with their own means, and a program that was measured here ");
        h.raw("ran on the same bytes.</p>\n");
        book.site.public.iter().for_each(|table| benchmark(table, h));
    });
    files.add(page.path, layout::document(book, page, &main));
    files.add("public.csv", golf_record::public_csv(book.site.public));
}

fn benchmark(public: &PublicTable, h: &mut Html) {
    h.el("section", &[("aria-labelledby", &public.task)], |h| {
        heading(h, &public.task, &public.title);
        h.el("div", &[("class", "prose")], |h| {
            for paragraph in public.analysis.split("\n\n").filter(|text| !text.trim().is_empty()) {
                h.leaf("p", &[], paragraph);
            }
        });
        if public.rows.is_empty() {
            h.raw("<p class=\"quiet\">Nothing has been scored on it yet.</p>\n");
            return;
        }
        figures(public, h);
        groups(public, h);
    });
}

fn figures(public: &PublicTable, h: &mut Html) {
    let caption = format!("{}: entries, best first, then references.", public.title);
    let mut table = Table::new(caption).column("Entry or reference", Set::Text).column("Whose figure", Set::Text);
    table = table.column(&public.unit, Set::Number);
    if let Some(unit) = &public.second_unit {
        table = table.column(unit, Set::Number);
    }
    table = table.column("Source", Set::Text);
    for row in &public.rows {
        let figure = Html::of(|h| h.leaf("data", &[("value", &format::exact(row.figure))], &public.show(row.figure)));
        let mut cells = vec![name(row), Html::plain(row.kind.name()), figure];
        if public.second_unit.is_some() {
            let second = row.second.map_or_else(|| NONE.into(), |figure| public.show_second(figure));
            cells.push(Html::plain(&second));
        }
        cells.push(Html::plain(row.source.as_deref().unwrap_or("this harness")));
        table.row(cells);
    }
    table.write(h);
}

fn groups(public: &PublicTable, h: &mut Html) {
    let names: BTreeSet<&String> = public.rows.iter().flat_map(|row| row.groups.keys()).collect();
    if names.len() < 2 {
        return;
    }
    let mut table = Table::new(format!("{} by group, {}.", public.title, public.unit)).column("Group", Set::Text);
    let rows: Vec<&PublicRow> = public.rows.iter().filter(|row| !row.groups.is_empty()).collect();
    for row in &rows {
        table = table.column(&row.name, Set::Number);
    }
    for group in names {
        let cell = |row: &&PublicRow| {
            Html::plain(&row.groups.get(group).map_or_else(|| NONE.into(), |&figure| public.show(figure)))
        };
        table.row([Html::plain(group)].into_iter().chain(rows.iter().map(cell)).collect());
    }
    table.write(h);
}

fn name(row: &PublicRow) -> Html {
    match row.kind {
        RowKind::Entry => {
            let href = format!("entries/{}.html", row.name);
            Html::of(|h| h.leaf("a", &[("href", &href)], &row.name))
        }
        RowKind::Published | RowKind::Measured => Html::plain(&row.name),
    }
}
