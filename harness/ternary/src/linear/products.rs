//! Wider weights are multiplied. Two rows' int4 weights lie in the halves of a word, so that one multiplication does for both.

#![allow(unsafe_code)]

#[cfg(thumb2)]
mod thumb2;

use super::Layer;
use super::small::{runs, words};
use crate::image::Matrix;
use crate::registers::{in_order, settle};
use crate::rows::BLOCK;

/// Columns of a unit of a row.
const UNIT: usize = 4;
/// A lane's sum must fit 16 bits with its sign: so much may the positive inputs add up to at most, and so much the negative ones, as a weight is at most 15.
const SPAN: i32 = 0x7fff / 15;

/// By how much [`add_nibbles`] makes each sum too large: the weights are stored plus eight.
pub(super) fn excess(q: &[i8]) -> i32 {
    8 * q.iter().map(|&q| i32::from(q)).sum::<i32>()
}

/// Adds to `out` the sums of each layer's rows of int4 weights for one token's inputs `q`, and the [`excess`].
pub(super) fn add_nibbles(layers: &[Layer<'_>], q: &[i8], room: &mut [i32], out: &mut [i32]) {
    let room = room.as_chunks_mut::<UNIT>().0;
    let mut start = 0;
    while start < q.len() {
        // As many units as the lanes have room for: at least four.
        let (mut units, mut rise, mut fall) = (0, 0, 0);
        for (unit, to) in q[start..].chunks(UNIT).zip(room.iter_mut()) {
            let (mut up, mut down) = (rise, fall);
            for &q in unit {
                *(if q > 0 { &mut up } else { &mut down }) += i32::from(q);
            }
            if up > SPAN || down < -SPAN {
                break;
            }
            (rise, fall) = (up, down);
            *to = [0; UNIT];
            to.iter_mut().zip(unit).for_each(|(to, &q)| *to = i32::from(q));
            arrange(to);
            units += 1;
        }
        if PAIRED && start + UNIT * units < q.len() {
            units -= units % 2;
        }
        for (matrix, offset) in layers {
            add_units(matrix, start, q, &room[..units], &mut out[*offset..][..matrix.rows]);
        }
        start += UNIT * units;
    }
}

/// Whether units are best taken two at a time.
const PAIRED: bool = cfg!(thumb2);

/// Whether the upper half of a product is as easily had as the lower: then two of the shifts that align a nibble are in the inputs.
const HIGH: bool = cfg!(any(target_arch = "riscv32", test));

fn arrange(q: &mut [i32; UNIT]) {
    if HIGH {
        q[2] <<= 24;
        q[3] <<= 20;
    }
}

/// The products of the weights in both halves of a word with the arranged inputs, added up by halves.
#[inline(always)]
fn product(word: u32, q: &[i32; UNIT]) -> i32 {
    let lower = |nibbles: u32, q: i32| nibbles.wrapping_mul(q as u32);
    let upper = |nibbles: u32, q: i32| ((i64::from(q) * i64::from(nibbles)) >> 32) as u32;
    let low = lower(word & 0x000f_000f, q[0]).wrapping_add(lower(word >> 4 & 0x000f_000f, q[1]));
    let high = if HIGH {
        upper(word & 0x0f00_0f00, q[2]).wrapping_add(upper(word & 0xf000_f000, q[3]))
    } else {
        lower(word >> 8 & 0x000f_000f, q[2]).wrapping_add(lower(word >> 12 & 0x000f_000f, q[3]))
    };
    low.wrapping_add(high) as i32
}

/// The units from column `start` on, whose arranged inputs are `units`; the last may have fewer columns.
fn add_units(matrix: &Matrix<'_>, start: usize, q: &[i8], units: &[[i32; UNIT]], sums: &mut [i32]) {
    let (length, first) = (matrix.codec.row_bytes(matrix.cols), start / 2);
    assert!(matrix.weights.len() == matrix.rows * length, "every row is whole");
    // A row with an odd number of bytes ends with a unit of one.
    let whole = units.len().min((length - first) / 2);
    let stored = words(matrix.weights);
    runs(matrix.rows, |row, run, width| {
        let within = row % BLOCK;
        let block = (row - within) * length + width * first;
        let sums = &mut sums[row..row + run];
        let at = block + 2 * within;
        // Only pairs of rows lie in words.
        let paired = stored.filter(|_| width % 2 == 0 && run > 1);
        if let Some(stored) = paired {
            let (stored, units) = (stored.get(at / 4..).unwrap_or_default(), &units[..whole]);
            match run {
                16 => pairs::<8>(stored, width / 2, units, sums),
                8 => pairs::<4>(stored, width / 2, units, sums),
                4 => pairs::<2>(stored, width / 2, units, sums),
                _ => pairs::<1>(stored, width / 2, units, sums),
            }
        }
        let done = if paired.is_some() { whole } else { 0 };
        for (unit, q) in q[start..].chunks(UNIT).enumerate().take(units.len()).skip(done) {
            let bytes = q.len().div_ceil(2);
            let at = block + 2 * width * unit + bytes * within;
            let cells = matrix.weights[at..at + bytes * run].chunks_exact(bytes);
            for (sum, cell) in sums.iter_mut().zip(cells) {
                let nibbles = cell.iter().flat_map(|&byte| [byte & 15, byte >> 4]);
                *sum += nibbles.zip(q).map(|(nibble, &q)| i32::from(nibble) * i32::from(q)).sum::<i32>();
            }
        }
    });
}

/// `PAIRS` pairs of rows; a unit's words are `width` apart from the next's.
#[inline(never)]
fn pairs<const PAIRS: usize>(stored: &[u32], width: usize, units: &[[i32; UNIT]], sums: &mut [i32]) {
    assert!(units.is_empty() || (units.len() - 1) * width + PAIRS <= stored.len(), "every row is whole");
    let mut all = [0i32; PAIRS];
    // By hand, for units two at a time.
    #[cfg(thumb2)]
    let done = match (width, <&mut [i32; 4]>::try_from(&mut all[..])) {
        (8, Ok(all)) if units.len() > 1 => {
            let even = units[..units.len() - units.len() % 2].as_ptr_range();
            // SAFETY: asserted above.
            unsafe { thumb2::four_pairs(stored.as_ptr(), even.start, even.end, all) };
            units.len() - units.len() % 2
        }
        _ => 0,
    };
    #[cfg(not(thumb2))]
    let done = 0;
    let mut cell = stored.as_ptr().wrapping_add(done * width);
    for q in &units[done..] {
        for (pair, sum) in all.iter_mut().enumerate() {
            // SAFETY: asserted above.
            let product = product(unsafe { in_order(cell.add(pair)) }, q);
            *sum = settle(sum.wrapping_add(product));
        }
        cell = cell.wrapping_add(width);
    }
    for (sums, sum) in sums.as_chunks_mut::<2>().0.iter_mut().zip(all) {
        let low = i32::from(sum as i16);
        sums[0] += low;
        sums[1] += sum.wrapping_sub(low) >> 16;
    }
}

/// Adds to `out` the sums of each layer's rows of int8 weights for one token's inputs `q`.
pub(super) fn add_bytes(layers: &[Layer<'_>], q: &[i8], room: &mut [i32], out: &mut [i32]) {
    let room = room.as_chunks_mut::<UNIT>().0;
    let most = room.len() * UNIT;
    for (span, q) in q.chunks(most).enumerate() {
        let (units, rest) = q.as_chunks::<UNIT>();
        for (to, q) in room.iter_mut().zip(units) {
            *to = q.map(i32::from);
        }
        for (matrix, offset) in layers {
            let (length, first) = (matrix.codec.row_bytes(matrix.cols), span * most);
            runs(matrix.rows, |row, run, width| {
                let within = row % BLOCK;
                let at = (row - within) * length + width * first;
                let units = &room[..units.len()];
                // Narrower than a unit, there may be nothing there.
                let stored = matrix.weights.get(at + UNIT * within..).unwrap_or_default();
                let sums = &mut out[offset + row..][..run];
                match run {
                    16 => add_rows::<16>(stored, width, units, sums),
                    8 => add_rows::<8>(stored, width, units, sums),
                    4 => add_rows::<4>(stored, width, units, sums),
                    2 => add_rows::<2>(stored, width, units, sums),
                    _ => add_rows::<1>(stored, width, units, sums),
                }
                let last = at + width * UNIT * units.len() + rest.len() * within;
                for (row, sum) in sums.iter_mut().enumerate().filter(|_| !rest.is_empty()) {
                    let cell = &matrix.weights[last + row * rest.len()..][..rest.len()];
                    *sum += cell.iter().zip(rest).map(|(&w, &q)| i32::from(w as i8) * i32::from(q)).sum::<i32>();
                }
            });
        }
    }
}

/// `ROWS` rows; a unit's bytes are `4 * width` apart from the next's.
#[inline(never)]
fn add_rows<const ROWS: usize>(stored: &[u8], width: usize, units: &[[i32; UNIT]], sums: &mut [i32]) {
    let sums: &mut [i32; ROWS] = sums.try_into().expect("as many as rows");
    assert!(units.is_empty() || ((units.len() - 1) * width + ROWS) * UNIT <= stored.len(), "every row is whole");
    let mut all = *sums;
    let mut cell = stored.as_ptr();
    for q in units {
        // SAFETY: asserted above.
        let weight = |place| i32::from(unsafe { in_order(cell.add(place)) } as i8);
        for (row, sum) in all.iter_mut().enumerate() {
            for (column, q) in q.iter().enumerate() {
                *sum = settle(*sum + weight(UNIT * row + column) * q);
            }
        }
        cell = cell.wrapping_add(UNIT * width);
    }
    *sums = all;
}
