//! Artifacts in coded form.

use super::{expect, faults};
use crate::header::Dtype;
use crate::write::{Tensor, write};
use crate::{Artifact, Form, Model, TernaryConfig, coded, example};
use golf_ternary::Codec;
use proptest::prelude::*;
use std::sync::OnceLock;

fn recoded(file: &[u8], form: Form) -> Vec<u8> {
    Artifact::read(file).expect("valid").write(form)
}

/// The tensor of the coded example.
fn stream() -> Vec<u8> {
    static STREAM: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let file = recoded(&example::tiny(1), Form::Coded);
        file[8 + u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize..].to_vec()
    };
    STREAM.get_or_init(make).clone()
}

/// A file with a stream.
fn with_stream(config: &str, stream: &[u8]) -> Vec<u8> {
    let shape = vec![stream.len()];
    write(config, &[Tensor { name: coded::NAME.into(), dtype: Dtype::U8, shape, data: stream.into() }])
}

fn config() -> String {
    Model::Ternary(example::config()).to_json()
}

#[test]
fn the_same_model_comes_back_from_either_form() {
    let plain = example::tiny(1);
    let file = recoded(&plain, Form::Coded);
    assert!(file.len() < plain.len() * 4 / 5, "{} of {} bytes", file.len(), plain.len());
    let (a, b) = (Artifact::read(&plain).expect("valid"), Artifact::read(&file).expect("valid"));
    assert_eq!((a.form(), b.form()), (Form::Plain, Form::Coded));
    assert_eq!(a.image(), b.image());
    assert_eq!((a.model(), a.tensors(), a.parameters()), (b.model(), b.tensors(), b.parameters()));
    assert_eq!(a.vocabulary(), b.vocabulary());
    assert_eq!(recoded(&file, Form::Plain), plain);
    assert_eq!(recoded(&file, Form::Coded), file);
    let accounts: usize = b.accounts().iter().map(|account| account.bytes.coded + account.scales.coded).sum();
    assert_eq!(accounts + 5, stream().len());
    assert_eq!(a.accounts(), b.accounts());
}

#[test]
fn engines_without_tensors_are_the_same_in_both_forms() {
    let file = write(&Model::Uniform.to_json(), &[]);
    assert_eq!(recoded(&file, Form::Coded), file);
    expect(&with_stream(&Model::Uniform.to_json(), &[0]), &["the engine `uniform` reads no tensors"]);
}

/// Ternary weights of which one in `zeros` is zero, and the bits per weight that they take.
fn ternary(zeros: u32) -> (f64, f64) {
    let config = TernaryConfig { dim: 256, hidden: 1_024, depth: vec![0], gated: false, ..example::config() };
    let mut builder = crate::ArtifactBuilder::new(Model::Ternary(config.clone()));
    builder.vocabulary(&(0..=255u8).map(|byte| [byte]).collect::<Vec<_>>());
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    for matrix in config.matrices() {
        let count = matrix.rows.unwrap_or(256) * matrix.cols;
        let weights: Vec<i8> =
            (0..count).map(|_| if draw() % zeros == 0 { 0 } else { (draw() % 2) as i8 * 2 - 1 }).collect();
        builder.matrix(&matrix.name, Codec::Trit5, matrix.cols, &weights, &[1_024 << 5]).expect("trits");
    }
    builder.gains(0, &[114, 114]);
    let file = builder.finish();
    let artifact = Artifact::read(&file).expect("valid");
    let account = artifact.accounts().into_iter().find(|account| account.name == "blocks.0.mlp.up").expect("there");
    (8.0 * account.bytes.coded as f64 / account.weights as f64, account.entropy)
}

#[test]
fn ternary_weights_take_their_entropy() {
    for zeros in [2, 3, 10, 100] {
        let (bits, entropy) = ternary(zeros);
        assert!(bits < entropy * 1.001, "one in {zeros} is zero: {bits} bits, entropy {entropy}");
    }
}

