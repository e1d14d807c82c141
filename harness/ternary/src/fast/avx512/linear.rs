//! Linear layers: one token streams the weights, many share them taken apart.

use super::outputs::{add_products, add_scaled, load_long, odd_words, put, store_long, write};
use super::{load, load_line, store, store_line};
use crate::fast::inputs::TILE;
use crate::fast::ops::{Batch, Finish, Side};
use crate::fast::plan::{BLOCK, LANES, Line, Packed, VECTORS, step};
use crate::fast::short::Short;
use core::arch::x86_64::*;
use core::ops::Range;

/// Tokens whose sums fit the registers, 32 rows each.
pub(super) const RUN: usize = 12;
/// Vectors of rows whose weights are taken apart at a time.
pub(in crate::fast) const WIDE: usize = 2;
/// Rows of those.
const ROWS: usize = WIDE * LANES;
/// Tokens of the longest run of any kernel that takes weights apart here.
pub(in crate::fast) const MOST: usize = 32;

/// Sums of 32 rows for a run of tokens.
#[repr(align(64))]
pub(in crate::fast) struct Sums(pub(in crate::fast) [[[i32; LANES]; WIDE]; MOST]);

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn linear(matrix: &Packed, batch: &mut Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    if batch.norms.len() == 1 {
        return one_token(matrix, &batch.side(matrix, 0), blocks, out);
    }
    many_tokens::<false>(matrix, batch, blocks, out, stride, |run, sums| dots_of_run(run, sums));
}

/// The outputs of some blocks for the one token of a run.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::fast) fn one_token(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32]) {
    match matrix.bits {
        1 => one_of::<1>(matrix, side, blocks, out),
        2 => one_of::<2>(matrix, side, blocks, out),
        4 => one_of::<4>(matrix, side, blocks, out),
        _ => one_of::<8>(matrix, side, blocks, out),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn one_of<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32]) {
    let finish = Finish::of(matrix, side, 0);
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4);
    let rows = (blocks.end * BLOCK).min(matrix.rows) - (blocks.start * BLOCK).min(matrix.rows);
    for (block, out) in blocks.zip(out[..rows].chunks_mut(BLOCK)) {
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        let mut totals = [[_mm512_setzero_si512(); 2]; VECTORS];
        let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(words));
        for ((lines, words), (scales, &sum)) in groups.zip(all_scales.iter().zip(side.sums)) {
            let dots = dots_of_one::<BITS>(lines, words);
            for ((total, raw), scale) in totals.iter_mut().zip(dots).zip(scales.as_chunks::<LANES>().0) {
                add_scaled::<BITS>(matrix, sum, raw, load(scale), total);
            }
        }
        write(matrix, finish, side.limit, &totals, out);
    }
}

/// What a run of tokens is multiplied with, and what comes next.
pub(in crate::fast) struct Run<'a> {
    /// A weight a byte: for four columns after the other, two vectors of rows.
    pub(in crate::fast) weights: &'a [Line],
    /// The activations with these columns, as they were arranged.
    pub(in crate::fast) words: &'a [i32],
    /// What each token's sums begin with.
    pub(in crate::fast) starts: &'a [i32],
    pub(in crate::fast) next: Fetch<'a>,
}

