//! Which codec is named for which matrix.

use crate::fault::quote;
use crate::json::{Fields, Problems, Value};
use crate::model::Matrix;
use golf_ternary::Codec;
use std::collections::BTreeMap;

/// Reads `codecs`: names or patterns (`*` stands for any text), each with a codec. For a matrix its own name counts
/// first, then the longest pattern that matches, of equally long ones the first.
pub(super) fn read(fields: &Fields<'_, '_>, matrices: &[Matrix], problems: &mut Problems) -> BTreeMap<String, Codec> {
    let mut codecs = BTreeMap::new();
    let Some(node) = fields.get("codecs", problems) else { return codecs };
    let Value::Object(members) = &node.value else {
        problems.report(node.at, format!("`codecs` is {}", node.value.kind()), "write an object");
        return codecs;
    };
    let keys: Vec<&str> = members.iter().map(|member| member.key.as_ref()).collect();
    // Reports every value that isn't a codec, and with all its keys known nothing else.
    let Some(fields) = Fields::of(node, "`codecs`", &keys, problems) else { return codecs };
    let choices: Vec<Option<Codec>> = keys.iter().map(|key| fields.choice(key, &Codec::NAMES, problems)).collect();
    for member in members.iter().filter(|member| !matrices.iter().any(|matrix| matches(&member.key, &matrix.name))) {
        problems.report(member.at, format!("no matrix matches {}", quote(&member.key)), "remove it, or mend the name");
    }
    for matrix in matrices {
        let fitting = (0..keys.len()).rev().filter(|&index| matches(keys[index], &matrix.name));
        let best = fitting.max_by_key(|&index| (keys[index] == matrix.name, keys[index].len()));
        match best {
            Some(index) => codecs.extend(choices[index].map(|codec| (matrix.name.clone(), codec))),
            None => {
                let remedy = "name one, for example `\"*\": \"trit5\"` for all that have none of their own";
                problems.report(node.at, format!("no codec for `{}`", matrix.name), remedy);
            }
        }
    }
    codecs
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return name.ends_with(part);
        }
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, expected) in [
            ("*", true),
            ("blocks.0.mlp.up", true),
            ("blocks.*", true),
            ("*.up", true),
            ("blocks.*.mlp.*", true),
            ("*.mlp.*p", true),
            ("blocks.*.up.*", false),
            ("blocks", false),
            ("*.down", false),
            ("up*", false),
        ] {
            assert_eq!(matches(pattern, "blocks.0.mlp.up"), expected, "{pattern}");
        }
    }
}
