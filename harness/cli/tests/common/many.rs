//! A project with as many entries as asked for: tiny artifacts of their own each, and scores made of a recorded one, from far better to far worse.

#[path = "copy.rs"]
mod copy;

use copy::copy;
use golf_artifact::{Artifact, example};
use golf_record::submission::{ArtifactFile, Manifest, Training, hex};
use golf_record::{ArtifactFacts, HEADLINE, Outcome, Score, to_json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The project that lends tasks, boards and records.
const LENDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The entry whose records are lent.
const LENT: &str = "tern-1m";

/// Makes it in an empty folder.
pub(crate) fn make(root: &Path, entries: usize) {
    let lender = Path::new(LENDER);
    for folder in ["tasks", "harness/boards"] {
        copy(&lender.join(folder), &root.join(folder));
    }
    let record = |name: &str| fs::read_to_string(lender.join("results").join(LENT).join(name)).unwrap();
    let score: Score = serde_json::from_str(&record("score.json")).unwrap();
    let simulation = record("riscv32imc.json");
    let mut random = 1u64;
    for index in 0..entries {
        let slug = format!("entry-{index:04}");
        let artifact = example::tiny(index as u64);
        let sha256 = hex(&Sha256::digest(&artifact));
        let parameters = Artifact::read(&artifact).unwrap().parameters();
        let manifest = Manifest {
            schema: 1,
            name: format!("Entry {index}"),
            authors: vec!["A. Nonym".into()],
            license: "MIT".into(),
            description: "One of many.".into(),
            engine: "ternary".into(),
            artifact: ArtifactFile { file: "model.safetensors".into(), sha256: sha256.clone() },
            techniques: vec!["none".into()],
            training: Training { data: "none".into(), tokens: 0, hardware: "none".into(), hours: 0.0 },
        };
        let put = |folder: &str, name: &str, content: &[u8]| {
            let folder = root.join(folder).join(&slug);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), content).unwrap();
        };
        put("submissions", "submission.json", to_json(&manifest).as_bytes());
        put("submissions", "README.md", format!("# Entry {index}\n\nOne of *many*.\n").as_bytes());
        put("submissions", "model.safetensors", &artifact);
        let facts = ArtifactFacts { sha256: sha256.clone(), bytes: artifact.len() as u64, parameters };
        let mut own = Score { slug: slug.clone(), artifact: facts, ..score.clone() };
        for item in own.tasks.iter_mut().filter(|task| task.id == HEADLINE).flat_map(|task| &mut task.items) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // From half the lent cost on, a twentieth of a percent more for each entry, and up to 5 % of noise.
            let share = 10_000 + 10 * index as u64 + (random >> 33) % 1_000;
            if let Outcome::Document { cost, .. } = &mut item.outcome {
                *cost = *cost * share / 20_000;
            }
        }
        put("results", "score.json", to_json(&own).as_bytes());
        let simulation = simulation.replace(LENT, &slug).replace(&score.artifact.sha256, &sha256);
        put("results", "riscv32imc.json", simulation.as_bytes());
    }
}
