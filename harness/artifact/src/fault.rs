//! What is wrong with a file: where, what, and how to mend it.

use core::fmt::{self, Display, Formatter};
use serde::Serialize;

/// Faults that one file reports at most; a last one says how many more there are.
pub const MOST: usize = 100;

/// One thing that is wrong. [`Display`] makes a sentence of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file or folder; empty where the reader was given bytes and not a file.
    pub path: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong, without a full stop.
    pub message: String,
    /// How to mend it, without a full stop.
    pub remedy: String,
    /// Faults besides itself that it speaks for.
    #[serde(skip)]
    others: usize,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line and a column of a text, counted from 1; columns count characters.
    Text {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// A line and a column of the configuration in an artifact's metadata, as it reads once unescaped.
    Config {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// A byte of the file, counted from 0.
    Byte {
        /// Bytes before it.
        offset: usize,
    },
    /// A tensor.
    Tensor {
        /// Its name.
        name: String,
        /// The byte of the file, counted from 0; none for a tensor that is missing.
        offset: Option<usize>,
    },
}

impl Fault {
    /// A fault of a file that is yet to be named.
    pub fn new(place: Place, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Fault { path: String::new(), place, message: message.into(), remedy: remedy.into(), others: 0 }
    }

    /// The same fault with the name of its file.
    #[must_use]
    pub fn in_file(mut self, path: impl Display) -> Self {
        self.path = path.to_string();
        self
    }

    /// The same fault without a byte of the file, where what was read is not the file itself.
    #[must_use]
    pub(crate) fn unplaced(mut self) -> Self {
        self.place = match self.place {
            Place::Tensor { name, .. } => Place::Tensor { name, offset: None },
            Place::Byte { .. } => Place::Whole,
            place => place,
        };
        self
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (&self.place, self.path.is_empty()) {
            (Place::Text { line, column }, false) => parts.push(format!("{}:{line}:{column}", printable(&self.path))),
            (Place::Text { line, column }, true) => parts.push(format!("{line}:{column}")),
            (place, no_path) => {
                if !no_path {
                    parts.push(printable(&self.path));
                }
                match place {
                    Place::Whole | Place::Text { .. } => {}
                    Place::Config { line, column } => parts.push(format!("configuration {line}:{column}")),
                    Place::Byte { offset } => parts.push(format!("byte {offset}")),
                    Place::Tensor { name, offset: None } => parts.push(format!("tensor {}", quote(name))),
                    Place::Tensor { name, offset: Some(at) } => {
                        parts.push(format!("tensor {}, byte {at}", quote(name)))
                    }
                }
            }
        }
        parts.push(self.message.clone());
        if !self.remedy.is_empty() {
            parts.push(self.remedy.clone());
        }
        write!(f, "{}.", parts.join(": "))
    }
}

impl core::error::Error for Fault {}

/// Keeps the first [`MOST`] faults; one more says how many there are besides.
pub fn cap(mut faults: Vec<Fault>) -> Vec<Fault> {
    if faults.len() > MOST {
        let path = faults[MOST].path.clone();
        // One that only counts others is no fault itself.
        let count: usize = faults.iter().map(|fault| fault.others.max(1)).sum();
        faults.retain(|fault| fault.others == 0);
        faults.truncate(MOST);
        faults.push(and_more(count - faults.len()).in_file(path));
    }
    faults
}

pub(crate) fn and_more(count: usize) -> Fault {
    let message = format!("{count} more faults are not shown");
    Fault { others: count, ..Fault::new(Place::Whole, message, "mend these first, then check again") }
}

/// Text from a file for a message: in backquotes, at most 60 characters, and nothing in it that could steer a terminal.
pub fn quote(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", printable(&short))
}

/// Whether a character is invisible or steers its surroundings: controls, bidirectional overrides, zero-width
/// characters.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_a_sentence() {
        let fault = |place| Fault::new(place, "unknown field `licence`", "remove it, or write `license`");
        assert_eq!(
            fault(Place::Text { line: 3, column: 12 }).in_file("submissions/x/submission.json").to_string(),
            "submissions/x/submission.json:3:12: unknown field `licence`: remove it, or write `license`."
        );
        assert_eq!(
            fault(Place::Tensor { name: "a\u{1b}[2J".into(), offset: Some(7) }).to_string(),
            "tensor `a\\u{1b}[2J`, byte 7: unknown field `licence`: remove it, or write `license`."
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let faults = cap(vec![Fault::new(Place::Whole, "a", "b"); MOST + 5]);
        assert_eq!(faults.len(), MOST + 1);
        assert!(faults[MOST].message.starts_with("5 more"));
        let again = cap([faults, vec![Fault::new(Place::Whole, "c", "d"); 2]].concat());
        assert!(again.len() == MOST + 1 && again[MOST].message.starts_with("7 more"), "{}", again[MOST]);
    }
}