/// Takes the weights of 32 rows apart, and lets all tokens use them before the next: `multiply` gives the sums of a run. For tiles weights are signed, and
/// zeros fill the last tile's columns.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::fast) fn many_tokens<const TILES: bool>(
    matrix: &Packed,
    batch: &mut Batch<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
    multiply: impl Fn(Run<'_>, &mut Sums),
) {
    let mut room = core::mem::take(batch.room);
    let padded = if TILES { matrix.padded.next_multiple_of(TILE) } else { matrix.padded };
    let weights = &mut room.weights[..padded / 4 * WIDE];
    weights[matrix.padded / 4 * WIDE..].fill(Line([0; 64]));
    let mut sums = Sums([[[0; LANES]; WIDE]; MOST]);
    let short = Short::new(matrix, batch, &mut room.shifted);
    // This takes the weights' offset away.
    let offset = if TILES { 0 } else { matrix.offset };
    room.starts.iter_mut().zip(batch.sums).for_each(|(start, &sum)| *start = -offset * sum);
    let begin = blocks.start * BLOCK;
    for first in (begin..(blocks.end * BLOCK).min(matrix.rows)).step_by(ROWS) {
        let rows = (matrix.rows - first).min(ROWS);
        let (block, half) = (first / BLOCK, first % BLOCK / ROWS);
        for group in 0..matrix.groups {
            let place = block * matrix.groups + group;
            let lines = &matrix.lines[place * matrix.group_lines()..][..matrix.group_lines()];
            match matrix.bits {
                1 => unpack::<1, TILES>(matrix.offset, lines, half, weights),
                2 => unpack::<2, TILES>(matrix.offset, lines, half, weights),
                4 => unpack::<4, TILES>(matrix.offset, lines, half, weights),
                _ => unpack::<8, TILES>(matrix.offset, lines, half, weights),
            }
            let scales = &matrix.scales[place].as_chunks::<ROWS>().0[half];
            let next = (place + half) * matrix.group_lines() + (1 - half) * WIDE;
            let fours = matrix.group_lines() / VECTORS;
            for token in batch.runs() {
                // What comes next, while this is used.
                let (from, to) = (fours * token, fours * (token + batch.run).min(batch.norms.len()));
                let next =
                    Fetch { lines: &matrix.lines, next, fours: from / batch.norms.len()..to / batch.norms.len() };
                let side = batch.side(matrix, token);
                let tokens = side.norms.len();
                let words = &side.words[group * matrix.padded / 4 * tokens..][..matrix.padded / 4 * tokens];
                let starts = &room.starts[token * matrix.groups + group * tokens..][..tokens];
                multiply(Run { weights, words, starts, next }, &mut sums);
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn short_outputs(
    short: &Short,
    mantissas: &[i32],
    sums: &Sums,
    scales: &[i32; ROWS],
    rows: usize,
    out: &mut [i32],
    stride: usize,
) {
    let scales = scales.as_chunks::<LANES>().0;
    let scales = [load(&scales[0]), load(&scales[1])];
    let odd_scales = [odd_words(scales[0]), odd_words(scales[1])];
    for (index, (dots, &mantissa)) in sums.0.iter().zip(mantissas).enumerate() {
        let out = &mut out[index * stride..][..rows];
        let mut found = [_mm512_setzero_si512(); WIDE];
        for (vector, (found, dots)) in found.iter_mut().zip(dots).enumerate() {
            *found = short.sixteen(load(dots), scales[vector], odd_scales[vector], mantissa);
        }
        if let ([out, next], []) = out.as_chunks_mut() {
            store(out, found[0]);
            store(next, found[1]);
        } else {
            out.chunks_mut(LANES).zip(found).for_each(|(out, value)| put(value, out));
        }
    }
}

/// Steps of a run between which lines are fetched; every group has a multiple of them.
const STEPS: usize = 4;

/// Lines that are to be fetched while a run is at work: of each of some fours the two from `next` on.
pub(in crate::fast) struct Fetch<'a> {
    lines: &'a [Line],
    next: usize,
    fours: Range<usize>,
}

impl Fetch<'_> {
    /// Asks for the first few, not for all at once, which would stall. Whether there were any.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    pub(in crate::fast) fn some(&mut self) -> bool {
        let Some(four) = self.fours.next() else { return false };
        for vector in 0..WIDE {
            // Harmless of any address.
            let line = self.lines.as_ptr().wrapping_add(self.next + VECTORS * four + vector);
            _mm_prefetch::<_MM_HINT_T0>(line.cast());
        }
        true
    }
}

/// What part of a matrix some sums are of.
#[derive(Clone, Copy)]
struct Part {
    group: usize,
    /// Up to 32.
    rows: usize,
    /// Between the outputs of two tokens.
    stride: usize,
}

/// From a run's sums with a group to its outputs, if it is the last, or to its totals.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline(never)]
fn outputs(
    matrix: &Packed,
    side: &Side<'_>,
    sums: &Sums,
    scales: &[i32; ROWS],
    Part { group, rows, stride }: Part,
    totals: &mut [[i64; 32]],
    out: &mut [i32],
) {
    let scales = scales.as_chunks::<LANES>().0;
    let each = sums.0.iter().zip(out.chunks_mut(stride)).zip(totals).take(side.norms.len());
    for (index, ((dots, out), totals)) in each.enumerate() {
        let mut sums = [[_mm512_setzero_si512(); 2]; WIDE];
        let kept = totals.as_chunks_mut::<8>().0;
        if group > 0 {
            for (sum, kept) in sums.as_flattened_mut().iter_mut().zip(&*kept) {
                *sum = load_long(kept);
            }
        }
        for ((total, dots), scales) in sums.iter_mut().zip(dots).zip(scales) {
            add_products(load(dots), load(scales), total);
        }
        if group + 1 < matrix.groups {
            for (sum, kept) in sums.as_flattened().iter().zip(kept) {
                store_long(kept, *sum);
            }
        } else {
            write(matrix, Finish::of(matrix, side, index), side.limit, &sums, &mut out[..rows]);
        }
    }
}

/// A weight a byte, for one half of a block; those of one bit as 0 and 2. For tiles the offset is taken away.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn unpack<const BITS: u32, const TILES: bool>(offset: i32, lines: &[Line], half: usize, weights: &mut [Line]) {
    let planes = 8 / BITS as usize;
    let offset = _mm512_set1_epi8(offset as i8);
    let put = |line: &mut Line, weights| {
        store_line(line, if TILES { _mm512_sub_epi8(weights, offset) } else { weights });
    };
    let mask = _mm512_set1_epi8(if BITS == 1 { 2 } else { ((1u32 << BITS) - 1) as i8 });
    for (four, weights) in lines.as_chunks::<VECTORS>().0.iter().zip(weights.chunks_exact_mut(WIDE * planes)) {
        let [front, back] = &four.as_chunks::<WIDE>().0[half];
        let mut packed = [load_line(front), load_line(back)];
        for (plane, weights) in weights.as_chunks_mut::<WIDE>().0.iter_mut().enumerate() {
            for (packed, weights) in packed.iter_mut().zip(weights) {
                if BITS == 8 {
                    put(weights, *packed);
                } else if BITS == 1 && plane == 0 {
                    put(weights, _mm512_and_si512(_mm512_slli_epi16::<1>(*packed), mask));
                } else {
                    put(weights, _mm512_and_si512(*packed, mask));
                    *packed = _mm512_srli_epi16::<BITS>(*packed);
                }
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn dots_of_run(run: Run<'_>, sums: &mut Sums) {
    match run.starts.len() {
        1 => dots_of::<1>(run, sums),
        2 => dots_of::<2>(run, sums),
        3 => dots_of::<3>(run, sums),
        4 => dots_of::<4>(run, sums),
        5 => dots_of::<5>(run, sums),
        6 => dots_of::<6>(run, sums),
        7 => dots_of::<7>(run, sums),
        8 => dots_of::<8>(run, sums),
        9 => dots_of::<9>(run, sums),
        10 => dots_of::<10>(run, sums),
        11 => dots_of::<11>(run, sums),
        _ => dots_of::<RUN>(run, sums),
    }
}

/// Products of 32 rows with a run of tokens, whose sums begin with `starts`: a vector of weights serves all of them, and an activation two vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
#[inline(never)]
fn dots_of<const T: usize>(Run { weights, words, starts, mut next }: Run<'_>, sums: &mut Sums) {
    let mut all = [[_mm512_setzero_si512(); WIDE]; T];
    all.iter_mut().zip(starts).for_each(|(all, &start)| *all = [_mm512_set1_epi32(start); WIDE]);
    for (weights, words) in weights.as_chunks::<{ STEPS * WIDE }>().0.iter().zip(words.chunks_exact(STEPS * T)) {
        next.some();
        for (lines, words) in weights.as_chunks::<WIDE>().0.iter().zip(words.as_chunks::<T>().0) {
            let weights = [load_line(&lines[0]), load_line(&lines[1])];
            for (all, &word) in all.iter_mut().zip(words) {
                let q = _mm512_set1_epi32(word);
                for (sum, weights) in all.iter_mut().zip(weights) {
                    *sum = _mm512_dpbusd_epi32(*sum, weights, q);
                }
            }
        }
    }
    for (all, sums) in all.as_flattened().iter().zip(sums.0.as_flattened_mut()) {
        store(sums, *all);
    }
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
