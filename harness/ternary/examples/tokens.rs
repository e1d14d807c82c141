//! Tokens a second on a random ternary model, to be set beside other engines (`benches/PEERS.md`):
//! `tokens SHAPE [--threads N] [--prompt TOKENS] [--generate TOKENS] [--kernel NAME]`. Prints a line of JSON.

#[path = "../benches/model/mod.rs"]
mod model;

use golf_core::{LanguageModel, WholeDocument};
use golf_ternary::fast::{Engine, Plan};
use golf_ternary::{Image, Kernel};
use model::{Bytes, image, shapes};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Tokens that a thread sees at once.
const BATCH: usize = 96;

struct Wanted {
    shape: String,
    threads: usize,
    prompt: usize,
    generate: usize,
    kernel: Kernel,
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { shape: String::new(), threads: 1, prompt: 512, generate: 128, kernel: Kernel::best() };
    while let Some(argument) = arguments.next() {
        let number = match argument.as_str() {
            "--threads" => &mut wanted.threads,
            "--prompt" => &mut wanted.prompt,
            "--generate" => &mut wanted.generate,
            "--kernel" => {
                let name = arguments.next().unwrap_or_default();
                let found = Kernel::available().find(|kernel| kernel.name() == name);
                wanted.kernel = found.ok_or_else(|| format!("there is no kernel `{name}` here"))?;
                continue;
            }
            option if option.starts_with('-') => return Err(format!("there is no option {option}")),
            _ => {
                wanted.shape = argument;
                continue;
            }
        };
        let given = arguments.next().and_then(|given| given.parse().ok()).filter(|&given| given > 0);
        *number = given.ok_or_else(|| format!("{argument} wants a whole number above 0"))?;
    }
    Ok(wanted)
}

fn measure(wanted: &Wanted) -> Result<(), String> {
    let shape = shapes().into_iter().find(|(name, _)| *name == wanted.shape);
    let names = || shapes().map(|(name, _)| name).join(", ");
    let (name, shape) = shape.ok_or_else(|| format!("which shape? There are {}", names()))?;
    let kernel = wanted.kernel;
    let bytes = image(shape);
    let image = Image::new(&bytes).map_err(|error| error.to_string())?;
    let plan = Plan::new(&image, kernel).ok_or("this machine has no vectors that the engine knows")?;
    let mut engine = Engine::with_threads(image, &plan, BATCH, wanted.threads);
    let tokens: Vec<u32> = Bytes(1).take(wanted.prompt.max(wanted.generate)).map(u32::from).collect();

    let prompt = |engine: &mut Engine<'_>| {
        engine.reset();
        let begin = Instant::now();
        engine.document_costs(&tokens[..wanted.prompt], 0, &mut |cost| _ = black_box(cost));
        wanted.prompt as f64 / begin.elapsed().as_secs_f64()
    };
    let mut logits = vec![0; shape.tokens];
    let mut generate = |engine: &mut Engine<'_>| {
        engine.reset();
        let begin = Instant::now();
        for &token in &tokens[..wanted.generate] {
            engine.observe(token);
            engine.predict(&mut logits);
            black_box(logits[0]);
        }
        wanted.generate as f64 / begin.elapsed().as_secs_f64()
    };
    // The first pass touches the memory; the second is measured.
    prompt(&mut engine);
    let (prompt, generate) = (prompt(&mut engine), generate(&mut engine));
    println!(
        r#"{{"shape": "{name}", "kernel": "{}", "threads": {}, "prompt": {prompt:.1}, "generate": {generate:.1}}}"#,
        kernel.name(),
        wanted.threads,
    );
    Ok(())
}

fn main() -> ExitCode {
    match wanted(std::env::args().skip(1)).and_then(|wanted| measure(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("tokens: {message}");
            ExitCode::from(2)
        }
    }
}
