//! Attention on tiles: up to 16 queries, a row of a tile each, with 64 slots of a cache at a time.

use super::{BYTES, ROWS, Tiles};
use crate::fast::attention::{QUERIES, Queries, Query, SLOTS, mean};
use crate::fast::avx512::{self, Tables, lanes, load, store};
use crate::fast::plan::LANES;
use crate::fast::span::{Span, UNSEEN};
use core::arch::asm;
use core::arch::x86_64::*;

/// With fewer queries too much of a tile is empty.
const FEW: usize = 4;
/// Vectors of a block of slots.
const VECTORS: usize = SLOTS / LANES;

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn attend(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    // A tile's row has 64 elements of a query.
    if queries.each.len() < FEW || !queries.cache.chunks.is_multiple_of(ROWS) {
        return avx512::attend(queries, scores, out);
    }
    let span = Span::<SLOTS>::of(queries);
    let scores = &mut scores[..queries.each.len() * span.tiles * VECTORS];
    let count = queries.each.len();
    let tiles = Tiles::new();
    tiles.shape([count, count, count, count, count, count, ROWS, ROWS]);
    products(queries, &span, scores);
    let mut totals = [0; QUERIES];
    let rows = scores.chunks_exact_mut(span.tiles * VECTORS).zip(queries.each);
    rows.zip(&mut totals).for_each(|((scores, query), total)| *total = weigh(query, &span, scores));
    let mut sums = Sums([[[[0; LANES]; 2]; 2]; QUERIES]);
    for element in (0..queries.cache.width).step_by(2 * LANES) {
        values(queries, &span, element, scores, &mut sums);
        for (query, [low, high]) in queries.each.iter().zip(&sums.0) {
            let out = &mut out[query.place..][element..queries.cache.head_dim.min(element + 2 * LANES)];
            for (out, (&low, &high)) in out.iter_mut().zip(low.as_flattened().iter().zip(high.as_flattened())) {
                *out = low + (high << 6);
            }
        }
    }
    for (query, &total) in queries.each.iter().zip(&totals) {
        mean(total, &mut out[query.place..][..queries.cache.head_dim]);
    }
}

