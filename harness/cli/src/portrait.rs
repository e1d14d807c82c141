//! What an entry's page shows besides its scores: where its bytes go, what it writes, and what it scored before.

use crate::Fault;
use crate::cmd::score::Means;
use crate::golf::{Candidate, Golf};
use crate::model::{Loaded, Running};
use crate::sampling::{Sampler, printable};
use crate::worker::{self, Job, JobError, Message, Target, Work};
use golf_artifact::{Form, codec};
use golf_core::Session;
use golf_record::{Contained, Contents, Draw, Portrait, Sample, Samples, Score};
use std::ops::ControlFlow;
use std::time::{SystemTime, UNIX_EPOCH};

/// What every entry is asked to continue.
pub const PROMPTS: [&str; 3] = ["The ", "Once upon a time, ", "Dear Anna,\n\n"];
/// How.
pub const DRAW: Draw = Draw { temperature: 0.7, top_k: 40, seed: 0, tokens: 100 };

/// Brings the record up to date.
///
/// # Errors
/// If the entry can't write, or a record can't be read or written.
pub fn update(golf: &Golf, candidate: &Candidate, score: &Score, force: bool, means: &Means) -> Result<(), JobError> {
    let fault = |fault: golf_record::StoreError| JobError::Fault(fault.into());
    let (slug, sha256) = (&candidate.submission.slug, &candidate.facts.sha256);
    let Portrait { contents, samples, history } = golf.store.portrait(slug, sha256).map_err(fault)?;
    let contents = match contents {
        Some(contents) => contents,
        None => self::contents(candidate).map_err(JobError::Fault)?,
    };
    let is_current = |samples: &Samples| {
        let prompts = samples.samples.iter().map(|sample| sample.prompt.as_str());
        samples.engine == candidate.engine && samples.draw == DRAW && prompts.eq(PROMPTS)
    };
    let samples = match samples.filter(|samples| !force && is_current(samples)) {
        Some(samples) => samples,
        None => self::samples(golf, candidate, means)?,
    };
    let history = history.with(score, &today());
    let portrait = Portrait { contents: Some(contents), samples: Some(samples), history };
    golf.store.put_portrait(slug, &portrait).map_err(fault)
}

fn contents(candidate: &Candidate) -> Result<Contents, Fault> {
    let artifact = candidate.opened()?;
    let coded = artifact.form() == Form::Coded;
    let taken = |taken: golf_artifact::Taken| if coded { taken.coded } else { taken.plain } as u64;
    let part = |account: golf_artifact::Account| Contained {
        name: account.name,
        codec: account.codec.map(|codec| codec::name(codec).into()),
        weights: account.weights,
        bytes: taken(account.bytes),
        scale_bytes: taken(account.scales),
    };
    Ok(Contents {
        schema: 1,
        slug: candidate.submission.slug.clone(),
        artifact_sha256: candidate.facts.sha256.clone(),
        coded,
        parts: artifact.accounts().into_iter().map(part).collect(),
    })
}

/// In a child process, as everything that runs a model.
fn samples(golf: &Golf, candidate: &Candidate, means: &Means) -> Result<Samples, JobError> {
    let job = Job {
        root: golf.root.clone(),
        artifact: Some(Target { path: candidate.artifact.clone(), sha256: candidate.facts.sha256.clone() }),
        work: Work::Sample { prompts: PROMPTS.map(String::from).to_vec(), draw: DRAW, threads: means.threads },
        limits: means.limits,
    };
    let mut samples = vec![];
    worker::run(&job, |message| {
        if let Message::Sample(sample) = message {
            samples.push(sample);
        }
    })?;
    Ok(Samples {
        schema: 1,
        slug: candidate.submission.slug.clone(),
        artifact_sha256: candidate.facts.sha256.clone(),
        engine: candidate.engine.clone(),
        draw: DRAW,
        samples,
    })
}

/// Writes one sample.
///
/// # Errors
/// If the model can't be started.
pub fn write(loaded: &Loaded, prompt: &str, draw: Draw, threads: usize) -> Result<Sample, Fault> {
    let mut sampler = Sampler::new(draw.temperature, draw.top_k, draw.seed)?;
    let bytes = loaded.start_on(threads, |mut running| {
        continued(&mut running, prompt, draw.tokens, &mut sampler, |_| ControlFlow::Continue(()))
    })?;
    // What is left is the beginning of a character that never ended.
    let (text, _) = printable(&bytes);
    Ok(Sample { prompt: prompt.into(), text })
}

/// Text from a model: `each` sees all that has been written so far, token by token, and may end it.
pub fn continued(
    running: &mut Running<'_>,
    prompt: &str,
    tokens: usize,
    sampler: &mut Sampler,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Vec<u8> {
    let vocabulary = running.model().vocabulary();
    let mut given = vec![];
    vocabulary.encode(prompt.as_bytes(), &mut |token| given.push(token));
    let mut logits = vec![0; vocabulary.len()];
    let mut session = Session::begin(running.model(), &mut logits);
    given.iter().for_each(|&token| session.skip(token));
    let mut text = vec![];
    for _ in 0..tokens {
        let token = sampler.choose(session.predict());
        text.extend_from_slice(session.token(token));
        if each(&text).is_break() {
            break;
        }
        session.skip(token);
    }
    text
}

/// The day in UTC, `2026-11-21`; the one of `SOURCE_DATE_EPOCH`, in seconds, where that is set.
pub fn today() -> String {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    day(set.unwrap_or_else(now) / 86_400)
}

/// By days since 1970-01-01: eras of 400 years that begin in March, so that a leap day ends its year.
fn day(days: u64) -> String {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + u64::from(month <= 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        let cases = [(0, "1970-01-01"), (11_016, "2000-02-29"), (11_017, "2000-03-01"), (20_778, "2026-11-21")];
        for (days, date) in cases {
            assert_eq!(day(days), date);
        }
    }
}
