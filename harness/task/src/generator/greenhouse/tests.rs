//! A predictor that reads nothing but the text proves that the account is right: it states its own probabilities, in its
//! own tables, for every choice, and comes to the same cost.

use super::*;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// The text and the ideal cost of some documents.
fn documents(seed: u8, count: u32) -> Vec<(String, Cost)> {
    let items = generate(&Draw::new([seed; 32]), count);
    items
        .into_iter()
        .map(|item| match item.content {
            Content::Document { text, ideal: Some(ideal) } => (String::from_utf8(text).unwrap(), ideal),
            _ => panic!("logs are documents with a known cost"),
        })
        .collect()
}

/// What may stand in a field and its weight; several entries of one text are one outcome.
type Outcomes = Vec<(String, u64)>;

/// Each field of a line that is chosen: its columns, and what it may say, from the line before and from the line so far.
type Field = (std::ops::Range<usize>, fn(&str, &str) -> Outcomes);

fn outcomes<T: ToString>(of: impl IntoIterator<Item = (T, u64)>) -> Outcomes {
    of.into_iter().map(|(text, weight)| (text.to_string(), weight)).collect()
}

/// The digit in a column, moved by each step and kept within 0 and 9.
fn moved(before: &str, column: usize, steps: &[(i32, u64)]) -> Outcomes {
    let level: i32 = before[column..=column].parse().unwrap();
    outcomes(steps.iter().map(|&(step, weight)| ((level + step).clamp(0, 9), weight)))
}

fn sky(before: &str, _: &str) -> Outcomes {
    outcomes(match &before[7..12] {
        "clear" => vec![("clear", 10), ("misty", 5), ("rainy", 1)],
        "misty" => vec![("clear", 5), ("misty", 7), ("rainy", 4)],
        "rainy" => vec![("clear", 1), ("misty", 5), ("rainy", 7), ("STORM", 3)],
        _ => vec![("misty", 2), ("rainy", 6), ("STORM", 8)],
    })
}

fn light(_: &str, line: &str) -> Outcomes {
    outcomes(match (&line[4..6], &line[7..12]) {
        ("00" | "03" | "21", "STORM") => vec![('.', 10), ('!', 6)],
        ("00" | "03" | "21", _) => vec![('.', 16)],
        ("06" | "18", "clear") => vec![('-', 1), ('+', 1)],
        ("06" | "18", "misty") => vec![('.', 1), ('-', 1)],
        ("06" | "18", "rainy") => vec![('.', 3), ('-', 1)],
        ("06" | "18", _) => vec![('.', 5), ('!', 3)],
        (_, "clear") => vec![('+', 5), ('*', 11)],
        (_, "misty") => vec![('-', 3), ('+', 4), ('*', 1)],
        (_, "rainy") => vec![('-', 5), ('+', 3)],
        _ => vec![('.', 5), ('-', 5), ('!', 6)],
    })
}

fn heat(before: &str, line: &str) -> Outcomes {
    let steps = match &line[13..14] {
        "." => [(-1, 7), (0, 7), (1, 2)],
        "-" => [(-1, 4), (0, 7), (1, 5)],
        "+" => [(-1, 2), (0, 6), (1, 8)],
        "*" => [(-1, 0), (0, 5), (1, 11)],
        _ => [(-1, 11), (0, 5), (1, 0)],
    };
    moved(before, 16, &steps)
}

fn energy(before: &str, line: &str) -> Outcomes {
    let steps = match &line[13..14] {
        "." => [(-1, 7), (0, 7), (1, 2)],
        "-" => [(-1, 3), (0, 7), (1, 6)],
        "+" => [(-1, 1), (0, 6), (1, 9)],
        "*" => [(0, 3), (1, 8), (2, 5)],
        _ => [(-3, 5), (-2, 6), (-1, 5)],
    };
    moved(before, 19, &steps)
}

fn water(before: &str, line: &str) -> Outcomes {
    let wet = matches!(&line[7..12], "rainy" | "STORM");
    let steps = match (&before[27..31], wet) {
        ("pump", false) => [(-1, 5), (0, 7), (1, 4)],
        ("pump", true) => [(-1, 2), (0, 7), (1, 7)],
        (_, false) => [(-1, 11), (0, 5), (1, 0)],
        (_, true) => [(-1, 4), (0, 8), (1, 4)],
    };
    moved(before, 22, &steps)
}

fn food(before: &str, line: &str) -> Outcomes {
    if &before[25..26] == "0" {
        return outcomes([(0, 5), (6, 3)]);
    }
    let steps = match &line[16..17] {
        "0" | "1" | "2" => [(-1, 7), (0, 7), (1, 2)],
        "3" | "4" | "5" => [(-1, 5), (0, 7), (1, 4)],
        _ => [(-1, 4), (0, 6), (1, 6)],
    };
    moved(before, 25, &steps)
}

fn pump(before: &str, line: &str) -> Outcomes {
    outcomes(match (&before[27..31], &line[7..12]) {
        ("pump", "STORM") => vec![("pump", 50), ("JAM!", 14)],
        ("pump", _) => vec![("pump", 62), ("JAM!", 2)],
        ("JAM!", _) => vec![("JAM!", 40), ("fix.", 24)],
        _ => vec![("pump", 64)],
    })
}

fn any_sky(_: &str, _: &str) -> Outcomes {
    outcomes(["clear", "misty", "rainy", "STORM"].map(|sky| (sky, 1)))
}

fn middling(_: &str, _: &str) -> Outcomes {
    outcomes((3..8).map(|level| (level, 1)))
}

const FIELDS: [Field; 7] =
    [(7..12, sky), (13..14, light), (16..17, heat), (19..20, energy), (22..23, water), (25..26, food), (27..31, pump)];

