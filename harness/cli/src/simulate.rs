//! What simulated microcontrollers make of an entry: the one in process, which needs nothing installed, and QEMU's.

use crate::firmware::{self, Code, Target};
use crate::model::Loaded;
use crate::qemu::{CORTEX_M, Machine, VIRT};
use crate::{Fault, scoring};
use golf_record::{Accesses, Figures, Flash, InstructionMix, Instructions, Probe, Ram, SimulatedMachine, Simulator};
use golf_simulator::{Counted, Error, Job, Program, Report};
use golf_ternary::{Image, Needs};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Duration;

/// RAM of the machine in process: more than a microcontroller has, so that what is needed can be told.
const RAM_BYTES: u32 = 64 << 20;
/// Tokens generated after the probe.
const GENERATE: u32 = 16;
/// Tokens of the attention window in the short job, and how many tokens that covers.
const NARROW: u32 = 12;
const NARROW_TOKENS: u32 = 40;
/// Images up to this size are cheap, so that every machine does their whole job.
const CHEAP_BYTES: usize = 256 << 10;
/// Images above this size do only the short job where all is run again, which would take minutes otherwise.
const AGAIN_BYTES: usize = 2 << 20;
/// More than the firmware takes of RAM beside the arena: its stack and statics.
const BESIDE_ARENA: u64 = 8_192 + 64;

/// The whole job for every entry.
pub const JOB: Job<'static> =
    Job { ram_bytes: RAM_BYTES, probe: golf_core::probe::TOKENS as u32, generate: GENERATE, document: None };
/// The short job, with the window narrowed so that the cache wraps.
pub const NARROWED: Job<'static> = Job { probe: NARROW_TOKENS, generate: 0, ..JOB };

/// Whether the engine of this name runs on the simulated targets.
pub fn runs(engine: &str) -> bool {
    engine == "ternary"
}

/// The simulator in process.
pub fn simulator() -> Simulator {
    Simulator { name: "golf-simulator".into(), version: golf_simulator::VERSION.to_string() }
}

/// The machine in process.
pub fn machine() -> SimulatedMachine {
    SimulatedMachine { name: "golf-simulator".into(), core: "RV32IMC".into(), whole: true }
}

/// The firmware for the machine in process.
///
/// # Errors
/// If it isn't a program for the machine.
pub fn program() -> Result<Program, Fault> {
    Program::read(firmware::IN_PROCESS.image)
        .map_err(|fault| Fault::machine(format!("the firmware: {fault}; `cargo golf firmware build` makes it anew")))
}

/// The image that the firmware runs.
///
/// # Errors
/// If the engine has none.
pub fn image(loaded: &Loaded) -> Result<&[u8], Fault> {
    match loaded {
        Loaded::Ternary(image, _) => Ok(image),
        Loaded::Uniform | Loaded::Mix(_) | Loaded::Ngram(_) => {
            Err(Fault::usage("only entries of the engine `ternary` run on a microcontroller"))
        }
    }
}

/// An image with its attention window narrowed, for the short job.
pub fn narrowed(image: &[u8]) -> Vec<u8> {
    let mut image = image.to_vec();
    golf_ternary::narrow(&mut image, NARROW);
    image
}

/// The digest that the short job must come to, by this machine's own engine.
fn narrowed_probe(image: &[u8]) -> Result<Probe, Fault> {
    let narrowed = Loaded::Ternary(narrowed(image), OnceLock::new());
    narrowed.start(|mut model| scoring::probe(&mut model, NARROW_TOKENS as usize))?
}

/// What a board has.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Room {
    /// For code and image.
    pub flash_bytes: u64,
    /// For everything else, the stack included.
    pub ram_bytes: u32,
}

impl Room {
    /// More than any board has.
    pub const AMPLE: Room = Room { flash_bytes: u64::MAX, ram_bytes: RAM_BYTES };
}

