//! Engines: any image that is accepted runs, and every kernel gives the oracle's logits.

use arbitrary::{Result, Unstructured};
use golf_artifact::{Artifact, ArtifactBuilder, Form, Model, TernaryConfig, codec, example};
use golf_core::{LanguageModel, Tokenization, WholeDocument, logit};
use golf_ternary::{Codec, Engine, Image, Kernel, Memory, Needs, fast};

/// Multiply-adds and bytes of cache beyond which a model is not run: it would only be slow.
const WORK: u64 = 400_000;
const CACHE: usize = 1 << 20;

/// Runs a text through the oracle and through every kernel of this machine. The image has been accepted.
pub(super) fn agree(image: &[u8], text: &[u8]) {
    let image = Image::new(image).expect("it was accepted");
    let shape = *image.shape();
    let needs = Needs::of(&image, 5);
    if shape.multiply_adds() > WORK || shape.tokens > 2_048 || needs.total_bytes() > CACHE {
        return;
    }
    let (mut words, mut bytes) = (vec![0; needs.words], vec![0; needs.bytes]);
    let mut oracle =
        Engine::new(image, 5, Memory { words: &mut words, bytes: &mut bytes }).expect("the memory that it needs");
    let mut tokens = vec![];
    oracle.vocabulary().encode(text, &mut |token| tokens.push(token));
    assert!(oracle.vocabulary().spells(&tokens, text));
    let mut expected = vec![];
    oracle.predict_document(&tokens, 0, &mut |index, logits| {
        let normalizer = logit::Normalizer::new(logits);
        let costs = logits.iter().map(|&each| normalizer.cost(each).0);
        assert!(costs.min().is_some_and(|least| least < 32 << 16), "some token must be likely");
        assert_eq!(index, expected.len());
        expected.push(logits.to_vec());
    });
    oracle.reset();
    let mut logits = vec![0; shape.tokens];
    for (expected, &token) in expected.iter().zip(&tokens) {
        oracle.predict(&mut logits);
        assert!(&logits == expected, "the oracle one by one");
        oracle.observe(token);
    }
    for kernel in Kernel::available() {
        let Some(plan) = fast::Plan::new(&image, kernel) else { continue };
        for batch in [1, 7] {
            let mut engine = fast::Engine::new(image, &plan, batch);
            engine.predict_document(&tokens, 0, &mut |index, logits| {
                assert!(logits == expected[index], "{} with a batch of {batch}", kernel.name());
            });
        }
    }
}

/// An artifact of any sizes and weights that the input asks for.
pub(super) fn run(data: &[u8]) {
    let Ok((file, text)) = artifact(&mut Unstructured::new(data)) else { return };
    let Ok(artifact) = Artifact::read(&file) else { return };
    let image = artifact.image().expect("what is accepted has an image");
    agree(&image, &text);
    let coded = artifact.write(Form::Coded);
    let again = Artifact::read(&coded).expect("what was coded is in order");
    assert_eq!(again.write(Form::Plain), artifact.write(Form::Plain));
}

fn artifact(input: &mut Unstructured<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
    let kv_heads = input.int_in_range(1..=2)?;
    let head_dim = 2 * input.int_in_range(1..=20)?;
    let period = 1 << input.int_in_range(4..=9)?;
    let blocks = input.int_in_range(1..=2)?;
    let tokens = 256 + input.int_in_range(0..=40)?;
    let config = TernaryConfig {
        tokenizer: Tokenization::NAMES[input.choose_index(3)?].0,
        start: input.int_in_range(0..=tokens as u32 - 1)?,
        dim: input.int_in_range(1..=70)?,
        heads: kv_heads * input.int_in_range(1..=3)?,
        kv_heads,
        head_dim,
        hidden: input.int_in_range(1..=80)?,
        gated: input.arbitrary()?,
        window: input.int_in_range(1..=20)?,
        rope_period: period,
        rope_frequencies: (0..head_dim / 2)
            .map(|_| input.int_in_range(0..=period as u16 - 1))
            .collect::<Result<_>>()?,
        depth: (0..blocks).chain(input.arbitrary::<bool>()?.then_some(0)).collect(),
        softcap: input.int_in_range(0..=1_000)?,
    };
    let length = input.int_in_range(1..=40)?;
    let text = input.bytes(length)?.to_vec();
    let mut builder = ArtifactBuilder::new(Model::Ternary(config.clone()));
    let pairs = (0..tokens - 256).map(|pair| vec![b'a' + (pair % 5) as u8, b'a' + (pair / 5) as u8]);
    let vocabulary: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).chain(pairs).collect();
    builder.vocabulary(&vocabulary);
    for matrix in config.matrices() {
        let rows = matrix.rows.unwrap_or(tokens);
        let codec = Codec::NAMES[input.choose_index(Codec::NAMES.len())?].0;
        let groups = if matrix.cols % 2 == 0 && input.arbitrary()? { 2 } else { 1 };
        let scales = if input.arbitrary()? { 1 } else { rows * groups };
        // A few bytes, again and again; where the input is at its end, all zeros.
        let weights =
            input.bytes(input.len().min(9)).map_or(&[0][..], |bytes| if bytes.is_empty() { &[0] } else { bytes });
        let weights = weights.iter().cycle().enumerate().map(|(index, &byte)| fitting(codec, byte, index));
        let weights: Vec<i8> = weights.take(rows * matrix.cols).collect();
        let (least, spread): (u16, u16) = (input.arbitrary()?, input.int_in_range(0..=31)?);
        let scales: Vec<u16> = (0..scales).map(|index| least.wrapping_add(index as u16 * spread)).collect();
        builder.matrix(&matrix.name, codec, matrix.cols, &weights, &scales).expect("weights that the codec stores");
    }
    for block in 0..config.blocks() {
        let gain = input.int_in_range(0..=config.largest_gain())?;
        builder.gains(block, &vec![gain; config.heads]);
    }
    Ok((builder.finish(), text))
}

/// A weight that a codec stores.
fn fitting(codec: Codec, byte: u8, index: usize) -> i8 {
    let weight = byte.wrapping_add((index / 9) as u8) as i8;
    let near = [weight, weight >> 4, weight.rem_euclid(3) - 1, weight >> 7 | 1];
    near.into_iter().find(|&weight| codec::can_store(codec, weight)).unwrap_or(0)
}

/// An image of any bytes.
pub(super) fn run_image(data: &[u8]) {
    if Image::new(data).is_ok() {
        agree(data, b"a text, ab");
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    (0..12u8)
        .map(|seed| (0..600u32).map(|at| ((at * (2 * u32::from(seed) + 1) * 37) >> 3) as u8 ^ seed).collect())
        .collect()
}

pub(super) fn image_seeds() -> Vec<Vec<u8>> {
    let small = TernaryConfig {
        dim: 4,
        heads: 1,
        head_dim: 2,
        hidden: 4,
        gated: false,
        window: 4,
        rope_period: 16,
        rope_frequencies: vec![1],
        depth: vec![0, 0],
        ..example::config()
    };
    let image = |file: Vec<u8>| Artifact::read(&file).expect("an example").image().expect("an example's image");
    vec![image(example::tiny(1)), image(example::build(&small, 256, 1)), image(example::build(&small, 260, 2))]
}
