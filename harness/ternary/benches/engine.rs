//! Whole tokens through the reference engine, on models with random ternary weights: prompts (a document at once, all logits) and
//! generation (token by token).

mod model;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use golf_core::{LanguageModel, WholeDocument};
use golf_ternary::fast::{self, Plan};
use golf_ternary::{Engine, Image, Kernel, Memory, Needs};
use model::{Bytes, image, shapes};
use std::hint::black_box;

const PROMPT: usize = 256;
const GENERATE: usize = 32;
const BATCH: usize = 96;

fn measure(criterion: &mut Criterion, name: &str, kernel: &str, engine: &mut impl WholeDocument) {
    let tokens: Vec<u32> = Bytes(1).take(PROMPT).map(u32::from).collect();
    let mut group = criterion.benchmark_group(format!("{name}/{kernel}"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(PROMPT as u64));
    group.bench_function("prompt", |bencher| {
        bencher.iter(|| {
            engine.reset();
            engine.document_costs(&tokens, 0, &mut |cost| _ = black_box(cost));
        });
    });
    group.throughput(Throughput::Elements(GENERATE as u64));
    group.bench_function("generate", |bencher| {
        let mut logits = vec![0; engine.vocabulary().len()];
        bencher.iter(|| {
            engine.reset();
            for &token in &tokens[..GENERATE - 1] {
                engine.predict(&mut logits);
                engine.observe(token);
            }
        });
    });
    group.finish();
}

/// From the image's bytes to the first prediction.
fn load(criterion: &mut Criterion, name: &str, kernel: Kernel, bytes: &[u8]) {
    let mut group = criterion.benchmark_group(format!("{name}/{}", kernel.name()));
    group.sample_size(10);
    group.bench_function("load", |bencher| {
        bencher.iter(|| {
            let image = Image::new(bytes).expect("just built");
            let plan = Plan::new(&image, kernel).expect("not the scalar kernel");
            let mut logits = vec![0; image.shape().tokens];
            fast::Engine::new(image, &plan, BATCH).predict(&mut logits);
            black_box(logits[0])
        });
    });
    group.finish();
}

fn engine(criterion: &mut Criterion) {
    for (name, shape) in shapes() {
        let bytes = image(shape);
        let image = Image::new(&bytes).expect("just built");
        for kernel in Kernel::available() {
            if let Some(plan) = Plan::new(&image, kernel) {
                load(criterion, name, kernel, &bytes);
                measure(criterion, name, kernel.name(), &mut fast::Engine::new(image, &plan, BATCH));
            } else {
                let needs = Needs::of(&image, BATCH);
                let (mut words, mut caches) = (vec![0; needs.words], vec![0; needs.bytes]);
                let memory = Memory { words: &mut words, bytes: &mut caches };
                let mut engine = Engine::new(image, BATCH, memory).expect("the memory that it needs");
                measure(criterion, name, kernel.name(), &mut engine);
            }
        }
    }
}

criterion_group!(benches, engine);
criterion_main!(benches);
