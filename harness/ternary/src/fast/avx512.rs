//! AVX-512 with VNNI.
#![allow(unsafe_code)]

use super::attention::{Reading, SERIES, STEPS, mean, quantise_value, rotate};
use super::inputs::arrange;
use super::ops::{Finish, Ops, Place, Side, half};
use super::plan::{BLOCK, LANES, Line, Packed, VECTORS, step};
use crate::fixed::{Norm, quantise, rshift};
use crate::mlp::activate;
use crate::softcap::softcap_all;
use core::arch::x86_64::*;
use core::hint::black_box;
use core::ops::Range;
use golf_core::logit::Normalizer;

/// Calls a function of this file with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where the instructions were detected.
        unsafe { $call }
    };
}

/// To be used only where `avx512f`, `avx512bw`, `avx512dq`, `avx512vl` and `avx512vnni` were detected.
pub(crate) static OPS: Ops = Ops {
    tokens: 6,
    linear: |matrix, side, blocks, out, stride| match matrix.bits {
        1 => enter!(linear::<1>(matrix, side, blocks, out, stride)),
        2 => enter!(linear::<2>(matrix, side, blocks, out, stride)),
        4 => enter!(linear::<4>(matrix, side, blocks, out, stride)),
        _ => enter!(linear::<8>(matrix, side, blocks, out, stride)),
    },
    quantise: |x, q| enter!(quantise_here(x, q)),
    activate: |up, gate, out| enter!(activate_here(up, gate, out)),
    rotate: |x, turns, out| enter!(rotate_here(x, turns, out)),
    quantise_value: |value, out| enter!(quantise_value_here(value, out)),
    attend: |reading, scores, out| enter!(attend(reading, scores, out)),
    add: |x, y| enter!(add(x, y)),
    arrange: |q, place, words, sums| enter!(arrange_here(q, place, words, sums)),
    normalizer: |logits| enter!(normalizer(logits)),
    softcap: |logits, cap| enter!(softcap(logits, cap)),
    peak: |rounds| enter!(peak(rounds)),
};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn quantise_here(x: &[i32], q: &mut [i8]) -> Norm {
    quantise(x, q)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn activate_here(up: &[i32], gate: Option<&[i32]>, out: &mut [i32]) {
    activate(up, gate, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn rotate_here(x: &mut [i32], turns: &[i32], out: &mut [i8]) {
    rotate(x, turns, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn quantise_value_here(value: &[i32], out: &mut [i8]) {
    quantise_value(value, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn arrange_here(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    arrange(q, place, words, sums);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn add(x: &mut [i32], y: &[i32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn softcap(logits: &mut [i32], cap: u32) {
    softcap_all(logits, cap);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn normalizer(logits: &[i32]) -> Normalizer {
    Normalizer::new(logits)
}

#[target_feature(enable = "avx512f")]
pub(super) fn load(words: &[i32; 16]) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
pub(super) fn load_line(line: &Line) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(line.0.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
pub(super) fn store_line(line: &mut Line, value: __m512i) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { _mm512_storeu_si512(line.0.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx512f")]
fn store(words: &mut [i32; 16], value: __m512i) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn linear<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    match side.norms.len() {
        1 => linear_for::<BITS, 1>(matrix, side, blocks, out, stride),
        2 => linear_for::<BITS, 2>(matrix, side, blocks, out, stride),
        3 => linear_for::<BITS, 3>(matrix, side, blocks, out, stride),
        4 => linear_for::<BITS, 4>(matrix, side, blocks, out, stride),
        5 => linear_for::<BITS, 5>(matrix, side, blocks, out, stride),
        _ => linear_for::<BITS, 6>(matrix, side, blocks, out, stride),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn linear_for<const BITS: u32, const T: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let mut finish = [Finish { mantissa: 0, by: 0 }; T];
    for (token, finish) in finish.iter_mut().enumerate() {
        *finish = Finish::of(matrix, side, token);
    }
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4 * T);
    let (begin, rows) = (blocks.start, matrix.rows - blocks.start * BLOCK);
    for block in blocks {
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        let mut totals = [[[_mm512_setzero_si512(); 2]; VECTORS]; T];
        let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(words));
        for ((lines, words), (scales, sums)) in groups.zip(all_scales.iter().zip(side.sums.chunks_exact(T))) {
            let dots = if T == 1 {
                let mut dots = [[_mm512_setzero_si512(); VECTORS]; T];
                dots[0] = dots_of_one::<BITS>(lines, words);
                dots
            } else {
                dots_of::<BITS, T>(lines, words)
            };
            let scales = scales.as_chunks::<LANES>().0;
            for (token, totals) in totals.iter_mut().enumerate() {
                for (vector, total) in totals.iter_mut().enumerate() {
                    add_scaled::<BITS>(matrix, sums[token], dots[token][vector], load(&scales[vector]), total);
                }
            }
        }
        for (token, totals) in totals.iter().enumerate() {
            let first = token * stride + (block - begin) * BLOCK;
            let place = first..(token * stride + rows).min(first + BLOCK);
            write(matrix, finish[token], side.limit, totals, &mut out[place]);
        }
    }
}

/// Adds the products of 16 rows with a group, less the weights' offset and scaled, to the rows' totals. `sum` is that of the activations.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn add_scaled<const BITS: u32>(
    matrix: &Packed,
    sum: i32,
    raw: __m512i,
    scale: __m512i,
    total: &mut [__m512i; 2],
) {
    let offset = _mm512_set1_epi32(matrix.offset * sum);
    let dot = _mm512_sub_epi32(if BITS == 1 { _mm512_slli_epi32::<1>(raw) } else { raw }, offset);
    for (index, total) in total.iter_mut().enumerate() {
        let part = |v| if index == 0 { _mm512_castsi512_si256(v) } else { _mm512_extracti64x4_epi64::<1>(v) };
        let product = _mm512_mul_epi32(_mm512_cvtepi32_epi64(part(dot)), _mm512_cvtepi32_epi64(part(scale)));
        *total = _mm512_add_epi64(*total, product);
    }
}

/// The outputs of a block's rows for one token.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn write(matrix: &Packed, finish: Finish, limit: i64, totals: &[[__m512i; 2]; VECTORS], out: &mut [i32]) {
    for (out, total) in out.chunks_mut(LANES).zip(totals) {
        let value = output(matrix, finish, limit, *total);
        if let Some(out) = out.first_chunk_mut::<LANES>() {
            store(out, value);
        } else {
            let mut all = [0; LANES];
            store(&mut all, value);
            out.copy_from_slice(&all[..out.len()]);
        }
    }
}

/// [`crate::linear::finish`] of 16 rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn output(matrix: &Packed, finish: Finish, limit: i64, sums: [__m512i; 2]) -> __m512i {
    let mut halves = [_mm256_setzero_si256(); 2];
    for (half_of, sum) in halves.iter_mut().zip(sums) {
        let first = _mm512_add_epi64(sum, _mm512_set1_epi64(half(matrix.pre_shift)));
        let first = _mm512_sra_epi64(first, _mm_cvtsi32_si128(matrix.pre_shift));
        let product = _mm512_mullo_epi64(first, _mm512_set1_epi64(finish.mantissa));
        let second = if finish.is_plain() {
            let second = _mm512_add_epi64(product, _mm512_set1_epi64(half(finish.by)));
            _mm512_sra_epi64(second, _mm_cvtsi32_si128(finish.by))
        } else {
            let mut lanes = [0i64; 8];
            // SAFETY: an array of 64 bytes is written, then read.
            unsafe {
                _mm512_storeu_si512(lanes.as_mut_ptr().cast(), product);
                lanes.iter_mut().for_each(|lane| *lane = rshift(*lane, finish.by));
                _mm512_loadu_si512(lanes.as_ptr().cast())
            }
        };
        let clamped =
            _mm512_min_epi64(_mm512_max_epi64(second, _mm512_set1_epi64(-limit)), _mm512_set1_epi64(limit - 1));
        *half_of = _mm512_cvtepi64_epi32(clamped);
    }
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(halves[0]), halves[1])
}

/// Products of 64 rows with several tokens: a vector of weights serves all of them, and an activation four vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn dots_of<const BITS: u32, const T: usize>(lines: &[Line], words: &[i32]) -> [[__m512i; VECTORS]; T] {
    let planes = 8 / BITS as usize;
    let mask = _mm512_set1_epi8(((1u32 << BITS) - 1) as i8);
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; T];
    for (lines, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes * T)) {
        let mut packed = [_mm512_setzero_si512(); VECTORS];
        for (packed, line) in packed.iter_mut().zip(lines) {
            *packed = load_line(line);
        }
        for words in words.as_chunks::<T>().0 {
            let mut weights = packed;
            for (weights, packed) in weights.iter_mut().zip(&mut packed) {
                if BITS < 8 {
                    *weights = _mm512_and_si512(*packed, mask);
                    *packed = _mm512_srli_epi16::<BITS>(*packed);
                }
            }
            for (sums, &word) in sums.iter_mut().zip(words) {
                let q = _mm512_set1_epi32(word);
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = _mm512_dpbusd_epi32(*sum, weights, q);
                }
            }
        }
    }
    sums
}

/// Products of 64 rows with one token. The planes stay where they are in their bytes, which makes their sums larger by a power of two, so
/// each has sums of its own; that also breaks up the chains of additions.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn dots_of_one<const BITS: u32>(lines: &[Line], words: &[i32]) -> [__m512i; VECTORS] {
    let planes = 8 / BITS as usize;
    let per_step = step(BITS) / 4;
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; 4];
    for (lines, words) in lines.chunks_exact(per_step / planes * VECTORS).zip(words.chunks_exact(per_step)) {
        let vectors = lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes));
        for (at, (lines, words)) in vectors.enumerate() {
            let mut packed = [_mm512_setzero_si512(); VECTORS];
            for (packed, line) in packed.iter_mut().zip(lines) {
                *packed = load_line(line);
            }
            for (plane, &word) in words.iter().enumerate() {
                let q = _mm512_set1_epi32(word);
                let mask = _mm512_set1_epi8((((1u32 << BITS) - 1) << (BITS as usize * (plane % 4))) as i8);
                for (packed, sum) in packed.iter_mut().zip(&mut sums[(at * planes + plane) % 4]) {
                    if plane == 4 {
                        *packed = _mm512_srli_epi16::<4>(*packed);
                    }
                    *sum =
                        _mm512_dpbusd_epi32(*sum, if BITS < 8 { _mm512_and_si512(*packed, mask) } else { *packed }, q);
                }
            }
        }
    }
    let mut total = [_mm512_setzero_si512(); VECTORS];
    for (set, sums) in sums.iter().enumerate() {
        let by = _mm_cvtsi32_si128((BITS as usize * (set % planes.min(4))) as i32);
        for (total, &sum) in total.iter_mut().zip(sums) {
            *total = _mm512_add_epi32(*total, _mm512_sra_epi32(sum, by));
        }
    }
    total
}

