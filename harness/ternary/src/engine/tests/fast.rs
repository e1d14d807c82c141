//! The fast engine against the oracle, with every kernel of this machine.

use super::*;
use crate::{Kernel, fast};
use golf_core::{Cost, score};

/// Sizes with all kinds of tails: rows, columns, groups and heads.
const SIZES: [Size; 6] =
    [SMALL, (64, 2, 1, 64, 192), (100, 3, 1, 20, 260), (40, 2, 2, 6, 20), (256, 1, 1, 128, 68), (132, 3, 3, 76, 64)];

/// Every kernel on one thread, and on several.
fn each_kernel(image: &[u8], batch: usize, threads: usize, mut check: impl FnMut(&mut fast::Engine<'_>, &str)) {
    let image = Image::new(image).unwrap();
    let threads = if cfg!(target_family = "wasm") { 1 } else { threads };
    for kernel in Kernel::available() {
        if let Some(plan) = fast::Plan::new(&image, kernel) {
            check(&mut fast::Engine::new(image, &plan, batch), kernel.name());
            check(&mut fast::Engine::with_threads(image, &plan, batch, threads), kernel.name());
        }
    }
}

fn costs(model: &mut impl WholeDocument, tokens: &[u32], from: usize) -> Vec<Cost> {
    let mut all = vec![];
    score::costs_of_document(model, tokens, from, &mut |cost| all.push(cost));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_kernel_gives_the_logits_of_the_oracle(
        recipe in recipes(),
        size in prop::sample::select(SIZES.to_vec()),
        batch in 1usize..24,
        threads in 2usize..6,
        // Some go round the ring of a cache.
        length in prop_oneof![7 => 1usize..70, 1 => 150usize..300],
        from in 0usize..300,
    ) {
        let recipe = Recipe { size, ..recipe };
        let (image, tokens) = (model(recipe), text(recipe.seed, length));
        let from = from.min(length);
        let expected = at_once(&image, 7, 0, &tokens);
        let expected_costs = with_engine(&image, 5, |engine| costs(engine, &tokens, from));
        each_kernel(&image, batch, threads, |engine, name| {
            // A longer document before it must leave nothing behind.
            engine.predict_document(&text(1, 90 + length), 0, &mut |_, _| ());
            let mut found = vec![];
            engine.predict_document(&tokens, from, &mut |index, logits| {
                assert_eq!(index, from + found.len());
                found.push(logits.to_vec());
            });
            assert!(found == expected[from..], "{name}: whole documents");
            assert_eq!(costs(engine, &tokens, from), expected_costs, "{name}: costs");
            engine.reset();
            for (expected, &token) in expected.iter().zip(&tokens) {
                let mut logits = vec![0; 256];
                engine.predict(&mut logits);
                assert!(&logits == expected, "{name}: one by one");
                engine.observe(token);
            }
        });
    }

    /// Scales and weights that only a hostile image has: whatever they give, it is the same, and no sum overflows.
    #[test]
    fn every_kernel_bears_what_the_oracle_bears(place in any::<prop::sample::Index>(), value in any::<u8>(), codec in 0..4usize) {
        let recipe = Recipe { codec: Codec::NAMES[codec].0, groups: 1 + 3 * (codec % 2), ..PLAIN };
        let mut image = model(recipe);
        let place = place.index(image.len());
        image[place] = value;
        if Image::new(&image).is_ok() {
            let tokens = text(3, 20);
            let expected = at_once(&image, 8, 0, &tokens);
            each_kernel(&image, 8, 2, |engine, name| {
                engine.predict_document(&tokens, 0, &mut |index, logits| assert!(logits == expected[index], "{name}"));
            });
        }
    }
}

/// A prediction is for what follows the last token, however that was taken in.
#[test]
fn it_predicts_after_whole_documents_and_goes_on() {
    let (image, tokens) = (model(PLAIN), text(8, 41));
    let expected = one_by_one(&image, &tokens);
    for threads in 1..4 {
        for length in 1..40 {
            each_kernel(&image, 5, threads, |engine, name| {
                engine.predict_document(&tokens[..length], length, &mut |_, _| panic!("no logits are wanted"));
                let mut logits = vec![0; 256];
                engine.predict(&mut logits);
                assert!(logits == expected[length - 1], "{name}: {length} tokens on {threads} threads");
                engine.observe(tokens[length - 1]);
                engine.predict(&mut logits);
                assert!(logits == expected[length], "{name}: after {length} tokens on {threads} threads");
            });
        }
    }
}

/// A document that begins as the last one did is taken in from where they part; what was written since, and what the ring has no room for any more, is not
/// mistaken for it.
#[test]
fn documents_may_begin_alike() {
    let (image, long) = (model(PLAIN), text(8, 60));
    // What it shares with the long text, its length, and the first token that is predicted.
    let documents = [
        [(0, 9, 0), (7, 12, 7), (12, 12, 12), (5, 30, 9), (29, 60, 29), (40, 60, 50), (20, 25, 20)],
        [(3, 8, 2), (8, 8, 0), (8, 30, 8), (9, 30, 9), (9, 31, 20), (1, 1, 1), (0, 60, 58)],
        [(55, 60, 40), (58, 60, 57), (59, 60, 58), (20, 25, 20), (58, 60, 20), (50, 52, 50), (20, 22, 20)],
    ];
    for (threads, more) in [(1, 0), (2, 0), (1, 3), (1, 40), (2, 40)] {
        each_kernel(&image, 5, threads, |engine, name| {
            for (index, (shared, length, from)) in documents.into_iter().flatten().enumerate() {
                let mut tokens = long[..length].to_vec();
                tokens[shared..].iter_mut().for_each(|token| *token = (*token + index as u32) % 256);
                let expected = one_by_one(&image, &tokens);
                engine.predict_document(&tokens, from, &mut |place, logits| {
                    assert!(
                        logits == expected[place],
                        "{name}: token {place} of document {index} on {threads} threads"
                    );
                });
                if more > 3 && index % 2 == 0 {
                    engine.reset();
                }
                long[..more].iter().for_each(|&token| engine.observe(255 - token));
            }
        });
    }
}

/// Every codec in a model so small that Miri can run it; one token and several at a time.
#[test]
fn small_models_on_every_kernel() {
    for (index, (codec, _)) in Codec::NAMES.into_iter().enumerate() {
        let (gated, groups, size) = (index % 2 == 0, 1 + index % 2, (12, 2, 1, 6, 20));
        let image = model(Recipe { codec, gated, softcap: 3, groups, rows: 41, size, window: 3, ..PLAIN });
        let tokens = text(4, 5);
        let expected = one_by_one(&image, &tokens);
        each_kernel(&image, 2, 2, |engine, name| {
            engine.predict_document(&tokens, 0, &mut |index, logits| assert!(logits == expected[index], "{name}"));
        });
    }
}
