use super::super::choice::{digest, of_task};
use super::*;
use std::collections::BTreeMap;

const COUNT: u32 = 12 * 16;

fn items(seed: u8) -> Vec<Item> {
    generate(&Draw::new([seed; 32]), COUNT)
}

/// Solves a line by what it says, not by how it was made.
fn solve(question: &str) -> String {
    if let Some(opened) = question.strip_suffix(':') {
        let turned = |letter| match letter {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            letter => letter,
        };
        return opened.chars().rev().map(turned).collect();
    }
    let numbers: Vec<i32> =
        question.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let value = if question.starts_with("max(") {
        *numbers.iter().max().unwrap()
    } else if question.ends_with(',') {
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
        numbers[2] + 1
    } else if question.contains('+') {
        numbers[0] + numbers[1]
    } else if question.contains('-') {
        numbers[0] - numbers[1]
    } else if question.contains('*') {
        (0..numbers[0]).map(|_| numbers[1]).sum()
    } else {
        numbers[0]
    };
    value.to_string()
}

#[test]
fn every_line_is_right() {
    for item in (0..4).flat_map(items) {
        let Content::Generate { prompt, answer } = &item.content else { panic!("not an exercise") };
        let (prompt, answer) = (std::str::from_utf8(prompt).unwrap(), std::str::from_utf8(answer).unwrap());
        let lines: Vec<&str> = prompt.split('\n').collect();
        assert_eq!(lines.len(), SHOWN + 1);
        assert_eq!(solve(lines[SHOWN]), answer, "{prompt}");
        for line in &lines[..SHOWN] {
            let end = line.rfind(['=', ':', ',']).unwrap() + 1;
            assert_eq!(solve(&line[..end]), line[end..], "{line}");
            assert_ne!(&line[end..], answer);
            assert_ne!(line[..end], *lines[SHOWN]);
        }
        assert!(!answer.is_empty() && !answer.contains('\n'));
    }
}

#[test]
fn groups_are_what_they_are_called() {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut ids = HashSet::new();
    for item in of_task("arithmetic") {
        let Content::Generate { prompt, .. } = &item.content else { panic!("not an exercise") };
        let line = prompt.split(|&byte| byte == b'\n').next_back().unwrap();
        let digits: Vec<u8> = line.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
        match item.group.as_str() {
            "add 1 digit" | "multiply 1 digit" => assert_eq!(digits.len(), 2),
            "add 2 digits, no carry" => assert!(digits[1] + digits[3] < 10 && digits[0] + digits[2] < 10),
            "add 2 digits, carry" => assert!(digits[1] + digits[3] >= 10),
            "add 3 digits" => assert_eq!(digits.len(), 6),
            _ => {}
        }
        *counts.entry(item.group.clone()).or_default() += 1;
        assert!(ids.insert(item.id));
    }
    assert_eq!(counts.len(), 12);
    assert!(counts.values().all(|&count| count == 16), "{counts:?}");
}

#[test]
fn the_items_never_change() {
    assert_eq!(digest(&items(7)), "60e1be046d579c90d2e12233d071473c8dc35972256163431608f487f1f8c566");
}