/// One head's attention, a lane a key, then a lane a value's element.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn attend(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let (gain, rounding) = (_mm512_set1_epi32(reading.gain), _mm512_set1_epi32(1 << 7));
    let (sign, bias) = (_mm512_set1_epi8(-128), _mm512_set1_epi32(128 * reading.query_sum));
    let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut most = _mm512_set1_epi32(i32::MIN);
    for (begin, end) in reading.ranges {
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
            let mut sums = [_mm512_setzero_si512(); 2];
            for (chunk, (key, &word)) in reading.tile(tile).iter().zip(reading.query).enumerate() {
                let sum = &mut sums[chunk % 2];
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(load(key), sign), _mm512_set1_epi32(word));
            }
            let dot = _mm512_sub_epi32(_mm512_add_epi32(sums[0], sums[1]), bias);
            let score = _mm512_srai_epi32::<8>(_mm512_add_epi32(_mm512_mullo_epi32(dot, gain), rounding));
            let slots = _mm512_add_epi32(lanes, _mm512_set1_epi32((tile * LANES) as i32));
            let seen = _mm512_cmpge_epi32_mask(slots, _mm512_set1_epi32(begin as i32))
                & _mm512_cmplt_epi32_mask(slots, _mm512_set1_epi32(end as i32));
            let score = _mm512_mask_mov_epi32(_mm512_set1_epi32(i32::MIN), seen, score);
            most = _mm512_max_epi32(most, score);
            store(scores, score);
        }
    }
    let most = _mm512_set1_epi32(_mm512_reduce_max_epi32(most));
    let (steps, series) = (STEPS.as_chunks::<16>().0, SERIES.as_chunks::<16>().0);
    let (steps, series) = ([load(&steps[0]), load(&steps[1])], [load(&series[0]), load(&series[1])]);
    let mut total = _mm512_setzero_si512();
    for (begin, end) in reading.ranges {
        for tile in &mut scores[begin / LANES..end.div_ceil(LANES)] {
            let below = _mm512_sub_epi32(most, load(tile));
            let step = _mm512_permutex2var_epi32(steps[0], _mm512_srli_epi32::<5>(below), steps[1]);
            let series = _mm512_permutex2var_epi32(series[0], below, series[1]);
            let even = _mm512_srli_epi64::<31>(_mm512_mul_epu32(step, series));
            let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(step), _mm512_srli_epi64::<32>(series));
            let power = _mm512_mask_mov_epi32(even, 0xaaaa, _mm512_slli_epi64::<1>(odd));
            // Rounded half up in two steps, which keeps to 32 bits; a shift by more than 31 gives zero.
            let shift = _mm512_add_epi32(_mm512_srli_epi32::<10>(below), _mm512_set1_epi32(18));
            let one = _mm512_set1_epi32(1);
            let weight = _mm512_srli_epi32::<1>(_mm512_add_epi32(_mm512_srlv_epi32(power, shift), one));
            total = _mm512_add_epi32(total, weight);
            // The weights' low six bits and the bits above them, as bytes.
            let low = _mm512_cvtepi32_epi8(_mm512_and_si512(weight, _mm512_set1_epi32(63)));
            let high = _mm512_cvtepi32_epi8(_mm512_srli_epi32::<6>(weight));
            let both = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high);
            store(tile, _mm512_castsi256_si512(both));
        }
    }
    let mut first = 0;
    while first < reading.width {
        let (left, out) = ((reading.width - first) / 16, &mut out[first..]);
        match left {
            1 => values::<1>(reading, scores, first, out),
            2 => values::<2>(reading, scores, first, out),
            3 => values::<3>(reading, scores, first, out),
            _ => values::<4>(reading, scores, first, out),
        }
        first += 64;
    }
    mean(_mm512_reduce_add_epi32(total) as u32, out);
}

