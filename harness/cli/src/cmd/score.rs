//! `score SLUG...`

use super::{Common, all, messages, print, print_json};
use crate::golf::{Candidate, Checked, Golf};
use crate::worker::{self, Job, JobError, Limits, Message, Target, Work};
use crate::{Fault, model, public, scoring};
use golf_core::Cost;
use golf_record::{ArtifactFacts, Outcome, Probe, SCORE_SCHEMA, Score, TaskScore};
use golf_task::{Definition, Task};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// The suite of published benchmarks.
pub const PUBLIC: &str = "public";

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all by default
    slugs: Vec<String>,
    /// The suite to score: `core`, or `public`, of published benchmarks, once `fetch` has brought their data
    #[arg(long, default_value = "core")]
    suite: String,
    /// Only this task
    #[arg(long, value_name = "ID", conflicts_with = "text")]
    task: Option<String>,
    /// Score these text files instead, each as one document; nothing is recorded
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "slugs")]
    text: Vec<PathBuf>,
    /// Score again what is recorded already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    means: Means,
}

/// What scoring may use.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Means {
    /// Threads for scoring; the scores don't depend on it
    #[arg(long, value_name = "N", default_value_t = model::cores())]
    pub threads: usize,
    /// Of the child process
    #[command(flatten)]
    pub limits: Limits,
}

/// Scores submissions and records the scores.
///
/// # Errors
/// If one can't be scored; the others are.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let candidates = golf.candidates(&args.slugs)?;
    if !args.text.is_empty() {
        return texts(common, candidates, &args.text, args.means.threads);
    }
    let is_public = |id: &String| golf.public.iter().any(|task| task.id == *id);
    if args.task.as_ref().map_or(args.suite == PUBLIC, is_public) {
        return published(common, &golf, candidates, args);
    }
    let tasks = golf.select(&args.suite, args.task.as_deref())?;
    let (mut faults, mut documents) = (vec![], vec![]);
    for (slug, candidate) in candidates {
        let scored = candidate.and_then(|candidate| {
            update(&golf, &candidate, &tasks, args.force, &args.means).map_err(|error| error.of(&slug))
        });
        match scored {
            Ok(score) => {
                if !common.json {
                    print(&describe(&score, &tasks));
                }
                documents.push(score);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "scores": documents, "errors": messages(&faults) }));
    }
    all(faults)
}

/// Scores submissions on published benchmarks whose data is here, and records the scores.
fn published(
    common: &Common,
    golf: &Golf,
    candidates: impl Iterator<Item = Checked>,
    args: &Args,
) -> Result<(), Fault> {
    let (tasks, missing) = public::fetched(golf, args.task.as_deref())?;
    let (mut faults, mut documents) = (vec![], vec![]);
    for (slug, candidate) in candidates {
        let scored = candidate.and_then(|candidate| {
            public::update(golf, &candidate, &tasks, args.force, &args.means).map_err(|error| error.of(&slug))
        });
        match scored {
            Ok(score) => {
                if !common.json {
                    let line = |task: &&Definition| public::describe(task, &score);
                    print(&format!("{slug}\n{}", tasks.iter().map(line).collect::<String>()));
                }
                documents.push(score);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "scores": documents, "errors": messages(&faults) }));
    } else if let Some(sentence) = public::passed_over(&missing) {
        print(&format!("{sentence}\n"));
    }
    all(faults)
}

/// Scores the tasks that have no current score yet, and records them one by one, so that a kill loses at most the task in hand.
///
/// # Errors
/// If the child process fails, or a record can't be read or written.
pub fn update(
    golf: &Golf,
    candidate: &Candidate,
    tasks: &[&Task],
    force: bool,
    means: &Means,
) -> Result<Score, JobError> {
    let fault = |fault: golf_record::StoreError| JobError::Fault(fault.into());
    let slug = &candidate.submission.slug;
    let recorded = golf.store.score(slug).map_err(fault)?;
    let mut score = recorded.filter(|score| is_current(score, golf, candidate)).unwrap_or_else(|| Score {
        schema: SCORE_SCHEMA,
        slug: slug.clone(),
        artifact: candidate.facts.clone(),
        engine: candidate.engine.clone(),
        season: golf.season.clone(),
        probe: Probe { tokens: 0, sha256: String::new() },
        tasks: vec![],
    });
    let has = |score: &Score, task: &Task| {
        score.task(&task.definition.id).is_some_and(|scored| scored.version == task.definition.version)
    };
    // What is no task any more is no score any more.
    score.tasks.retain(|scored| golf.tasks.iter().any(|task| task.name() == scored.name()));
    let missing: Vec<&Task> = tasks.iter().copied().filter(|task| force || !has(&score, task)).collect();
    if missing.is_empty() && score.probe.tokens > 0 {
        golf.store.put_score(&score).map_err(fault)?;
        return Ok(score);
    }
    let mut written = Ok(());
    score_in_child(golf, candidate, &missing, means, |message| match message {
        Message::Probe(probe) => score.probe = probe,
        Message::Task(task) => {
            score.tasks.retain(|other| other.id != task.id);
            score.tasks.push(task);
            score.tasks.sort_by(|a, b| a.id.cmp(&b.id));
            if written.is_ok() {
                written = golf.store.put_score(&score);
            }
        }
        _ => {}
    })?;
    written.map_err(fault)?;
    Ok(score)
}