#[test]
fn streams_that_are_cut_continued_or_changed_at_the_end() {
    let stream = stream();
    for length in [0, 1, 5, stream.len() / 3, stream.len() - 5, stream.len() - 1] {
        let found = faults(&with_stream(&config(), &stream[..length]));
        assert!(found.len() == 1 && found[0].contains("tensor `coded`, byte "), "{length}: {found:?}");
    }
    expect(&with_stream(&config(), &stream[..stream.len() - 200]), &["the stream ends before the model does"]);
    expect(&with_stream(&config(), &[&stream[..], &[0; 3]].concat()), &["3 bytes after the end of the stream"]);
    for place in 1..=4 {
        let mut stream = stream.clone();
        let place = stream.len() - place;
        stream[place] ^= 1;
        assert_eq!(faults(&with_stream(&config(), &stream)).len(), 1, "byte {place}");
    }
}

#[test]
fn streams_of_other_versions_codecs_and_sizes() {
    let changed = [&[2], &stream()[1..]].concat();
    expect(&with_stream(&config(), &changed), &["version 2 of the coded form is unknown"]);
    let with = |config: &TernaryConfig, numbers: &[(u32, u32)]| {
        with_stream(&Model::Ternary(config.clone()).to_json(), &coded::crafted(numbers))
    };
    let tiny = example::config();
    expect(&with(&tiny, &[(4, 8)]), &["`embedding` has codec 4, but there are 0 to 3 (`i8`, `i4`, `bit1`, `trit5`)"]);
    expect(&with(&tiny, &[(0, 8), (256, 17), (8, 8)]), &["`embedding` has a prediction 8, but there are 0 to 7"]);
    // 65,536 rows of 8,192 bytes.
    let wide = TernaryConfig { dim: 8_192, ..tiny };
    let file = with(&wide, &[(0, 8), (65_536, 17), (0, 8)]);
    expect(&file, &["the tensors take more than 64000000 bytes in plain form: make the model smaller"]);
}

#[test]
fn what_the_plain_form_may_not_have_is_refused_in_the_coded_one() {
    let mut many = example::config();
    many.start = 256;
    let file = with_stream(&Model::Ternary(many).to_json(), &stream());
    expect(&file, &["tensor `vocabulary.lengths`: `start` of the configuration is 256, but there are 256 tokens"]);
    let other = Tensor { name: "more".into(), dtype: Dtype::U8, shape: vec![1], data: vec![0].into() };
    let coded = Tensor { name: "coded".into(), dtype: Dtype::U8, shape: vec![stream().len()], data: stream().into() };
    expect(&write(&config(), &[coded.clone(), other]), &["`more`, byte", "a tensor beside `coded`"][..1]);
    expect(&write(&config(), &[Tensor { dtype: Dtype::I8, ..coded }]), &["it is no U8 of one dimension"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A stream is the only one of its model: what is accepted is what the encoder writes.
    #[test]
    fn a_changed_stream_is_refused_or_another_models(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut stream = stream();
        let place = place.index(stream.len());
        stream[place] = byte;
        let file = with_stream(&config(), &stream);
        if let Ok(artifact) = Artifact::read(&file) {
            prop_assert!(artifact.image().is_ok());
            prop_assert_eq!(Artifact::read(&artifact.write(Form::Plain)).map(|plain| plain.image().ok()), Ok(artifact.image().ok()));
        }
    }

    #[test]
    fn arbitrary_streams_never_panic(stream in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Artifact::read(&with_stream(&config(), &stream));
    }

    #[test]
    fn examples_of_any_shape_come_back(
        (dim, kv_heads, group, head_dim) in (1usize..40, 1usize..3, 1usize..3, 1usize..8),
        (hidden, gated, extra, depth) in (1usize..40, any::<bool>(), 0usize..300, 1u8..4),
        seed in any::<u64>(),
    ) {
        let config = TernaryConfig {
            dim, kv_heads, heads: kv_heads * group, head_dim: 2 * head_dim, hidden, gated,
            rope_frequencies: vec![1; head_dim],
            depth: (0..depth).chain([0]).collect(),
            ..example::config()
        };
        let plain = example::build(&config, 256 + extra, seed);
        let file = recoded(&plain, Form::Coded);
        prop_assert_eq!(faults(&file), Vec::<String>::new());
        prop_assert_eq!(recoded(&file, Form::Plain), plain);
    }
}
