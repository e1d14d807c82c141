//! `run [SLUG...]`: the main job.

use super::bench::Bench;
use super::score::Means;
use super::{Common, all, messages, print, print_json, score, simulate, site};
use crate::golf::{Candidate, Golf, Overview};
use crate::worker::JobError;
use crate::{Fault, audit, portrait, public, table};
use golf_record::write_atomically;
use golf_task::Task;
use std::fs;
use std::path::Path;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions to bring up to date; all by default
    slugs: Vec<String>,
    /// Score published benchmarks too, once `fetch` has brought their data: `public`; the suite `core` is always scored
    #[arg(long, default_value = "core")]
    suite: String,
    /// Score and measure again what is recorded already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    means: Means,
}

/// Brings everything up to date.
///
/// # Errors
/// If any entry isn't in order or can't be scored; all others are on the board nevertheless.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let tasks = golf.select("core", None)?;
    let (published, missing) = match args.suite.as_str() {
        "core" => (vec![], vec![]),
        score::PUBLIC => public::fetched(&golf, None)?,
        other => return Err(Fault::usage(format!("there is no suite `{other}`; there are `core` and `public`"))),
    };
    let mut bench = Bench::new(&golf, args.means.threads, args.means.limits);
    let (mut faults, mut skipped) = (vec![], vec![]);
    for (slug, candidate) in golf.candidates(&args.slugs)? {
        let done = candidate.and_then(|candidate| {
            bring_up_to_date(&golf, &candidate, &tasks, &mut bench, &mut skipped, args)?;
            if published.is_empty() {
                return Ok(());
            }
            let scored = public::update(&golf, &candidate, &published, args.force, &args.means);
            scored.map(|_| ()).map_err(|error| error.of(&slug))
        });
        faults.extend(done.err());
    }
    skipped.dedup();
    let mut overview = golf.overview()?;
    overview.board.leaders.note(&portrait::today());
    let Overview { board, public: public_tables, estimates } = &overview;
    let tables = board.tables();
    golf.store.put_leaders(&board.leaders)?;
    golf.store.put_derived("leaderboard.csv", &tables.csv)?;
    golf.store.put_derived("leaderboard.json", &tables.json)?;
    golf.store.put_derived("measurements.csv", &tables.measurements)?;
    if !public_tables.is_empty() {
        golf.store.put_derived("public.csv", &golf_record::public_csv(public_tables))?;
        golf.store.put_derived("public.json", &golf_record::to_json(&serde_json::json!({ "tasks": public_tables })))?;
    }
    rewrite(&golf.root.join("README.md"), |text| table::in_readme(text, board))?;
    rewrite(&golf.root.join("README.md"), |text| table::public_in_readme(text, public_tables))?;
    for task in public_tables {
        let readme = golf.root.join("tasks").join(&task.task).join("README.md");
        rewrite(&readme, |text| table::in_public_task_readme(text, task))?;
    }
    for task in &golf.tasks {
        let readme = golf.root.join("tasks").join(&task.definition.id).join("README.md");
        rewrite(&readme, |text| table::in_task_readme(text, board, &task.definition))?;
    }
    golf.store.put_derived("boards.csv", &estimates.boards_csv(&board.entries))?;
    golf.store.put_derived("energy.csv", &estimates.energy_csv())?;
    let pages = site::render(&golf, &overview, &tables)?;
    if common.json {
        print_json(
            &serde_json::json!({ "rows": board.rows(), "pages": pages, "site": golf.root.join("site/dist"), "skipped": skipped, "errors": messages(&faults) }),
        );
    } else {
        print(&table::terminal(board, &bench.machine.id));
        skipped.iter().for_each(|line| print(&format!("{line}\n")));
        print(&format!("site: {} ({pages} files)\n", golf.root.join("site/dist/index.html").display()));
        if let Some(sentence) = public::passed_over(&missing) {
            print(&format!("{sentence}\n"));
        }
    }
    all(faults)
}

/// Brings a table in a README up to date, if there is one.
fn rewrite(readme: &Path, update: impl FnOnce(&str) -> Option<String>) -> Result<(), Fault> {
    match fs::read_to_string(readme).ok().and_then(|text| update(&text)) {
        None => Ok(()),
        Some(text) => write_atomically(readme, text.as_bytes())
            .map_err(|fault| Fault::machine(format!("{}: can't be written: {fault}", readme.display()))),
    }
}

fn bring_up_to_date(
    golf: &Golf,
    candidate: &Candidate,
    tasks: &[&Task],
    bench: &mut Bench,
    skipped: &mut Vec<String>,
    args: &Args,
) -> Result<(), Fault> {
    let mut failures = vec![];
    let mut fault = None;
    match score::update(golf, candidate, tasks, args.force, &args.means) {
        Ok(score) => {
            audit::update(golf, candidate, &score)?;
            if let Err(error) = portrait::update(golf, candidate, &score, args.force, &args.means) {
                fault = Some(error.clone().of(&candidate.submission.slug));
                failures.push(error.at("sample"));
            }
        }
        Err(error) => {
            let slug = &candidate.submission.slug;
            fault = Some(match &error {
                JobError::Fault(fault) => fault.clone(),
                JobError::Failure(_, message) => Fault::entry(format!("{slug}: scoring failed: {message}")),
            });
            if matches!(error, JobError::Failure(..)) {
                failures.push(error.at("score"));
            }
        }
    }
    if args.force || !failures.is_empty() || !bench.is_current(golf, candidate)? {
        bench.measure(golf, candidate, failures)?;
    }
    if fault.is_none() {
        let simulated = simulate::update(golf, candidate, args.force, args.means.limits)?;
        skipped.extend_from_slice(&simulated.skipped);
        fault = simulated.faults().next();
    }
    fault.map_or(Ok(()), Err)
}
