extern crate std;

use super::*;
use golf_core::logit::{Normalizer, cost};
use golf_core::{Cost, score};
use proptest::prelude::*;
use std::string::ToString;

const SMALL: Config = Config { orders: 4, log2_slots: 12 };

const TEXT: &[u8] = b"It was not the lock that had frozen, nor the key: it was the hand that held the key. \
    The hand, the key and the lock had been out all night, and of the three the lock alone was made for it.\n";

fn tokens(text: &[u8]) -> Vec<u32> {
    text.iter().map(|&byte| byte.into()).collect()
}

fn costs(model: &mut Mix, text: &[u8], from: usize) -> Vec<Cost> {
    let (mut logits, mut found) = ([0; 256], vec![]);
    score::costs(model, &mut logits, &tokens(text), from, &mut |cost| found.push(cost));
    found
}

fn predicted(model: &mut Mix) -> [i32; 256] {
    let mut logits = [0; 256];
    model.predict(&mut logits);
    logits
}

/// Bytes with repetitions in them, as in text, or any at all.
fn any_text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let words =
        prop::collection::vec(prop_oneof![Just("the "), Just("lock"), Just("é"), Just("\n"), Just("")], 0..most / 4);
    let words = words.prop_map(|words| words.concat().into_bytes());
    prop_oneof![words, prop::collection::vec(any::<u8>(), 0..most), prop::collection::vec(97u8..101, 0..most)]
}

#[test]
fn configurations_out_of_bounds_are_refused() {
    for (orders, log2_slots) in [(1, 12), (8, 12), (6, 22)] {
        assert!(Mix::new(Config { orders, log2_slots }).is_ok());
    }
    for orders in [0, 9, 255] {
        assert_eq!(Mix::new(Config { orders, ..SMALL }).err(), Some(ConfigError::Orders { orders }));
    }
    for log2_slots in [0, 11, 23, 255] {
        assert_eq!(Mix::new(Config { log2_slots, ..SMALL }).err(), Some(ConfigError::Slots { log2_slots }));
    }
    assert_eq!(ConfigError::Orders { orders: 9 }.to_string(), "the highest order is 9, but it can be 1 to 8");
    assert_eq!(ConfigError::Slots { log2_slots: 3 }.to_string(), "2^3 slots, but there can be 2^12 to 2^22");
}

#[test]
fn memory_is_about_that_of_the_slots() {
    let of = |log2_slots| Mix::memory_bytes(&Config { orders: 8, log2_slots });
    assert!(of(12) < 2 << 20, "{}", of(12));
    assert!((302 << 20..306 << 20).contains(&of(22)), "{}", of(22));
}

#[test]
fn the_first_byte_costs_eight_bits() {
    assert_eq!(costs(&mut Mix::new(SMALL).unwrap(), b"A", 0), [Cost(8 * 65_536)]);
}

/// What the text costs at order 6, to the last 2^-16 bit. Whoever changes it changes [`VERSION`].
#[test]
fn golden_cost() {
    let mut model = Mix::new(Config { orders: 6, log2_slots: 16 }).unwrap();
    let total: Cost = costs(&mut model, TEXT, 0).into_iter().sum();
    assert_eq!((VERSION, total), (1, Cost(44_397_575)));
    let again: Cost = costs(&mut model, &TEXT.repeat(3), 0).into_iter().sum();
    assert_eq!(again, Cost(46_491_159));
}

#[test]
fn a_repeated_text_becomes_cheap() {
    for orders in [1, 3, 8] {
        let mut model = Mix::new(Config { orders, log2_slots: 14 }).unwrap();
        let costs = costs(&mut model, &TEXT.repeat(8), 0);
        let total = |nth: usize| costs[nth * TEXT.len()..(nth + 1) * TEXT.len()].iter().copied().sum::<Cost>().0;
        assert!(total(1) < total(0) / 2, "order {orders}: {} after {}", total(1), total(0));
        assert!(total(7) < total(0) / 12, "order {orders}: {} after {}", total(7), total(0));
    }
}

