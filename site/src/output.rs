//! Files in memory, and how they get to the disk.

use crate::SiteError;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Lists what a render wrote, a path a line, so that the next one knows what it may delete.
const LIST: &str = ".rendered";

/// Kinds of files that the site consists of.
const KINDS: [&str; 10] = ["html", "css", "js", "wasm", "safetensors", "svg", "png", "csv", "json", "xml"];

/// Content by path, relative and with `/`.
#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), content.into());
    }

    /// Adds other files.
    pub(crate) fn merge(&mut self, other: Files) {
        self.0.extend(other.0);
    }

    /// How many pages there are.
    pub(crate) fn pages(&self) -> usize {
        self.0.keys().filter(|path| path.ends_with(".html")).count()
    }

    /// Makes the folder hold these files, and deletes what a former render left there and this one didn't write.
    pub(crate) fn write(&self, out: &Path) -> Result<(), SiteError> {
        let former: BTreeSet<String> = match fs::read_to_string(out.join(LIST)) {
            Ok(list) => list.lines().filter(|path| is_ours(path)).map(String::from).collect(),
            Err(_) => BTreeSet::new(),
        };
        // The list covers old and new files while both may be there: a kill at any moment leaves nothing unlisted.
        let all: BTreeSet<&str> = former.iter().map(String::as_str).chain(self.0.keys().map(String::as_str)).collect();
        put(out, LIST, list(all).as_bytes())?;
        for (path, content) in &self.0 {
            put(out, path, content)?;
        }
        for path in former.iter().filter(|path| !self.0.contains_key(*path)) {
            let path = out.join(path);
            match fs::remove_file(&path) {
                Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                    return Err(SiteError::Write { path, fault });
                }
                _ => {}
            }
        }
        put(out, LIST, list(self.0.keys().map(String::as_str)).as_bytes())
    }
}

fn list<'a>(paths: impl IntoIterator<Item = &'a str>) -> String {
    paths.into_iter().flat_map(|path| [path, "\n"]).collect()
}

fn put(out: &Path, path: &str, content: &[u8]) -> Result<(), SiteError> {
    let path = out.join(path);
    // What a power cut takes is rendered again, so nobody waits for the disk.
    golf_record::write_derived(&path, content).map_err(|fault| SiteError::Write { path, fault })
}

/// Whether a listed path is one that a render could have written: whatever the list says, nothing else is deleted.
fn is_ours(path: &str) -> bool {
    let is_plain = |part: &str| {
        let letters = part.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-' | '.'));
        !part.is_empty() && !part.starts_with('.') && letters
    };
    path.split('/').count() <= 2
        && path.split('/').all(is_plain)
        && KINDS.iter().any(|kind| path.ends_with(&format!(".{kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_a_render_writes_are_ours() {
        for path in ["index.html", "entries/a-1.html", "charts/size-wide-dark.svg"] {
            assert!(is_ours(path), "{path}");
        }
        for path in ["", "/etc/x.html", "../x.html", "a/b/c.html", ".x.html", "main.rs", "a//b.html", "C:x.html"] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
