//! Public benchmarks: items read from files that others publish.
//!
//! The files aren't part of the project. A definition pins each by its address and SHA-256; they lie in a folder of their own once they have been
//! fetched.

use crate::load::{TaskError, error};
use crate::{DataFile, Definition, Format, Kind, Source};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where addresses of data files begin.
pub const UPSTREAM: &str = "https://raw.githubusercontent.com/";

/// Bytes that a packed file unpacks to at most.
const MOST_UNPACKED: u64 = 1 << 28;

/// A data file's items, or those of them that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file's name without its end.
    pub name: String,
    /// The part of the task that it counts towards in breakdowns; may be empty.
    pub group: String,
    /// In the order of the file.
    pub questions: Vec<Question>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Text whose every byte is paid for.
    Document(Vec<u8>),
    /// Pick one of several ways to go on.
    Choice {
        /// Given, not paid for; may be empty.
        context: Vec<u8>,
        /// At least two, none empty.
        options: Vec<Vec<u8>>,
        /// Bytes at the beginning of each option that don't count as its length.
        lead: usize,
        /// Index of the right one.
        answer: usize,
    },
    /// Go on with exactly this.
    Continuation {
        /// Given.
        context: Vec<u8>,
        /// What follows, not empty.
        continuation: Vec<u8>,
    },
}

impl DataFile {
    /// Its place below a folder of fetched files, or a mirror: the address without its beginning. None if it has no address, or one that can't be
    /// such a place.
    pub fn place(&self) -> Option<&str> {
        let place = self.url.as_deref()?.strip_prefix(UPSTREAM)?;
        let is_name = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
        };
        (place.split('/').count() >= 4 && place.split('/').all(is_name)).then_some(place)
    }

    /// Whether these bytes are the ones that are pinned.
    ///
    /// # Errors
    /// In what they differ, and what is pinned.
    pub fn check(&self, data: &[u8]) -> Result<(), String> {
        let digest: String = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
        if data.len() as u64 == self.bytes && digest == self.sha256 {
            return Ok(());
        }
        Err(format!(
            "{} bytes with SHA-256 {digest}, but {} bytes with SHA-256 {} are pinned",
            data.len(),
            self.bytes,
            self.sha256
        ))
    }
}

/// The definitions of the tasks in a folder whose data is published elsewhere, by id: those with a `source`.
///
/// # Errors
/// If one is not in order.
pub fn public_definitions(folder: &Path) -> Result<Vec<Definition>, TaskError> {
    let mut found = vec![];
    for folder in crate::load::folders(folder)? {
        let definition = Definition::read(&folder)?;
        let Some(source) = &definition.source else { continue };
        let bad = |message: String| Err(error(&folder.join("task.json"), message));
        let is_text = matches!(source.format, Format::Text | Format::Conllu);
        let kind = match source.format {
            Format::Text | Format::Conllu => Kind::BitsPerByte,
            Format::Blimp | Format::Choices | Format::Requests => Kind::Choice,
            Format::Continuations => Kind::Continuation,
        };
        if definition.suite != "public" || definition.generator.is_some() || definition.files.is_empty() {
            return bad("a task with a `source` is of the suite `public`, has `files`, and no `generator`".into());
        }
        if definition.kind != kind || (is_text && source.sample.is_some()) {
            return bad("the `source` is not of the task's `kind`".into());
        }
        if let Some(file) = definition.files.iter().find(|file| file.place().is_none()) {
            return bad(format!("`{}` needs a `url` that begins with {UPSTREAM}", file.path));
        }
        found.push(definition);
    }
    Ok(found)
}

/// Whether all data files of a task have been fetched into a folder. Their content is not looked at.
pub fn is_fetched(definition: &Definition, fetched: &Path) -> bool {
    definition.files.iter().all(|file| file.place().is_some_and(|place| fetched.join(place).is_file()))
}

/// Reads a task's items from its fetched files.
///
/// # Errors
/// If a file is missing, not the one that is pinned, or not what the definition says.
pub fn load_parts(definition: &Definition, fetched: &Path) -> Result<Vec<Part>, TaskError> {
    let mut parts = vec![];
    for file in &definition.files {
        let path = file.place().map(|place| fetched.join(place)).unwrap_or_default();
        let remedy = format!("run `cargo golf fetch {}`", definition.id);
        let data = fs::read(&path).map_err(|fault| error(&path, format!("can't be read: {fault}; {remedy}")))?;
        file.check(&data).map_err(|message| error(&path, format!("{message}; {remedy}")))?;
        parts.push(part(definition, file, &path, &data)?);
    }
    Ok(parts)
}

