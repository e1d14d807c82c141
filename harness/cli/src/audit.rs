//! The memorisation audit: does an artifact know the tasks better than it should?

use crate::golf::{Candidate, Golf};
use crate::model::Loaded;
use crate::{Fault, scoring};
use golf_record::compare::{Part, between, fixed_against_fresh};
use golf_record::submission::hex;
use golf_record::{Audit, HEADLINE, HeldOut, Outcome, Overlap, Parts, Score};
use golf_task::{Content, Item, Task};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;

/// The shortest overlap that is looked for.
const WINDOW: usize = 16;
/// Fewer different bytes than this are padding or a ruled line, and no text.
const DIFFERENT: usize = 10;
/// Other text is cut into documents of the headline task's usual length.
const PIECE: usize = 1_770;
/// Most documents that are made of other text.
const PIECES: usize = 400;
/// What a model without knowledge is: the settings of the reference entry.
const YARDSTICK: golf_mix::Config = golf_mix::Config { orders: 6, log2_slots: 20 };

/// Brings the audit of an entry up to date.
///
/// # Errors
/// If a record can't be read or written.
pub fn update(golf: &Golf, candidate: &Candidate, score: &Score) -> Result<(), Fault> {
    let slug = &candidate.submission.slug;
    let old = golf.store.audit(slug)?;
    let is_current = |audit: &Audit| {
        audit.artifact_sha256 == candidate.facts.sha256
            && audit.season == golf.season
            && audit.tasks == names(golf)
            && audit.parts == parts(golf, score)
    };
    if old.as_ref().is_some_and(is_current) {
        return Ok(());
    }
    let audit = audit(golf, candidate, score, old);
    Ok(golf.store.put_audit(&audit)?)
}

/// Everything that can be told from the artifact and its scores. What was found with other text, and what reviewers said, is kept from the audit before
/// if that was of the same artifact.
pub fn audit(golf: &Golf, candidate: &Candidate, score: &Score, old: Option<Audit>) -> Audit {
    let old = old.filter(|old| old.artifact_sha256 == candidate.facts.sha256);
    let (held_out, caveats) = old.map(|old| (old.held_out, old.caveats)).unwrap_or_default();
    let tokens = candidate.opened().map(|artifact| artifact.vocabulary().concat()).unwrap_or_default();
    let overlap =
        longest_overlap(&candidate.submission.artifact, &tokens, golf.tasks.iter().filter(|task| is_audited(task)));
    let Candidate { submission, facts, .. } = candidate;
    let audit = Audit {
        schema: 1,
        slug: submission.slug.clone(),
        artifact_sha256: facts.sha256.clone(),
        season: golf.season.clone(),
        tasks: names(golf),
        overlap,
        parts: parts(golf, score),
        held_out,
        caveats,
    };
    audit.judged()
}

/// Those that every clone has.
fn is_audited(task: &Task) -> bool {
    task.definition.suite == "core"
}

fn names(golf: &Golf) -> Vec<String> {
    golf.tasks.iter().filter(|task| is_audited(task)).map(Task::name).collect()
}

fn parts(golf: &Golf, score: &Score) -> Vec<Parts> {
    let names = names(golf);
    score.tasks.iter().filter(|task| names.contains(&task.name())).filter_map(fixed_against_fresh).collect()
}

