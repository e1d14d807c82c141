//! The products of queries with keys, and of weights with values, for `N` heads that read the same cache.

#![allow(unsafe_code)]

#[cfg(thumb2)]
mod thumb2;

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
    #[cfg(any(not(any(target_arch = "riscv32", target_arch = "arm")), test))]
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

    /// The squares of a key's elements add up to no more than this times their number: it is normalised to 24 steps a unit, but for rounding
    /// (half a step before the rotation, which may lengthen it by one in 2^14, and half a step after it: 24.51 squared).
    pub(super) const KEY_SQUARES: i32 = 601;
    /// Elements of a row at a time.
    const ELEMENTS: usize = if cfg!(target_arch = "arm") { 4 } else { 8 };
    /// Elements that two heads' queries, packed into one word each, take at a time.
    const PACKED: usize = 8;
    /// Such runs at once, at most: as many as the loop by hand has been written for, or as there are registers for.
    const RUNS: usize = match (cfg!(thumb2), cfg!(target_arch = "arm")) {
        (true, _) => 8,
        (false, true) => 1,
        (false, false) => 2,
    };

    pub(super) fn dots<const N: usize>(queries: &[i8], keys: &[i8], scores: &mut [[i32; N]]) {
        let length = queries.len() / N;
        assert!(keys.len() == scores.len() * length, "a row of keys for each score");
        scores.fill([0; N]);
        if scores.is_empty() {
            return;
        }
        let done = if N == 2 { packed(queries, keys, scores.as_flattened_mut().as_chunks_mut::<2>().0) } else { 0 };
        for (scores, key) in scores.iter_mut().zip(keys.chunks_exact(length)).filter(|_| done < length) {
            for (score, query) in scores.iter_mut().zip(queries.chunks_exact(length)) {
                *score += dot(&query[done..], &key[done..]);
            }
        }
    }

    fn dot(query: &[i8], key: &[i8]) -> i32 {
        query.iter().zip(key).map(|(&q, &k)| i32::from(q) * i32::from(k)).sum()
    }

    /// [`dots`] of two heads as far as rows have whole runs of [`PACKED`] elements; so many elements it returns. One multiplication does for both heads, whose queries are
    /// in the halves of a word, as long as both sums fit 16 bits: by the inequality of Cauchy and Schwarz, because [a key's length](KEY_SQUARES) is known.
    fn packed(queries: &[i8], keys: &[i8], scores: &mut [[i32; 2]]) -> usize {
        let length = queries.len() / 2;
        let most = 0x7fff * 0x7fff / (KEY_SQUARES * length as i32);
        let (first, second) = queries.split_at(length);
        let (first, second) = (first.as_chunks::<PACKED>().0, second.as_chunks::<PACKED>().0);
        let mut words = [[0; PACKED]; RUNS];
        let (mut begin, mut runs, mut squares) = (0, 0, [0; 2]);
        let whole = first.len();
        for (run, (first, second)) in first.iter().zip(second).enumerate() {
            let added = [dot(first, first), dot(second, second)];
            if runs == RUNS || (0..2).any(|head| squares[head] + added[head] > most) {
                add_packed(&words[..runs], begin, length, keys, scores);
                (begin, runs, squares) = (run, 0, [0; 2]);
            }
            if added.iter().any(|&added| added > most) {
                for (scores, key) in scores.iter_mut().zip(keys.chunks_exact(length)) {
                    let key = &key[PACKED * run..][..PACKED];
                    *scores = [scores[0] + dot(first, key), scores[1] + dot(second, key)];
                }
                begin = run + 1;
                continue;
            }
            for ((word, &first), &second) in words[runs].iter_mut().zip(first).zip(second) {
                *word = i32::from(first) + (i32::from(second) << 16);
            }
            squares = [squares[0] + added[0], squares[1] + added[1]];
            runs += 1;
        }
        add_packed(&words[..runs], begin, length, keys, scores);
        PACKED * whole
    }

    /// Adds the products of both heads' queries with the runs of each key from the run `begin` on.
    fn add_packed(queries: &[[i32; PACKED]], begin: usize, length: usize, keys: &[i8], scores: &mut [[i32; 2]]) {
        if queries.is_empty() {
            return;
        }
        assert!(keys.len() == scores.len() * length && PACKED * (begin + queries.len()) <= length, "keys are whole");
        let key = keys.as_ptr().wrapping_add(PACKED * begin);
        #[cfg(thumb2)]
        // SAFETY: asserted above.
        unsafe {
            let (scores, step) = (scores.as_mut_ptr_range(), length - PACKED * queries.len());
            super::thumb2::add_dots(queries.as_ptr().cast(), key, step, scores.start, scores.end, queries.len());
        }
        #[cfg(not(thumb2))]
        // SAFETY: likewise.
        unsafe {
            match <&[_; RUNS]>::try_from(queries) {
                Ok(queries) => add_runs(*queries, key, length, scores),
                Err(_) => queries.iter().enumerate().for_each(|(run, &query)| {
                    add_runs([query], key.wrapping_add(PACKED * run), length, scores);
                }),
            }
        }
    }

    /// # Safety
    /// For each pair of scores there are `COUNT` runs of elements at `key` and `length` further on.
    #[cfg(not(thumb2))]
    #[inline(never)]
    unsafe fn add_runs<const COUNT: usize>(
        queries: [[i32; PACKED]; COUNT],
        mut key: *const i8,
        length: usize,
        scores: &mut [[i32; 2]],
    ) {
        for scores in scores {
            let mut sum = 0;
            for (element, query) in queries.as_flattened().iter().enumerate() {
                // SAFETY: up to the caller.
                let k = i32::from(unsafe { in_order(key.add(element)) });
                sum = settle(query.wrapping_mul(k).wrapping_add(sum));
            }
            let low = i32::from(sum as i16);
            *scores = [scores[0] + low, scores[1] + (sum.wrapping_sub(low) >> 16)];
            key = key.wrapping_add(length);
        }
    }

    pub(super) fn add_weighted<const N: usize>(weights: &[[i32; N]], values: &[i8], sums: &mut [i32]) {
        let length = sums.len() / N;
        assert!(values.len() == weights.len() * length, "a row of values for each weight");
        let whole = length - length % ELEMENTS;
        for first in (0..whole).step_by(ELEMENTS) {
            // SAFETY: each row has as many elements from there on.
            let found: [[i32; ELEMENTS]; N] = unsafe { weighted(weights, values.as_ptr().wrapping_add(first), length) };
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
        #[cfg(thumb2)]
        if let ([_, ..], Some(two)) = (weights, sums.as_chunks_mut::<2>().0.first_mut()) {
            let weights = weights.as_flattened().as_ptr_range();
            // SAFETY: up to the caller.
            unsafe { super::thumb2::weighted(weights.start.cast(), value, length, weights.end.cast(), two) };
            return sums;
        }
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
            let mut rows: Vec<i8> = rows[..count * length].to_vec();
            // As long as keys may be: some have few large elements, some many small ones.
            for (index, row) in rows.chunks_exact_mut(length).enumerate() {
                let mut left = blocks::KEY_SQUARES * length as i32;
                for element in row {
                    *element >>= index % 4;
                    let square = i32::from(*element).pow(2);
                    *element = if square <= left { *element } else { 0 };
                    left -= i32::from(*element).pow(2);
                }
            }
            alike::<1>(&queries[..length], &rows, &weights[..count]);
            alike::<2>(queries, &rows, &weights[..2 * count]);
        }
    }
}
