//! `firmware build|verify [TARGET...]`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::firmware::{Built, TARGETS, Target, Toolchain};
use crate::golf::Golf;
use golf_record::submission::hex;
use golf_record::{to_json, write_atomically};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// What to do with the firmware.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Build it from the source and replace the committed files; the harness carries them once it is built again
    Build(Targets),
    /// Build it from the source and compare with the committed files
    Verify(Targets),
}

/// For what.
#[derive(Clone, Debug, clap::Args)]
pub struct Targets {
    /// Targets; all by default
    targets: Vec<String>,
}

/// Builds or verifies the firmware's files.
///
/// # Errors
/// If there is no toolchain for one, it doesn't build, computes in floating point, or the file differs.
pub fn run(common: &Common, verb: &Verb) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let toolchain = Toolchain::find()?;
    let (Verb::Build(names) | Verb::Verify(names)) = verb;
    let named: Vec<&Target> = names.targets.iter().map(|name| Target::named(name)).collect::<Result<_, _>>()?;
    let targets = if named.is_empty() { TARGETS.iter().collect() } else { named };
    let (mut documents, mut faults) = (vec![], vec![]);
    for target in targets {
        let done = toolchain.build(&golf.root, target).and_then(|(bytes, built)| {
            match verb {
                Verb::Build(_) => replace(&golf.root, target, &bytes, &built)?,
                Verb::Verify(_) => verify(&golf.root, target, &built)?,
            }
            Ok(built)
        });
        match done {
            Ok(built) => {
                if !common.json {
                    let Built { sha256, bytes, flash_bytes, rustc, .. } = &built;
                    let done = if matches!(verb, Verb::Build(_)) { "built" } else { "the same, byte for byte" };
                    let path = target.path(&golf.root);
                    print(&format!(
                        "{}: {done} ({bytes} bytes, {flash_bytes} in flash, sha256 {sha256}, rustc {rustc})\n",
                        path.display()
                    ));
                }
                documents.push(serde_json::json!({ "target": target.name, "built": built }));
            }
            Err(fault) => faults.push(Fault { message: format!("{}: {}", target.name, fault.message), ..fault }),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "firmware": documents, "errors": messages(&faults) }));
    }
    all(faults)
}

fn replace(root: &Path, target: &Target, bytes: &[u8], built: &Built) -> Result<(), Fault> {
    let write = |path: &Path, content: &[u8]| {
        write_atomically(path, content)
            .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))
    };
    write(&target.path(root), bytes)?;
    write(&target.note(root), to_json(built).as_bytes())
}

fn verify(root: &Path, target: &Target, built: &Built) -> Result<(), Fault> {
    let path = target.path(root);
    let file = fs::read(&path).map_err(|fault| Fault::reading(&path, &fault))?;
    compare(target, &hex(&Sha256::digest(&file)), &target.built(root)?, built)
}

fn compare(target: &Target, sha256: &str, committed: &Built, built: &Built) -> Result<(), Fault> {
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
             `rustup toolchain install {release} --target {}`, and RUSTUP_TOOLCHAIN={release}",
            committed.rustc, committed.library, built.rustc, built.library, target.triple
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
    use crate::firmware::{Code, IN_PROCESS};

    fn built(sha256: &str, rustc: &str) -> Built {
        let (rustc, library) = (rustc.into(), "target".into());
        Built { schema: 1, sha256: sha256.into(), bytes: 9, flash_bytes: 5, rustc, library }
    }

    #[test]
    fn files_are_compared_only_where_the_compiler_is_the_same() {
        let compare = |sha256, committed, built| compare(IN_PROCESS, sha256, &committed, &built);
        assert_eq!(compare("a", built("a", "1.95.0 (x)"), built("a", "1.95.0 (x)")), Ok(()));
        let fault = compare("a", built("a", "1.95.0 (x)"), built("b", "1.96.0 (y)")).unwrap_err();
        assert!(fault.blame == Blame::Machine && fault.message.contains("toolchain install 1.95.0"), "{fault}");
        assert_eq!(compare("a", built("a", "1"), built("b", "1")).unwrap_err().blame, Blame::Entry);
        assert_eq!(compare("c", built("a", "1"), built("a", "1")).unwrap_err().blame, Blame::Entry);
    }

    #[test]
    fn the_notes_beside_the_files_are_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(TARGETS.iter().map(|target| target.name).eq(golf_record::TARGETS));
        for target in &TARGETS {
            let note = target.built(&root).unwrap();
            assert_eq!((note.schema, note.sha256, note.bytes), (1, target.sha256(), target.image.len() as u64));
            assert_eq!(note.flash_bytes, Code::read(target.image).unwrap().flash_bytes(), "{}", target.name);
        }
    }
}
