//! Between clauses: licensing, gaps, islands and the order of questions.

use super::lexicon::{LEXICON, act, acts, habit, name, on_a_day, person, somewhere, the_person, then, thing};
use super::{Pair, ended, pair};
use crate::Draw;

/// Two people who can't be the same, in words.
fn couple(draw: &mut Draw) -> (String, String) {
    let (one, another) = (name(draw).to_owned(), format!("the {}", person(draw).one));
    if draw.below(2) == 0 { (one, another) } else { (another, one) }
}

/// "No doctor has ever seen the castle", not "The doctor has ever seen the castle".
pub(super) fn polarity(draw: &mut Draw, turn: u32) -> Pair {
    let (people, place) = (person(draw), draw.pick(&LEXICON.places).one);
    let seen = *draw.pick(&["seen", "visited", "painted", "liked", "described"]);
    let noun = *draw.pick(&LEXICON.masses);
    let (who, verb) = (name(draw), *draw.pick(&["buys", "brings", "needs", "sells"]));
    let tail = *draw.pick(&["", " in winter", " these days", " for the guests", " at all"]);
    // The right sentence is the longer one, the shorter one, and neither, in turn.
    let kinds: &[(&str, &str, u32)] = match turn % 3 {
        0 => &[("none", "all", 0), ("rarely", "often", 1), ("seldom", "often", 1), ("has never", "has once", 3)],
        1 => {
            &[("no", "the", 2), ("no", "every", 2), ("few", "many", 4), ("never", "always", 1), ("never", "usually", 1)]
        }
        _ => &[
            ("none", "most", 0),
            ("hardly any", "almost all", 0),
            ("none", "some", 0),
            ("never", "often", 1),
            ("not", "now", 5),
            ("never", "still", 1),
        ],
    };
    let (right, wrong, kind) = *draw.pick(kinds);
    pair(right, wrong, |licence| match kind {
        0 => format!("{licence} of the {} have ever {seen} the {place}", people.many),
        1 => format!("{who} {licence} {verb} any {noun}{tail}"),
        2 => format!("{licence} {} has ever {seen} the {place}", people.one),
        3 => format!("{who} {licence} {seen} any {place}{}", if tail == " at all" { tail } else { "" }),
        4 => format!("{licence} {} have ever {seen} the {place}", people.many),
        _ => format!("{who} has {licence} found any {noun}{tail}"),
    })
}

/// "Anna knows what the baker found", not "that"; "Anna knows that the baker found the lamp", not "what".
pub(super) fn gap(draw: &mut Draw, turn: u32) -> Pair {
    let (knower, doer) = couple(draw);
    let knows = *draw.pick(&["knows", "remembers", "discovered", "explained", "guessed", "noticed", "revealed"]);
    let (question, verb, object) = if draw.below(2) == 0 {
        let (verb, noun) = act(draw);
        ("what", verb, noun)
    } else {
        ("who", *draw.pick(&LEXICON.on_people), person(draw))
    };
    let tail = on_a_day(draw);
    if turn.is_multiple_of(2) {
        return pair(question, "that", |word| format!("{knower} {knows} {word} {doer} {}{tail}", verb.past));
    }
    let object = object.one;
    if doer.ends_with(object) || knower.ends_with(object) {
        return gap(draw, turn);
    }
    pair("that", question, |word| format!("{knower} {knows} {word} {doer} {} the {object}{tail}", verb.past))
}

/// "What did Anna buy after the nurse found the clock?", not "What did Anna buy the clock after the nurse found?"
pub(super) fn adjunct_island(draw: &mut Draw, _: u32) -> Pair {
    let (one, another) = couple(draw);
    let when = *draw.pick(&["before", "after", "while", "because"]);
    let (first, second, noun) = acts(draw);
    let start = format!("what did {one} {}", first.base);
    let (object, rest) = (noun.one, format!("{when} {another} {}", second.past));
    (ended(&format!("{start} {rest} the {object}"), '?'), ended(&format!("{start} the {object} {rest}"), '?'))
}

/// "What did the woman who found the clock repair?", not "What did the woman who found repair the clock?"
pub(super) fn relative_island(draw: &mut Draw, _: u32) -> Pair {
    let (first, second, noun) = acts(draw);
    let start = format!("what did {} who {}", the_person(draw), first.past);
    let (second, object, tail) = (second.base, noun.one, then(draw));
    (
        ended(&format!("{start} the {object} {second}{tail}"), '?'),
        ended(&format!("{start} {second} the {object}{tail}"), '?'),
    )
}

/// "Anna asked where the doctor was going", not "where was the doctor going"; "Where was the doctor going?", not "Where
/// the doctor was going?"
pub(super) fn question_order(draw: &mut Draw, turn: u32) -> Pair {
    let (asker, doer) = couple(draw);
    let word = *draw.pick(&["where", "why", "when"]);
    let (verb, tail) = (habit(draw), somewhere(draw));
    let (auxiliary, form) =
        *draw.pick(&[("was", verb.ing), ("had", verb.participle), ("could", verb.base), ("would", verb.base)]);
    let tail = if word == "where" { "" } else { tail.as_str() };
    let straight = format!("{word} {doer} {auxiliary} {form}{tail}");
    let turned = format!("{word} {auxiliary} {doer} {form}{tail}");
    if turn.is_multiple_of(2) {
        let asks = *draw.pick(&["asked", "did not know", "wanted to know", "explained", "forgot"]);
        return pair(&straight, &turned, |clause| format!("{asker} {asks} {clause}"));
    }
    (ended(&turned, '?'), ended(&straight, '?'))
}

/// "The man who arrived", not "which"; "the lamp which disappeared", not "who".
pub(super) fn who_or_which(draw: &mut Draw, turn: u32) -> Pair {
    let human = turn.is_multiple_of(2);
    let subject = name(draw);
    let verb = *draw.pick(&["described", "remembered", "noticed", "mentioned", "found", "painted"]);
    let (noun, clause) = if human {
        let plural = draw.below(2) == 0;
        let clause = match draw.below(3) {
            0 => format!("{}{}", draw.pick(&LEXICON.events).past, somewhere(draw)),
            1 => {
                let (verb, noun) = act(draw);
                format!("{} the {}", verb.past, noun.one)
            }
            _ => format!("had {}", draw.pick(&LEXICON.quiet).participle),
        };
        (person(draw).form(plural), clause)
    } else {
        let plural = draw.below(2) == 0;
        let clause = match draw.below(3) {
            0 => format!("had disappeared{}", then(draw)),
            1 => format!("had belonged to the {}", person(draw).one),
            _ => format!("had stood{}", [" in the kitchen", " by the door", " on the cart"][draw.below(3) as usize]),
        };
        (thing(draw).form(plural), clause)
    };
    let (right, wrong) = if human { ("who", "which") } else { ("which", "who") };
    pair(right, wrong, |word| format!("{subject} {verb} the {noun} {word} {clause}"))
}
