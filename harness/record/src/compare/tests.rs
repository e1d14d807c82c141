//! Expected values of the bootstrap are from a Python program of its own, which draws with the same generator and sorts with NumPy, and agree with 200,000
//! resamples by NumPy's generator (`default_rng(1)`) to the places that the second check of each test asks for. Standard errors are NumPy's `std(ddof=1)` of the residuals.

use super::draw::{Random, SEED};
use super::*;
use crate::{ArtifactFacts, EngineId, Probe};

/// Cost and bytes of twelve documents, for two entries.
const DOCUMENTS: [[u64; 3]; 12] = [
    [3521, 3600, 1776],
    [4102, 4090, 1818],
    [2988, 3107, 1629],
    [3377, 3391, 1828],
    [3904, 3951, 1771],
    [2215, 2290, 1266],
    [3150, 3122, 1729],
    [3268, 3341, 1745],
    [3590, 3655, 1673],
    [2999, 3080, 1740],
    [3412, 3405, 1766],
    [3071, 3168, 1668],
];

/// Hours of sleep gained by ten patients with each of two drugs (Student, The Probable Error of a Mean, 1908), in tenths and ten hours more, so that
/// none is negative.
const SLEEP: [[u64; 10]; 2] =
    [[107, 84, 98, 88, 99, 134, 137, 108, 100, 120], [119, 108, 111, 101, 99, 144, 155, 116, 146, 134]];

/// Items right of forty, for two entries in two groups.
const RIGHT: [[usize; 2]; 2] = [[31, 22], [20, 14]];

fn part(value: u64, weight: u64) -> Part {
    Part { value: value as i64, weight }
}

fn close(ours: f64, expected: f64, within: f64) {
    assert!((ours - expected).abs() <= within, "{ours} is not within {within} of {expected}");
}

fn score(slug: &str, items: Vec<ItemScore>) -> Score {
    Score {
        schema: crate::SCORE_SCHEMA,
        slug: slug.into(),
        artifact: ArtifactFacts { sha256: slug.repeat(64), bytes: 1, parameters: 0 },
        engine: EngineId { name: "uniform".into(), version: 1 },
        season: "s".into(),
        probe: Probe { tokens: 0, sha256: String::new() },
        tasks: vec![TaskScore::new("t", 1, items)],
    }
}

fn document(index: usize, cost: u64, bytes: u64) -> ItemScore {
    let outcome = Outcome::Document { bytes, tokens: bytes, cost, ideal: None };
    ItemScore { id: format!("{index:03}"), group: String::new(), fresh: false, outcome }
}

fn exercise(index: usize, group: &str, fresh: bool, right: bool) -> ItemScore {
    let outcome = Outcome::Generate { right, output: String::new() };
    ItemScore { id: format!("{group}{index:03}"), group: group.into(), fresh, outcome }
}

fn documents(side: usize) -> Vec<ItemScore> {
    DOCUMENTS.iter().enumerate().map(|(index, row)| document(index, row[side] << 16, row[2])).collect()
}

fn exercises(side: usize) -> Vec<ItemScore> {
    let group = |(index, name): (usize, &&str)| {
        let name = name.to_string();
        (0..40).map(move |i| exercise(i, &name, true, i < RIGHT[side][index]))
    };
    ["a", "b"].iter().enumerate().flat_map(group).collect()
}

#[test]
fn the_random_numbers_are_splitmix64() {
    let mut random = Random(1_234_567);
    // The generator's published test vector.
    let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!([(); 3].map(|()| random.bits()), published);
    let mut random = Random(SEED);
    assert!((0..1_000).all(|_| random.below(7) < 7));
}

#[test]
fn paired_means_are_as_the_reference_has_them() {
    let pairs = SLEEP[0].iter().zip(SLEEP[1]).map(|(&a, b)| [part(a, 1), part(b, 1)]).collect();
    let strata = [Stratum::Paired(pairs)];
    let Estimate { difference, low, high, p } = Estimate::of(&strata);
    close(difference, -15.8, 1e-9);
    close(low, -23.9, 1e-9);
    close(high, -9.6, 1e-9);
    assert_eq!(p, 0.0002);
    close(low, -23.8, 0.15);
    close(high, -9.5, 0.15);
    // The standard error of the t test.
    close(standard_error(&strata), 3.889_587_238_883_952, 1e-9);
}

