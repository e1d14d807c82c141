//! JSON that people can read and `git diff` can compare.

use serde::Serialize;
use serde_json::Value;

/// Indented down to arrays of records, which have one element a line. Ends with a line feed.
///
/// # Panics
/// If the value has a map whose keys aren't strings, which no format here has.
pub fn to_json(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("records have string keys");
    let mut text = String::new();
    write(&value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, indent: usize, text: &mut String) {
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let parts: Vec<(Option<&str>, &Value)> = match value {
        Value::Object(fields) if !is_flat(value) => {
            fields.iter().map(|(name, part)| (Some(name.as_str()), part)).collect()
        }
        Value::Array(parts) if !is_flat(value) => parts.iter().map(|part| (None, part)).collect(),
        _ => return text.push_str(&value.to_string()),
    };
    text.push(open);
    for (index, (name, part)) in parts.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent + 2));
        if let Some(name) = name {
            text.push_str(&Value::from(name).to_string());
            text.push_str(": ");
        }
        write(part, indent + 2, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

/// Whether a value goes on one line: no objects within objects or lists, and not the outermost record.
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Array(parts) => parts.iter().all(|part| !part.is_object() && is_flat(part)),
        Value::Object(fields) => fields.values().all(|part| !part.is_object() && is_flat(part)) && fields.len() <= 8,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_records_have_one_a_line() {
        let value = json!({"a": {"b": [1, 2]}, "items": [{"id": "x", "n": [1, 2]}, {"id": "y"}]});
        let text = to_json(&value);
        assert_eq!(
            text,
            "{\n  \"a\": {\"b\":[1,2]},\n  \"items\": [\n    {\"id\":\"x\",\"n\":[1,2]},\n    {\"id\":\"y\"}\n  ]\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
