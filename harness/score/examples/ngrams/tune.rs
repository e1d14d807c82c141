//! Training and trying what the inputs weigh.

use crate::Failure;
use golf_core::{Cost, Vocabulary, WholeDocument, logit};
use golf_ngram::Mixing;
use golf_score::model::{Ngrams, Room};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// A part of a text.
pub(crate) struct Text {
    name: String,
    bytes: Vec<u8>,
}

impl Text {
    /// A share of a file, from `begin` to `end` of 1, cut at lines.
    pub(crate) fn read(path: &Path, begin: f64, end: f64) -> Result<Text, Failure> {
        let all = fs::read(path)?;
        let line = |share: f64| {
            let at = (all.len() as f64 * share) as usize;
            if at == 0 {
                0
            } else {
                all[at..].iter().position(|&byte| byte == b'\n').map_or(all.len(), |line| at + line + 1)
            }
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into();
        Ok(Text { name, bytes: all[line(begin)..line(end)].to_vec() })
    }

    /// In documents that end where the first sentence or line does after so many bytes.
    fn documents(&self, bytes: usize) -> Vec<&[u8]> {
        let mut rest = self.bytes.as_slice();
        let mut documents = Vec::new();
        while !rest.is_empty() {
            let ends = |at: &usize| {
                matches!(rest[*at], b'\n') || matches!(rest[*at], b'.' | b'!' | b'?') && rest.get(at + 1) == Some(&b' ')
            };
            let end = (bytes.min(rest.len())..rest.len()).find(ends).map_or(rest.len(), |at| at + 1);
            documents.push(&rest[..end]);
            rest = rest[end..].trim_ascii_start();
        }
        documents
    }
}

fn encode(vocabulary: &Vocabulary<'_>, text: &[u8]) -> Vec<u32> {
    let mut tokens = Vec::new();
    vocabulary.encode(text, &mut |token| tokens.push(token));
    tokens
}

/// Passes over the texts: how many bytes a document has, and what share of that which it has taught is kept. Whole texts teach most of it, and most tasks have
/// short ones, at whose beginning all depends on what is stored. Keeping a small share of what documents teach, each learnt as fast as it will
/// be, is "Reptile" (Nichol, Achiam and Schulman, "On first-order meta-learning algorithms", 2018).
const PASSES: [(usize, f64); 5] = [(usize::MAX, 1.0), (3_000, 1.0), (1_500, 0.2), (1_500, 0.05), (300, 0.02)];

/// Rates of weights and lifts in these passes.
const RATES: [i16; 2] = [12, 1_500];

/// Lengths of the documents that are reported on, in bytes: whole texts, short ones, and sentences.
const REPORTED: [(&str, usize); 3] = [("whole", usize::MAX), ("1,500 bytes", 1_500), ("sentences", 1)];

/// What is learnt from texts.
pub(crate) fn train(ngrams: &Ngrams, mixing: Mixing, texts: &[Text]) -> Result<Mixing, Failure> {
    let mut room = Room::default();
    let mut model = ngrams.start(None, &mut room, 1)?;
    let tables = ngrams.tables();
    let mut numbers: Vec<f64> = mixing.stored().into_iter().map(f64::from).collect();
    let rounded = |numbers: &[f64]| {
        let mut mixing = Mixing::new(&numbers.iter().map(|number| number.round() as i16).collect::<Vec<_>>());
        mixing.set_rates(RATES);
        mixing
    };
    for (length, share) in PASSES {
        let mut documents: Vec<(f64, &[u8])> = Vec::new();
        for text in texts {
            let own = text.documents(length);
            documents
                .extend(own.iter().enumerate().map(|(place, &part)| ((place as f64 + 0.5) / own.len() as f64, part)));
        }
        // All texts from beginning to end at the same time.
        documents.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, document) in documents {
            let begin = rounded(&numbers);
            model.train(&begin, &encode(&tables.view(), document), &mut |_, _| {});
            let learnt = model.mixing().stored().into_iter().zip(begin.stored());
            for (number, (to, from)) in numbers.iter_mut().zip(learnt) {
                *number += share * (f64::from(to) - f64::from(from));
            }
        }
    }
    Ok(rounded(&numbers))
}

/// Prints the bits per byte of each text, cut into documents of several lengths.
pub(crate) fn report(ngrams: &Ngrams, mixing: &Mixing, texts: &[Text]) -> Result<(), Failure> {
    let mut room = Room::default();
    let mut model = ngrams.start(Some(mixing), &mut room, 1)?;
    let tables = ngrams.tables();
    for (title, length) in REPORTED {
        let (mut sum, mut line, mut tokens, begin) = (0.0, String::new(), 0, Instant::now());
        for text in texts {
            let (mut cost, mut bytes) = (Cost(0), 0);
            for part in text.documents(length) {
                let document = encode(&tables.view(), part);
                model.predict_document(&document, 0, &mut |index, logits| cost += logit::cost(logits, document[index]));
                (bytes, tokens) = (bytes + part.len(), tokens + document.len());
            }
            let rate = cost.0 as f64 / 65_536.0 / bytes as f64;
            sum += rate;
            line += &format!(" {} {rate:.4}", text.name);
        }
        let speed = tokens as f64 / begin.elapsed().as_secs_f64();
        println!("{title}: mean {:.4},{line}; {speed:.0} tokens/s", sum / texts.len() as f64);
    }
    Ok(())
}
