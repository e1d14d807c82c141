//! Linear layers: one token streams the weights, many share them taken apart.

use super::outputs::{add_products, add_scaled, load_longs, output, put, store_longs};
use super::{Eight, load, load_bytes, store, store_bytes};
use crate::fast::ops::{Batch, Finish, Side};
use crate::fast::plan::{BLOCK, LANES, Line, Packed, VECTORS};
use crate::fast::short::Short;
use core::arch::x86_64::*;
use core::ops::Range;

/// Tokens whose sums fit the registers, 16 rows each.
pub(super) const RUN: usize = 6;

/// Sums of 16 rows for a run of tokens.
type Sums = [[Eight; 2]; RUN];

#[target_feature(enable = "avx2")]
pub(super) fn linear(matrix: &Packed, batch: &mut Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    match (batch.norms.len(), matrix.bits) {
        (1, 1) => one_token::<1>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, 2) => one_token::<2>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, 4) => one_token::<4>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, _) => one_token::<8>(matrix, &batch.side(matrix, 0), blocks, out),
        (_, 1) => many_tokens::<1>(matrix, batch, blocks, out, stride),
        (_, 2) => many_tokens::<2>(matrix, batch, blocks, out, stride),
        (_, 4) => many_tokens::<4>(matrix, batch, blocks, out, stride),
        _ => many_tokens::<8>(matrix, batch, blocks, out, stride),
    }
}

#[target_feature(enable = "avx2")]
fn one_token<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32]) {
    let finish = Finish::of(matrix, side, 0);
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4);
    let rows = (blocks.end * BLOCK).min(matrix.rows) - (blocks.start * BLOCK).min(matrix.rows);
    for (block, out) in blocks.zip(out[..rows].chunks_mut(BLOCK)) {
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        for (pair, out) in out.chunks_mut(2 * LANES).enumerate() {
            let mut totals = [[_mm256_setzero_si256(); 2]; 4];
            let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(words));
            for ((lines, words), (scales, &sum)) in groups.zip(all_scales.iter().zip(side.sums)) {
                let dots = dots_of_one::<BITS>(lines, pair, words);
                let scales = &scales.as_chunks::<8>().0[4 * pair..];
                for ((total, dots), scales) in totals.iter_mut().zip(&dots).zip(scales) {
                    add_scaled::<BITS>(matrix, sum, *dots, scales, total);
                }
            }
            for (out, total) in out.chunks_mut(8).zip(&totals) {
                put(output(matrix, finish, side.limit, total), out);
            }
        }
    }
}

/// Takes the weights of 16 rows apart, and lets all tokens use them before the next.
#[target_feature(enable = "avx2")]
fn many_tokens<const BITS: u32>(
    matrix: &Packed,
    batch: &mut Batch<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let mut room = core::mem::take(batch.room);
    let weights = &mut room.weights[..matrix.padded / 4];
    let mut sums = [[[0; 8]; 2]; RUN];
    let short = Short::new(matrix, batch, &mut room.shifted);
    // This takes the weights' offset away; those of eight bits have their own signs.
    let offset = if BITS == 8 { 0 } else { matrix.offset };
    room.starts.iter_mut().zip(batch.sums).for_each(|(start, &sum)| *start = -offset * sum);
    let begin = blocks.start * BLOCK;
    for first in (begin..(blocks.end * BLOCK).min(matrix.rows)).step_by(LANES) {
        let rows = (matrix.rows - first).min(LANES);
        let (block, vector) = (first / BLOCK, first % BLOCK / LANES);
        for group in 0..matrix.groups {
            let place = block * matrix.groups + group;
            unpack::<BITS>(&matrix.lines[place * matrix.group_lines()..][..matrix.group_lines()], vector, weights);
            let scales = &matrix.scales[place].as_chunks::<LANES>().0[vector];
            for token in batch.runs() {
                let side = batch.side(matrix, token);
                let tokens = side.norms.len();
                let words = &side.words[group * matrix.padded / 4 * tokens..][..matrix.padded / 4 * tokens];
                let starts = &room.starts[token * matrix.groups + group * tokens..][..tokens];
                match tokens {
                    1 => dots_of::<BITS, 1>(weights, words, starts, &mut sums),
                    2 => dots_of::<BITS, 2>(weights, words, starts, &mut sums),
                    3 => dots_of::<BITS, 3>(weights, words, starts, &mut sums),
                    4 => dots_of::<BITS, 4>(weights, words, starts, &mut sums),
                    5 => dots_of::<BITS, 5>(weights, words, starts, &mut sums),
                    _ => dots_of::<BITS, RUN>(weights, words, starts, &mut sums),
                }
                let out = &mut out[token * stride + first - begin..];
                if let Some(short) = &short {
                    short_outputs(short, &room.shifted[token..][..tokens], &sums, scales, rows, out, stride);
                } else {
                    let place = Part { group, rows, stride };
                    outputs(matrix, &side, &sums, scales, place, &mut room.totals[token..], out);
                }
            }
        }
    }
    *batch.room = room;
}

