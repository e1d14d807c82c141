//! A project to try the verbs in.

mod copy;

use copy::copy;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A project with one scaffolded entry, `entry`.
#[allow(dead_code, reason = "each test uses some of it")]
pub(crate) struct Project(pub(crate) tempfile::TempDir);

#[allow(dead_code, reason = "each test uses some of it")]
impl Project {
    pub(crate) fn new() -> Self {
        let project = Project(tempfile::tempdir().unwrap());
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/verbs.in"), project.0.path());
        assert_eq!(project.golf(&["new", "entry"]).status.code(), Some(0));
        project
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_golf"));
        command.args(arguments).current_dir(self.0.path()).env_remove("GOLF_KERNEL").env_remove("GOLF_MIRROR");
        command
    }

    pub(crate) fn golf(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap()
    }

    /// Runs and expects an exit status and a message without any sign of a panic.
    pub(crate) fn expect(&self, arguments: &[&str], status: i32, message: &str) {
        let output = self.golf(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: no «{message}» in: {errors}");
        assert!(!errors.contains("panicked") && !errors.contains("RUST_BACKTRACE"), "{errors}");
    }

    /// The artifact's digest in submission.json is brought up to date, so that only the artifact itself can be at fault.
    pub(crate) fn replace_artifact(&self, bytes: &[u8]) {
        use sha2::{Digest, Sha256};
        fs::write(self.path("submissions/entry/model.safetensors"), bytes).unwrap();
        let manifest = self.path("submissions/entry/submission.json");
        let mut value: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        value["artifact"]["sha256"] = digest.into();
        fs::write(manifest, value.to_string()).unwrap();
    }
}
