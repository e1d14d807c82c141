//! The job itself: the same on every target.

use crate::job::Job;
use crate::machine::Machine;
use crate::memory;
use crate::report::{Counted, Report};
use core::fmt;
use golf_core::{LanguageModel, probe};
use golf_ternary::{Engine, Image, ImageError, Memory, Needs};
use sha2::{Digest, Sha256};

/// Why a job came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is none.
    NoJob,
    /// The image isn't one.
    Image(ImageError),
    /// The image needs more RAM than there is.
    Memory { bytes: usize, ram: usize },
    /// Its tokens don't spell the probe's text.
    Spelling,
}

impl Fault {
    /// Exit status.
    pub(crate) fn status(&self) -> u32 {
        match self {
            Fault::NoJob => 2,
            Fault::Image(_) => 3,
            Fault::Memory { .. } => 4,
            Fault::Spelling => 5,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoJob => f.write_str("there is no job in external memory"),
            Fault::Image(fault) => write!(f, "the image: {fault}"),
            Fault::Memory { bytes, ram } => write!(f, "{bytes} bytes of RAM are needed, but there are {ram}"),
            Fault::Spelling => f.write_str("the tokens don't spell the probe's text"),
        }
    }
}

/// Tokens of the probe's text: as many as are wanted.
struct Text {
    tokens: [u16; probe::TOKENS],
    count: usize,
}

impl Text {
    fn cut(image: &Image<'_>, most: usize) -> Result<Self, Fault> {
        let vocabulary = image.vocabulary();
        let mut text = Text { tokens: [0; probe::TOKENS], count: 0 };
        let mut rest = Some(probe::TEXT);
        vocabulary.encode(probe::TEXT, &mut |token| {
            rest = rest.and_then(|rest| rest.strip_prefix(vocabulary.token(token)));
            if text.count < most.min(probe::TOKENS) {
                // A vocabulary has at most 65,536 tokens.
                text.tokens[text.count] = token as u16;
                text.count += 1;
            }
        });
        if rest == Some(&[]) { Ok(text) } else { Err(Fault::Spelling) }
    }
}

/// Does the host's job.
pub(crate) fn run() -> Result<Report, Fault> {
    let job = Job::read().ok_or(Fault::NoJob)?;
    let begin = Machine::instructions();
    let image = Image::new(job.image).map_err(Fault::Image)?;
    let needs = Needs::of(&image, 1);
    let arena = needs.total_bytes();
    let too_small = Fault::Memory { bytes: arena.saturating_add(memory::taken()), ram: job.ram_bytes };
    // SAFETY: this function runs once, and the host says how long RAM is.
    let Some(memory) = (unsafe { memory::arena(arena, job.ram_bytes) }) else { return Err(too_small) };
    let (words, rest) = memory.split_at_mut(needs.words);
    let Some(mut engine) = Engine::new(image, 1, Memory { words, bytes: bytes_of(rest) }) else {
        return Err(too_small);
    };
    let load = Machine::instructions() - begin;

    let text = Text::cut(&image, job.probe)?;
    let mut hash = Sha256::new();
    let mut prompt = Counted { tokens: text.count as u32, instructions: 0 };
    for &token in &text.tokens[..text.count] {
        engine.logits().iter().for_each(|logit| hash.update(logit.to_le_bytes()));
        prompt.add(|| engine.observe(u32::from(token)));
    }
    let mut generation = Counted { tokens: job.generate as u32, instructions: 0 };
    for _ in 0..job.generate {
        generation.add(|| {
            let token = likeliest(engine.logits());
            engine.observe(token);
        });
    }
    let digest = hash.finalize().into();
    Ok(Report { probe_tokens: text.count as u32, digest, load, prompt, generation, ram: memory::usage(arena) })
}

/// The first of the largest.
fn likeliest(logits: &[i32]) -> u32 {
    let mut best = 0;
    for (token, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

/// Words as bytes.
fn bytes_of(words: &mut [i32]) -> &mut [i8] {
    // SAFETY: any part of an integer is four bytes, and the borrow goes over to them.
    unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}
