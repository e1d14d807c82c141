//! Training data for `greenhouse-log`: `cargo run -p golf-task --example greenhouse -- --documents N --seed TEXT`.
//!
//! Writes documents to standard output, a zero byte after each, and their ideal cost to standard error. The seed is hashed
//! with a label of its own, so the documents are never those of the task.

use golf_task::{Content, Draw, generator};
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let documents = value("--documents").and_then(|count| count.parse().ok());
    let (Some(documents), Some(seed), 4) = (documents, value("--seed"), arguments.len()) else {
        eprintln!("usage: greenhouse --documents N --seed TEXT");
        return ExitCode::FAILURE;
    };
    match write(documents, seed) {
        Ok(ideal) => {
            eprintln!("ideal: {ideal:.5} bits per byte (the zero bytes are not counted)");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("can't write: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Ideal bits per byte of what was written.
fn write(documents: u32, seed: &str) -> std::io::Result<f64> {
    let generate = generator::named("greenhouse-log").expect("the generator exists");
    let draw = Draw::new(Sha256::digest([b"train", seed.as_bytes()].concat()).into());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut bits, mut bytes) = (0.0, 0);
    for item in generate(&draw, documents) {
        let Content::Document { text, ideal: Some(ideal) } = item.content else { unreachable!("logs are documents") };
        out.write_all(&text)?;
        out.write_all(&[0])?;
        bits += ideal.0 as f64 / 65_536.0;
        bytes += text.len();
    }
    out.flush()?;
    Ok(bits / bytes.max(1) as f64)
}
