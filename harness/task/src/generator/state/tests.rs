use super::super::choice::{digest, of_task};
use super::*;
use crate::Content;
use std::collections::{BTreeMap, HashMap, HashSet};

fn items(seed: u8) -> Vec<Item> {
    generate(&Draw::new([seed; 32]), 8 * 20)
}

fn parts(item: &Item) -> (&str, Vec<&str>, usize) {
    let Content::Choice { context, options, answer } = &item.content else { panic!("not a choice") };
    let options = options.iter().map(|option| std::str::from_utf8(option).unwrap()).collect();
    (std::str::from_utf8(context).unwrap(), options, *answer)
}

/// Reads a story and ends it, knowing English but not how the story was made.
fn read(group: &str, context: &str) -> String {
    if group == "brackets" {
        let mut open = vec![];
        for bracket in context.split(' ') {
            match "([{<".find(bracket) {
                Some(kind) => open.push([")", "]", "}", ">"][kind]),
                None => assert_eq!(open.pop(), Some(bracket)),
            }
        }
        return format!(" {}", open.pop().unwrap());
    }
    let (story, question) = context.rsplit_once(". Now ").unwrap();
    let sentences = story.split(". ").map(|sentence| sentence.replace(',', ""));
    let end = match group {
        "swap" => cups(sentences),
        "order" => queue(sentences, question.contains("first")),
        "count" => bowl(sentences),
        _ => boxes(sentences, question.split(' ').nth(1).unwrap()),
    };
    format!(" {end}.")
}

fn boxes(sentences: impl Iterator<Item = String>, asked: &str) -> String {
    let mut places: HashMap<String, String> = HashMap::new();
    for (index, sentence) in sentences.enumerate() {
        let words: Vec<&str> = sentence.split(' ').collect();
        let place = |at: usize| format!("{} {}", words[at], words[at + 1]);
        if index == 0 {
            for at in (0..words.len()).filter(|&at| words[at] == "is") {
                places.insert(words[at - 1].into(), place(at + 3));
            }
        } else if words[1..].contains(&"empty") {
            let empty = |place: &str| !sentence.contains(place);
            assert!(places.values().all(|place| empty(place)));
        } else {
            if words[1] == "takes" {
                assert_eq!(places[words[3]], place(7), "it must be where it is taken from");
            }
            places.insert(words[3].into(), place(words.len() - 2));
        }
    }
    places[asked].clone()
}

fn cups(sentences: impl Iterator<Item = String>) -> String {
    let mut at = String::new();
    for sentence in sentences.skip(1) {
        let words: Vec<&str> = sentence.split(' ').collect();
        if words[0] == "The" {
            at = words[5].into();
        } else if words[3] == at {
            at = words[7].into();
        } else if words[7] == at {
            at = words[3].into();
        }
    }
    format!("{at} cup")
}

fn queue(sentences: impl Iterator<Item = String>, first: bool) -> String {
    let mut queue: Vec<String> = vec![];
    for sentence in sentences {
        let words: Vec<&str> = sentence.split(' ').collect();
        let place = |queue: &[String], name: &str| queue.iter().position(|other| other == name).unwrap();
        if sentence.ends_with("in this order") {
            queue = [0, 1, 2, 4].map(|at| words[at].to_owned()).to_vec();
        } else if words[1] == "and" {
            let (one, other) = (place(&queue, words[0]), place(&queue, words[2]));
            assert_ne!(one, other);
            queue.swap(one, other);
        } else {
            let at = place(&queue, words[0]);
            let name = queue.remove(at);
            let front = sentence.ends_with("front");
            assert_ne!(at, if front { 0 } else { 3 }, "there is nowhere to go");
            queue.insert(if front { 0 } else { 3 }, name);
        }
    }
    queue[if first { 0 } else { 3 }].clone()
}

fn bowl(sentences: impl Iterator<Item = String>) -> String {
    let mut number = 0;
    for sentence in sentences {
        let amount =
            sentence.split(' ').find_map(|word| NUMBERS.iter().position(|number| *number == word)).unwrap() as i32 + 1;
        let less = sentence.ends_with("of them");
        assert!(less || sentence.ends_with("more") || number == 0);
        number += if less { -amount } else { amount };
        assert!((1..=12).contains(&number));
    }
    NUMBERS[number as usize - 1].into()
}

#[test]
fn stories_end_as_whoever_reads_them_would_end_them() {
    for item in (0..10).flat_map(items) {
        let (context, options, answer) = parts(&item);
        assert_eq!(read(&item.group, context), options[answer], "{context}");
        assert_eq!(options.len(), if item.group == "swap" { 3 } else { 4 });
        assert_eq!(options.iter().collect::<HashSet<_>>().len(), options.len());
        let begin = |option: &&str| options.iter().filter(|other| other.starts_with(*option)).count();
        assert!(options.iter().all(|option| begin(option) == 1), "no option begins another: {options:?}");
        assert!(context.is_ascii() && !context.contains("  ") && !context.ends_with(' '));
        if !["brackets", "count"].contains(&item.group.as_str()) {
            for option in options {
                assert!(
                    context.contains(option.trim_end_matches('.')) || context.starts_with(&option[1..option.len() - 1])
                );
            }
        }
    }
}

#[test]
fn groups_have_their_counts_and_their_moves() {
    let mut places: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut ids = HashSet::new();
    for item in of_task("state") {
        let (context, options, answer) = parts(&item);
        places.entry(item.group.clone()).or_insert_with(|| vec![0; options.len()])[answer] += 1;
        if let Some((number, _)) = item.group.split_once(" move") {
            let moves = ["moves", "puts the", "takes"].map(|verb| context.matches(&format!(" {verb} ")).count());
            assert_eq!(moves.iter().sum::<usize>().to_string(), number, "{context}");
        }
        assert!(ids.insert(item.id.clone()));
    }
    assert_eq!(places.len(), 8);
    for (group, places) in places {
        assert_eq!(places.iter().sum::<u32>(), 20);
        assert!(places.iter().max().unwrap() - places.iter().min().unwrap() <= 1, "{group}: {places:?}");
    }
}

/// How often whoever names the place, person or number that was mentioned last is right.
#[test]
fn naming_what_was_said_last_is_not_enough() {
    let mut right: BTreeMap<String, u32> = BTreeMap::new();
    for item in (0..50).flat_map(items) {
        let (context, options, answer) = parts(&item);
        let story = context.rsplit_once(". ").map_or(context, |(story, _)| story);
        let last = |option: &str| story.rfind(option.trim_matches([' ', '.']));
        let best = (0..options.len()).max_by_key(|&at| last(options[at])).unwrap();
        *right.entry(item.group.clone()).or_default() += u32::from(best == answer);
    }
    println!("{right:?} of 1000");
    assert!(right.values().all(|&right| right < 560), "{right:?}");
}

#[test]
fn the_items_never_change() {
    assert_eq!(digest(&items(7)), "8241f39ed4188bc6d89c85dafebe6ea8c9705eec3528f8a9420d031a4f39f6b9");
}