/// The products of the queries with the keys of all slots, a query after the other. Keys are unsigned here, by an offset that the products include. Tiles have a row a query.
fn products(queries: &Queries<'_>, span: &Span<SLOTS>, scores: &mut [[i32; 16]]) {
    let (cache, row) = (queries.cache, span.tiles * VECTORS * size_of::<[i32; 16]>());
    let block = VECTORS * cache.chunks;
    let keys = &cache.keys[..span.ring * block];
    let begin = &keys[span.place(0) * block..];
    assert!(
        queries.words.len() >= queries.each.len() * cache.chunks && span.tiles > 0,
        "as many as the tiles have rows"
    );
    assert!(cache.chunks == ROWS || cache.chunks == 2 * ROWS, "a query is one tile wide, or two");
    // SAFETY: reads a row or two of tiles for each query, and the keys of whole blocks, after the last of which comes the first; writes `scores`, which
    // have a row of the span's blocks for each query. No other register than those named changes.
    unsafe {
        asm!(
            "tileloadd tmm4, [{words} + {width}]",
            "test {deep}, {deep}",
            "jz 2f",
            "tileloadd tmm5, [{words} + {width} + 64]",
            "2:",
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "tileloadd tmm6, [{keys} + {line}]",
            "tdpbsud tmm0, tmm4, tmm6",
            "add {keys}, {tile}",
            "tileloadd tmm7, [{keys} + {line}]",
            "tdpbsud tmm1, tmm4, tmm7",
            "add {keys}, {tile}",
            "tileloadd tmm6, [{keys} + {line}]",
            "tdpbsud tmm2, tmm4, tmm6",
            "add {keys}, {tile}",
            "tileloadd tmm7, [{keys} + {line}]",
            "tdpbsud tmm3, tmm4, tmm7",
            "add {keys}, {tile}",
            "test {deep}, {deep}",
            "jz 3f",
            "sub {keys}, 7168",
            "tileloadd tmm6, [{keys} + {line}]",
            "tdpbsud tmm0, tmm5, tmm6",
            "tileloadd tmm7, [{keys} + {line} + 2048]",
            "tdpbsud tmm1, tmm5, tmm7",
            "tileloadd tmm6, [{keys} + {line} + 4096]",
            "tdpbsud tmm2, tmm5, tmm6",
            "tileloadd tmm7, [{keys} + {line} + 6144]",
            "tdpbsud tmm3, tmm5, tmm7",
            "add {keys}, 7168",
            "3:",
            "tilestored [{scores} + {row}], tmm0",
            "tilestored [{scores} + {row} + 64], tmm1",
            "tilestored [{scores} + {row} + 128], tmm2",
            "tilestored [{scores} + {row} + 192], tmm3",
            "add {scores}, 256",
            "cmp {keys}, {end}",
            "cmove {keys}, {start}",
            "dec {blocks}",
            "jnz 2b",
            words = in(reg) queries.words.as_ptr(),
            width = in(reg) cache.chunks * 4,
            deep = in(reg) cache.chunks - ROWS,
            keys = inout(reg) begin.as_ptr() => _,
            line = in(reg) BYTES,
            tile = in(reg) cache.chunks * BYTES,
            end = in(reg) keys.as_ptr_range().end,
            start = in(reg) keys.as_ptr(),
            scores = inout(reg) scores.as_mut_ptr() => _,
            row = in(reg) row,
            blocks = inout(reg) span.tiles => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// From a query's products to its weights: where the products of a block were, the low six bits of its weights a byte each, then the bits above them.
/// Returns the sum of the weights.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn weigh(query: &Query, span: &Span<SLOTS>, scores: &mut [[i32; 16]]) -> u32 {
    let (seen, offset) = (span.seen(query), 128 * query.sum);
    let blocks = scores.as_chunks_mut::<VECTORS>().0;
    let is_whole = |block: usize| seen.start <= block * SLOTS && (block + 1) * SLOTS <= seen.end;
    // The largest score is that of the largest product, because no gain is negative.
    let mut most = [_mm512_set1_epi32(i32::MIN); 2];
    for (index, block) in blocks.iter().enumerate() {
        for (vector, products) in block.iter().enumerate() {
            let (products, most) = (load(products), &mut most[vector % 2]);
            let lanes = if is_whole(index) { u16::MAX } else { lanes(&seen, index * VECTORS + vector) };
            *most = _mm512_mask_max_epi32(*most, lanes, *most, products);
        }
    }
    let most = _mm512_reduce_max_epi32(_mm512_max_epi32(most[0], most[1])) - offset;
    let most = (most * query.gain + (1 << 7)) >> 8;
    let (tables, gain) = (Tables::load(), _mm512_set1_epi32(query.gain));
    // (product - offset) * gain + 2^7
    let added = _mm512_set1_epi32((1 << 7) - offset * query.gain);
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let mut total = _mm512_setzero_si512();
    for (index, block) in blocks.iter_mut().enumerate() {
        let mut found = [_mm512_set1_epi32(UNSEEN); VECTORS];
        for (vector, (found, products)) in found.iter_mut().zip(block.iter()).enumerate() {
            let product = _mm512_add_epi32(_mm512_mullo_epi32(load(products), gain), added);
            let lanes = if is_whole(index) { u16::MAX } else { lanes(&seen, index * VECTORS + vector) };
            *found = _mm512_mask_srai_epi32::<8>(*found, lanes, product);
        }
        let [front, back] = [
            tables.weigh(most, [found[0], found[1]], &mut total),
            tables.weigh(most, [found[2], found[3]], &mut total),
        ];
        let six = _mm512_set1_epi16(63);
        let low = _mm512_packus_epi16(_mm512_and_si512(front, six), _mm512_and_si512(back, six));
        let high = _mm512_packus_epi16(_mm512_srli_epi16::<6>(front), _mm512_srli_epi16::<6>(back));
        store(&mut block[0], _mm512_permutexvar_epi32(order, low));
        store(&mut block[1], _mm512_permutexvar_epi32(order, high));
    }
    _mm512_reduce_add_epi32(total) as u32
}

/// For each query 32 elements' sums by the weights' low bits, and those by their high bits.
#[repr(align(64))]
struct Sums([[[[i32; LANES]; 2]; 2]; QUERIES]);

/// Weighted sums of 32 elements of the values, from one on.
fn values(queries: &Queries<'_>, span: &Span<SLOTS>, element: usize, weights: &[[i32; 16]], sums: &mut Sums) {
    let (cache, row) = (queries.cache, span.tiles * VECTORS * size_of::<[i32; 16]>());
    let block = SLOTS / 4 * cache.width;
    let values = &cache.values[..span.ring * block];
    assert!(element + 2 * LANES <= cache.width && size_of_val(weights) >= queries.each.len() * row);
    let ends = [0, span.ring * block, span.place(0) * block].map(|at| values.as_ptr().wrapping_add(at + element));
    let [start, end, begin] = ends;
    // SAFETY: reads the weights of a row for each query, and 32 elements of the values of whole blocks, after the last of which comes the first; writes
    // `sums`. No other register than those named changes.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{weights} + {row}]",
            "tileloadd tmm6, [{values} + {width}]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{values} + {width} + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{weights} + {row} + 64]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {weights}, 256",
            "add {values}, {block}",
            "cmp {values}, {end}",
            "cmove {values}, {start}",
            "dec {blocks}",
            "jnz 2b",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 64], tmm1",
            "tilestored [{sums} + {line} + 128], tmm2",
            "tilestored [{sums} + {line} + 192], tmm3",
            weights = inout(reg) weights.as_ptr() => _,
            row = in(reg) row,
            values = inout(reg) begin => _,
            width = in(reg) cache.width * 4,
            block = in(reg) block * 4,
            end = in(reg) end,
            start = in(reg) start,
            sums = in(reg) sums,
            line = in(reg) 4 * BYTES,
            blocks = inout(reg) span.tiles => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
