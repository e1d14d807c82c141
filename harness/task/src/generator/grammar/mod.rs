//! Minimal pairs: two sentences that differ in one point of grammar, one of them right.
//!
//! The two differ in a word or in the order of words. Each phenomenon takes turns at constructions in which the right
//! sentence is the longer and the shorter one, so that length gives nothing away.

mod agreement;
mod clauses;
mod forms;
mod lexicon;
mod phrases;
#[cfg(test)]
mod tests;

use super::choice::{id, placed, turn};
use crate::{Draw, Item};
use std::collections::HashSet;

/// The right sentence and the wrong one.
type Pair = (String, String);

/// Makes the pair with this ordinal: constructions take turns by it.
type Phenomenon = fn(draw: &mut Draw, turn: u32) -> Pair;

/// In the order in which they take turns; the names are the items' groups.
const PHENOMENA: [(&str, Phenomenon); 26] = [
    ("agreement", agreement::plain),
    ("agreement past a phrase", agreement::past_phrase),
    ("agreement past a clause", agreement::past_clause),
    ("agreement in a clause", agreement::in_clause),
    ("agreement after and", agreement::coordination),
    ("reflexive number", agreement::reflexive_number),
    ("reflexive gender", agreement::reflexive_gender),
    ("this or these", phrases::determiner),
    ("noun number", phrases::noun_number),
    ("a or an", phrases::article),
    ("much or many", phrases::quantifier),
    ("there is", phrases::existential),
    ("word order", phrases::order),
    ("irregular past", forms::irregular_past),
    ("irregular plural", forms::irregular_plural),
    ("verb form", forms::verb_form),
    ("he or him", forms::pronoun_case),
    ("comparison", forms::comparison),
    ("passive", forms::passive),
    ("object or none", forms::argument_structure),
    ("negative polarity", clauses::polarity),
    ("gap", clauses::gap),
    ("adjunct island", clauses::adjunct_island),
    ("relative island", clauses::relative_island),
    ("question order", clauses::question_order),
    ("who or which", clauses::who_or_which),
];

/// Makes the items; no right sentence occurs twice.
pub(super) fn generate(draw: &Draw, count: u32) -> Vec<Item> {
    let mut seen = HashSet::new();
    let make = |index| {
        let (at, ordinal) = turn(index, PHENOMENA.len());
        let (group, pair) = PHENOMENA[at];
        let id = id(group, ordinal);
        let (right, wrong) = (0..)
            .map(|attempt| pair(&mut draw.child(&format!("{id} {attempt}")), ordinal))
            .find(|(right, _)| seen.insert(right.clone()))
            .expect("there is always another attempt");
        let content = placed(draw, group, ordinal, String::new(), right, vec![wrong]);
        Item { id, group: group.into(), fresh: false, content }
    };
    (0..count).map(make).collect()
}

/// Two sentences that differ in what is put for the gap.
fn pair(right: &str, wrong: &str, sentence: impl Fn(&str) -> String) -> Pair {
    (ended(&sentence(right), '.'), ended(&sentence(wrong), '.'))
}

/// A sentence from its words: with a capital and an end.
fn ended(words: &str, end: char) -> String {
    let mut letters = words.chars();
    let first = letters.next().expect("a sentence has words").to_ascii_uppercase();
    format!("{first}{}{end}", letters.as_str())
}
