//! `firmware build|verify`

use super::{Common, print, print_json};
use crate::Fault;
use crate::firmware::{self, Built, Toolchain};
use crate::golf::Golf;
use golf_record::submission::hex;
use golf_record::{to_json, write_atomically};
use sha2::{Digest, Sha256};
use std::fs;

/// What to do with the firmware.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Verb {
    /// Build it from the source and replace the committed file; the harness carries it once it is built again
    Build,
    /// Build it from the source and compare with the committed file
    Verify,
}

/// Builds or verifies the firmware's file.
///
/// # Errors
/// If there is no toolchain for it, it doesn't build, or the file differs.
pub fn run(common: &Common, verb: Verb) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let path = firmware::path(&golf.root);
    let toolchain = Toolchain::find()?;
    let write = |path: &std::path::Path, content: &[u8]| {
        write_atomically(path, content)
            .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))
    };
    let (bytes, built) = toolchain.build(&golf.root)?;
    match verb {
        Verb::Build => {
            write(&path, &bytes)?;
            write(&path.with_extension("json"), to_json(&built).as_bytes())?;
        }
        Verb::Verify => {
            let committed = firmware::built(&golf.root)?;
            let file = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
            compare(&hex(&Sha256::digest(&file)), &committed, &built)?;
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "firmware": built }));
    } else {
        let Built { sha256, bytes, flash_bytes, rustc, .. } = &built;
        let done = if matches!(verb, Verb::Build) { "built" } else { "the same, byte for byte" };
        print(&format!(
            "{}: {done} ({bytes} bytes, {flash_bytes} in flash, sha256 {sha256}, rustc {rustc})\n",
            path.display()
        ));
    }
    Ok(())
}

fn compare(sha256: &str, committed: &Built, built: &Built) -> Result<(), Fault> {
    if sha256 != committed.sha256 {
        let told = &committed.sha256;
        return Err(Fault::entry(format!(
            "the firmware's file has the SHA-256 {sha256}, but the note beside it says {told}"
        )));
    }
    if (&committed.rustc, &committed.library) != (&built.rustc, &built.library) {
        let release = committed.rustc.split(' ').next().unwrap_or_default();
        return Err(Fault::machine(format!(
            "the committed firmware was built by rustc {} (library: {}), but this one is {} (library: {}), so they can't be compared: \
             `rustup toolchain install {release} --target riscv32imc-unknown-none-elf`, and RUSTUP_TOOLCHAIN={release}",
            committed.rustc, committed.library, built.rustc, built.library
        )));
    }
    if committed.sha256 != built.sha256 {
        return Err(Fault::entry(format!(
            "the committed firmware ({}) is not what the source gives ({}): `cargo golf firmware build`, and commit it with its cause",
            committed.sha256, built.sha256
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Blame;

    fn built(sha256: &str, rustc: &str) -> Built {
        let (rustc, library) = (rustc.into(), "target".into());
        Built { schema: 1, sha256: sha256.into(), bytes: 9, flash_bytes: 5, rustc, library }
    }

    #[test]
    fn files_are_compared_only_where_the_compiler_is_the_same() {
        assert_eq!(compare("a", &built("a", "1.95.0 (x)"), &built("a", "1.95.0 (x)")), Ok(()));
        let fault = compare("a", &built("a", "1.95.0 (x)"), &built("b", "1.96.0 (y)")).unwrap_err();
        assert!(fault.blame == Blame::Machine && fault.message.contains("toolchain install 1.95.0"), "{fault}");
        assert_eq!(compare("a", &built("a", "1"), &built("b", "1")).unwrap_err().blame, Blame::Entry);
        assert_eq!(compare("c", &built("a", "1"), &built("a", "1")).unwrap_err().blame, Blame::Entry);
    }

    #[test]
    fn the_note_beside_the_file_is_right() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let note = firmware::built(&root).unwrap();
        let program = golf_simulator::Program::read(firmware::IMAGE).unwrap();
        assert_eq!((note.schema, note.sha256, note.bytes), (1, firmware::sha256(), firmware::IMAGE.len() as u64));
        assert_eq!(note.flash_bytes, program.flash_bytes() as u64);
        assert_eq!(program.soft_float().next(), None);
        let known = ["golf_main", "_start"];
        assert!(
            known.iter().all(|name| program.symbols().any(|symbol| symbol == *name)),
            "the symbols are there to be checked"
        );
    }
}