/// From a run's sums to its outputs, the short way.
#[target_feature(enable = "avx2")]
fn short_outputs(
    short: &Short,
    mantissas: &[i32],
    sums: &Sums,
    scales: &[i32; LANES],
    rows: usize,
    out: &mut [i32],
    stride: usize,
) {
    let [front, back] = scales.as_chunks::<8>().0 else { unreachable!("16 rows") };
    let (front, back) = (load(front), load(back));
    for (index, (dots, &mantissa)) in sums.iter().zip(mantissas).enumerate() {
        let out = &mut out[index * stride..][..rows];
        let found = [short.eight(load(&dots[0]), front, mantissa), short.eight(load(&dots[1]), back, mantissa)];
        out.chunks_mut(8).zip(found).for_each(|(out, value)| put(value, out));
    }
}

/// What part of a matrix some sums are of.
#[derive(Clone, Copy)]
struct Part {
    group: usize,
    /// Up to 16.
    rows: usize,
    /// Between the outputs of two tokens.
    stride: usize,
}

/// From a run's sums with a group to its outputs, if it is the last, or to its totals.
#[target_feature(enable = "avx2")]
fn outputs(
    matrix: &Packed,
    side: &Side<'_>,
    sums: &Sums,
    scales: &[i32; LANES],
    Part { group, rows, stride }: Part,
    totals: &mut [[i64; 32]],
    out: &mut [i32],
) {
    let each = sums.iter().zip(out.chunks_mut(stride)).zip(totals).take(side.norms.len());
    for (index, ((dots, out), totals)) in each.enumerate() {
        let finish = Finish::of(matrix, side, index);
        let halves = dots.iter().zip(scales.as_chunks::<8>().0).zip(totals.as_chunks_mut::<8>().0);
        for (half, ((dots, scales), kept)) in halves.enumerate() {
            let mut total = [_mm256_setzero_si256(); 2];
            if group > 0 {
                total = load_longs(kept);
            }
            add_products(load(dots), scales, &mut total);
            store_longs(kept, total);
            if group + 1 == matrix.groups
                && let Some(out) = out[..rows].chunks_mut(8).nth(half)
            {
                put(output(matrix, finish, side.limit, &total), out);
            }
        }
    }
}

/// Both halves of a line.
#[target_feature(enable = "avx2")]
fn halves(line: &Line) -> [__m256i; 2] {
    let [front, back] = line.0.as_chunks().0 else { unreachable!("64 bytes") };
    [load_bytes(front), load_bytes(back)]
}

/// Shifts right so that the next plane is where the last was.
#[target_feature(enable = "avx2")]
fn next_plane<const BITS: u32>(packed: __m256i) -> __m256i {
    match BITS {
        1 => _mm256_srli_epi16::<1>(packed),
        2 => _mm256_srli_epi16::<2>(packed),
        _ => _mm256_srli_epi16::<4>(packed),
    }
}

/// A weight a byte, for one vector of a block; those of one bit as 0 and 2, those of eight bits with their own signs.
#[target_feature(enable = "avx2")]
fn unpack<const BITS: u32>(lines: &[Line], vector: usize, weights: &mut [Line]) {
    let planes = 8 / BITS as usize;
    let mask = _mm256_set1_epi8(if BITS == 1 { 2 } else { ((1u32 << BITS) - 1) as i8 });
    for (four, weights) in lines.as_chunks::<VECTORS>().0.iter().zip(weights.chunks_exact_mut(planes)) {
        let mut packed = halves(&four[vector]);
        for (plane, weights) in weights.iter_mut().enumerate() {
            for (packed, weights) in packed.iter_mut().zip(weights.0.as_chunks_mut().0) {
                if BITS == 8 {
                    store_bytes(weights, _mm256_xor_si256(*packed, _mm256_set1_epi8(-128)));
                } else if BITS == 1 && plane == 0 {
                    store_bytes(weights, _mm256_and_si256(_mm256_slli_epi16::<1>(*packed), mask));
                } else {
                    store_bytes(weights, _mm256_and_si256(*packed, mask));
                    *packed = next_plane::<BITS>(*packed);
                }
            }
        }
    }
}

/// Additions that 16 bits hold, of two products each of at most 127 times the largest stored weight.
const fn additions(largest: i32) -> usize {
    (32_767 / (254 * largest)) as usize
}

/// The largest stored weight of less than eight bits: ternary ones are 0 to 2.
const fn largest(bits: u32) -> i32 {
    if bits == 2 { 2 } else { (1 << bits) - 1 }
}