#[test]
fn paired_ratios_are_as_the_reference_has_them() {
    let compared = Comparison::of(&score("a", documents(0)), &score("b", documents(1)), "t").unwrap();
    close(compared.difference, -0.029_545_788_622_666, 1e-9);
    close(compared.low, -0.045_016_719_069_721, 1e-9);
    close(compared.high, -0.014_079_801_450_935, 1e-9);
    assert_eq!(compared.p, 0.0004);
    close(compared.low, -0.045_118, 0.000_3);
    close(compared.high, -0.013_841, 0.000_3);
    close(compared.detectable.unwrap(), POWER * 0.008_362_075_372_852, 1e-9);
    assert_eq!((compared.paired, compared.unpaired, compared.verdict()), (12, [0, 0], Verdict::First));
}

#[test]
fn unpaired_shares_are_as_the_reference_has_them() {
    let compared = Comparison::of(&score("a", exercises(0)), &score("b", exercises(1)), "t").unwrap();
    close(compared.difference, 0.2375, 1e-9);
    close(compared.low, 0.0875, 1e-9);
    close(compared.high, 0.3875, 1e-9);
    assert_eq!(compared.p, 0.0022);
    close(compared.detectable.unwrap(), POWER * 0.075_929_074_529_948, 1e-9);
    assert_eq!((compared.paired, compared.unpaired, compared.verdict()), (0, [80, 80], Verdict::First));
}

#[test]
fn turned_round_the_signs_turn_and_nothing_else() {
    for items in [documents as fn(usize) -> Vec<ItemScore>, exercises] {
        let (a, b) = (score("a", items(0)), score("b", items(1)));
        let (there, back) = (Comparison::of(&a, &b, "t").unwrap(), Comparison::of(&b, &a, "t").unwrap());
        assert_eq!((there.difference, there.low, there.high), (-back.difference, -back.high, -back.low));
        assert_eq!((there.p, there.detectable), (back.p, back.detectable));
        assert_eq!((there.verdict(), back.verdict()), (Verdict::First, Verdict::Second));
    }
}

#[test]
fn an_entry_ties_with_itself() {
    let compared = Comparison::of(&score("a", documents(0)), &score("b", documents(0)), "t").unwrap();
    assert_eq!((compared.difference, compared.low, compared.high, compared.p), (0.0, 0.0, 0.0, 1.0));
    assert_eq!(compared.verdict(), Verdict::Tied);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let entry = score("a", documents(0));
    let versus = |change: &dyn Fn(&mut Score)| {
        let mut other = score("b", documents(1));
        change(&mut other);
        Comparison::of(&entry, &other, "t").unwrap_err()
    };
    assert_eq!(versus(&|other| other.tasks.clear()), Incomparable::Missing { slug: "b".into() });
    assert_eq!(versus(&|other| other.tasks[0].version = 2), Incomparable::Versions);
    assert_eq!(versus(&|other| other.tasks[0].items[3].id = "x".into()), Incomparable::Items);
    assert_eq!(versus(&|other| _ = other.tasks[0].items.pop()), Incomparable::Items);
    assert_eq!(versus(&|other| other.tasks[0].items[3] = document(3, 1, 1)), Incomparable::Items);
    assert_eq!(versus(&|other| other.tasks[0].items[3] = exercise(3, "", false, true)), Incomparable::Items);
    assert_eq!(versus(&|other| other.tasks[0].items.truncate(7)), Incomparable::TooFew { items: 7 });
    let mut later = score("b", exercises(1));
    later.season = "later".into();
    assert_eq!(Comparison::of(&score("a", exercises(0)), &later, "t").unwrap_err(), Incomparable::Versions);
}

