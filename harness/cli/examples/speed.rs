//! How fast the machine in process is: `cargo run --release --package golf --example speed -- ARTIFACT`.

use golf::simulate::{JOB, image, program};
use golf::worker;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name an artifact")?;
    let loaded = worker::load(&std::fs::read(path)?)?;
    let (program, image) = (program()?, image(&loaded)?);
    let start = Instant::now();
    let outcome = golf_simulator::run(&program, image, &JOB, u64::MAX)?;
    let per_us = u128::from(outcome.instructions) / start.elapsed().as_micros().max(1);
    println!("{} instructions, {per_us} million a second", outcome.instructions);
    Ok(())
}
