//! The folder `results/`.

use crate::{
    Audit, Contents, Leaders, Measurements, Portrait, Public, SCORE_SCHEMA, Samples, Score, Simulation, TARGETS,
    to_json,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The record of public tasks.
const PUBLIC: &str = "public.json";
const CONTENTS: &str = "contents.json";
const SAMPLES: &str = "samples.json";
const HISTORY: &str = "history.json";
/// Records of a submission that aren't named after a machine or a target.
const NAMED: [&str; 6] = ["score.json", "audit.json", PUBLIC, CONTENTS, SAMPLES, HISTORY];

/// Records by submission.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Why a record can't be read or written.
#[derive(Debug)]
pub struct StoreError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for StoreError {}

/// Replaces a file in one step: a kill or a loss of power at any moment leaves the old one or the new one. Folders on the way are made.
///
/// # Errors
/// If the file can't be written; the old one is then still there.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, true)
}

/// As [`write_atomically`], but without waiting for the disk, which takes thousands of files many seconds: for what can be made anew from records.
///
/// # Errors
/// If the file can't be written; the old one is then still there.
pub fn write_derived(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, false)
}

fn write(path: &Path, content: &[u8], lasting: bool) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".golf-").tempfile_in(folder)?;
    file.write_all(content)?;
    if lasting {
        file.as_file().sync_all()?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    // The rename itself lies in the folder.
    #[cfg(unix)]
    if lasting {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

impl Store {
    /// In this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Store { folder: folder.into() }
    }

    /// Where the score of a submission lies.
    pub fn score_path(&self, slug: &str) -> PathBuf {
        self.folder.join(slug).join("score.json")
    }

    /// Where the measurements of a submission on a machine lie.
    pub fn measurements_path(&self, slug: &str, machine: &str) -> PathBuf {
        self.folder.join(slug).join(format!("{machine}.json"))
    }

    /// Where the score of a submission on public tasks lies.
    pub fn public_path(&self, slug: &str) -> PathBuf {
        self.folder.join(slug).join(PUBLIC)
    }

    /// The score of a submission on public tasks, if there is one.
    ///
    /// # Errors
    /// If the file is there but can't be read as one.
    pub fn public(&self, slug: &str) -> Result<Option<Public>, StoreError> {
        read(&self.public_path(slug))
    }

    /// Stores a score on public tasks.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_public(&self, public: &Public) -> Result<(), StoreError> {
        put(&self.public_path(&public.slug), public)
    }

    /// The score of a submission, if there is one of the present format.
    ///
    /// # Errors
    /// If the file is there but can't be read as a score.
    pub fn score(&self, slug: &str) -> Result<Option<Score>, StoreError> {
        #[derive(Deserialize)]
        struct Format {
            schema: u32,
        }
        let path = self.score_path(slug);
        match read(&path)? {
            Some(Format { schema: SCORE_SCHEMA }) => read(&path),
            _ => Ok(None),
        }
    }

    /// Measurements of a submission on all machines, by machine.
    ///
    /// # Errors
    /// If a file can't be read as measurements.
    pub fn measurements(&self, slug: &str) -> Result<Vec<Measurements>, StoreError> {
        let Ok(files) = fs::read_dir(self.folder.join(slug)) else { return Ok(vec![]) };
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.sort();
        let is_record = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_target = name.strip_suffix(".json").is_some_and(|name| TARGETS.contains(&name));
            name.ends_with(".json") && !NAMED.contains(&&*name) && !is_target && !name.starts_with('.')
        };
        paths.iter().filter(is_record).filter_map(|path| read(path).transpose()).collect()
    }

    /// Where what a simulated target made of a submission lies.
    pub fn simulation_path(&self, slug: &str, target: &str) -> PathBuf {
        self.folder.join(slug).join(format!("{target}.json"))
    }

    /// What a simulated target made of a submission, if that is recorded in the present format.
    ///
    /// # Errors
    /// If the file is there but can't be read as such a record.
    pub fn simulation(&self, slug: &str, target: &str) -> Result<Option<Simulation>, StoreError> {
        let path = self.simulation_path(slug, target);
        match read::<serde_json::Value>(&path)? {
            Some(record) if record["schema"] == Simulation::SCHEMA => read(&path),
            _ => Ok(None),
        }
    }

    /// Stores what a simulated target made of a submission.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_simulation(&self, simulation: &Simulation) -> Result<(), StoreError> {
        put(&self.simulation_path(&simulation.slug, &simulation.target), simulation)
    }

    /// The audit of a submission, if there is one.
    ///
    /// # Errors
    /// If the file is there but can't be read as an audit.
    pub fn audit(&self, slug: &str) -> Result<Option<Audit>, StoreError> {
        read(&self.audit_path(slug))
    }

    /// Stores an audit.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_audit(&self, audit: &Audit) -> Result<(), StoreError> {
        put(&self.audit_path(&audit.slug), audit)
    }

    fn audit_path(&self, slug: &str) -> PathBuf {
        self.folder.join(slug).join("audit.json")
    }

    /// What an entry's page shows besides its scores, of an artifact with this digest.
    ///
    /// # Errors
    /// If a file is there but can't be read as such a record.
    pub fn portrait(&self, slug: &str, artifact: &str) -> Result<Portrait, StoreError> {
        let path = |name| self.folder.join(slug).join(name);
        let contents = read::<Contents>(&path(CONTENTS))?.filter(|record| record.artifact_sha256 == artifact);
        let samples = read::<Samples>(&path(SAMPLES))?.filter(|record| record.artifact_sha256 == artifact);
        Ok(Portrait { contents, samples, history: read(&path(HISTORY))?.unwrap_or_default() })
    }

    /// Stores it.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_portrait(&self, slug: &str, portrait: &Portrait) -> Result<(), StoreError> {
        let path = |name| self.folder.join(slug).join(name);
        portrait.contents.iter().try_for_each(|record| put(&path(CONTENTS), record))?;
        portrait.samples.iter().try_for_each(|record| put(&path(SAMPLES), record))?;
        put(&path(HISTORY), &portrait.history)
    }

    /// Who has held the records; nobody, if that isn't recorded.
    ///
    /// # Errors
    /// If the file is there but can't be read.
    pub fn leaders(&self) -> Result<Leaders, StoreError> {
        Ok(read(&self.leaders_path())?.unwrap_or_default())
    }

    /// Stores who has held the records.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_leaders(&self, leaders: &Leaders) -> Result<(), StoreError> {
        put(&self.leaders_path(), leaders)
    }

    fn leaders_path(&self) -> PathBuf {
        self.folder.join("leaders.json")
    }

    /// Stores a score.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_score(&self, score: &Score) -> Result<(), StoreError> {
        put(&self.score_path(&score.slug), score)
    }

    /// Stores measurements.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn put_measurements(&self, measurements: &Measurements) -> Result<(), StoreError> {
        put(&self.measurements_path(&measurements.slug, &measurements.machine.id), measurements)
    }

    /// Stores a derived file, such as the leaderboard.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put_derived(&self, name: &str, content: &str) -> Result<(), StoreError> {
        let path = self.folder.join(name);
        write_atomically(&path, content.as_bytes()).map_err(|fault| cannot_write(&path, &fault))
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    let error = |message| StoreError { path: path.to_owned(), message };
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(error(format!("can't be read: {fault}"))),
    };
    let remedy = "delete the file, and `cargo golf run` makes it anew";
    serde_json::from_slice(&text).map(Some).map_err(|fault| error(format!("is not a record: {fault}; {remedy}")))
}

fn put(path: &Path, record: &impl Serialize) -> Result<(), StoreError> {
    write_atomically(path, to_json(record).as_bytes()).map_err(|fault| cannot_write(path, &fault))
}

fn cannot_write(path: &Path, fault: &io::Error) -> StoreError {
    let message = format!("can't be written: {fault}. Nothing was lost; make room or grant access, and run again");
    StoreError { path: path.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_no_scraps_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_score_of_another_format_counts_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        write_atomically(&store.score_path("x"), b"{\"schema\":1,\"tasks\":[{}]}").unwrap();
        assert!(store.score("x").unwrap().is_none());
    }

    #[test]
    fn a_torn_record_is_an_error_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        assert!(store.score("x").unwrap().is_none());
        write_atomically(&store.score_path("x"), b"{\"schema\":1,").unwrap();
        let message = store.score("x").unwrap_err().to_string();
        assert!(message.contains("score.json: is not a record") && message.contains("delete the file"), "{message}");
    }
}