#[test]
fn fixed_items_are_set_against_fresh_ones() {
    let log = |index: usize, fresh: bool, over: u64| {
        let ideal = 1_000 + 37 * index as u64;
        let outcome = Outcome::Document {
            bytes: 1_000,
            tokens: 1,
            cost: (ideal + over + index as u64 % 3) << 16,
            ideal: Some(ideal << 16),
        };
        ItemScore { id: format!("{index}"), group: String::new(), fresh, outcome }
    };
    let task = |over: u64| {
        let items = (0..10).map(|i| log(i, false, over)).chain((10..20).map(|i| log(i, true, 300)));
        TaskScore::new("log", 1, items.collect())
    };
    let known = fixed_against_fresh(&task(20)).unwrap();
    assert!((known.fixed - 0.0209).abs() < 1e-9 && (known.fresh - 0.301).abs() < 1e-9, "{known:?}");
    assert_eq!((known.p, known.less_is_better), (0.0002, true));
    assert!(fixed_against_fresh(&task(300)).unwrap().p > 0.05);
    assert!(fixed_against_fresh(&TaskScore::new("t", 1, documents(0))).is_none());
}

#[test]
fn small_groups_are_drawn_from_together() {
    let items = |group: &str| (0..4).map(|i| exercise(i, group, false, i < 2)).collect::<Vec<_>>();
    let all = [items("a"), items("b"), items("c")].concat();
    let (strata, ..) = pair(&score("a", all.clone()), &score("b", all), "t").unwrap();
    assert_eq!(strata.len(), 1);
}

/// Entries that are equally good: a difference is found in about one of twenty pairs, not more often by much.
#[test]
fn luck_is_seldom_taken_for_more() {
    const PAIRS: usize = 300;
    let mut random = Random(9);
    let mut found = 0;
    for _ in 0..PAIRS {
        // Documents are easy or hard for both; each entry is a little off on each.
        let pairs = (0..92).map(|_| {
            let (bytes, base) = (1_200 + random.below(800) as u64, 1_500 + random.below(1_000) as u64);
            [0; 2].map(|_| part(bytes * (base + random.below(200) as u64), bytes))
        });
        let strata = [Stratum::Paired(pairs.collect())];
        found += usize::from(Estimate::of(&strata).p <= LEVEL);
    }
    // Binomial: 15 expected, standard deviation 3.8.
    assert!((4..=28).contains(&found), "{found} of {PAIRS}");
}

/// Documents, and fresh exercises in groups: near ties, clear ones and none.
fn any_scores() -> impl proptest::strategy::Strategy<Value = [Score; 2]> {
    use proptest::prelude::*;
    let documents = (prop::collection::vec((50u64..60, 0u64..16, 1u64..9), 8..20), 0u64..6).prop_map(|(rows, lead)| {
        [0, 1].map(|side| {
            let cost = |&(cost, off, _): &(u64, u64, u64)| if side == 0 { cost + lead } else { cost + off / 2 };
            rows.iter().enumerate().map(|(index, row)| document(index, cost(row), row.2)).collect::<Vec<_>>()
        })
    });
    let exercises =
        (prop::collection::vec((any::<bool>(), any::<u8>()), 8..30), any::<bool>()).prop_map(|(rows, fresh)| {
            [0, 1].map(|side| {
                let right = |row: &(bool, u8)| if side == 0 { row.0 } else { row.1 > 40 };
                rows.iter().enumerate().map(|(index, row)| exercise(index, "g", fresh, right(row))).collect::<Vec<_>>()
            })
        });
    (prop_oneof![documents, exercises], any::<bool>()).prop_map(|([first, second], turned)| {
        let names = if turned { ["b", "a"] } else { ["a", "b"] };
        [score(names[0], first), score(names[1], second)]
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn the_quick_way_decides_what_the_figures_say([a, b] in any_scores()) {
        let whole = Comparison::of(&a, &b, "t").unwrap();
        proptest::prop_assert_eq!(decide(&a, &b, "t").unwrap(), whole.verdict(), "{:?}", whole);
    }
}