/// Runs the firmware in process, on a machine with no more memory than `room`. The caller limits the time.
///
/// # Errors
/// If the firmware faults or refuses the image, or there is no room for it.
pub fn simulate(loaded: &Loaded, room: Room) -> Result<Figures, Fault> {
    let Room { flash_bytes, ram_bytes } = room;
    let (program, image) = (program()?, image(loaded)?);
    let flash = (program.flash_bytes() + image.len()) as u64;
    if flash > flash_bytes {
        return Err(Fault::entry(format!("{flash} bytes of flash are needed, but there are {flash_bytes}")));
    }
    let run = |job: &Job<'_>, image: &[u8]| {
        golf_simulator::run(&program, image, &Job { ram_bytes, ..*job }, u64::MAX)
            .map_err(|error| in_simulation(&error))
    };
    let (short, whole) = (run(&NARROWED, &narrowed(image))?, run(&JOB, image)?);
    let mix = Some(mix(&whole.generation));
    let figures = figures(whole.report, short.report, image.len(), program.flash_bytes() as u64);
    let figures = Figures { mix, ..figures };
    match narrowed_probe(image)? {
        probe if probe == figures.narrowed => Ok(figures),
        probe => Err(Fault::entry(format!("with the window narrowed {}", differ(&figures.narrowed, &probe)))),
    }
}

/// What QEMU's machines for a target make of an image.
#[derive(Debug)]
pub enum InQemu {
    /// The same, on all of these.
    Figures(Box<Figures>, Vec<SimulatedMachine>),
    /// None has room for it, and why.
    NoRoom(String),
}

/// Runs the firmware of a target on QEMU's machines. The first with room does the whole job, and the others at least the short one; all must agree on what they
/// have in common. A step may take as long as `limit`.
///
/// # Errors
/// If QEMU isn't there, the firmware fails or takes too long, or the machines don't agree.
pub fn in_qemu(target: &Target, loaded: &Loaded, limit: Duration) -> Result<InQemu, Fault> {
    let image = image(loaded)?;
    let (machines, reasons) = with_room(Machine::of(target.name), image)?;
    let Some((first, others)) = machines.split_first() else { return Ok(InQemu::NoRoom(reasons.join("; "))) };
    let narrow = narrowed(image);
    let (short, whole) = (first.run(&NARROWED, &narrow, limit)?, first.run(&JOB, image, limit)?);
    let mut agreeing = vec![simulated(first, true)];
    for machine in others {
        let all = image.len() <= CHEAP_BYTES;
        agree(first, &short, machine, &machine.run(&NARROWED, &narrow, limit)?)?;
        if all {
            agree(first, &whole, machine, &machine.run(&JOB, image, limit)?)?;
        }
        agreeing.push(simulated(machine, all));
    }
    let code = Code::read(target.image).map_err(|fault| Fault::machine(fault.to_string()))?;
    Ok(InQemu::Figures(Box::new(figures(whole, short, image.len(), code.flash_bytes())), agreeing))
}

/// The machines that have room for an image, and why the others have none.
fn with_room<'a>(
    machines: impl Iterator<Item = &'a Machine>,
    image: &[u8],
) -> Result<(Vec<&'a Machine>, Vec<String>), Fault> {
    let parsed = Image::new(image).map_err(|fault| Fault::entry(fault.to_string()))?;
    let ram = Needs::small_core_bytes(&parsed) as u64 + BESIDE_ARENA;
    let (mut found, mut reasons) = (vec![], vec![]);
    for machine in machines {
        match machine.room(image.len() as u64, ram) {
            Ok(()) => found.push(machine),
            Err(reason) => reasons.push(reason),
        }
    }
    Ok((found, reasons))
}

/// Whether an entry is small enough to do the whole job again on every machine.
///
/// # Errors
/// If it runs on none.
pub fn is_quick(loaded: &Loaded) -> Result<bool, Fault> {
    Ok(image(loaded)?.len() <= AGAIN_BYTES)
}

/// Runs the whole job in QEMU on the target that is simulated in process, and compares all figures.
///
/// # Errors
/// If anything differs, or QEMU isn't there or fails.
pub fn again_on_virt(loaded: &Loaded, figures: &Figures, limit: Duration) -> Result<(), Fault> {
    let image = image(loaded)?;
    let short = VIRT.run(&NARROWED, &narrowed(image), limit)?;
    let found = self::figures(VIRT.run(&JOB, image, limit)?, short, image.len(), figures.flash.code_bytes);
    // QEMU doesn't tell kinds of instructions apart.
    let found = Figures { mix: figures.mix, ..found };
    if found == *figures {
        return Ok(());
    }
    let show = |figures: &Figures| serde_json::to_string(figures).expect("figures are plain data");
    Err(Fault::entry(format!("QEMU comes to {}, but the simulator in process to {}", show(&found), show(figures))))
}

