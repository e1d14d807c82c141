//! Entries that cheat: each scores as what it is, is named as what it is, or is refused.

mod common;

use common::Project;
use golf::model::Running;
use golf::scoring::{self, Start};
use golf::{Fault, audit, measure};
use golf_artifact::example;
use golf_core::{Cost, LanguageModel, Tokenization, Uniform, Vocabulary, WholeDocument};
use golf_record::compare::ENOUGH;
use golf_record::{Audit, CaveatKind};
use golf_task::{Content, Item, Task};
use std::fs;
use std::path::{Path, PathBuf};

fn tasks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tasks")
}

fn prose() -> Vec<Vec<u8>> {
    let task = Task::load(&tasks().join("prose")).unwrap();
    let text = |item: &Item| match &item.content {
        Content::Document { text, .. } => text.clone(),
        _ => unreachable!("prose is documents"),
    };
    task.from_files().iter().map(text).collect()
}

/// The whole test text as a vocabulary: each token up to 255 bytes of it, found by longest match.
fn parrot() -> Vec<u8> {
    let mut vocabulary: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    for document in prose() {
        vocabulary.extend(document.chunks(255).filter(|chunk| chunk.len() > 1).map(<[u8]>::to_vec));
    }
    vocabulary.sort();
    vocabulary.dedup();
    let config = golf_artifact::TernaryConfig { tokenizer: Tokenization::LongestMatch, ..example::config() };
    example::with_vocabulary(&config, &vocabulary, 1)
}

