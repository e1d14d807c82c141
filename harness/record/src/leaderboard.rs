//! The leaderboard: a view derived from records.

mod tables;

pub use tables::Tables;

use crate::compare::{Verdict, decide, detectable};
use crate::{
    Audit, Caveat, Figures, IN_PROCESS, Leaders, Measurements, Portrait, Score, Simulation, Summary,
    submission::Manifest,
};
use golf_core::budget;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A submission with all its records.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The folder.
    pub slug: String,
    /// What its authors say of it.
    pub manifest: Manifest,
    /// Its README, as Markdown.
    pub readme: String,
    /// None if it hasn't been scored yet.
    pub score: Option<Score>,
    /// By machine.
    pub measurements: Vec<Measurements>,
    /// By simulated target.
    pub simulations: Vec<Simulation>,
    /// What was looked for in the artifact, and found; none if it hasn't been audited.
    pub audit: Option<Audit>,
    /// What only its own page shows.
    pub portrait: Portrait,
}

/// The task by which entries are ranked.
pub const HEADLINE: &str = "prose";

/// Entries in order.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    /// Best first; those without a score on the headline task come last, by slug.
    pub entries: Vec<Entry>,
    /// Ids of the tasks that any entry has a score on, the headline task first.
    pub tasks: Vec<String>,
    /// By class, in the order of [`Leaderboard::class`].
    places: BTreeMap<u64, Vec<Place>>,
    /// Who holds the records, and who held them.
    pub leaders: Leaders,
}

/// A place in a class, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// By the score alone.
    pub rank: usize,
    /// The best place of those that it is tied with.
    pub first: usize,
    /// The last of them. A tie begins with the best entry that is in none yet, and goes on to the first one that is worse than it by more than luck
    /// ([`compare`](crate::compare)).
    pub last: usize,
}

impl Place {
    /// Whether another entry is in the tie.
    pub fn is_tied(&self) -> bool {
        self.first < self.last
    }
}

impl std::fmt::Display for Place {
    /// `3`, or `2-4 tied`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_tied() { write!(f, "{}-{} tied", self.first, self.last) } else { write!(f, "{}", self.rank) }
    }
}

/// An entry's line in a class: what `leaderboard.csv` and `.json` hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Upper limit of the class in bytes.
    pub class: u64,
    /// From 1, by the score alone.
    pub rank: usize,
    /// The first and the last place of those that it is tied with; none if it is tied with none.
    pub tied: Option<[usize; 2]>,
    /// Whether it holds the class's record.
    pub leads: bool,
    /// The entry.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Joined by commas.
    pub authors: String,
    /// SPDX expression.
    pub license: String,
    /// What runs it.
    pub engine: String,
    /// Size of the artifact.
    pub bytes: u64,
    /// Trained numbers in it.
    pub parameters: u64,
    /// SHA-256 of the artifact.
    pub artifact: String,
    /// SHA-256 of the probe's logits.
    pub digest: String,
    /// By task: bits per byte, or accuracy from 0 to 1.
    pub tasks: BTreeMap<String, f64>,
    /// Instructions for a generated token on a simulated RV32IMC microcontroller; none if the engine doesn't run there.
    pub instructions_per_token: Option<u64>,
    /// RAM that it needs there.
    pub ram_bytes: Option<u64>,
    /// Flash that it needs there: the model's image and the code.
    pub flash_bytes: Option<u64>,
    /// Simulated targets whose logits are the same, joined by spaces.
    pub identical_on: String,
    /// What readers should know of its scores, sentence by sentence.
    pub caveats: Vec<String>,
}

impl Entry {
    /// What a task's items come to, if it has been scored.
    pub fn summary(&self, task: &str) -> Option<Summary> {
        Some(self.score.as_ref()?.task(task)?.summary())
    }

    /// Bits per byte on the headline task.
    pub fn headline(&self) -> Option<f64> {
        self.summary(HEADLINE)?.bits_per_byte()
    }

    /// What was counted for a simulated target, one of [`TARGETS`](crate::TARGETS), unless it failed.
    pub fn simulated(&self, target: &str) -> Option<&Figures> {
        self.simulations.iter().find(|simulation| simulation.target == target)?.figures()
    }

    /// What readers should know of its scores.
    pub fn caveats(&self) -> &[Caveat] {
        self.audit.as_ref().map_or(&[], |audit| &audit.caveats)
    }

    /// Simulated targets on which the logits are those of the score, bit for bit.
    pub fn identical(&self) -> Vec<&str> {
        let Some(score) = &self.score else { return vec![] };
        let is_identical =
            |simulation: &&Simulation| simulation.figures().is_some_and(|figures| figures.probe == score.probe);
        self.simulations.iter().filter(is_identical).map(|simulation| simulation.target.as_str()).collect()
    }

    /// Size of the artifact, once scored.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.score.as_ref()?.artifact.bytes)
    }
}

impl Leaderboard {
    /// Ranks entries. Nobody is known to have held a record before, so that each goes to the best of its class.
    pub fn of(entries: Vec<Entry>) -> Self {
        Leaderboard::after(Leaders::default(), entries)
    }

