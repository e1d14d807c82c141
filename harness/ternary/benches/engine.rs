//! Whole tokens through the reference engine, on models with random ternary weights: prompts (a document at once, all logits) and
//! generation (token by token).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use golf_core::{LanguageModel, Tokenization, WholeDocument};
use golf_ternary::build::{BlockSource, MatrixSource, Source, build};
use golf_ternary::fast::{self, Plan};
use golf_ternary::{Codec, Engine, Image, Kernel, Memory, Needs, Shape};
use std::hint::black_box;

/// A stream of pseudo-random bytes (splitmix64).
struct Bytes(u64);

impl Iterator for Bytes {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some((z >> 56) as u8)
    }
}

/// `rows` rows of random weights with scales that make them about one long.
fn matrix(random: &mut Bytes, codec: Codec, rows: usize, cols: usize) -> (Codec, Vec<u8>, Vec<u16>) {
    let per_byte = codec.per_byte();
    assert_eq!(cols % per_byte * usize::from(codec != Codec::Trit5), 0, "only trits are padded here");
    let bytes = (0..rows * codec.row_bytes(cols)).map(|index| {
        let last = index % codec.row_bytes(cols) == codec.row_bytes(cols) - 1;
        match codec {
            // Padding trits are weight 0: digit 1 in each place above the used ones.
            Codec::Trit5 if last && !cols.is_multiple_of(5) => {
                let used = 3u32.pow((cols % 5) as u32);
                let padding: u32 = ((cols % 5) as u32..5).map(|place| 3u32.pow(place)).sum();
                (u32::from(random.next().unwrap_or(0)) % used + padding) as u8
            }
            Codec::Trit5 => random.next().unwrap_or(0) % 243,
            Codec::I8 => random.next().unwrap_or(0).max(129),
            _ => random.next().unwrap_or(0),
        }
    });
    let bytes = bytes.collect();
    let shift = if codec == Codec::I8 { 20 } else { 15 };
    (codec, bytes, vec![1_500 << 5 | shift; rows])
}

/// An image with random weights.
fn image(shape: Shape) -> Vec<u8> {
    let random = &mut Bytes(shape.dim as u64);
    let (queries, keys) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
    let embedding = matrix(random, Codec::I8, shape.rows, shape.dim);
    let sizes = [
        (queries, shape.dim),
        (keys, shape.dim),
        (keys, shape.dim),
        (shape.dim, queries),
        (shape.hidden, shape.dim),
        (shape.hidden, shape.dim),
        (shape.dim, shape.hidden),
    ];
    let blocks: Vec<_> =
        (0..shape.blocks).map(|_| sizes.map(|(rows, cols)| matrix(random, Codec::Trit5, rows, cols))).collect();
    let source = |(codec, weights, scales): &'static (Codec, Vec<u8>, Vec<u16>)| MatrixSource {
        codec: *codec,
        weights,
        scales: scales.clone(),
    };
    let blocks: &'static Vec<_> = Box::leak(Box::new(blocks));
    let embedding: &'static _ = Box::leak(Box::new(embedding));
    let tokens: &'static Vec<Vec<u8>> = Box::leak(Box::new(
        (0..shape.tokens)
            .map(|id| if id < 256 { vec![id as u8] } else { vec![(id >> 8) as u8, id as u8, b'.'] })
            .collect(),
    ));
    let blocks = blocks.iter().map(|[query, key, value, output, up, gate, down]| BlockSource {
        query: source(query),
        key: source(key),
        value: source(value),
        output: source(output),
        up: source(up),
        gate: shape.gated.then(|| source(gate)),
        down: source(down),
        gains: vec![150; shape.heads],
    });
    build(&Source {
        shape,
        vocabulary: tokens.iter().map(Vec::as_slice).collect(),
        frequencies: (0..shape.head_dim / 2).map(|pair| (600 >> (pair / 2)).max(1)).collect(),
        block_map: (0..shape.depth as u8).collect(),
        embedding: source(embedding),
        blocks: blocks.collect(),
    })
    .expect("the shapes are sound")
}

/// The shapes by which engines are compared: one that fits the 1 MB class, and the two at 16 MB.
fn shapes() -> [(&'static str, Shape); 3] {
    let small = Shape {
        tokens: 1_024,
        rows: 1_024,
        dim: 256,
        heads: 8,
        kv_heads: 4,
        head_dim: 32,
        hidden: 1_024,
        gated: false,
        window: 512,
        period: 4_096,
        softcap: 0,
        start: 0,
        tokenization: Tokenization::Bpe,
        depth: 5,
        blocks: 5,
    };
    let gated = Shape { kv_heads: 4, head_dim: 64, gated: true, window: 1_024, ..small };
    let a = Shape { tokens: 8_192, rows: 8_192, dim: 512, heads: 8, hidden: 1_536, depth: 12, blocks: 12, ..gated };
    let b = Shape { tokens: 4_096, rows: 4_096, dim: 768, heads: 12, hidden: 2_048, depth: 10, blocks: 10, ..gated };
    [("1MB", small), ("A", a), ("B", b)]
}

const PROMPT: usize = 256;
const GENERATE: usize = 32;
const BATCH: usize = 48;

fn measure(criterion: &mut Criterion, name: &str, kernel: &str, engine: &mut impl WholeDocument) {
    let tokens: Vec<u32> = Bytes(1).take(PROMPT).map(u32::from).collect();
    let mut group = criterion.benchmark_group(format!("{name}/{kernel}"));
    group.sample_size(10);
    group.throughput(Throughput::Elements(PROMPT as u64));
    group.bench_function("prompt", |bencher| {
        bencher.iter(|| engine.document_costs(&tokens, 0, &mut |cost| _ = black_box(cost)));
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
