//! What the CPU target measures, inside a child process.

use crate::model::Running;
use crate::scoring::best;
use crate::{Fault, limits, worker};
use golf_core::{Cost, Session};
use golf_record::submission::hex;
use golf_record::{Measurement, Work};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::{Duration, Instant};

/// The measurements that are taken on one thread, in this order. Each gets a child process of its own.
pub const NAMES: [&str; 7] = ["load", "first_token", "artifact_to_token", "prompt", "generate", "read", "products"];
/// Those that are taken on several threads too.
pub const TEAM_NAMES: [&str; 4] = ["prompt", "generate", "read", "products"];

/// Samples of each measurement, unless they take too long.
pub(crate) const SAMPLES: usize = 7;
/// After this long no further sample is begun, once there are three.
const ENOUGH: Duration = Duration::from_secs(8);

/// Tokens of a prompt.
const PROMPT: usize = 512;
/// Tokens generated.
const GENERATE: usize = 128;

/// A measurement, the process's peak memory, and proof that all samples did the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sampled {
    /// The samples.
    pub measurement: Measurement,
    /// Peak resident memory of the process in bytes, where the system tells.
    pub peak_memory: Option<u64>,
    /// Digest of what the work came to.
    pub digest: String,
}

/// What is measured on what.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The artifact's file.
    pub path: &'a Path,
    /// Bytes of the artifact.
    pub artifact: &'a [u8],
    /// Text for prompts, of which the first 512 tokens are taken.
    pub text: &'a [u8],
    /// Threads to run on.
    pub threads: usize,
}

/// English for prompts: the documents of the headline task, joined.
///
/// # Errors
/// If the task can't be read.
pub fn text(root: &Path) -> Result<Vec<u8>, Fault> {
    let task = golf_task::Task::load(&root.join("tasks").join(golf_record::HEADLINE))?;
    let mut text = vec![];
    for item in task.items(&[0; 32], "") {
        if let golf_task::Content::Document { text: document, .. } = item.content {
            text.extend(document);
        }
        if text.len() > 64 * PROMPT {
            break;
        }
    }
    Ok(text)
}

/// Takes one of [`NAMES`]; none if it makes no sense for the model.
///
/// # Errors
/// If the artifact is not in order, or two samples came to different results.
pub fn sample(name: &str, subject: &Subject<'_>) -> Result<Option<Sampled>, Fault> {
    // What is said of several threads must not be of a model that runs on one.
    if subject.threads > 1 && worker::load(subject.artifact)?.threads(subject.threads)? == 1 {
        return Ok(None);
    }
    let (work, samples, digest) = match name {
        "load" => {
            // The start of the model is part of it: an artifact that can't predict isn't loaded.
            let load = || worker::load(subject.artifact)?.start(|mut running| running.model().vocabulary().len());
            repeat(|| timed(|| Ok(load()?.to_le_bytes().to_vec()))).map(|(samples, digest)| (None, samples, digest))?
        }
        "first_token" | "prompt" | "generate" => worker::load(subject.artifact)?
            .start_on(subject.threads, |mut running| of_model(name, &mut running, subject.text))??,
        "artifact_to_token" => {
            let first = || {
                let bytes = std::fs::read(subject.path).map_err(|fault| Fault::reading(subject.path, &fault))?;
                worker::load(&bytes)?.start_on(subject.threads, |mut running| {
                    let mut logits = vec![0; running.model().vocabulary().len()];
                    first_token(&mut running, &mut logits)
                })
            };
            repeat(|| timed(first)).map(|(samples, digest)| (None, samples, digest))?
        }
        "read" | "products" => {
            let Some(needed) = worker::load(subject.artifact)?.needed()? else { return Ok(None) };
            let take = if name == "read" { limits::read } else { limits::products };
            (None, take(&needed, subject.threads), String::new())
        }
        _ => return Err(Fault::usage(format!("there is no measurement `{name}`"))),
    };
    let name = if subject.threads > 1 { format!("{name}_{}_threads", subject.threads) } else { name.into() };
    let measurement = Measurement { name, unit: "ns".into(), work, samples };
    Ok(Some(Sampled { measurement, peak_memory: peak_memory(), digest }))
}

/// What a measurement of a running model comes to: the work, the samples, and a digest of what the work came to.
pub type Taken = (Option<Work>, Vec<u64>, String);

