//! From counts to n-grams worth their bytes.
//!
//! What an n-gram is worth is the bits that it saves in the training text, by weighted differences (Seymore and Rosenfeld, "Scalable backoff language models",
//! 1996). Its discounted count is explained by its own order, and all else that was counted, pruned n-grams included, by the order below: the
//! counts of Kneser and Ney ("Improved backing-off for m-gram language modeling", 1995) as revised for pruning by Siivola, Hirsimäki and Virpioja ("On growing and
//! pruning Kneser-Ney smoothed n-gram models", 2007).

use crate::count::Level;
use golf_ngram::{Grams, Order};

/// Counts with what is derived from them once.
pub(crate) struct Candidates {
    levels: Vec<Level>,
    /// By order and n-gram: the same without its first word, a place in the order below.
    suffixes: Vec<Vec<u32>>,
    /// Bits that each saves.
    gains: Vec<Vec<f32>>,
    /// Discounts of each order for counts of 1, 2, and more.
    discounts: Vec<[f32; 3]>,
}

/// How n-grams are chosen and stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// Bits that an n-gram must save.
    pub(crate) threshold: f32,
    /// Steps of a boost per bit.
    pub(crate) steps: f32,
}

impl Candidates {
    pub(crate) fn new(levels: Vec<Level>, stronger: f32) -> Self {
        let discounts: Vec<_> = levels.iter().map(|level| discounts(&level.counts).map(|d| d * stronger)).collect();
        let mut suffixes: Vec<Vec<u32>> = vec![Vec::new()];
        let all = levels[0].counts.iter().map(|&count| f64::from(count)).sum::<f64>();
        let mut likelihoods: Vec<f32> = levels[0].counts.iter().map(|&c| ((f64::from(c) + 0.1) / all) as f32).collect();
        let mut gains = vec![Vec::new()];
        for order in 1..levels.len() {
            let level = &levels[order];
            let mut found = Vec::with_capacity(level.tokens.len());
            if order == 1 {
                found.extend(level.tokens.iter().map(|&token| u32::from(token)));
            } else {
                for (history, &suffix) in suffixes[order - 1].iter().enumerate() {
                    let mut place = levels[order - 1].first[suffix as usize] as usize;
                    for &token in &level.tokens[words(level, history)] {
                        // Whatever occurs so often occurs as often without its first word.
                        while levels[order - 1].tokens[place] != token {
                            place += 1;
                        }
                        found.push(place as u32);
                    }
                }
            }
            let (mut gain, mut likelier) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
            for history in 0..level.first.len() - 1 {
                let words = words(level, history);
                let total = levels[order - 1].counts[history] as f32;
                let kept =
                    |word: usize| (level.counts[word] as f32 - discount(discounts[order], level.counts[word])).max(0.0);
                let rest = (total - words.clone().map(kept).sum::<f32>()).max(0.5) / total;
                for word in words {
                    let shorter = rest * likelihoods[found[word] as usize];
                    let longer = kept(word) / total + shorter;
                    gain.push(kept(word) * (longer / shorter).log2());
                    likelier.push(longer);
                }
            }
            suffixes.push(found);
            gains.push(gain);
            likelihoods = likelier;
        }
        Candidates { levels, suffixes, gains, discounts }
    }

    /// The n-grams of up to `orders` words that save enough, and what they need.
    pub(crate) fn choose(&self, orders: usize, choice: Choice) -> Grams {
        let orders = orders.min(self.levels.len());
        let mut kept: Vec<Vec<bool>> = vec![vec![true; self.levels[0].tokens.len()]];
        kept.extend(
            self.gains[1..orders]
                .iter()
                .map(|gains| gains.iter().map(|&gain| gain >= choice.threshold).collect::<Vec<_>>()),
        );
        for order in (2..orders).rev() {
            let (below, own) = kept.split_at_mut(order);
            for history in 0..self.levels[order].first.len() - 1 {
                for word in words(&self.levels[order], history).filter(|&word| own[0][word]) {
                    below[order - 1][history] = true;
                    below[order - 1][self.suffixes[order][word] as usize] = true;
                }
            }
        }
        self.estimate(&kept, choice)
    }