#[test]
fn bytes_that_follow_nothing_are_not_made_much_dearer() {
    let mut random = 1u64;
    let noise: Vec<u8> = core::iter::from_fn(|| {
        random = history::scramble(random + 1);
        Some(random as u8)
    })
    .take(20_000)
    .collect();
    let total: Cost = costs(&mut Mix::new(SMALL).unwrap(), &noise, 0).into_iter().sum();
    assert!(total.0 < 20_000 * 8 * 65_536 * 103 / 100, "{total:?}");
}

#[test]
fn many_documents_later_the_model_is_still_as_new() {
    let mut model = Mix::new(SMALL).unwrap();
    let first = costs(&mut model, TEXT, 0);
    // More documents than there are generations of slots.
    for document in 0..5_000u32 {
        model.reset();
        model.observe(document & 255);
        model.observe(32);
    }
    assert_eq!(costs(&mut model, TEXT, 0), first);
}

#[test]
fn a_full_table_changes_nothing_about_determinism() {
    // Far more contexts than 4,096 slots hold.
    let text: Vec<u8> = (0..30_000u64).map(|i| history::scramble(i / 2) as u8 & 0x3f | 0x40).collect();
    let mut model = Mix::new(Config { orders: 8, log2_slots: 12 }).unwrap();
    let first = costs(&mut model, &text, 0);
    assert_eq!(costs(&mut model, &text, 0), first);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn logits_are_finite_and_probabilities_sum_to_one(text in any_text(400), orders in 1u8..=8) {
        let mut model = Mix::new(Config { orders, log2_slots: 12 }).unwrap();
        text.iter().for_each(|&byte| model.observe(byte.into()));
        let logits = predicted(&mut model);
        // Eight decisions of at most 17 bits.
        prop_assert!(logits.iter().all(|&logit| (-8 * 17 * 65_536..=0).contains(&logit)), "{logits:?}");
        // They are logarithms of probabilities already: normalizing adds nothing.
        let normalizer = Normalizer::new(&logits);
        for &logit in &logits {
            let added = normalizer.cost(logit).0.abs_diff(u64::from(logit.unsigned_abs()));
            prop_assert!(added < 16, "{added}");
        }
        let sum: u64 = (0..256).map(|byte| {
            let Cost(bits) = cost(&logits, byte);
            let whole = bits >> 16;
            if whole > 30 { 0 } else { u64::from(golf_core::logit::exp2_fraction(bits as u32 & 0xffff)) >> whole }
        }).sum();
        prop_assert!(sum.abs_diff(1 << 31) < 1 << 16, "{sum}");
    }

    #[test]
    fn predicting_changes_nothing(text in any_text(300)) {
        let (mut asked, mut told) = (Mix::new(SMALL).unwrap(), Mix::new(SMALL).unwrap());
        for byte in text {
            let first = predicted(&mut asked);
            prop_assert_eq!(first, predicted(&mut asked));
            asked.observe(byte.into());
            told.observe(byte.into());
        }
        prop_assert_eq!(predicted(&mut asked), predicted(&mut told));
    }

    #[test]
    fn a_reset_model_is_as_new(before in any_text(300), text in any_text(300)) {
        let mut model = Mix::new(SMALL).unwrap();
        costs(&mut model, &before, 0);
        prop_assert_eq!(costs(&mut model, &text, 0), costs(&mut Mix::new(SMALL).unwrap(), &text, 0));
    }

    #[test]
    fn a_given_prefix_changes_no_later_cost(text in any_text(300), pick in any::<prop::sample::Index>()) {
        let from = pick.index(text.len() + 1);
        let mut model = Mix::new(SMALL).unwrap();
        prop_assert_eq!(&costs(&mut model, &text, 0)[from..], costs(&mut model, &text, from));
    }

    #[test]
    fn flipping_a_byte_changes_no_earlier_cost(mut text in any_text(300), pick in any::<prop::sample::Index>(), to in any::<u8>()) {
        prop_assume!(!text.is_empty());
        let place = pick.index(text.len());
        let mut model = Mix::new(SMALL).unwrap();
        let before = costs(&mut model, &text, 0);
        text[place] = to;
        let after = costs(&mut model, &text, 0);
        prop_assert_eq!(&before[..place], &after[..place]);
    }
}
