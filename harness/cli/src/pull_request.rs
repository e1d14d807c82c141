//! What a pull request changes, read from git's objects: nothing of it is checked out, so nothing of it can run.

use crate::Fault;
use golf_core::budget::BUDGET;
use golf_record::submission::is_slug;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Most files that the folder of an entry may have in a pull request; a check of the folder knows far fewer names.
const FILES: usize = 64;

/// Two commits of a repository.
#[derive(Clone, Debug)]
pub struct PullRequest {
    repository: PathBuf,
    /// Where the change branched off.
    pub base: String,
    /// Its last commit.
    pub head: String,
    /// The paths that differ, in their order.
    pub changes: Vec<String>,
}

/// What a pull request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Adds or changes the entry with this slug, and touches nothing else.
    Entry(String),
    /// Removes the entry with this slug.
    Removal(String),
    /// Changes the project; no entry is among it.
    Project,
    /// An entry, and what an entry may not touch: sentences.
    Mixed(Vec<String>),
    /// Nothing differs.
    Nothing,
}

impl PullRequest {
    /// What `head` has that `base` had not when they parted.
    ///
    /// # Errors
    /// If `repository` is none, or has no such commits.
    pub fn open(repository: &Path, base: &str, head: &str) -> Result<Self, Fault> {
        let commit = |name: &str| {
            let found =
                text(git(repository, &["rev-parse", "--verify", "--end-of-options", &format!("{name}^{{commit}}")])?);
            found.map(|hash| hash.trim().to_owned()).map_err(|_| {
                Fault::usage(format!("there is no commit `{name}` in {}; fetch it first", repository.display()))
            })
        };
        let (base, head) = (commit(base)?, commit(head)?);
        let parted = text(git(repository, &["merge-base", &base, &head])?);
        let base = parted.map_err(|_| {
            Fault::usage(format!("{base} and {head} have no commit in common: fetch more of their history"))
        })?;
        let base = base.trim().to_owned();
        let arguments = ["diff-tree", "-r", "-z", "--no-renames", "--name-only", &base, &head];
        let listing = git(repository, &arguments)?.map_err(|message| broken(repository, &message))?;
        Ok(PullRequest { repository: repository.to_owned(), base, head, changes: paths(&listing).collect() })
    }

    /// What it is about.
    pub fn scope(&self) -> Scope {
        match scope(&self.changes) {
            // With one file left it is an entry that lacks the others.
            Scope::Entry(slug) if self.files(&format!("submissions/{slug}")).is_ok_and(|files| files.is_empty()) => {
                Scope::Removal(slug)
            }
            scope => scope,
        }
    }

    /// Writes the files of a folder at the head into `to`, as data. Sizes are looked at before anything is read.
    ///
    /// # Errors
    /// If there is a link, a submodule, a folder, too many files or one that is too large; all that is wrong, a line each.
    pub fn extract(&self, folder: &str, to: &Path) -> Result<(), Fault> {
        let files = self.files(folder)?;
        let faults = refusals(folder, &files);
        if !faults.is_empty() {
            return Err(Fault::entry(faults.join("\n")));
        }
        fs::create_dir_all(to).map_err(|fault| Fault::reading(to, &fault))?;
        for file in &files {
            let blob = git(&self.repository, &["cat-file", "blob", &file.object])?;
            let blob = blob.map_err(|message| broken(&self.repository, &message))?;
            let path = to.join(&file.path[folder.len() + 1..]);
            fs::write(&path, blob)
                .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))?;
        }
        Ok(())
    }

    /// The content of a file where the change branched off; none if it wasn't there.
    ///
    /// # Errors
    /// If git can't be run.
    pub fn before(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(git(&self.repository, &["cat-file", "blob", &format!("{}:{path}", self.base)])?.ok())
    }

    /// How many files of the entry differ between the head and the repository's work tree, if the head is checked out there.
    ///
    /// # Errors
    /// If git can't be run.
    pub fn uncommitted(&self, slug: &str) -> Result<usize, Fault> {
        let is_out = text(git(&self.repository, &["rev-parse", "HEAD"])?).is_ok_and(|head| head.trim() == self.head);
        if !is_out {
            return Ok(0);
        }
        let folder = format!("submissions/{slug}");
        let listing = git(&self.repository, &["status", "--porcelain", "-z", "--no-renames", "--", &folder])?;
        Ok(listing.map_or(0, |listing| listing.split(|&byte| byte == 0).filter(|line| !line.is_empty()).count()))
    }

    fn files(&self, folder: &str) -> Result<Vec<File>, Fault> {
        let arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", &self.head, "--", &format!("{folder}/")];
        let listing = git(&self.repository, &arguments)?.map_err(|message| broken(&self.repository, &message))?;
        tree(&listing).ok_or_else(|| broken(&self.repository, "an unknown listing"))
    }
}

/// A file in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As git writes it, such as `100644`.
    pub mode: String,
    /// Its hash.
    pub object: String,
    /// Its length.
    pub bytes: u64,
    /// From the repository's root.
    pub path: String,
}

