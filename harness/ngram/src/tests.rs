extern crate std;

use crate::*;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use golf_core::{Cost, LanguageModel, Vocabulary, WholeDocument, score};
use proptest::prelude::*;

/// Over bytes: each follows itself, and `b` follows `aa`.
fn grams() -> Grams {
    let mut pairs = Order { first: vec![0], ..Order::default() };
    for byte in 0..256u16 {
        pairs.tokens.push(byte);
        pairs.boosts.push(6);
        if byte == 97 {
            pairs.tokens.push(98);
            pairs.boosts.push(3);
        }
        pairs.first.push(pairs.tokens.len() as u32);
    }
    let mut triples = Order { first: vec![0; 98], tokens: vec![98], boosts: vec![20] };
    triples.first.resize(pairs.tokens.len() + 1, 1);
    Grams::new((0..=255).map(|byte| byte / 4).collect(), 1 << 15, vec![pairs, triples]).expect("a trie")
}

/// Another model over bytes: it remembers the last one, so that a wrong one would show.
struct Next(i32);

impl LanguageModel for Next {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }
    fn reset(&mut self) {
        self.0 = 0;
    }
    fn predict(&mut self, logits: &mut [i32]) {
        logits.iter_mut().zip(0..).for_each(|(logit, byte)| *logit = -((byte - self.0 - 1).abs() << 14));
    }
    fn observe(&mut self, token: u32) {
        self.0 = token as i32;
    }
}

impl WholeDocument for Next {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        let mut logits = [0; 256];
        self.reset();
        for (index, &token) in tokens.iter().enumerate() {
            self.predict(&mut logits);
            if index >= from {
                each(index, &logits);
            }
            self.observe(token);
        }
    }
}

/// In pieces and whole, from a place on.
fn logits(tokens: &[u32], from: usize, history: Option<usize>, with_other: bool) -> [Vec<Vec<i32>>; 2] {
    let (grams, mixing) = (grams(), Mixing::even(with_other));
    let other = || with_other.then(|| Box::new(Next(0)) as Box<dyn WholeDocument>);
    let mut model = Ngram::new(&grams, Vocabulary::bytes(), 0, &mixing, history, other());
    let (mut whole, mut stepwise) = (vec![], vec![]);
    model.predict_document(tokens, from, &mut |_, logits| whole.push(logits.to_vec()));
    let mut buffer = [0; 256];
    model.reset();
    for (index, &token) in tokens.iter().enumerate() {
        if index >= from {
            model.predict(&mut buffer);
            stepwise.push(buffer.to_vec());
        }
        model.observe(token);
    }
    [whole, stepwise]
}

fn texts() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![Just(97u32), Just(98), Just(99), 0u32..256], 1..120)
}

proptest! {
    #[test]
    fn both_ways_give_the_same_logits(
        tokens in texts(), from in any::<prop::sample::Index>(), history in prop::option::of(0usize..=6), other in any::<bool>()
    ) {
        let [whole, stepwise] = logits(&tokens, from.index(tokens.len()), history, other);
        prop_assert!(whole == stepwise);
    }

    #[test]
    fn a_later_token_changes_no_earlier_logits(mut tokens in texts(), pick in any::<prop::sample::Index>(), to in 0u32..256) {
        let place = pick.index(tokens.len());
        let [before, _] = logits(&tokens, 0, Some(6), true);
        tokens[place] = to;
        let [after, _] = logits(&tokens, 0, Some(6), true);
        prop_assert!(before[..=place] == after[..=place]);
    }

    /// Whatever a stream may hold.
    #[test]
    fn any_weights_run(stored in prop::collection::vec(any::<i16>(), 0..400), lifts in any::<i16>(), tokens in texts()) {
        let mut all = stored;
        all.resize(weights(), lifts);
        let (grams, mixing) = (grams(), Mixing::new(&all));
        let mut model = Ngram::new(&grams, Vocabulary::bytes(), 0, &mixing, Some(6), Some(Box::new(Next(0))));
        model.predict_document(&tokens, 0, &mut |_, _| {});
    }

    #[test]
    fn what_is_stored_comes_back(stored in prop::collection::vec(-2_048i16..=2_048, weights())) {
        let mixing = Mixing::new(&stored);
        prop_assert_eq!(&Mixing::new(&mixing.stored()), &mixing);
    }
}

fn cost(tokens: &[u32], history: Option<usize>) -> u64 {
    let (grams, mixing) = (grams(), Mixing::even(false));
    let mut model = Ngram::new(&grams, Vocabulary::bytes(), 0, &mixing, history, None);
    let mut total = Cost(0);
    score::costs_of_document(&mut model, tokens, 0, &mut |cost| total += cost);
    total.0
}

#[test]
fn the_longest_stored_n_gram_counts() {
    let [whole, _] = logits(&[97, 97, 97, 98], 0, None, false);
    let gap = |at: usize| whole[at][98] - whole[at][97];
    // Steps of half a bit, and of an eighth for the unigrams, which are the same for both.
    assert_eq!([gap(0), gap(1), gap(2)], [0, (3 - 6) << 15, (3 + 20 - 6) << 15]);
}

#[test]
fn it_learns_from_the_document_only_if_it_may() {
    let words: Vec<u32> = b"the quick brown fox. ".iter().map(|&byte| byte.into()).collect();
    let (once, often) = (words.clone(), words.repeat(30));
    assert_eq!(
        cost(&words.repeat(3), None) - cost(&words.repeat(2), None),
        cost(&words.repeat(2), None) - cost(&once, None)
    );
    assert!(cost(&often, Some(6)) < cost(&often, None) / 2);
    // A longer history tells more, and both forget.
    assert!(cost(&often, Some(6)) < cost(&often, Some(1)));
    assert_eq!(cost(&often, Some(6)), cost(&often, Some(6)));
}

#[test]
fn what_is_no_trie_is_refused() {
    let order = |first: &[u32], tokens: &[u16]| Order {
        first: [first, &vec![tokens.len() as u32; 257 - first.len()]].concat(),
        tokens: tokens.into(),
        boosts: vec![0; tokens.len()],
    };
    let unigrams = || vec![0; 256];
    let refused = |order| Grams::new(unigrams(), 1, vec![order]) == Err(GramsError::Order { order: 2 });
    assert!(Grams::new(unigrams(), 1, vec![order(&[0, 2], &[3, 7])]).is_ok());
    assert!(Grams::new(unigrams(), 1, vec![order(&[0, 2], &[7, 3])]).is_ok());
    assert!(refused(order(&[0, 2], &[3, 256])));
    assert!(refused(order(&[0, 3, 1], &[3, 7])));
    assert!(refused(order(&[1], &[3, 7])));
    assert!(refused(Order { boosts: vec![], ..order(&[0, 2], &[3, 7]) }));
    assert!(refused(Order { first: vec![0], ..order(&[0], &[]) }));
    for (tokens, step, orders) in [(255, 1, 1), (256, 0, 1), (256, 65_537, 1), (256, 1, 0), (256, 1, 8)] {
        let all = vec![order(&[0], &[]); orders];
        assert_eq!(Grams::new(vec![0; tokens], step, all), Err(GramsError::Size));
    }
}
