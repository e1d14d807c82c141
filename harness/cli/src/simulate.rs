//! What the simulated microcontroller makes of an entry, inside a child process.

use crate::model::Loaded;
use crate::{Fault, firmware};
use golf_record::{Figures, Flash, Instructions, Probe, Ram, Simulator};
use golf_simulator::{Counted, Error, Job, Program, Report};

/// RAM of the machine: more than a microcontroller has, so that what is needed can be told.
const RAM_BYTES: u32 = 64 << 20;
/// Tokens generated after the probe.
const GENERATE: u32 = 16;

/// The job for every entry.
pub const JOB: Job = Job { ram_bytes: RAM_BYTES, probe: golf_core::probe::TOKENS as u32, generate: GENERATE };

/// Whether the engine of this name runs on the simulated target.
pub fn runs(engine: &str) -> bool {
    engine == "ternary"
}

/// The simulator in process.
pub fn simulator() -> Simulator {
    Simulator { name: "golf-simulator".into(), version: golf_simulator::VERSION }
}

/// The firmware that the harness carries.
///
/// # Errors
/// If it isn't a program for the machine.
pub fn program() -> Result<Program, Fault> {
    Program::read(firmware::IMAGE)
        .map_err(|fault| Fault::machine(format!("the firmware: {fault}; `cargo golf firmware build` makes it anew")))
}

/// The image that the firmware runs.
///
/// # Errors
/// If the engine has none.
pub fn image(loaded: &Loaded) -> Result<&[u8], Fault> {
    match loaded {
        Loaded::Ternary(image, _) => Ok(image),
        Loaded::Uniform | Loaded::Mix(_) => {
            Err(Fault::usage("only entries of the engine `ternary` run on a microcontroller"))
        }
    }
}

/// Runs the firmware in process. The caller limits the time.
///
/// # Errors
/// If the firmware faults or refuses the image.
pub fn simulate(loaded: &Loaded) -> Result<Figures, Fault> {
    let (program, image) = (program()?, image(loaded)?);
    let outcome = golf_simulator::run(&program, image, &JOB, u64::MAX).map_err(|error| in_simulation(&error))?;
    Ok(figures(outcome.report, image.len(), program.flash_bytes()))
}

/// The firmware's failure as a fault.
pub fn in_simulation(error: &Error) -> Fault {
    Fault::entry(format!("on {}: {error}", firmware::TARGET))
}

/// A report for the records.
pub fn figures(report: Report, image_bytes: usize, code_bytes: usize) -> Figures {
    let instructions = |counted: Counted| Instructions { tokens: counted.tokens, instructions: counted.instructions };
    Figures {
        probe: Probe { tokens: report.probe_tokens, sha256: report.digest },
        load_instructions: report.load,
        prompt: instructions(report.prompt),
        generation: instructions(report.generation),
        ram: Ram { stack_bytes: report.ram.stack, static_bytes: report.ram.statics, arena_bytes: report.ram.arena },
        flash: Flash { image_bytes: image_bytes as u64, code_bytes: code_bytes as u64 },
    }
}
