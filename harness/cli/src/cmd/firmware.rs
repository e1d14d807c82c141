//! `firmware build|verify [TARGET...]`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::built::{Built, Committed};
use crate::firmware::{TARGETS, Target};
use crate::golf::Golf;
use crate::toolchain::Toolchain;

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
    let files = targets.into_iter().map(|target| {
        let build = || target.build(&toolchain, &golf.root);
        (target.name, target.committed(&golf.root), build)
    });
    build_or_verify(common, "firmware", matches!(verb, Verb::Build(_)), files)
}

/// Builds committed files, each with its name, and replaces or compares them; `key` is the document's.
pub(super) fn build_or_verify<F: FnOnce() -> Result<(Vec<u8>, Built), Fault>>(
    common: &Common,
    key: &str,
    replace: bool,
    files: impl IntoIterator<Item = (&'static str, Committed, F)>,
) -> Result<(), Fault> {
    let (mut documents, mut faults) = (vec![], vec![]);
    for (name, committed, build) in files {
        let done = build().and_then(|(bytes, built)| {
            if replace {
                committed.replace(&bytes, &built)?
            } else {
                committed.verify(&built)?
            }
            Ok(built)
        });
        match done {
            Ok(built) => {
                if !common.json {
                    let Built { sha256, bytes, flash_bytes, rustc, .. } = &built;
                    let done = if replace { "built" } else { "the same, byte for byte" };
                    let flash = flash_bytes.map(|bytes| format!(", {bytes} in flash")).unwrap_or_default();
                    print(&format!(
                        "{}: {done} ({bytes} bytes{flash}, sha256 {sha256}, rustc {rustc})\n",
                        committed.path.display()
                    ));
                }
                documents.push(serde_json::json!({ "target": name, "built": built }));
            }
            Err(fault) => faults.push(Fault { message: format!("{name}: {}", fault.message), ..fault }),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ key: documents, "errors": messages(&faults) }));
    }
    all(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firmware::Code;
    use std::path::Path;

    #[test]
    fn the_notes_beside_the_files_are_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(TARGETS.iter().map(|target| target.name).eq(golf_record::TARGETS));
        for target in &TARGETS {
            let note = target.committed(&root).built().unwrap();
            assert_eq!((note.schema, note.sha256, note.bytes), (1, target.sha256(), target.image.len() as u64));
            assert_eq!(note.flash_bytes, Some(Code::read(target.image).unwrap().flash_bytes()), "{}", target.name);
        }
    }
}
