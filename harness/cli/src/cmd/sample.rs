//! `sample SLUG`

use super::{Common, print_json};
use crate::golf::Golf;
use crate::model::Running;
use crate::sampling::{Sampler, printable};
use crate::{Fault, model, portrait};
use std::io::Write;
use std::ops::ControlFlow;

/// Arguments of `sample`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The submission
    slug: String,
    /// Text to continue
    #[arg(long, default_value = "")]
    prompt: String,
    /// How many tokens to write
    #[arg(long, value_name = "N", default_value_t = 200)]
    tokens: usize,
    /// 0 always takes the likeliest token, 1 samples from the model's own probabilities
    #[arg(long, value_name = "T", default_value_t = 0.8)]
    temperature: f64,
    /// Sample from the K likeliest tokens only; 0 for all
    #[arg(long, value_name = "K", default_value_t = 0)]
    top_k: usize,
    /// The same seed writes the same text
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads that the model runs on; the text doesn't depend on it
    #[arg(long, value_name = "N", default_value_t = model::cores())]
    threads: usize,
}

/// Streams text from an entry.
///
/// # Errors
/// If the submission isn't in order or the options make no sense.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let sampler = Sampler::new(args.temperature, args.top_k, args.seed)?;
    let golf = Golf::open(common.root.as_deref())?;
    let (_, candidate) = golf.candidates(std::slice::from_ref(&args.slug))?.next().expect("one is named");
    let loaded = candidate?.load()?;
    let text = loaded.start_on(args.threads, |mut running| write(&mut running, args, sampler, !common.json))?;
    if common.json {
        let text = String::from_utf8_lossy(&text);
        print_json(&serde_json::json!({ "slug": args.slug, "prompt": args.prompt, "seed": args.seed, "text": text }));
    }
    Ok(())
}

fn write(running: &mut Running<'_>, args: &Args, mut sampler: Sampler, stream: bool) -> Vec<u8> {
    let mut out = std::io::stdout().lock();
    let mut shown = 0;
    if stream && out.write_all(args.prompt.as_bytes()).is_err() {
        return vec![];
    }
    let text = portrait::continued(running, &args.prompt, args.tokens, &mut sampler, |text| {
        if stream {
            let (part, length) = printable(&text[shown..]);
            shown += length;
            // A reader that has gone away has read enough.
            if out.write_all(part.as_bytes()).is_err() || out.flush().is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    if stream {
        let _ = out.write_all(b"\n");
    }
    text
}