    /// Counts that are left to each n-gram when what is longer has been explained, by order; and those of the histories' followers.
    fn left(&self, kept: &[Vec<bool>]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let as_real = |level: &Level| level.counts.iter().map(|&count| count as f32).collect::<Vec<f32>>();
        let mut own: Vec<Vec<f32>> = self.levels[..kept.len()].iter().map(as_real).collect();
        let mut followers = own.clone();
        for order in (1..kept.len()).rev() {
            let mut taken = vec![0f32; own[order - 1].len()];
            for (word, &suffix) in self.suffixes[order].iter().enumerate().filter(|&(word, _)| kept[order][word]) {
                taken[suffix as usize] += self.explained(order, word, own[order][word]);
            }
            own[order - 1].iter_mut().zip(&taken).for_each(|(count, taken)| *count = (*count - taken).max(0.0));
            if order > 1 {
                for (history, followers) in followers[order - 2].iter_mut().enumerate() {
                    *followers -= words(&self.levels[order - 1], history).map(|word| taken[word]).sum::<f32>();
                }
            }
        }
        (own, followers)
    }

    fn explained(&self, order: usize, word: usize, count: f32) -> f32 {
        (count - discount(self.discounts[order], self.levels[order].counts[word])).max(0.0)
    }

    fn estimate(&self, kept: &[Vec<bool>], choice: Choice) -> Grams {
        let (own, followers) = self.left(kept);
        // A word that longer n-grams explain wholly keeps a thousandth.
        let raw = self.levels[0].counts.iter().map(|&count| f64::from(count) * 0.001 + 0.05);
        let alone: Vec<f64> = own[0].iter().zip(raw).map(|(&count, raw)| f64::from(count) + raw).collect();
        let (most, all) = (alone.iter().copied().fold(0.0, f64::max), alone.iter().sum::<f64>());
        let unigrams = alone.iter().map(|count| (8.0 * (most / count).log2()).round().min(255.0) as u8).collect();
        let mut likelihoods: Vec<f32> = alone.iter().map(|count| (count / all) as f32).collect();
        let mut stored: Vec<Order> = Vec::new();
        for order in 1..kept.len() {
            let level = &self.levels[order];
            let mut likelier = vec![0f32; level.tokens.len()];
            let mut found = Order { first: vec![0], ..Order::default() };
            for history in (0..level.first.len() - 1).filter(|&history| kept[order - 1][history]) {
                let words = || words(level, history).filter(|&word| kept[order][word]);
                let total = followers[order - 1][history].max(1e-3);
                let explained: f32 = words().map(|word| self.explained(order, word, own[order][word])).sum();
                let total = total.max(explained + 0.5);
                let rest = 1.0 - explained / total;
                for word in words() {
                    let shorter = rest * likelihoods[self.suffixes[order][word] as usize];
                    likelier[word] = self.explained(order, word, own[order][word]) / total + shorter;
                    let boost = (likelier[word] / shorter).log2() * choice.steps;
                    found.tokens.push(level.tokens[word]);
                    found.boosts.push(boost.round().clamp(0.0, 63.0) as u8);
                }
                found.first.push(found.tokens.len() as u32);
            }
            stored.push(found);
            likelihoods = likelier;
        }
        while stored.len() > 1 && stored.last().is_some_and(|order| order.tokens.is_empty()) {
            stored.pop();
        }
        Grams::new(unigrams, (65_536.0 / choice.steps).round() as u32, stored).expect("n-grams in order")
    }
}

fn words(level: &Level, history: usize) -> std::ops::Range<usize> {
    level.first[history] as usize..level.first[history + 1] as usize
}

fn discount(discounts: [f32; 3], count: u32) -> f32 {
    discounts[(count.clamp(1, 3) - 1) as usize]
}

/// By how many n-grams occur once, twice, ... (Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1999). Where
/// rare ones weren't counted, what is usual.
fn discounts(counts: &[u32]) -> [f32; 3] {
    let number = |times: u32| counts.iter().filter(|&&count| count == times).count() as f32;
    let [one, two, three, four] = [1, 2, 3, 4].map(number);
    if one == 0.0 || two == 0.0 || three == 0.0 || four == 0.0 {
        return [0.7, 1.1, 1.4];
    }
    let y = one / (one + 2.0 * two);
    [1.0 - 2.0 * y * two / one, 2.0 - 3.0 * y * three / two, 3.0 - 4.0 * y * four / three]
}
