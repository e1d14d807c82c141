//! What two scores have in common: their items, stratum by stratum.

use super::{ENOUGH, Incomparable, STRATUM};
use crate::{ItemScore, Outcome, Score, TaskScore};
use std::collections::{BTreeMap, HashMap};

/// What an item adds to a score's numerator and denominator: cost and bytes, or right and one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Of the numerator.
    pub value: i64,
    /// Of the denominator.
    pub weight: u64,
}

impl Part {
    pub(super) fn of(item: &ItemScore) -> Self {
        match item.outcome {
            Outcome::Document { bytes, cost, .. } => Part { value: cost as i64, weight: bytes },
            Outcome::Choice { answer, picked, .. } => Part { value: i64::from(answer == picked), weight: 1 },
            Outcome::Generate { right, .. } => Part { value: i64::from(right), weight: 1 },
        }
    }
}

/// Items that are drawn from together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stratum {
    /// Both entries had them.
    Paired(Vec<[Part; 2]>),
    /// Each had its own.
    Independent([Vec<Part>; 2]),
}

impl Stratum {
    pub(super) fn swapped(&self) -> Self {
        match self {
            Stratum::Paired(pairs) => Stratum::Paired(pairs.iter().map(|&[a, b]| [b, a]).collect()),
            Stratum::Independent([a, b]) => Stratum::Independent([b.clone(), a.clone()]),
        }
    }

    pub(super) fn paired(&self) -> usize {
        if let Stratum::Paired(pairs) = self { pairs.len() } else { 0 }
    }

    pub(super) fn unpaired(&self, side: usize) -> usize {
        if let Stratum::Independent(sides) = self { sides[side].len() } else { 0 }
    }

    pub(super) fn parts(&self, side: usize) -> impl Iterator<Item = Part> {
        let (pairs, own): (&[[Part; 2]], &[Part]) = match self {
            Stratum::Paired(pairs) => (pairs, &[]),
            Stratum::Independent(sides) => (&[], &sides[side]),
        };
        pairs.iter().map(move |pair| pair[side]).chain(own.iter().copied())
    }
}

pub(super) type Pair<'a> = (Vec<Stratum>, bool, [&'a TaskScore; 2]);

/// Two scores' items on a task, stratum by stratum.
pub(super) fn pair<'a>(a: &'a Score, b: &'a Score, task: &str) -> Result<Pair<'a>, Incomparable> {
    let find = |score: &'a Score| score.task(task).ok_or_else(|| Incomparable::Missing { slug: score.slug.clone() });
    let tasks = [find(a)?, find(b)?];
    let is_fresh = tasks[0].items.iter().any(|item| item.fresh);
    if tasks[0].version != tasks[1].version || (is_fresh && a.season != b.season) {
        return Err(Incomparable::Versions);
    }
    let items = tasks.map(|task| task.items.len());
    let fewest = items[0].min(items[1]);
    if fewest < ENOUGH {
        return Err(Incomparable::TooFew { items: fewest });
    }
    let is_document = |item: &ItemScore| matches!(item.outcome, Outcome::Document { .. });
    let less_is_better = is_document(&tasks[0].items[0]);
    if tasks.iter().any(|task| task.items.iter().any(|item| is_document(item) != less_is_better)) {
        return Err(Incomparable::Items);
    }
    let mut strata = vec![];
    for fresh in [false, true] {
        let [first, second] =
            tasks.map(|task| task.items.iter().filter(|item| item.fresh == fresh).collect::<Vec<_>>());
        let groups = by_group(&first, &second);
        if fresh {
            let parts = |items: Vec<&ItemScore>| items.into_iter().map(Part::of).collect::<Vec<_>>();
            strata.extend(groups.into_iter().map(|[a, b]| Stratum::Independent([parts(a), parts(b)])));
            continue;
        }
        for [first, second] in groups {
            let others: HashMap<&str, &ItemScore> = second.iter().map(|item| (item.id.as_str(), *item)).collect();
            let pair = |item: &ItemScore| {
                let [a, b] = [Part::of(item), Part::of(others.get(item.id.as_str())?)];
                (a.weight == b.weight).then_some([a, b])
            };
            let pairs: Option<Vec<_>> = first.iter().map(|item| pair(item)).collect();
            let pairs = pairs.filter(|pairs| pairs.len() == second.len()).ok_or(Incomparable::Items)?;
            strata.push(Stratum::Paired(pairs));
        }
    }
    strata.retain(|stratum| [0, 1].iter().any(|&side| stratum.parts(side).next().is_some()));
    Ok((strata, less_is_better, tasks))
}

/// By group, if both sides have enough of each; else all together.
pub(super) fn by_group<'a>(first: &[&'a ItemScore], second: &[&'a ItemScore]) -> Vec<[Vec<&'a ItemScore>; 2]> {
    let mut groups: BTreeMap<&str, [Vec<&ItemScore>; 2]> = BTreeMap::new();
    for (side, items) in [first, second].into_iter().enumerate() {
        items.iter().for_each(|item| groups.entry(&item.group).or_default()[side].push(item));
    }
    if groups.values().flatten().any(|items| items.len() < STRATUM) {
        return vec![[first.to_vec(), second.to_vec()]];
    }
    groups.into_values().collect()
}
