//! Agreement: of verbs with subjects and of reflexives with antecedents.

use super::lexicon::{LEXICON, Noun, described, habit, name, often, person, someone, somewhere, then, thing};
use super::{Pair, pair};
use crate::Draw;

/// What a verb does with its subject: the form for one, the form for many, and the rest of the sentence.
fn predicate(draw: &mut Draw, animate: bool) -> (&'static str, &'static str, String) {
    const FINITE: [(&str, &str); 3] = [("is", "are"), ("was", "were"), ("has", "have")];
    if animate {
        let kind = draw.below(4);
        if kind == 3 {
            let verb = habit(draw);
            return (verb.third, verb.base, often(draw).into());
        }
        let rest = match kind {
            0 => format!(" {}", draw.pick(&LEXICON.traits)),
            1 => format!(" {}{}", habit(draw).ing, somewhere(draw)),
            _ => format!(" {}{}", draw.pick(&LEXICON.events).participle, somewhere(draw)),
        };
        let (one, many) = FINITE[kind as usize];
        return (one, many, rest);
    }
    match draw.below(6) {
        0 => ("is", "are", format!(" {}", draw.pick(&LEXICON.looks))),
        1 => ("was", "were", format!(" {}", draw.pick(&LEXICON.looks))),
        2 => ("has", "have", " disappeared".into()),
        3 => ("costs", "cost", " too much".into()),
        4 => ("belongs", "belong", format!(" to {}", name(draw))),
        _ => ("looks", "look", format!(" {}", draw.pick(&LEXICON.looks))),
    }
}

/// Whether the subject stands in the plural: every other time.
fn plural(turn: u32) -> bool {
    turn % 2 == 1
}

fn agree(plural: bool, (one, many, rest): (&str, &str, String), subject: &str) -> Pair {
    let (right, wrong) = if plural { (many, one) } else { (one, many) };
    pair(right, wrong, |verb| format!("{subject} {verb}{rest}"))
}

/// "The tired doctors laugh every day."
pub(super) fn plain(draw: &mut Draw, turn: u32) -> Pair {
    let animate = draw.below(3) > 0;
    let (noun, adjectives) = if !animate {
        (thing(draw), &LEXICON.looks)
    } else if draw.below(5) == 0 {
        let noun = *draw.pick(&LEXICON.animals);
        let subject = format!("the {}", noun.form(plural(turn)));
        let verb = *draw.pick(&["disappeared", "escaped", "returned", "fallen asleep", "woken up"]);
        let tail = somewhere(draw);
        return agree(plural(turn), ("has", "have", format!(" {verb}{tail}")), &subject);
    } else {
        (person(draw), &LEXICON.traits)
    };
    let subject = format!("the {}", described(draw, noun.form(plural(turn)), adjectives));
    agree(plural(turn), predicate(draw, animate), &subject)
}

/// Another noun than this one.
fn other(draw: &mut Draw, than: Noun, make: fn(&mut Draw) -> Noun) -> Noun {
    loop {
        let noun = make(draw);
        if noun != than {
            return noun;
        }
    }
}

/// "The lamp behind the boxes is heavy": what comes between has the other number.
pub(super) fn past_phrase(draw: &mut Draw, turn: u32) -> Pair {
    let (head_plural, animate) = (plural(turn), draw.below(2) == 0);
    let (head, between) = if animate {
        let head = person(draw);
        let relation = *draw.pick(&["next to", "behind", "in front of", "near"]);
        (head, format!("{relation} the {}", other(draw, head, person).form(!head_plural)))
    } else {
        let head = thing(draw);
        if draw.below(3) == 0 {
            (head, format!("from the {}", draw.pick(&LEXICON.places).form(!head_plural)))
        } else {
            let relation = *draw.pick(&["behind", "next to", "near"]);
            (head, format!("{relation} the {}", draw.pick(&LEXICON.wares).form(!head_plural)))
        }
    };
    if between.ends_with(head.form(!head_plural)) {
        return past_phrase(draw, turn);
    }
    agree(head_plural, predicate(draw, animate), &format!("the {} {between}", head.form(head_plural)))
}

