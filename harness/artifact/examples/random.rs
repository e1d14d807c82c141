//! An artifact with random weights, by which the time that entries take is measured: `cargo run --release -p golf-artifact --example random -- 16MB FILE`.
//! `A` and `B` are the shapes of the engine's benchmarks, `100KB` and `16MB` fill their classes. The file of an entry after that lends its tokens, so that
//! text is cut about as a trained model cuts it.

use golf_artifact::Artifact;
use golf_artifact::example::sized;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (shape, file, trained) = match &words[..] {
        [shape, file] => (shape, file, None),
        [shape, file, trained] => (shape, file, Some(trained)),
        _ => return complain("usage: random 100KB|A|B|16MB FILE [TRAINED]"),
    };
    let trained = match trained.map(|file| std::fs::read(file).map_err(|fault| format!("{file}: {fault}"))).transpose()
    {
        Ok(trained) => trained,
        Err(fault) => return complain(&fault),
    };
    let artifact = trained.as_deref().map(Artifact::read);
    let tokens = match &artifact {
        None => vec![],
        Some(Ok(artifact)) => artifact.vocabulary(),
        Some(Err(faults)) => return complain(&format!("not an artifact: {}", faults[0])),
    };
    let Some(bytes) = sized(shape, &tokens) else { return complain("the shape is 100KB, A, B or 16MB") };
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
