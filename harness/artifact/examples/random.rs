//! An artifact with random weights, by which the time that entries take is measured: `cargo run --release -p golf-artifact --example random -- 16MB FILE`.
//! `A` and `B` are the shapes of the engine's benchmarks, `100KB` and `16MB` fill their classes.

use golf_artifact::example::sized;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [shape, file] = &words[..] else { return complain("usage: random 100KB|A|B|16MB FILE") };
    let Some(bytes) = sized(shape) else { return complain("the shape is 100KB, A, B or 16MB") };
    match std::fs::write(file, &bytes) {
        Ok(()) => {
            println!("{file}: {} bytes", bytes.len());
            ExitCode::SUCCESS
        }
        Err(fault) => complain(&format!("{file}: {fault}")),
    }
}

fn complain(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
