//! What all pages need to know.

use crate::html::Html;
use crate::{Site, SiteError, format};
use golf_core::budget::CLASSES;
use golf_record::{Entry, HEADLINE, Outcome, Place, RowKind, Summary, TaskScore};
use golf_task::{Definition, Kind};
use std::collections::{BTreeMap, HashMap};

/// The site with its tasks in order.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    pub(crate) site: &'a Site<'a>,
    /// Those that entries have scores on, then the others; the headline task first.
    pub(crate) tasks: Vec<Task<'a>>,
    /// Entries by task, best first.
    rankings: BTreeMap<&'a str, Vec<(&'a Entry, &'a TaskScore)>>,
    places: HashMap<(u64, &'a str), Place>,
}

/// A task, defined or only met in records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: Kind,
    pub(crate) definition: Option<&'a Definition>,
}

impl<'a> Book<'a> {
    /// Checks every name that becomes part of a path.
    pub(crate) fn of(site: &'a Site<'a>) -> Result<Self, SiteError> {
        let slugs = site.board.entries.iter().map(|entry| entry.slug.as_str());
        let defined = site.tasks.iter().map(|task| task.id.as_str());
        let scored = site.board.tasks.iter().map(String::as_str);
        let rows = site.public.iter().flat_map(|table| &table.rows);
        let public = rows.filter(|row| row.kind == RowKind::Entry).map(|row| row.name.as_str());
        let public = public.chain(site.public.iter().map(|table| table.task.as_str()));
        if let Some(name) = slugs.chain(public).chain(defined.clone()).chain(scored.clone()).find(|name| !is_name(name))
        {
            return Err(SiteError::Name(name.to_owned()));
        }
        let mut ids: Vec<&str> = scored.collect();
        ids.extend(defined.filter(|id| !site.board.tasks.iter().any(|task| task == id)));
        ids.sort_by_key(|&id| id != HEADLINE);
        let tasks: Vec<Task<'a>> = ids.into_iter().map(|id| Task::of(site, id)).collect();
        let rankings = tasks.iter().map(|task| (task.id, ranking(site, task))).collect();
        let places_of =
            |limit| site.board.ranking(limit).map(move |(place, entry)| ((limit, entry.slug.as_str()), place));
        let places = CLASSES.into_iter().flat_map(places_of).collect();
        Ok(Book { site, tasks, rankings, places })
    }

    /// Tasks that an entry has a score on.
    pub(crate) fn scored_tasks(&self) -> impl Iterator<Item = &Task<'a>> {
        self.tasks.iter().filter(|task| self.site.board.tasks.iter().any(|id| id == task.id))
    }

    /// Entries with a score on the task, best first.
    pub(crate) fn ranking(&self, task: &Task<'_>) -> &[(&'a Entry, &'a TaskScore)] {
        self.rankings.get(task.id).map_or(&[], Vec::as_slice)
    }

    /// An entry's place in a class, if it is in it.
    pub(crate) fn place(&self, limit: u64, slug: &str) -> Option<Place> {
        self.places.get(&(limit, slug)).copied()
    }
}

fn ranking<'a>(site: &Site<'a>, task: &Task<'_>) -> Vec<(&'a Entry, &'a TaskScore)> {
    let scored = |entry: &'a Entry| Some((entry, entry.score.as_ref()?.task(task.id)?));
    let mut found: Vec<_> = site.board.entries.iter().filter_map(scored).collect();
    // Stable: ties keep the order of the leaderboard.
    let key = |score: &TaskScore| score.summary().headline() * if task.less_is_better() { 1.0 } else { -1.0 };
    let mut keyed: Vec<_> = found.drain(..).map(|found| (key(found.1), found)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    keyed.into_iter().map(|(_, found)| found).collect()
}

impl<'a> Task<'a> {
    fn of(site: &'a Site<'a>, id: &'a str) -> Self {
        let definition = site.tasks.iter().find(|task| task.id == id);
        let scores = site.board.entries.iter().filter_map(|entry| entry.score.as_ref()?.task(id));
        let met = scores.flat_map(|score| score.items.first()).map(|item| match item.outcome {
            Outcome::Document { .. } => Kind::BitsPerByte,
            Outcome::Choice { .. } => Kind::Choice,
            Outcome::Generate { .. } => Kind::Generate,
        });
        let kind = definition.map(|task| task.kind).or_else(|| met.into_iter().next()).unwrap_or(Kind::BitsPerByte);
        Task { id, kind, definition }
    }

    /// For people.
    pub(crate) fn title(&self) -> &'a str {
        self.definition.map_or(self.id, |task| task.title.as_str())
    }

    /// Whether lower figures are the better ones.
    pub(crate) fn less_is_better(&self) -> bool {
        self.kind == Kind::BitsPerByte
    }

    /// What the figures are, for the head of a column.
    pub(crate) fn unit(&self) -> &'static str {
        if self.less_is_better() { "bits/byte" } else { "%\u{a0}right" }
    }

    /// A figure as it is shown in tables.
    pub(crate) fn figure(&self, value: f64) -> String {
        if self.less_is_better() { format::bits(value) } else { format!("{:.1}", value * 100.0) }
    }
}

/// A figure as it is shown, with the one of `leaderboard.csv` in the source.
pub(crate) fn figure(task: &Task<'_>, summary: Summary) -> Html {
    let value = summary.headline();
    Html::of(|h| h.leaf("data", &[("value", &format::exact(value))], &task.figure(value)))
}

/// What a guess among the options would get right; none if the task has no options.
pub(crate) fn chance<'a>(scores: impl IntoIterator<Item = &'a TaskScore>) -> Option<f64> {
    let (mut items, mut sum) = (0u64, 0.0);
    for item in scores.into_iter().flat_map(|score| &score.items) {
        let Outcome::Choice { costs, .. } = &item.outcome else { return None };
        items += 1;
        sum += 1.0 / costs.len().max(1) as f64;
    }
    (items > 0).then(|| sum / items as f64)
}

/// What a predictor that knows the source would score; none unless it is known of every document.
pub(crate) fn ideal(score: &TaskScore) -> Option<f64> {
    let is_known = |item: &golf_record::ItemScore| matches!(item.outcome, Outcome::Document { ideal: Some(_), .. });
    score.items.iter().all(is_known).then(|| score.summary().ideal_bits_per_byte()).flatten()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-')) && name.len() <= 100
}
