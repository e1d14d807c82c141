//! The words.

use crate::Draw;
use std::sync::LazyLock;

/// A noun that can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noun {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
}

impl Noun {
    pub(super) fn form(self, plural: bool) -> &'static str {
        if plural { self.many } else { self.one }
    }
}

/// A verb's forms: "write", "writes", "wrote", "written", "writing".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) base: &'static str,
    pub(super) third: &'static str,
    pub(super) past: &'static str,
    pub(super) participle: &'static str,
    pub(super) ing: &'static str,
}

/// An adjective and its degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Graded {
    pub(super) plain: &'static str,
    pub(super) comparative: &'static str,
    pub(super) superlative: &'static str,
}

/// All words, by what they can do in a sentence without making nonsense of it.
pub(super) struct Lexicon {
    pub(super) women: Vec<Noun>,
    pub(super) men: Vec<Noun>,
    /// Women, men and people of all trades.
    pub(super) people: Vec<Noun>,
    pub(super) animals: Vec<Noun>,
    /// Things that are made, sold, broken and repaired.
    pub(super) wares: Vec<Noun>,
    /// Things that are written and read.
    pub(super) texts: Vec<Noun>,
    pub(super) food: Vec<Noun>,
    pub(super) places: Vec<Noun>,
    /// Nouns that can't be counted.
    pub(super) masses: Vec<&'static str>,
    pub(super) women_names: Vec<&'static str>,
    pub(super) men_names: Vec<&'static str>,
    /// Of people.
    pub(super) traits: Vec<&'static str>,
    /// Of wares and texts.
    pub(super) looks: Vec<&'static str>,
    pub(super) graded_traits: Vec<Graded>,
    pub(super) graded_looks: Vec<Graded>,
    /// What is done to wares; needs its object.
    pub(super) on_wares: Vec<Verb>,
    /// What is done to texts; needs its object.
    pub(super) on_texts: Vec<Verb>,
    /// What is done to people; needs its object.
    pub(super) on_people: Vec<Verb>,
    /// What people do now and again; never takes an object.
    pub(super) quiet: Vec<Verb>,
    /// What befalls people once; never takes an object.
    pub(super) events: Vec<Verb>,
    /// What people do now and again; might take an object.
    pub(super) habits: Vec<Verb>,
}

/// The words of the task.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let (women, men, workers) = (nouns(WOMEN), nouns(MEN), nouns(WORKERS));
    Lexicon {
        people: [&women[..], &men, &workers].concat(),
        women,
        men,
        animals: nouns(ANIMALS),
        wares: nouns(WARES),
        texts: nouns(TEXTS),
        food: nouns(FOOD),
        places: nouns(PLACES),
        masses: words(MASSES),
        women_names: words(WOMEN_NAMES),
        men_names: words(MEN_NAMES),
        traits: words(TRAITS),
        looks: words(LOOKS),
        graded_traits: graded(GRADED_TRAITS),
        graded_looks: graded(GRADED_LOOKS),
        on_wares: verbs(ON_WARES),
        on_texts: verbs(ON_TEXTS),
        on_people: verbs(ON_PEOPLE),
        quiet: verbs(QUIET),
        events: verbs(EVENTS),
        habits: verbs(HABITS),
    }
});

const WOMEN: &str = "woman/women girl/girls grandmother/grandmothers waitress/waitresses queen/queens nun/nuns \
    princess/princesses schoolgirl/schoolgirls actress/actresses saleswoman/saleswomen duchess/duchesses \
    policewoman/policewomen";
const MEN: &str = "man/men boy/boys grandfather/grandfathers waiter/waiters king/kings monk/monks prince/princes \
    schoolboy/schoolboys postman/postmen fisherman/fishermen gentleman/gentlemen duke/dukes";
const WORKERS: &str = "doctor/doctors teacher/teachers farmer/farmers baker/bakers nurse/nurses pilot/pilots \
    painter/painters student/students lawyer/lawyers driver/drivers singer/singers poet/poets neighbour/neighbours \
    guest/guests child/children tourist/tourists librarian/librarians gardener/gardeners plumber/plumbers \
    carpenter/carpenters judge/judges sailor/sailors dentist/dentists visitor/visitors engineer/engineers";
const ANIMALS: &str = "dog/dogs cat/cats horse/horses goose/geese mouse/mice wolf/wolves duck/ducks goat/goats \
    cow/cows donkey/donkeys hen/hens";
const WARES: &str = "lamp/lamps clock/clocks chair/chairs table/tables bicycle/bicycles radio/radios kettle/kettles \
    bucket/buckets ladder/ladders mirror/mirrors vase/vases knife/knives shelf/shelves box/boxes basket/baskets \
    bench/benches hammer/hammers piano/pianos bottle/bottles carpet/carpets suitcase/suitcases violin/violins";
const TEXTS: &str = "book/books letter/letters report/reports map/maps diary/diaries dictionary/dictionaries \
    magazine/magazines     newspaper/newspapers postcard/postcards recipe/recipes";
