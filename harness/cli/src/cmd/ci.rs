//! `ci --base REF`: what a pull request would get.

use super::score::{self, Means};
use super::{Common, print, print_json};
use crate::golf::{self, Candidate, Golf};
use crate::pull_request::{PullRequest, Scope};
use crate::verdict::{About, ClassLine, Scored, TaskLine, Verdict};
use crate::{Fault, audit};
use golf_core::budget;
use golf_record::{Entry, Leaderboard, Score, Store, write_atomically};
use std::path::{Path, PathBuf};

/// Arguments of `ci`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The commit or branch that the pull request is for
    #[arg(long, value_name = "REF", required_unless_present = "comment")]
    base: Option<String>,
    /// The pull request's last commit
    #[arg(long, value_name = "REF", default_value = "HEAD")]
    head: String,
    /// Write the verdict to this file as well
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the comment that a verdict makes instead; it is validated first
    #[arg(long, value_name = "VERDICT", conflicts_with_all = ["base", "output"])]
    comment: Option<PathBuf>,
    #[command(flatten)]
    means: Means,
}

/// Checks and scores the entry that a pull request brings, with the harness and the tasks of the project's folder: the pull request's own files are
/// read from git and never checked out.
///
/// # Errors
/// If the entry is not in order, or the pull request touches what an entry may not touch.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    if let Some(path) = &args.comment {
        let text = std::fs::read(path).map_err(|fault| Fault::reading(path, &fault))?;
        let verdict = Verdict::read(&text).map_err(|fault| Fault::entry(format!("{}: {fault}", path.display())))?;
        print(&verdict.markdown());
        return Ok(());
    }
    let golf = Golf::open(common.root.as_deref())?;
    let base = args.base.as_deref().expect("clap asks for it");
    let request = PullRequest::open(&golf.root, base, &args.head)?;
    let verdict = judge(&golf, &request, &args.means)?.bounded();
    if let Some(path) = &args.output {
        write_atomically(path, golf_record::to_json(&verdict).as_bytes())
            .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", path.display())))?;
    }
    if common.json {
        print_json(&verdict);
    } else {
        print(&verdict.markdown());
    }
    if verdict.accepted { Ok(()) } else { Err(Fault::entry(verdict.faults.join("\n"))) }
}

/// # Errors
/// If the machine is at fault; what is wrong with the entry is part of the verdict.
fn judge(golf: &Golf, request: &PullRequest, means: &Means) -> Result<Verdict, Fault> {
    let (about, faults) = match request.scope() {
        Scope::Entry(_) => (About::Entry, vec![]),
        Scope::Mixed(faults) => (About::Entry, faults),
        Scope::Removal(_) => (About::Removal, vec![]),
        Scope::Project => (About::Project, vec![]),
        Scope::Nothing => (About::Nothing, vec![]),
    };
    let (base, head) = (request.base.clone(), request.head.clone());
    let mut verdict =
        Verdict { schema: 1, base, head, about, accepted: faults.is_empty(), faults, notes: vec![], entry: None };
    if let Scope::Entry(slug) = request.scope() {
        match entry(golf, request, &slug, means, &mut verdict.notes) {
            Ok(scored) => verdict.entry = Some(scored),
            Err(fault) if fault.blame == crate::Blame::Entry => {
                verdict.faults.extend(fault.message.lines().map(String::from));
                verdict.accepted = false;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(verdict)
}

fn entry(
    golf: &Golf,
    request: &PullRequest,
    slug: &str,
    means: &Means,
    notes: &mut Vec<String>,
) -> Result<Scored, Fault> {
    let place = tempfile::tempdir().map_err(|fault| Fault::machine(format!("no temporary folder: {fault}")))?;
    let folder = place.path().join("submissions").join(slug);
    request.extract(&format!("submissions/{slug}"), &folder)?;
    // Messages name the files as the pull request does.
    let prefix = format!("{}/", place.path().display());
    let named = |fault: Fault| Fault { message: fault.message.replace(&prefix, ""), ..fault };
    let candidate = golf::check(&folder).map_err(named)?;
    let records = place.path().join("results");
    let score = scored(golf, &candidate, &records, means).map_err(named)?;
    notes.extend(audit::audit(golf, &candidate, &score, None).caveats.into_iter().map(|caveat| caveat.text));
    let left = request.uncommitted(slug)?;
    if left > 0 {
        notes.push(format!("{left} files in submissions/{slug} are changed but not committed, and not looked at"));
    }
    let before =
        request.before(&format!("results/{slug}/score.json"))?.and_then(|text| serde_json::from_slice(&text).ok());
    Ok(standing(golf.leaderboard()?, candidate, score, before))
}

/// Scores the `core` suite and keeps the records in a folder of their own.
fn scored(golf: &Golf, candidate: &Candidate, records: &Path, means: &Means) -> Result<Score, Fault> {
    let apart = Golf { store: Store::new(records), ..golf.clone() };
    let tasks = apart.select("core", None)?;
    score::update(&apart, candidate, &tasks, true, means).map_err(|error| error.of(&candidate.submission.slug))
}

/// Where the entry stands, and where it stood before.
fn standing(board: Leaderboard, candidate: Candidate, score: Score, before: Option<Score>) -> Scored {
    let slug = candidate.submission.slug.clone();
    let leaders = board.leaders;
    let others: Vec<Entry> = board.entries.into_iter().filter(|entry| entry.slug != slug).collect();
    let golf_record::submission::Submission { manifest, readme, .. } = candidate.submission;
    let new = Entry {
        slug: slug.clone(),
        manifest,
        readme,
        score: Some(score),
        measurements: vec![],
        simulations: vec![],
        audit: None,
        portrait: Default::default(),
    };
    let old = before.map(|score| Entry { score: Some(score), ..new.clone() });
    let with =
        |entry: Option<Entry>| Leaderboard::after(leaders.clone(), others.iter().cloned().chain(entry).collect());
    let (board, earlier) = (with(Some(new.clone())), with(old.clone()));
    let score = new.score.as_ref().expect("it has just been scored");
    let line = |task: &golf_record::TaskScore| {
        let earlier = old.as_ref().and_then(|old| old.summary(&task.id));
        TaskLine {
            task: task.id.clone(),
            is_bits_per_byte: task.summary().bits_per_byte().is_some(),
            value: task.summary().headline(),
            before: earlier.map(|summary| summary.headline()),
        }
    };
    let class = |limit| {
        let place = board.place(limit, &slug)?;
        Some(ClassLine {
            class: limit,
            rank: place.rank,
            tied: place.is_tied().then_some([place.first, place.last]),
            leads: board.leaders.of(limit).is_some_and(|leader| leader.slug == slug),
            entries: board.class(limit).count(),
            before: earlier.place(limit, &slug).map(|place| place.rank),
        })
    };
    let front = board.front();
    let displaced =
        earlier.front().into_iter().filter(|other| *other != slug && !front.contains(other)).map(String::from);
    Scored {
        artifact: score.artifact.sha256.clone(),
        bytes: score.artifact.bytes,
        parameters: score.artifact.parameters,
        engine: format!("{}@{}", score.engine.name, score.engine.version),
        digest: score.probe.sha256.clone(),
        tasks: score.tasks.iter().map(line).collect(),
        classes: budget::classes(score.artifact.bytes).filter_map(class).collect(),
        on_front: front.contains(&slug.as_str()),
        displaced: displaced.collect(),
        slug,
    }
}
