//! The artifact that `golf new` puts into a fresh submission, and that tests run: a tiny ternary model with random
//! weights.
//!
//! It uses every part of the format: all four codecs, all three shapes of scales, a gated MLP, a vocabulary of the
//! single bytes.

use crate::artifact::Artifact;
use crate::codec;
use crate::header::Dtype;
use crate::model::{Model, NgramConfig, TernaryConfig};
use crate::scale::Scale;
use crate::write::ArtifactBuilder;
use golf_core::Tokenization;
use golf_ngram::{Grams, Mixing, Order, weights};
use golf_ternary::Codec;
use std::collections::BTreeSet;

/// Its configuration: width 16, two query heads and one key/value head of 8, hidden width 32, window 64, two blocks.
pub fn config() -> TernaryConfig {
    TernaryConfig {
        tokenizer: Tokenization::Bytes,
        start: u32::from(b'\n'),
        dim: 16,
        heads: 2,
        kv_heads: 1,
        head_dim: 8,
        hidden: 32,
        gated: true,
        window: 64,
        rope_period: 256,
        rope_frequencies: vec![41, 13, 4, 1],
        depth: vec![0, 1],
        softcap: 0,
    }
}

/// The artifact, the same bytes for the same seed on every machine. Its predictions are little better than chance.
pub fn tiny(seed: u64) -> Vec<u8> {
    build(&config(), 256, seed)
}

/// An artifact for any configuration with the single bytes as its first tokens and `tokens - 256` pairs of bytes
/// after them, with random weights.
///
/// # Panics
/// If `tokens` is not 256..=65,536.
pub fn build(config: &TernaryConfig, tokens: usize, seed: u64) -> Vec<u8> {
    assert!((256..=65_536).contains(&tokens), "a vocabulary has 256 to 65,536 tokens");
    let pairs = (0..tokens - 256).map(|pair| vec![(pair >> 8) as u8, pair as u8]);
    let vocabulary: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).chain(pairs).collect();
    with_vocabulary(config, &vocabulary, seed)
}

/// An artifact by which time is measured, with random ternary weights and an int8 embedding: `A` and `B` are the shapes of the engine's benchmarks,
/// `100KB` and `16MB` fill their classes; none of another name. Its tokens are some that were trained, as far as there are any, which begin with
/// the single bytes, and then pairs of the first of these.
pub fn sized(name: &str, trained: &[&[u8]]) -> Option<Vec<u8>> {
    // Width, heads, key/value heads, width of a head, hidden width, depth, tokens.
    let (dim, heads, kv_heads, head_dim, hidden, depth, tokens) = match name {
        "100KB" => (96, 3, 1, 32, 384, 2, 360),
        "A" => (512, 8, 4, 64, 1_536, 12, 8_192),
        "B" => (768, 12, 4, 64, 2_048, 10, 4_096),
        "16MB" => (512, 8, 4, 64, 1_536, 18, 8_192),
        _ => return None,
    };
    let config = TernaryConfig {
        tokenizer: Tokenization::LongestMatch,
        dim,
        heads,
        kv_heads,
        head_dim,
        hidden,
        window: 1_024,
        rope_period: 4_096,
        rope_frequencies: (0..head_dim / 2).map(|pair| (600 >> (pair / 4)).max(1)).collect(),
        depth: (0..depth).collect(),
        ..config()
    };
    let form = |name: &str, _| (if name == "embedding" { Codec::I8 } else { Codec::Trit5 }, 1);
    Some(random(&config, &made_up(trained, tokens), 1, form))
}