/// Storing the test is within the rules of arithmetic, so it has the score that it has: a board that dropped it silently would be a worse one. But it can't be overlooked: the
/// audit finds the text in the artifact and the gap to other text, and both stand beside the score wherever it is shown.
#[test]
fn a_vocabulary_of_the_test_text_gets_its_score_and_two_caveats() {
    let project = Project::new();
    let target = project.path("tasks/prose");
    fs::remove_dir_all(&target).unwrap();
    fs::create_dir_all(target.join("data")).unwrap();
    for file in ["task.json".into()].into_iter().chain(
        fs::read_dir(tasks().join("prose/data"))
            .unwrap()
            .map(|file| format!("data/{}", file.unwrap().file_name().to_string_lossy())),
    ) {
        fs::copy(tasks().join("prose").join(&file), target.join(&file)).unwrap();
    }
    project.replace_artifact(&parrot());
    // Of words, but none of the task's.
    let other: String = (0..ENOUGH * 1_800 / 7).map(|i| format!("w{:05} ", i * i % 99_991)).collect();
    fs::write(project.path("other.txt"), other).unwrap();
    assert!(project.golf(&["score", "entry"]).status.success());
    let output = project.golf(&["audit", "entry", "--text", "other.txt"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(project.golf(&["run"]).status.success());
    let audit: Audit = serde_json::from_slice(&project.read("results/entry/audit.json")).unwrap();
    let kinds: Vec<CaveatKind> = audit.caveats.iter().map(|caveat| caveat.kind).collect();
    assert_eq!(kinds, [CaveatKind::Verbatim, CaveatKind::HeldOut], "{audit:?}");
    assert!(audit.overlap.unwrap().bytes >= 255);
    let csv = String::from_utf8(project.read("results/leaderboard.csv")).unwrap();
    assert!(csv.contains("word for word"), "{csv}");
    let page = String::from_utf8(project.read("site/dist/entries/entry.html")).unwrap();
    assert!(page.contains("Caveat: The artifact holds") && page.contains("Caveat: The headline task"));
    let board: serde_json::Value = serde_json::from_slice(&project.read("results/leaderboard.json")).unwrap();
    let row = &board["rows"][0];
    assert!(row["tasks"]["prose"].as_f64().unwrap() < 0.2, "{row}");
    assert_eq!(row["caveats"].as_array().unwrap().len(), 2);
}

/// Text hidden among the weights is found as well, at any place.
#[test]
fn text_among_the_weights_is_found() {
    let task = Task::load(&tasks().join("prose")).unwrap();
    let secret = &prose()[40][700..900];
    let clean = example::tiny(5);
    assert_eq!(audit::longest_overlap(&clean, &[], [&task].into_iter()), None);
    for place in [0, 4_321, clean.len()] {
        let dirty = [&clean[..place], secret, &clean[place..]].concat();
        let found = audit::longest_overlap(&dirty, &[], [&task].into_iter()).unwrap();
        assert_eq!((found.bytes, &found.item[..3]), (200, "041"));
    }
}

/// An artifact that is changed without effect until its fresh items suit it: what 64 tries gain on the largest fresh task is less than the task can tell apart, so it
/// decides nothing, and the task that decides the rank has no fresh items.
#[test]
fn seeds_that_are_shopped_for_gain_less_than_counts() {
    let grammar = Task::load(&tasks().join("grammar")).unwrap();
    // A model that knows nothing: the shorter option costs less.
    let share = |seed: u8| {
        let items = grammar.items(&[seed; 32], "season");
        let right = |item: &&Item| match &item.content {
            Content::Choice { options, answer, .. } => {
                let shortest = (0..options.len()).min_by_key(|&index| options[index].len());
                shortest == Some(*answer)
            }
            _ => false,
        };
        items.iter().filter(right).count() as f64 / items.len() as f64
    };
    let shares: Vec<f64> = (0..64).map(share).collect();
    let mean = shares.iter().sum::<f64>() / 64.0;
    let best = shares.iter().copied().fold(0.0, f64::max);
    // By the variance of a share; two entries, at 5 %, four times in five.
    let detectable = 2.8 * (2.0 * mean * (1.0 - mean) / 1_040.0).sqrt();
    println!("mean {mean:.4}, best of 64 {best:.4}, detectable {detectable:.4}");
    assert!(best > mean, "the items do differ");
    assert!(best - mean < detectable, "{best} for {mean}");
    let headline = Task::load(&tasks().join("prose")).unwrap();
    assert_eq!(headline.items(&[1; 32], "a"), headline.items(&[2; 32], "b"));
}

fn score(model: &mut dyn LanguageModel, text: &[u8]) -> f64 {
    let (cost, _) = scoring::score_text(&mut Running::Stepwise(model), text).unwrap();
    cost.0 as f64 / Cost::BIT.0 as f64 / text.len() as f64
}

/// Says the same of every token.
struct Flat(i32);

impl LanguageModel for Flat {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {}
    fn predict(&mut self, logits: &mut [i32]) {
        logits.fill(self.0);
    }
    fn observe(&mut self, _token: u32) {}
}

/// Logits that claim every token to be certain, or impossible, are divided by what they sum to: each of 256 bytes costs eight bits.
#[test]
fn logits_that_claim_everything_claim_nothing() {
    for logit in [0, 1, -1, i32::MAX, i32::MIN, 65_536 * 400] {
        assert_eq!(score(&mut Flat(logit), b"The kettle sang before anyone was up."), 8.0, "{logit}");
    }
}

/// Counts bytes, and forgets them only if it is honest.
#[derive(Clone)]
struct Counts {
    counts: Vec<i32>,
    is_honest: bool,
}

impl LanguageModel for Counts {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {
        if self.is_honest {
            self.counts.fill(0);
        }
    }
    fn predict(&mut self, logits: &mut [i32]) {
        logits.iter_mut().zip(&self.counts).for_each(|(logit, count)| *logit = count * 8_192);
    }
    fn observe(&mut self, token: u32) {
        self.counts[token as usize] += 1;
    }
}

struct Planted(Counts);

impl Start for Planted {
    fn start_on(&self, _threads: usize, run: &mut dyn FnMut(Running<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        run(Running::Stepwise(&mut self.0.clone()))
    }
}

/// A model that learns from one document for the next would be paid for the order of the documents, and for the number of threads. Each thread
/// asks its first item again at the end: it must cost what it cost.
#[test]
fn what_is_remembered_over_documents_is_noticed() {
    let items = Task::load(&tasks().join("prose")).unwrap().items(&[0; 32], "");
    for threads in [1, 3] {
        let scored = |is_honest| {
            let model = Planted(Counts { counts: vec![0; 256], is_honest });
            scoring::score_items(&model, &items[..12], threads, &|| ())
        };
        let fault = scored(false).unwrap_err();
        assert!(fault.message.contains("remembers"), "{fault}");
        assert_eq!(scored(true).unwrap().len(), 12);
    }
}

/// Gives itself less to do once it has read from that many documents: nobody scores the same one ten times.
struct Hurried {
    documents: usize,
    is_new: bool,
    limit: usize,
    counts: Counts,
}

impl LanguageModel for Hurried {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {
        self.is_new = true;
        self.counts.reset();
    }
    fn predict(&mut self, logits: &mut [i32]) {
        // A document may be reset twice before it begins.
        self.documents += usize::from(core::mem::take(&mut self.is_new));
        if self.documents > self.limit { logits.fill(0) } else { self.counts.predict(logits) }
    }
    fn observe(&mut self, token: u32) {
        self.counts.observe(token);
    }
}

/// Does its work token by token, and none of it when it is given a document at once, which is what is timed.
struct TwoFaced(Counts);

impl LanguageModel for TwoFaced {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {
        self.0.reset();
    }
    fn predict(&mut self, logits: &mut [i32]) {
        self.0.predict(logits);
    }
    fn observe(&mut self, token: u32) {
        self.0.observe(token);
    }
}

impl WholeDocument for TwoFaced {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        (from..tokens.len()).for_each(|index| each(index, &[0; 256]));
    }
}

/// A speed is only recorded for the answers that are scored: all samples must come to the same, and to what the model says when it is asked as in scoring.
#[test]
fn what_is_timed_is_what_is_scored() {
    let text = &prose()[0];
    let counts = Counts { counts: vec![0; 256], is_honest: true };
    for name in ["prompt", "generate"] {
        assert!(measure::of_model(name, &mut Running::Stepwise(&mut Uniform), text).is_ok());
        assert!(measure::of_model(name, &mut Running::Stepwise(&mut counts.clone()), text).is_ok());
        for limit in [1, 3, 8] {
            let mut hurried = Hurried { documents: 0, is_new: false, limit, counts: counts.clone() };
            let fault = measure::of_model(name, &mut Running::Stepwise(&mut hurried), text).unwrap_err();
            assert!(fault.message.contains("another result"), "{fault}");
        }
        let fault = measure::of_model(name, &mut Running::Whole(&mut TwoFaced(counts.clone())), text).unwrap_err();
        assert!(fault.message.contains("while it was timed"), "{fault}");
    }
}
