//! `sample SLUG`

use super::{Common, print_json};
use crate::golf::Golf;
use crate::model::Running;
use crate::scoring::best;
use crate::{Fault, model};
use golf_artifact::Artifact;
use golf_core::Session;
use golf_task::Draw;
use sha2::{Digest, Sha256};
use std::io::Write;

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
}

/// Streams text from an entry.
///
/// # Errors
/// If the submission isn't in order or the options make no sense.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    if !(0.0..=100.0).contains(&args.temperature) {
        return Err(Fault::usage("--temperature must be from 0 to 100"));
    }
    let golf = Golf::open(common.root.as_deref())?;
    let (_, candidate) = golf.candidates(std::slice::from_ref(&args.slug))?.remove(0);
    let candidate = candidate?;
    let artifact = Artifact::read(&candidate.submission.artifact).expect("checked before");
    let text = model::load(&artifact)?.start(|mut running| write(&mut running, args, !common.json))?;
    if common.json {
        let text = String::from_utf8_lossy(&text);
        print_json(&serde_json::json!({ "slug": args.slug, "prompt": args.prompt, "seed": args.seed, "text": text }));
    }
    Ok(())
}

fn write(running: &mut Running<'_>, args: &Args, stream: bool) -> Vec<u8> {
    let vocabulary = running.model().vocabulary();
    let mut prompt = vec![];
    vocabulary.encode(args.prompt.as_bytes(), &mut |token| prompt.push(token));
    let mut logits = vec![0; vocabulary.len()];
    let mut session = Session::begin(running.model(), &mut logits);
    prompt.iter().for_each(|&token| session.skip(token));
    let mut draw = Draw::new(Sha256::digest(args.seed.to_le_bytes()).into());
    let mut out = std::io::stdout().lock();
    let mut text = vec![];
    if stream && out.write_all(args.prompt.as_bytes()).is_err() {
        return text;
    }
    for _ in 0..args.tokens {
        let token = choose(session.predict(), args, &mut draw);
        let bytes = session.token(token);
        text.extend_from_slice(bytes);
        // A reader that has gone away has read enough.
        if stream && (out.write_all(&printable(bytes)).is_err() || out.flush().is_err()) {
            return text;
        }
        session.skip(token);
    }
    if stream {
        let _ = out.write_all(b"\n");
    }
    text
}

/// An entry's text can't steer the terminal: control characters other than line feeds and tabs become question marks.
fn printable(bytes: &[u8]) -> Vec<u8> {
    let keep = |byte: u8| byte == b'\n' || byte == b'\t' || !(byte < 0x20 || byte == 0x7f);
    bytes.iter().map(|&byte| if keep(byte) { byte } else { b'?' }).collect()
}

fn choose(logits: &[i32], args: &Args, draw: &mut Draw) -> u32 {
    let top = best(logits);
    if args.temperature == 0.0 || args.top_k == 1 {
        return top;
    }
    let mut tokens: Vec<usize> = (0..logits.len()).collect();
    tokens.sort_by_key(|&token| std::cmp::Reverse(logits[token]));
    tokens.truncate(if args.top_k == 0 { logits.len() } else { args.top_k });
    let weight = |&token: &usize| (f64::from(logits[token] - logits[top as usize]) / 65_536.0 / args.temperature).exp2();
    let total: f64 = tokens.iter().map(weight).sum();
    let mut rest = total * (draw.bits() >> 11) as f64 / (1u64 << 53) as f64;
    let chosen = tokens.iter().find(|token| {
        rest -= weight(token);
        rest < 0.0
    });
    chosen.map_or(top, |&token| token as u32)
}