/// As many tokens: trained ones, or else the single bytes, then such joined in pairs, the likelier ones first.
fn made_up(trained: &[&[u8]], count: usize) -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    if !trained.is_empty() {
        tokens = trained.iter().take(count).map(|token| token.to_vec()).collect();
    }
    let mut known: BTreeSet<Vec<u8>> = tokens.iter().cloned().collect();
    let parts = tokens.clone();
    // After the single bytes come those that were joined first, because they are frequent.
    let parts = if parts.len() > 256 { &parts[256..] } else { &parts[..] };
    for (index, last) in (0..parts.len()).flat_map(|sum| (0..=sum).map(move |first| (first, sum - first))) {
        if tokens.len() >= count {
            break;
        }
        let joined = [&parts[index][..], &parts[last][..]].concat();
        if joined.len() < 16 && known.insert(joined.clone()) {
            tokens.push(joined);
        }
    }
    tokens
}

/// A model of random n-grams over bytes, up to three long, that adapts to its document; with a tiny ternary model mixed in, or alone.
pub fn ngrams(seed: u64, with_ternary: bool) -> Vec<u8> {
    let mut random = SplitMix(seed);
    let ternary = tiny(seed);
    let ternary = Artifact::read(&ternary).ok().filter(|_| with_ternary);
    let mut builder = ArtifactBuilder::new(Model::Ngram(NgramConfig {
        tokenizer: Tokenization::Bytes,
        start: u32::from(b'\n'),
        adapts: true,
        history: 4,
        ternary: ternary.as_ref().map(|_| config()),
    }));
    match &ternary {
        Some(ternary) => builder.tensors_of(ternary),
        None => builder.vocabulary(&(0..=255).map(|byte| [byte]).collect::<Vec<_>>()),
    }
    let mut pairs = Order { first: vec![0], ..Order::default() };
    for _ in 0..256 {
        let follows: Vec<u16> = (0..256).filter(|_| random.next().is_multiple_of(32)).collect();
        pairs.boosts.extend(follows.iter().map(|_| (random.next() % 64) as u8));
        pairs.tokens.extend(follows);
        pairs.first.push(pairs.tokens.len() as u32);
    }
    let mut triples = Order { first: vec![0], ..Order::default() };
    for &last in &pairs.tokens {
        // What follows two bytes follows the second of them as well.
        let follows: Vec<u16> = pairs.tokens[pairs.range(last.into())]
            .iter()
            .copied()
            .filter(|_| random.next().is_multiple_of(8))
            .collect();
        triples.boosts.extend(follows.iter().map(|_| (random.next() % 64) as u8));
        triples.tokens.extend(follows);
        triples.first.push(triples.tokens.len() as u32);
    }
    let unigrams = (0..256).map(|_| (random.next() % 256) as u8).collect();
    let grams = Grams::new(unigrams, 1 << 14, vec![pairs, triples]).expect("tries");
    let mixing: Vec<i16> = (0..weights()).map(|_| (random.next() % 1_024) as i16 - 512).collect();
    builder.grams(&grams, &Mixing::new(&mixing));
    builder.finish()
}

/// [`module`]'s code. In the text format:
///
/// ```text
/// (module
///   (memory (export "memory") 1)
///   (func (export "data") (param i32) (result i32) i32.const 0)
///   (func (export "logits") (param i32) (result i32) i32.const 0)
///   (func (export "predict"))
///   (func (export "observe") (param i32) (local i32)
///     (i32.store (local.tee 1 (i32.shl (local.get 0) (i32.const 2)))
///       (i32.add (i32.load (local.get 1)) (i32.const 4000)))))
/// ```
const COUNTING: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x0d\x03\x60\x01\x7f\x01\x7f\x60\0\0\x60\x01\x7f\0\
    \x03\x05\x04\0\0\x01\x02\
    \x05\x03\x01\0\x01\
    \x07\x2e\x05\x06memory\x02\0\x04data\0\0\x06logits\0\x01\x07predict\0\x02\x07observe\0\x03\
    \x0a\x26\x04\
    \x04\0\x41\0\x0b\
    \x04\0\x41\0\x0b\
    \x02\0\x0b\
    \x17\x01\x01\x7f\x20\0\x41\x02\x74\x22\x01\x20\x01\x28\x02\0\x41\xa0\x1f\x6a\x36\x02\0\x0b";

