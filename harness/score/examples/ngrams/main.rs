//! Estimates n-gram models.
//!
//! - `ngrams count FOLDER` counts the tokens that `harness/train/encode.py` wrote into a folder and leaves `counts.bin` there.
//! - `ngrams make FOLDER OUT --bytes N [--ternary ARTIFACT] [--orders N] [--steps N] [--discount X] [--history N]` prunes them so that the artifact
//!   takes that many bytes.
//! - `ngrams graft ARTIFACT OUT --ternary ARTIFACT` puts another ternary model of the same vocabulary in the place of an artifact's own; `tune` it anew.
//! - `ngrams tune ARTIFACT OUT TEXT... [--share X] [--weight-rate N] [--lift-rate N]` trains what the inputs weigh on the first share of each text, stores the
//!   rates at which they are to follow a document, and reports on the rest. `--share 0` only reports, `--share 1` only trains.

mod count;
mod prune;
mod tune;

use golf_artifact::{Artifact, ArtifactBuilder, Form, Model, NgramConfig};
use golf_core::Tokenization;
use golf_ngram::{Grams, Mixing};
use golf_score::model::{self, Loaded};
use prune::{Candidates, Choice};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let mut options = Vec::new();
    while let Some(at) = arguments.iter().position(|argument| argument.starts_with("--")) {
        let value = if at + 1 < arguments.len() {
            arguments.remove(at + 1)
        } else {
            return Err("an option without value".into());
        };
        options.push((arguments.remove(at), value));
    }
    let option = |name: &str| options.iter().find(|(option, _)| option == name).map(|(_, value)| value.as_str());
    let number = |name: &str, usual: f64| option(name).map_or(Ok(usual), str::parse::<f64>);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["count", folder] => {
            let folder = Path::new(folder);
            count::save(&count::count(folder, vocabulary(folder)?.len())?, &folder.join("counts.bin"))
        }
        ["make", folder, out] => {
            let levels = count::load(&Path::new(folder).join("counts.bin"), number("--orders", 7.0)? as usize)?;
            let candidates = Candidates::new(levels, number("--discount", 1.0)? as f32);
            let history = number("--history", 6.0)?;
            let frame = Frame {
                tokens: vocabulary(Path::new(folder))?,
                ternary: option("--ternary").map(fs::read).transpose()?,
                history: (history >= 0.0).then_some(history as usize),
            };
            let (bytes, steps) = (number("--bytes", 1e6)? as usize, number("--steps", 2.0)? as f32);
            Ok(fs::write(out, fit(&candidates, steps, bytes, &frame)?)?)
        }
        ["graft", path, out] => {
            let file = fs::read(path)?;
            let artifact = Artifact::read(&file).map_err(|faults| faults[0].to_string())?;
            let Model::Ngram(config) = artifact.model() else { return Err("no artifact of n-grams".into()) };
            let (grams, mixing) = &**artifact.grams().ok_or("no n-grams")?;
            let frame = Frame {
                tokens: artifact.vocabulary().into_iter().map(Into::into).collect(),
                ternary: Some(fs::read(option("--ternary").ok_or("graft wants --ternary ARTIFACT")?)?),
                history: config.adapts.then_some(config.history),
            };
            Ok(fs::write(out, frame.artifact(grams, mixing)?)?)
        }
        ["tune", artifact, out, texts @ ..] => {
            let rates = [number("--weight-rate", 12.0)?, number("--lift-rate", 1_000.0)?].map(|rate| rate as i16);
            tune_artifact(Path::new(artifact), &PathBuf::from(out), texts, number("--share", 0.6)?, rates)
        }
        _ => Err("ngrams count FOLDER, make FOLDER OUT --bytes N, graft ARTIFACT OUT --ternary ARTIFACT, or tune ARTIFACT OUT TEXT...".into()),
    }
}

fn vocabulary(folder: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    Ok(serde_json::from_slice(&fs::read(folder.join("vocabulary.json"))?)?)
}

