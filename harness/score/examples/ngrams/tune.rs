//! Training and trying what the inputs weigh.

use crate::Failure;
use golf_core::{Cost, Vocabulary, WholeDocument, logit};
use golf_ngram::Mixing;
use golf_score::model::{Ngrams, Room};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// A text as one document.
pub(crate) struct Text {
    name: String,
    bytes: usize,
    tokens: Vec<u32>,
}

impl Text {
    /// A share of a file, from `begin` to `end` of 1, cut at lines.
    pub(crate) fn read(path: &Path, vocabulary: &Vocabulary<'_>, begin: f64, end: f64) -> Result<Text, Failure> {
        let all = fs::read(path)?;
        let line = |share: f64| {
            let at = (all.len() as f64 * share) as usize;
            if at == 0 {
                0
            } else {
                all[at..].iter().position(|&byte| byte == b'\n').map_or(all.len(), |line| at + line + 1)
            }
        };
        let part = &all[line(begin)..line(end)];
        let mut tokens = Vec::new();
        vocabulary.encode(part, &mut |token| tokens.push(token));
        Ok(Text { name: path.file_stem().unwrap_or_default().to_string_lossy().into(), bytes: part.len(), tokens })
    }

    /// In documents of some tokens each.
    pub(crate) fn pieces(&self, tokens: usize) -> impl Iterator<Item = &[u32]> {
        self.tokens.chunks(tokens)
    }
}

/// What is learnt from documents, one after another, without forgetting.
pub(crate) fn train<'t>(
    ngrams: &Ngrams,
    mut mixing: Mixing,
    documents: impl Iterator<Item = &'t [u32]>,
) -> Result<Mixing, Failure> {
    let mut room = Room::default();
    let mut model = ngrams.start(None, &mut room, 1)?;
    for document in documents {
        model.train(&mixing, document, &mut |_, _| {});
        mixing = model.mixing().clone();
    }
    Ok(mixing)
}

/// Prints the bits per byte of each text.
pub(crate) fn report(title: &str, ngrams: &Ngrams, mixing: Option<&Mixing>, texts: &[Text]) -> Result<(), Failure> {
    let mut room = Room::default();
    let mut model = ngrams.start(mixing, &mut room, 1)?;
    let begin = Instant::now();
    let (mut sum, mut line, mut tokens) = (0.0, String::new(), 0);
    for text in texts {
        let mut cost = Cost(0);
        model.predict_document(&text.tokens, 0, &mut |index, logits| cost += logit::cost(logits, text.tokens[index]));
        let rate = cost.0 as f64 / 65_536.0 / text.bytes as f64;
        sum += rate;
        tokens += text.tokens.len();
        line += &format!(" {} {rate:.4}", text.name);
    }
    let speed = tokens as f64 / begin.elapsed().as_secs_f64();
    println!("{title}: mean {:.4},{line}; {speed:.0} tokens/s", sum / texts.len() as f64);
    Ok(())
}
