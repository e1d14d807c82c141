//! Reading a submission's folder.

use super::manifest::{self, Reading};
use super::{
    ARTIFACT, LICENSE, MANIFEST, MANIFEST_LIMIT, README, README_LIMIT, Submission, TRAINING_LIMIT, hex, is_slug,
};
use golf_artifact::fault::{self, Fault, Place, quote};
use golf_artifact::near::nearest;
use golf_artifact::{Artifact, text};
use golf_core::budget::BUDGET;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// Files that a submission may have.
const FILES: usize = 32;
/// How the pointer files of Git LFS begin.
const LFS: &[u8] = b"version https://git-lfs";

/// A folder that is being checked.
struct Check<'a> {
    folder: &'a Path,
    /// The engine of an artifact that is known.
    known: &'a dyn Fn(&[u8; 32]) -> Option<String>,
    opened: Option<Artifact<'static>>,
    faults: Vec<Fault>,
}

pub(super) fn read(folder: &Path, known: &dyn Fn(&[u8; 32]) -> Option<String>) -> Result<Submission, Vec<Fault>> {
    let mut check = Check { folder, known, opened: None, faults: Vec::new() };
    let submission = check.submission();
    match submission {
        Some(submission) if check.faults.is_empty() => Ok(submission),
        _ => {
            check.faults.sort_by(|a, b| a.path.cmp(&b.path));
            Err(fault::cap(check.faults))
        }
    }
}

