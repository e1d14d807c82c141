//! Inside noun phrases.

use super::lexicon::{self, LEXICON, described, name, someone, somewhere, then, thing};
use super::{Pair, ended, pair};
use crate::Draw;

const GOT: [&str; 8] = ["bought", "found", "sold", "fetched", "borrowed", "wanted", "described", "liked"];

/// "Anna bought this lamp", not "these lamp".
pub(super) fn determiner(draw: &mut Draw, turn: u32) -> Pair {
    let plural = turn % 2 == 1;
    let (one, many) = *draw.pick(&[("this", "these"), ("that", "those")]);
    let (right, wrong) = if plural { (many, one) } else { (one, many) };
    let noun = thing(draw).form(plural);
    let phrase = described(draw, noun, &LEXICON.looks);
    if draw.below(3) == 0 {
        let end = format!("{} to {}", if draw.below(2) == 0 { "belonged" } else { "seemed strange" }, name(draw));
        return pair(right, wrong, |determiner| format!("{determiner} {phrase} {end}"));
    }
    let (subject, verb, tail) = (someone(draw), *draw.pick(&GOT), then(draw));
    pair(right, wrong, |determiner| format!("{subject} {verb} {determiner} {phrase}{tail}"))
}

/// "Anna bought these old lamps", not "these old lamp".
pub(super) fn noun_number(draw: &mut Draw, turn: u32) -> Pair {
    let plural = turn % 2 == 1;
    let determiner = *if plural {
        draw.pick(&["these", "those", "two", "several", "many", "three", "both"])
    } else {
        draw.pick(&["this", "that", "every", "each", "one"])
    };
    let noun = thing(draw);
    let adjective = *draw.pick(&LEXICON.looks);
    let (subject, verb, tail) = (someone(draw), *draw.pick(&GOT), then(draw));
    pair(noun.form(plural), noun.form(!plural), |noun| {
        format!("{subject} {verb} {determiner} {adjective} {noun}{tail}")
    })
}

/// "Anna bought an old lamp", not "a old lamp".
pub(super) fn article(draw: &mut Draw, turn: u32) -> Pair {
    let right = if turn % 2 == 1 { "an" } else { "a" };
    let wrong = if turn % 2 == 1 { "a" } else { "an" };
    let phrase = loop {
        let (phrase, first) = match draw.below(4) {
            0 => {
                let noun = draw.pick(&LEXICON.food).one;
                (noun.to_owned(), noun)
            }
            1 => {
                let adjective = *draw.pick(&["old", "ugly", "elegant", "unusual", "expensive", "ancient"]);
                (format!("{adjective} {}", draw.pick(&LEXICON.wares).one), adjective)
            }
            2 => {
                let adjective = *draw.pick(&LEXICON.looks);
                (format!("{adjective} {}", thing(draw).one), adjective)
            }
            _ => {
                let noun = thing(draw).one;
                (noun.to_owned(), noun)
            }
        };
        if lexicon::article(first) == right {
            break phrase;
        }
    };
    // Whatever the phrase is, food or furniture.
    let verb = *draw.pick(&["bought", "found", "wanted", "noticed", "painted", "chose"]);
    let (subject, tail) = (someone(draw), then(draw));
    pair(right, wrong, |article| format!("{subject} {verb} {article} {phrase}{tail}"))
}

/// "Anna did not buy much bread", not "many bread".
pub(super) fn quantifier(draw: &mut Draw, turn: u32) -> Pair {
    let mass = turn % 2 == 1;
    let (noun, uncounted) = (thing(draw).many, *draw.pick(&LEXICON.masses));
    let noun = if mass { uncounted } else { noun };
    let verb = *draw.pick(&["buy", "find", "sell", "bring", "carry"]);
    let (many, much) = if draw.below(3) == 0 { ("few", "little") } else { ("many", "much") };
    let (right, wrong) = if mass { (much, many) } else { (many, much) };
    let (subject, place) = (someone(draw), somewhere(draw));
    if many == "few" {
        return pair(right, wrong, |quantifier| format!("{subject} wanted to {verb} a {quantifier} {noun}{place}"));
    }
    match draw.below(3) {
        0 => {
            let ask = |quantifier: &str| ended(&format!("how {quantifier} {noun} did {subject} {verb}"), '?');
            (ask(right), ask(wrong))
        }
        1 => pair(right, wrong, |quantifier| format!("{subject} did not {verb} {quantifier} {noun}{place}")),
        _ => pair(right, wrong, |quantifier| format!("{subject} must not {verb} too {quantifier} {noun}{place}")),
    }
}

/// "There were several lamps on the table", not "most lamps".
pub(super) fn existential(draw: &mut Draw, turn: u32) -> Pair {
    // The right quantifier is the longer and the shorter one in turn.
    let (be, right, wrong) = *if turn % 2 == 1 {
        draw.pick(&[
            ("were", "several", "most"),
            ("were", "several", "both"),
            ("were", "some", "all"),
            ("were", "many", "all"),
            ("were", "three", "most"),
            ("are", "seven", "both"),
        ])
    } else {
        draw.pick(&[
            ("was", "a", "every"),
            ("is", "a", "each"),
            ("was", "one", "every"),
            ("was", "no", "each"),
            ("were", "two", "most"),
            ("are", "six", "both"),
        ])
    };
    let noun = thing(draw).form(!["is", "was"].contains(&be));
    // After "a" no word may ask for "an".
    let adjective = draw.pick(&["", "", "new ", "heavy ", "small ", "large ", "green ", "strange "]);
    let place =
        *draw.pick(&["on the floor", "in the room", "under the bed", "by the door", "in the shop", "on the cart"]);
    pair(right, wrong, |quantifier| format!("there {be} {quantifier} {adjective}{noun} {place}"))
}

/// "The old lamp disappeared", not "the lamp old"; likewise for articles and prepositions.
pub(super) fn order(draw: &mut Draw, turn: u32) -> Pair {
    let (noun, adjective, place) = (thing(draw).one, *draw.pick(&LEXICON.looks), draw.pick(&LEXICON.places).one);
    let near = *draw.pick(&["near", "behind", "beside"]);
    if turn % 4 < 2 {
        // As a subject: "sold the lamp cheap" would be right.
        let end = *draw.pick(&["disappeared", "cost too much", "was stolen", "fell over", "belonged to the king"]);
        let (right, wrong) = (format!("{adjective} {noun}"), format!("{noun} {adjective}"));
        return pair(&right, &wrong, |phrase| format!("the {phrase} {near} the {place} {end}"));
    }
    let (subject, verb) = (someone(draw), *draw.pick(&GOT));
    let (right, wrong) = if turn % 4 == 2 {
        (format!("a small {noun} {near} the {place}"), format!("small a {noun} {near} the {place}"))
    } else {
        (format!("the {noun} {near} the {place}"), format!("the {noun} the {place} {near}"))
    };
    pair(&right, &wrong, |words| format!("{subject} {verb} {words}"))
}
