//! The whole check of a folder, and what is made of one that is in order.

use super::is_plain;
use golf_artifact::{Model, example, write};
use golf_record::submission::{ARTIFACT, MANIFEST, README};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Set in the first byte: the manifest's digest stays as it is.
const KEEP_DIGEST: u8 = 1;
/// One more file, whose name is the README's first line.
const MORE: u8 = 2;
/// A file is missing.
const LESS: u8 = 4;

/// A byte of flags, the lengths of the manifest and of the README (16 bits each), these two, and the artifact.
pub(super) fn run(data: &[u8]) {
    let Some((&[flags, a, b, c, d], rest)) = data.split_first_chunk() else { return };
    let cut = |rest: &'_ [u8], length: u16| usize::from(length).min(rest.len());
    let (manifest, rest) = rest.split_at(cut(rest, u16::from_le_bytes([a, b])));
    let (readme, artifact) = rest.split_at(cut(rest, u16::from_le_bytes([c, d])));
    let folder = if Path::new("/dev/shm").is_dir() { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    let entry = folder.path().join("entry");
    std::fs::create_dir(&entry).expect("a folder");
    let put = |name: &str, bytes: &[u8]| std::fs::write(entry.join(name), bytes);
    let manifest = if flags & KEEP_DIGEST == 0 { with_digest(manifest, artifact) } else { manifest.to_vec() };
    put(MANIFEST, &manifest).expect("a file");
    put(README, readme).expect("a file");
    if flags & LESS == 0 {
        put(ARTIFACT, artifact).expect("a file");
    }
    if flags & MORE != 0 {
        let name = String::from_utf8_lossy(readme.split(|&byte| byte == b'\n').next().unwrap_or_default()).into_owned();
        // Not every name can be one of a file.
        if !name.contains('/') && !["", ".", ".."].contains(&name.as_str()) {
            let _ = put(&name, b"more");
        }
    }
    match golf::golf::check(&entry) {
        Ok(candidate) => {
            assert!(flags & LESS == 0);
            assert_eq!(candidate.facts.bytes, artifact.len() as u64);
            golf_record::to_json(&candidate.submission.manifest);
        }
        Err(fault) => {
            assert!(!fault.message.is_empty() && is_plain(&fault.message), "{fault:?}");
            assert_eq!(fault.blame, golf::Blame::Entry, "{fault:?}");
        }
    }
}

/// The manifest with the artifact's digest in the place of the first text of 64 characters.
fn with_digest(manifest: &[u8], artifact: &[u8]) -> Vec<u8> {
    let mut manifest = manifest.to_vec();
    let digest = golf_record::submission::hex(&Sha256::digest(artifact));
    let quotes: Vec<usize> = (0..manifest.len()).filter(|&at| manifest[at] == b'"').collect();
    if let Some(pair) = quotes.windows(2).find(|pair| pair[1] - pair[0] == 65) {
        manifest[pair[0] + 1..pair[1]].copy_from_slice(digest.as_bytes());
    }
    manifest
}

/// A manifest of an engine.
pub(super) fn manifest(engine: &str) -> String {
    format!(
        r#"{{"schema":1,"name":"Entry","authors":["A. Nonym"],"license":"MIT OR Apache-2.0","description":"A seed.","engine":"{engine}",
"artifact":{{"file":"model.safetensors","sha256":"{}"}},"techniques":["none"],"training":{{"data":"none","tokens":0,"hardware":"none","hours":0.5}}}}"#,
        "0".repeat(64)
    )
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let seed = |flags: u8, engine: &str, readme: &str, artifact: &[u8]| {
        let manifest = manifest(engine);
        let (first, second) = ((manifest.len() as u16).to_le_bytes(), (readme.len() as u16).to_le_bytes());
        [&[flags], &first[..], &second[..], manifest.as_bytes(), readme.as_bytes(), artifact].concat()
    };
    let uniform = write(&Model::Uniform.to_json(), &[]);
    let mix = write(&Model::Mix { orders: 2, log2_slots: 12 }.to_json(), &[]);
    vec![
        seed(0, "uniform", "# A\n", &uniform),
        seed(0, "mix", "# A\n\n[link](https://example.org) `code`\n", &mix),
        seed(0, "ternary", "# A\n", &example::tiny(1)),
        seed(KEEP_DIGEST, "uniform", "# A\n", &uniform),
        seed(MORE, "uniform", "train.log\n", &uniform),
        seed(LESS, "uniform", "# A\n", &uniform),
        seed(0, "uniform", "version https://git-lfs.github.com/spec/v1\n", &uniform),
    ]
}
