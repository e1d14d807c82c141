//! `simulate [SLUG...]`

mod again;
mod fit;

use self::again::again;
use self::fit::fit;
use super::{Common, all, print, print_json};
use crate::Fault;
use crate::firmware::{self, TARGETS, Target};
use crate::golf::{Candidate, Golf};
use crate::qemu;
use crate::simulate::{self, InQemu, Room};
use crate::worker::{self, Job, JobError, Limits, Message, Work};
use golf_record::grouped;
use golf_record::{Failure, FailureKind, Figures, Probe, Score, SimulatedMachine, Simulation, Simulator};
use std::time::Duration;

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Submissions; all that can run on a microcontroller by default
    slugs: Vec<String>,
    /// Simulate again what is recorded already
    #[arg(long)]
    force: bool,
    /// Run everything again, in QEMU too, and compare with the records and with the simulator in process
    #[arg(long)]
    qemu: bool,
    /// Bytes of flash of a board on which entries must run, code included; nothing is recorded
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["force", "qemu"])]
    flash: Option<u64>,
    /// Bytes of RAM of that board
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["force", "qemu"])]
    ram: Option<u32>,
    #[command(flatten)]
    limits: Limits,
}

/// What has been brought up to date.
#[derive(Debug, Default)]
pub struct Updated {
    /// By target.
    pub records: Vec<Simulation>,
    /// Which targets were left out, and why.
    pub skipped: Vec<String>,
}

impl Updated {
    /// A failure that is recorded is an error nevertheless.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        self.records.iter().filter_map(|record| {
            let lines: Vec<String> = (record.failures.iter())
                .map(|failure| format!("{} on {}: {}", record.slug, record.target, failure.message))
                .collect();
            (!lines.is_empty()).then(|| Fault::entry(lines.join("\n")))
        })
    }
}

/// Simulates submissions and records what was counted.
///
/// # Errors
/// If one isn't in order, its digest differs from the score's, or it fails, which is recorded.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    if args.flash.is_some() || args.ram.is_some() {
        return fit(&golf, common, args);
    }
    let (mut faults, mut documents, mut skipped) = (vec![], vec![], vec![]);
    for (slug, candidate) in golf.candidates(&args.slugs)? {
        let updated = candidate.and_then(|candidate| {
            let updated = update(&golf, &candidate, args.force, args.limits)?;
            for record in updated.records.iter().filter(|_| !common.json) {
                print(&describe(record));
            }
            if args.qemu && !updated.records.is_empty() {
                let done = again(&golf, &candidate, &updated, args.limits)?;
                if !common.json {
                    print(&format!("{slug}: {done}\n"));
                }
            }
            Ok(updated)
        });
        match updated {
            Ok(updated) => {
                faults.extend(updated.faults());
                skipped.extend(updated.skipped);
                documents.extend(updated.records);
            }
            Err(fault) => faults.push(Fault { message: format!("{slug}: {}", fault.message), ..fault }),
        }
    }
    skipped.dedup();
    if common.json {
        print_json(&serde_json::json!({ "simulations": documents, "skipped": skipped }));
    } else {
        skipped.iter().for_each(|line| print(&format!("{line}\n")));
    }
    all(faults)
}

/// Simulates an entry on each target for which there is no record of its present artifact, engine and firmware. Without QEMU the records of the targets that
/// need it are left as they are. There are no records if the entry's engine runs on none.
///
/// # Errors
/// If a record can't be read or written.
pub fn update(golf: &Golf, candidate: &Candidate, force: bool, limits: Limits) -> Result<Updated, Fault> {
    let mut updated = Updated::default();
    if !simulate::runs(&candidate.engine.name) {
        return Ok(updated);
    }
    let slug = &candidate.submission.slug;
    let score =
        golf.store.score(slug)?.filter(|score| score.artifact == candidate.facts && score.engine == candidate.engine);
    for target in &TARGETS {
        let recorded = golf.store.simulation(slug, target.name)?;
        let narrowed = updated.records.first().and_then(Simulation::figures).map(|figures| figures.narrowed.clone());
        let difference = |figures: &Figures| difference(figures, score.as_ref(), narrowed.as_ref());
        let is_current = |record: &Simulation| {
            is_current(record, target, candidate) && record.figures().is_some_and(|found| difference(found).is_none())
        };
        if let Some(record) = recorded.filter(|record| !force && is_current(record)) {
            updated.records.push(record);
            continue;
        }
        let (simulator, result) = if target.name == firmware::IN_PROCESS.name {
            let result = in_process(golf, candidate, Room::AMPLE, limits)?;
            (simulate::simulator(), result.map(|figures| (figures, vec![simulate::machine()])))
        } else if let Some(version) = qemu::ARM.version() {
            match in_qemu(target, candidate, limits)? {
                Err(NoRoom(message)) => {
                    updated.skipped.push(format!("{slug}: {} was not simulated: {message}", target.name));
                    continue;
                }
                Ok(result) => (Simulator { name: "qemu".into(), version }, result),
            }
        } else {
            let line = format!("Cortex-M was not simulated, and its records are as they were: {}", qemu::ARM.missing());
            if !updated.skipped.contains(&line) {
                updated.skipped.push(line);
            }
            continue;
        };
        let (figures, machines, mut failures) = match result {
            Ok((figures, machines)) => (Some(figures), machines, vec![]),
            Err(failure) => (None, vec![], vec![failure]),
        };
        failures.extend(figures.as_ref().and_then(difference));
        let record = Simulation {
            schema: Simulation::SCHEMA,
            slug: slug.clone(),
            artifact_sha256: candidate.facts.sha256.clone(),
            engine: candidate.engine.clone(),
            target: target.name.into(),
            simulator,
            machines,
            firmware_sha256: target.sha256(),
            figures,
            failures,
        };
        golf.store.put_simulation(&record)?;
        updated.records.push(record);
    }
    Ok(updated)
}