impl Check<'_> {
    /// None if anything is wrong, which is then among the faults.
    fn submission(&mut self) -> Option<Submission> {
        let slug = self.slug()?;
        let files = self.files()?;
        let manifest = self.text(&files, MANIFEST).map(|text| (manifest::read(&text), text));
        let readme = self.text(&files, README);
        let artifact = self.artifact(&files);
        for name in files.keys().filter(|name| name.starts_with("train.") || *name == LICENSE) {
            self.head(name);
        }
        let (reading, manifest_text) = manifest.unzip();
        let (bytes, sha256) = artifact.unzip();
        if let (Some(reading), Some(text)) = (&reading, &manifest_text) {
            let path = self.path(MANIFEST);
            self.faults.extend(reading.faults.iter().map(|fault| fault.clone().in_file(&path)));
            self.agreement(reading, text, bytes.as_deref(), sha256.as_ref());
        } else if let (Some(bytes), Some(sha256)) = (&bytes, &sha256) {
            self.engine(bytes, sha256);
        }
        let (manifest, artifact) = (reading?.manifest?, bytes?);
        let (total_bytes, opened) = (artifact.len() as u64, self.opened.take());
        Some(Submission { slug, manifest, artifact, sha256: sha256?, opened, readme: readme?, total_bytes })
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn report(&mut self, name: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let path = if name.is_empty() { self.folder.display().to_string() } else { self.path(name) };
        self.faults.push(Fault::new(Place::Whole, message, remedy).in_file(path));
    }

    /// The folder itself; none if it is no folder that can be read.
    fn slug(&mut self) -> Option<String> {
        // With a slash or `.` at the end a link to a folder would pass for the folder.
        let folder: std::path::PathBuf = self.folder.components().collect();
        match folder.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                self.report("", "the folder is a link", "name the folder that it leads to");
                return None;
            }
            Ok(metadata) if !metadata.is_dir() => {
                self.report("", "this is not a folder", "name a submission's folder");
                return None;
            }
            Ok(_) => {}
            Err(error) => {
                self.report("", format!("the folder can't be read: {error}"), "name a submission's folder");
                return None;
            }
        }
        // `.` and `..` have no name of their own.
        let named = if folder.file_name().is_some() { Some(folder) } else { folder.canonicalize().ok() };
        let name = named.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        if !is_slug(&name) {
            let remedy = "use 1 to 63 lower-case letters, digits and hyphens, not a hyphen first";
            self.report("", format!("the folder's name {} is no slug", quote(&name)), remedy);
        }
        Some(name)
    }

    /// The files that may be there, with their sizes; everything else is reported. None if the folder can't be read.
    fn files(&mut self) -> Option<BTreeMap<String, u64>> {
        let listing = fs::read_dir(self.folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let mut entries = match listing {
            Ok(entries) => entries,
            Err(error) => {
                self.report("", format!("the folder can't be read: {error}"), "make it readable");
                return None;
            }
        };
        if entries.len() > FILES {
            let message = format!("{} files, more than the {FILES} allowed", grouped(entries.len() as u64));
            self.report("", message, "keep what shows how the model was made, and remove the rest");
            return None;
        }
        entries.sort_by_key(|entry| entry.file_name());
        let mut files = BTreeMap::new();
        let mut seen = Vec::new();
        for entry in entries {
            let file_name = entry.file_name();
            let Some(name) = file_name.to_str() else {
                let message = format!("the name {} is not valid UTF-8", quote(&file_name.to_string_lossy()));
                self.report("", message, "rename the file, or remove it");
                continue;
            };
            if let Some(other) = seen.iter().find(|other: &&String| other.eq_ignore_ascii_case(name)) {
                let message =
                    format!("the name differs from {} only by case, which some systems can't tell", quote(other));
                self.report(name, message, "remove one of them");
            }
            seen.push(name.to_owned());
            // Not followed when it is a link.
            let metadata = match entry.path().symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) => {
                    self.report(name, format!("the file can't be read: {error}"), "make it readable");
                    continue;
                }
            };
            if is_shared(&metadata) {
                self.report(name, "the file has another name elsewhere (a hard link)", "put a copy of it here");
            } else if self.may_be_here(name, metadata.file_type()) && self.has_good_size(name, metadata.len()) {
                files.insert(name.to_owned(), metadata.len());
            }
        }
        for name in [MANIFEST, README, ARTIFACT] {
            if !seen.iter().any(|seen| seen == name) {
                self.report(name, "the file is missing", "add it; `cargo golf new` shows one");
            }
        }
        Some(files)
    }

    fn may_be_here(&mut self, name: &str, kind: FileType) -> bool {
        let fault = if name == ".git" {
            Some(("a repository within the repository", "commit the files themselves, not a submodule".into()))
        } else if name.starts_with('.') {
            Some(("a hidden file", "remove it".into()))
        } else if kind.is_symlink() {
            Some(("a link", "put the file itself here".into()))
        } else if kind.is_dir() {
            Some(("a folder", "keep only files here, none of them in a folder".into()))
        } else if !kind.is_file() {
            Some(("neither a file nor a folder", "remove it".into()))
        } else if !is_allowed(name) {
            let all = [MANIFEST, README, ARTIFACT, LICENSE];
            let remedy = match nearest(name, all) {
                Some(near) => format!("remove it, or call it `{near}`"),
                None => "remove it, or call it `train.` and something if it shows how the model was made".into(),
            };
            Some(("a file of this name can't be here", remedy))
        } else {
            None
        };
        let good = fault.is_none();
        if let Some((message, remedy)) = fault {
            self.report(name, message, remedy);
        }
        good
    }

    fn has_good_size(&mut self, name: &str, size: u64) -> bool {
        if size == 0 {
            self.report(name, "the file is empty", "fill it, or remove it if it isn't needed");
            return false;
        }
        let limit = limit(name);
        if size <= limit {
            return true;
        }
        let (size, over, most) = (grouped(size), grouped(size - limit), grouped(limit));
        if name == ARTIFACT {
            // One file is counted, so that it is the largest as well.
            let message = format!(
                "inference reads {size} bytes, {over} over the budget of {most}; \
                 the largest file is {ARTIFACT} with {size}"
            );
            self.report(name, message, "make the model smaller");
        } else {
            self.report(name, format!("the file has {size} bytes, {over} more than the {most} allowed"), "shorten it");
        }
        false
    }

    /// At most as many bytes of a file as it may have.
    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = open(&self.folder.join(name));
        // One more byte shows that it has grown since it was listed.
        if let Err(error) = file.and_then(|file| file.take(limit(name) + 1).read_to_end(&mut bytes)) {
            self.report(name, format!("the file can't be read: {error}"), "make it readable");
            return None;
        }
        if !self.has_good_size(name, bytes.len() as u64) {
            return None;
        }
        if bytes.starts_with(LFS) {
            self.report_pointer(name);
            return None;
        }
        Some(bytes)
    }

    /// A file of which only the beginning matters.
    fn head(&mut self, name: &str) {
        let mut bytes = Vec::new();
        let file = open(&self.folder.join(name));
        match file.and_then(|file| file.take(LFS.len() as u64).read_to_end(&mut bytes)) {
            Err(error) => self.report(name, format!("the file can't be read: {error}"), "make it readable"),
            Ok(_) if bytes == LFS => self.report_pointer(name),
            Ok(_) => {}
        }
    }

    fn report_pointer(&mut self, name: &str) {
        self.report(name, "a Git LFS pointer in place of the file", "commit the file itself, or run `git lfs pull`");
    }

    fn text(&mut self, files: &BTreeMap<String, u64>, name: &str) -> Option<String> {
        let bytes = files.contains_key(name).then(|| self.bytes(name)).flatten()?;
        match text::decode(&bytes) {
            Ok(text) if text.trim().is_empty() => {
                self.report(name, "the file has nothing but white space", "fill it");
                None
            }
            Ok(text) => Some(text.to_owned()),
            Err(faults) => {
                let path = self.path(name);
                self.faults.extend(faults.into_iter().map(|fault| fault.in_file(&path)));
                None
            }
        }
    }

    /// The artifact's bytes and their digest.
    fn artifact(&mut self, files: &BTreeMap<String, u64>) -> Option<(Vec<u8>, [u8; 32])> {
        let bytes = files.contains_key(ARTIFACT).then(|| self.bytes(ARTIFACT)).flatten()?;
        let sha256 = Sha256::digest(&bytes).into();
        Some((bytes, sha256))
    }

    /// The artifact, and what the manifest says of it.
    fn agreement(&mut self, reading: &Reading, text: &str, bytes: Option<&[u8]>, sha256: Option<&[u8; 32]>) {
        let (Some(bytes), Some(sha256)) = (bytes, sha256) else { return };
        let actual = hex(sha256);
        let mut faults = Vec::new();
        if let Some((claimed, at)) = reading.sha256.as_ref().filter(|(claimed, _)| *claimed != actual) {
            let message = format!("`sha256` is {claimed}, but that of {ARTIFACT} is {actual}");
            let remedy = "write the latter, or put the right file in place";
            faults.push(Fault::new(text::place(text, *at), message, remedy));
        }
        let engine = self.engine(bytes, sha256);
        if let (Some((claimed, at)), Some(engine)) = (&reading.engine, engine)
            && *claimed != engine
        {
            let message = format!("`engine` is `{claimed}`, but {ARTIFACT} is made for `{engine}`");
            faults.push(Fault::new(text::place(text, *at), message, "write the latter"));
        }
        let path = self.path(MANIFEST);
        self.faults.extend(faults.into_iter().map(|fault| fault.in_file(&path)));
    }

    /// The engine that the artifact is made for.
    fn engine(&mut self, bytes: &[u8], sha256: &[u8; 32]) -> Option<String> {
        if let Some(engine) = (self.known)(sha256) {
            return Some(engine);
        }
        match Artifact::read(bytes) {
            Ok(artifact) => Some(self.opened.insert(artifact.into_owned()).model().engine().into()),
            Err(faults) => {
                let path = self.path(ARTIFACT);
                self.faults.extend(faults.into_iter().map(|fault| fault.in_file(&path)));
                None
            }
        }
    }
}

/// Opens an ordinary file. It was one when it was listed, but may have been replaced since by what would lead elsewhere or block.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no ordinary file any more")) }
}

/// Whether a file has more names than one.
#[cfg(unix)]
fn is_shared(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.nlink() > 1
}

#[cfg(not(unix))]
fn is_shared(_: &fs::Metadata) -> bool {
    false
}

/// Whether a file of this name may be in a submission.
fn is_allowed(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let training = name.strip_prefix("train.").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain));
    training || [MANIFEST, README, ARTIFACT, LICENSE].contains(&name)
}

/// Bytes that a file of an allowed name may have.
fn limit(name: &str) -> u64 {
    match name {
        MANIFEST => MANIFEST_LIMIT,
        README | LICENSE => README_LIMIT,
        ARTIFACT => BUDGET,
        _ => TRAINING_LIMIT,
    }
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
