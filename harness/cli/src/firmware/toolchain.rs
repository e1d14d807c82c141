//! The compiler for the targets, and what it makes.

use super::{Built, Code, Target};
use crate::Fault;
use golf_record::submission::hex;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiler for the target.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: String,
    sysroot: String,
    /// As in [`Built::rustc`].
    pub version: String,
    commit: String,
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
        Ok(Toolchain { rustc, sysroot, version, commit })
    }

    /// Where `core` for a target comes from, as in [`Built::library`].
    ///
    /// # Errors
    /// If it is nowhere to be had; the message says what to install.
    pub fn library(&self, target: &Target) -> Result<&'static str, Fault> {
        let (rustc, triple) = (&self.rustc, target.triple);
        let library = Path::new(&self.sysroot).join("lib/rustlib");
        if library.join(triple).is_dir() {
            Ok("target")
        } else if library.join("src/rust/library/core").is_dir() {
            Ok("source")
        } else {
            Err(Fault::machine(format!(
                "`{rustc}` has no library for {triple}: `rustup target add {triple}`, or install the library's source \
                 (`rustup component add rust-src`, or Debian's packages rustc-web and rust-web-src, and RUSTC=/usr/bin/rustc)"
            )))
        }
    }

    /// Builds the firmware of a project for a target.
    ///
    /// # Errors
    /// If there is no library for it, the compiler fails, or what it makes isn't fit for a machine.
    pub fn build(&self, root: &Path, target: &Target) -> Result<(Vec<u8>, Built), Fault> {
        let library = self.library(target)?;
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
        command.args(["--target", target.triple]).arg("--target-dir").arg(&folder);
        command.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", self.flags(&root).join("\x1f"));
        // Cargo's settings for the harness are not the firmware's.
        for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            command.env_remove(name);
        }
        if library == "source" {
            command.args(["-Zbuild-std=core"]).env("RUSTC_BOOTSTRAP", "1");
        }
        let output = command.output().map_err(|fault| Fault::machine(format!("cargo doesn't run: {fault}")))?;
        if !output.status.success() {
            return Err(Fault::machine(format!(
                "the firmware doesn't build:\n{}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            )));
        }
        let path = folder.join(target.triple).join("firmware/golf-firmware");
        let linked = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
        let at = |fault: super::CodeError| Fault::machine(format!("{}: {fault}", path.display()));
        let code = Code::read(&linked).map_err(at)?;
        code.check_integer().map_err(at)?;
        let bytes = code.stripped();
        let built = Built {
            schema: 1,
            sha256: hex(&Sha256::digest(&bytes)),
            bytes: bytes.len() as u64,
            flash_bytes: code.flash_bytes(),
            rustc: self.version.clone(),
            library: library.into(),
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
