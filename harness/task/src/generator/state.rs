//! State: what holds after a few plain sentences, each of which changes something.

#[cfg(test)]
mod tests;

use super::choice::{id, placed, turn};
use crate::{Draw, Item};

/// A story, its right end and wrong ones.
struct Story {
    context: String,
    right: String,
    wrong: Vec<String>,
}

/// Makes the story with this ordinal.
type Kind = fn(draw: &mut Draw, ordinal: u32) -> Story;

/// The names are the items' groups.
const KINDS: [(&str, Kind); 8] = [
    ("1 move", |draw, _| moves(draw, 1)),
    ("2 moves", |draw, _| moves(draw, 2)),
    ("4 moves", |draw, _| moves(draw, 4)),
    ("8 moves", |draw, _| moves(draw, 8)),
    ("brackets", brackets),
    ("swap", swap),
    ("order", order),
    ("count", count),
];

const NAMES: [&str; 20] = [
    "Anna", "Ben", "Clara", "David", "Ella", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Karl", "Laura", "Maria",
    "Nora", "Oscar", "Paul", "Rosa", "Simon", "Tom", "Vera",
];
const COLOURS: [&str; 8] = ["red", "blue", "green", "white", "black", "yellow", "brown", "grey"];
const THINGS: [&str; 10] = ["key", "coin", "ring", "letter", "button", "stone", "pencil", "ticket", "marble", "candle"];
const HOLDERS: [&str; 5] = ["box", "basket", "bag", "drawer", "jar"];
const FRUIT: [&str; 7] = ["apples", "pears", "plums", "nuts", "figs", "cherries", "lemons"];
const NUMBERS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Makes the items.
pub(super) fn generate(draw: &Draw, count: u32) -> Vec<Item> {
    let make = |index| {
        let (at, ordinal) = turn(index, KINDS.len());
        let (group, kind) = KINDS[at];
        let id = id(group, ordinal);
        let Story { context, right, wrong } = kind(&mut draw.child(&id), ordinal);
        let content = placed(draw, group, ordinal, context, right, wrong);
        Item { id, group: group.into(), fresh: false, content }
    };
    (0..count).map(make).collect()
}

/// Some of several, in random order.
fn some<'a>(draw: &mut Draw, of: &[&'a str], number: usize) -> Vec<&'a str> {
    let mut all = of.to_vec();
    draw.shuffle(&mut all);
    all.truncate(number);
    all
}

/// Things move between four boxes. Half of the time what is asked for isn't what moved last, so that naming the last
/// box doesn't get far.
fn moves(draw: &mut Draw, number: u32) -> Story {
    let holder = *draw.pick(&HOLDERS);
    let boxes: Vec<String> = some(draw, &COLOURS, 4).into_iter().map(|colour| format!("{colour} {holder}")).collect();
    let things = some(draw, &THINGS, if number < 4 { 2 } else { 3 });
    let mut at: Vec<usize> = (0..things.len()).collect();
    let places: Vec<String> =
        things.iter().zip(&boxes).map(|(thing, place)| format!("the {thing} is in the {place}")).collect();
    let mut context = if things.len() == 2 {
        format!("{} and {}. The {} and the {} are empty.", places[0], places[1], boxes[2], boxes[3])
    } else {
        format!("{}, {} and {}. The {} is empty.", places[0], places[1], places[2], boxes[3])
    };
    context.replace_range(..1, "T");
    let mut last = 0;
    for left in (0..number).rev() {
        last = draw.below(things.len() as u32) as usize;
        let from = at[last];
        // The last move is to an empty box, or else other things might be found there too.
        let to = loop {
            let to = (from + 1 + draw.below(3) as usize) % 4;
            if left > 0 || !at.contains(&to) {
                break to;
            }
        };
        at[last] = to;
        let (name, thing) = (draw.pick(&NAMES), things[last]);
        context += &match draw.below(3) {
            0 => format!(" {name} moves the {thing} to the {}.", boxes[to]),
            1 => format!(" {name} puts the {thing} into the {}.", boxes[to]),
            _ => format!(" {name} takes the {thing} out of the {} and puts it into the {}.", boxes[from], boxes[to]),
        };
    }
    let others = things.len() as u32 - 1;
    let asked = if draw.below(2) == 0 { last } else { (last + 1 + draw.below(others) as usize) % things.len() };
    context += &format!(" Now the {} is in the", things[asked]);
    ended(draw, context, &boxes, at[asked])
}

/// The story's end: one of these words, after a space and before a full stop.
fn ended<T: AsRef<str>>(draw: &mut Draw, context: String, words: &[T], right: usize) -> Story {
    let option = |word: &T| format!(" {}.", word.as_ref());
    let mut wrong: Vec<String> =
        words.iter().enumerate().filter(|(index, _)| *index != right).map(|(_, word)| option(word)).collect();
    draw.shuffle(&mut wrong);
    Story { context, right: option(&words[right]), wrong }
}

