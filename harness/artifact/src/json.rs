//! JSON with places: every value knows where it stands, a key that occurs twice is seen, and reading goes on after a
//! fault.

mod fields;
mod parser;
#[cfg(test)]
mod tests;

pub use fields::Fields;
pub use parser::parse;

use crate::fault::{Fault, MOST, Place, and_more};
use std::borrow::Cow;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Byte of the text where it begins.
    pub at: usize,
    /// The value.
    pub value: Value<'a>,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object, its members in the order of the text; of members with the same key only the first.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Byte of the text where the key begins.
    pub at: usize,
    /// The key, unescaped.
    pub key: Cow<'a, str>,
    /// The value.
    pub node: Node<'a>,
}

impl Value<'_> {
    /// What kind of value it is, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// Faults in a text by the byte where they stand. Beyond [`MOST`] they are only counted.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<(usize, String, String)>,
    more: usize,
}

impl Problems {
    /// Notes what is wrong at byte `at`, and how to mend it.
    pub fn report(&mut self, at: usize, message: impl Into<String>, remedy: impl Into<String>) {
        if self.is_full() { self.more += 1 } else { self.list.push((at, message.into(), remedy.into())) }
    }

    /// Whether further faults are only counted.
    pub fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults in the order of the text; `place` tells the place of a byte.
    pub fn into_faults(mut self, place: impl Fn(usize) -> Place) -> Vec<Fault> {
        self.list.sort_by_key(|&(at, ..)| at);
        let faults = self.list.into_iter().map(|(at, message, remedy)| Fault::new(place(at), message, remedy));
        faults.chain((self.more > 0).then(|| and_more(self.more))).collect()
    }
}
