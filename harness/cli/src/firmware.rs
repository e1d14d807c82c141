//! The firmware's committed files, one for every target, and how they are built: the same bytes wherever the compiler is the same.

mod code;
mod toolchain;

pub use code::{Code, CodeError};
pub use toolchain::Toolchain;

use crate::Fault;
use golf_record::Simulation;
use golf_record::submission::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What the firmware is built for, and its file as it was when the harness was built.
#[derive(Debug)]
pub struct Target {
    /// As in the records: [`golf_record::TARGETS`] has the same, in the same order.
    pub name: &'static str,
    /// As the compiler names it.
    pub triple: &'static str,
    /// The file.
    pub image: &'static [u8],
}

/// Whether a record is of the firmware that the harness carries: what another counted says nothing about this one.
pub fn is_current(record: &Simulation) -> bool {
    TARGETS.iter().any(|target| target.name == record.target && target.sha256() == record.firmware_sha256)
}

macro_rules! target {
    ($name:literal, $triple:literal) => {
        Target { name: $name, triple: $triple, image: include_bytes!(concat!("../../firmware/images/", $name, ".elf")) }
    };
}

/// All targets; the first is the one that is simulated in process.
pub static TARGETS: [Target; 5] = [
    target!("riscv32imc", "riscv32imc-unknown-none-elf"),
    target!("thumbv6m", "thumbv6m-none-eabi"),
    target!("thumbv7m", "thumbv7m-none-eabi"),
    target!("thumbv7em", "thumbv7em-none-eabi"),
    target!("thumbv8m.main", "thumbv8m.main-none-eabi"),
];

/// The target that is simulated in process.
pub static IN_PROCESS: &Target = &TARGETS[0];

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
    /// Bytes of code and constants in flash.
    pub flash_bytes: u64,
    /// The compiler: release, commit and date.
    pub rustc: String,
    /// Where `core` comes from: `target` for the compiler's own, `source` if it was built as well.
    pub library: String,
}

impl Target {
    /// The target of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str) -> Result<&'static Self, Fault> {
        TARGETS.iter().find(|target| target.name == name).ok_or_else(|| {
            let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            Fault::usage(format!("there is no target `{name}`; there are {}", known.join(", ")))
        })
    }

    /// Digest of the file that the harness carries.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.image))
    }

    /// The file in a project's folder.
    pub fn path(&self, root: &Path) -> PathBuf {
        root.join("harness/firmware/images").join(format!("{}.elf", self.name))
    }

    /// The note beside it.
    pub fn note(&self, root: &Path) -> PathBuf {
        root.join("harness/firmware/images").join(format!("{}.json", self.name))
    }

    /// What the file in a project's folder was built with.
    ///
    /// # Errors
    /// If that can't be read.
    pub fn built(&self, root: &Path) -> Result<Built, Fault> {
        let path = self.note(root);
        let text = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        serde_json::from_slice(&text).map_err(|fault| {
            Fault::machine(format!("{}: {fault}; `cargo golf firmware build` makes it anew", path.display()))
        })
    }
}
