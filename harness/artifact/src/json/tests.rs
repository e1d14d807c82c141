//! Against another reader of JSON.

use super::{Node, Problems, Value, parse};
use proptest::prelude::*;

/// The same value as `serde_json` has it.
fn plain(node: &Node<'_>) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => serde_json::from_str(number).expect("a number"),
        Value::String(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members.iter().map(|member| (member.key.to_string(), plain(&member.node))).collect(),
    }
}

fn fault(text: &str) -> String {
    let mut problems = Problems::default();
    parse(text, 1_000, &mut problems);
    problems.into_faults(|at| crate::text::place(text, at)).into_iter().map(|fault| fault.to_string()).collect()
}

#[test]
fn faults_say_where_they_are() {
    for (text, expected) in [
        ("", "1:1: the text ends where a value should be"),
        ("{\"a\": 1,\n \"a\": 2}", "2:2: the key `a` occurs twice"),
        ("{\"a\": 1,}", "1:9: a comma before the closing brace"),
        ("{\"a\" 1}", "1:6: a colon is missing"),
        ("{\"a\": 1 2}", "1:9: a comma or a closing brace is missing"),
        ("{a: 1}", "1:2: a key must be a string"),
        ("[1 2]", "1:4: a comma or a closing bracket is missing"),
        ("[1,]", "1:4: a value is missing here"),
        ("[1", "1:3: the text ends within an array"),
        ("{", "1:2: the text ends within an object"),
        ("'a'", "1:1: a string in single quotes"),
        ("// x", "1:1: JSON has no comments"),
        ("True", "1:1: `True` is not JSON"),
        ("012", "1:1: a number must not start with 0"),
        ("1.", "1:3: a digit is missing"),
        ("\"a\nb\"", "1:3: a control character or line end within a string"),
        ("\"a", "1:3: the text ends within a string"),
        ("\"\\x\"", "1:2: an escape that JSON doesn't have"),
        ("\"\\u12\"", "1:4: \\u needs four"),
        ("\"\\ud800\"", "1:2: half of a surrogate pair"),
        ("1 2", "1:3: something follows the value"),
        ("€", "1:1: this is not JSON"),
    ] {
        assert!(fault(text).starts_with(expected), "{text}: {}", fault(text));
    }
    assert!(fault(&"[".repeat(100_000)).contains("nested more than 32 deep"));
    assert!(fault(&format!("[{}1]", "1,".repeat(2_000))).contains("too many values"));
}

/// Texts that are JSON or nearly.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\":",
        "1",
        "-",
        "0",
        ".5",
        "e9",
        "true",
        "null",
        " ",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\n",
        "é",
        "{}",
        "[]",
        "\n",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn agrees_with_serde_json(text in nearly_json()) {
        let mut problems = Problems::default();
        let ours = parse(&text, 1_000, &mut problems);
        let theirs: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        // Numbers out of range are refused there, and of equal keys the last counts.
        if problems.is_empty() && !text.contains('e') {
            prop_assert_eq!(ours.as_ref().map(plain), theirs);
        } else if ours.is_none() {
            prop_assert!(theirs.is_none());
        }
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        parse(&text, 1_000, &mut Problems::default());
    }
}