/// What an artifact has besides n-grams.
struct Frame {
    tokens: Vec<Vec<u8>>,
    /// An artifact of a ternary model, which is mixed in.
    ternary: Option<Vec<u8>>,
    history: Option<usize>,
}

impl Frame {
    fn artifact(&self, grams: &Grams, mixing: &Mixing) -> Result<Vec<u8>, Failure> {
        let ternary = self
            .ternary
            .as_deref()
            .map(|file| Artifact::read(file).map_err(|faults| faults[0].to_string()))
            .transpose()?;
        let config = ternary.as_ref().and_then(|ternary| ternary.model().ternary().cloned());
        let mut builder = ArtifactBuilder::new(Model::Ngram(NgramConfig {
            tokenizer: Tokenization::Bpe,
            start: 0,
            adapts: self.history.is_some(),
            history: self.history.unwrap_or(0),
            ternary: config,
        }));
        match &ternary {
            Some(ternary) if ternary.vocabulary() != self.tokens => {
                return Err("the ternary model has another vocabulary".into());
            }
            Some(ternary) => builder.tensors_of(ternary),
            None => builder.vocabulary(&self.tokens),
        }
        builder.grams(grams, mixing);
        let plain = builder.finish();
        let artifact = Artifact::read(&plain).map_err(|faults| faults[0].to_string())?;
        Ok(artifact.write(Form::Coded))
    }
}

/// The artifact with the most n-grams that takes at most so many bytes, which may be none.
fn fit(candidates: &Candidates, steps: f32, bytes: usize, frame: &Frame) -> Result<Vec<u8>, Failure> {
    let even = Mixing::even(frame.ternary.is_some());
    let nothing = candidates.choose(2, Choice { threshold: f32::MAX, steps });
    // The mixing takes more once it is trained.
    let rest = frame.artifact(&nothing, &even)?.len() + 4_000;
    let (mut low, mut high) = (0f32, 16f32);
    let mut best = (rest <= bytes).then_some(nothing);
    for _ in 0..10 {
        let middle = (low + high) / 2.0;
        let grams = candidates.choose(7, Choice { threshold: middle.exp2(), steps });
        // No n-gram takes less than four bits.
        let size = if grams.count() / 2 > bytes { usize::MAX } else { rest + golf_artifact::grams_bytes(&grams) };
        println!("threshold {:.2}: {} n-grams, {size} bytes", middle.exp2(), grams.count());
        if size > bytes {
            low = middle;
        } else {
            (high, best) = (middle, Some(grams));
            if size > bytes - bytes / 200 {
                break;
            }
        }
    }
    let grams = best.ok_or("too few bytes for the vocabulary")?;
    println!("by order: {:?}", grams.orders().iter().map(|order| order.tokens.len()).collect::<Vec<_>>());
    frame.artifact(&grams, &even)
}

fn tune_artifact(path: &Path, out: &Path, texts: &[&str], share: f64, rates: [i16; 2]) -> Result<(), Failure> {
    let file = fs::read(path)?;
    let begin = Instant::now();
    let artifact = Artifact::read(&file).map_err(|faults| faults[0].to_string())?;
    println!("{} bytes, read in {:?}", file.len(), begin.elapsed());
    let Loaded::Ngram(ngrams) = model::load(&artifact)? else { return Err("no artifact of n-grams".into()) };
    let read = |begin, end| {
        texts.iter().map(|path| tune::Text::read(Path::new(path), begin, end)).collect::<Result<Vec<_>, _>>()
    };
    let (first, rest) = (read(0.0, share)?, read(share, 1.0)?);
    let mut mixing = artifact.grams().ok_or("no n-grams")?.1.clone();
    if share > 0.0 {
        mixing = tune::train(&ngrams, mixing, &first)?;
    }
    mixing.set_rates(rates);
    if share < 1.0 {
        tune::report(&ngrams, &mixing, &rest)?;
    }
    if share > 0.0 {
        fs::write(out, artifact.with_mixing(&mixing))?;
    }
    Ok(())
}