/// Runs the short job on every machine that has room, and in process. All must come to the digest of this machine's own engine, and those with the same firmware to the
/// same counts. Returns the machines' names.
///
/// # Errors
/// If they don't, or QEMU isn't there or fails.
pub fn again_in_short(loaded: &Loaded, limit: Duration) -> Result<Vec<&'static str>, Fault> {
    let image = image(loaded)?;
    let (machines, _) = with_room([&VIRT].into_iter().chain(&CORTEX_M), image)?;
    let narrow = narrowed(image);
    let expected = narrowed_probe(image)?;
    let here = golf_simulator::run(&program()?, &narrow, &NARROWED, u64::MAX).map_err(|error| in_simulation(&error))?;
    let mut reports: Vec<(&Machine, Report)> = vec![(&VIRT, here.report)];
    for machine in &machines {
        let report = machine.run(&NARROWED, &narrow, limit)?;
        let probe = Probe { tokens: report.probe_tokens, sha256: report.digest.clone() };
        if probe != expected {
            return Err(Fault::entry(format!("on {} {}", machine.name, differ(&probe, &expected))));
        }
        if let Some((other, found)) = reports.iter().find(|(other, _)| other.target == machine.target) {
            agree(other, found, machine, &report)?;
        }
        reports.push((machine, report));
    }
    Ok(machines.into_iter().map(|machine| machine.name).collect())
}

fn simulated(machine: &Machine, whole: bool) -> SimulatedMachine {
    SimulatedMachine { name: machine.name.into(), core: machine.core.into(), whole }
}

/// Two machines with the same firmware count the same.
fn agree(first: &Machine, report: &Report, other: &Machine, found: &Report) -> Result<(), Fault> {
    if report == found {
        return Ok(());
    }
    let show = |report: &Report| serde_json::to_string(report).expect("reports are plain data");
    Err(Fault::entry(format!("{} comes to {}, but {} to {}", first.name, show(report), other.name, show(found))))
}

/// Two digests of what should be the same logits, as a sentence's end.
pub fn differ(ours: &Probe, theirs: &Probe) -> String {
    format!(
        "the digest of {} logits is {}, but it should be {} of {}",
        ours.tokens, ours.sha256, theirs.sha256, theirs.tokens
    )
}

/// The firmware's failure as a fault.
pub fn in_simulation(error: &Error) -> Fault {
    Fault::entry(format!("on {}: {error}", firmware::IN_PROCESS.name))
}

/// What the simulator saw, for the records.
fn mix(seen: &golf_simulator::InstructionMix) -> InstructionMix {
    let accesses = |of: golf_simulator::Accesses| Accesses { count: of.count, bytes: of.bytes };
    InstructionMix {
        ram_loads: accesses(seen.ram_loads),
        image_loads: accesses(seen.external_loads),
        constant_loads: accesses(seen.flash_loads),
        ram_stores: accesses(seen.ram_stores),
        multiplies: seen.multiplies,
        divides: seen.divides,
        branches: seen.branches,
        taken: seen.taken,
        jumps: seen.jumps,
    }
}

/// The reports of the whole job and of the short one, for the records.
pub fn figures(whole: Report, short: Report, image_bytes: usize, code_bytes: u64) -> Figures {
    let instructions = |counted: Counted| Instructions { tokens: counted.tokens, instructions: counted.instructions };
    Figures {
        probe: Probe { tokens: whole.probe_tokens, sha256: whole.digest },
        narrowed: Probe { tokens: short.probe_tokens, sha256: short.digest },
        load_instructions: whole.load,
        prompt: instructions(whole.prompt),
        generation: instructions(whole.generation),
        mix: None,
        ram: Ram { stack_bytes: whole.ram.stack, static_bytes: whole.ram.statics, arena_bytes: whole.ram.arena },
        flash: Flash { image_bytes: image_bytes as u64, code_bytes },
    }
}
