//! From an artifact's file to the first token: reading and checking it, building the image, laying its weights out, and a prediction.
//!
//! Of ternary models of random weights, and of entries, whose files are entropy-coded.

use criterion::{Criterion, criterion_group, criterion_main};
use golf_artifact::{Artifact, example};
use golf_core::Session;
use golf_score::{model, scoring};
use std::path::{Path, PathBuf};

fn first_token(file: &Path) -> u32 {
    let bytes = std::fs::read(file).expect("a file");
    let artifact = Artifact::read(&bytes).expect("an artifact in order");
    let loaded = model::load(&artifact).expect("a model that can be built");
    let first = |mut running: model::Running<'_>| {
        let mut logits = vec![0; running.model().vocabulary().len()];
        scoring::best(Session::begin(running.model(), &mut logits).predict())
    };
    loaded.start(first).expect("a model that can be started")
}

fn load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("file to first token");
    group.sample_size(10);
    for name in ["100KB", "16MB"] {
        let file = std::env::temp_dir().join(format!("golf-load-{name}-{}.safetensors", std::process::id()));
        std::fs::write(&file, example::sized(name, &[]).expect("a name that it knows")).expect("room for 16 MB");
        group.bench_function(name, |bencher| bencher.iter(|| first_token(&file)));
        std::fs::remove_file(&file).expect("still there");
    }
    let submissions = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../submissions"));
    for slug in ["tern-100k", "arctic-tern-1m", "ngram-100k", "ngram-1m", "blend-7m", "blend-16m"] {
        let file = submissions.join(slug).join("model.safetensors");
        group.bench_function(slug, |bencher| bencher.iter(|| first_token(&file)));
    }
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
