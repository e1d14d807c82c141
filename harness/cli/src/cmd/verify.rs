//! `verify [SLUG...]`

use super::score::{Means, score_in_child};
use super::{Common, all, messages, print, print_json};
use crate::golf::{Candidate, Golf};
use crate::worker::Message;
use crate::{Fault, machine, public};
use golf_record::{Machine, Score};
use golf_task::Task;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all by default
    slugs: Vec<String>,
    #[command(flatten)]
    means: Means,
}

/// Scores submissions again and compares with the records.
///
/// # Errors
/// If any score differs, or is missing or out of date.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let (mut faults, mut documents) = (vec![], vec![]);
    for (slug, candidate) in golf.checked(&args.slugs)? {
        let verified = candidate.and_then(|candidate| {
            let score = verify(&golf, &candidate, &args.means)?;
            let (_, outdated) = golf.simulations(&slug)?;
            if !outdated.is_empty() {
                let targets = outdated.join(", ");
                return Err(Fault::entry(format!(
                    "{slug}: the records of {targets} are of another firmware: `cargo golf simulate {slug}` renews them where QEMU is installed"
                )));
            }
            Ok((score, verify_public(&golf, &candidate, &args.means)?))
        });
        let public = verified.as_ref().map_or_else(|_| PublicVerified::default(), |(_, public)| *public);
        documents.push(serde_json::json!({
            "slug": slug, "verified": verified.is_ok(), "public_verified": public.verified, "public_without_data": public.without_data,
        }));
        match verified {
            Ok((score, _)) if !common.json => {
                let items: usize = score.tasks.iter().map(|task| task.items.len()).sum();
                print(&format!(
                    "{slug}: {} tasks, {items} items, logits {:.16}: the same, bit for bit\n",
                    score.tasks.len(),
                    score.probe.sha256
                ));
                if public.verified > 0 {
                    print(&format!("{slug}: {} public tasks: the same, bit for bit\n", public.verified));
                }
                if public.without_data > 0 {
                    let count = public.without_data;
                    print(&format!(
                        "{slug}: {count} public tasks not verified: `cargo golf fetch` brings their data\n"
                    ));
                }
            }
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        let Machine { rustc, commit, .. } = machine::this(&golf.root);
        let harness = serde_json::json!({ "commit": commit, "rustc": rustc });
        print_json(&serde_json::json!({ "verified": documents, "harness": harness, "errors": messages(&faults) }));
    }
    all(faults)
}

fn verify(golf: &Golf, candidate: &Candidate, means: &Means) -> Result<Score, Fault> {
    let slug = &candidate.submission.slug;
    let missing = |what: &str| Fault::entry(format!("{slug}: {what}; `cargo golf run {slug}` makes the record"));
    let recorded = golf.store.score(slug)?.ok_or_else(|| missing("has no recorded score"))?;
    if recorded.artifact != candidate.facts {
        return Err(missing("the recorded score is of another artifact"));
    }
    if recorded.engine != candidate.engine || recorded.season != golf.season {
        return Err(missing("the recorded score is of another engine version or season"));
    }
    let tasks = golf.select("core", None)?;
    let is_recorded = |task: &&Task| recorded.tasks.iter().any(|scored| scored.name() == task.name());
    if let Some(task) = tasks.iter().find(|task| !is_recorded(task)) {
        return Err(missing(&format!("has no recorded score on {}", task.name())));
    }
    let mut fault = None;
    let mut differ = |message: String| _ = fault.get_or_insert(Fault::entry(format!("{slug}: {message}")));
    score_in_child(golf, candidate, &tasks, means, |message| match message {
        Message::Probe(probe) if probe != recorded.probe => {
            differ(format!("the logits' digest is {}, but {} is recorded", probe.sha256, recorded.probe.sha256));
        }
        Message::Task(task) => {
            let old = recorded.task(&task.id).expect("looked for above");
            if let Some(difference) = old.difference(&task) {
                differ(difference);
            }
        }
        _ => {}
    })
    .map_err(|error| error.of(slug))?;
    fault.map_or(Ok(recorded), Err)
}

/// What came of an entry's recorded scores on published benchmarks.
#[derive(Clone, Copy, Debug, Default)]
struct PublicVerified {
    /// Tasks scored again with the same result.
    verified: usize,
    /// Tasks whose data isn't here.
    without_data: usize,
}

/// Scores again what is recorded of published benchmarks, as far as their data is here.
fn verify_public(golf: &Golf, candidate: &Candidate, means: &Means) -> Result<PublicVerified, Fault> {
    let slug = &candidate.submission.slug;
    let mut done = PublicVerified::default();
    let Some(recorded) = golf.store.public(slug)? else { return Ok(done) };
    let outdated = |what: &str| {
        let remedy = format!("`cargo golf score {slug} --suite public` makes the record");
        Fault::entry(format!("{slug}: the recorded scores on public tasks are {what}; {remedy}"))
    };
    if golf.public_score(candidate)?.is_none() {
        return Err(outdated("of another artifact or engine version"));
    }
    for old in &recorded.tasks {
        let task = golf.public.iter().find(|task| task.id == old.id && task.version == old.version);
        let Some(task) = task else { return Err(outdated(&format!("on {}, which is no task", old.name()))) };
        if !golf_task::is_fetched(task, &golf.fetched()) {
            done.without_data += 1;
            continue;
        }
        let new = public::score_in_child(golf, candidate, task, means).map_err(|error| error.of(slug))?;
        if let Some((old, new)) = old.parts.iter().zip(&new.parts).find(|(old, new)| old != new) {
            let show = |part| serde_json::to_string(part).expect("records are plain data");
            let message = format!("{}: scored {}, but {} is recorded", task.id, show(new), show(old));
            return Err(Fault::entry(format!("{slug}: {message}")));
        }
        if old.parts.len() != new.parts.len() {
            return Err(outdated(&format!("of {} parts of {}", old.parts.len(), old.name())));
        }
        done.verified += 1;
    }
    Ok(done)
}
