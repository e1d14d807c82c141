//! The compiler for targets without an operating system: the firmware's, and the browser's.

use crate::Fault;
use crate::built::Built;
use golf_record::submission::hex;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Recipe<'a> {
    /// The package.
    pub package: &'a str,
    /// Its file, as the compiler names it.
    pub product: &'a str,
    /// The profile in `Cargo.toml`, and the folder in `target`.
    pub profile: &'a str,
    /// The target, as the compiler names it.
    pub triple: &'a str,
    /// Libraries of the compiler that it needs, for a build from their source.
    pub libraries: &'a str,
    /// Flags of the compiler, beside those that keep paths out of the file.
    pub flags: &'a [&'a str],
    /// Whether it takes LLVM's linker for ELF, which distributions name otherwise than Rust.
    pub is_elf: bool,
}

/// A compiler for targets.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: String,
    sysroot: String,
    /// As in [`Built::rustc`].
    version: String,
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

    /// Where the libraries of a target come from, as in [`Built::library`].
    ///
    /// # Errors
    /// If they are nowhere to be had; the message says what to install.
    pub fn library(&self, triple: &str) -> Result<&'static str, Fault> {
        let rustc = &self.rustc;
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

    /// Builds a package of a project; where the file is.
    ///
    /// # Errors
    /// If there is no library for the target, or the compiler fails.
    pub fn build(&self, root: &Path, recipe: &Recipe<'_>) -> Result<PathBuf, Fault> {
        let library = self.library(recipe.triple)?;
        let root = root.canonicalize().map_err(|fault| Fault::reading(root, &fault))?;
        let folder = root.join("target").join(recipe.profile);
        let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        command.current_dir(&root).args(["build", "--quiet", "--locked", "--package", recipe.package]);
        command.args(["--profile", recipe.profile, "--target", recipe.triple]).arg("--target-dir").arg(&folder);
        command.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", self.flags(&root, recipe).join("\x1f"));
        // Cargo's settings for the harness are not those of what is built here.
        for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            command.env_remove(name);
        }
        if library == "source" {
            command.arg(format!("-Zbuild-std={}", recipe.libraries)).env("RUSTC_BOOTSTRAP", "1");
        }
        let output = command.output().map_err(|fault| Fault::machine(format!("cargo doesn't run: {fault}")))?;
        if !output.status.success() {
            return Err(Fault::machine(format!(
                "{} doesn't build:\n{}",
                recipe.package,
                String::from_utf8_lossy(&output.stderr).trim_end()
            )));
        }
        Ok(folder.join(recipe.triple).join(recipe.profile).join(recipe.product))
    }

    /// The note for a file that was built from a recipe.
    ///
    /// # Errors
    /// If there is no library for the target.
    pub fn note(&self, recipe: &Recipe<'_>, file: &[u8], flash_bytes: Option<u64>) -> Result<Built, Fault> {
        Ok(Built {
            schema: 1,
            sha256: hex(&Sha256::digest(file)),
            bytes: file.len() as u64,
            flash_bytes,
            rustc: self.version.clone(),
            library: self.library(recipe.triple)?.into(),
        })
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
    fn flags(&self, root: &Path, recipe: &Recipe<'_>) -> Vec<String> {
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
        flags.extend(recipe.flags.iter().map(|&flag| flag.to_owned()));
        if recipe.is_elf {
            flags.extend([format!("-Clinker={}", self.linker()), "-Clinker-flavor=ld.lld".into()]);
        }
        flags
    }
}
