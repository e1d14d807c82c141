//! Text files: UTF-8, one kind of line end.

use crate::fault::{Fault, Place};

/// The line and the column (in characters) of byte `at`, both from 1. Past the end it is the end.
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = String::from_utf8_lossy(&text.as_bytes()[..at.min(text.len())]);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.bytes().filter(|&byte| byte == b'\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The place of byte `at` of a text.
pub fn place(text: &str, at: usize) -> Place {
    let (line, column) = line_column(text, at);
    Place::Text { line, column }
}

/// Bytes as a text.
///
/// # Errors
/// The first byte order mark, carriage return, control character other than line feed and tab, or invalid UTF-8 each;
/// the path is left open.
pub fn decode(bytes: &[u8]) -> Result<&str, Vec<Fault>> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.valid_up_to();
            let before = str::from_utf8(&bytes[..valid]).unwrap_or_default();
            let message = format!("byte 0x{:02x} is not valid UTF-8", bytes[valid]);
            return Err(vec![Fault::new(place(before, valid), message, "save the file as UTF-8")]);
        }
    };
    let mut faults = Vec::new();
    if text.starts_with('\u{feff}') {
        let remedy = "save it as UTF-8 without one";
        faults.push(Fault::new(place(text, 0), "the file starts with a byte order mark", remedy));
    }
    if let Some(at) = text.find('\r') {
        let remedy = "convert the line ends to LF, for example with `sed -i 's/\\r$//'`";
        faults.push(Fault::new(place(text, at), "a line ends with CR LF", remedy));
    }
    if let Some((at, c)) = text.char_indices().find(|&(_, c)| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
        let message = format!("control character U+{:04X}", u32::from(c));
        faults.push(Fault::new(place(text, at), message, "remove it"));
    }
    if faults.is_empty() { Ok(text) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        assert_eq!(line_column("", 0), (1, 1));
        assert_eq!(line_column("é€x", 5), (1, 3));
        assert_eq!(line_column("a\nbc\n", 3), (2, 2));
        assert_eq!(line_column("a\nbc\n", 99), (3, 1));
        // Inside a character: never a panic.
        assert_eq!(line_column("€", 1).0, 1);
    }

    #[test]
    fn each_kind_of_bad_text_is_refused_where_it_is() {
        let first = |bytes: &[u8]| decode(bytes).unwrap_err()[0].to_string();
        assert!(first(b"ok\n \xff").starts_with("2:2: byte 0xff is not valid UTF-8"));
        assert!(first(b"\xef\xbb\xbfx").starts_with("1:1: the file starts with a byte order mark"));
        assert!(first(b"a\nb\r\n").starts_with("2:2: a line ends with CR LF"));
        assert!(first(b"a\x1b[2J").starts_with("1:2: control character U+001B"));
        assert_eq!(decode("tab\tä\n".as_bytes()), Ok("tab\tä\n"));
    }
}
