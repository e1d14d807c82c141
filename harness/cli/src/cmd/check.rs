//! `check PATH...`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::golf::{self, Golf};
use crate::table;
use golf_artifact::{Account, Taken, codec};
use golf_core::budget;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submission folders, or slugs; all submissions by default
    paths: Vec<PathBuf>,
    /// Say where an artifact's bytes go
    #[arg(long)]
    bytes: bool,
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
                        table::class_name(smallest),
                        golf_record::grouped(facts.parameters),
                        candidate.engine.name,
                        candidate.engine.version
                    ));
                }
                let mut document = serde_json::json!({
                    "slug": slug, "ok": true, "artifact": facts, "engine": candidate.engine, "classes": classes,
                });
                if args.bytes {
                    let accounts = candidate.opened()?.accounts();
                    if common.json {
                        document["bytes"] = accounts.iter().map(in_json).collect();
                    } else {
                        print(&table::of_bytes(&accounts));
                    }
                }
                documents.push(document);
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

fn in_json(account: &Account) -> serde_json::Value {
    let taken = |taken: Taken| serde_json::json!({ "plain": taken.plain, "coded": taken.coded });
    serde_json::json!({
        "name": account.name, "codec": account.codec.map(codec::name), "weights": account.weights,
        "bytes": taken(account.bytes), "scales": taken(account.scales), "entropy_bits_per_weight": account.entropy,
    })
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
