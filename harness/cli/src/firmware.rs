//! The firmware's committed files, one for every target, and how they are built: the same bytes wherever the compiler is the same.

mod code;

pub use code::{Code, CodeError};

use crate::Fault;
use crate::built::{Built, Committed};
use crate::toolchain::{Recipe, Toolchain};
use golf_record::Simulation;
use golf_record::submission::hex;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

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

    /// The file in a project's folder, and the note beside it.
    pub fn committed(&self, root: &Path) -> Committed {
        let path = root.join("harness/firmware/images").join(format!("{}.elf", self.name));
        Committed { path, triple: self.triple, verb: "firmware" }
    }

    /// Builds the firmware of a project.
    ///
    /// # Errors
    /// If there is no library for the target, the compiler fails, or what it makes isn't fit for a machine.
    pub fn build(&self, toolchain: &Toolchain, root: &Path) -> Result<(Vec<u8>, Built), Fault> {
        let recipe = Recipe {
            package: "golf-firmware",
            product: "golf-firmware",
            profile: "firmware",
            triple: self.triple,
            libraries: "core",
            flags: &["--cfg", "sha2_backend=\"soft\"", "--cfg", "sha2_backend_soft=\"compact\""],
            is_elf: true,
        };
        let path = toolchain.build(root, &recipe)?;
        let linked = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        let at = |fault: CodeError| Fault::machine(format!("{}: {fault}", path.display()));
        let code = Code::read(&linked).map_err(at)?;
        code.check_integer().map_err(at)?;
        let bytes = code.stripped();
        let built = toolchain.note(&recipe, &bytes, Some(code.flash_bytes()))?;
        Ok((bytes, built))
    }
}
