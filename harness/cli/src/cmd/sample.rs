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
    /// Threads that the model runs on; the text doesn't depend on it
    #[arg(long, value_name = "N", default_value_t = model::cores())]
    threads: usize,
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
    let loaded = model::load(&artifact)?;
    let text = loaded.start_on(args.threads, |mut running| write(&mut running, args, !common.json))?;
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
    let mut shown = 0;
    if stream && out.write_all(args.prompt.as_bytes()).is_err() {
        return text;
    }
    for _ in 0..args.tokens {
        let token = choose(session.predict(), args, &mut draw);
        let bytes = session.token(token);
        text.extend_from_slice(bytes);
        if stream {
            let (part, length) = printable(&text[shown..]);
            shown += length;
            // A reader that has gone away has read enough.
            if out.write_all(part.as_bytes()).is_err() || out.flush().is_err() {
                return text;
            }
        }
        session.skip(token);
    }
    if stream {
        let _ = out.write_all(b"\n");
    }
    text
}

/// The text of `bytes` up to a character that isn't complete yet, and how many bytes that is. An entry can't steer the terminal: what isn't UTF-8, and
/// control characters other than line feeds and tabs, become replacement characters.
fn printable(bytes: &[u8]) -> (String, usize) {
    let (mut text, mut length) = (String::new(), 0);
    for chunk in bytes.utf8_chunks() {
        let keep = |c: char| if c == '\n' || c == '\t' || !c.is_control() { c } else { char::REPLACEMENT_CHARACTER };
        text.extend(chunk.valid().chars().map(keep));
        length += chunk.valid().len();
        let end = length + chunk.invalid().len();
        let unfinished = std::str::from_utf8(&bytes[length..])
            .is_err_and(|fault| fault.error_len().is_none() && fault.valid_up_to() == 0);
        if unfinished || chunk.invalid().is_empty() {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        length = end;
    }
    (text, length)
}

fn choose(logits: &[i32], args: &Args, draw: &mut Draw) -> u32 {
    let top = best(logits);
    if args.temperature == 0.0 || args.top_k == 1 {
        return top;
    }
    let mut tokens: Vec<usize> = (0..logits.len()).collect();
    tokens.sort_by_key(|&token| std::cmp::Reverse(logits[token]));
    tokens.truncate(if args.top_k == 0 { logits.len() } else { args.top_k });
    let weight =
        |&token: &usize| (f64::from(logits[token] - logits[top as usize]) / 65_536.0 / args.temperature).exp2();
    let total: f64 = tokens.iter().map(weight).sum();
    let mut rest = total * (draw.bits() >> 11) as f64 / (1u64 << 53) as f64;
    let chosen = tokens.iter().find(|token| {
        rest -= weight(token);
        rest < 0.0
    });
    chosen.map_or(top, |&token| token as u32)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn only_whole_characters_are_shown_and_none_steers_the_terminal() {
        assert_eq!(printable("naïve\n".as_bytes()), ("naïve\n".into(), 7));
        assert_eq!(printable(b"na\xc3"), ("na".into(), 2));
        assert_eq!(printable(b"\xc3"), (String::new(), 0));
        assert_eq!(printable(b"a\xffb\x1b[0m"), ("a\u{fffd}b\u{fffd}[0m".into(), 7));
        assert_eq!(printable(b""), (String::new(), 0));
    }
}
