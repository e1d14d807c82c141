//! Arithmetic: three solved exercises of a kind, one a line, and a fourth to be finished.

#[cfg(test)]
mod tests;

use super::choice::{id, turn};
use crate::{Content, Draw, Item};
use std::collections::HashSet;

/// What is shown before the answer, and the answer.
type Exercise = (String, String);

/// Makes an exercise of a kind.
type Kind = fn(&mut Draw) -> Exercise;

/// From what a model can do by copying to what needs several steps; the names are the items' groups.
const KINDS: [(&str, Kind); 12] = [
    ("copy", copy),
    ("next number", next_number),
    ("add one", add_one),
    ("add 1 digit", add_one_digit),
    ("add 2 digits, no carry", add_without_carry),
    ("add 2 digits, carry", add_with_carry),
    ("add 3 digits", add_three_digits),
    ("subtract 2 digits", subtract),
    ("multiply 1 digit", multiply),
    ("compare", compare),
    ("brackets", brackets),
    ("reverse", reverse),
];

/// Solved exercises before the one that is asked.
const SHOWN: usize = 3;

/// Makes the items. The four exercises of an item differ, and none of the answers shown is the one asked for, so that
/// repeating an answer is never right; nothing is asked twice while there is anything else to ask.
pub(super) fn generate(draw: &Draw, count: u32) -> Vec<Item> {
    let mut asked = HashSet::new();
    let make = |index| {
        let (at, ordinal) = turn(index, KINDS.len());
        let (group, exercise) = KINDS[at];
        let id = id(group, ordinal);
        let mut draw = draw.child(&id);
        // Products of digits run out after a few dozen: then something is asked again.
        let (question, answer) = (0..1_000)
            .map(|_| exercise(&mut draw))
            .find(|(question, _)| asked.insert(question.clone()))
            .unwrap_or_else(|| exercise(&mut draw));
        let mut shown: Vec<Exercise> = vec![];
        while shown.len() < SHOWN {
            let other = exercise(&mut draw);
            if other.0 != question && other.1 != answer && !shown.contains(&other) {
                shown.push(other);
            }
        }
        let lines: String = shown.into_iter().map(|(question, answer)| format!("{question}{answer}\n")).collect();
        let content =
            Content::Generate { prompt: format!("{lines}{question}").into_bytes(), answer: answer.into_bytes() };
        Item { id, group: group.into(), fresh: false, content }
    };
    (0..count).map(make).collect()
}

/// "483=483"
fn copy(draw: &mut Draw) -> Exercise {
    let number = draw.between(100, 999);
    (format!("{number}="), number.to_string())
}

/// "14,15,16,17"
fn next_number(draw: &mut Draw) -> Exercise {
    let first = draw.between(1, 96);
    (format!("{first},{},{},", first + 1, first + 2), (first + 3).to_string())
}

/// "41+1=42"
fn add_one(draw: &mut Draw) -> Exercise {
    sum(draw.between(2, 98), 1)
}

/// "4+3=7"
fn add_one_digit(draw: &mut Draw) -> Exercise {
    sum(draw.between(1, 9), draw.between(1, 9))
}

/// "23+45=68"
fn add_without_carry(draw: &mut Draw) -> Exercise {
    loop {
        let (one, other) = (draw.between(10, 99), draw.between(10, 99));
        if one % 10 + other % 10 < 10 && one + other < 100 {
            return sum(one, other);
        }
    }
}

/// "27+45=72"
fn add_with_carry(draw: &mut Draw) -> Exercise {
    loop {
        let (one, other) = (draw.between(10, 99), draw.between(10, 99));
        if one % 10 + other % 10 >= 10 {
            return sum(one, other);
        }
    }
}

/// "127+345=472"
fn add_three_digits(draw: &mut Draw) -> Exercise {
    sum(draw.between(100, 999), draw.between(100, 999))
}

/// "72-45=27"
fn subtract(draw: &mut Draw) -> Exercise {
    let small = draw.between(10, 98);
    let large = draw.between(small + 1, 99);
    (format!("{large}-{small}="), (large - small).to_string())
}

/// "7*8=56"
fn multiply(draw: &mut Draw) -> Exercise {
    let (one, other) = (draw.between(2, 9), draw.between(2, 9));
    (format!("{one}*{other}="), (one * other).to_string())
}

/// "max(31,47)=47"
fn compare(draw: &mut Draw) -> Exercise {
    loop {
        let (one, other) = (draw.between(10, 99), draw.between(10, 99));
        if one != other {
            return (format!("max({one},{other})="), one.max(other).to_string());
        }
    }
}

/// "([{:}])"
fn brackets(draw: &mut Draw) -> Exercise {
    let length = draw.between(2, 4);
    let pairs: Vec<(char, char)> =
        (0..length).map(|_| *draw.pick(&[('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')])).collect();
    let opened: String = pairs.iter().map(|pair| pair.0).collect();
    (format!("{opened}:"), pairs.iter().rev().map(|pair| pair.1).collect())
}

/// "abc:cba"
fn reverse(draw: &mut Draw) -> Exercise {
    let mut letters: Vec<u8> = (b'a'..=b'z').collect();
    draw.shuffle(&mut letters);
    let word: String = letters[..3].iter().map(|&letter| char::from(letter)).collect();
    (format!("{word}:"), word.chars().rev().collect())
}

fn sum(one: i32, other: i32) -> Exercise {
    (format!("{one}+{other}="), (one + other).to_string())
}
