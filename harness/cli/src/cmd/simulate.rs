//! `simulate [SLUG...]`

use super::{Common, all, print, print_json};
use crate::golf::{Candidate, Golf};
use crate::worker::{self, Job, JobError, Limits, Message, Target, Work};
use crate::{Fault, firmware, qemu, simulate};
use golf_record::grouped;
use golf_record::{Failure, FailureKind, Figures, Score, Simulation};
use std::time::Duration;

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all that can run on a microcontroller by default
    slugs: Vec<String>,
    /// Simulate again what is recorded already
    #[arg(long)]
    force: bool,
    /// Run the same in QEMU as well, and compare the digest and every count
    #[arg(long)]
    qemu: bool,
    #[command(flatten)]
    limits: Limits,
}

/// Simulates submissions and records what was counted.
///
/// # Errors
/// If one isn't in order, its digest differs from the score's, or it fails, which is recorded.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let (mut faults, mut documents) = (vec![], vec![]);
    for (_, candidate) in golf.candidates(&args.slugs)? {
        let candidate = match candidate {
            Ok(candidate) => candidate,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        match update(&golf, &candidate, args.force, args.limits) {
            Ok(Some(record)) => {
                if !common.json {
                    print(&describe(&record));
                }
                if let Some(figures) = record.figures.as_ref().filter(|_| args.qemu) {
                    match cross_check(&candidate, figures, args.limits) {
                        Ok(()) if !common.json => print("  QEMU         the same digest and counts\n"),
                        Ok(()) => {}
                        Err(fault) => {
                            faults.push(Fault { message: format!("{}: {}", record.slug, fault.message), ..fault })
                        }
                    }
                }
                faults.extend(fault(&record));
                documents.push(record);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if common.json {
        print_json(&serde_json::json!({ "simulations": documents }));
    }
    all(faults)
}

/// Runs an entry in QEMU and compares.
fn cross_check(candidate: &Candidate, figures: &Figures, limits: Limits) -> Result<(), Fault> {
    let loaded = worker::load(&candidate.submission.artifact)?;
    let image = simulate::image(&loaded)?;
    let report = qemu::run(image, Duration::from_secs(limits.seconds))?;
    let found = simulate::figures(report, image.len(), simulate::program()?.flash_bytes());
    if found == *figures {
        return Ok(());
    }
    let show = |figures: &Figures| serde_json::to_string(figures).expect("figures are plain data");
    Err(Fault::entry(format!("QEMU comes to {}, but the simulator in process to {}", show(&found), show(figures))))
}

/// A failure that is recorded is an error nevertheless.
pub fn fault(record: &Simulation) -> Option<Fault> {
    let lines: Vec<String> =
        record.failures.iter().map(|failure| format!("{}: {}", record.slug, failure.message)).collect();
    (!lines.is_empty()).then(|| Fault::entry(lines.join("\n")))
}

/// Simulates an entry unless there is a record of its present artifact, engine and firmware; none if its engine doesn't run there.
///
/// # Errors
/// If a record can't be read or written.
pub fn update(golf: &Golf, candidate: &Candidate, force: bool, limits: Limits) -> Result<Option<Simulation>, Fault> {
    if !simulate::runs(&candidate.engine.name) {
        return Ok(None);
    }
    let slug = &candidate.submission.slug;
    let score =
        golf.store.score(slug)?.filter(|score| score.artifact == candidate.facts && score.engine == candidate.engine);
    let recorded = golf.store.simulation(slug, firmware::TARGET)?;
    if let Some(record) = recorded.filter(|record| !force && is_current(record, candidate, score.as_ref())) {
        return Ok(Some(record));
    }
    let target = Target { path: candidate.artifact.clone(), sha256: candidate.facts.sha256.clone() };
    let job = Job { root: golf.root.clone(), artifact: Some(target), work: Work::Simulate, limits };
    let mut figures = None;
    let result = worker::run(&job, |message| {
        if let Message::Simulated(simulated) = message {
            figures = Some(*simulated);
        }
    });
    let mut failures: Vec<Failure> = match result {
        // Not the entry's fault, so nothing for the records.
        Err(JobError::Fault(fault)) if fault.blame != crate::Blame::Entry => return Err(fault),
        result => result.err().map(|error| error.at("simulate")).into_iter().collect(),
    };
    failures.extend(figures.as_ref().and_then(|figures| difference(figures, score.as_ref()?)));
    let record = Simulation {
        schema: 1,
        slug: slug.clone(),
        artifact_sha256: candidate.facts.sha256.clone(),
        engine: candidate.engine.clone(),
        target: firmware::TARGET.into(),
        simulator: simulate::simulator(),
        firmware_sha256: firmware::sha256(),
        figures,
        failures,
    };
    golf.store.put_simulation(&record)?;
    Ok(Some(record))
}

fn is_current(record: &Simulation, candidate: &Candidate, score: Option<&Score>) -> bool {
    record.schema == 1
        && record.artifact_sha256 == candidate.facts.sha256
        && record.engine == candidate.engine
        && record.simulator == simulate::simulator()
        && record.firmware_sha256 == firmware::sha256()
        && record.failures.is_empty()
        // A score that came later must have the same digest, too.
        && record.figures.as_ref().is_some_and(|figures| score.is_none_or(|score| difference(figures, score).is_none()))
}

/// The logits must be the same on every target.
fn difference(figures: &Figures, score: &Score) -> Option<Failure> {
    let (ours, theirs) = (&figures.probe, &score.probe);
    (ours != theirs).then(|| Failure {
        stage: "simulate".into(),
        kind: FailureKind::Crash,
        message: format!(
            "on {} the digest of {} logits is {}, but the score's, of {}, is {}",
            firmware::TARGET,
            ours.tokens,
            ours.sha256,
            theirs.tokens,
            theirs.sha256
        ),
    })
}

fn describe(record: &Simulation) -> String {
    let mut text = format!("{} on {}\n", record.slug, record.target);
    if let Some(figures) = &record.figures {
        let per_token = |of: golf_record::Instructions| of.per_token().map_or_else(|| "no".into(), grouped);
        text.push_str(&format!("  prompt       {} instructions per token\n", per_token(figures.prompt)));
        text.push_str(&format!("  generate     {} instructions per token\n", per_token(figures.generation)));
        text.push_str(&format!("  RAM          {} bytes\n", grouped(figures.ram_bytes())));
        text.push_str(&format!("  flash        {} bytes\n", grouped(figures.flash_bytes())));
        text.push_str(&format!("  logits       {:.16} over {} tokens\n", figures.probe.sha256, figures.probe.tokens));
    }
    for failure in &record.failures {
        text.push_str(&format!("  {} failed: {}\n", failure.stage, failure.message));
    }
    text
}
