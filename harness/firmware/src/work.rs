//! The job itself: the same on every target.

use crate::job::Job;
use crate::machine::Clock;
use crate::memory;
use crate::report::{Counted, Report};
use core::fmt;
use golf_core::{Cost, LanguageModel, logit, probe};
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
    /// Its tokens don't spell the text.
    Spelling,
    /// The machine's clock doesn't tell how many instructions have passed.
    Clock,
}

impl Fault {
    /// Exit status.
    pub(crate) fn status(&self) -> u32 {
        match self {
            Fault::NoJob => 2,
            Fault::Image(_) => 3,
            Fault::Memory { .. } => 4,
            Fault::Spelling => 5,
            Fault::Clock => 6,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoJob => f.write_str("there is no job in external memory"),
            Fault::Image(fault) => write!(f, "the image: {fault}"),
            Fault::Memory { bytes, ram } => write!(f, "{bytes} bytes of RAM are needed, but there are {ram}"),
            Fault::Spelling => f.write_str("the tokens don't spell the text"),
            Fault::Clock => f.write_str("the clock doesn't count instructions: 64 ns each are expected"),
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
    let clock = Clock::start(job.tick_khz).ok_or(Fault::Clock)?;
    let begin = clock.now();
    let image = Image::new(job.image).map_err(Fault::Image)?;
    let needs = Needs::of(&image, 1);
    let arena = needs.total_bytes();
    let too_small = Fault::Memory { bytes: arena.saturating_add(memory::taken()), ram: job.ram_bytes };
    // SAFETY: this function runs once, and the host says where RAM is and how long.
    let Some(memory) = (unsafe { memory::arena(job.arena, arena, job.ram_bytes) }) else { return Err(too_small) };
    let (words, rest) = memory.split_at_mut(needs.words);
    let Some(mut engine) = Engine::new(image, 1, Memory { words, bytes: bytes_of(rest) }) else {
        return Err(too_small);
    };
    let load = clock.between(begin, clock.now());

    let text = Text::cut(&image, job.probe)?;
    let mut hash = Sha256::new();
    let mut prompt = Counted { tokens: text.count as u32, instructions: 0 };
    for &token in &text.tokens[..text.count] {
        engine.logits().iter().for_each(|logit| hash.update(logit.to_le_bytes()));
        prompt.add(&clock, || engine.observe(u32::from(token)));
    }
    let mut generation = Counted { tokens: job.generate as u32, instructions: 0 };
    for _ in 0..job.generate {
        generation.add(&clock, || {
            let token = likeliest(engine.logits());
            engine.observe(token);
        });
    }
    let document = job.document.map(|text| score(&mut engine, &image, text)).transpose()?;
    let digest = hash.finalize().into();
    let ram = memory::usage(arena);
    Ok(Report { probe_tokens: text.count as u32, digest, load, prompt, generation, document, ram })
}

/// A document's tokens and what they cost: each predicted, and then observed.
fn score(engine: &mut Engine<'_>, image: &Image<'_>, text: &[u8]) -> Result<(u32, Cost), Fault> {
    let vocabulary = image.vocabulary();
    let (mut tokens, mut total) = (0, Cost(0));
    let mut rest = Some(text);
    engine.reset();
    vocabulary.encode(text, &mut |token| {
        rest = rest.and_then(|rest| rest.strip_prefix(vocabulary.token(token)));
        tokens += 1;
        total += logit::cost(engine.logits(), token);
        engine.observe(token);
    });
    if rest == Some(&[]) { Ok((tokens, total)) } else { Err(Fault::Spelling) }
}

/// The first of the largest.
fn likeliest(logits: &[i32]) -> u32 {
    let (mut best, mut most) = (0, i32::MIN);
    for (token, &logit) in logits.iter().enumerate() {
        if logit > most {
            (best, most) = (token as u32, logit);
        }
    }
    best
}

/// Words as bytes.
fn bytes_of(words: &mut [i32]) -> &mut [i8] {
    // SAFETY: any part of an integer is four bytes, and the borrow goes over to them.
    unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}
