//! An artifact with random weights, by which the time that entries take is measured: `cargo run --release -p golf-artifact --example random -- 16MB FILE`.
//! `A` and `B` are the shapes of the engine's benchmarks, `100KB` and `16MB` fill their classes.

use golf_artifact::TernaryConfig;
use golf_artifact::example::{build, config};
use golf_core::Tokenization;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [shape, file] = &words[..] else { return complain("usage: random 100KB|A|B|16MB FILE") };
    // Width, heads, key/value heads, width of a head, hidden width, depth, tokens.
    let (dim, heads, kv_heads, head_dim, hidden, depth, tokens) = match shape.as_str() {
        "100KB" => (96, 3, 1, 32, 288, 2, 360),
        "A" => (512, 8, 4, 64, 1_536, 12, 8_192),
        "B" => (768, 12, 4, 64, 2_048, 10, 4_096),
        "16MB" => (512, 8, 4, 64, 1_536, 14, 8_192),
        _ => return complain("the shape is 100KB, A, B or 16MB"),
    };
    let config = TernaryConfig {
        tokenizer: Tokenization::LongestMatch,
        dim,
        heads,
        kv_heads,
        head_dim,
        hidden,
        window: 1_024,
        rope_period: 4_096,
        rope_frequencies: (0..head_dim / 2).map(|pair| (600 >> (pair / 4)).max(1)).collect(),
        depth: (0..depth).collect(),
        ..config()
    };
    let bytes = build(&config, tokens, 1);
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
