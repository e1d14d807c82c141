//! Weights of less than a nibble are not unpacked, they are looked up. For a few bytes' worth of columns, the sums that each value of a byte would give are
//! put into tables once; then every row of every matrix with the same inputs costs a load, a look-up and an addition for each byte. Bytes
//! all of whose inputs are zero are left out.

#![allow(unsafe_code)]

use super::Layer;
use super::small::{ROWS, runs};
use crate::codec::Codec;
use crate::image::Matrix;
use crate::registers::{in_order, settle};
use crate::rows::BLOCK;

/// Added to each entry so that it is never negative: at most `2 * 8 * 127` is subtracted from it.
const BIAS: i32 = 2_048;
/// Two tables side by side: the lower half of an entry is for one byte of a row, the upper half for another.
type Pair = [i32; 256];
/// Pairs at a time, at most.
const PAIRS: usize = super::TABLES / 256;

/// Adds to `out` the sums of each layer's rows for one token's inputs `q`, and returns by how much they are too large.
#[inline(never)]
pub(super) fn sums(layers: &[Layer<'_>], q: &[i8], room: &mut [i32], out: &mut [i32]) -> i32 {
    let codec = layers[0].0.codec;
    let tables = &mut room.as_chunks_mut::<256>().0[..PAIRS];
    let mut columns = q.chunks(codec.per_byte()).enumerate().filter(|(_, columns)| columns.iter().any(|&q| q != 0));
    let (mut places, mut used) = ([[0; 2]; PAIRS], 0);
    let mut excess = 0;
    loop {
        let (low, high) = (columns.next(), columns.next());
        if let Some((place, low)) = low {
            let (other, high) = high.unwrap_or((place, &[]));
            fill(codec, low, high, &mut tables[used]);
            places[used] = [place, other];
            used += 1;
        }
        if used == PAIRS || (high.is_none() && used > 0) {
            for (matrix, offset) in layers {
                add(matrix, &tables[..used], &places[..used], &mut out[*offset..][..matrix.rows]);
            }
            excess += 2 * BIAS * used as i32;
            used = 0;
        }
        if high.is_none() {
            return excess;
        }
    }
}

/// Adds to each row's sum what the bytes at `places` come to.
fn add(matrix: &Matrix<'_>, tables: &[Pair], places: &[[usize; 2]], sums: &mut [i32]) {
    let length = matrix.codec.row_bytes(matrix.cols);
    assert!(matrix.weights.len() == matrix.rows * length && sums.len() == matrix.rows, "every row is whole");
    assert!(places.iter().flatten().all(|&place| place < length), "every place is within the rows");
    let (whole, rest) = sums.split_at_mut(matrix.rows - matrix.rows % BLOCK);
    let (blocks, last) = matrix.weights.split_at(whole.len() * length);
    let offsets = |width| {
        let mut offsets = [[0; 2]; PAIRS];
        offsets.iter_mut().zip(places).for_each(|(offset, place)| *offset = place.map(|place| place * width));
        offsets
    };
    // SAFETY: a block has as many bytes as it has rows for each place, and there are as many blocks as sums for them.
    unsafe { add_rows::<ROWS>(tables, &offsets(BLOCK), blocks, length, whole) };
    let offsets = offsets(rest.len());
    runs(rest.len(), |row, run, _| {
        let (weights, sums) = (&last[row..], &mut rest[row..row + run]);
        // SAFETY: likewise; these are one run.
        unsafe {
            match run {
                8 => add_rows::<8>(tables, &offsets, weights, length, sums),
                4 => add_rows::<4>(tables, &offsets, weights, length, sums),
                2 => add_rows::<2>(tables, &offsets, weights, length, sums),
                _ => add_rows::<1>(tables, &offsets, weights, length, sums),
            }
        }
    });
}

/// For runs of `ROWS` rows, from the first of a block on; a function of its own, so that the loop has all registers.
///
/// # Safety
/// For each run, `weights` has `ROWS` bytes from each offset on, counted from where the run's first byte lies.
#[inline(never)]
unsafe fn add_rows<const ROWS: usize>(
    tables: &[Pair],
    offsets: &[[usize; 2]; PAIRS],
    weights: &[u8],
    length: usize,
    sums: &mut [i32],
) {
    for (run, sums) in sums.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
        let row = run * ROWS;
        let weights = weights.as_ptr().wrapping_add((row - row % BLOCK) * length + row % BLOCK);
        let mut all = *sums;
        for (table, &offsets) in tables.iter().zip(offsets) {
            // A word is two halves; the lower comes first where bytes are little-endian.
            let table: *const [u16; 2] = core::ptr::from_ref(table).cast();
            for (half, offset) in offsets.into_iter().enumerate() {
                let half = if cfg!(target_endian = "big") { 1 - half } else { half };
                let bytes = weights.wrapping_add(offset);
                for (row, sum) in all.iter_mut().enumerate() {
                    // SAFETY: up to the caller; a byte's value is less than the table's length.
                    let entry = unsafe {
                        let byte = in_order(bytes.wrapping_add(row));
                        in_order(table.add(usize::from(byte)).cast::<u16>().add(half))
                    };
                    *sum = settle(*sum + i32::from(entry));
                }
            }
        }
        *sums = all;
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

/// The sums of every value of a byte with the columns `low`, and with the columns `high` in the upper halves.
#[inline(never)]
fn fill(codec: Codec, low: &[i8], high: &[i8], pair: &mut Pair) {
    let steps = steps(low, high);
    let all = steps.iter().fold(0i32, |sum, &step| sum.wrapping_add(step));
    pair[0] = (BIAS << 16 | BIAS).wrapping_sub(all);
    if codec == Codec::Trit5 {
        pair[1] = pair[0].wrapping_add(steps[0]);
        pair[2] = pair[1].wrapping_add(steps[0]);
        digits::<3>(pair, steps[1], steps[2]);
        digits::<27>(pair, steps[3], steps[4]);
        // Packing makes no other bytes, but a hostile image has them: their sixth digit is dropped.
        for value in 243..256 {
            pair[value] = pair[value - 243];
        }
    } else {
        for (bit, &step) in steps.iter().enumerate() {
            let (clear, set) = pair.split_at_mut(1 << bit);
            for (&mut entry, set) in clear.iter_mut().zip(set) {
                *set = entry.wrapping_add(step << 1);
            }
        }
    }
}

/// From the entries of the first `SIZE` values to those with two more digits in base 3.
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