const FIRST: [Field; 6] =
    [(7..12, any_sky), (13..14, light), (16..17, middling), (19..20, middling), (22..23, middling), (25..26, middling)];

/// What the text costs in Q24, by a reader of the text; every byte that isn't part of a choice must be the one that it has to be.
fn read(text: &str) -> u64 {
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    let mut bits = 0;
    for (index, line) in lines.iter().enumerate() {
        let (before, fields) = if index == 0 { ("", &FIRST[..]) } else { (lines[index - 1], &FIELDS[..]) };
        let mut skeleton = line.to_string();
        for (columns, choices) in fields {
            let choices = choices(before, &line[..columns.start]);
            let weight = |of: &dyn Fn(&str) -> bool| choices.iter().filter(|(s, _)| of(s)).map(|(_, w)| w).sum::<u64>();
            let (this, all) = (weight(&|s| s == &line[columns.clone()]), weight(&|_| true));
            assert!(this > 0, "`{line}` can't follow `{before}`: {columns:?}");
            // The tables' weights may be a power of two smaller than the generator's: that moves the logarithms' whole part only.
            bits += u64::from(logit::log2(all) - logit::log2(this));
            skeleton.replace_range(columns.clone(), &"?".repeat(columns.len()));
        }
        let pump = if index == 0 { "pump" } else { "????" };
        let (day, hour) = (index / 8 % 7 + 1, index % 8 * 3);
        assert_eq!(skeleton, format!("d{day} h{hour:02} ?????:? H? E? W? F? {pump}"));
    }
    bits
}

#[test]
fn a_reader_of_the_text_pays_exactly_the_stated_cost() {
    for (text, ideal) in documents(1, 100) {
        assert_eq!(Cost((read(&text) + (1 << 7)) >> 8), ideal);
    }
}

#[test]
fn probabilities_sum_to_one() {
    let levels = HEAT.iter().chain(&ENERGY).chain(WATER.as_flattened()).chain(&FOOD).chain([&EMPTY_LARDER]);
    let levels = levels.map(|steps| steps.iter().map(|&(_, weight)| weight).sum());
    let sky = NEXT_SKY.iter().map(|weights| weights.iter().sum());
    let light = NEXT_LIGHT.as_flattened().iter().map(|weights| weights.iter().sum());
    assert!(sky.chain(light).chain(levels).all(|total: u32| total == TOTAL));
}

#[test]
fn lines_have_one_length() {
    for (text, _) in documents(2, 20) {
        assert_eq!(text.len(), LINES as usize * LINE_BYTES);
        assert!(text.is_ascii() && text.ends_with('\n'));
        assert!(text.split_terminator('\n').all(|line| line.len() == LINE_BYTES - 1));
    }
}

#[test]
fn a_document_never_changes() {
    let (text, ideal) = &documents(7, 1)[0];
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((digest.as_str(), ideal.0), PINNED, "{text}");
}

/// SHA-256 of the text, and the ideal cost.
const PINNED: (&str, u64) = ("4931fcb7fe3169aeeede2504ff5ff21f0f76c73c890b6cd6a5dd67c5f79cc3d0", 114_988_390);

#[test]
fn the_draw_decides_and_documents_differ() {
    assert_eq!(documents(3, 5), documents(3, 5));
    // More documents don't change the ones before.
    assert_eq!(documents(3, 2), documents(3, 5)[..2]);
    let all: Vec<_> = documents(3, 20).into_iter().chain(documents(4, 20)).map(|(text, _)| text).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn events_are_as_frequent_as_stated() {
    let mut seen: HashMap<String, (f64, f64, f64)> = HashMap::new();
    for (text, _) in documents(5, 300) {
        let lines: Vec<&str> = text.split_terminator('\n').collect();
        for pair in lines.windows(2) {
            for (field, (columns, choices)) in FIELDS.iter().enumerate() {
                let choices = choices(pair[0], &pair[1][..columns.start]);
                let all = choices.iter().map(|(_, weight)| weight).sum::<u64>() as f64;
                let mut probability: HashMap<&str, f64> = HashMap::new();
                for (text, weight) in &choices {
                    *probability.entry(text).or_default() += *weight as f64 / all;
                }
                for (text, p) in probability {
                    let (count, mean, variance) = seen.entry(format!("{field} {text}")).or_default();
                    *count += f64::from(u8::from(text == &pair[1][columns.clone()]));
                    *mean += p;
                    *variance += p * (1.0 - p);
                }
            }
        }
    }
    // Four skies, five lights, four levels from 0 to 9, three words of the pump.
    assert_eq!(seen.len(), 4 + 5 + 40 + 3);
    for (event, (count, mean, variance)) in seen {
        assert!((count - mean).abs() < 5.0 * variance.sqrt() + 1e-6, "{event}: {count} times for {mean:.0}");
    }
}

#[test]
fn the_greenhouse_lives() {
    // No level sticks to an end, and everything that can happen does.
    let text: String = documents(6, 100).into_iter().map(|(text, _)| text).collect();
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    let share = |column: usize, what: &str| {
        lines.iter().filter(|line| line[column..].starts_with(what)).count() as f64 / lines.len() as f64
    };
    for column in [16, 19, 22, 25] {
        for level in 0..10 {
            let share = share(column, &level.to_string());
            assert!((0.02..0.25).contains(&share), "column {column}, level {level}: {share}");
        }
    }
    assert!((0.05..0.15).contains(&share(7, "STORM")) && (0.02..0.06).contains(&share(13, "!")));
    assert!((0.05..0.15).contains(&share(27, "JAM!")) && share(27, "fix.") > 0.02);
}
