//! As much of a parser as the tests need.

const VOID: [&str; 9] = ["meta", "link", "br", "img", "source", "hr", "input", "wbr", "col"];

/// Whether tags balance, attributes are quoted and unique, and nothing is left unescaped.
pub(super) fn check(source: &str) -> Result<(), String> {
    let mut open: Vec<String> = vec![];
    for (tag, text) in pieces(source) {
        if text.contains('>') {
            return Err(format!("stray > in {text:?}"));
        }
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            if !entity.contains(';') || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '#') {
                return Err(format!("bare & in {text:?}"));
            }
        }
        if tag.is_empty() || tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some(opened) if opened == name => continue,
                opened => return Err(format!("</{name}> closes {opened:?}")),
            }
        }
        let name: String = tag.chars().take_while(|letter| letter.is_ascii_alphanumeric()).collect();
        let mut names: Vec<String> = parts(tag).into_iter().map(|(name, _)| name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        if names.len() < count || names.iter().any(|name| name.contains(['"', '<', '=']) || name.starts_with("on")) {
            return Err(format!("attributes of <{tag}>"));
        }
        if name == "p" && open.iter().any(|name| name == "p") {
            return Err(format!("<{tag}> within a paragraph"));
        }
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

/// Values of attributes with these names.
pub(super) fn attributes(source: &str, names: &[&str]) -> Vec<String> {
    let tags = pieces(source).into_iter().filter(|(tag, _)| !tag.starts_with(['/', '!']));
    tags.flat_map(|(tag, _)| parts(tag))
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(_, value)| value)
        .collect()
}

/// What is left without tags.
pub(super) fn text(source: &str) -> String {
    pieces(source).into_iter().map(|(_, text)| text).collect()
}

/// Tags without brackets, each with the text that follows it; first the text before any tag.
fn pieces(source: &str) -> Vec<(&str, &str)> {
    let mut found = vec![];
    for (index, piece) in source.split('<').enumerate() {
        match piece.split_once('>') {
            Some((tag, text)) if index > 0 => found.push((tag, text)),
            _ => found.push(("", piece)),
        }
    }
    found
}

fn parts(tag: &str) -> Vec<(String, String)> {
    let mut found = vec![];
    let mut rest = tag.split_once([' ', '\n']).map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, next) = after.split_once('"').unwrap_or((after, ""));
        found.push((name.trim().to_owned(), value.to_owned()));
        rest = next;
    }
    found
}
