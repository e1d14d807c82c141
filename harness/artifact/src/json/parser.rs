//! From text to values.

use super::{Member, Node, Problems, Value};
use crate::fault::quote;
use std::borrow::Cow;
use std::collections::HashSet;

/// How deep values may be nested.
const DEEPEST: usize = 32;

/// Reads one JSON value that makes up all of `text`, with at most `values` values in it.
///
/// Faults of syntax end the reading and give `None`; a key that occurs twice doesn't.
pub fn parse<'a>(text: &'a str, values: usize, problems: &mut Problems) -> Option<Node<'a>> {
    let mut parser = Parser { text, at: 0, values, depth: 0, problems };
    let result = parser.document();
    match result {
        Ok(node) => Some(node),
        Err(Stop { at, message, remedy }) => {
            problems.report(at, message, remedy);
            None
        }
    }
}

/// A fault after which the text makes no sense.
struct Stop {
    at: usize,
    message: String,
    remedy: &'static str,
}

struct Parser<'a, 'p> {
    text: &'a str,
    at: usize,
    /// Values that may still come.
    values: usize,
    depth: usize,
    problems: &'p mut Problems,
}

impl<'a> Parser<'a, '_> {
    fn document(&mut self) -> Result<Node<'a>, Stop> {
        let node = self.value()?;
        match self.next() {
            None => Ok(node),
            Some(_) => self.stop("something follows the value", "remove what comes after it"),
        }
    }

    fn value(&mut self) -> Result<Node<'a>, Stop> {
        let first = self.next();
        if self.values == 0 {
            return self.stop("there are too many values", "make it shorter");
        }
        if self.depth == DEEPEST {
            return self.stop(format!("values are nested more than {DEEPEST} deep"), "flatten them");
        }
        self.values -= 1;
        self.depth += 1;
        let at = self.at;
        let value = match first {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            Some(b'\'') => return self.stop("a string in single quotes", "use double quotes"),
            Some(b'/' | b'#') => return self.stop("JSON has no comments", "remove it"),
            Some(b',' | b']' | b'}') => {
                return self.stop("a value is missing here", "write it, or remove the comma before");
            }
            Some(_) => {
                return self.stop("this is not JSON", "write a string, number, array, object, true, false or null");
            }
            None => return self.stop("the text ends where a value should be", "write the rest"),
        };
        self.depth -= 1;
        Ok(Node { at, value })
    }

    fn object(&mut self) -> Result<Value<'a>, Stop> {
        self.at += 1;
        let mut members: Vec<Member<'a>> = Vec::new();
        let mut seen: HashSet<Cow<'a, str>> = HashSet::new();
        if self.next() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            let at = match self.next() {
                Some(b'"') => self.at,
                Some(b'}') => return self.stop("a comma before the closing brace", "remove the comma"),
                Some(_) => return self.stop("a key must be a string in double quotes", "put it in double quotes"),
                None => return self.stop("the text ends within an object", "write the rest"),
            };
            let key = self.string()?;
            if self.next() != Some(b':') {
                return self.stop("a colon is missing after the key", "write `:`");
            }
            self.at += 1;
            let node = self.value()?;
            if seen.insert(key.clone()) {
                members.push(Member { at, key, node });
            } else {
                let message = format!("the key {} occurs twice in this object", quote(&key));
                self.problems.report(at, message, "keep one of them");
            }
            match self.next() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) => return self.stop("a comma or a closing brace is missing", "write `,` or `}`"),
                None => return self.stop("the text ends within an object", "write the rest"),
            }
        }
        self.at += 1;
        Ok(Value::Object(members))
    }

    fn array(&mut self) -> Result<Value<'a>, Stop> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            match self.next() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) => return self.stop("a comma or a closing bracket is missing", "write `,` or `]`"),
                None => return self.stop("the text ends within an array", "write the rest"),
            }
        }
        self.at += 1;
        Ok(Value::Array(items))
    }

    fn word(&mut self) -> Result<Value<'a>, Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            word => {
                let message = format!("{} is not JSON", quote(word));
                self.at = start;
                self.stop(message, "write `true`, `false` or `null`, or put it in double quotes")
            }
        }
    }

    fn number(&mut self) -> Result<Value<'a>, Stop> {
        let start = self.at;
        self.skip(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            self.at -= whole.len();
            return self.stop("a number must not start with 0", "remove the leading zeros");
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(Value::Number(&self.text[start..self.at]))
    }

    /// At least one.
    fn digits(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            "" => self.stop("a digit is missing in this number", "write it"),
            digits => Ok(digits),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        self.at += 1;
        let mut out = Cow::Borrowed("");
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    push(&mut out, &self.text[start..self.at]);
                    let c = self.escape()?;
                    out.to_mut().push(c);
                    start = self.at;
                }
                Some(0..=0x1f) => {
                    return self.stop("a control character or line end within a string", "escape it, as in `\\n`");
                }
                Some(_) => self.at += 1,
                None => return self.stop("the text ends within a string", "write the closing quote"),
            }
        }
        push(&mut out, &self.text[start..self.at]);
        self.at += 1;
        Ok(out)
    }

    fn escape(&mut self) -> Result<char, Stop> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(quoted @ (b'"' | b'\\' | b'/')) => char::from(quoted),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex()?;
                let code = match first {
                    0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        let second = self.hex()?;
                        // A first half without its second is no character: 0xd800 is none either.
                        if (0xdc00..0xe000).contains(&second) {
                            0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00))
                        } else {
                            first
                        }
                    }
                    code => code,
                };
                return char::from_u32(code).ok_or(Stop {
                    at: start,
                    message: "half of a surrogate pair".into(),
                    remedy: "write both halves, or the character itself",
                });
            }
            _ => {
                self.at = start;
                return self
                    .stop("an escape that JSON doesn't have", "use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
            }
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Result<u32, Stop> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let code = digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?));
        match code.filter(|_| digits.len() == 4) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.stop("\\u needs four hexadecimal digits", "write them"),
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space, not taken.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    fn stop<T>(&self, message: impl Into<String>, remedy: &'static str) -> Result<T, Stop> {
        Err(Stop { at: self.at, message: message.into(), remedy })
    }
}

/// Appends without copying what is borrowed, as long as there is nothing else.
fn push<'a>(out: &mut Cow<'a, str>, part: &'a str) {
    match out {
        Cow::Borrowed("") => *out = Cow::Borrowed(part),
        _ => out.to_mut().push_str(part),
    }
}
