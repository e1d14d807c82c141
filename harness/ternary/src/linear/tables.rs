//! Weights of less than a nibble are not unpacked, they are looked up. For a few bytes' worth of columns, the sums that each value of a byte would give are
//! put into tables once; then every row of every matrix with the same inputs costs a load, a look-up and an addition for each byte.

#![allow(unsafe_code)]

#[cfg(target_arch = "riscv32")]
mod riscv32;
#[cfg(thumb2)]
mod thumb2;

use super::Layer;
use super::small::{ROWS, runs};
use crate::codec::Codec;
use crate::image::Matrix;
use crate::registers::{in_order, settle};
use crate::rows::BLOCK;
#[cfg(target_arch = "riscv32")]
use riscv32 as by_hand;
#[cfg(thumb2)]
use thumb2 as by_hand;

/// Added to each entry so that it is never negative: at most `2 * 8 * 127` is subtracted from it.
const BIAS: i32 = 2_048;
/// Two tables side by side: the lower half of an entry is for one byte of a row, the upper half for the next.
type Pair = [i32; 256];
/// Pairs at a time, at most.
const PAIRS: usize = super::TABLES / 256;

/// By how much [`add_sums`] makes each sum too large for so many columns.
pub(super) fn excess(codec: Codec, columns: usize) -> i32 {
    BIAS * codec.row_bytes(columns) as i32
}

