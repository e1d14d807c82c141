//! Finding the name that was meant.

/// Longest name that is compared, in bytes.
const LONGEST: usize = 64;

/// The candidate that is at most a third of its letters away from `name`, the nearest of them.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(name.as_bytes(), candidate.to_lowercase().as_bytes()), candidate))
        .filter(|&(distance, candidate)| distance * 3 <= candidate.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
                let best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                if swapped { best.min(rows[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["license", "name", "head_dim"];
        assert_eq!(nearest("licence", names), Some("license"));
        assert_eq!(nearest("heddim", names), Some("head_dim"));
        assert_eq!(nearest("Name", names), Some("name"));
        assert_eq!(nearest("naem", names), Some("name"));
        assert_eq!(nearest("colour", names), None);
    }
}