const FOOD: &str = "apple/apples cake/cakes pie/pies sandwich/sandwiches pear/pears potato/potatoes egg/eggs \
    carrot/carrots sausage/sausages biscuit/biscuits";
const PLACES: &str = "village/villages garden/gardens station/stations harbour/harbours museum/museums \
    forest/forests bridge/bridges market/markets church/churches school/schools castle/castles factory/factories";
const MASSES: &str = "bread milk butter flour sugar rice salt furniture luggage wood paper soap sand coal cheese wool";
const WOMEN_NAMES: &str = "Anna Clara Ella Greta Ida Julia Laura Maria Nora Rosa Sofia Vera Emma Alice";
const MEN_NAMES: &str = "Adam Ben David Emil Felix George Hugo Jonas Karl Leo Martin Oscar Paul Simon";
const TRAITS: &str = "kind tall young old tired clever quiet proud brave careful friendly honest polite cheerful \
    famous patient shy strong lazy wise";
const LOOKS: &str = "old new heavy small large cheap dirty round green yellow strange useful modern ugly expensive \
    beautiful narrow blue plain valuable interesting";
const GRADED_TRAITS: &str = "kind/kinder/kindest tall/taller/tallest young/younger/youngest old/older/oldest \
    proud/prouder/proudest brave/braver/bravest strong/stronger/strongest wise/wiser/wisest happy/happier/happiest \
    lazy/lazier/laziest short/shorter/shortest rich/richer/richest";
const GRADED_LOOKS: &str = "old/older/oldest new/newer/newest heavy/heavier/heaviest small/smaller/smallest \
    large/larger/largest cheap/cheaper/cheapest dirty/dirtier/dirtiest light/lighter/lightest \
    strange/stranger/strangest     ugly/uglier/ugliest";
const ON_WARES: &str = "repair/repairs/repaired/repaired/repairing replace/replaces/replaced/replaced/replacing \
    damage/damages/damaged/damaged/damaging fix/fixes/fixed/fixed/fixing lift/lifts/lifted/lifted/lifting \
    acquire/acquires/acquired/acquired/acquiring find/finds/found/found/finding \
    conceal/conceals/concealed/concealed/concealing fetch/fetches/fetched/fetched/fetching \
    describe/describes/described/described/describing \
    remove/removes/removed/removed/removing discard/discards/discarded/discarded/discarding \
    inspect/inspects/inspected/inspected/inspecting borrow/borrows/borrowed/borrowed/borrowing";
const ON_TEXTS: &str = "find/finds/found/found/finding conceal/conceals/concealed/concealed/concealing \
    describe/describes/described/described/describing mention/mentions/mentioned/mentioned/mentioning \
    destroy/destroys/destroyed/destroyed/destroying fetch/fetches/fetched/fetched/fetching \
    discard/discards/discarded/discarded/discarding remove/removes/removed/removed/removing";
const ON_PEOPLE: &str = "greet/greets/greeted/greeted/greeting thank/thanks/thanked/thanked/thanking \
    invite/invites/invited/invited/inviting praise/praises/praised/praised/praising \
    blame/blames/blamed/blamed/blaming admire/admires/admired/admired/admiring pity/pities/pitied/pitied/pitying \
    trust/trusts/trusted/trusted/trusting avoid/avoids/avoided/avoided/avoiding \
    annoy/annoys/annoyed/annoyed/annoying envy/envies/envied/envied/envying rescue/rescues/rescued/rescued/rescuing \
    mention/mentions/mentioned/mentioned/mentioning";
const QUIET: &str = "laugh/laughs/laughed/laughed/laughing sleep/sleeps/slept/slept/sleeping \
    sneeze/sneezes/sneezed/sneezed/sneezing cough/coughs/coughed/coughed/coughing smile/smiles/smiled/smiled/smiling \
    yawn/yawns/yawned/yawned/yawning complain/complains/complained/complained/complaining \
    snore/snores/snored/snored/snoring sigh/sighs/sighed/sighed/sighing";
const EVENTS: &str = "arrive/arrives/arrived/arrived/arriving \
    disappear/disappears/disappeared/disappeared/disappearing fall/falls/fell/fallen/falling \
    hesitate/hesitates/hesitated/hesitated/hesitating \
    faint/faints/fainted/fainted/fainting vanish/vanishes/vanished/vanished/vanishing \
    kneel/kneels/knelt/knelt/kneeling stumble/stumbles/stumbled/stumbled/stumbling \
    shiver/shivers/shivered/shivered/shivering";
const HABITS: &str = "work/works/worked/worked/working sing/sings/sang/sung/singing dance/dances/danced/danced/dancing \
    swim/swims/swam/swum/swimming travel/travels/travelled/travelled/travelling walk/walks/walked/walked/walking \
    cry/cries/cried/cried/crying rest/rests/rested/rested/resting whistle/whistles/whistled/whistled/whistling \
    wait/waits/waited/waited/waiting";

