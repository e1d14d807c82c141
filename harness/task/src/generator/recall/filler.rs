//! Sentences about other matters: the weather, the roads, supper and the neighbours.

use crate::Draw;
use std::collections::HashSet;

/// Sentences with gaps: `{x}` stands for one of the words under `x`.
const SENTENCES: &[&str] = &[
    "{time} the {wind} {blew} and the {trees} {moved}.",
    "It rained {spell}, and the {road} {suffered}.",
    "The {wind} dropped.",
    "It grew {air}.",
    "Nobody spoke.",
    "The {bells} rang.",
    "Supper was {meal}.",
    "{time} it was {air}.",
    "The {bells} rang {spell}.",
    "We could hear the {bells} from {afar}.",
    "{someone} {walked} along the {road} {long}.",
    "{someone} had {lost} {object} and looked for it {long}.",
    "{time} {someone} {walked} past, carrying {object}.",
    "{someone} said that the {crop} would be {quality} this year.",
    "{time} {someone} asked whether the {road} was still {way}.",
    "In spring the {crop} {grew} better than {someone} had hoped.",
    "There was {dish} for supper, and {someone} told stories {long}.",
    "{someone} cooked {dish} while {someone} {chore}.",
    "{time} everyone {chore}, because the {guests} were expected {soon}.",
    "The {guests} came {late} and stayed {long}.",
    "The {guests} praised the {course} and asked for more.",
    "{someone} {chore}, {chore} and then slept {long}.",
    "No one knew why the {guests} had {lost} {object}.",
    "From {afar} you could see how the {trees} {moved}.",
    "It is said that {someone} once {walked} {far} to bring back {object}.",
    "If the {wind} turns, the {road} will be under water {soon}.",
    "{someone} mended {worn} with {patch} and {chore}.",
    "A piece of {stuff} and {object} lay on the ground.",
    "{someone} was {mood} and {chore}.",
    "When the {bells} rang, {someone} put down {object} and {chore}.",
    "{someone} does not like {dish}, but eats it {often}.",
    "{often} {someone} reads aloud from a book about {topic}.",
    "A talk about {topic} lasted {long}, and the {guests} were {mood}.",
    "{someone} wrote a long letter about {topic} and sent it off {soon}.",
    "The {road} leads past {afar} and ends among the {trees}.",
    "{time} the {birds} {flew} over the {trees}.",
    "The {birds} {flew}, and {someone} watched them {long}.",
    "Two of the {birds} had built a nest of {stuff} above the window.",
    "The price of {stuff} has risen {often}, which makes {someone} {mood}.",
    "Whoever wants to learn about {topic} must have patience.",
];

