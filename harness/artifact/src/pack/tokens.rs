//! A vocabulary written as JSON.

use crate::json::{Fields, Node, Problems, Value};

/// Reads a list of tokens: strings, or `{"hex": "..."}` for bytes that are no text. None if it is no list.
pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Vec<u8>>> {
    let list = node.list("vocabulary", 256..=65_536, problems)?;
    Some(list.iter().map(|node| token(node, problems).unwrap_or_default()).collect())
}

fn token(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let bytes = match &node.value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Object(_) => {
            let text = Fields::of(node, "the token", &["hex"], problems)?.text("hex", problems)?;
            let bytes = hex(text);
            if bytes.is_none() {
                problems.report(node.at, "`hex` is not pairs of hexadecimal digits", "write two for each byte");
            }
            bytes?
        }
        other => {
            let remedy = "write a string, or {\"hex\": \"...\"}";
            problems.report(node.at, format!("the token is {}", other.kind()), remedy);
            return None;
        }
    };
    if !(1..=255).contains(&bytes.len()) {
        let message = format!("the token is {} bytes long", bytes.len());
        problems.report(node.at, message, "give it 1 to 255 bytes");
    }
    Some(bytes)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}
