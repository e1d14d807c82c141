//! Drawing items again.

use super::{Part, Stratum};

/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014).
pub(super) struct Random(pub(super) u64);

/// Where the numbers begin: "golf" and nothing else.
pub(super) const SEED: u64 = 0x676f_6c66;

impl Random {
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is below 2^32: multiply and shift.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (((self.bits() >> 32) * bound as u64) >> 32) as usize
    }
}

/// One side's sums.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: i64,
    weight: u64,
}

impl Sum {
    fn add(&mut self, part: Part) {
        self.value += part.value;
        self.weight += part.weight;
    }

    fn ratio(self) -> f64 {
        self.value as f64 / self.weight as f64
    }
}

/// Scores when all strata are drawn from again, each as often as it has items.
pub(super) fn ratios(strata: &[Vec<Part>], times: usize) -> Vec<f64> {
    let mut random = Random(SEED);
    let once = |_| {
        let mut sum = Sum::default();
        for stratum in strata {
            stratum.iter().for_each(|_| sum.add(stratum[random.below(stratum.len())]));
        }
        sum.ratio()
    };
    (0..times).map(once).collect()
}

/// Differences of the scores when all strata are drawn from again, each as often as it has items, without end: strata in order; of one where each has
/// its own items, the first's before the second's.
pub(super) fn differences(strata: &[Stratum]) -> impl Iterator<Item = f64> {
    let mut random = Random(SEED);
    std::iter::repeat_with(move || {
        let mut sums = [Sum::default(); 2];
        for stratum in strata {
            match stratum {
                Stratum::Paired(pairs) => {
                    for _ in pairs {
                        let [a, b] = pairs[random.below(pairs.len())];
                        sums[0].add(a);
                        sums[1].add(b);
                    }
                }
                Stratum::Independent(sides) => {
                    for (sum, side) in sums.iter_mut().zip(sides) {
                        side.iter().for_each(|_| sum.add(side[random.below(side.len())]));
                    }
                }
            }
        }
        sums[0].ratio() - sums[1].ratio()
    })
}
