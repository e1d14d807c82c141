//! How far a single score could have come out otherwise, had the task drawn other items.

use super::strata::{Part, by_group};
use super::{ENOUGH, draw};
use crate::{ItemScore, Outcome, TaskScore};
use golf_core::Cost;

/// Times that documents are drawn again: fewer than for comparisons, as nothing is decided by it. It ends at whole ranks too, the 50th from each side.
const TIMES: usize = 1_999;

/// The 95 % interval of a task's score by the bootstrap, in bits per byte or as a share; none of fewer items than [`ENOUGH`].
///
/// Documents are drawn again as in a [`Comparison`](super::Comparison). Of items that are right or wrong, the number that is right follows a sum of binomial
/// distributions, one a stratum, so that nothing need be drawn: this is what the bootstrap comes to with ever more draws (the ideal bootstrap, Efron and
/// Tibshirani, chapter 6).
pub fn interval(task: &TaskScore) -> Option<[f64; 2]> {
    if task.items.len() < ENOUGH {
        return None;
    }
    let strata: Vec<Vec<Part>> = [false, true]
        .into_iter()
        .flat_map(|fresh| {
            let items: Vec<&ItemScore> = task.items.iter().filter(|item| item.fresh == fresh).collect();
            by_group(&items, &items)
        })
        .map(|[items, _]| items.into_iter().map(Part::of).collect())
        .collect();
    if matches!(task.items[0].outcome, Outcome::Document { .. }) {
        let mut drawn = draw::ratios(&strata, TIMES);
        let tail = (TIMES + 1) / 40;
        let mut at = |rank: usize| *drawn.select_nth_unstable_by(rank, f64::total_cmp).1;
        let ends = [at(tail - 1), at(TIMES - tail)];
        return Some(ends.map(|end| end / Cost::BIT.0 as f64));
    }
    let distribution = right(&strata);
    let reached = |share: f64| {
        let mut sum = 0.0;
        let at = distribution.iter().position(|probability| {
            sum += probability;
            sum >= share
        });
        at.unwrap_or(distribution.len() - 1) as f64 / task.items.len() as f64
    };
    Some([reached(0.025), reached(0.975)])
}

/// How likely each number of right items is when every stratum is drawn from again: item by item, each right with the share of its stratum.
fn right(strata: &[Vec<Part>]) -> Vec<f64> {
    let mut distribution = vec![0.0; strata.iter().map(Vec::len).sum::<usize>() + 1];
    distribution[0] = 1.0;
    let mut most = 0;
    for stratum in strata {
        let share = stratum.iter().map(|part| part.value).sum::<i64>() as f64 / stratum.len().max(1) as f64;
        for _ in stratum {
            most += 1;
            for count in (0..=most).rev() {
                let one_less = if count > 0 { distribution[count - 1] } else { 0.0 };
                distribution[count] = distribution[count] * (1.0 - share) + one_less * share;
            }
        }
    }
    distribution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(right: usize, of: usize) -> TaskScore {
        let item = |index: usize| ItemScore {
            id: index.to_string(),
            group: String::new(),
            fresh: false,
            outcome: Outcome::Generate { right: index < right, output: String::new() },
        };
        TaskScore::new("x", 1, (0..of).map(item).collect())
    }

    #[test]
    fn shares_have_the_binomial_s_quantiles() {
        // The 2.5 and 97.5 percent points of the binomial distribution with n = 100, p = 0.5 are 40 and 60; with n = 20, p = 0.1 they are 0 and 5.
        assert_eq!(interval(&answers(50, 100)), Some([0.40, 0.60]));
        assert_eq!(interval(&answers(2, 20)), Some([0.0, 0.25]));
        assert_eq!(interval(&answers(0, 100)), Some([0.0, 0.0]));
        assert_eq!(interval(&answers(3, 7)), None);
    }

    #[test]
    fn documents_are_drawn_and_the_score_lies_within() {
        let document = |index: u64| ItemScore {
            id: index.to_string(),
            group: String::new(),
            fresh: false,
            outcome: Outcome::Document { bytes: 1_000, tokens: 1, cost: (100 + index) * 655_360, ideal: None },
        };
        let task = TaskScore::new("x", 1, (0..40).map(document).collect());
        let [low, high] = interval(&task).unwrap();
        let score = task.summary().headline();
        // The mean of 40 values whose deviation is 11.5 hundredths: a standard error of 0.0182.
        assert!((score - low - 1.96 * 0.0182).abs() < 0.003 && (high - score - 1.96 * 0.0182).abs() < 0.003);
    }
}
