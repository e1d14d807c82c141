//! From folders to tasks and items.

use crate::{Content, Definition, Draw, Item, Kind, generator};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A task whose definition and data have been read and found in order.
#[derive(Clone, Debug)]
pub struct Task {
    /// What `task.json` says.
    pub definition: Definition,
    from_files: Vec<Item>,
}

/// Why a task can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    /// The file at fault.
    pub path: PathBuf,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for TaskError {}

pub(crate) fn error(path: &Path, message: impl Into<String>) -> TaskError {
    TaskError { path: path.to_owned(), message: message.into() }
}

/// The tasks' folders, by name.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let entries = fs::read_dir(folder).map_err(|fault| error(folder, format!("can't be read: {fault}")))?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|p| p.is_dir()).collect();
    folders.sort();
    Ok(folders)
}

/// All tasks in a folder whose data is part of the project, by id: those without a `source`.
///
/// # Errors
/// If a task's definition or data is not in order.
pub fn load_all(folder: &Path) -> Result<Vec<Task>, TaskError> {
    let mut tasks = vec![];
    for folder in folders(folder)? {
        if Definition::read(&folder)?.source.is_none() {
            tasks.push(Task::load(&folder)?);
        }
    }
    Ok(tasks)
}

/// The line of a JSONL file of choice items.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceLine {
    id: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    context: String,
    options: Vec<String>,
    answer: usize,
}

/// The line of a JSONL file of exercises.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GenerateLine {
    id: String,
    #[serde(default)]
    group: String,
    prompt: String,
    answer: String,
}

impl Task {
    /// Reads `folder/task.json` and the data files that it names.
    ///
    /// # Errors
    /// If the definition is not in order, or a data file is missing or not the one that is pinned.
    pub fn load(folder: &Path) -> Result<Self, TaskError> {
        let read = |path: &Path| fs::read(path).map_err(|fault| error(path, format!("can't be read: {fault}")));
        Task::with(Definition::read(folder)?, folder, read)
    }

    /// A task whose data files come from wherever `read` finds them by their paths, which begin with `folder`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn with(
        definition: Definition,
        folder: &Path,
        read: impl Fn(&Path) -> Result<Vec<u8>, TaskError>,
    ) -> Result<Self, TaskError> {
        let path = folder.join("task.json");
        match &definition.generator {
            Some(generated) if generator::named(&generated.name).is_none() => {
                return Err(error(&path, format!("there is no generator `{}`", generated.name)));
            }
            _ if definition.source.is_some() || definition.kind == Kind::Continuation => {
                return Err(error(&path, "is of data that is published elsewhere, which only the suite `public` has"));
            }
            None if definition.files.is_empty() => {
                return Err(error(&path, "a task needs `files`, a `generator` or both"));
            }
            _ => {}
        }
        let mut task = Task { definition, from_files: vec![] };
        for file in &task.definition.files {
            let path = folder.join(&file.path);
            let data = read(&path)?;
            let digest = hex(&Sha256::digest(&data));
            if data.len() as u64 != file.bytes || digest != file.sha256 {
                return Err(error(
                    &path,
                    format!(
                        "is not the file that task.json pins: it has {} bytes with SHA-256 {digest}. Restore it, or, if \
                         the task is meant to change, pin these and raise its version",
                        data.len()
                    ),
                ));
            }
            task.from_files.extend(items_of(&path, task.definition.kind, data)?);
        }
        let mut seen = HashSet::new();
        if let Some(item) = task.from_files.iter().find(|item| !seen.insert(&item.id)) {
            return Err(error(&path, format!("the item `{}` occurs twice", item.id)));
        }
        Ok(task)
    }

    /// `id@version`, which names a task for good.
    pub fn name(&self) -> String {
        format!("{}@{}", self.definition.id, self.definition.version)
    }

    /// The items from its files.
    pub fn from_files(&self) -> &[Item] {
        &self.from_files
    }

    /// The items that an artifact is examined on: from files, from the public seed, and from the artifact's own seed.
    ///
    /// The own seed is SHA-256(artifact's SHA-256, `id@version`, a zero byte, season): what the items are is settled only when the last
    /// byte of the artifact is.
    pub fn items(&self, artifact_sha256: &[u8; 32], season: &str) -> Vec<Item> {
        let mut items = self.from_files.clone();
        if let Some(generated) = &self.definition.generator {
            let generate = generator::named(&generated.name).expect("checked when the task was loaded");
            let parts =
                [("fixed", generated.fixed, [0; 32], "fixed"), ("fresh", generated.fresh, *artifact_sha256, season)];
            for (part, count, digest, season) in parts {
                let mut hash = Sha256::new();
                hash.update(digest);
                hash.update(self.name());
                hash.update([0]);
                hash.update(season);
                for mut item in generate(&Draw::new(hash.finalize().into()), count) {
                    item.id = format!("{part}-{}", item.id);
                    item.fresh = part == "fresh";
                    if item.group.is_empty() {
                        part.clone_into(&mut item.group);
                    }
                    items.push(item);
                }
            }
        }
        items
    }
}

fn items_of(path: &Path, kind: Kind, data: Vec<u8>) -> Result<Vec<Item>, TaskError> {
    if kind == Kind::BitsPerByte {
        if data.is_empty() {
            return Err(error(path, "is empty"));
        }
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let content = Content::Document { text: data, ideal: None };
        return Ok(vec![Item { id, group: String::new(), fresh: false, content }]);
    }
    let text = std::str::from_utf8(&data).map_err(|fault| error(path, format!("is not UTF-8: {fault}")))?;
    let parse = |(index, line): (usize, &str)| {
        let at = |message: String| error(path, format!("line {}: {message}", index + 1));
        if kind == Kind::Choice {
            let line: ChoiceLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
            let options: Vec<Vec<u8>> = line.options.into_iter().map(String::into_bytes).collect();
            if options.len() < 2 || options.iter().any(Vec::is_empty) || line.answer >= options.len() {
                return Err(at("needs at least two options, none empty, and an answer among them".into()));
            }
            let content = Content::Choice { context: line.context.into_bytes(), options, answer: line.answer };
            Ok(Item { id: line.id, group: line.group, fresh: false, content })
        } else {
            let line: GenerateLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
            let content = Content::Generate { prompt: line.prompt.into_bytes(), answer: line.answer.into_bytes() };
            Ok(Item { id: line.id, group: line.group, fresh: false, content })
        }
    };
    text.lines().enumerate().map(parse).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