fn part(definition: &Definition, file: &DataFile, path: &Path, data: &[u8]) -> Result<Part, TaskError> {
    let source = definition.source.as_ref().ok_or_else(|| error(path, "the task has no `source`"))?;
    let name = Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if definition.kind == Kind::BitsPerByte {
        let text = document(source, data).ok_or_else(|| error(path, "has no text where the task expects it"))?;
        return Ok(Part { name, group: String::new(), questions: vec![Question::Document(text)] });
    }
    let text = unpacked(path, data)?;
    let text = std::str::from_utf8(&text).map_err(|fault| error(path, format!("is not UTF-8: {fault}")))?;
    let mut questions = vec![];
    let mut group = String::new();
    let mut seen = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        let at = |message: String| error(path, format!("line {}: {message}", index + 1));
        let question = match source.format {
            Format::Blimp => {
                let pair: BlimpLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
                group.clone_from(&pair.linguistics_term);
                // A tie is no preference: the first of equals is picked, and it is the wrong one.
                let options = vec![pair.sentence_bad.into_bytes(), pair.sentence_good.into_bytes()];
                Question::Choice { context: vec![], options, lead: 0, answer: 1 }
            }
            Format::Choices => {
                let line: ChoicesLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
                choice(source, line).ok_or_else(|| at("needs two choices and the right one among them".into()))?
            }
            Format::Requests => {
                let line: RequestLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
                // One line for each choice, all with the same document.
                if !seen.insert(line.doc.query.clone()) {
                    continue;
                }
                choice(source, line.doc).ok_or_else(|| at("needs two choices and the right one among them".into()))?
            }
            Format::Continuations => {
                let line: ContinuationLine = serde_json::from_str(line).map_err(|fault| at(fault.to_string()))?;
                let context = (line.context + &source.after_context).into_bytes();
                let continuation = (source.before_option.clone() + &line.continuation).into_bytes();
                Question::Continuation { context, continuation }
            }
            Format::Text | Format::Conllu => return Err(error(path, "is text, but the task is none of text")),
        };
        questions.push(question);
    }
    if let Some(keep) = source.sample {
        questions = sample(&name, questions, keep as usize);
    }
    Ok(Part { name, group, questions })
}

/// The text that is scored.
fn document(source: &Source, data: &[u8]) -> Option<Vec<u8>> {
    let text = match source.format {
        Format::Conllu => {
            let lines = std::str::from_utf8(data).ok()?.lines().filter_map(|line| line.strip_prefix("# text = "));
            lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
        }
        _ => data.get(usize::try_from(source.from).ok()?..)?.to_vec(),
    };
    (!text.is_empty()).then_some(text)
}

fn unpacked(path: &Path, data: &[u8]) -> Result<Vec<u8>, TaskError> {
    if path.extension().is_none_or(|end| end != "gz") {
        return Ok(data.to_vec());
    }
    let mut text = vec![];
    let decoder = flate2::read::GzDecoder::new(data);
    decoder.take(MOST_UNPACKED).read_to_end(&mut text).map_err(|fault| error(path, format!("is not gzip: {fault}")))?;
    Ok(text)
}

fn choice(source: &Source, line: ChoicesLine) -> Option<Question> {
    let options: Vec<Vec<u8>> =
        line.choices.iter().map(|choice| [source.before_option.as_bytes(), choice.as_bytes()].concat()).collect();
    let context = (line.query + &source.after_context).into_bytes();
    let lead = source.before_option.len();
    let sound = options.len() >= 2 && line.gold < options.len() && options.iter().all(|option| option.len() > lead);
    sound.then_some(Question::Choice { context, options, lead, answer: line.gold })
}

/// Those whose SHA-256(part's name, `/`, place in the file from 0) is smallest, in the order of the file.
fn sample(name: &str, questions: Vec<Question>, keep: usize) -> Vec<Question> {
    let key = |index: usize| -> [u8; 32] { Sha256::digest(format!("{name}/{index}")).into() };
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_key(|&index| key(index));
    let kept: HashSet<usize> = order.into_iter().take(keep).collect();
    questions.into_iter().enumerate().filter(|(index, _)| kept.contains(index)).map(|(_, question)| question).collect()
}

/// A pair of BLiMP; what else its lines hold isn't needed.
#[derive(Deserialize)]
struct BlimpLine {
    sentence_good: String,
    sentence_bad: String,
    linguistics_term: String,
}

#[derive(Deserialize)]
struct ChoicesLine {
    query: String,
    choices: Vec<String>,
    gold: usize,
}

#[derive(Deserialize)]
struct RequestLine {
    doc: ChoicesLine,
}

#[derive(Deserialize)]
struct ContinuationLine {
    context: String,
    continuation: String,
}

/// Where fetched files lie in a project.
pub fn fetched_folder(root: &Path) -> PathBuf {
    root.join(".golf/fetched")
}

#[cfg(test)]
mod tests;
