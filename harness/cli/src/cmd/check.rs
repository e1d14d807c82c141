//! `check PATH...`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::golf::{self, Golf};
use golf_core::budget;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submission folders, or slugs; all submissions by default
    paths: Vec<PathBuf>,
}

/// Checks folders and says what is wrong with each.
///
/// # Errors
/// If anything is wrong with any of them.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let folders = if args.paths.is_empty() {
        let golf = Golf::open(common.root.as_deref())?;
        golf.slugs()?.iter().map(|slug| golf.folder(slug)).collect()
    } else {
        args.paths.iter().map(|path| locate(common, path)).collect::<Result<Vec<_>, _>>()?
    };
    let (mut faults, mut documents) = (vec![], vec![]);
    for folder in folders {
        match golf::check(&folder) {
            Ok(candidate) => {
                let facts = &candidate.facts;
                let slug = &candidate.submission.slug;
                let classes: Vec<u64> = budget::classes(facts.bytes).collect();
                let smallest = classes.last().copied().unwrap_or(budget::BUDGET);
                if !common.json {
                    print(&format!(
                        "{slug}: in order. {} bytes ({} under the limit of the {} class), {} parameters, engine {}@{}\n",
                        golf_record::grouped(facts.bytes),
                        golf_record::grouped(smallest - facts.bytes),
                        crate::table::class_name(smallest),
                        golf_record::grouped(facts.parameters),
                        candidate.engine.name,
                        candidate.engine.version
                    ));
                }
                documents.push(serde_json::json!({
                    "slug": slug, "ok": true, "artifact": facts, "engine": candidate.engine, "classes": classes,
                }));
            }
            Err(fault) => {
                let errors = messages(std::slice::from_ref(&fault));
                documents.push(serde_json::json!({ "path": folder, "ok": false, "errors": errors }));
                faults.push(fault);
            }
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "checked": documents }));
    }
    all(faults)
}

/// A path as it is given, or the folder of the submission with this slug.
fn locate(common: &Common, path: &std::path::Path) -> Result<PathBuf, Fault> {
    if path.exists() {
        return Ok(path.to_owned());
    }
    let by_slug = Golf::open(common.root.as_deref()).map(|golf| golf.root.join("submissions").join(path));
    by_slug.ok().filter(|folder| folder.exists()).ok_or_else(|| {
        Fault::machine(format!("{}: there is no such folder; name a submission's folder or its slug", path.display()))
    })
}
