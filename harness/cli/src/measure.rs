//! What the CPU target measures, inside a child process.

use crate::model::{Loaded, Running};
use crate::scoring::best;
use crate::{Fault, worker};
use golf_core::Session;
use golf_record::submission::hex;
use golf_record::{Measurement, Roofline, Work};
use golf_ternary::Kernel;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// The measurements, in the order in which they are taken. Each gets a child process of its own.
pub const NAMES: [&str; 4] = ["load", "first_token", "prompt", "generate"];

/// Samples of each measurement, unless they take too long.
const SAMPLES: usize = 7;
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
    /// Bytes of the artifact.
    pub artifact: &'a [u8],
    /// Text for prompts, of which the first 512 tokens are taken.
    pub text: &'a [u8],
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

/// Takes one of [`NAMES`].
///
/// # Errors
/// If the artifact is not in order, or two samples came to different results.
pub fn sample(name: &str, subject: &Subject<'_>) -> Result<Sampled, Fault> {
    let (work, samples, digest) = match name {
        "load" => {
            // The start of the model is part of it: an artifact that can't predict isn't loaded.
            let load = || worker::load(subject.artifact)?.start(|mut running| running.model().vocabulary().len());
            repeat(|| timed(|| Ok(load()?.to_le_bytes().to_vec()))).map(|(samples, digest)| (None, samples, digest))?
        }
        "first_token" => with_model(subject, |running| {
            let mut logits = vec![0; running.model().vocabulary().len()];
            let first = |running: &mut Running<'_>, logits: &mut Vec<i32>| {
                Ok(vec![best(Session::begin(running.model(), logits).predict()) as u8])
            };
            repeat(|| timed(|| first(running, &mut logits))).map(|(samples, digest)| (None, samples, digest))
        })?,
        "prompt" => with_model(subject, |running| {
            let (tokens, bytes) = prompt(running, subject.text);
            let work = Work { tokens: tokens.len() as u64, bytes };
            let mut logits = vec![0; running.model().vocabulary().len()];
            repeat(|| timed(|| Ok(running.cost(&mut logits, &tokens, 0).0.to_le_bytes().to_vec())))
                .map(|(samples, digest)| (Some(work), samples, digest))
        })?,
        "generate" => with_model(subject, |running| {
            let (tokens, _) = prompt(running, subject.text);
            let mut written = vec![];
            let (samples, digest) = repeat(|| {
                let (elapsed, text) = generate(running, &tokens[..tokens.len().min(32)]);
                written.clone_from(&text);
                Ok((elapsed, text))
            })?;
            Ok((Some(Work { tokens: GENERATE as u64, bytes: written.len() as u64 }), samples, digest))
        })?,
        _ => return Err(Fault::usage(format!("there is no measurement `{name}`"))),
    };
    let measurement = Measurement { name: name.into(), unit: "ns".into(), work, samples };
    Ok(Sampled { measurement, peak_memory: peak_memory(), digest })
}

type Taken = (Option<Work>, Vec<u64>, String);

fn with_model(
    subject: &Subject<'_>,
    run: impl FnOnce(&mut Running<'_>) -> Result<Taken, Fault>,
) -> Result<Taken, Fault> {
    let loaded: Loaded = worker::load(subject.artifact)?;
    loaded.start(|mut running| run(&mut running))?
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
fn generate(running: &mut Running<'_>, prompt: &[u32]) -> (Duration, Vec<u8>) {
    let mut logits = vec![0; running.model().vocabulary().len()];
    let mut session = Session::begin(running.model(), &mut logits);
    prompt.iter().for_each(|&token| session.skip(token));
    let begin = Instant::now();
    let mut text = vec![];
    for _ in 0..GENERATE {
        let token = best(session.predict());
        text.extend_from_slice(session.token(token));
        session.skip(token);
    }
    (begin.elapsed(), text)
}

/// What one core of the machine does at most: reading a buffer of the budget's size, and int8 multiply-adds by the instructions of the
/// fastest kernel, or by this build's where there is only the scalar one.
pub fn roofline() -> Roofline {
    const ROUNDS: u64 = 5_000;
    let buffer: Vec<u64> = (0..2_000_000).collect();
    let read = || black_box(&buffer).iter().fold(0u64, |sum, word| sum.wrapping_add(*word));
    let (a, b): (Vec<i8>, Vec<i8>) = (0..4_096).map(|i| (i as i8, (i * 7) as i8)).unzip();
    let products = || black_box(&a).iter().zip(black_box(&b)).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
    let kernel = Kernel::best();
    let dot = || {
        golf_ternary::fast::peak(kernel, ROUNDS).unwrap_or_else(|| {
            (0..ROUNDS).for_each(|_| _ = black_box(products()));
            ROUNDS * a.len() as u64
        })
    };
    let time = |work: &dyn Fn()| -> Vec<u64> {
        work();
        let once = |_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_nanos() as u64
        };
        (0..2 * SAMPLES).map(once).collect()
    };
    Roofline {
        buffer_bytes: 8 * buffer.len() as u64,
        read_ns: time(&|| _ = black_box(read())),
        dot_products: dot(),
        dot_ns: time(&|| _ = black_box(dot())),
    }
}

/// Peak resident memory of this process in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}
