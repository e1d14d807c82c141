//! Whether one entry is better than another, or only luckier: from records alone, the same figures on every machine.
//!
//! Items are a sample of all that a task could have asked. The bootstrap draws them again, with replacement, [`RESAMPLES`] times,
//! and takes the difference of the two scores each time (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
//! chapters 8 and 13: percentile interval). Items that both entries had are drawn for both at once (paired), so that what
//! is hard for both doesn't blur the difference; fresh items, which each has its own of, are drawn for each. Groups are drawn
//! from one by one (stratified) if all have [`STRATUM`] items or more.
//!
//! The random numbers are SplitMix64's from a fixed seed, and of floating point only what IEEE 754 rounds correctly is used (no
//! logarithms, no powers), so nothing depends on the machine. The two are put in the order of their artifacts'
//! digests first: B against A gives what A against B gives, with the signs turned.

mod decide;
mod draw;
mod interval;
mod published;
mod strata;
#[cfg(test)]
mod tests;

use crate::{ItemScore, Outcome, Parts, Score, TaskScore};
use golf_core::Cost;
use serde::Serialize;
use std::fmt;
use strata::{Stratum, pair};

pub use decide::decide;
pub use interval::interval;
pub use published::{Published, PublishedStratum, PublishedTask};
pub use strata::Part;

/// Times that the items are drawn again. One more divides by forty, so the 95 % interval ends at whole ranks: the 250th from each side.
pub const RESAMPLES: usize = 9_999;
/// A difference is more than luck if p is at most this.
pub const LEVEL: f64 = 0.05;
/// With fewer items than this nothing can be told: the bootstrap would take the few for all there is.
pub const ENOUGH: usize = 8;
/// Smallest group that is drawn from on its own.
pub const STRATUM: usize = 5;
/// Standard errors that a true difference needs to be found at [`LEVEL`] (two-sided) four times in five: the normal distribution's
/// quantiles at 0.975 and at 0.8.
const POWER: f64 = 1.959_963_984_540_054 + 0.841_621_233_572_914;

/// Two entries on one task. Figures are bits per byte, or shares from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// `id@version`.
    pub task: String,
    /// Whether the smaller score is the better one.
    pub less_is_better: bool,
    /// The first entry's score.
    pub a: f64,
    /// The second's.
    pub b: f64,
    /// The first less the second.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How often luck alone would give as large a difference, two-sided; consistent with the interval, which leaves zero out exactly if this
    /// is at most 0.05.
    pub p: f64,
    /// The smallest true difference that would be found four times in five; none if no item of either differs from its others, as where all are
    /// wrong: then nothing is known of the spread.
    pub detectable: Option<f64>,
    /// Items that both had.
    pub paired: usize,
    /// Items that only the first had, and only the second.
    pub unpaired: [usize; 2],
}

/// Why two scores can't be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomparable {
    /// One of them has no score on the task.
    Missing {
        /// The submission.
        slug: String,
    },
    /// They were examined on different versions of the task, or in different seasons.
    Versions,
    /// They don't have the same items where they should.
    Items,
    /// Fewer items than [`ENOUGH`].
    TooFew {
        /// How many.
        items: usize,
    },
}

impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { slug } => write!(f, "`{slug}` has no recorded score; `cargo golf score {slug}` makes one"),
            Self::Versions => {
                write!(
                    f,
                    "the recorded scores are of different versions or seasons; `cargo golf run` brings them up to date"
                )
            }
            Self::Items => {
                write!(f, "the recorded scores are not of the same items; `cargo golf run --force` makes them anew")
            }
            Self::TooFew { items } => write!(f, "{items} items are too few to tell; it takes {ENOUGH}"),
        }
    }
}

impl std::error::Error for Incomparable {}

/// Who is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first.
    First,
    /// The second.
    Second,
    /// It may be luck.
    Tied,
}

impl Comparison {
    /// Compares the recorded scores of two entries on a task.
    ///
    /// # Errors
    /// If they can't be compared.
    pub fn of(a: &Score, b: &Score, task: &str) -> Result<Self, Incomparable> {
        let (strata, less_is_better, [first, second]) = pair(a, b, task)?;
        let swapped = a.artifact.sha256 > b.artifact.sha256;
        let drawn: Vec<Stratum> = if swapped { strata.iter().map(Stratum::swapped).collect() } else { strata.clone() };
        let mut estimate = Estimate::of(&drawn);
        if swapped {
            estimate =
                Estimate { difference: -estimate.difference, low: -estimate.high, high: -estimate.low, p: estimate.p };
        }
        let unit = if less_is_better { Cost::BIT.0 as f64 } else { 1.0 };
        Ok(Comparison {
            task: first.name(),
            less_is_better,
            a: first.summary().headline(),
            b: second.summary().headline(),
            difference: estimate.difference / unit,
            low: estimate.low / unit,
            high: estimate.high / unit,
            p: estimate.p,
            detectable: resolution(&strata).map(|difference| difference / unit),
            paired: strata.iter().map(Stratum::paired).sum(),
            unpaired: [0, 1].map(|side| strata.iter().map(|stratum| stratum.unpaired(side)).sum()),
        })
    }

