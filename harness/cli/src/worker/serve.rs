//! The child's side.

use super::{Job, Limits, Message, Target, Work};
use crate::measure::{self, Subject};
use crate::model::{self, Loaded};
use crate::{Blame, Fault, limits, portrait, public, scoring, simulate};
use golf_artifact::Artifact;
use golf_record::TaskScore;
use golf_task::Task;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

fn say(message: &Message) {
    let mut line = serde_json::to_string(message).expect("messages are plain data");
    line.push('\n');
    // If nobody listens any more there is nothing left to do.
    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
        std::process::exit(Blame::Machine as i32);
    }
}

/// Does a job and says what comes of it.
///
/// # Errors
/// What went wrong, which it has said as well.
pub fn serve(job: &str) -> Result<(), Fault> {
    let job: Job = serde_json::from_str(job).map_err(|fault| Fault::usage(format!("not a job: {fault}")))?;
    restrict(&job.limits);
    let result = work(&job);
    if let Err(fault) = &result {
        say(&Message::Failed { status: fault.blame as u8, message: fault.message.clone() });
    }
    result
}

#[cfg(unix)]
fn restrict(limits: &Limits) {
    use nix::sys::resource::{Resource, setrlimit};
    // A system without these limits still has the one on time.
    let _ = setrlimit(Resource::RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
}

#[cfg(not(unix))]
fn restrict(_limits: &Limits) {}

fn work(job: &Job) -> Result<(), Fault> {
    let read = |target: &Target| {
        let bytes = std::fs::read(&target.path).map_err(|fault| Fault::reading(&target.path, &fault))?;
        match golf_record::submission::hex(&Sha256::digest(&bytes)) {
            digest if digest == target.sha256 => Ok(bytes),
            _ => Err(Fault::entry(format!("{} changed while it was being worked on", target.path.display()))),
        }
    };
    match (&job.work, &job.artifact) {
        (Work::Roofline, _) => say(&Message::Roofline(limits::roofline())),
        (Work::Score { tasks, season, threads }, Some(target)) => {
            let loaded = load(&read(target)?)?;
            score(&loaded, &job.root, target, tasks, season, *threads)?;
        }
        (Work::Public { task, threads }, Some(target)) => {
            let loaded = load(&read(target)?)?;
            say(&Message::Public(public::score(&loaded, &job.root, task, *threads)?));
        }
        (Work::Sample { prompts, draw, threads }, Some(target)) => {
            let loaded = load(&read(target)?)?;
            for prompt in prompts {
                say(&Message::Sample(portrait::write(&loaded, prompt, *draw, *threads)?));
            }
        }
        (Work::Measure { name, threads }, Some(target)) => {
            let bytes = read(target)?;
            let text = measure::text(&job.root)?;
            let subject = Subject { path: &target.path, artifact: &bytes, text: &text, threads: *threads };
            if let Some(sampled) = measure::sample(name, &subject)? {
                say(&Message::Measured(sampled));
            }
        }
        (Work::Simulate { room }, Some(target)) => {
            let loaded = load(&read(target)?)?;
            say(&Message::Simulated(Box::new(simulate::simulate(&loaded, *room)?)));
        }
        (_, None) => return Err(Fault::usage("a job without an artifact")),
    }
    Ok(())
}

/// From checked bytes to something that runs.
///
/// # Errors
/// If the artifact is not in order.
pub fn load(bytes: &[u8]) -> Result<Loaded, Fault> {
    let artifact = Artifact::read(bytes).map_err(|faults| Fault::entry_lines(&faults))?;
    model::load(&artifact)
}

fn score(
    loaded: &Loaded,
    root: &Path,
    target: &Target,
    tasks: &[String],
    season: &str,
    threads: usize,
) -> Result<(), Fault> {
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        let pair = target.sha256.get(2 * index..2 * index + 2).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).map_err(|_| Fault::usage("not a digest"))?;
    }
    let probe = |mut model: model::Running<'_>| scoring::probe(&mut model, golf_core::probe::TOKENS);
    say(&Message::Probe(loaded.start_on(threads, probe)??));
    for id in tasks {
        let task = Task::load(&root.join("tasks").join(id))?;
        let items = task.items(&digest, season);
        let items = scoring::score_items(loaded, &items, threads, &|| say(&Message::Item))?;
        say(&Message::Task(TaskScore::new(id, task.definition.version, items)));
    }
    Ok(())
}
