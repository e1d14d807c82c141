//! AVX2, and AVX-512 with VNNI.
#![allow(unsafe_code)]

extern crate std;

use core::arch::x86_64::*;

pub(super) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

pub(super) fn has_avx512() -> bool {
    has_avx2()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vnni")
}

/// Rows of `q` that are summed side by side, so that a load of the weights serves several.
const SIDE_BY_SIDE: usize = 4;

pub(super) fn dots_avx2(row: &[i8], q: &[i8], sums: &mut [i32]) {
    // SAFETY: a kernel is chosen only where its instructions were detected.
    each_block(
        row,
        q,
        sums,
        |row, q, sums| unsafe { block_avx2(row, q, sums) },
        |row, q, sums| unsafe { block_avx2(row, q, sums) },
    );
}

pub(super) fn dots_avx512(row: &[i8], q: &[i8], sums: &mut [i32]) {
    // SAFETY: a kernel is chosen only where its instructions were detected.
    each_block(
        row,
        q,
        sums,
        |row, q, sums| unsafe { block_avx512(row, q, sums) },
        |row, q, sums| unsafe { block_avx512(row, q, sums) },
    );
}

/// Calls `four` for every four rows of `q`, and `one` for each of the rest.
fn each_block(
    row: &[i8],
    q: &[i8],
    sums: &mut [i32],
    four: impl Fn(&[i8], [&[i8]; SIDE_BY_SIDE], &mut [i32; SIDE_BY_SIDE]),
    one: impl Fn(&[i8], [&[i8]; 1], &mut [i32; 1]),
) {
    let n = row.len();
    let (fours, ones) = sums.as_chunks_mut::<SIDE_BY_SIDE>();
    let rest = fours.len() * SIDE_BY_SIDE * n;
    for (sums, q) in fours.iter_mut().zip(q.chunks_exact(SIDE_BY_SIDE * n)) {
        four(row, core::array::from_fn(|index| &q[index * n..(index + 1) * n]), sums);
    }
    for (sum, q) in ones.iter_mut().zip(q[rest..].chunks_exact(n)) {
        one(row, [q], core::array::from_mut(sum));
    }
}

/// The products of what is left over after the whole vectors.
fn tail<const N: usize>(row: &[i8], q: [&[i8]; N], from: usize, sums: &mut [i32; N]) {
    for (sum, q) in sums.iter_mut().zip(q) {
        *sum += row[from..].iter().zip(&q[from..]).map(|(&w, &q)| i32::from(w) * i32::from(q)).sum::<i32>();
    }
}

/// `maddubs` multiplies unsigned by signed: |w| by q with the sign of w. Two products of at most 128 * 127 fit its 16-bit sums.
#[target_feature(enable = "avx2")]
fn block_avx2<const N: usize>(row: &[i8], q: [&[i8]; N], sums: &mut [i32; N]) {
    let ones = _mm256_set1_epi16(1);
    let mut totals = [_mm256_setzero_si256(); N];
    let whole = row.len() / 32;
    for index in 0..whole {
        // SAFETY: 32 bytes from 32 * index on lie within `row` and within each of `q`, which are as long.
        let weights = unsafe { _mm256_loadu_si256(row.as_ptr().add(32 * index).cast()) };
        let magnitudes = _mm256_abs_epi8(weights);
        for (total, q) in totals.iter_mut().zip(q) {
            // SAFETY: as above.
            let q = unsafe { _mm256_loadu_si256(q.as_ptr().add(32 * index).cast()) };
            let pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(q, weights));
            *total = _mm256_add_epi32(*total, _mm256_madd_epi16(pairs, ones));
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        let half = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256::<1>(total));
        let quarter = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
        *sum = _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32::<0b10_11_00_01>(quarter)));
    }
    tail(row, q, 32 * whole, sums);
}

/// `vpdpbusd` multiplies unsigned by signed: q + 128 by w, less 128 times the sum of the weights.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn block_avx512<const N: usize>(row: &[i8], q: [&[i8]; N], sums: &mut [i32; N]) {
    let bias = _mm512_set1_epi8(-128);
    let mut totals = [_mm512_setzero_si512(); N];
    let mut biases = _mm512_setzero_si512();
    let mut place = 0;
    while place < row.len() {
        let left = row.len() - place;
        let mask = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
        // SAFETY: the mask keeps to what lies within `row`, and within each of `q`, which are as long.
        let weights = unsafe { _mm512_maskz_loadu_epi8(mask, row.as_ptr().add(place)) };
        biases = _mm512_dpbusd_epi32(biases, bias, weights);
        for (total, q) in totals.iter_mut().zip(q) {
            // SAFETY: as above.
            let q = unsafe { _mm512_maskz_loadu_epi8(mask, q.as_ptr().add(place)) };
            *total = _mm512_dpbusd_epi32(*total, _mm512_xor_si512(q, bias), weights);
        }
        place += 64;
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = _mm512_reduce_add_epi32(_mm512_sub_epi32(total, biases));
    }
}

pub(super) fn add_weighted_avx2(weights: &[i32], values: &[i8], sums: &mut [i32]) {
    // SAFETY: a kernel is chosen only where its instructions were detected.
    unsafe { add_weighted_with_avx2(weights, values, sums) }
}

/// Two rows at a time: `madd` multiplies their interleaved values by the two weights, which fit 16 bits, and adds.
#[target_feature(enable = "avx2")]
fn add_weighted_with_avx2(weights: &[i32], values: &[i8], sums: &mut [i32]) {
    let n = sums.len();
    let whole = n / 16 * 16;
    let (pairs, last) = weights.as_chunks::<2>();
    for (pair, rows) in pairs.iter().zip(values.chunks_exact(2 * n)) {
        let both = _mm256_set1_epi32((pair[1] << 16) | pair[0]);
        for place in (0..whole).step_by(16) {
            // SAFETY: 16 bytes from `place` on lie within each of the two rows of `n`, and 16 words within `sums`.
            unsafe {
                let first = _mm256_cvtepi8_epi16(_mm_loadu_si128(rows.as_ptr().add(place).cast()));
                let second = _mm256_cvtepi8_epi16(_mm_loadu_si128(rows.as_ptr().add(n + place).cast()));
                // Within each half of 128 bits: values 0-3 and 8-11 low, 4-7 and 12-15 high.
                let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(first, second), both);
                let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(first, second), both);
                let target = sums.as_mut_ptr().add(place).cast::<__m256i>();
                let front = _mm256_permute2x128_si256::<0x20>(low, high);
                let back = _mm256_permute2x128_si256::<0x31>(low, high);
                _mm256_storeu_si256(target, _mm256_add_epi32(_mm256_loadu_si256(target), front));
                _mm256_storeu_si256(target.add(1), _mm256_add_epi32(_mm256_loadu_si256(target.add(1)), back));
            }
        }
        for place in whole..n {
            sums[place] += pair[0] * i32::from(rows[place]) + pair[1] * i32::from(rows[n + place]);
        }
    }
    super::scalar::add_weighted(last, &values[pairs.len() * 2 * n..], sums);
}