fn is_current(score: &Score, golf: &Golf, candidate: &Candidate) -> bool {
    score.artifact == candidate.facts && score.engine == candidate.engine && score.season == golf.season
}

/// Runs the tasks in a child process, with a progress bar on a terminal.
///
/// # Errors
/// If the child process fails.
pub fn score_in_child(
    golf: &Golf,
    candidate: &Candidate,
    tasks: &[&Task],
    means: &Means,
    mut hear: impl FnMut(Message),
) -> Result<(), JobError> {
    let ArtifactFacts { sha256, .. } = &candidate.facts;
    let digest = candidate.submission.sha256;
    let items: usize = tasks.iter().map(|task| task.items(&digest, &golf.season).len()).sum();
    let bar = ProgressBar::new(items as u64).with_message(candidate.submission.slug.clone());
    bar.set_style(
        ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} items, {eta} left").expect("a fixed template"),
    );
    let job = Job {
        root: golf.root.clone(),
        artifact: Some(Target { path: candidate.artifact.clone(), sha256: sha256.clone() }),
        work: Work::Score {
            tasks: tasks.iter().map(|task| task.definition.id.clone()).collect(),
            season: golf.season.clone(),
            threads: means.threads,
        },
        limits: means.limits,
    };
    let result = worker::run(&job, |message| match message {
        Message::Item => bar.inc(1),
        message => hear(message),
    });
    bar.finish_and_clear();
    result
}

fn describe(score: &Score, tasks: &[&Task]) -> String {
    let mut text = format!("{}\n", score.slug);
    for task in tasks {
        if let Some(scored) = score.task(&task.definition.id) {
            text.push_str(&format!("  {:18} {}\n", scored.id, describe_task(scored)));
        }
    }
    text
}

/// A task's score in a few words.
pub fn describe_task(task: &TaskScore) -> String {
    let summary = task.summary();
    match (summary.bits_per_byte(), summary.ideal_bits_per_byte()) {
        (Some(bits), Some(ideal)) => format!("{bits:.4} bits per byte, {:.4} over the ideal", bits - ideal),
        (Some(bits), None) => format!("{bits:.4} bits per byte"),
        _ if matches!(task.items.first().map(|item| &item.outcome), Some(Outcome::Choice { .. })) => format!(
            "{:.1} % of {} right ({:.1} % by cost per byte)",
            100.0 * summary.accuracy(),
            summary.items,
            100.0 * summary.accuracy_per_byte()
        ),
        _ => format!("{:.1} % of {} right", 100.0 * summary.accuracy(), summary.items),
    }
}

/// The exact cost of any text files.
fn texts(
    common: &Common,
    candidates: impl Iterator<Item = Checked>,
    files: &[PathBuf],
    threads: usize,
) -> Result<(), Fault> {
    let mut documents = vec![];
    for (slug, candidate) in candidates {
        let candidate = candidate?;
        let loaded = candidate.load()?;
        for file in files {
            let text = std::fs::read(file).map_err(|fault| Fault::reading(file, &fault))?;
            let (cost, tokens) = loaded.start_on(threads, |mut model| scoring::score_text(&mut model, &text))??;
            let per_byte = cost.0 as f64 / Cost::BIT.0 as f64 / text.len().max(1) as f64;
            if !common.json {
                let line = format!(
                    "{slug} {}: {per_byte:.4} bits per byte ({} bytes, {tokens} tokens, {} / 65,536 bits)\n",
                    file.display(),
                    text.len(),
                    cost.0
                );
                print(&line);
            }
            documents.push(serde_json::json!({
                "slug": slug, "file": file, "bytes": text.len(), "tokens": tokens, "cost": cost.0, "bits_per_byte": per_byte,
            }));
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "unit": "cost in 2^-16 bits", "texts": documents }));
    }
    Ok(())
}
