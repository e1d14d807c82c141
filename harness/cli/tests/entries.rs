//! The entries that are here: in order, recorded, and as their trainer saw them.

use golf::golf::{Golf, check};
use golf::{model, scoring};
use golf_artifact::Artifact;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// `train.reference.json`: what the trainer computed, in floating point, for some documents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    schema: u32,
    artifact_sha256: String,
    #[allow(dead_code)]
    task: String,
    documents: Vec<Document>,
    bits_per_byte: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    file: String,
    bytes: u64,
    bits: f64,
}

/// How far the engine's exact score may be from the trainer's, in bits per byte.
const GAP: f64 = 0.005;

fn project() -> Golf {
    Golf::open(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))).unwrap()
}

#[test]
fn every_entry_is_in_order_and_its_score_is_of_its_artifact() {
    let golf = project();
    let slugs = golf.slugs().unwrap();
    assert!(!slugs.is_empty());
    for slug in slugs {
        let candidate = check(&golf.folder(&slug)).unwrap();
        let score = golf.store.score(&slug).unwrap().unwrap_or_else(|| panic!("{slug} has no score"));
        assert_eq!(score.artifact, candidate.facts, "{slug}");
        assert_eq!(score.engine, candidate.engine, "{slug}");
    }
}

#[test]
fn the_engine_scores_what_the_trainer_saw() {
    let golf = project();
    let mut compared = 0;
    for slug in golf.slugs().unwrap() {
        let folder = golf.folder(&slug);
        let Ok(text) = fs::read(folder.join("train.reference.json")) else { continue };
        let reference: Reference = serde_json::from_slice(&text).unwrap();
        let candidate = check(&folder).unwrap();
        assert_eq!((reference.schema, &reference.artifact_sha256), (1, &candidate.facts.sha256), "{slug}");
        let artifact = Artifact::read(&candidate.submission.artifact).unwrap();
        let loaded = model::load(&artifact).unwrap();
        let (mut ours, mut theirs, mut bytes) = (0.0, 0.0, 0);
        for document in &reference.documents {
            let text = fs::read(golf.root.join(&document.file)).unwrap();
            assert_eq!(text.len() as u64, document.bytes, "{}", document.file);
            let (cost, _) = loaded.start(|mut model| scoring::score_text(&mut model, &text)).unwrap().unwrap();
            ours += cost.0 as f64 / 65_536.0;
            theirs += document.bits;
            bytes += document.bytes;
        }
        let (ours, theirs) = (ours / bytes as f64, theirs / bytes as f64);
        println!("{slug}: engine {ours:.5}, trainer {theirs:.5}, gap {:+.5} bits per byte", ours - theirs);
        assert!((theirs - reference.bits_per_byte).abs() < 1e-4, "{slug}: the reference's own mean");
        assert!((ours - theirs).abs() < GAP, "{slug}: engine {ours:.5}, trainer {theirs:.5} bits per byte");
        compared += 1;
    }
    assert!(compared > 0, "there is an entry with a reference");
}
