//! The JSON reader against another one, and text files.

use super::is_plain;
use golf_artifact::json::{self, Node, Problems, Value};
use golf_artifact::text;

/// Values that a text may have.
const VALUES: usize = 500;

pub(super) fn run(data: &[u8]) {
    let text = match text::decode(data) {
        Ok(text) => text,
        Err(faults) => return assert!(!faults.is_empty() && faults.iter().all(|fault| is_plain(&fault.to_string()))),
    };
    let mut problems = Problems::default();
    let root = json::parse(text, VALUES, &mut problems);
    let other = serde_json::from_str::<serde_json::Value>(text);
    if problems.is_empty() {
        let root = root.expect("nothing is wrong with it");
        match other {
            Ok(other) => assert_eq!(value(&root), Some(other)),
            // A number out of range is for whoever asks for it to refuse.
            Err(fault) => assert!(fault.to_string().contains("out of range"), "accepted, but {fault}"),
        }
    } else {
        let faults = problems.into_faults(|at| text::place(text, at));
        assert!(faults.iter().all(|fault| is_plain(&fault.to_string())), "{faults:?}");
        // What it refuses and others take: keys that occur twice, many values, deep ones, and halves of surrogates.
        let known = ["twice", "too many", "nested", "surrogate"];
        let is_known = |fault: &str| known.iter().any(|word| fault.contains(word));
        assert!(other.is_err() || faults.iter().any(|fault| is_known(&fault.message)), "refused: {faults:?}");
    }
}

/// In the other reader's terms; none if a number is out of its range.
fn value(node: &Node<'_>) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => serde_json::from_str(number).ok()?,
        Value::String(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(value).collect::<Option<Vec<_>>>()?.into(),
        Value::Object(members) => {
            let member = |member: &json::Member<'_>| Some((member.key.to_string(), value(&member.node)?));
            serde_json::Value::Object(members.iter().map(member).collect::<Option<_>>()?)
        }
    })
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"a": [1, -2.5e-3, true, false, null], "b": {"c": "\u00e9\ud83d\ude00\n\"\\/"}}"#,
        "[[[[[[]]]], {}], \"\u{e4}\", 18446744073709551616, 1e999]",
        "{\"a\": 1, \"a\": 2}",
        " \n\t[0]\n",
        "{\"a\": 01, }",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
