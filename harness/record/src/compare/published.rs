//! What browsers need to compare entries as [`Comparison`](super::Comparison) does: the parts of every item.

use super::Part;
use crate::{ItemScore, Outcome, Score, TaskScore};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An entry's items on all its tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The submission.
    pub slug: String,
    /// SHA-256 of the artifact: it decides who comes first when items are drawn.
    pub artifact: String,
    /// The season of the fresh items.
    pub season: String,
    /// Task by task.
    pub tasks: Vec<PublishedTask>,
}

/// The items of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedTask {
    /// The task.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Whether values are costs and weights bytes; otherwise values are 1 for right and 0 for wrong, and every weight is 1.
    pub less_is_better: bool,
    /// In the order of the items.
    pub strata: Vec<PublishedStratum>,
}

/// Items of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedStratum {
    /// The group.
    pub group: String,
    /// Whether they were made for this artifact only.
    pub fresh: bool,
    /// Begins the SHA-256 of their ids, a line each: with the same, items are the same one by one.
    pub ids: String,
    /// Of each item.
    pub values: Vec<i64>,
    /// Of each item; none if all are 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<u64>>,
}

impl Published {
    /// Of an entry's score.
    pub fn of(score: &Score) -> Self {
        Published {
            slug: score.slug.clone(),
            artifact: score.artifact.sha256.clone(),
            season: score.season.clone(),
            tasks: score.tasks.iter().map(task).collect(),
        }
    }
}

fn task(task: &TaskScore) -> PublishedTask {
    let mut strata: Vec<Vec<&ItemScore>> = vec![];
    for item in &task.items {
        match strata.iter_mut().find(|items| items[0].group == item.group && items[0].fresh == item.fresh) {
            Some(items) => items.push(item),
            None => strata.push(vec![item]),
        }
    }
    let less_is_better = matches!(task.items.first().map(|item| &item.outcome), Some(Outcome::Document { .. }));
    let stratum = |items: Vec<&ItemScore>| {
        let parts: Vec<Part> = items.iter().map(|item| Part::of(item)).collect();
        let mut ids = Sha256::new();
        items.iter().for_each(|item| ids.update(format!("{}\n", item.id)));
        PublishedStratum {
            group: items[0].group.clone(),
            fresh: items[0].fresh,
            ids: crate::submission::hex(&ids.finalize()[..8]),
            values: parts.iter().map(|part| part.value).collect(),
            weights: less_is_better.then(|| parts.iter().map(|part| part.weight).collect()),
        }
    };
    PublishedTask {
        id: task.id.clone(),
        version: task.version,
        less_is_better,
        strata: strata.into_iter().map(stratum).collect(),
    }
}
