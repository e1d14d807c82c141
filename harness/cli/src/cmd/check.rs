//! `check PATH...`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::golf::{self, Golf};
use crate::table;
use golf_artifact::{Account, Taken, codec};
use golf_core::budget;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;

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
    in_order(
        &folders,
        |folder| report(common, args, folder),
        |Report { text, document, fault }| {
            if !common.json {
                print(&text);
            }
            documents.push(document);
            faults.extend(fault);
        },
    );
    if common.json {
        print_json(&serde_json::json!({ "checked": documents }));
    }
    all(faults)
}

/// What is said of a folder.
struct Report {
    text: String,
    document: serde_json::Value,
    fault: Option<Fault>,
}

fn report(common: &Common, args: &Args, folder: &Path) -> Report {
    described(common, args, folder).unwrap_or_else(|fault| {
        let errors = messages(std::slice::from_ref(&fault));
        let document = serde_json::json!({ "path": folder, "ok": false, "errors": errors });
        Report { text: String::new(), document, fault: Some(fault) }
    })
}

fn described(common: &Common, args: &Args, folder: &Path) -> Result<Report, Fault> {
    let candidate = golf::check(folder)?;
    let facts = &candidate.facts;
    let slug = &candidate.submission.slug;
    let classes: Vec<u64> = budget::classes(facts.bytes).collect();
    let smallest = classes.last().copied().unwrap_or(budget::BUDGET);
    let mut text = format!(
        "{slug}: in order. {} bytes ({} under the limit of the {} class), {} parameters, engine {}@{}\n",
        golf_record::grouped(facts.bytes),
        golf_record::grouped(smallest - facts.bytes),
        table::class_name(smallest),
        golf_record::grouped(facts.parameters),
        candidate.engine.name,
        candidate.engine.version
    );
    let mut document = serde_json::json!({
        "slug": slug, "ok": true, "artifact": facts, "engine": candidate.engine, "classes": classes,
    });
    if args.bytes {
        let accounts = candidate.opened()?.accounts();
        if common.json {
            document["bytes"] = accounts.iter().map(in_json).collect();
        } else {
            text += &table::of_bytes(&accounts);
        }
    }
    Ok(Report { text, document, fault: None })
}

/// What `work` makes of items, on all cores, given to `take` in the items' order, each as soon as those before it are there.
fn in_order<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync, mut take: impl FnMut(R)) {
    let next = AtomicUsize::new(0);
    let (send, results) = mpsc::channel();
    let worker = |send: mpsc::Sender<(usize, R)>| {
        while let Some((index, item)) = Some(next.fetch_add(1, Relaxed)).and_then(|i| Some((i, items.get(i)?))) {
            // Nobody listens any more only if `take` has panicked.
            let _ = send.send((index, work(item)));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let (worker, send) = (&worker, send.clone());
            scope.spawn(move || worker(send));
        }
        drop(send);
        let (mut early, mut taken) = (BTreeMap::new(), 0);
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&taken) {
                take(result);
                taken += 1;
            }
        }
    });
}

fn in_json(account: &Account) -> serde_json::Value {
    let taken = |taken: Taken| serde_json::json!({ "plain": taken.plain, "coded": taken.coded });
    serde_json::json!({
        "name": account.name, "codec": account.codec.map(codec::name), "weights": account.weights,
        "bytes": taken(account.bytes), "scales": taken(account.scales), "entropy_bits_per_weight": account.entropy,
    })
}

/// A path as it is given, or the folder of the submission with this slug.
fn locate(common: &Common, path: &Path) -> Result<PathBuf, Fault> {
    if path.exists() {
        return Ok(path.to_owned());
    }
    let by_slug = Golf::open(common.root.as_deref()).map(|golf| golf.root.join("submissions").join(path));
    by_slug.ok().filter(|folder| folder.exists()).ok_or_else(|| {
        Fault::machine(format!("{}: there is no such folder; name a submission's folder or its slug", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..20).collect();
        let (mut taken, threads) = (vec![], std::sync::Mutex::new(std::collections::BTreeSet::new()));
        let work = |&item: &u64| {
            std::thread::sleep(Duration::from_millis(20 - item));
            threads.lock().unwrap().insert(format!("{:?}", std::thread::current().id()));
            2 * item
        };
        in_order(&items, work, |result| taken.push(result));
        assert_eq!(taken, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(threads.lock().unwrap().len() > 1, cores > 1);
        in_order(&[], work, |_| unreachable!());
    }
}
