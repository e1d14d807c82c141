//! Recall: a fact, text about other matters, and the beginning of the fact again.

mod filler;
#[cfg(test)]
mod tests;

use super::choice::{id, placed, turn};
use crate::{Content, Draw, Item};
use filler::Filler;

/// Bytes between the end of the value and the start of the question; the groups.
const DISTANCES: [usize; 4] = [64, 256, 1_024, 4_096];

/// By how much a distance may miss its aim: one in this many.
const TOLERANCE: usize = 20;

const COLOURS: [&str; 10] = ["red", "blue", "green", "yellow", "white", "black", "brown", "grey", "orange", "purple"];
const LOCKED: [&str; 6] = ["door", "gate", "safe", "locker", "cabinet", "suitcase"];
const OWNERS: [&str; 10] =
    ["captain", "miller", "doctor", "mayor", "teacher", "baker", "widow", "fisherman", "judge", "smith"];
const PAINTED: [&str; 6] = ["boat", "cart", "bicycle", "fence", "caravan", "sledge"];
const PETS: [&str; 6] = ["dog", "cat", "parrot", "pony", "goat", "rabbit"];
const PET_NAMES: [&str; 16] = [
    "Bruno", "Rusty", "Max", "Luna", "Pepper", "Daisy", "Oscar", "Bella", "Toby", "Ginger", "Hector", "Misty", "Rolo",
    "Sandy", "Tiger", "Molly",
];
const CIRCLES: [&str; 12] = [
    "chess club",
    "school choir",
    "reading circle",
    "parish council",
    "brass band",
    "theatre group",
    "sewing circle",
    "debating society",
    "stamp club",
    "drawing class",
    "running club",
    "wine society",
];
const PLACES: [&str; 14] = [
    "library",
    "town hall",
    "chapel",
    "barn",
    "cellar",
    "gymnasium",
    "attic",
    "museum",
    "tea room",
    "workshop",
    "pavilion",
    "old school",
    "boathouse",
    "post office",
];

/// Something to remember.
struct Fact {
    /// "The code for the blue door is".
    key: String,
    /// "7316".
    value: String,
}

impl Fact {
    fn sentence(&self) -> String {
        format!("{} {}.", self.key, self.value)
    }
}

/// Makes the items.
pub(super) fn generate(draw: &Draw, count: u32) -> Vec<Item> {
    let make = |index| {
        let (at, ordinal) = turn(index, DISTANCES.len());
        let group = format!("{} bytes", DISTANCES[at]);
        let id = id(&group, ordinal);
        let content = content(draw, &mut draw.child(&id), &group, DISTANCES[at], ordinal);
        Item { id, group, fresh: false, content }
    };
    (0..count).map(make).collect()
}

/// The first fact is asked for; the next two are said about other things; the last value is never said.
fn content(task: &Draw, draw: &mut Draw, group: &str, distance: usize, ordinal: u32) -> Content {
    let facts = facts(draw, ordinal % 4);
    let mut before = vec![];
    let mut after = vec![];
    // A fact that comes after the right one keeps "the last value" from being a good guess, one that comes before it
    // "the first".
    for fact in &facts[1..3] {
        if draw.below(2) == 0 { before.push(fact.sentence()) } else { after.push(fact.sentence()) }
    }
    let text = loop {
        if let Some(text) = between(draw, distance, &after) {
            break text;
        }
        before.extend(after.pop());
    };
    draw.shuffle(&mut before);
    before.push(facts[0].sentence());
    let context = format!("{}{text}{}", before.join(" "), facts[0].key);
    let option = |fact: &Fact| format!(" {}.", fact.value);
    let mut wrong: Vec<String> = facts[1..].iter().map(option).collect();
    draw.shuffle(&mut wrong);
    placed(task, group, ordinal, context, option(&facts[0]), wrong)
}

/// What stands between the full stop after the fact and the question: about `distance` bytes with the full stop, and
/// with these sentences somewhere among the others. `None` if there is too little room.
fn between(draw: &mut Draw, distance: usize, among: &[String]) -> Option<String> {
    // The full stop and the space before the first sentence; every sentence then ends with a space.
    let room = distance - 2;
    let mut length: usize = among.iter().map(|sentence| sentence.len() + 1).sum();
    if length > room {
        return None;
    }
    let mut filler = Filler::default();
    let mut sentences = vec![];
    while length + 140 < room {
        let sentence = filler.sentence(draw);
        length += sentence.len() + 1;
        sentences.push(sentence);
    }
    // The rest by trial: one sentence or two that come out right.
    let slack = distance / TOLERANCE;
    let last = (0..2_000).find_map(|attempt| {
        let mut last = vec![filler.sentence(draw)];
        if attempt % 2 == 1 {
            last.push(filler.sentence(draw));
        }
        let all = length + last.iter().map(|sentence| sentence.len() + 1).sum::<usize>();
        if all.abs_diff(room) <= slack {
            return Some(last);
        }
        last.iter().for_each(|sentence| filler.forget(sentence));
        None
    })?;
    sentences.extend(last);
    for sentence in among {
        let at = draw.below(sentences.len() as u32 + 1) as usize;
        sentences.insert(at, sentence.clone());
    }
    Some(format!(" {} ", sentences.join(" ")))
}

/// Four facts of one kind: their keys differ, and so do their values.
fn facts(draw: &mut Draw, kind: u32) -> Vec<Fact> {
    let mut facts: Vec<Fact> = vec![];
    while facts.len() < 4 {
        let (key, value) = match kind {
            0 => {
                let value = (0..4).map(|_| char::from(b'0' + draw.below(10) as u8)).collect();
                (format!("The code for the {} {} is", draw.pick(&COLOURS), draw.pick(&LOCKED)), value)
            }
            1 => {
                let key = format!("The {}'s {} is painted", draw.pick(&OWNERS), draw.pick(&PAINTED));
                (key, draw.pick(&COLOURS).to_string())
            }
            2 => {
                let key = format!("The {}'s {} is called", draw.pick(&OWNERS), draw.pick(&PETS));
                (key, draw.pick(&PET_NAMES).to_string())
            }
            _ => (format!("The {} meets in the", draw.pick(&CIRCLES)), draw.pick(&PLACES).to_string()),
        };
        if facts.iter().all(|fact| fact.key != key && fact.value != value) {
            facts.push(Fact { key, value });
        }
    }
    facts
}
