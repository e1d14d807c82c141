//! Who is better, without the figures: what ranks a board of a thousand entries in seconds.

use super::{Incomparable, LEVEL, RESAMPLES, Stratum, Verdict, draw, p_of, pair, ratio};
use crate::Score;

/// What [`Comparison::verdict`](super::Comparison::verdict) says, with no more drawn than it takes: nothing where one is better item by item, and of a tie only
/// until it is sure.
///
/// # Errors
/// If the two can't be compared.
pub fn decide(a: &Score, b: &Score, task: &str) -> Result<Verdict, Incomparable> {
    let (strata, less_is_better, _) = pair(a, b, task)?;
    // The order in which a comparison draws them.
    let swapped = a.artifact.sha256 > b.artifact.sha256;
    let drawn: Vec<Stratum> = if swapped { strata.iter().map(Stratum::swapped).collect() } else { strata.clone() };
    if !is_one_sided(&strata) {
        let (mut below, mut above) = (0, 0);
        for difference in draw::differences(&drawn).take(RESAMPLES) {
            below += usize::from(difference <= 0.0);
            above += usize::from(difference >= 0.0);
            if p_of(below.min(above)) > LEVEL {
                return Ok(Verdict::Tied);
            }
        }
    }
    let is_less = ratio(&strata, 0) < ratio(&strata, 1);
    Ok(if is_less == less_is_better { Verdict::First } else { Verdict::Second })
}

/// Whether one has the smaller value of every item that both have, and there are no others: then it has whatever is drawn.
fn is_one_sided(strata: &[Stratum]) -> bool {
    let mut orders = strata.iter().flat_map(|stratum| match stratum {
        // Their weights are equal.
        Stratum::Paired(pairs) => pairs.iter().map(|[a, b]| a.value.cmp(&b.value)).collect(),
        Stratum::Independent(_) => vec![std::cmp::Ordering::Equal],
    });
    let first = orders.next();
    first.is_some_and(|first| first.is_ne() && orders.all(|order| order == first))
}
