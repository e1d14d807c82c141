//! Tables, each in its own scrolling container.

use crate::html::Html;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// From the left.
    Text,
    /// Digits under digits.
    Number,
}

/// A table with one row header per row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    caption: String,
    note: String,
    header: usize,
    dense: bool,
    columns: Vec<(Html, Set)>,
    rows: Vec<Vec<Html>>,
}

impl Table {
    /// The caption also names the container for those who can't see it.
    pub(crate) fn new(caption: impl Into<String>) -> Self {
        Table { caption: caption.into(), note: String::new(), header: 0, dense: false, columns: vec![], rows: vec![] }
    }

    /// Says how to read the table, after the caption.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Sets which column heads the rows; otherwise the first does.
    pub(crate) fn headed_by(mut self, column: usize) -> Self {
        self.header = column;
        self
    }

    /// Keeps every cell but the row header on one line.
    pub(crate) fn dense(mut self) -> Self {
        self.dense = true;
        self
    }

    /// Adds a column.
    pub(crate) fn column(self, head: &str, set: Set) -> Self {
        self.column_of(Html::plain(head), set)
    }

    /// Adds a column whose head isn't only text.
    pub(crate) fn column_of(mut self, head: Html, set: Set) -> Self {
        self.columns.push((head, set));
        self
    }

    /// Adds a row, one cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Html>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "{}", self.caption);
        self.rows.push(cells);
    }

    /// Writes it.
    pub(crate) fn write(&self, h: &mut Html) {
        let container =
            [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", self.caption.as_str())];
        let class = if self.dense { "dense" } else { "open" };
        h.el("div", &container, |h| h.el("table", &[("class", class)], |h| self.content(h)));
    }

    fn content(&self, h: &mut Html) {
        h.el("caption", &[], |h| {
            h.el("span", &[("class", "caption")], |h| {
                h.leaf("i", &[], &self.caption);
                h.raw(" ");
                h.text(&self.note);
            });
        });
        h.el("thead", &[], |h| {
            h.el("tr", &[], |h| {
                for (index, (head, set)) in self.columns.iter().enumerate() {
                    let class = self.class(index, *set);
                    h.el("th", &[("scope", "col"), ("class", class)], |h| h.append(head));
                }
            });
        });
        h.el("tbody", &[], |h| {
            for row in &self.rows {
                h.el("tr", &[], |h| {
                    for (index, (cell, (_, set))) in row.iter().zip(&self.columns).enumerate() {
                        let class = self.class(index, *set);
                        if index == self.header {
                            h.el("th", &[("scope", "row"), ("class", class)], |h| h.append(cell));
                        } else {
                            h.el("td", &[("class", class)], |h| h.append(cell));
                        }
                    }
                });
            }
        });
    }

    fn class(&self, index: usize, set: Set) -> &'static str {
        match (index == self.header, set) {
            (true, _) => "h",
            (false, Set::Number) => "n",
            (false, Set::Text) => "t",
        }
    }
}
