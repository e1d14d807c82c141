//! The products of queries with keys, and of weights with values, for `N` heads that read the same cache.

#![allow(unsafe_code)]

/// For each row of `keys`, as long as a query, the sums of its products with the queries, which lie one after the other.
pub(super) fn dots<const N: usize>(queries: &[i8], keys: &[i8], scores: &mut [[i32; N]]) {
    #[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
    use blocks as here;
    #[cfg(not(any(target_arch = "riscv32", target_arch = "arm")))]
    use plain as here;
    here::dots(queries, keys, scores);
}

/// Adds the rows of `values`, times each head's weights, to the sums of that head, which lie one after the other.
pub(super) fn add_weighted<const N: usize>(weights: &[[i32; N]], values: &[i8], sums: &mut [i32]) {
    #[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
    use blocks as here;
    #[cfg(not(any(target_arch = "riscv32", target_arch = "arm")))]
    use plain as here;
    here::add_weighted(weights, values, sums);
}

/// By the definition; a compiler makes vectors of it.
mod plain {
    pub(super) fn dots<const N: usize>(queries: &[i8], keys: &[i8], scores: &mut [[i32; N]]) {
        let length = queries.len() / N;
        for (scores, key) in scores.iter_mut().zip(keys.chunks_exact(length)) {
            for (score, query) in scores.iter_mut().zip(queries.chunks_exact(length)) {
                *score = query.iter().zip(key).map(|(&q, &k)| i32::from(q) * i32::from(k)).sum();
            }
        }
    }

    pub(super) fn add_weighted<const N: usize>(weights: &[[i32; N]], values: &[i8], sums: &mut [i32]) {
        let length = sums.len() / N;
        for (weights, values) in weights.iter().zip(values.chunks_exact(length)) {
            for (&weight, sums) in weights.iter().zip(sums.chunks_exact_mut(length)) {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum += weight * i32::from(value);
                }
            }
        }
    }
}

/// For small cores: a few elements of all rows, then the next, so that those of the queries, or the sums, stay in registers.
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
mod blocks {
    use super::plain;
    use crate::registers::{in_order, settle};

    /// Elements of a row at a time.
    const ELEMENTS: usize = if cfg!(target_arch = "arm") { 4 } else { 8 };

    pub(super) fn dots<const N: usize>(queries: &[i8], keys: &[i8], scores: &mut [[i32; N]]) {
        let length = queries.len() / N;
        assert!(keys.len() == scores.len() * length, "a row of keys for each score");
        let whole = length - length % ELEMENTS;
        scores.fill([0; N]);
        for first in (0..whole).step_by(ELEMENTS) {
            let query = core::array::from_fn(|head| {
                core::array::from_fn(|element| i32::from(queries[head * length + first + element]))
            });
            // SAFETY: each row has as many elements from there on.
            unsafe { add_dots(&query, keys.as_ptr().wrapping_add(first), length, scores) };
        }
        for (scores, key) in scores.iter_mut().zip(keys.chunks_exact(length)).filter(|_| whole < length) {
            for (score, query) in scores.iter_mut().zip(queries.chunks_exact(length)) {
                let rest = query[whole..].iter().zip(&key[whole..]);
                *score += rest.map(|(&q, &k)| i32::from(q) * i32::from(k)).sum::<i32>();
            }
        }
    }

    /// # Safety
    /// For each score there are `ELEMENTS` elements at `key` and `length` further on.
    #[inline(never)]
    unsafe fn add_dots<const N: usize>(
        query: &[[i32; ELEMENTS]; N],
        mut key: *const i8,
        length: usize,
        scores: &mut [[i32; N]],
    ) {
        let query = *query;
        for scores in scores {
            let mut sums = *scores;
            for element in 0..ELEMENTS {
                // SAFETY: up to the caller.
                let k = i32::from(unsafe { in_order(key.add(element)) });
                for (sum, query) in sums.iter_mut().zip(&query) {
                    *sum = settle(*sum + query[element] * k);
                }
            }
            *scores = sums;
            key = key.wrapping_add(length);
        }
    }

    pub(super) fn add_weighted<const N: usize>(weights: &[[i32; N]], values: &[i8], sums: &mut [i32]) {
        let length = sums.len() / N;
        assert!(values.len() == weights.len() * length, "a row of values for each weight");
        let whole = length - length % ELEMENTS;
        for first in (0..whole).step_by(ELEMENTS) {
            // SAFETY: each row has as many elements from there on.
            let found = unsafe { weighted(weights, values.as_ptr().wrapping_add(first), length) };
            for (sums, found) in sums.chunks_exact_mut(length).zip(found) {
                sums[first..first + ELEMENTS].iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
            }
        }
        for (weights, values) in weights.iter().zip(values.chunks_exact(length)).filter(|_| whole < length) {
            for (&weight, sums) in weights.iter().zip(sums.chunks_exact_mut(length)) {
                plain::add_weighted(&[[weight]], &values[whole..], &mut sums[whole..]);
            }
        }
    }

    /// # Safety
    /// For each weight there are `ELEMENTS` elements at `value` and `length` further on.
    #[inline(never)]
    unsafe fn weighted<const N: usize>(
        weights: &[[i32; N]],
        mut value: *const i8,
        length: usize,
    ) -> [[i32; ELEMENTS]; N] {
        let mut sums = [[0; ELEMENTS]; N];
        for weights in weights {
            // Most tokens weigh nothing.
            if weights.iter().any(|&weight| weight != 0) {
                for element in 0..ELEMENTS {
                    // SAFETY: up to the caller.
                    let v = i32::from(unsafe { in_order(value.add(element)) });
                    for (sums, weight) in sums.iter_mut().zip(weights) {
                        sums[element] = settle(sums[element] + weight * v);
                    }
                }
            }
            value = value.wrapping_add(length);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn alike<const N: usize>(queries: &[i8], rows: &[i8], weights: &[i32]) {
        let length = queries.len() / N;
        let weights = weights.as_chunks::<N>().0;
        let (mut expected, mut found) = (vec![[1; N]; weights.len()], vec![[2; N]; weights.len()]);
        plain::dots(queries, rows, &mut expected);
        blocks::dots(queries, rows, &mut found);
        assert_eq!(found, expected);
        let (mut expected, mut found) = (vec![5; N * length], vec![5; N * length]);
        plain::add_weighted(weights, rows, &mut expected);
        blocks::add_weighted(weights, rows, &mut found);
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn blocks_equal_the_definition(
            (length, count) in (1usize..70, 0usize..40),
            bytes in prop::collection::vec(prop_oneof![Just(-127i8), Just(127), any::<i8>()], 70 * 42),
            weights in prop::collection::vec(prop_oneof![3 => Just(0), 1 => 0i32..=4_096], 80),
        ) {
            let (queries, rows) = bytes.split_at(2 * length);
            let rows: Vec<i8> = rows[..count * length].to_vec();
            alike::<1>(&queries[..length], &rows, &weights[..count]);
            alike::<2>(queries, &rows, &weights[..2 * count]);
        }
    }
}