/// Adds to `out` the sums of each layer's rows for one token's inputs `q`, and the [`excess`].
#[inline(never)]
pub(super) fn add_sums(layers: &[Layer<'_>], q: &[i8], room: &mut [i32], out: &mut [i32]) {
    let codec = layers[0].0.codec;
    let tables = &mut room.as_chunks_mut::<256>().0[..PAIRS];
    for (chunk, q) in q.chunks(2 * PAIRS * codec.per_byte()).enumerate() {
        let bytes = codec.row_bytes(q.len());
        for (pair, table) in q.chunks(2 * codec.per_byte()).zip(tables.iter_mut()) {
            let (low, high) = pair.split_at(pair.len().min(codec.per_byte()));
            fill(codec, low, high, table);
        }
        for (matrix, offset) in layers {
            add(matrix, chunk * 2 * PAIRS, bytes, tables, &mut out[*offset..][..matrix.rows]);
        }
    }
}

/// Adds to each row's sum what its `bytes` bytes from `first` on come to.
fn add(matrix: &Matrix<'_>, first: usize, bytes: usize, tables: &[Pair], sums: &mut [i32]) {
    let length = matrix.codec.row_bytes(matrix.cols);
    assert!(matrix.weights.len() == matrix.rows * length && sums.len() == matrix.rows, "every row is whole");
    assert!(first + bytes <= length && bytes <= 2 * tables.len(), "there are bytes and tables");
    let (whole, rest) = sums.split_at_mut(matrix.rows - matrix.rows % BLOCK);
    let (blocks, last) = matrix.weights.split_at(whole.len() * length);
    // SAFETY: a block has as many bytes as it has rows for each byte of a row, and there are as many blocks as sums for them.
    unsafe { add_blocks(tables, blocks.as_ptr().wrapping_add(BLOCK * first), BLOCK * length, bytes, whole) };
    let width = rest.len();
    runs(width, |row, run, _| {
        let (weights, sums) = (last.as_ptr().wrapping_add(width * first + row), &mut rest[row..row + run]);
        // SAFETY: likewise; these are one run of the last block.
        unsafe {
            match run {
                16 => add_rows::<16>(tables, weights, width, 0..bytes, sums),
                8 => add_rows::<8>(tables, weights, width, 0..bytes, sums),
                4 => add_rows::<4>(tables, weights, width, 0..bytes, sums),
                2 => add_rows::<2>(tables, weights, width, 0..bytes, sums),
                _ => add_rows::<1>(tables, weights, width, 0..bytes, sums),
            }
        }
    });
}

/// For whole blocks, which are `stride` bytes apart; `weights` are the first byte's of the first block.
///
/// # Safety
/// From there on, each block must have `BLOCK` times `bytes` bytes. There must be tables for `bytes`.
unsafe fn add_blocks(tables: &[Pair], weights: *const u8, stride: usize, bytes: usize, sums: &mut [i32]) {
    let blocks = sums.as_chunks_mut::<BLOCK>().0;
    // By hand, for pairs of bytes.
    #[cfg(any(target_arch = "riscv32", thumb2))]
    let done = {
        let pairs = bytes / 2;
        if pairs > 0 && !blocks.is_empty() {
            let sums = blocks.as_mut_ptr().cast();
            // SAFETY: up to the caller.
            unsafe { by_hand::add_blocks(weights, tables.as_ptr(), sums, stride, blocks.len(), pairs) };
        }
        2 * pairs
    };
    #[cfg(not(any(target_arch = "riscv32", thumb2)))]
    let done = 0;
    if done == bytes {
        return;
    }
    for (block, sums) in blocks.iter_mut().enumerate() {
        let weights = weights.wrapping_add(stride * block);
        for (run, sums) in sums.chunks_exact_mut(ROWS).enumerate() {
            // SAFETY: up to the caller.
            unsafe { add_rows::<ROWS>(tables, weights.wrapping_add(ROWS * run), BLOCK, done..bytes, sums) };
        }
    }
}

/// For `ROWS` rows of a block with `width` of them; `weights` is the first row's first byte.
///
/// # Safety
/// From each of `bytes` times `width` on, counted from there, there must be `ROWS` bytes. There must be tables for `bytes`.
#[inline(never)]
unsafe fn add_rows<const ROWS: usize>(
    tables: &[Pair],
    weights: *const u8,
    width: usize,
    bytes: core::ops::Range<usize>,
    sums: &mut [i32],
) {
    let sums: &mut [i32; ROWS] = sums.try_into().expect("as many as rows");
    let mut all = *sums;
    for byte in bytes {
        // A word is two halves; the lower comes first where bytes are little-endian.
        let half = if cfg!(target_endian = "big") { 1 - byte % 2 } else { byte % 2 };
        let table = tables.as_ptr().wrapping_add(byte / 2).cast::<u16>().wrapping_add(half);
        let from = weights.wrapping_add(width * byte);
        for (row, sum) in all.iter_mut().enumerate() {
            // SAFETY: up to the caller; a byte's value is less than the table's length.
            let entry = unsafe {
                let value = in_order(from.wrapping_add(row));
                in_order(table.add(2 * usize::from(value)))
            };
            *sum = settle(*sum + i32::from(entry));
        }
    }
    *sums = all;
}

/// The entries before anything is added to or taken from them.
const START: i32 = BIAS << 16 | BIAS;

/// The sums of every value of a byte with the columns `low`, and with the columns `high` in the upper halves.
fn fill(codec: Codec, low: &[i8], high: &[i8], pair: &mut Pair) {
    if codec == Codec::Trit5 {
        if let (Ok(low), Ok(high)) = (low.try_into(), high.try_into()) {
            return fill_trits(low, high, pair);
        }
        // Columns that there are not have no input.
        let mut padded = [[0; 5]; 2];
        for (padded, inputs) in padded.iter_mut().zip([low, high]) {
            padded[..inputs.len()].copy_from_slice(inputs);
        }
        return fill_trits(&padded[0], &padded[1], pair);
    }
    let steps = steps(low, high);
    pair[0] = steps.iter().fold(START, |sum, &step| sum.wrapping_sub(step));
    for (bit, &step) in steps.iter().enumerate() {
        let (clear, set) = pair.split_at_mut(1 << bit);
        for (&mut entry, set) in clear.iter_mut().zip(set) {
            *set = entry.wrapping_add(step << 1);
        }
    }
}

/// What a byte's value adds to a sum: for each column its input, or in the upper half the input of the column of another byte.
fn steps(low: &[i8], high: &[i8]) -> [i32; 8] {
    let mut steps = [0i32; 8];
    for (step, &q) in steps.iter_mut().zip(low) {
        *step = i32::from(q);
    }
    // What is carried from the lower half into the upper is carried back before the entry is done.
    for (step, &q) in steps.iter_mut().zip(high) {
        *step = step.wrapping_add(i32::from(q) << 16);
    }
    steps
}

/// [`fill`] for ternary weights.
#[cfg(any(target_arch = "riscv32", thumb2))]
fn fill_trits(low: &[i8; 5], high: &[i8; 5], pair: &mut Pair) {
    // SAFETY: by their types the inputs and the table are as long as they must be.
    unsafe { by_hand::fill_trits(low, high, pair, START) };
}

/// [`fill`] for ternary weights.
#[cfg(not(any(target_arch = "riscv32", thumb2)))]
#[inline(never)]
fn fill_trits(low: &[i8; 5], high: &[i8; 5], pair: &mut Pair) {
    let steps = steps(low, high);
    pair[0] = steps.iter().fold(START, |sum, &step| sum.wrapping_sub(step));
    pair[1] = pair[0].wrapping_add(steps[0]);
    pair[2] = pair[1].wrapping_add(steps[0]);
    digits::<3>(pair, steps[1], steps[2]);
    digits::<27>(pair, steps[3], steps[4]);
    // Packing makes no other bytes, but a hostile image has them: their sixth digit is dropped.
    for value in 243..256 {
        pair[value] = pair[value - 243];
    }
}

/// From the entries of the first `SIZE` values to those with two more digits in base 3.
#[cfg(not(any(target_arch = "riscv32", thumb2)))]
#[inline(always)]
fn digits<const SIZE: usize>(pair: &mut Pair, first: i32, second: i32) {
    const { assert!(9 * SIZE <= 256) };
    for value in 0..SIZE {
        let mut sum = pair[value];
        for digit in 0..3 {
            let mut with = sum;
            for other in 0..3 {
                if digit + other > 0 {
                    pair[value + SIZE * (digit + 3 * other)] = with;
                }
                with = with.wrapping_add(second);
            }
            sum = sum.wrapping_add(first);
        }
    }
}