const BRACKETS: [(&str, &str); 4] = [("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")];

/// Which bracket closes. Every other time something was closed just before, so that the last bracket says nothing.
fn brackets(draw: &mut Draw, ordinal: u32) -> Story {
    let length = 3 + 2 * (ordinal / 2 % 4);
    loop {
        let mut open: Vec<usize> = vec![];
        let mut text: Vec<&str> = vec![];
        let mut closed = false;
        for _ in 0..length {
            closed = !open.is_empty() && draw.below(2) == 0;
            if closed {
                text.push(BRACKETS[open.pop().expect("one is open")].1);
            } else {
                let kind = draw.below(4) as usize;
                open.push(kind);
                text.push(BRACKETS[kind].0);
            }
        }
        let Some(&right) = open.last() else { continue };
        if closed != (ordinal % 2 == 1) {
            continue;
        }
        let option = |kind: usize| format!(" {}", BRACKETS[kind].1);
        let mut wrong: Vec<String> = (0..4).filter(|kind| *kind != right).map(option).collect();
        draw.shuffle(&mut wrong);
        return Story { context: text.join(" "), right: option(right), wrong };
    }
}

/// A ball under one of three cups that change places.
fn swap(draw: &mut Draw, ordinal: u32) -> Story {
    const CUPS: [&str; 3] = ["left cup", "middle cup", "right cup"];
    let thing = *draw.pick(&["ball", "coin", "bean", "ring", "button", "marble"]);
    let mut at = draw.below(3) as usize;
    let mut context = format!(
        "Three cups stand in a row: the left cup, the middle cup and the right cup. The {thing} is under the {}.",
        CUPS[at]
    );
    for _ in 0..1 + ordinal % 4 {
        let mut pair = [0, 1, 2];
        draw.shuffle(&mut pair);
        let (one, other) = (pair[0], pair[1]);
        let name = draw.pick(&NAMES);
        context += &format!(" {name} swaps the {} and the {}.", CUPS[one], CUPS[other]);
        if at == one || at == other {
            at = one + other - at;
        }
    }
    context += &format!(" Now the {thing} is under the");
    ended(draw, context, &CUPS, at)
}

/// Who is first or last in a queue.
fn order(draw: &mut Draw, ordinal: u32) -> Story {
    let mut queue = some(draw, &NAMES, 4);
    let mut context =
        format!("{}, {}, {} and {} stand in a queue, in this order.", queue[0], queue[1], queue[2], queue[3]);
    for _ in 0..1 + ordinal % 4 {
        let at = draw.below(4) as usize;
        context += &match draw.below(3) {
            0 => {
                let at = at.max(1);
                let name = queue.remove(at);
                queue.insert(0, name);
                format!(" {name} goes to the front.")
            }
            1 => {
                let name = queue.remove(at.min(2));
                queue.push(name);
                format!(" {name} goes to the end.")
            }
            _ => {
                let other = (at + 1 + draw.below(3) as usize) % 4;
                queue.swap(at, other);
                format!(" {} and {} change places.", queue[other], queue[at])
            }
        };
    }
    let (end, right) = *draw.pick(&[("first", 0), ("last", 3)]);
    context += &format!(" Now the {end} in the queue is");
    ended(draw, context, &queue, right)
}

/// How many pieces of fruit are in the bowl.
fn count(draw: &mut Draw, ordinal: u32) -> Story {
    let word = |number: i32| NUMBERS[number as usize - 1];
    let fruit = *draw.pick(&FRUIT);
    let holder = *draw.pick(&["bowl", "basket", "bag", "dish"]);
    let mut number = draw.between(3, 9);
    let mut context = format!("There are {} {fruit} in the {holder}.", word(number));
    let mut said = vec![number];
    for _ in 0..1 + ordinal % 4 {
        let name = draw.pick(&NAMES);
        let change = draw.between(1, 4);
        let add = if number > 8 { false } else { number - change < 1 || draw.below(2) == 0 };
        context += &if add {
            number += change;
            let verb = *draw.pick(&["adds", "puts in"]);
            format!(" {name} {verb} {} more.", word(change))
        } else {
            number -= change;
            let verb = *draw.pick(&["takes", "eats", "gives away"]);
            format!(" {name} {verb} {} of them.", word(change))
        };
        said.push(change);
    }
    context += &format!(" Now the number of {fruit} in the {holder} is");
    // One wrong number that is said in the story, if there is one; the others are near the right one.
    let mut options = vec![number];
    said.retain(|&said| said != number);
    if !said.is_empty() {
        options.push(*draw.pick(&said));
    }
    let mut near: Vec<i32> =
        (1..=12).filter(|other: &i32| other.abs_diff(number) <= 3 && !options.contains(other)).collect();
    draw.shuffle(&mut near);
    options.extend(near);
    let words: Vec<&str> = options[..4].iter().map(|&number| word(number)).collect();
    ended(draw, context, &words, 0)
}