    /// Who is better, if that is more than luck.
    pub fn verdict(&self) -> Verdict {
        if self.p > LEVEL {
            Verdict::Tied
        } else if (self.difference < 0.0) == self.less_is_better {
            Verdict::First
        } else {
            Verdict::Second
        }
    }
}

/// What [`Comparison::detectable`] holds, without drawing anything.
pub(crate) fn detectable(a: &Score, b: &Score, task: &str) -> Option<f64> {
    let (strata, less_is_better, _) = pair(a, b, task).ok()?;
    Some(resolution(&strata)? / if less_is_better { Cost::BIT.0 as f64 } else { 1.0 })
}

/// The scores of two independent sets of items, and what luck alone would give of their difference. Neither may be empty.
pub fn between(first: Vec<Part>, second: Vec<Part>) -> (f64, f64, f64) {
    let strata = [Stratum::Independent([first, second])];
    (ratio(&strata, 0), ratio(&strata, 1), Estimate::of(&strata).p)
}

/// An entry's score on a task's fixed items and on its fresh ones; none if there are less than [`ENOUGH`] of either. Of documents it is what they cost over the
/// ideal, if that is known of all: what a text holds that nobody can foresee doesn't count.
pub fn fixed_against_fresh(task: &TaskScore) -> Option<Parts> {
    let ideal = |item: &ItemScore| if let Outcome::Document { ideal, .. } = item.outcome { ideal } else { None };
    let is_ideal_known = task.items.iter().all(|item| ideal(item).is_some());
    let part = |item: &ItemScore| {
        let Part { value, weight } = Part::of(item);
        Part { value: value - ideal(item).filter(|_| is_ideal_known).unwrap_or(0) as i64, weight }
    };
    let [fixed, fresh] = [false, true]
        .map(|fresh| task.items.iter().filter(|item| item.fresh == fresh).map(part).collect::<Vec<Part>>());
    if fixed.len().min(fresh.len()) < ENOUGH {
        return None;
    }
    let less_is_better = matches!(task.items[0].outcome, Outcome::Document { .. });
    let unit = if less_is_better { Cost::BIT.0 as f64 } else { 1.0 };
    let (fixed, fresh, p) = between(fixed, fresh);
    Some(Parts { task: task.name(), fixed: fixed / unit, fresh: fresh / unit, less_is_better, p })
}

/// What the bootstrap finds, in units of value over weight.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    difference: f64,
    low: f64,
    high: f64,
    p: f64,
}

impl Estimate {
    fn of(strata: &[Stratum]) -> Self {
        let difference = ratio(strata, 0) - ratio(strata, 1);
        let mut drawn: Vec<f64> = draw::differences(strata).take(RESAMPLES).collect();
        drawn.sort_by(f64::total_cmp);
        let tail = (RESAMPLES + 1) / 40;
        let (below, above) = (drawn.iter().filter(|&&d| d <= 0.0).count(), drawn.iter().filter(|&&d| d >= 0.0).count());
        Estimate { difference, low: drawn[tail - 1], high: drawn[RESAMPLES - tail], p: p_of(below.min(above)) }
    }
}

/// How often luck would give as large a difference, two-sided, if this many of the differences drawn lie on the rarer side of zero.
fn p_of(rarer: usize) -> f64 {
    (2.0 * (1 + rarer) as f64 / (RESAMPLES + 1) as f64).min(1.0)
}

/// An entry's score.
fn ratio(strata: &[Stratum], side: usize) -> f64 {
    let parts = strata.iter().flat_map(|stratum| stratum.parts(side));
    let (value, weight) = parts.fold((0, 0), |(value, weight), part| (value + part.value, weight + part.weight));
    value as f64 / weight as f64
}

/// What [`Comparison::detectable`] holds.
fn resolution(strata: &[Stratum]) -> Option<f64> {
    Some(POWER * standard_error(strata)).filter(|&difference| difference > 0.0)
}

/// Of the difference, to first order: every item's residual is what it moves the difference by (Cochran, Sampling Techniques, 1977, section 6.4).
fn standard_error(strata: &[Stratum]) -> f64 {
    let of_side = |side: usize| {
        let weight: u64 = strata.iter().flat_map(|stratum| stratum.parts(side)).map(|part| part.weight).sum();
        let score = ratio(strata, side);
        move |part: Part| (part.value as f64 - score * part.weight as f64) / weight as f64
    };
    let (first, second) = (of_side(0), of_side(1));
    let variance = |stratum: &Stratum| match stratum {
        Stratum::Paired(pairs) => sum_of_squares(pairs.iter().map(|&[a, b]| first(a) - second(b)).collect()),
        Stratum::Independent([a, b]) => {
            sum_of_squares(a.iter().map(|&part| first(part)).collect())
                + sum_of_squares(b.iter().map(|&part| second(part)).collect())
        }
    };
    strata.iter().map(variance).sum::<f64>().sqrt()
}

/// About the mean, times n / (n - 1).
fn sum_of_squares(residuals: Vec<f64>) -> f64 {
    let n = residuals.len() as f64;
    let mean = residuals.iter().sum::<f64>() / n;
    residuals.iter().map(|residual| (residual - mean) * (residual - mean)).sum::<f64>() * n / (n - 1.0).max(1.0)
}