/// In a child process.
fn in_process(
    golf: &Golf,
    candidate: &Candidate,
    room: Room,
    limits: Limits,
) -> Result<Result<Figures, Failure>, Fault> {
    let target = worker::Target { path: candidate.artifact.clone(), sha256: candidate.facts.sha256.clone() };
    let job = Job { root: golf.root.clone(), artifact: Some(target), work: Work::Simulate { room }, limits };
    let mut figures = None;
    let result = worker::run(&job, |message| {
        if let Message::Simulated(simulated) = message {
            figures = Some(*simulated);
        }
    });
    match (result, figures) {
        // Not the entry's fault, so nothing for the records.
        (Err(JobError::Fault(fault)), _) if fault.blame != crate::Blame::Entry => Err(fault),
        (Err(error), _) => Ok(Err(error.at("simulate"))),
        (Ok(()), Some(figures)) => Ok(Ok(figures)),
        (Ok(()), None) => Ok(Err(failure("the child process came to nothing".into()))),
    }
}

/// No machine has room for an entry, and why.
struct NoRoom(String);

type OnMachines = Result<(Figures, Vec<SimulatedMachine>), Failure>;

/// In QEMU, which is a child process itself.
fn in_qemu(target: &Target, candidate: &Candidate, limits: Limits) -> Result<Result<OnMachines, NoRoom>, Fault> {
    let loaded = worker::load(&candidate.submission.artifact)?;
    match simulate::in_qemu(target, &loaded, Duration::from_secs(limits.seconds)) {
        Ok(InQemu::Figures(figures, machines)) => Ok(Ok(Ok((*figures, machines)))),
        Ok(InQemu::NoRoom(message)) => Ok(Err(NoRoom(message))),
        Err(fault) if fault.blame == crate::Blame::Entry => Ok(Ok(Err(failure(fault.message)))),
        Err(fault) => Err(fault),
    }
}

fn failure(message: String) -> Failure {
    Failure { stage: "simulate".into(), kind: FailureKind::Crash, message }
}

/// Whether a record is of the present artifact, engine and firmware. Which version of QEMU counted doesn't matter: it counts instructions.
fn is_current(record: &Simulation, target: &Target, candidate: &Candidate) -> bool {
    record.schema == Simulation::SCHEMA
        && record.artifact_sha256 == candidate.facts.sha256
        && record.engine == candidate.engine
        && record.firmware_sha256 == target.sha256()
        && (target.name != firmware::IN_PROCESS.name || record.simulator == simulate::simulator())
}

/// The logits must be the same on every target: as the score's, and, with the window narrowed, as those of the first target.
fn difference(figures: &Figures, score: Option<&Score>, narrowed: Option<&Probe>) -> Option<Failure> {
    let whole = score.map(|score| (&figures.probe, &score.probe)).filter(|(ours, theirs)| ours != theirs);
    let narrowed = narrowed.map(|probe| (&figures.narrowed, probe)).filter(|(ours, theirs)| ours != theirs);
    let message = match (whole, narrowed) {
        (Some((ours, theirs)), _) => simulate::differ(ours, theirs),
        (None, Some((ours, theirs))) => format!("with the window narrowed {}", simulate::differ(ours, theirs)),
        (None, None) => return None,
    };
    Some(failure(message))
}

fn describe(record: &Simulation) -> String {
    let mut text = format!("{} on {}\n", record.slug, record.target);
    if let Some(figures) = &record.figures {
        let per_token = |of: golf_record::Instructions| of.per_token().map_or_else(|| "no".into(), grouped);
        text.push_str(&format!("  prompt       {} instructions per token\n", per_token(figures.prompt)));
        text.push_str(&format!("  generate     {} instructions per token\n", per_token(figures.generation)));
        text.push_str(&format!("  RAM          {} bytes\n", grouped(figures.ram_bytes())));
        text.push_str(&format!("  flash        {} bytes\n", grouped(figures.flash_bytes())));
        let (probe, narrowed) = (&figures.probe, &figures.narrowed);
        text.push_str(&format!("  logits       {:.16} over {} tokens\n", probe.sha256, probe.tokens));
        text.push_str(&format!(
            "  narrowed     {:.16} over {} tokens, which go beyond the window\n",
            narrowed.sha256, narrowed.tokens
        ));
        let machines: Vec<String> =
            record.machines.iter().map(|machine| format!("{} ({})", machine.name, machine.core)).collect();
        text.push_str(&format!(
            "  machines     {}, {} {}\n",
            machines.join(", "),
            record.simulator.name,
            record.simulator.version
        ));
    }
    for failure in &record.failures {
        text.push_str(&format!("  {} failed: {}\n", failure.stage, failure.message));
    }
    text
}
