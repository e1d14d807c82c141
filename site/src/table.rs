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

/// A column's head, and the name that scripts and addresses know it by, if any.
#[derive(Clone, Debug)]
struct Column {
    head: Html,
    set: Set,
    key: String,
}

/// Attributes and cells.
#[derive(Clone, Debug)]
struct Row {
    attributes: Vec<(&'static str, String)>,
    cells: Vec<Html>,
}

/// A table with one row header per row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    caption: String,
    note: String,
    header: usize,
    dense: bool,
    id: &'static str,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Table {
    /// The caption also names the container for those who can't see it.
    pub(crate) fn new(caption: impl Into<String>) -> Self {
        Table {
            caption: caption.into(),
            note: String::new(),
            header: 0,
            dense: false,
            id: "",
            columns: vec![],
            rows: vec![],
        }
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

    /// Lets scripts find it.
    pub(crate) fn named(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// Adds a column.
    pub(crate) fn column(self, head: &str, set: Set) -> Self {
        self.column_of(Html::plain(head), set)
    }

    /// Adds a column whose head isn't only text.
    pub(crate) fn column_of(mut self, head: Html, set: Set) -> Self {
        self.columns.push(Column { head, set, key: String::new() });
        self
    }

    /// Gives the last column a name for scripts and addresses.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.columns.last_mut().expect("a column").key = key.into();
        self
    }

    /// Adds a row, one cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Html>) {
        self.row_with(vec![], cells);
    }

    /// Adds a row about an entry, by its slug: charts find it there.
    pub(crate) fn row_of(&mut self, slug: &str, cells: Vec<Html>) {
        self.row_with(vec![("data-entry", slug.into())], cells);
    }

    /// Adds a row with attributes.
    pub(crate) fn row_with(&mut self, attributes: Vec<(&'static str, String)>, cells: Vec<Html>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "{}", self.caption);
        self.rows.push(Row { attributes, cells });
    }

    /// Writes it.
    pub(crate) fn write(&self, h: &mut Html) {
        let container =
            [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", self.caption.as_str())];
        let class = if self.dense { "dense" } else { "open" };
        let mut attributes = vec![("class", class)];
        if !self.id.is_empty() {
            attributes.push(("id", self.id));
        }
        h.el("div", &container, |h| h.el("table", &attributes, |h| self.content(h)));
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
                for (index, column) in self.columns.iter().enumerate() {
                    let mut attributes = vec![("scope", "col"), ("class", self.class(index, column.set))];
                    if !column.key.is_empty() {
                        attributes.push(("data-key", &column.key));
                    }
                    h.el("th", &attributes, |h| h.append(&column.head));
                }
            });
        });
        h.el("tbody", &[], |h| {
            for row in &self.rows {
                let attributes: Vec<(&str, &str)> =
                    row.attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
                h.el("tr", &attributes, |h| {
                    for (index, (cell, column)) in row.cells.iter().zip(&self.columns).enumerate() {
                        let class = self.class(index, column.set);
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