/// A model that brings its own code: it begins with random logits for the bytes, and each is the likelier, the more often it came.
pub fn module(seed: u64) -> Vec<u8> {
    let mut random = SplitMix(seed);
    let logits: Vec<u8> = (0..256).flat_map(|_| ((random.next() >> 48) as u32).to_le_bytes()).collect();
    let mut builder = ArtifactBuilder::new(Model::Wasm { tokenizer: Tokenization::Bytes });
    builder.vocabulary(&(0..=255).map(|byte| [byte]).collect::<Vec<_>>());
    builder.tensor("module", Dtype::U8, &[COUNTING.len()], COUNTING);
    builder.tensor("data", Dtype::U8, &[logits.len()], logits);
    builder.finish()
}

/// An artifact for any configuration and vocabulary, with random weights.
pub fn with_vocabulary(config: &TernaryConfig, vocabulary: &[Vec<u8>], seed: u64) -> Vec<u8> {
    random(config, vocabulary, seed, |name, index| {
        let codec = match name {
            "embedding" => Codec::I8,
            "up" => Codec::I4,
            "gate" => Codec::Bit1,
            _ => Codec::Trit5,
        };
        (codec, if index % 3 == 2 { 2 } else { 1 })
    })
}

/// The same, with the codec and the groups that `form` gives for a matrix's name and place; an odd width has one group.
fn random(
    config: &TernaryConfig,
    vocabulary: &[Vec<u8>],
    seed: u64,
    form: impl Fn(&str, usize) -> (Codec, usize),
) -> Vec<u8> {
    let tokens = vocabulary.len();
    let mut random = SplitMix(seed);
    let mut builder = ArtifactBuilder::new(Model::Ternary(config.clone()));
    builder.vocabulary(vocabulary);
    for (index, matrix) in config.matrices().into_iter().enumerate() {
        let rows = matrix.rows.unwrap_or(tokens);
        let (codec, groups) = form(matrix.name.rsplit('.').next().unwrap_or_default(), index);
        let weights: Vec<i8> = (0..rows * matrix.cols).map(|_| random.weight(codec)).collect();
        // With inputs of unit size, outputs of about one unit (logits: half a bit).
        let size = match codec {
            Codec::I8 => 150.0,
            Codec::I4 => 4.6,
            Codec::Bit1 => 1.0,
            Codec::Trit5 => 0.8,
        };
        let unit = 1.0 / (size * (matrix.cols as f64).sqrt());
        let groups = if matrix.cols % 2 == 0 { groups } else { 1 };
        let count = if index % 3 == 1 { 1 } else { rows * groups };
        let scales: Vec<u16> = (0..count).map(|_| random.scale(unit)).collect();
        let stored = builder.matrix(&matrix.name, codec, matrix.cols, &weights, &scales);
        stored.expect("the weights were drawn for the codec");
    }
    // A real gain of 1/4 per head; the heads' dot products are about sqrt(e) large.
    let gain = 114.min(config.largest_gain());
    (0..config.blocks()).for_each(|block| builder.gains(block, &vec![gain; config.heads]));
    builder.finish()
}

/// Sebastiano Vigna's generator: a few operations, the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn weight(&mut self, codec: Codec) -> i8 {
        loop {
            let weight = (self.next() >> 56) as i8;
            let weight = match codec {
                Codec::I8 => weight,
                Codec::I4 => weight >> 4,
                Codec::Bit1 => weight >> 7 | 1,
                Codec::Trit5 => weight.rem_euclid(3) - 1,
            };
            if codec::can_store(codec, weight) {
                return weight;
            }
        }
    }

    /// From 3/4 to 5/4 of `unit`.
    fn scale(&mut self, unit: f64) -> u16 {
        let factor = 0.75 + (self.next() >> 56) as f64 / 512.0;
        Scale::from_f64(unit * factor).unwrap_or_default().0
    }
}
