//! `Artifact::read` on any bytes, on any stream of the entropy coder, and on any stream of n-grams.

use super::{engine, is_plain};
use golf_artifact::{Artifact, Dtype, Form, Model, Tensor, TernaryConfig, example, write};

/// Configurations whose streams are read.
fn configs() -> [TernaryConfig; 2] {
    let small = TernaryConfig {
        dim: 6,
        heads: 1,
        head_dim: 2,
        hidden: 5,
        gated: false,
        rope_frequencies: vec![1],
        depth: vec![0],
        ..example::config()
    };
    [example::config(), small]
}

pub(super) fn run(data: &[u8]) {
    match Artifact::read(data) {
        Ok(artifact) => accepted(&artifact, data),
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            for fault in faults {
                assert!(is_plain(&fault.to_string()), "{fault:?}");
            }
        }
    }
}

/// What is accepted can be asked everything, runs, and is the same in both forms.
fn accepted(artifact: &Artifact<'_>, data: &[u8]) {
    let vocabulary = artifact.vocabulary();
    assert!(artifact.model().engine() != "ternary" || vocabulary.len() >= 256);
    assert!(artifact.header_bytes() >= 8);
    artifact.parameters();
    artifact.accounts();
    let plain = artifact.write(Form::Plain);
    for written in [&plain, &artifact.write(Form::Coded)] {
        let again = Artifact::read(written).expect("what was written is in order");
        assert_eq!(again.model(), artifact.model());
        assert_eq!(again.write(Form::Plain), plain);
    }
    if let Some(grams) = artifact.grams() {
        let again = artifact.with_mixing(&grams.1);
        let again = Artifact::read(&again).expect("what was encoded is in order");
        assert!(again.grams() == Some(grams), "the n-grams don't come back");
    }
    match artifact.model() {
        Model::Ternary(_) => {
            let image = artifact.image().expect("what is accepted has an image");
            engine::agree(&image, &data[..data.len().min(6)]);
        }
        Model::Mix { orders, log2_slots } if *log2_slots < 15 => {
            let config = golf_mix::Config { orders: *orders, log2_slots: *log2_slots };
            golf_mix::Mix::new(config).expect("its configuration was checked");
        }
        _ => {}
    }
}

/// The first byte picks a configuration, the others are the stream.
pub(super) fn run_coded(data: &[u8]) {
    let Some((&first, stream)) = data.split_first() else { return };
    let configs = configs();
    let config = Model::Ternary(configs[usize::from(first) % configs.len()].clone());
    let tensor = Tensor { name: "coded".into(), dtype: Dtype::U8, shape: vec![stream.len()], data: stream.into() };
    run(&write(&config.to_json(), &[tensor]));
}

/// A stream of n-grams over bytes.
pub(super) fn run_grams(data: &[u8]) {
    let model = example::ngrams(1, false);
    let model = Artifact::read(&model).expect("an example").model().to_json();
    let tensor = |name: &str, data: Vec<u8>| Tensor {
        name: name.into(),
        dtype: Dtype::U8,
        shape: vec![data.len()],
        data: data.into(),
    };
    let bytes = tensor("vocabulary.bytes", (0..=255).collect());
    run(&write(&model, &[tensor("vocabulary.lengths", vec![1; 256]), bytes, tensor("grams", data.to_vec())]));
}

pub(super) fn grams_seeds() -> Vec<Vec<u8>> {
    let stream = |seed| {
        let file = example::ngrams(seed, false);
        let artifact = Artifact::read(&file).expect("an example");
        let tensor = artifact.tensors().iter().find(|tensor| tensor.name == "grams").expect("a stream");
        file[tensor.offset..][..tensor.bytes].to_vec()
    };
    (1..4).map(stream).collect()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let plain = configs().map(|config| example::build(&config, 256, 1));
    let coded = plain.each_ref().map(|file| Artifact::read(file).expect("an example").write(Form::Coded));
    let pairs = example::build(&configs()[1], 300, 2);
    let others = [Model::Uniform, Model::Mix { orders: 2, log2_slots: 12 }].map(|model| write(&model.to_json(), &[]));
    plain.into_iter().chain(coded).chain([pairs]).chain(others).collect()
}

pub(super) fn coded_seeds() -> Vec<Vec<u8>> {
    let stream = |(index, config): (usize, TernaryConfig)| {
        let file = Artifact::read(&example::build(&config, 256, 1)).expect("an example").write(Form::Coded);
        let header = u64::from_le_bytes(file[..8].try_into().expect("eight bytes")) as usize;
        [&[index as u8], &file[8 + header..]].concat()
    };
    configs().into_iter().enumerate().map(stream).collect()
}
