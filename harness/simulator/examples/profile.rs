//! Where the firmware's instructions go, by samples: `cargo run --release --example profile -- FIRMWARE EXTERNAL`.

use golf_simulator::{Cause, Machine, Program};
use std::collections::BTreeMap;

/// Instructions from sample to sample: a prime, so that no loop keeps step with it.
const STEP: u64 = 99_991;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(firmware), Some(external)) = (arguments.next(), arguments.next()) else {
        return Err("name the firmware's file and the one with external memory".into());
    };
    let program = Program::read(&std::fs::read(firmware)?)?;
    let external = std::fs::read(external)?;
    let mut machine = Machine::with(&program, 64 << 20, &external);
    let (mut functions, mut places) = (BTreeMap::new(), BTreeMap::new());
    let mut budget = 0;
    let end = loop {
        budget += STEP;
        match machine.run(budget) {
            Err(fault) if fault.cause == Cause::Budget => {
                *functions.entry(program.symbol(fault.pc).unwrap_or("?")).or_insert(0u64) += 1;
                *places.entry(fault.pc).or_insert(0u64) += 1;
            }
            end => break end?,
        }
    };
    let share = |samples: u64| 100.0 * (samples * STEP) as f64 / end.instructions as f64;
    let mut functions: Vec<(&str, u64)> = functions.into_iter().collect();
    functions.sort_by_key(|&(_, samples)| std::cmp::Reverse(samples));
    for (name, samples) in functions.into_iter().take(12) {
        println!("{:5.1} % {name}", share(samples));
    }
    let mut places: Vec<(u32, u64)> = places.into_iter().collect();
    places.sort_by_key(|&(_, samples)| std::cmp::Reverse(samples));
    for (pc, samples) in places.into_iter().take(60) {
        println!("{:5.2} % 0x{pc:08x} {}", share(samples), program.symbol(pc).unwrap_or("?"));
    }
    Ok(())
}
