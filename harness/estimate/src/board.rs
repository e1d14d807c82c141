//! `harness/boards/<slug>.json`: a board that somebody can buy, every figure with its source.

use crate::Core;
use golf_record::submission::is_slug;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A board.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Version of this format: 1.
    pub schema: u32,
    /// The file's name.
    #[serde(skip)]
    pub slug: String,
    /// As its maker calls it.
    pub name: String,
    /// The microcontroller on it.
    pub chip: String,
    /// Its kinds of cores. One of them runs the model, and the first that has been counted is shown.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub cores: Vec<&'static Core>,
    /// Highest clock by its maker's word, in hertz.
    pub clock: Cited<u64>,
    /// Flash before RAM, and what is on the chip before what isn't.
    pub memories: Vec<Memory>,
    /// Power while it computes, in milliwatts; none if there is no source for it.
    pub active_power: Option<Cited<u64>>,
    /// Where figures come from, by the key that they name.
    pub sources: BTreeMap<String, Source>,
}

/// A figure and the key of its source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cited<T> {
    /// The figure.
    pub value: T,
    /// A key of [`Board::sources`].
    pub source: String,
    /// What should be known beside it.
    #[serde(default)]
    pub note: String,
}

/// Where a figure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title and publisher.
    pub title: String,
    /// Address.
    pub url: String,
    /// When it was read, as YYYY-MM-DD.
    pub date: String,
}

/// What a memory can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Keeps the code and the model.
    Flash,
    /// Holds what changes.
    Ram,
}

/// Where a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// On the chip.
    Internal,
    /// Beside it, on a bus.
    External,
}

/// A memory.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// For people.
    pub name: String,
    /// Flash or RAM.
    pub kind: Kind,
    /// On the chip or beside it.
    pub place: Place,
    /// How large.
    pub bytes: Cited<u64>,
    /// How fast it is read; none if there is no source for it, or if it keeps up with the core.
    #[serde(default)]
    pub bandwidth: Option<Cited<Limits>>,
}

/// Bytes per second, each end only if there is a source for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Of reads here and there.
    pub low: Option<u64>,
    /// What the bus can carry.
    pub high: Option<u64>,
}

/// Why a board's file can't be used.
#[derive(Debug)]
pub struct BoardError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for BoardError {}

/// All boards in a folder, by slug; none if there is no such folder.
///
/// # Errors
/// If a file isn't in order.
pub fn load_all(folder: &Path) -> Result<Vec<Board>, BoardError> {
    let Ok(files) = fs::read_dir(folder) else { return Ok(vec![]) };
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| load(path).map_err(|message| BoardError { path: path.clone(), message })).collect()
}

fn load(path: &Path) -> Result<Board, String> {
    let text = fs::read(path).map_err(|fault| format!("can't be read: {fault}"))?;
    Board::parse(&path.file_stem().unwrap_or_default().to_string_lossy(), &text)
}

impl Board {
    /// What the file of this slug says.
    ///
    /// # Errors
    /// If it isn't in order: what is wrong, and how to mend it.
    pub fn parse(slug: &str, text: &[u8]) -> Result<Self, String> {
        let mut board: Board = serde_json::from_slice(text).map_err(|fault| fault.to_string())?;
        board.slug = slug.into();
        board.check()?;
        Ok(board)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != 1 {
            return Err(format!("schema {} is unknown: write 1", self.schema));
        }
        if !is_slug(&self.slug) {
            return Err("its name can't be a slug: use lower-case letters, digits and hyphens".into());
        }
        if self.cores.is_empty() || self.clock.value == 0 {
            return Err("it has no core or no clock: name at least one of each".into());
        }
        let mut cited = vec![("clock", &self.clock.source)];
        cited.extend(self.active_power.iter().map(|power| ("active_power", &power.source)));
        for memory in &self.memories {
            cited.push((&memory.name, &memory.bytes.source));
            cited.extend(memory.bandwidth.iter().map(|bandwidth| (memory.name.as_str(), &bandwidth.source)));
            let limits = memory.bandwidth.as_ref().map(|bandwidth| bandwidth.value);
            if let Some(Limits { low, high }) = limits {
                let is_sound = match (low, high) {
                    (None, None) | (Some(0), _) | (_, Some(0)) => false,
                    (Some(low), Some(high)) => low <= high,
                    _ => true,
                };
                if !is_sound {
                    return Err(format!(
                        "{}: a bandwidth is from `low` to `high`, above zero; leave out what isn't known",
                        memory.name
                    ));
                }
            }
        }
        if let Some((figure, source)) = cited.iter().find(|(_, source)| !self.sources.contains_key(*source)) {
            return Err(format!("{figure}: the source `{source}` is not among `sources`: add it there"));
        }
        if let Some(key) = self.sources.keys().find(|key| !cited.iter().any(|(_, source)| source == key)) {
            return Err(format!("no figure names the source `{key}`: take it out"));
        }
        let is_date = |text: &str| {
            let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            let parts: Vec<&str> = text.split('-').collect();
            matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
        };
        match self.sources.iter().find(|(_, source)| !is_date(&source.date) || !source.url.starts_with("https://")) {
            Some((key, _)) => {
                Err(format!("the source `{key}` needs an address with https:// and a date such as 2026-01-31"))
            }
            None => Ok(()),
        }
    }

    /// Its memories of one kind, those on the chip first.
    pub fn memories(&self, kind: Kind) -> impl Iterator<Item = &Memory> {
        let of = move |place| self.memories.iter().filter(move |memory| memory.kind == kind && memory.place == place);
        of(Place::Internal).chain(of(Place::External))
    }
}