/// The longest piece of the items from files that stands in an artifact: in its tokens, one after the other, or anywhere in the file.
pub fn longest_overlap<'a>(artifact: &[u8], tokens: &[u8], tasks: impl Iterator<Item = &'a Task>) -> Option<Overlap> {
    let mut texts = vec![];
    for task in tasks {
        texts.extend(task.from_files().iter().map(|item| (task, item, text(item))));
    }
    let mut windows: HashMap<&[u8], Vec<(usize, usize)>> = HashMap::new();
    let mut begins = vec![false; 1 << 20];
    for (index, (_, _, text)) in texts.iter().enumerate() {
        for (at, window) in text.windows(WINDOW).enumerate() {
            windows.entry(window).or_default().push((index, at));
            begins[bucket(window)] = true;
        }
    }
    let mut longest: Option<(usize, usize, usize)> = None;
    for haystack in [artifact, tokens] {
        for (place, window) in haystack.windows(WINDOW).enumerate() {
            // Most windows begin as no text does.
            let Some(found) =
                Some(window).filter(|window| begins[bucket(window)]).and_then(|window| windows.get(window))
            else {
                continue;
            };
            for &(index, at) in found {
                let same = haystack[place..].iter().zip(&texts[index].2[at..]).take_while(|(a, b)| a == b).count();
                let piece = &haystack[place..place + same];
                let mut seen = [false; 256];
                piece.iter().for_each(|&byte| seen[usize::from(byte)] = true);
                let is_text = seen.iter().filter(|&&seen| seen).count() >= DIFFERENT;
                if is_text && longest.is_none_or(|(most, ..)| same > most) {
                    longest = Some((same, index, at));
                }
            }
        }
    }
    longest.map(|(bytes, index, at)| {
        let (task, item, text) = &texts[index];
        let piece = String::from_utf8_lossy(&text[at..at + bytes]).chars().take(80).collect();
        Overlap { task: task.name(), item: item.id.clone(), bytes: bytes as u64, text: piece }
    })
}

fn bucket(window: &[u8]) -> usize {
    let begin = u64::from_le_bytes(window[..8].try_into().expect("windows are longer"));
    (begin.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as usize
}

/// All that an item shows, with the right answer.
fn text(item: &Item) -> Vec<u8> {
    match &item.content {
        Content::Document { text, .. } => text.clone(),
        Content::Choice { context, options, answer } => [&context[..], &options[*answer]].concat(),
        Content::Generate { prompt, answer } => [&prompt[..], answer].concat(),
    }
}

/// The headline task against other text, next to the yardstick.
///
/// # Errors
/// If a file can't be read or has no document's worth of text, or the entry has no score on the headline task.
pub fn held_out(golf: &Golf, candidate: &Candidate, score: &Score, files: &[PathBuf]) -> Result<HeldOut, Fault> {
    let (entry, yardstick) = (candidate.load()?, Loaded::Mix(YARDSTICK));
    let mut pieces = vec![];
    let mut texts = vec![];
    for file in files {
        let content = std::fs::read(file).map_err(|fault| Fault::reading(file, &fault))?;
        texts.push(hex(&Sha256::digest(&content)));
        pieces.extend(content.chunks(PIECE).filter(|piece| piece.len() > PIECE / 2).map(<[u8]>::to_vec));
    }
    if pieces.len() < golf_record::compare::ENOUGH {
        let least = PIECE * golf_record::compare::ENOUGH;
        return Err(Fault::usage(format!("the text is too short: {least} bytes or more can be compared")));
    }
    // Evenly over all of it.
    let step = pieces.len().div_ceil(PIECES);
    let pieces: Vec<Vec<u8>> = pieces.into_iter().step_by(step).collect();
    let costs = |loaded: &Loaded, texts: &[Vec<u8>]| {
        loaded.start(|mut model| {
            let cost = |text: &Vec<u8>| Ok(scoring::score_text(&mut model, text)?.0.0);
            texts.iter().map(cost).collect::<Result<Vec<u64>, Fault>>()
        })?
    };
    let (task, scored) = golf
        .tasks
        .iter()
        .find(|task| task.definition.id == HEADLINE)
        .zip(score.task(HEADLINE))
        .ok_or_else(|| Fault::entry(format!("{}: has no recorded score on {HEADLINE}", score.slug)))?;
    let documents: Vec<Vec<u8>> = task.from_files().iter().map(text).collect();
    let own = scored.items.iter().filter_map(|item| match item.outcome {
        Outcome::Document { cost, .. } => Some(cost),
        _ => None,
    });
    let part = |(value, weight): (u64, u64)| Part { value: value as i64, weight };
    let headline: Vec<Part> = own.zip(costs(&yardstick, &documents)?).map(part).collect();
    let other: Vec<Part> = costs(&entry, &pieces)?.into_iter().zip(costs(&yardstick, &pieces)?).map(part).collect();
    let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
    let (headline, other, p) = between(headline, other);
    Ok(HeldOut { texts, bytes, headline, other, p })
}
