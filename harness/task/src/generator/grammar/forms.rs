//! Forms of words, and what verbs ask of the sentence.

use super::lexicon::{
    Graded, LEXICON, Verb, act, alone, described, habit, name, on_a_day, person, someone, somewhere, then, thing,
};
use super::{Pair, pair};
use crate::Draw;

/// Past, participle and objects of verbs whose two forms differ in the standard language.
const IRREGULAR: [(&str, &str, &[&str]); 14] = [
    ("broke", "broken", &["lamp", "vase", "mirror", "ladder", "chair", "window", "plate"]),
    ("wrote", "written", &["letter", "poem", "report", "story", "song", "play"]),
    ("stole", "stolen", &["bicycle", "radio", "clock", "violin", "ring", "horse"]),
    ("chose", "chosen", &["carpet", "present", "colour", "postcard", "hotel"]),
    ("took", "taken", &["suitcase", "medicine", "umbrella", "basket", "money"]),
    ("wore", "worn", &["coat", "hat", "helmet", "scarf", "mask", "uniform"]),
    ("drew", "drawn", &["map", "picture", "plan", "horse", "castle"]),
    ("tore", "torn", &["newspaper", "letter", "shirt", "curtain", "sail"]),
    ("ate", "eaten", &["apple", "pie", "sandwich", "cake", "soup"]),
    ("saw", "seen", &["accident", "film", "comet", "castle", "letter"]),
    ("threw", "thrown", &["ball", "stone", "spear", "hammer"]),
    ("shook", "shaken", &["bottle", "blanket", "carpet", "box"]),
    ("drove", "driven", &["tractor", "bus", "lorry", "cart"]),
    ("gave", "given", &["speech", "concert", "lecture", "party"]),
];

/// "Anna broke the lamp", not "broken"; "Anna has broken the lamp", not "broke".
pub(super) fn irregular_past(draw: &mut Draw, turn: u32) -> Pair {
    let (past, participle, objects) = *draw.pick(&IRREGULAR);
    let object = *draw.pick(objects);
    let subject = someone(draw);
    if turn.is_multiple_of(2) {
        let tail = then(draw);
        return pair(past, participle, |verb| format!("{subject} {verb} the {object}{tail}"));
    }
    let (before, tail) = *draw.pick(&[("has", ""), ("has already", ""), ("had", " before"), ("has never", "")]);
    pair(participle, past, |verb| format!("{subject} {before} {verb} the {object}{tail}"))
}

/// The plural, what a regular one would be, and sentences that want it. First those that are shorter than the regular
/// ones, then those that are longer.
const PLURALS: [&[(&str, &str, &[&str])]; 2] = [
    &[
        ("geese", "gooses", &["fed # by the lake", "heard # over the fields", "chased # across the yard"]),
        ("mice", "mouses", &["saw # in the cellar", "caught # in the barn", "heard # behind the wall"]),
        ("men", "mans", &["met # at the market", "asked # for help", "saw # by the river"]),
        ("women", "womans", &["met # at the station", "invited # to the feast", "painted # in a garden"]),
        ("policemen", "policemans", &["saw # at the gate", "talked to # in the square"]),
        ("fishermen", "fishermans", &["photographed # at the harbour", "bought eels from # in the port"]),
        ("sheep", "sheeps", &["counted # on the hill", "bought # from a farmer"]),
        ("deer", "deers", &["saw # in the forest", "followed # through the snow"]),
        ("teeth", "tooths", &["lost # last year", "broke # in a fall"]),
        ("feet", "foots", &["carved # for the table", "drew # on the wall"]),
    ],
    &[
        ("children", "childs", &["taught # to read", "met # after school", "helped # across the road"]),
        ("grandchildren", "grandchilds", &["visited # in the city", "wrote to # at Christmas"]),
        ("wolves", "wolfs", &["heard # in the night", "followed # through the snow", "saw # near the farm"]),
        ("leaves", "leafs", &["picked # from the tree", "pressed # in a book"]),
        ("loaves", "loafs", &["baked # of bread", "bought # of bread"]),
        ("shelves", "shelfs", &["built # for the books", "painted # in the kitchen"]),
        ("thieves", "thiefs", &["caught # in the act", "saw # on the roof"]),
        ("calves", "calfs", &["fed # in the barn", "led # to the meadow"]),
    ],
];

/// "Anna saw two mice", not "mouses".
pub(super) fn irregular_plural(draw: &mut Draw, turn: u32) -> Pair {
    let (right, wrong, sentences) = *draw.pick(PLURALS[turn as usize % 2]);
    let number = *draw.pick(&["two", "three", "four", "five", "several", "many", "some"]);
    let (subject, words) = (name(draw), *draw.pick(sentences));
    pair(right, wrong, |noun| format!("{subject} {}", words.replace('#', &format!("{number} {noun}"))))
}

/// "Anna can repair the lamp", not "repaired"; "Anna is repairing the lamp", not "repair".
pub(super) fn verb_form(draw: &mut Draw, turn: u32) -> Pair {
    let subject = someone(draw);
    let free = draw.below(3) == 0;
    let (verb, object) = if free {
        (habit(draw), somewhere(draw))
    } else {
        let (verb, noun) = act(draw);
        (verb, format!(" the {}", described(draw, noun.one, &LEXICON.looks)))
    };
    let (before, right, wrong) = if turn.is_multiple_of(2) {
        let before = *draw.pick(&["can", "must", "will", "should", "did not", "may"]);
        (before, verb.base, *draw.pick(&[verb.past, verb.third, verb.ing]))
    } else if free || draw.below(2) == 0 {
        // "Anna has work" would be right, so what takes no object takes no "has" either.
        (*draw.pick(&["is", "was"]), verb.ing, verb.base)
    } else {
        (*draw.pick(&["has", "had"]), verb.participle, *draw.pick(&[verb.base, verb.third]))
    };
    pair(right, wrong, |form| format!("{subject} {before} {form}{object}"))
}