    /// Ranks entries, of which some may take the records that were held until now.
    pub fn after(leaders: Leaders, mut entries: Vec<Entry>) -> Self {
        // Exact: cost per byte as a fraction, so that no rounding decides a rank.
        let key = |entry: &Entry| entry.summary(HEADLINE).filter(|s| s.bytes > 0).map(|s| (s.cost, s.bytes));
        entries.sort_by(|a, b| match (key(a), key(b)) {
            (Some((x, n)), Some((y, m))) => {
                let (left, right) = (u128::from(x) * u128::from(m), u128::from(y) * u128::from(n));
                left.cmp(&right).then_with(|| a.bytes().cmp(&b.bytes())).then_with(|| a.slug.cmp(&b.slug))
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.slug.cmp(&b.slug),
        });
        let scores = entries.iter().filter_map(|entry| entry.score.as_ref());
        let mut tasks: Vec<String> = scores.flat_map(|score| score.tasks.iter().map(|task| task.id.clone())).collect();
        tasks.sort();
        tasks.dedup();
        tasks.sort_by_key(|task| task != HEADLINE);
        let mut board = Leaderboard { entries, tasks, places: BTreeMap::new(), leaders: Leaders::default() };
        board.places = budget::CLASSES.into_iter().map(|limit| (limit, board.ties(limit))).collect();
        board.leaders = leaders.after(&board);
        board
    }

    /// Places of a class's entries, with ties found.
    fn ties(&self, limit: u64) -> Vec<Place> {
        let scores: Vec<&Score> = self.class(limit).filter_map(|entry| entry.score.as_ref()).collect();
        let mut places = vec![];
        let mut first = 0;
        while first < scores.len() {
            // What can't be compared can't be told apart.
            let is_worse = |other: &&&Score| decide(scores[first], other, HEADLINE) == Ok(Verdict::First);
            let last =
                scores[first + 1..].iter().position(|other| is_worse(&other)).map_or(scores.len(), |n| first + 1 + n);
            places.extend((first..last).map(|index| Place { rank: index + 1, first: first + 1, last }));
            first = last;
        }
        places
    }

    /// The entries of a class with their places, best first.
    pub fn ranking(&self, limit: u64) -> impl Iterator<Item = (Place, &Entry)> {
        self.places.get(&limit).into_iter().flatten().copied().zip(self.class(limit))
    }

    /// An entry's place in a class, if it is in it.
    pub fn place(&self, limit: u64, slug: &str) -> Option<Place> {
        self.ranking(limit).find(|(_, entry)| entry.slug == slug).map(|(place, _)| place)
    }

    /// The smallest true difference between two entries that a task would find four times in five: the median over neighbours in its ranking.
    /// None if no two entries can be compared on it.
    pub fn detectable(&self, task: &str) -> Option<f64> {
        let mut scores: Vec<&Score> = self.entries.iter().filter_map(|entry| entry.score.as_ref()).collect();
        scores.retain(|score| score.task(task).is_some());
        let headline = |score: &Score| score.task(task).map_or(0.0, |task| task.summary().headline());
        scores.sort_by(|a, b| headline(a).total_cmp(&headline(b)));
        let mut all: Vec<f64> = scores.windows(2).filter_map(|pair| detectable(pair[0], pair[1], task)).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// The entries of a class, best first.
    pub fn class(&self, limit: u64) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.headline().is_some() && entry.bytes().is_some_and(|bytes| bytes <= limit))
    }

    /// Slugs of the entries that no other entry beats on the headline task with as few bytes or fewer: the Pareto front, best score first.
    pub fn front(&self) -> Vec<&str> {
        let ranked: Vec<&Entry> = self.entries.iter().filter(|entry| entry.headline().is_some()).collect();
        // By place, which is exact.
        let points: Vec<(usize, u64)> =
            ranked.iter().enumerate().map(|(place, entry)| (place, entry.bytes().unwrap_or(u64::MAX))).collect();
        front(&points).into_iter().map(|index| ranked[index].slug.as_str()).collect()
    }

    /// All classes' lines, largest class first.
    pub fn rows(&self) -> Vec<Row> {
        let rows_of = |limit| {
            let holder = self.leaders.of(limit).map(|leader| leader.slug.as_str());
            self.ranking(limit).filter_map(move |(place, entry)| {
                Some(Row { leads: holder == Some(&entry.slug), ..row(limit, place, entry)? })
            })
        };
        budget::CLASSES.into_iter().flat_map(rows_of).collect()
    }
}

/// The Pareto front of scores and costs, less of either being better: indices of the points that no other beats or equals in both, best score first.
pub fn front<S: PartialOrd, C: PartialOrd>(points: &[(S, C)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| points[a].partial_cmp(&points[b]).unwrap_or(Ordering::Equal));
    let mut cheapest: Option<&C> = None;
    order.retain(|&index| {
        let cost = &points[index].1;
        let is_cheaper = cheapest.is_none_or(|cheapest| cost < cheapest);
        if is_cheaper {
            cheapest = Some(cost);
        }
        is_cheaper
    });
    order
}

fn row(class: u64, place: Place, entry: &Entry) -> Option<Row> {
    let score = entry.score.as_ref()?;
    Some(Row {
        class,
        rank: place.rank,
        tied: place.is_tied().then_some([place.first, place.last]),
        leads: false,
        slug: entry.slug.clone(),
        name: entry.manifest.name.clone(),
        authors: entry.manifest.authors.join(", "),
        license: entry.manifest.license.clone(),
        engine: format!("{}@{}", score.engine.name, score.engine.version),
        bytes: score.artifact.bytes,
        parameters: score.artifact.parameters,
        artifact: score.artifact.sha256.clone(),
        digest: score.probe.sha256.clone(),
        tasks: score.tasks.iter().map(|task| (task.id.clone(), task.summary().headline())).collect(),
        instructions_per_token: entry.simulated(IN_PROCESS).and_then(Figures::instructions_per_token),
        ram_bytes: entry.simulated(IN_PROCESS).map(Figures::ram_bytes),
        flash_bytes: entry.simulated(IN_PROCESS).map(Figures::flash_bytes),
        identical_on: entry.identical().join(" "),
        caveats: entry.caveats().iter().map(|caveat| caveat.text.clone()).collect(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
