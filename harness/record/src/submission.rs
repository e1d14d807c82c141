//! A submission's folder: what may be in it, and what its `submission.json` says.

mod folder;
mod manifest;
mod spdx;
#[cfg(test)]
mod tests;

pub use golf_artifact::{Fault, Place};
pub use manifest::{ArtifactFile, Manifest, Training};

use golf_artifact::Artifact;
use std::path::Path;

/// Name of the file that describes a submission.
pub const MANIFEST: &str = "submission.json";
/// Name of the text about a submission.
pub const README: &str = "README.md";
/// Name of the file that inference reads.
pub const ARTIFACT: &str = "model.safetensors";
/// Name of the licence's text, which need not be there.
pub const LICENSE: &str = "LICENSE";

/// Largest `submission.json` in bytes.
pub const MANIFEST_LIMIT: u64 = 64_000;
/// Largest `README.md` in bytes, and largest `LICENSE`.
pub const README_LIMIT: u64 = 256_000;
/// Largest `train.*` in bytes, each.
pub const TRAINING_LIMIT: u64 = 8_000_000;

/// A submission that is in order.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Name of its folder.
    pub slug: String,
    /// What its `submission.json` says.
    pub manifest: Manifest,
    /// The artifact's bytes.
    pub artifact: Vec<u8>,
    /// The artifact's SHA-256, which is the one in `submission.json`.
    pub sha256: [u8; 32],
    /// The artifact as it was checked, if it wasn't known.
    pub opened: Option<Artifact<'static>>,
    /// Its `README.md`.
    pub readme: String,
    /// Bytes of all files that inference reads.
    pub total_bytes: u64,
}

impl Submission {
    /// Reads a folder and checks everything in it that can be known without running the model: names, kinds and sizes
    /// of the files, the budget before a byte of the artifact is read, the texts, `submission.json`, and the artifact
    /// itself.
    ///
    /// # Errors
    /// All faults, ordered by file. The same folder gives the same ones on every machine.
    pub fn read(folder: &Path) -> Result<Self, Vec<Fault>> {
        folder::read(folder, &|_| None)
    }

    /// Likewise, but an artifact that is known by its SHA-256 to be in order isn't checked again: `known` tells its engine.
    ///
    /// # Errors
    /// All faults, ordered by file.
    pub fn read_unless(folder: &Path, known: &dyn Fn(&[u8; 32]) -> Option<String>) -> Result<Self, Vec<Fault>> {
        folder::read(folder, known)
    }
}

/// Whether a text can be a slug: `[a-z0-9][a-z0-9-]{0,62}`.
pub fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63 && text.bytes().next().is_some_and(plain) && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

/// A digest in lower-case hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