/// Products of 16 rows with a run of tokens, whose sums begin with `starts`: a vector of weights serves all of them.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn dots_of<const BITS: u32, const T: usize>(weights: &[Line], words: &[i32], starts: &[i32], sums: &mut Sums) {
    let ones = _mm256_set1_epi16(1);
    if BITS == 8 {
        // |w| by q with the sign of w: two products of at most 128 * 127 fit 16 bits.
        let mut all = [[_mm256_setzero_si256(); 2]; T];
        for (line, words) in weights.iter().zip(words.as_chunks::<T>().0) {
            let weights = halves(line);
            let magnitudes = [_mm256_abs_epi8(weights[0]), _mm256_abs_epi8(weights[1])];
            for (all, &word) in all.iter_mut().zip(words) {
                for index in 0..2 {
                    let q = _mm256_sign_epi8(_mm256_set1_epi32(word), weights[index]);
                    let pairs = _mm256_maddubs_epi16(magnitudes[index], q);
                    all[index] = _mm256_add_epi32(all[index], _mm256_madd_epi16(pairs, ones));
                }
            }
        }
        for (sums, all) in sums.as_flattened_mut().iter_mut().zip(all.as_flattened()) {
            store(sums, *all);
        }
        return;
    }
    sums.iter_mut().zip(starts).for_each(|(sums, &start)| *sums = [[start; 8]; 2]);
    // Weights of one bit are 0 and 2 here.
    let at_once = additions(largest(BITS).max(2));
    for (weights, words) in weights.chunks(at_once).zip(words.chunks(at_once * T)) {
        let mut short = [[_mm256_setzero_si256(); 2]; T];
        for (line, words) in weights.iter().zip(words.as_chunks::<T>().0) {
            let weights = halves(line);
            for (short, &word) in short.iter_mut().zip(words) {
                let q = _mm256_set1_epi32(word);
                short[0] = _mm256_add_epi16(short[0], _mm256_maddubs_epi16(weights[0], q));
                short[1] = _mm256_add_epi16(short[1], _mm256_maddubs_epi16(weights[1], q));
            }
        }
        for (sums, short) in sums.as_flattened_mut().iter_mut().zip(short.as_flattened()) {
            store(sums, _mm256_add_epi32(load(sums), _mm256_madd_epi16(*short, ones)));
        }
    }
}

/// Products of 32 rows with one token. Every second plane of less than four bits stays where it is in its bytes, and has sums of its own.
#[target_feature(enable = "avx2")]
fn dots_of_one<const BITS: u32>(lines: &[Line], pair: usize, words: &[i32]) -> [__m256i; 4] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 4]; 2];
    if BITS == 8 {
        let sign = _mm256_set1_epi8(-128);
        for (four, &word) in lines.as_chunks::<VECTORS>().0.iter().zip(words) {
            let q = _mm256_set1_epi32(word);
            for (line, sums) in four[2 * pair..].iter().zip(sums[0].as_chunks_mut::<2>().0) {
                for (half, sum) in halves(line).into_iter().zip(sums) {
                    let weights = _mm256_xor_si256(half, sign);
                    let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(q, weights));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                }
            }
        }
        return sums[0];
    }
    let (planes, sets) = (8 / BITS as usize, if BITS < 4 { 2 } else { 1 });
    // The weights of the second set are larger.
    let at_once = additions(largest(BITS) << (BITS * (sets as u32 - 1))) * sets / planes;
    let masks = [0, BITS * (sets as u32 - 1)].map(|by| _mm256_set1_epi8((((1u32 << BITS) - 1) << by) as i8));
    for (lines, words) in lines.chunks(at_once * VECTORS).zip(words.chunks(at_once * planes)) {
        let mut short = [[_mm256_setzero_si256(); 4]; 2];
        for (four, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes)) {
            let ([a, b], [c, d]) = (halves(&four[2 * pair]), halves(&four[2 * pair + 1]));
            let mut packed = [a, b, c, d];
            for (plane, &word) in words.iter().enumerate() {
                let q = _mm256_set1_epi32(word);
                let set = plane % sets;
                if plane > 0 && set == 0 {
                    for packed in &mut packed {
                        *packed =
                            if BITS == 1 { _mm256_srli_epi16::<2>(*packed) } else { _mm256_srli_epi16::<4>(*packed) };
                    }
                }
                for (packed, short) in packed.iter().zip(&mut short[set]) {
                    let weights = _mm256_and_si256(*packed, masks[set]);
                    *short = _mm256_add_epi16(*short, _mm256_maddubs_epi16(weights, q));
                }
            }
        }
        for (sum, short) in sums.as_flattened_mut().iter_mut().zip(short.as_flattened()) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*short, ones));
        }
    }
    let mut all = sums[0];
    if sets == 2 {
        for (all, second) in all.iter_mut().zip(sums[1]) {
            *all = _mm256_add_epi32(*all, _mm256_sra_epi32(second, _mm_cvtsi32_si128(BITS as i32)));
        }
    }
    all
}
