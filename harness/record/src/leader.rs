//! `results/leaders.json`: who has held the record of each class, one after the other.
//!
//! A record is taken only beyond the tie: by an entry whose paired difference to the holder on the headline task is more than luck
//! ([`compare`](crate::compare)). One that is ahead by less is ranked first, and the holder stays. A holder that is gone, or that was changed so that its recorded score isn't the one
//! it took the record with, loses it to the best there is.

use crate::compare::{Comparison, Verdict, decide};
use crate::{HEADLINE, Leaderboard, Score};
use golf_core::budget;
use serde::{Deserialize, Serialize};

/// The records of all classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Leaders {
    /// Version of this format: 1.
    pub schema: u32,
    /// In the order in which they were taken.
    pub leaders: Vec<Leader>,
}

/// A record taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Leader {
    /// Upper limit of the class in bytes.
    pub class: u64,
    /// The task, as `id@version`.
    pub task: String,
    /// Who took it.
    pub slug: String,
    /// SHA-256 of the artifact that did.
    pub artifact: String,
    /// Its cost on the task in 2^-16 bits.
    pub cost: u64,
    /// Bytes of the task's text.
    pub bytes: u64,
    /// The day on which it was recorded first, in UTC, `2026-11-21`; none if nobody noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Who held it before, if it was won against somebody who still was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What luck alone would have given, of that victory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

impl Leaders {
    /// Who holds a class's record.
    pub fn of(&self, class: u64) -> Option<&Leader> {
        self.leaders.iter().rev().find(|leader| leader.class == class)
    }

    /// With a day for those that have none yet.
    pub fn note(&mut self, day: &str) {
        self.leaders
            .iter_mut()
            .filter(|leader| leader.since.is_none())
            .for_each(|leader| leader.since = Some(day.into()));
    }

    /// With the records that a board's entries take.
    #[must_use]
    pub fn after(mut self, board: &Leaderboard) -> Self {
        self.schema = 1;
        for class in budget::CLASSES {
            let scores: Vec<&Score> = board.class(class).filter_map(|entry| entry.score.as_ref()).collect();
            let Some(&best) = scores.first() else { continue };
            let held = self.of(class).and_then(|leader| scores.iter().copied().find(|score| leader.is(score)));
            let taken = match held {
                None => Some(Leader::new(class, best, None)),
                // The best of those who win against the holder: not always the first, whose lead may be large and uncertain.
                Some(holder) => {
                    let ahead = scores.iter().take_while(|score| score.slug != holder.slug);
                    let won = ahead.copied().find(|score| decide(score, holder, HEADLINE) == Ok(Verdict::First));
                    let won = won.and_then(|score| Some((score, Comparison::of(score, holder, HEADLINE).ok()?.p)));
                    won.map(|(score, p)| Leader::new(class, score, Some((holder, p))))
                }
            };
            self.leaders.extend(taken);
        }
        self
    }
}

impl Leader {
    fn new(class: u64, score: &Score, won: Option<(&Score, f64)>) -> Self {
        let task = score.task(HEADLINE);
        let sum = task.map(crate::TaskScore::summary).unwrap_or_default();
        Leader {
            class,
            task: task.map(crate::TaskScore::name).unwrap_or_default(),
            slug: score.slug.clone(),
            artifact: score.artifact.sha256.clone(),
            cost: sum.cost,
            bytes: sum.bytes,
            since: None,
            from: won.map(|(holder, _)| holder.slug.clone()),
            p: won.map(|(_, p)| p),
        }
    }

    /// Whether this is the score that took the record.
    fn is(&self, score: &Score) -> bool {
        let sum = score.task(HEADLINE).map(|task| (task.name(), task.summary().cost, task.summary().bytes));
        self.slug == score.slug
            && self.artifact == score.artifact.sha256
            && sum == Some((self.task.clone(), self.cost, self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::tests::entry;

    fn holders(board: &Leaderboard) -> Vec<&str> {
        budget::CLASSES
            .iter()
            .map(|&class| board.leaders.of(class).map_or("-", |leader| leader.slug.as_str()))
            .collect()
    }

    #[test]
    fn a_record_is_taken_only_beyond_the_tie() {
        let first = Leaderboard::of(vec![entry("old", 50_000, 2_000, 300)]);
        assert_eq!(holders(&first), ["old"; 4]);
        assert_eq!(first.leaders.leaders[0].from, None);
        // Ahead, but by luck.
        let entries = vec![entry("old", 50_000, 2_000, 300), entry("new", 500_000, 1_990, 300)];
        let second = Leaderboard::after(first.leaders, entries.clone());
        assert_eq!(second.class(16_000_000).next().unwrap().slug, "new");
        assert_eq!((holders(&second), second.leaders.leaders.len()), (vec!["old"; 4], 4));
        // Ahead by more than that, in the classes that it fits.
        let better = [entries, vec![entry("best", 500_000, 1_800, 300)]].concat();
        let third = Leaderboard::after(second.leaders, better);
        assert_eq!(holders(&third), ["best", "best", "best", "old"]);
        let taken = third.leaders.of(1_000_000).unwrap();
        assert_eq!((taken.from.as_deref(), taken.p), (Some("old"), Some(0.0002)));
        // The same board again changes nothing.
        let again = Leaderboard::after(third.leaders.clone(), third.entries.clone());
        assert_eq!(again.leaders, third.leaders);
    }

    #[test]
    fn a_holder_that_is_gone_leaves_the_record_to_the_best() {
        let held = Leaderboard::of(vec![entry("gone", 50_000, 1_500, 300)]).leaders;
        let board = Leaderboard::after(held, vec![entry("left", 50_000, 2_000, 300)]);
        assert_eq!(holders(&board), ["left"; 4]);
        assert_eq!(board.leaders.leaders.len(), 8);
    }
}