/// "The farmer who thanked the nurses laughs every day": likewise, with a clause.
pub(super) fn past_clause(draw: &mut Draw, turn: u32) -> Pair {
    let head_plural = plural(turn);
    let subject = if draw.below(2) == 0 {
        let head = person(draw);
        let (verb, between) = (*draw.pick(&LEXICON.on_people), other(draw, head, person));
        format!("the {} who {} the {}", head.form(head_plural), verb.past, between.form(!head_plural))
    } else {
        let (head, between) = (person(draw), *draw.pick(&LEXICON.wares));
        let verb = *draw.pick(&LEXICON.on_wares);
        format!("the {} who {} the {}", head.form(head_plural), verb.past, between.form(!head_plural))
    };
    agree(head_plural, predicate(draw, true), &subject)
}

/// "Anna knows the men who work every day": the verb in the clause agrees with the noun before it.
pub(super) fn in_clause(draw: &mut Draw, turn: u32) -> Pair {
    let head_plural = plural(turn);
    let verb = *draw.pick(&["knows", "remembers", "likes", "trusts", "met", "invited", "painted", "greeted"]);
    let noun = person(draw).form(head_plural);
    let subject = format!("{} {verb} the {} who", name(draw), described(draw, noun, &LEXICON.traits));
    agree(head_plural, predicate(draw, true), &subject)
}

/// "Anna and the doctor are late": two make a plural.
pub(super) fn coordination(draw: &mut Draw, turn: u32) -> Pair {
    let (first, second) = loop {
        let (first, second) = (someone(draw), person(draw).one);
        if !first.ends_with(second) {
            break (first, second);
        }
    };
    let subject = format!("{first} and the {second}");
    // The plural of a full verb is the shorter form, that of "is", "was" and "has" the longer one.
    let predicate = if plural(turn) {
        let verb = habit(draw);
        (verb.third, verb.base, often(draw).into())
    } else {
        loop {
            let (one, many, rest) = predicate(draw, true);
            if many.len() > one.len() {
                break (one, many, rest);
            }
        }
    };
    agree(true, predicate, &subject)
}

const REFLEXIVE: [&str; 10] =
    ["blamed", "hurt", "praised", "described", "introduced", "defended", "enjoyed", "surprised", "prepared", "painted"];

/// "The actresses blamed themselves", not "herself".
pub(super) fn reflexive_number(draw: &mut Draw, turn: u32) -> Pair {
    let female = draw.below(2) == 0;
    let (nouns, one) = if female { (&LEXICON.women, "herself") } else { (&LEXICON.men, "himself") };
    let noun = draw.pick(nouns).form(plural(turn));
    let noun = described(draw, noun, &LEXICON.traits);
    let (verb, tail) = (*draw.pick(&REFLEXIVE), then(draw));
    let (right, wrong) = if plural(turn) { ("themselves", one) } else { (one, "themselves") };
    pair(right, wrong, |reflexive| format!("the {noun} {verb} {reflexive}{tail}"))
}

/// "Anna's grandfather blamed himself", not "herself".
pub(super) fn reflexive_gender(draw: &mut Draw, turn: u32) -> Pair {
    let female = plural(turn);
    let (nouns, names, others, others_names) = if female {
        (&LEXICON.women, &LEXICON.women_names, &LEXICON.men, &LEXICON.men_names)
    } else {
        (&LEXICON.men, &LEXICON.men_names, &LEXICON.women, &LEXICON.women_names)
    };
    let noun = draw.pick(nouns).one;
    let subject = match draw.below(4) {
        0 => format!("{}'s {}", draw.pick(others_names), draw.pick(RELATIVES[usize::from(female)])),
        1 => draw.pick(names).to_string(),
        2 => format!("the {noun} next to the {}", draw.pick(others).one),
        _ => format!("the {}", described(draw, noun, &LEXICON.traits)),
    };
    let (right, wrong) = if female { ("herself", "himself") } else { ("himself", "herself") };
    let (verb, tail) = (*draw.pick(&REFLEXIVE), then(draw));
    pair(right, wrong, |reflexive| format!("{subject} {verb} {reflexive}{tail}"))
}

const RELATIVES: [&[&str]; 2] =
    [&["father", "brother", "grandfather", "uncle", "son"], &["mother", "sister", "grandmother", "aunt", "daughter"]];
