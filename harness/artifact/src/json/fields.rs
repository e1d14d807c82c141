//! Taking values out of objects; whatever is not as it should be is reported.

use super::{Member, Node, Problems, Value};
use crate::fault::quote;
use crate::near::nearest;
use core::ops::RangeInclusive;

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'n, 'a> {
    /// Byte of the text where the object begins.
    pub at: usize,
    members: &'n [Member<'a>],
}

impl<'n, 'a> Fields<'n, 'a> {
    /// The members of `node`, which `what` names in messages. Members other than `known` are reported.
    pub fn of(node: &'n Node<'a>, what: &str, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let Value::Object(members) = &node.value else {
            report_kind(node, what, "an object", problems);
            return None;
        };
        for member in members {
            if known.contains(&member.key.as_ref()) {
                continue;
            }
            let near = if problems.is_full() { None } else { nearest(&member.key, known.iter().copied()) };
            let remedy = match near {
                Some(name) => format!("remove it, or write `{name}`"),
                None => "remove it".into(),
            };
            problems.report(member.at, format!("unknown field {}", quote(&member.key)), remedy);
        }
        Some(Fields { at: node.at, members })
    }

    /// A member, if it is there.
    pub fn optional(&self, name: &str) -> Option<&'n Node<'a>> {
        self.members.iter().find(|member| member.key == name).map(|member| &member.node)
    }

    /// A member; reported if it is missing.
    pub fn get(&self, name: &str, problems: &mut Problems) -> Option<&'n Node<'a>> {
        let node = self.optional(name);
        if node.is_none() {
            problems.report(self.at, format!("the field `{name}` is missing"), "add it");
        }
        node
    }

    /// A whole number within limits.
    pub fn whole(&self, name: &str, range: RangeInclusive<u64>, problems: &mut Problems) -> Option<u64> {
        self.get(name, problems)?.whole(name, range, problems)
    }

    /// A number that is not negative.
    pub fn real(&self, name: &str, problems: &mut Problems) -> Option<f64> {
        let node = self.get(name, problems)?;
        let Value::Number(number) = node.value else {
            report_kind(node, &format!("`{name}`"), "a number", problems);
            return None;
        };
        let number = number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
        if number.is_none() {
            problems.report(node.at, format!("`{name}` is negative or too large"), "write a number from 0 on");
        }
        number
    }

    /// A boolean.
    pub fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        let node = self.get(name, problems)?;
        let Value::Bool(flag) = node.value else {
            report_kind(node, &format!("`{name}`"), "true or false", problems);
            return None;
        };
        Some(flag)
    }

    /// A string.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<&'n str> {
        self.get(name, problems)?.text(name, problems)
    }

    /// An array with so many items.
    pub fn list(&self, name: &str, items: RangeInclusive<usize>, problems: &mut Problems) -> Option<&'n [Node<'a>]> {
        self.get(name, problems)?.list(name, items, problems)
    }

    /// One of a few strings, each of which stands for something.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(T, &str)], problems: &mut Problems) -> Option<T> {
        let node = self.get(name, problems)?;
        let text = node.text(name, problems)?;
        let choice = choices.iter().find(|&&(_, choice)| choice == text).map(|&(choice, _)| choice);
        if choice.is_none() {
            let all: Vec<_> = choices.iter().map(|(_, choice)| format!("`{choice}`")).collect();
            problems.report(node.at, format!("`{name}` is {}", quote(text)), format!("write {}", one_of(&all)));
        }
        choice
    }
}

impl<'a> Node<'a> {
    /// A whole number within limits; `name` names it in messages.
    pub fn whole(&self, name: &str, range: RangeInclusive<u64>, problems: &mut Problems) -> Option<u64> {
        let Value::Number(text) = self.value else {
            report_kind(self, &format!("`{name}`"), "a whole number", problems);
            return None;
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{name}` is {}, but must be a whole number", quote(text).trim_matches('`'));
            problems.report(self.at, message, format!("write one from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// A string; `name` names it in messages.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<&str> {
        let Value::String(text) = &self.value else {
            report_kind(self, &format!("`{name}`"), "a string", problems);
            return None;
        };
        Some(text)
    }

    /// An array; `name` names it in messages.
    pub fn list(&self, name: &str, items: RangeInclusive<usize>, problems: &mut Problems) -> Option<&[Node<'a>]> {
        let Value::Array(list) = &self.value else {
            report_kind(self, &format!("`{name}`"), "an array", problems);
            return None;
        };
        if !items.contains(&list.len()) {
            let message = format!("`{name}` has {} items", list.len());
            let remedy = match (items.start(), items.end()) {
                (least, most) if least == most => format!("write {least}"),
                (least, most) => format!("write {least} to {most}"),
            };
            problems.report(self.at, message, remedy);
            return None;
        }
        Some(list)
    }
}

fn report_kind(node: &Node<'_>, what: &str, wanted: &str, problems: &mut Problems) {
    problems.report(node.at, format!("{what} is {}", node.value.kind()), format!("write {wanted}"));
}

/// `a`, `b` or `c`
fn one_of(names: &[String]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}
