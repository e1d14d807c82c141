//! The softmax over the vocabulary.

use super::load;
use crate::fast::plan::LANES;
use core::arch::x86_64::*;
use golf_core::logit::{Normalizer, exp2_fraction};

/// `2^(-f / 65,536)` in Q31, for `f` below 2,048, and for `f` in steps of that: their product is that of [`exp2_fraction`].
static SERIES: [u32; 2_048] = {
    let (mut found, mut f) = ([0; 2_048], 0);
    while f < 2_048 {
        found[f] = exp2_fraction(f as u32);
        f += 1;
    }
    found
};
static STEPS: [[i32; LANES]; 2] = {
    let (mut found, mut step) = ([[0; LANES]; 2], 0);
    while step < 32 {
        found[step / LANES][step % LANES] = exp2_fraction((step as u32) << 11) as i32;
        step += 1;
    }
    found
};

/// [`Normalizer::new`], by tables.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn normalizer(logits: &[i32]) -> Normalizer {
    let (vectors, rest) = logits.as_chunks::<LANES>();
    let mut most = _mm512_set1_epi32(rest.iter().fold(i32::MIN, |most, &logit| most.max(logit)));
    for logits in vectors {
        most = _mm512_max_epi32(most, load(logits));
    }
    let largest = _mm512_reduce_max_epi32(most);
    let most = _mm512_set1_epi32(largest);
    let mut sums = [_mm512_setzero_si512(); 2];
    for logits in vectors {
        add(_mm512_sub_epi32(most, load(logits)), &mut sums);
    }
    if !rest.is_empty() {
        // What is so far below weighs nothing.
        let mut below = [-1; LANES];
        below.iter_mut().zip(rest).for_each(|(below, &logit)| *below = largest.wrapping_sub(logit));
        add(load(&below), &mut sums);
    }
    Normalizer::of_sum(largest, _mm512_reduce_add_epi64(_mm512_add_epi64(sums[0], sums[1])) as u64)
}

/// Adds what tokens weigh whose logits are so far below the largest: those in even lanes and those in odd ones.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn add(below: __m512i, sums: &mut [__m512i; 2]) {
    let steps = _mm512_permutex2var_epi32(load(&STEPS[0]), _mm512_srli_epi32::<11>(below), load(&STEPS[1]));
    let place = _mm512_and_si512(below, _mm512_set1_epi32(0x7ff));
    // SAFETY: the table has as many words as `place` has values.
    let series = unsafe { _mm512_i32gather_epi32::<4>(place, SERIES.as_ptr().cast()) };
    let whole = _mm512_srli_epi32::<16>(below);
    let odd = |words| _mm512_srli_epi64::<32>(words);
    let even = _mm512_and_si512(whole, _mm512_set1_epi64(0xffff));
    for (sum, (steps, series, whole)) in
        sums.iter_mut().zip([(steps, series, even), (odd(steps), odd(series), odd(whole))])
    {
        let power = _mm512_srli_epi64::<31>(_mm512_mul_epu32(steps, series));
        *sum = _mm512_add_epi64(*sum, _mm512_srlv_epi64(_mm512_slli_epi64::<16>(power), whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn costs_are_those_of_the_definition(
            top in prop_oneof![Just(1 << 12), Just(1 << 18), Just(1 << 27)],
            logits in prop::collection::vec(any::<i32>(), 1..300),
        ) {
            prop_assume!(Kernel::available().any(|kernel| kernel.name() == "avx512"));
            let logits: Vec<i32> = logits.into_iter().map(|logit| logit % top).collect();
            // SAFETY: the instructions were detected.
            let found = unsafe { normalizer(&logits) };
            prop_assert_eq!(found.cost(logits[0]), Normalizer::new(&logits).cost(logits[0]));
        }
    }
}