/// The weighted sums of `16 * N` elements of the values, from the element `first` on.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn values<const N: usize>(reading: &Reading<'_>, weights: &[[i32; 16]], first: usize, out: &mut [i32]) {
    let mut sums = [[_mm512_setzero_si512(); N]; 2];
    for (begin, end) in reading.ranges {
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, weights) in tiles.clone().zip(&weights[tiles]) {
            for four in 0..4 {
                let (low, high) = (_mm512_set1_epi32(weights[four]), _mm512_set1_epi32(weights[4 + four]));
                let row = &reading.values[(4 * tile + four) * reading.width + first..][..16 * N];
                for (index, values) in row.as_chunks::<16>().0.iter().enumerate() {
                    let values = load(values);
                    sums[0][index] = _mm512_dpbusd_epi32(sums[0][index], low, values);
                    sums[1][index] = _mm512_dpbusd_epi32(sums[1][index], high, values);
                }
            }
        }
    }
    for (index, out) in out.chunks_mut(16).take(N).enumerate() {
        let mut all = [0; 16];
        store(&mut all, _mm512_add_epi32(sums[0][index], _mm512_slli_epi32::<6>(sums[1][index])));
        out.copy_from_slice(&all[..out.len()]);
    }
}

/// Twenty-four sums, as [`dots_of`] has for six tokens.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn peak(rounds: u64) -> u64 {
    let (weights, q) = (black_box(_mm512_set1_epi8(2)), black_box(_mm512_set1_epi8(-1)));
    let mut sums = [_mm512_setzero_si512(); 24];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, weights, q);
        }
    }
    black_box(sums);
    rounds * 24 * 64
}
