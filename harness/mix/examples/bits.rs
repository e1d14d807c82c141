//! Prints bits per byte of files, each a document of its own: `bits [orders=N] [log2_slots=N] FILE...`.

use golf_core::{Cost, score};
use golf_mix::{Config, Mix};
use std::time::{Duration, Instant};

/// Text with two decimals and more, without floating point: `cost` per `bytes` in bits.
fn bits_per_byte(cost: Cost, bytes: usize) -> String {
    let ten_thousandths = u128::from(cost.0) * 10_000 / (65_536 * bytes.max(1) as u128);
    format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
}

fn speed(bytes: usize, took: Duration) -> u128 {
    bytes as u128 * 1_000 / took.as_micros().max(1)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut config, mut files) = (Config::default(), vec![]);
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some(("orders", value)) => config.orders = value.parse()?,
            Some(("log2_slots", value)) => config.log2_slots = value.parse()?,
            _ => files.push(argument),
        }
    }
    println!("{config:?}, {} KiB", Mix::memory_bytes(&config) / 1024);
    let (mut model, mut logits) = (Mix::new(config)?, [0; 256]);
    let (mut total, mut total_bytes, mut total_took) = (Cost(0), 0, Duration::ZERO);
    for file in &files {
        let tokens: Vec<u32> = std::fs::read(file)?.into_iter().map(u32::from).collect();
        let (begun, mut cost) = (Instant::now(), Cost(0));
        score::costs(&mut model, &mut logits, &tokens, 0, &mut |each| cost += each);
        let took = begun.elapsed();
        println!(
            "{} {} bytes, {} KB/s  {file}",
            bits_per_byte(cost, tokens.len()),
            tokens.len(),
            speed(tokens.len(), took)
        );
        total += cost;
        total_bytes += tokens.len();
        total_took += took;
    }
    println!("{} all {total_bytes} bytes, {} KB/s", bits_per_byte(total, total_bytes), speed(total_bytes, total_took));
    Ok(())
}
