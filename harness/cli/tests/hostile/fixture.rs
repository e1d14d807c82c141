//! A submission in order, to be spoilt.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a hostile entry must get.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    /// Exit status 1 and a message with this in it.
    Refused(&'static str),
    /// Nothing is wrong with it; that it does no harm is for other tests.
    InOrder,
}

/// A hostile entry.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Fixture),
    pub(crate) verdict: Verdict,
}

/// A case that must be refused with a sentence.
pub(crate) const fn refused(name: &'static str, make: fn(&Fixture), sentence: &'static str) -> Case {
    Case { name, make, verdict: Verdict::Refused(sentence) }
}

/// A case that is in order.
pub(crate) const fn in_order(name: &'static str, make: fn(&Fixture)) -> Case {
    Case { name, make, verdict: Verdict::InOrder }
}

/// A submission's folder in a temporary one.
pub(crate) struct Fixture {
    root: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let fixture = Fixture { root: tempfile::tempdir().unwrap() };
        fs::create_dir_all(fixture.path("")).unwrap();
        let manifest = serde_json::json!({
            "schema": 1, "name": "Entry", "authors": ["Ada"], "license": "MIT", "description": "An entry.", "engine": "ternary",
            "artifact": { "file": "model.safetensors", "sha256": "" }, "techniques": ["ternary"],
            "training": { "data": "none", "tokens": 0, "hardware": "none", "hours": 0 },
        });
        fixture.put("submission.json", manifest.to_string());
        fixture.put("README.md", "# Entry\n");
        fixture.artifact(&golf_artifact::example::tiny(7));
        fixture
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("entry").join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Changes the manifest.
    pub(crate) fn manifest(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest: Value = serde_json::from_slice(&fs::read(self.path("submission.json")).unwrap()).unwrap();
        change(&mut manifest);
        self.put("submission.json", manifest.to_string());
    }

    /// Puts an artifact in place, and its digest into the manifest, so that nothing but the artifact itself is at fault.
    pub(crate) fn artifact(&self, bytes: &[u8]) {
        self.put("model.safetensors", bytes);
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.manifest(|manifest| manifest["artifact"]["sha256"] = digest.into());
    }

    /// Changes the artifact's header as JSON; its tensors stay.
    pub(crate) fn header(&self, change: impl FnOnce(&mut Value)) {
        self.header_text(|text| {
            let mut header = serde_json::from_str(&text).unwrap();
            change(&mut header);
            header.to_string()
        });
    }

    /// Changes the artifact's header as text.
    pub(crate) fn header_text(&self, change: impl FnOnce(String) -> String) {
        let file = fs::read(self.path("model.safetensors")).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let header = change(String::from_utf8(file[8..8 + length].to_vec()).unwrap());
        self.artifact(&container(header.as_bytes(), &file[8 + length..]));
    }

    /// Changes the configuration.
    pub(crate) fn config(&self, change: impl FnOnce(&mut Value)) {
        self.header(|header| {
            let text = header["__metadata__"]["golf"].as_str().unwrap().to_owned();
            let mut config = serde_json::from_str(&text).unwrap();
            change(&mut config);
            header["__metadata__"]["golf"] = config.to_string().into();
        });
    }

    /// Changes the bytes of a tensor.
    pub(crate) fn tensor(&self, name: &str, change: impl FnOnce(&mut [u8])) {
        let mut file = fs::read(self.path("model.safetensors")).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
        let at = |index: usize| 8 + length + header[name]["data_offsets"][index].as_u64().unwrap() as usize;
        change(&mut file[at(0)..at(1)]);
        self.artifact(&file);
    }

    /// The exit status of `golf check` and what it says; no status if it had to be ended.
    pub(crate) fn check(&self, patience: Duration) -> (Option<i32>, String) {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_golf"))
            .args(["check", "entry"])
            .current_dir(self.root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.reopen().unwrap())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + patience;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if Instant::now() > deadline => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        (status, String::from_utf8_lossy(&fs::read(errors.path()).unwrap()).into_owned())
    }
}

/// A safetensors file with this header, whatever that says.
pub(crate) fn container(header: &[u8], body: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, body].concat()
}
