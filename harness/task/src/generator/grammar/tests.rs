use super::super::choice::{digest, of_task};
use super::*;
use crate::Content;
use std::collections::BTreeMap;

fn items(seed: u8, count: u32) -> Vec<Item> {
    generate(&Draw::new([seed; 32]), count)
}

/// Right and wrong sentence, and whether the right one comes first.
fn sentences(item: &Item) -> (&str, &str, bool) {
    let Content::Choice { context, options, answer } = &item.content else { panic!("not a choice") };
    assert!(context.is_empty());
    assert_eq!(options.len(), 2);
    let text = |at: usize| std::str::from_utf8(&options[at]).unwrap();
    (text(*answer), text(1 - answer), *answer == 0)
}

#[test]
fn every_phenomenon_has_its_count_and_its_answers_are_balanced() {
    let mut counts = BTreeMap::new();
    for item in &of_task("grammar") {
        let (count, first) = counts.entry(item.group.clone()).or_insert((0, 0));
        *count += 1;
        *first += u32::from(sentences(item).2);
    }
    assert_eq!(counts.len(), 26);
    assert!(counts.values().all(|&count| count == (40, 20)), "{counts:?}");
}

#[test]
fn nothing_occurs_twice_and_the_two_sentences_differ_little() {
    let mut seen = HashSet::new();
    for item in &items(2, 4_004) {
        let (right, wrong, _) = sentences(item);
        assert!(seen.insert(item.id.clone()) && seen.insert(right.to_owned()), "{right}");
        assert!(!right.starts_with(wrong) && !wrong.starts_with(right));
        for text in [right, wrong] {
            assert!(text.is_ascii() && text.starts_with(|letter: char| letter.is_ascii_uppercase()), "{text}");
            assert!(text.ends_with(['.', '?']) && !text.contains("  ") && text.len() < 120, "{text}");
        }
        let words = |text: &str| {
            let mut words: Vec<String> =
                text.to_lowercase().trim_end_matches(['.', '?']).split(' ').map(String::from).collect();
            words.sort();
            words
        };
        let (right_words, wrong_words) = (words(right), words(wrong));
        // "hardly any" and "almost all" are two words.
        let changed = right_words.iter().filter(|word| !wrong_words.contains(word)).count();
        assert!(changed <= 2 && right_words.len() == wrong_words.len(), "{right} {wrong}");
        assert!(right.len().abs_diff(wrong.len()) <= 7, "{right} {wrong}");
    }
}

#[test]
fn length_tells_nothing() {
    // Twice the share right of whoever picks the longer sentence; a tie is half a point.
    let mut scores: BTreeMap<String, (i32, i32)> = BTreeMap::new();
    for item in &items(3, 26 * 160) {
        let (right, wrong, _) = sentences(item);
        let score = 1 + right.len().cmp(&wrong.len()) as i32;
        for group in [item.group.clone(), String::new()] {
            let entry = scores.entry(group).or_default();
            *entry = (entry.0 + score, entry.1 + 2);
        }
    }
    for (group, (score, of)) in scores {
        let share = f64::from(score) / f64::from(of);
        println!("{group:30} {share:.3}");
        let bound = if group.is_empty() { 0.08 } else { 0.2 };
        assert!((share - 0.5).abs() <= bound, "{group}: {share}");
    }
}

#[test]
fn the_lexicon_is_large_enough() {
    let all = &*lexicon::LEXICON;
    let nouns = [&all.people, &all.animals, &all.wares, &all.texts, &all.food, &all.places].map(Vec::len);
    assert!(nouns.iter().sum::<usize>() >= 60);
    let verbs: HashSet<&str> = [&all.on_wares, &all.on_texts, &all.on_people, &all.quiet, &all.events, &all.habits]
        .into_iter()
        .flatten()
        .map(|verb| verb.base)
        .collect();
    assert!(verbs.len() >= 50, "{}", verbs.len());
    let adjectives: HashSet<&&str> = all.traits.iter().chain(&all.looks).collect();
    assert!(adjectives.len() >= 40, "{}", adjectives.len());
}

#[test]
fn articles_fit() {
    for item in &items(4, 4_004) {
        let right = sentences(item).0.to_lowercase();
        let words: Vec<&str> = right.split(' ').collect();
        for pair in words.windows(2) {
            let vowel = pair[1].starts_with(['a', 'e', 'i', 'o']) || pair[1].starts_with("un");
            let vowel = vowel || pair[1].starts_with("ug") || pair[1].starts_with("hon");
            assert!(pair[0] != "a" || !vowel, "{right}");
            assert!(pair[0] != "an" || vowel, "{right}");
        }
    }
}

#[test]
fn the_items_never_change() {
    assert_eq!(digest(&items(7, 26 * 40)), "e3556af434cb27924eccc1864746e41cf0a6732643360b2142c2196e84d4edc1");
}