fn words(table: &'static str) -> Vec<&'static str> {
    table.split_whitespace().collect()
}

/// Entries of `N` forms each.
fn forms<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table
        .split_whitespace()
        .map(|entry| entry.split('/').collect::<Vec<_>>().try_into().expect("every entry has all its forms"))
}

fn nouns(table: &'static str) -> Vec<Noun> {
    forms(table).map(|[one, many]| Noun { one, many }).collect()
}

fn verbs(table: &'static str) -> Vec<Verb> {
    forms(table).map(|[base, third, past, participle, ing]| Verb { base, third, past, participle, ing }).collect()
}

fn graded(table: &'static str) -> Vec<Graded> {
    forms(table).map(|[plain, comparative, superlative]| Graded { plain, comparative, superlative }).collect()
}

/// A person's name.
pub(super) fn name(draw: &mut Draw) -> &'static str {
    let female = draw.below(2) == 0;
    draw.pick::<&str>(if female { &LEXICON.women_names } else { &LEXICON.men_names })
}

/// Someone, in words that could name any person.
pub(super) fn person(draw: &mut Draw) -> Noun {
    *draw.pick(&LEXICON.people)
}

/// A ware or a text.
pub(super) fn thing(draw: &mut Draw) -> Noun {
    let text = draw.below(4) == 0;
    *draw.pick(if text { &LEXICON.texts } else { &LEXICON.wares })
}

/// Something that someone does to a thing, and the thing; the verb can't do without it.
pub(super) fn act(draw: &mut Draw) -> (Verb, Noun) {
    let (verb, _, noun) = acts(draw);
    (verb, noun)
}

/// Two different things that someone does to a thing, and the thing.
pub(super) fn acts(draw: &mut Draw) -> (Verb, Verb, Noun) {
    let text = draw.below(4) == 0;
    let (verbs, nouns) = if text { (&LEXICON.on_texts, &LEXICON.texts) } else { (&LEXICON.on_wares, &LEXICON.wares) };
    let verb = *draw.pick(verbs);
    loop {
        let other = *draw.pick(verbs);
        if other != verb {
            return (verb, other, *draw.pick(nouns));
        }
    }
}

/// Something that people do without an object, whether now and again or once.
pub(super) fn alone(draw: &mut Draw) -> Verb {
    let once = draw.below(2) == 0;
    *draw.pick(if once { &LEXICON.events } else { &LEXICON.quiet })
}

/// Something that people do now and again.
pub(super) fn habit(draw: &mut Draw) -> Verb {
    let quiet = draw.below(2) == 0;
    *draw.pick(if quiet { &LEXICON.quiet } else { &LEXICON.habits })
}

/// "lamp" or "old lamp".
pub(super) fn described(draw: &mut Draw, noun: &str, adjectives: &[&str]) -> String {
    if draw.below(3) == 0 { format!("{} {noun}", draw.pick(adjectives)) } else { noun.to_owned() }
}

/// "the doctor" or "the tired doctor".
pub(super) fn the_person(draw: &mut Draw) -> String {
    let noun = person(draw).one;
    format!("the {}", described(draw, noun, &LEXICON.traits))
}

/// "Anna" or "the tired doctor".
pub(super) fn someone(draw: &mut Draw) -> String {
    if draw.below(2) == 0 { name(draw).to_owned() } else { the_person(draw) }
}

/// The article that goes before a word of this lexicon.
pub(super) fn article(word: &str) -> &'static str {
    let vowel = word.starts_with(['a', 'e', 'i', 'o'])
        || word.starts_with("ug")
        || word.starts_with("un")
        || word.starts_with("hon");
    if vowel { "an" } else { "a" }
}

/// A tail such as " near the station", or nothing.
pub(super) fn somewhere(draw: &mut Draw) -> String {
    if draw.below(2) == 0 {
        return String::new();
    }
    let preposition = *draw.pick(&["near", "behind", "close to"]);
    format!(" {preposition} the {}", draw.pick(&LEXICON.places).one)
}

/// A tail that goes with the past tense, or nothing.
pub(super) fn then(draw: &mut Draw) -> &'static str {
    draw.pick::<&str>(&[
        "",
        "",
        " yesterday",
        " last week",
        " on Monday",
        " after lunch",
        " two days ago",
        " last summer",
    ])
}

/// Likewise, but a tail that can't be taken for an object, as in "described last summer".
pub(super) fn on_a_day(draw: &mut Draw) -> &'static str {
    draw.pick::<&str>(&["", "", " on Monday", " after lunch", " two days ago", " in the evening", " before noon"])
}

/// A tail that goes with what is done now and again.
pub(super) fn often(draw: &mut Draw) -> &'static str {
    draw.pick::<&str>(&[
        " every day",
        " every morning",
        " in the evening",
        " on Sundays",
        " very often",
        " all the time",
    ])
}
