//! Where the instructions of a generated token go, function by function, on the machine in process:
//! `cargo run --release --package golf --example profile -- FIRMWARE ARTIFACT`. The firmware's file must have its symbols: the one that
//! `cargo golf firmware build` leaves in `target/firmware/riscv32imc-unknown-none-elf/firmware/golf-firmware`.

use golf_artifact::Artifact;
use golf_simulator::{Cause, Job, Machine, Program, external, parse};
use std::collections::BTreeMap;

/// Instructions from sample to sample: a prime, so that no loop keeps step with it.
const STEP: u64 = 997;
const RAM: u32 = 64 << 20;
const PROMPT: u32 = 96;
const TOKENS: u32 = 16;
/// The functions of the linear layers are in modules of this name.
const LINEAR: &str = "6linear";

/// Adds `sign` for each sample to the function that it falls into, and returns what the firmware says.
fn sample<'a>(
    program: &'a Program,
    image: &[u8],
    generate: u32,
    functions: &mut BTreeMap<&'a str, i64>,
    sign: i64,
) -> Result<String, Box<dyn std::error::Error>> {
    let external = external(&Job { ram_bytes: RAM, probe: PROMPT, generate, document: None }, image);
    let mut machine = Machine::with(program, RAM as usize, &external);
    let mut budget = 0;
    loop {
        budget += STEP;
        match machine.run(budget) {
            Err(fault) if fault.cause == Cause::Budget => {
                *functions.entry(program.symbol(fault.pc).unwrap_or("?")).or_default() += sign;
            }
            end => {
                end?;
                return Ok(machine.output().to_owned());
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(firmware), Some(artifact)) = (arguments.next(), arguments.next()) else {
        return Err("name the firmware's file and an artifact".into());
    };
    let program = Program::read(&std::fs::read(firmware)?)?;
    let artifact = std::fs::read(artifact)?;
    let artifact = Artifact::read(&artifact).map_err(|faults| format!("{faults:?}"))?;
    let image = artifact.image()?;
    let shape = *golf_ternary::Image::new(&image)?.shape();
    let weights = shape.multiply_adds();
    let inner = weights - shape.rows as u64 * shape.dim as u64;

    // What both runs do cancels out.
    let mut functions = BTreeMap::new();
    sample(&program, &image, 0, &mut functions, -1)?;
    let report = parse(&sample(&program, &image, TOKENS, &mut functions, 1)?)?;
    for (name, counted, weights) in [("prompt", report.prompt, inner), ("generation", report.generation, weights)] {
        let each = counted.instructions / counted.tokens;
        println!(
            "{name}: {each} instructions a token, {:.3} a weight ({weights} weights)",
            each as f64 / weights as f64
        );
    }
    let per_token = |samples: i64| samples as f64 * STEP as f64 / f64::from(TOKENS);
    let linear: i64 = functions.iter().filter(|(name, _)| name.contains(LINEAR)).map(|(_, samples)| samples).sum();
    println!("linear layers of a generated token: {:.3} instructions a weight", per_token(linear) / weights as f64);
    let mut functions: Vec<(&str, i64)> = functions.into_iter().collect();
    functions.sort_by_key(|&(_, samples)| -samples);
    for (name, samples) in functions.into_iter().take(25) {
        println!("{:10.0} {name}", per_token(samples));
    }
    Ok(())
}
