//! N-grams, alone and with a ternary model.

use super::{expect, with_header};
use crate::{Artifact, Form, Model, example};
use golf_core::{Cost, score};
use golf_ngram::{Ngram, Tables};
use proptest::prelude::*;

/// Reads a file, and if it is accepted, runs the n-grams.
fn exercise(file: &[u8]) {
    let Ok(artifact) = Artifact::read(file) else { return };
    let Model::Ngram(config) = artifact.model() else { return };
    let (grams, mixing) = &**artifact.grams().expect("n-grams");
    let tables = Tables::new(&artifact.vocabulary(), config.tokenizer).expect("a vocabulary");
    let mut model = Ngram::new(grams, tables.view(), config.start, mixing, Some(config.history), None);
    let mut total = Cost(0);
    score::costs_of_document(&mut model, &[1, 2, 3, 1, 2, 3, 255], 0, &mut |cost| total += cost);
    if config.ternary.is_some() {
        assert!(artifact.image().is_ok());
    }
}

#[test]
fn both_forms_hold_the_same_model() {
    for with_ternary in [false, true] {
        let plain = example::ngrams(1, with_ternary);
        let artifact = Artifact::read(&plain).expect("an artifact");
        let coded = artifact.write(Form::Coded);
        assert!(coded.len() < plain.len());
        let again = Artifact::read(&coded).expect("an artifact");
        assert_eq!(again.write(Form::Plain), plain);
        assert_eq!(again.write(Form::Coded), coded);
        assert_eq!((again.grams(), again.vocabulary()), (artifact.grams(), artifact.vocabulary()));
        assert_eq!(again.parameters(), artifact.parameters());
        assert_eq!(again.image().ok(), artifact.image().ok());
        assert_eq!(again.image().is_ok(), with_ternary);
        let bytes: usize = again.accounts().iter().map(|account| account.bytes.plain + account.scales.plain).sum();
        assert_eq!(bytes, plain.len() - artifact.header_bytes());
        exercise(&coded);
    }
}

#[test]
fn another_mixing_takes_the_place_of_the_first() {
    let file = example::ngrams(2, true);
    let artifact = Artifact::read(&file).expect("an artifact");
    let other = example::ngrams(3, true);
    let mixing = &Artifact::read(&other).expect("an artifact").grams().expect("n-grams").1.clone();
    let changed = artifact.with_mixing(mixing);
    let changed = Artifact::read(&changed).expect("an artifact");
    let (before, after) = (artifact.grams().expect("n-grams"), changed.grams().expect("n-grams"));
    assert_eq!((&before.0, mixing), (&after.0, &after.1));
}

#[test]
fn streams_that_are_none() {
    let file = example::ngrams(1, false);
    let artifact = Artifact::read(&file).expect("an artifact");
    let at = artifact.tensors().iter().find(|tensor| tensor.name == "grams").expect("a stream").offset;
    let changed = |place: usize, byte: u8| {
        let mut file = file.clone();
        file[at + place] = byte;
        file
    };
    expect(&changed(0, 9), &["version 9 of n-gram streams is unknown"]);
    // The four bits after the seventeen of the step.
    expect(&changed(7, 0xff), &[" orders above the first, but there can be 1 to 7"]);
    expect(&changed(4, 0xff), &["the stream ends before what leads it does"]);
    expect(&with_header(&file, |header| header.replace("grams", "gramms")), &["`gramms`", "the tensor is missing"]);
    expect(&with_header(&file, |header| header.replace("\\\"history\\\":4", "\\\"history\\\":7")), &["`history` is 7"]);
}

/// An example with another stream.
fn with_stream(artifact: &Artifact<'_>, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut tensors: Vec<_> = artifact.stored().collect();
    let stream = tensors.iter_mut().find(|tensor| tensor.name == "grams").expect("a stream");
    let bytes = change(&stream.data);
    (stream.shape, stream.data) = (vec![bytes.len()], bytes.into());
    crate::write(&artifact.model().to_json(), &tensors)
}

#[test]
fn more_than_there_can_be_is_refused_before_room_is_made_for_it() {
    let file = example::ngrams(1, false);
    let artifact = Artifact::read(&file).expect("an artifact");
    let claiming = |grams, bytes| with_stream(&artifact, |_| crate::grams::claiming(grams, bytes));
    expect(&claiming((1 << 26) - 1, 0), &["it has more n-grams than may be"]);
    expect(&claiming(1 << 21, 0), &["it has more n-grams than may be"]);
    expect(&claiming(9, 1_000), &["the stream ends before its parts do"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_changed_byte_never_panics(place in any::<prop::sample::Index>(), byte in any::<u8>(), with_ternary in any::<bool>(), coded in any::<bool>()) {
        let mut file = example::ngrams(4, with_ternary);
        if coded {
            file = Artifact::read(&file).expect("an artifact").write(Form::Coded);
        }
        let place = place.index(file.len());
        file[place] = byte;
        exercise(&file);
    }

    #[test]
    fn a_shorter_or_longer_stream_is_refused(cut in 1usize..64, longer in any::<bool>()) {
        let file = example::ngrams(5, false);
        let artifact = Artifact::read(&file).expect("an artifact");
        let changed = with_stream(&artifact, |stream| {
            let mut bytes = stream.to_vec();
            if longer { bytes.extend(vec![0; cut]) } else { bytes.truncate(bytes.len() - cut) }
            bytes
        });
        prop_assert!(Artifact::read(&changed).is_err());
    }
}
