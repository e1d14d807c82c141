//! Scoring published benchmarks.

use crate::golf::{Candidate, Golf};
use crate::model::Loaded;
use crate::scoring::{self, Scorer};
use crate::worker::{self, Job, JobError, Message, Target, Work};
use crate::{Fault, cmd::score::Means};
use golf_record::submission::hex;
use golf_record::{
    BITS, BITS_PER_ANSWER, PartScore, Public, PublicRow, PublicTable, PublicTask, RIGHT, RIGHT_PER_BYTE, RowKind,
};
use golf_task::{Definition, Kind, Question, ReferenceKind, load_parts};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What an item comes to.
#[derive(Clone, PartialEq)]
struct Answer {
    /// Of each option, or of the one text.
    costs: Vec<u64>,
    right: bool,
    right_per_byte: bool,
    /// Of the document, or of the right answer.
    bytes: u64,
    cost: u64,
}

/// Scores the tasks that have no current score yet, and records them one by one.
///
/// # Errors
/// If a child process fails, or a record can't be read or written.
pub fn update(
    golf: &Golf,
    candidate: &Candidate,
    tasks: &[&Definition],
    force: bool,
    means: &Means,
) -> Result<Public, JobError> {
    let fault = |fault: golf_record::StoreError| JobError::Fault(fault.into());
    let slug = &candidate.submission.slug;
    let recorded = golf.public_score(candidate).map_err(JobError::Fault)?;
    let mut public = recorded.unwrap_or_else(|| Public {
        schema: 1,
        slug: slug.clone(),
        artifact: candidate.facts.clone(),
        engine: candidate.engine.clone(),
        tasks: vec![],
    });
    let has =
        |public: &Public, task: &Definition| public.task(&task.id).is_some_and(|scored| scored.version == task.version);
    // What is no task any more is no score any more.
    public.tasks.retain(|scored| golf.public.iter().any(|task| task.id == scored.id && task.version == scored.version));
    let missing: Vec<_> = tasks.iter().filter(|task| force || !has(&public, task)).collect();
    for task in missing {
        let scored = score_in_child(golf, candidate, task, means)?;
        public.tasks.retain(|other| other.id != scored.id);
        public.tasks.push(scored);
        public.tasks.sort_by(|a, b| a.id.cmp(&b.id));
        golf.store.put_public(&public).map_err(fault)?;
    }
    Ok(public)
}

/// Scores one task in a child process.
///
/// # Errors
/// If the child process fails.
pub fn score_in_child(
    golf: &Golf,
    candidate: &Candidate,
    task: &Definition,
    means: &Means,
) -> Result<PublicTask, JobError> {
    let job = Job {
        root: golf.root.clone(),
        artifact: Some(Target { path: candidate.artifact.clone(), sha256: candidate.facts.sha256.clone() }),
        work: Work::Public { task: task.id.clone(), threads: means.threads },
        limits: means.limits,
    };
    let mut scored = None;
    worker::run(&job, |message| {
        if let Message::Public(task) = message {
            scored = Some(task);
        }
    })?;
    scored.ok_or_else(|| JobError::Fault(Fault::machine(format!("{}: the child process said nothing", task.id))))
}

/// The child's side.
///
/// # Errors
/// If the data isn't there or not in order, or the model can't be run.
pub fn score(loaded: &Loaded, root: &Path, task: &str, threads: usize) -> Result<PublicTask, Fault> {
    let definition = Definition::read(&root.join("tasks").join(task))?;
    let parts = load_parts(&definition, &golf_task::fetched_folder(root))?;
    let questions: Vec<(usize, &Question)> = parts
        .iter()
        .enumerate()
        .flat_map(|(index, part)| part.questions.iter().map(move |question| (index, question)))
        .collect();
    let answers =
        scoring::in_parallel(loaded, &questions, threads, |scorer, (_, question)| answer(scorer, question), &|| {})?;
    let mut scores: Vec<(PartScore, Sha256)> = parts
        .iter()
        .map(|part| {
            (PartScore { name: part.name.clone(), group: part.group.clone(), ..PartScore::default() }, Sha256::new())
        })
        .collect();
    for ((part, _), answer) in questions.iter().zip(answers) {
        let (score, hash) = &mut scores[*part];
        score.items += 1;
        score.right += u64::from(answer.right);
        score.right_per_byte += u64::from(answer.right_per_byte);
        score.bytes += answer.bytes;
        score.cost += answer.cost;
        let costs: Vec<String> = answer.costs.iter().map(u64::to_string).collect();
        hash.update(costs.join(","));
        hash.update("\n");
    }
    let finish = |(score, hash): (PartScore, Sha256)| PartScore { sha256: hex(&hash.finalize()), ..score };
    Ok(PublicTask { id: definition.id, version: definition.version, parts: scores.into_iter().map(finish).collect() })
}

