//! The firmware's committed file, and how it is built: the same bytes wherever the compiler is the same.

use crate::Fault;
use golf_record::submission::hex;
use golf_simulator::Program;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that is simulated in process.
pub const TARGET: &str = "riscv32imc";
const TRIPLE: &str = "riscv32imc-unknown-none-elf";

/// What it runs: `harness/firmware/images/riscv32imc.elf` as it was when the harness was built.
pub const IMAGE: &[u8] = include_bytes!("../../firmware/images/riscv32imc.elf");

/// Beside the file: what it was built with.
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

/// Digest of the file that the harness carries.
pub fn sha256() -> String {
    hex(&Sha256::digest(IMAGE))
}

/// The file in a project's folder.
pub fn path(root: &Path) -> PathBuf {
    root.join("harness/firmware/images").join(format!("{TARGET}.elf"))
}

/// What the file in a project's folder was built with.
///
/// # Errors
/// If that can't be read.
pub fn built(root: &Path) -> Result<Built, Fault> {
    let path = path(root).with_extension("json");
    let text = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
    serde_json::from_slice(&text).map_err(|fault| {
        Fault::machine(format!("{}: {fault}; `cargo golf firmware build` makes it anew", path.display()))
    })
}

/// A compiler for the target.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: String,
    sysroot: String,
    /// As in [`Built::rustc`].
    pub version: String,
    commit: String,
    /// As in [`Built::library`].
    pub library: &'static str,
}

impl Toolchain {
    /// The one that the environment variable `RUSTC` names, or else `rustc`.
    ///
    /// # Errors
    /// If it can't compile for the target; the message says what to install.
    pub fn find() -> Result<Self, Fault> {
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let ask = |arguments: &[&str]| {
            let output = Command::new(&rustc).args(arguments).output().ok().filter(|output| output.status.success());
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            text.ok_or_else(|| Fault::machine(format!("`{rustc}` doesn't run: install Rust from https://rustup.rs")))
        };
        let about = ask(&["-vV"])?;
        let field =
            |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").trim().to_owned();
        let (commit, date) = (field("commit-hash:"), field("commit-date:"));
        let version = format!("{} ({commit:.9} {date})", field("release:"));
        let sysroot = ask(&["--print", "sysroot"])?;
        let library = Path::new(&sysroot).join("lib/rustlib");
        let library = if library.join(TRIPLE).is_dir() {
            "target"
        } else if library.join("src/rust/library/core").is_dir() {
            "source"
        } else {
            return Err(Fault::machine(format!(
                "`{rustc}` has no library for {TRIPLE}: `rustup target add {TRIPLE}`, or install the library's source (`rustup component add rust-src`, or the package rust-src)"
            )));
        };
        Ok(Toolchain { rustc, sysroot, version, commit, library })
    }

    /// Builds the firmware of a project.
    ///
    /// # Errors
    /// If the compiler fails, or what it makes isn't fit for the machine.
    pub fn build(&self, root: &Path) -> Result<(Vec<u8>, Built), Fault> {
        let root = root.canonicalize().map_err(|fault| Fault::reading(root, &fault))?;
        let folder = root.join("target/firmware");
        let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        command.current_dir(&root).args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "golf-firmware",
            "--profile",
            "firmware",
        ]);
        command.args(["--target", TRIPLE]).arg("--target-dir").arg(&folder);
        command.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", self.flags(&root).join("\x1f"));
        // Cargo's settings for the harness are not the firmware's.
        for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            command.env_remove(name);
        }
        if self.library == "source" {
            command.args(["-Zbuild-std=core"]).env("RUSTC_BOOTSTRAP", "1");
        }
        let output = command.output().map_err(|fault| Fault::machine(format!("cargo doesn't run: {fault}")))?;
        if !output.status.success() {
            return Err(Fault::machine(format!(
                "the firmware doesn't build:\n{}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            )));
        }
        let path = folder.join(TRIPLE).join("firmware/golf-firmware");
        let bytes = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        let program = Program::read(&bytes).map_err(|fault| Fault::machine(fault.to_string()))?;
        let soft: Vec<&str> = program.soft_float().collect();
        if !soft.is_empty() {
            return Err(Fault::machine(format!("the firmware computes in floating point: {}", soft.join(", "))));
        }
        let built = Built {
            schema: 1,
            sha256: hex(&Sha256::digest(&bytes)),
            bytes: bytes.len() as u64,
            flash_bytes: program.flash_bytes() as u64,
            rustc: self.version.clone(),
            library: self.library.into(),
        };
        Ok((bytes, built))
    }

    /// LLVM's linker: the compiler's own, or the distribution's.
    fn linker(&self) -> &'static str {
        let runs =
            |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
        let own = Path::new(&self.sysroot).join("lib/rustlib").read_dir();
        let own = own
            .is_ok_and(|mut hosts| hosts.any(|host| host.is_ok_and(|host| host.path().join("bin/rust-lld").exists())));
        if own { "rust-lld" } else { ["ld.lld", "ld.lld-22"].iter().find(runs).unwrap_or(&"rust-lld") }
    }

    /// The compiler's flags. Nothing of where the sources lie may get into the file.
    fn flags(&self, root: &Path) -> Vec<String> {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
        let library = Path::new(&self.sysroot).join("lib/rustlib/src/rust");
        let mut flags = vec![];
        let mut remap = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        cargo_home.iter().for_each(|home| remap(home, "/cargo"));
        remap(&library, &format!("/rustc/{}", self.commit));
        // Distributions keep the source elsewhere and link to it.
        library.canonicalize().iter().for_each(|library| remap(library, &format!("/rustc/{}", self.commit)));
        remap(root, "/golf");
        flags.extend(["--cfg", "sha2_backend=\"soft\"", "--cfg", "sha2_backend_soft=\"compact\""].map(String::from));
        flags.extend([format!("-Clinker={}", self.linker()), "-Clinker-flavor=ld.lld".into()]);
        flags
    }
}