/// The paths of a listing that ends each with a zero byte.
fn paths(listing: &[u8]) -> impl Iterator<Item = String> {
    let paths = listing.split(|&byte| byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| String::from_utf8_lossy(path).into_owned())
}

/// The files that `git ls-tree -l -z` lists; none if that isn't its form.
pub fn tree(listing: &[u8]) -> Option<Vec<File>> {
    // mode, kind, object, bytes, a tab, the path
    let file = |line: String| {
        let (facts, path) = line.split_once('\t')?;
        let mut facts = facts.split_ascii_whitespace();
        let (mode, _, object) = (facts.next()?.to_owned(), facts.next()?, facts.next()?.to_owned());
        Some(File { mode, object, bytes: facts.next()?.parse().unwrap_or(0), path: path.to_owned() })
    };
    paths(listing).map(file).collect()
}

/// What changed paths are about: an entry may touch its own folder and nothing else, its records least of all. Whether it goes is not for paths to say.
pub fn scope(changes: &[String]) -> Scope {
    let slug = |path: &str| {
        let (folder, rest) = path.split_once('/')?;
        let slug = rest.split_once('/').map_or(rest, |(slug, _)| slug);
        (folder == "submissions").then(|| slug.to_owned())
    };
    let slugs: BTreeSet<String> = changes.iter().filter_map(|path| slug(path)).collect();
    let Some(first) = slugs.first() else {
        return if changes.is_empty() { Scope::Nothing } else { Scope::Project };
    };
    let first = printable(first);
    let mut faults = vec![];
    if slugs.len() > 1 {
        let all: Vec<String> = slugs.iter().map(|slug| printable(slug)).collect();
        faults.push(format!("it touches {} entries ({}): open a pull request for each", slugs.len(), all.join(", ")));
    } else if !slugs.iter().all(|slug| is_slug(slug)) {
        faults.push(format!("`submissions/{first}` is no folder of an entry"));
    }
    let is_own = |path: &str| slugs.iter().any(|slug| path.starts_with(&format!("submissions/{slug}/")));
    for path in changes.iter().filter(|path| !is_own(path)) {
        let path = printable(path);
        faults.push(match path.starts_with("results/") {
            true => {
                format!("it touches `{path}`: leave records out, they are made anew from the artifact after merging")
            }
            false => format!("it touches `{path}`: an entry's pull request holds `submissions/{first}/` only"),
        });
    }
    if faults.is_empty() { Scope::Entry(first) } else { Scope::Mixed(faults) }
}

/// Why the files of a folder may not be written out, a line each; none if they may.
pub fn refusals(folder: &str, files: &[File]) -> Vec<String> {
    if files.len() > FILES {
        return vec![format!("{}: {} files, more than the {FILES} allowed", printable(folder), files.len())];
    }
    let refusal = |file: &File| {
        let name = file.path.strip_prefix(folder).and_then(|name| name.strip_prefix('/')).unwrap_or_default();
        let fault = match file.mode.as_str() {
            "120000" => "a link; put the file itself here",
            "160000" => "a submodule; commit the files themselves",
            "100644" | "100755" if name.contains('/') => "in a folder; keep only files here, none of them in a folder",
            "100644" | "100755" if matches!(name, "" | "." | "..") || name.contains(['\\', '\0']) => {
                "no name for a file; rename it"
            }
            "100644" | "100755" if file.bytes > BUDGET + 1 => "larger than the whole budget; make it smaller",
            "100644" | "100755" => return None,
            _ => "of an unknown kind; commit an ordinary file",
        };
        Some(format!("{}: {fault}", printable(&file.path)))
    };
    files.iter().filter_map(refusal).collect()
}

fn broken(repository: &Path, message: &str) -> Fault {
    Fault::machine(format!("{}: git says: {message}", repository.display()))
}

/// What git prints, or else what it complains of.
fn git(repository: &Path, arguments: &[&str]) -> Result<Result<Vec<u8>, String>, Fault> {
    // Nothing that a repository brings along may run or reach out: no hooks, no lazy fetching, no prompts.
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false", "-c", "protocol.allow=never"])
        .args(arguments)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| Fault::machine(format!("git can't be run: {fault}; install it")))?;
    Ok(if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    })
}

fn text(output: Result<Vec<u8>, String>) -> Result<String, String> {
    output.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A path for a message: short, and without what could steer a terminal or end a span of code.
pub fn printable(path: &str) -> String {
    let plain = |c: char| if c == '`' { '?' } else { visible(c) };
    let mut short: String = path.chars().take(120).map(plain).collect();
    if path.chars().nth(120).is_some() {
        short.push_str("...");
    }
    short
}

/// A character, or a question mark for one that steers a terminal, turns the direction of writing or can't be seen.
pub fn visible(c: char) -> char {
    let hidden = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffc}' | '\u{fffe}' | '\u{ffff}');
    if c.is_control() || hidden { '?' } else { c }
}
