//! Notes which compiler builds the harness, for the records.

use std::process::Command;

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok().and_then(|out| String::from_utf8(out.stdout).ok());
    println!("cargo::rustc-env=GOLF_RUSTC={}", version.as_deref().unwrap_or("rustc").trim());
    println!("cargo::rerun-if-changed=build.rs");
}
