//! Terms of the softmax by tables: of [`exp2_fraction`] both factors.

use golf_core::logit::exp2_fraction;

/// Its steps, in Q31: 32 to a power of two.
static STEPS: [u32; 32] = powers(1 << 11);
/// What lies between two steps, in Q31.
static SERIES: [u32; 1 << 11] = powers(1);

/// `2^(-i / 65,536)` for the multiples `i` of a distance: of each factor alone, because the other one is one.
const fn powers<const N: usize>(distance: u32) -> [u32; N] {
    let (mut found, mut index) = ([0; N], 0);
    while index < N {
        found[index] = exp2_fraction(distance * index as u32);
        index += 1;
    }
    found
}

/// [`golf_core::logit::Normalizer::term`]
#[inline(always)]
pub(super) fn term(largest: i32, logit: i32) -> u64 {
    let below = largest.wrapping_sub(logit) as u32;
    let (step, series) = (STEPS[(below >> 11) as usize % 32], SERIES[below as usize % (1 << 11)]);
    ((u64::from(step) * u64::from(series)) >> 31 << 16) >> (below >> 16).min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use golf_core::logit::Normalizer;

    #[test]
    fn terms_are_those_of_the_definition() {
        for below in (0..1 << 17).chain((0..1 << 23).step_by(997)).chain([u32::MAX, 1 << 31]) {
            let logit = 5i32.wrapping_sub(below as i32);
            assert_eq!(term(5, logit), Normalizer::term(5, logit), "{below}");
        }
    }
}
