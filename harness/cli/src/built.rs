//! Committed files that are built from the project's own source, so that nobody needs the compiler for their targets: the firmware, and the engine for
//! browsers. Beside each stands a note of what it was built with, and anybody who has that can build it again and compare.

use crate::Fault;
use golf_record::submission::hex;
use golf_record::{to_json, write_atomically};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Beside a file: what it was built with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// Version of this format: 1.
    pub schema: u32,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Of firmware: bytes of code and constants in flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_bytes: Option<u64>,
    /// The compiler: release, commit and date.
    pub rustc: String,
    /// Where the compiler's libraries come from: `target` for its own, `source` if they were built as well.
    pub library: String,
}

/// A committed file.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Where it is; the note has its name with the end `json`.
    pub path: PathBuf,
    /// What it is built for.
    pub triple: &'static str,
    /// The verb that builds it.
    pub verb: &'static str,
}

impl Committed {
    /// Where the note is.
    pub fn note(&self) -> PathBuf {
        self.path.with_file_name(format!("{}.json", self.path.file_stem().unwrap_or_default().to_string_lossy()))
    }

    /// What the file was built with.
    ///
    /// # Errors
    /// If that can't be read.
    pub fn built(&self) -> Result<Built, Fault> {
        let path = self.note();
        let text = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        serde_json::from_slice(&text).map_err(|fault| {
            Fault::machine(format!("{}: {fault}; `cargo golf {} build` makes it anew", path.display(), self.verb))
        })
    }

    /// Replaces file and note.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn replace(&self, bytes: &[u8], built: &Built) -> Result<(), Fault> {
        let write = |path: &Path, content: &[u8]| {
            write_atomically(path, content)
                .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))
        };
        write(&self.path, bytes)?;
        write(&self.note(), to_json(built).as_bytes())
    }

    /// Compares the file with what was built now.
    ///
    /// # Errors
    /// If they differ, or can't be compared because they were built with something else.
    pub fn verify(&self, built: &Built) -> Result<(), Fault> {
        let file = fs::read(&self.path).map_err(|fault| Fault::reading(&self.path, &fault))?;
        self.compare(&hex(&Sha256::digest(&file)), &self.built()?, built)
    }

    fn compare(&self, sha256: &str, committed: &Built, built: &Built) -> Result<(), Fault> {
        if sha256 != committed.sha256 {
            let told = &committed.sha256;
            return Err(Fault::entry(format!("the file has the SHA-256 {sha256}, but the note beside it says {told}")));
        }
        if (&committed.rustc, &committed.library) != (&built.rustc, &built.library) {
            let release = committed.rustc.split(' ').next().unwrap_or_default();
            return Err(Fault::machine(format!(
                "the committed file was built by rustc {} (library: {}), but this one is {} (library: {}), so they can't be compared: \
                 `rustup toolchain install {release} --target {}`, and RUSTUP_TOOLCHAIN={release}",
                committed.rustc, committed.library, built.rustc, built.library, self.triple
            )));
        }
        if committed.sha256 != built.sha256 {
            return Err(Fault::entry(format!(
                "the committed file ({}) is not what the source gives ({}): `cargo golf {} build`, and commit it with its cause",
                committed.sha256, built.sha256, self.verb
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Blame;

    fn built(sha256: &str, rustc: &str) -> Built {
        let (rustc, library) = (rustc.into(), "target".into());
        Built { schema: 1, sha256: sha256.into(), bytes: 9, flash_bytes: Some(5), rustc, library }
    }

    #[test]
    fn files_are_compared_only_where_the_compiler_is_the_same() {
        let committed = Committed { path: "x.elf".into(), triple: "x-none", verb: "firmware" };
        let compare = |sha256, old, new| committed.compare(sha256, &old, &new);
        assert_eq!(compare("a", built("a", "1.95.0 (x)"), built("a", "1.95.0 (x)")), Ok(()));
        let fault = compare("a", built("a", "1.95.0 (x)"), built("b", "1.96.0 (y)")).unwrap_err();
        assert!(fault.blame == Blame::Machine && fault.message.contains("toolchain install 1.95.0"), "{fault}");
        assert_eq!(compare("a", built("a", "1"), built("b", "1")).unwrap_err().blame, Blame::Entry);
        assert_eq!(compare("c", built("a", "1"), built("a", "1")).unwrap_err().blame, Blame::Entry);
    }

    #[test]
    fn a_note_stands_beside_its_file_also_where_the_name_has_a_dot() {
        let committed = Committed { path: "a/thumbv8m.main.elf".into(), triple: "x-none", verb: "firmware" };
        assert_eq!(committed.note(), Path::new("a/thumbv8m.main.json"));
    }
}
