//! How fast the machine is: `cargo run --release --example speed -- FIRMWARE EXTERNAL`, the latter as `external` lays it out.

use golf_simulator::{Machine, Program};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(firmware), Some(external)) = (arguments.next(), arguments.next()) else {
        return Err("name the firmware's file and the one with external memory".into());
    };
    let program = Program::read(&std::fs::read(firmware)?)?;
    let external = std::fs::read(external)?;
    let mut machine = Machine::with(&program, 64 << 20, &external);
    let start = Instant::now();
    let end = machine.run(u64::MAX)?;
    let per_us = u128::from(end.instructions) / start.elapsed().as_micros().max(1);
    println!("{}status {}, {} instructions, {per_us} million a second", machine.output(), end.status, end.instructions);
    Ok(())
}
