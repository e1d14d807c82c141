use super::super::choice::{digest, of_task};
use super::*;
use std::collections::{BTreeMap, HashSet};

fn items(seed: u8) -> Vec<Item> {
    generate(&Draw::new([seed; 32]), 80)
}

fn parts(item: &Item) -> (&str, Vec<&str>, usize) {
    let Content::Choice { context, options, answer } = &item.content else { panic!("not a choice") };
    let options = options.iter().map(|option| std::str::from_utf8(option).unwrap()).collect();
    (std::str::from_utf8(context).unwrap(), options, *answer)
}

/// How often these words stand in the text, whole.
fn count(text: &str, words: &str) -> usize {
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.match_indices(words)
        .filter(|(at, _)| !letter(bytes[..*at].last()) && !letter(bytes.get(at + words.len())))
        .count()
}

#[test]
fn distances_are_as_said() {
    for item in (0..6).flat_map(items) {
        let (context, options, answer) = parts(&item);
        let value = options[answer];
        // The question is the fact's own beginning.
        let key = &context[context.rfind(". ").unwrap() + 2..];
        let fact = format!("{key}{value}");
        assert_eq!(context.matches(&fact).count(), 1, "{context}");
        let end = context.find(&fact).unwrap() + fact.len() - 1;
        let distance = context.len() - key.len() - end;
        let aim: usize = item.group.trim_end_matches(" bytes").parse().unwrap();
        assert!(distance.abs_diff(aim) * 10 <= aim, "{distance} instead of {aim}: {context}");
    }
}

#[test]
fn only_the_fact_says_the_value() {
    let mut after = 0;
    for item in (0..6).flat_map(items) {
        let (context, options, answer) = parts(&item);
        assert_eq!(options.len(), 4);
        let mut said: Vec<usize> = vec![];
        for (index, option) in options.iter().enumerate() {
            let value = option.trim_start().trim_end_matches('.');
            let times = count(context, value);
            assert_eq!(option.len(), value.len() + 2);
            // A colour may also be part of a key ("the blue door"), but then it is no option.
            assert!(times == 1 || (times == 0 && index != answer), "{value}: {context}");
            said.push(times);
        }
        assert_eq!(said.iter().sum::<usize>(), 3, "two other values are said, one is not: {context}");
        let place = |at: usize| context.rfind(options[at]);
        after += usize::from((0..4).any(|at| place(at) > place(answer)));
        assert_eq!(options.iter().collect::<HashSet<_>>().len(), 4);
        let begin = |option: &&str| options.iter().filter(|other| other.starts_with(*option)).count();
        assert!(options.iter().all(|option| begin(option) == 1), "no option begins another: {options:?}");
    }
    // In most items another value comes after the right one: the latest is no good guess.
    assert!((240..420).contains(&after), "{after} of 480");
}

#[test]
fn every_distance_has_its_count_and_its_answers_are_balanced() {
    let mut places: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let items = of_task("recall");
    for item in &items {
        places.entry(item.group.clone()).or_default()[parts(item).2] += 1;
    }
    assert_eq!(places.len(), 4);
    assert!(places.values().all(|places| *places == [5; 4]), "{places:?}");
    assert_eq!(items.iter().map(|item| &item.id).collect::<HashSet<_>>().len(), 80);
}

#[test]
fn the_text_reads_as_sentences() {
    for item in items(2) {
        let (context, ..) = parts(&item);
        let mut seen = HashSet::new();
        let sentences: Vec<&str> = context.split(". ").collect();
        for sentence in &sentences[..sentences.len() - 1] {
            assert!(seen.insert(sentence), "said twice: {sentence}");
            assert!(sentence.starts_with(|letter: char| letter.is_ascii_uppercase()), "{sentence}");
            assert!(sentence.len() < 140 && !sentence.contains(['{', '}']), "{sentence}");
        }
        assert!(context.is_ascii() && !context.contains("  ") && !context.ends_with(' '));
    }
}

#[test]
fn the_items_never_change() {
    assert_eq!(digest(&items(7)), "fd7b6b285ab385332fee74ecd1e1de7bb29540668e9fedf4bfeb33c87247f210");
}