fn answer(scorer: &mut Scorer<'_, '_>, question: &Question) -> Result<Answer, Fault> {
    match question {
        Question::Document(text) => {
            let tokens = scorer.cut(text)?;
            let cost = scorer.cost(&tokens, 0).0;
            let bytes = text.len() as u64;
            Ok(Answer { costs: vec![cost], right: false, right_per_byte: false, bytes, cost })
        }
        Question::Choice { context, options, lead, answer } => {
            let costs = scorer.costs_of_options(context, options)?;
            let lengths: Vec<usize> = options.iter().map(|option| option.len() - lead).collect();
            let (picked, picked_per_byte) = scoring::picks(&costs, &lengths);
            Ok(Answer {
                right: picked == *answer,
                right_per_byte: picked_per_byte == *answer,
                bytes: lengths[*answer] as u64,
                cost: costs[*answer],
                costs,
            })
        }
        Question::Continuation { context, continuation } => {
            let mut tokens = scorer.cut(context)?;
            let given = tokens.len();
            tokens.extend(scorer.cut(continuation)?);
            let (cost, right) = scorer.cost_and_likeliest(&tokens, given);
            let bytes = continuation.len() as u64;
            Ok(Answer { costs: vec![cost.0, u64::from(right)], right, right_per_byte: false, bytes, cost: cost.0 })
        }
    }
}

/// The figures of a score, as [`PublicTable`] has them.
fn figures(kind: Kind, score: &PartScore) -> (f64, Option<f64>) {
    match kind {
        Kind::BitsPerByte => (score.bits_per_byte(), None),
        Kind::Choice => (score.accuracy(), Some(score.accuracy_per_byte())),
        Kind::Continuation => (score.accuracy(), Some(score.bits_per_item())),
        Kind::Generate => (score.accuracy(), None),
    }
}

/// A task's score in a few words, a line; nothing if there is none.
pub fn describe(task: &Definition, public: &Public) -> String {
    let Some(scored) = public.task(&task.id) else { return String::new() };
    let table = table(task, &[]);
    let (figure, second) = figures(task.kind, &scored.sum());
    let second = second.zip(table.second_unit.as_ref());
    let second = second.map(|(figure, unit)| format!(" ({} {unit})", table.show_second(figure))).unwrap_or_default();
    format!("  {:18} {} {}{second}\n", task.id, table.show(figure), table.unit)
}

/// A task's table.
pub fn table(task: &Definition, scores: &[Public]) -> PublicTable {
    let is_text = task.kind == Kind::BitsPerByte;
    let entry = |public: &Public| {
        let scored = public.task(&task.id).filter(|scored| scored.version == task.version)?;
        let (figure, second) = figures(task.kind, &scored.sum());
        let group = |(name, part): (&str, PartScore)| (name.to_owned(), figures(task.kind, &part).0);
        let groups = scored.groups().into_iter().map(group).collect();
        Some(PublicRow { name: public.slug.clone(), kind: RowKind::Entry, figure, second, source: None, groups })
    };
    let mut rows: Vec<PublicRow> = scores.iter().filter_map(entry).collect();
    let sign = if is_text { 1.0 } else { -1.0 };
    rows.sort_by(|a, b| (sign * a.figure).total_cmp(&(sign * b.figure)));
    rows.extend(task.references.iter().map(|reference| PublicRow {
        name: reference.name.clone(),
        kind: match reference.kind {
            ReferenceKind::Published => RowKind::Published,
            ReferenceKind::Measured => RowKind::Measured,
        },
        figure: reference.figure,
        second: reference.second,
        source: Some(reference.source.clone()),
        groups: Default::default(),
    }));
    let second = match task.kind {
        Kind::Choice => Some(RIGHT_PER_BYTE),
        Kind::Continuation => Some(BITS_PER_ANSWER),
        Kind::BitsPerByte | Kind::Generate => None,
    };
    PublicTable {
        task: task.id.clone(),
        version: task.version,
        title: task.title.clone(),
        analysis: task.analysis.clone(),
        unit: if is_text { BITS } else { RIGHT }.into(),
        second_unit: second.map(Into::into),
        rows,
    }
}

/// The tasks of the suite `public` whose data is there, or the one with this id, and those whose data isn't.
///
/// # Errors
/// If there is no data at all, or none for the one that is named.
pub fn fetched<'g>(golf: &'g Golf, task: Option<&str>) -> Result<(Vec<&'g Definition>, Vec<&'g Definition>), Fault> {
    let named: Vec<String> = task.map(str::to_owned).into_iter().collect();
    let folder = golf.fetched();
    let (there, missing): (Vec<_>, Vec<_>) =
        golf.public_tasks(&named)?.into_iter().partition(|task| golf_task::is_fetched(task, &folder));
    if there.is_empty() {
        let what = task.map_or("of the suite `public`".to_owned(), |id| format!("of `{id}`"));
        return Err(Fault::machine(format!("the data {what} isn't here; `cargo golf fetch` brings it")));
    }
    Ok((there, missing))
}

/// Which tasks were passed over for want of data, in a sentence; none if there are none.
pub fn passed_over(missing: &[&Definition]) -> Option<String> {
    let names: Vec<&str> = missing.iter().map(|task| task.id.as_str()).collect();
    let sentence = || format!("not here: {}; `cargo golf fetch` brings their data", names.join(", "));
    (!names.is_empty()).then(sentence)
}