/// "He greeted Anna", not "Him greeted Anna"; "Anna greeted him", not "Anna greeted he".
pub(super) fn pronoun_case(draw: &mut Draw, turn: u32) -> Pair {
    let (subject, object) = *draw.pick(&[("he", "him"), ("she", "her"), ("they", "them"), ("we", "us"), ("I", "me")]);
    let (verb, tail) = (*draw.pick(&LEXICON.on_people), then(draw));
    if turn.is_multiple_of(2) {
        let who = someone(draw);
        let first = *draw.pick(&["", "", "yesterday ", "last week ", "at the station ", "then "]);
        let tail = if first.is_empty() { tail } else { "" };
        return pair(subject, object, |pronoun| format!("{first}{pronoun} {} {who}{tail}", verb.past));
    }
    let who = someone(draw);
    let verb = if draw.below(3) == 0 { draw.pick(&["waited for", "looked at", "talked to"]) } else { verb.past };
    pair(object, subject, |pronoun| format!("{who} {verb} {pronoun}{tail}"))
}

/// "Anna is taller than Ben", not "tall"; "the tallest of all", not "taller".
pub(super) fn comparison(draw: &mut Draw, turn: u32) -> Pair {
    let people = draw.below(2) == 0;
    let Graded { plain, comparative, superlative } =
        *draw.pick(if people { &LEXICON.graded_traits } else { &LEXICON.graded_looks });
    let (one, another, all) = if people {
        let (one, another) = two(draw, name);
        (one.to_owned(), another.to_owned(), person(draw).many)
    } else {
        let (one, another) = two(draw, thing);
        (format!("the {} from {}", one.one, name(draw)), format!("the {}", another.one), one.many)
    };
    let be = *draw.pick(&["is", "was"]);
    match turn % 6 {
        0 => pair(comparative, plain, |form| format!("{one} {be} {form} than {another}")),
        1 => pair(comparative, superlative, |form| format!("{one} {be} {form} than {another}")),
        2 => pair(superlative, comparative, |form| format!("{one} {be} the {form} of all the {all}")),
        3 => pair(plain, comparative, |form| format!("{one} {be} as {form} as {another}")),
        4 => pair(superlative, plain, |form| format!("{one} {be} the {form} of all the {all}")),
        _ => pair(plain, superlative, |form| format!("{one} {be} as {form} as {another}")),
    }
}

/// Two that differ.
fn two<T: PartialEq>(draw: &mut Draw, make: fn(&mut Draw) -> T) -> (T, T) {
    loop {
        let (one, another) = (make(draw), make(draw));
        if one != another {
            return (one, another);
        }
    }
}

/// Draws until the right word is no shorter than the wrong one, or, every other time, no longer.
fn weighed<T>(draw: &mut Draw, turn: u32, make: fn(&mut Draw) -> (T, Verb, Verb)) -> (T, Verb, Verb) {
    loop {
        let (rest, right, wrong) = make(draw);
        let (long, short) = if turn.is_multiple_of(2) { (right, wrong) } else { (wrong, right) };
        if long.participle.len() >= short.participle.len() {
            return (rest, right, wrong);
        }
    }
}

/// "The lamp was repaired by Anna", not "arrived": verbs without an object have no passive.
pub(super) fn passive(draw: &mut Draw, turn: u32) -> Pair {
    let (patient, right, wrong) = weighed(draw, turn, |draw| {
        let (verb, noun) = if draw.below(2) == 0 { act(draw) } else { (*draw.pick(&LEXICON.on_people), person(draw)) };
        (noun, verb, alone(draw))
    });
    let agent = loop {
        let agent = someone(draw);
        if !agent.ends_with(patient.one) {
            break agent;
        }
    };
    let (be, noun) = if draw.below(3) == 0 { ("were", patient.many) } else { ("was", patient.one) };
    let tail = then(draw);
    pair(right.participle, wrong.participle, |verb| format!("the {noun} {be} {verb} by {agent}{tail}"))
}

/// "Anna repaired the lamp", not "slept"; "Anna slept near the church", not "repaired".
pub(super) fn argument_structure(draw: &mut Draw, turn: u32) -> Pair {
    let (noun, with, without) = weighed(draw, turn / 2, |draw| {
        let (verb, noun) = if draw.below(2) == 0 { act(draw) } else { (*draw.pick(&LEXICON.on_people), person(draw)) };
        (noun, verb, alone(draw))
    });
    let subject = loop {
        let subject = someone(draw);
        if !subject.ends_with(noun.one) {
            break subject;
        }
    };
    if turn.is_multiple_of(2) {
        let tail = then(draw);
        return pair(with.past, without.past, |verb| format!("{subject} {verb} the {}{tail}", noun.one));
    }
    let tail = loop {
        let tail = format!("{}{}", somewhere(draw), on_a_day(draw));
        if !tail.is_empty() {
            break tail;
        }
    };
    pair(without.past, with.past, |verb| format!("{subject} {verb}{tail}"))
}
