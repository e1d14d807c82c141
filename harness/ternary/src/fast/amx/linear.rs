//! Linear layers on tiles.

use super::{BYTES, ROWS, Tiles};
use crate::fast::avx512::{self, MOST, Run, Sums, WIDE};
use crate::fast::inputs;
use crate::fast::ops::{Batch, Place};
use crate::fast::plan::{Line, Packed};
use core::arch::asm;
use core::ops::Range;

/// Arranges a run's activations, for each token a group after the other; those of all tokens for a group lie side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    place.each(q, |q, place| arrange_one(q, place, words, sums));
}

#[inline(always)]
fn arrange_one(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    let Place { group, padded, token, tokens } = place;
    let width = padded / 4;
    let groups = words.chunks_mut(width * tokens).zip(sums.chunks_mut(tokens));
    for (q, (words, sums)) in q.chunks_exact(group).zip(groups) {
        let alone = Place { token: 0, tokens: 1, ..place };
        inputs::arrange(q, alone, &mut words[token * width..][..width], &mut sums[token..=token]);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn linear(matrix: &Packed, batch: &mut Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    if batch.norms.len() == 1 {
        return avx512::one_token(matrix, &batch.side(matrix, 0), blocks, out);
    }
    let tiles = Tiles::new();
    avx512::many_tokens::<true>(matrix, batch, blocks, out, stride, |run, sums| multiply(&tiles, run, sums));
}

/// The sums of a run.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn multiply(tiles: &Tiles, Run { weights, words, starts, mut next }: Run<'_>, sums: &mut Sums) {
    let tokens = starts.len();
    let (width, steps) = (words.len() / tokens, weights.len() / WIDE / ROWS);
    assert!(
        (1..=MOST).contains(&tokens) && steps == (4 * width).div_ceil(BYTES),
        "tiles are what the room has room for"
    );
    // Sums of the first tokens with both vectors of rows, and of the second; activations of both; weights.
    let (first, second) = (tokens.min(ROWS), tokens.saturating_sub(ROWS));
    tiles.shape([first, first, second, second, first, second, ROWS, ROWS]);
    while next.some() {}
    // SAFETY: reads whole tiles of weights, and of words a row for each token and behind the last less than a tile's columns, which there are
    // (`Inputs::new`) and which have no weight; writes `sums`, whose tiles have 16 rows of 64 bytes at most.
    // No other register than those named changes.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "test {both}, {both}",
            "jz 2f",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm6, [{weights} + {line}]",
            "tileloadd tmm4, [{words} + {token}]",
            "tdpbssd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{weights} + {line} + 64]",
            "tdpbssd tmm1, tmm4, tmm7",
            "test {both}, {both}",
            "jz 3f",
            "tileloadd tmm5, [{second} + {token}]",
            "tdpbssd tmm2, tmm5, tmm6",
            "tdpbssd tmm3, tmm5, tmm7",
            "add {second}, 64",
            "3:",
            "add {words}, 64",
            "add {weights}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 64], tmm1",
            "test {both}, {both}",
            "jz 4f",
            "tilestored [{sums} + {line} + 2048], tmm2",
            "tilestored [{sums} + {line} + 2112], tmm3",
            "4:",
            sums = in(reg) sums,
            words = inout(reg) words.as_ptr() => _,
            second = inout(reg) words[first * width..].as_ptr() => _,
            both = in(reg) second,
            weights = inout(reg) weights.as_ptr() => _,
            steps = inout(reg) steps => _,
            token = in(reg) width * 4,
            line = in(reg) size_of::<Line>() * WIDE,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