/// Takes `first_token`, `prompt` or `generate` of a running model. What it answers while it is timed must be what it answers when it is scored, which is
/// asked afterwards, token by token.
///
/// # Errors
/// If two samples came to different results, or to another result than when it is scored.
pub fn of_model(name: &str, running: &mut Running<'_>, text: &[u8]) -> Result<Taken, Fault> {
    let other = || Fault::entry("gave another result while it was timed than when it is scored");
    match name {
        "first_token" => {
            let mut logits = vec![0; running.model().vocabulary().len()];
            repeat(|| timed(|| Ok(first_token(running, &mut logits)))).map(|(samples, digest)| (None, samples, digest))
        }
        "prompt" => {
            let (tokens, bytes) = prompt(running, text);
            let work = Work { tokens: tokens.len() as u64, bytes };
            let mut logits = vec![0; running.model().vocabulary().len()];
            let (samples, digest) = repeat(|| {
                // Nothing is left of the round before.
                running.model().reset();
                timed(|| Ok(running.cost(&mut logits, &tokens, 0).0.to_le_bytes().to_vec()))
            })?;
            let mut cost = Cost(0);
            golf_core::score::costs(running.model(), &mut logits, &tokens, 0, &mut |token| cost += token);
            if hex(&Sha256::digest(cost.0.to_le_bytes())) != digest {
                return Err(other());
            }
            Ok((Some(work), samples, digest))
        }
        "generate" => {
            let (tokens, _) = prompt(running, text);
            let begin = &tokens[..tokens.len().min(32)];
            let mut written = vec![];
            let (samples, digest) = repeat(|| {
                let (elapsed, tokens) = generate(running, begin);
                written.clone_from(&tokens);
                Ok((elapsed, tokens.iter().flat_map(|token| token.to_le_bytes()).collect()))
            })?;
            // The same document once more as it is scored: each token written is the likeliest one still.
            let document = [begin, &written].concat();
            let mut same = true;
            running.predictions(&document, &mut |index, logits| {
                same &= index < begin.len() || best(logits) == document[index];
            });
            if !same {
                return Err(other());
            }
            let vocabulary = running.model().vocabulary();
            let bytes = written.iter().map(|&token| vocabulary.token(token).len() as u64).sum();
            Ok((Some(Work { tokens: GENERATE as u64, bytes }), samples, digest))
        }
        _ => Err(Fault::usage(format!("there is no measurement `{name}`"))),
    }
}

fn first_token(running: &mut Running<'_>, logits: &mut [i32]) -> Vec<u8> {
    best(Session::begin(running.model(), logits).predict()).to_le_bytes().to_vec()
}

/// Samples until there are enough, after one that doesn't count. Every sample must come to the same.
fn repeat(mut take: impl FnMut() -> Result<(Duration, Vec<u8>), Fault>) -> Result<(Vec<u64>, String), Fault> {
    let begin = Instant::now();
    let (_, expected) = take()?;
    let mut samples = vec![];
    while samples.len() < SAMPLES && (samples.len() < 3 || begin.elapsed() < ENOUGH) {
        let (elapsed, result) = take()?;
        if result != expected {
            return Err(Fault::entry("gave another result when it was asked again"));
        }
        samples.push(elapsed.as_nanos() as u64);
    }
    Ok((samples, hex(&Sha256::digest(&expected))))
}

fn timed(work: impl FnOnce() -> Result<Vec<u8>, Fault>) -> Result<(Duration, Vec<u8>), Fault> {
    let begin = Instant::now();
    let result = work()?;
    Ok((begin.elapsed(), result))
}

/// The first [`PROMPT`] tokens of a text, and the bytes that they spell.
fn prompt(running: &mut Running<'_>, text: &[u8]) -> (Vec<u32>, u64) {
    let vocabulary = running.model().vocabulary();
    let mut tokens = vec![];
    vocabulary.encode(text, &mut |token| tokens.push(token));
    tokens.truncate(PROMPT);
    let bytes = tokens.iter().map(|&token| vocabulary.token(token).len() as u64).sum();
    (tokens, bytes)
}

/// Greedy continuation by [`GENERATE`] tokens; the prompt isn't timed.
fn generate(running: &mut Running<'_>, prompt: &[u32]) -> (Duration, Vec<u32>) {
    let mut logits = vec![0; running.model().vocabulary().len()];
    let mut session = Session::begin(running.model(), &mut logits);
    prompt.iter().for_each(|&token| session.skip(token));
    let begin = Instant::now();
    let mut written = vec![];
    for _ in 0..GENERATE {
        let token = best(session.predict());
        written.push(token);
        session.skip(token);
    }
    (begin.elapsed(), written)
}

/// Peak resident memory of this process in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}
