//! `bench [SLUG...]`

use super::{Common, all, messages, print, print_json};
use crate::golf::{Candidate, Golf};
use crate::worker::{self, Job, JobError, Limits, Message, Target, Work};
use crate::{Fault, machine, measure, model};
use golf_record::{Failure, Machine, Measurement, Measurements, Roofline, Spread};
use indicatif::ProgressBar;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all by default
    slugs: Vec<String>,
    /// Threads to measure on, beside one
    #[arg(long, value_name = "N", default_value_t = model::cores())]
    threads: usize,
    #[command(flatten)]
    limits: Limits,
}

/// Measures submissions on this machine and records it.
///
/// # Errors
/// If one isn't in order; one that can't be measured is recorded as such.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let mut bench = Bench::new(&golf, args.threads, args.limits);
    let (mut faults, mut documents) = (vec![], vec![]);
    for (_, candidate) in golf.candidates(&args.slugs)? {
        match candidate.and_then(|candidate| bench.measure(&golf, &candidate, vec![])) {
            Ok(record) => {
                if !common.json {
                    print(&describe(&record));
                }
                documents.push(record);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "measurements": documents, "errors": messages(&faults) }));
    }
    all(faults)
}

/// Measuring the machine itself isn't up to an entry's limits.
const ROOFLINE: Limits = Limits { seconds: 120, memory_bytes: 1 << 30 };

/// This machine, with its own limits once they have been measured.
#[derive(Debug)]
pub struct Bench {
    /// Its fingerprint.
    pub machine: Machine,
    roofline: Option<Roofline>,
    threads: usize,
    limits: Limits,
}

impl Bench {
    /// Of this machine; speed is measured on one thread and on so many.
    pub fn new(golf: &Golf, threads: usize, limits: Limits) -> Self {
        Bench { machine: machine::this(&golf.root), roofline: None, threads, limits }
    }

    /// Whether the record of an entry on this machine is of its present artifact and engine.
    ///
    /// # Errors
    /// If a record can't be read.
    pub fn is_current(&self, golf: &Golf, candidate: &Candidate) -> Result<bool, Fault> {
        let records = golf.store.measurements(&candidate.submission.slug)?;
        Ok(records.iter().any(|record| {
            record.machine.id == self.machine.id
                && record.artifact_sha256 == candidate.facts.sha256
                && record.engine == candidate.engine
                && record.failures.is_empty()
        }))
    }

    /// Measures an entry, each measurement in a child process of its own, and records it together with what has failed before.
    ///
    /// # Errors
    /// If the machine is at fault.
    pub fn measure(
        &mut self,
        golf: &Golf,
        candidate: &Candidate,
        mut failures: Vec<Failure>,
    ) -> Result<Measurements, Fault> {
        let roofline = self.roofline(golf)?;
        let slug = candidate.submission.slug.clone();
        let team = measure::TEAM_NAMES.iter().map(|name| (*name, self.threads)).filter(|_| self.threads > 1);
        let all: Vec<(&str, usize)> = measure::NAMES.iter().map(|name| (*name, 1)).chain(team).collect();
        let bar = ProgressBar::new(all.len() as u64).with_message(slug.clone());
        let (mut measurements, mut memory) = (vec![], vec![]);
        for (name, threads) in all {
            bar.inc(1);
            let target = Target { path: candidate.artifact.clone(), sha256: candidate.facts.sha256.clone() };
            let work = Work::Measure { name: name.into(), threads };
            let job = Job { root: golf.root.clone(), artifact: Some(target), work, limits: self.limits };
            let result = worker::run(&job, |message| {
                if let Message::Measured(sampled) = message {
                    measurements.push(sampled.measurement);
                    let counts = threads == 1 && (name == "prompt" || name == "generate");
                    memory.extend(sampled.peak_memory.filter(|_| counts));
                }
            });
            failures.extend(result.err().map(|error| error.at(&format!("measure {name}"))));
        }
        bar.finish_and_clear();
        if !memory.is_empty() {
            measurements.push(Measurement {
                name: "peak_memory".into(),
                unit: "bytes".into(),
                work: None,
                samples: memory,
            });
        }
        let record = Measurements {
            schema: 1,
            slug,
            artifact_sha256: candidate.facts.sha256.clone(),
            engine: candidate.engine.clone(),
            machine: self.machine.clone(),
            roofline,
            measurements,
            failures,
        };
        golf.store.put_measurements(&record)?;
        Ok(record)
    }

    fn roofline(&mut self, golf: &Golf) -> Result<Roofline, Fault> {
        if self.roofline.is_none() {
            let job = Job { root: golf.root.clone(), artifact: None, work: Work::Roofline, limits: ROOFLINE };
            worker::run(&job, |message| {
                if let Message::Roofline(roofline) = message {
                    self.roofline = Some(roofline);
                }
            })
            .map_err(|error| match error {
                JobError::Fault(fault) => fault,
                JobError::Failure(_, message) => Fault::machine(format!("the machine can't be measured: {message}")),
            })?;
        }
        self.roofline.clone().ok_or_else(|| Fault::machine("the machine can't be measured"))
    }
}

/// How much of the machine's limit, taken on as many threads, a prompt or generation reaches.
fn share(record: &Measurements, measurement: &Measurement) -> String {
    let (name, threads) = measurement.name.split_once('_').unwrap_or((&measurement.name, ""));
    let (limit, what) = match name {
        "prompt" => ("products", "int8 products"),
        "generate" => ("read", "reading"),
        _ => return String::new(),
    };
    let limit = if threads.is_empty() { limit.into() } else { format!("{limit}_{threads}") };
    let least = record.get(&limit).and_then(|limit| Spread::of(&limit.samples));
    match (measurement.tokens_per_second(), least) {
        (Some(tokens), Some(least)) => format!(", {:.0} % of the {what}", tokens * least.median / 1e7),
        _ => String::new(),
    }
}

fn describe(record: &Measurements) -> String {
    let mut text = format!("{} on {}\n", record.slug, record.machine.id);
    for measurement in &record.measurements {
        let Some(spread) = Spread::of(&measurement.samples) else { continue };
        let (value, deviation, unit) = match measurement.unit.as_str() {
            "ns" => (spread.median / 1e6, spread.mad / 1e6, "ms"),
            _ => (spread.median / 1e6, spread.mad / 1e6, "MB"),
        };
        let rate = match (measurement.tokens_per_second(), measurement.bytes_per_second()) {
            (Some(tokens), Some(bytes)) => format!(", {tokens:.0} tokens/s, {bytes:.0} bytes/s"),
            _ => String::new(),
        };
        let count = measurement.samples.len();
        text.push_str(&format!(
            "  {:12} {value:.3} {unit} (MAD {deviation:.3}, {count} samples){rate}{}\n",
            measurement.name,
            share(record, measurement)
        ));
    }
    for failure in &record.failures {
        text.push_str(&format!("  {} failed: {}\n", failure.stage, failure.message));
    }
    text
}