/// What the gaps stand for, with commas between.
const WORDS: &[(&str, &str)] = &[
    (
        "time",
        "In the morning, Towards evening, Before dawn, At noon, Later, After the storm, That autumn, \
        On the third day, All week, Once again, By then, In those days",
    ),
    ("wind", "wind, breeze, gale, storm, north wind, sea wind"),
    (
        "blew",
        "rose, grew stronger, came up from the valley, died down, turned, carried the smell of hay, \
        rattled the shutters",
    ),
    ("trees", "poplars, old oaks, birches, willows, apple trees, pines, hedges, elms, chestnuts"),
    (
        "moved",
        "bent low, rustled, dripped, swayed slowly, lost their leaves, stood quite still, creaked, \
        shone in the sun",
    ),
    (
        "long",
        "for hours, all night, until dusk, for three days, until everyone was tired, for a while, \
        the whole afternoon, longer than usual",
    ),
    ("road", "road, path, lane, old road, footpath, track through the woods, coast road, way to the mill"),
    (
        "suffered",
        "turned to mud, was under water, had to be closed, became slippery, was empty, \
        could hardly be seen",
    ),
    ("bells", "bells, cowbells, sleigh bells, church bells, small bells"),
    (
        "afar",
        "the hill, the far bank, the edge of the moor, the quarry, the old mill, the bridge, the lighthouse, \
        the water tower",
    ),
    (
        "someone",
        "an old neighbour, my aunt, the ferryman, a travelling musician, our cousin, the shepherd, \
        a stranger, her brother, the gardener, one of the children, the new tenant, a young carpenter, \
        my grandmother, the beekeeper, a woman from the coast",
    ),
    ("walked", "walked, rode, wandered, hurried, limped, strolled"),
    ("lost", "lost, forgotten, mislaid, left behind"),
    (
        "object",
        "an umbrella, a basket of eggs, a wooden spoon, a pair of gloves, a bundle of letters, \
        a small drum, a jar of honey, a kettle, a woollen coat, a sack of flour, a lantern, a pocket watch, \
        a fishing rod, a music stand",
    ),
    ("crop", "barley, hay, plums, potatoes, beans, oats, pears, cabbages"),
    ("quality", "poor, better than ever, plentiful, hard to sell, rather good, late"),
    ("grew", "grew, did, sold"),
    ("dish", "soup, pea stew, fried fish, porridge, apple cake, bread and cheese, onion pie, fish stew"),
    (
        "chore",
        "swept the floor, fetched water, chopped wood, fed the hens, peeled potatoes, lit the stove, \
        washed the plates, watered the beans, folded the sheets, cleaned the windows",
    ),
    ("guests", "guests, visitors, travellers, cousins from the city, musicians, carpenters"),
    ("soon", "soon, the next day, before long, within a week, at the end of the month, by nightfall"),
    ("late", "late, early, on foot, by the last train, in the rain, without warning"),
    ("stuff", "rope, wool, straw, moss, string, clay"),
    ("patch", "rope, wire, string, canvas, tin, glue, a piece of leather"),
    ("mood", "content, thoughtful, sad, proud, a little worried, pleased, tired, amused"),
    ("often", "now and then, from time to time, every winter, more than once, again and again, every few years"),
    (
        "topic",
        "bees, the stars, the history of bridges, sailing, mushrooms, old maps, clocks, whales, the moon, \
        roses, the making of paper",
    ),
    ("birds", "swallows, cranes, wild geese, crows, starlings, herons, gulls"),
    ("flew", "circled, flew south, came back, gathered, called to each other"),
    ("spell", "for hours, all morning, until dusk, without a pause, for a while, longer than usual"),
    ("far", "for three days, all night, through the snow, over the moor, in the dark, across the frozen lake"),
    ("course", "soup, stew, fish, bread, cake, pie, cheese"),
    ("air", "cold, quiet, warm, damp, cool, foggy, mild, dark, windy"),
    ("meal", "late, simple, ready, over, cold"),
    ("way", "muddy, icy, open, flooded, dusty, passable"),
    ("worn", "a chair, a fishing rod, an umbrella, the roof, a lantern, the ladder, an old drum, the hen house"),
];

/// A source of sentences that never says one twice.
#[derive(Default)]
pub(super) struct Filler {
    said: HashSet<String>,
}

impl Filler {
    /// A sentence that hasn't been said.
    pub(super) fn sentence(&mut self, draw: &mut Draw) -> String {
        loop {
            let pattern = *draw.pick(SENTENCES);
            let sentence = fill(draw, pattern);
            if self.said.insert(sentence.clone()) {
                return sentence;
            }
        }
    }

    /// Lets a sentence be said again.
    pub(super) fn forget(&mut self, sentence: &str) {
        self.said.remove(sentence);
    }
}

/// Fills the gaps, each word at most once in a sentence.
fn fill(draw: &mut Draw, pattern: &str) -> String {
    let mut sentence = String::new();
    let mut used: Vec<&str> = vec![];
    for (index, part) in pattern.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            sentence.push_str(part);
            continue;
        }
        let (_, words) = WORDS.iter().find(|(name, _)| *name == part).expect("every gap has words");
        let words: Vec<&str> = words.split(", ").filter(|word| !used.contains(word)).collect();
        let word = *draw.pick(&words);
        used.push(word);
        sentence.push_str(word);
    }
    sentence[..1].to_ascii_uppercase() + &sentence[1..]
}
