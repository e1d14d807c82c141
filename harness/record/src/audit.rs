//! `results/<slug>/audit.json`: whether an artifact knows the tasks better than it should, with the evidence.
//!
//! A finding becomes a caveat, which stands beside the score wherever that is shown. It never takes a score away: that is up to people, who can add
//! caveats of their own by hand.

use crate::grouped;
use serde::{Deserialize, Serialize};

/// Bytes that a text and an artifact have in common before it is a finding: five words or six. The longest words that a tokenizer learns are half as long.
pub const VERBATIM: u64 = 32;
/// A difference counts only if luck gives it less often than this: there are many entries and tasks.
pub const SUSPICION: f64 = 0.001;
/// The headline task may cost an entry this share less than other text of the kind, both next to what they cost a model without knowledge.
pub const LEEWAY: f64 = 0.2;

/// What was looked for in one artifact, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Version of this format: 1.
    pub schema: u32,
    /// The submission's folder.
    pub slug: String,
    /// Of the artifact, lower-case hexadecimal.
    pub artifact_sha256: String,
    /// The season of the scores.
    pub season: String,
    /// The tasks that were looked at, as `id@version`.
    pub tasks: Vec<String>,
    /// The longest piece of a task's files that stands in the artifact as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// Items that are the same for all, against items made for this artifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Parts>,
    /// The headline task against other text, if some was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// What readers should know.
    pub caveats: Vec<Caveat>,
}

/// A piece of a task's text that stands in the artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Overlap {
    /// The task.
    pub task: String,
    /// The item.
    pub item: String,
    /// Its length.
    pub bytes: u64,
    /// Its beginning, at most 80 characters.
    pub text: String,
}

/// A task's fixed items against its fresh ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// The task, as `id@version`.
    pub task: String,
    /// The score on the fixed items; of documents, over the ideal where that is known.
    pub fixed: f64,
    /// The score on the fresh ones.
    pub fresh: f64,
    /// Whether less is better.
    pub less_is_better: bool,
    /// What luck alone would give.
    pub p: f64,
}

/// The headline task's text against other text. Costs are shares of what the same text costs a model that starts without knowledge (context mixing of
/// six orders), so that harder text doesn't count against an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// SHA-256 of the other text's files, in their order.
    pub texts: Vec<String>,
    /// Bytes of it that were scored.
    pub bytes: u64,
    /// The share on the headline task.
    pub headline: f64,
    /// The share on the other text.
    pub other: f64,
    /// What luck alone would give.
    pub p: f64,
}

/// What readers should know of a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Caveat {
    /// Where it comes from.
    pub kind: CaveatKind,
    /// A sentence.
    pub text: String,
}

/// Where a caveat comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaveatKind {
    /// [`Audit::overlap`]
    Verbatim,
    /// [`Audit::parts`]
    FixedOverFresh,
    /// [`Audit::held_out`]
    HeldOut,
    /// A reviewer, by hand.
    Review,
}

impl Audit {
    /// With the caveats that the evidence calls for; a reviewer's stay.
    #[must_use]
    pub fn judged(mut self) -> Self {
        self.caveats.retain(|caveat| caveat.kind == CaveatKind::Review);
        let overlap = self.overlap.iter().filter(|overlap| overlap.bytes >= VERBATIM).map(|found| Caveat {
            kind: CaveatKind::Verbatim,
            text: format!(
                "The artifact holds {} bytes of the item {} of {} word for word.",
                grouped(found.bytes),
                found.item,
                found.task
            ),
        });
        let is_better = |parts: &&Parts| (parts.fixed < parts.fresh) == parts.less_is_better;
        let parts = self.parts.iter().filter(|parts| parts.p <= SUSPICION).filter(is_better).map(|parts| Caveat {
            kind: CaveatKind::FixedOverFresh,
            text: format!(
                "On {} it does better on the items that are public ({:.4}) than on fresh ones ({:.4}, p = {:.4}).",
                parts.task, parts.fixed, parts.fresh, parts.p
            ),
        });
        let held_out =
            self.held_out.iter().filter(|found| found.p <= SUSPICION && found.headline < (1.0 - LEEWAY) * found.other);
        let held_out = held_out.map(|found| Caveat {
            kind: CaveatKind::HeldOut,
            text: format!(
                "The headline task's text costs it {:.0} % of what it costs a model without knowledge, other text {:.0} % (p = {:.4}).",
                100.0 * found.headline,
                100.0 * found.other,
                found.p
            ),
        });
        let found: Vec<Caveat> = overlap.chain(parts).chain(held_out).collect();
        self.caveats.splice(0..0, found);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_becomes_caveats_and_those_of_reviewers_stay() {
        let review = Caveat { kind: CaveatKind::Review, text: "Trained on the tasks, says its README.".into() };
        let parts = |fixed, p| Parts { task: "log@1".into(), fixed, fresh: 0.5, less_is_better: true, p };
        let overlap = |bytes| Overlap { task: "prose@1".into(), item: "001".into(), bytes, text: String::new() };
        let held_out = |headline| HeldOut { texts: vec![], bytes: 1, headline, other: 0.5, p: 0.0002 };
        let audit = Audit {
            schema: 1,
            slug: "x".into(),
            artifact_sha256: String::new(),
            season: "s".into(),
            tasks: vec![],
            overlap: Some(overlap(1_234)),
            parts: vec![parts(0.1, 0.0002), parts(0.1, 0.01), parts(0.6, 0.0002)],
            held_out: Some(held_out(0.2)),
            caveats: vec![review.clone()],
        };
        let judged = audit.judged();
        let kinds: Vec<CaveatKind> = judged.caveats.iter().map(|caveat| caveat.kind).collect();
        let all = [CaveatKind::Verbatim, CaveatKind::FixedOverFresh, CaveatKind::HeldOut, CaveatKind::Review];
        assert_eq!(kinds, all);
        assert!(judged.caveats[0].text.contains("1,234 bytes of the item 001"));
        assert_eq!(judged.clone().judged(), judged);
        let innocent = Audit { overlap: Some(overlap(31)), parts: vec![], held_out: Some(held_out(0.45)), ..judged };
        assert_eq!(innocent.judged().caveats, [review]);
    }
}
