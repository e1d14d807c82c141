//! Ternary weights stored by columns, for inputs that are mostly zero: each other column is added, times its input, to the sums of all rows. The five rows of
//! a byte are added in two words, three lanes in one and two in the other.

#![allow(unsafe_code)]

#[cfg(thumb2)]
mod thumb2;

use super::Layer;
use crate::codec::TRITS;
use crate::image::Matrix;
use crate::registers::{in_order, settle};

/// So much may a lane's inputs add up to, in magnitude.
const SPAN: i32 = 511;
/// Bits of a lane of three.
const LANE: u32 = 11;
/// Bytes of a column at a time, at most: each has two sums.
const BYTES: usize = match (cfg!(target_arch = "arm"), cfg!(target_has_atomic = "32")) {
    (false, _) => 8,
    (true, true) => 4,
    (true, false) => 2,
};

/// The weights of each byte as lanes.
static LANES: [[i32; 2]; 256] = {
    let mut lanes = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        let [a, b, c, d, e] = TRITS[byte];
        lanes[byte] = [a as i32 + ((b as i32) << LANE) + ((c as i32) << (2 * LANE)), d as i32 + ((e as i32) << 16)];
        byte += 1;
    }
    lanes
};

/// Adds to `out` the sums of each layer's rows for one token's inputs `q`.
#[inline(never)]
pub(super) fn add_sums(layers: &[Layer<'_>], q: &[i8], room: &mut [i32], out: &mut [i32]) {
    let room = room.as_chunks_mut::<2>().0;
    // As many columns as there is room for what is made of them, with one more behind the last.
    let (list, work) = room.split_at_mut(room.len() / 2 - 1);
    let mut flush = |list: &[[i32; 2]]| {
        layers.iter().for_each(|(matrix, offset)| add(matrix, list, work, &mut out[*offset..][..matrix.rows]));
    };
    let (mut used, mut reach) = (0, 0);
    for (column, &q) in q.iter().enumerate().filter(|&(_, &q)| q != 0) {
        let q = i32::from(q);
        if reach + q.abs() > SPAN || used == list.len() {
            flush(&list[..used]);
            (used, reach) = (0, 0);
        }
        list[used] = [column as i32, q];
        used += 1;
        reach += q.abs();
    }
    flush(&list[..used]);
}

/// Adds the columns, each with its input, to the rows' sums.
#[cfg_attr(not(thumb2), expect(unused_variables, reason = "`work` is for the loop by hand"))]
fn add(matrix: &Matrix<'_>, columns: &[[i32; 2]], work: &mut [[i32; 2]], sums: &mut [i32]) {
    let length = matrix.codec.row_bytes(matrix.rows);
    assert!(matrix.weights.len() == matrix.cols * length && sums.len() == matrix.rows, "every column is whole");
    assert!(columns.iter().all(|&[column, _]| (column as usize) < matrix.cols), "every column is there");
    let mut first = 0;
    #[cfg(thumb2)]
    if length >= 4 {
        let work = &mut work[..columns.len() + 1];
        for (work, &[column, q]) in work.iter_mut().zip(columns) {
            *work = [matrix.weights.as_ptr().addr() as i32 + column * length as i32, q];
        }
        work[columns.len()] = [0; 2];
        for sums in sums.chunks_mut(4 * 5).take(length / 4) {
            let mut all = [[0; 2]; 4];
            // SAFETY: every column has as many bytes, and there is one without an input.
            unsafe { thumb2::four_bytes(work.as_mut_ptr(), &LANES, &mut all) };
            spread(&all, sums);
            first += 4;
        }
    }
    while first < length {
        let mut run = BYTES;
        while run > length - first {
            run /= 2;
        }
        let (weights, sums) = (&matrix.weights[first..], &mut sums[5 * first..]);
        // SAFETY: every column has as many bytes from the first on.
        unsafe {
            match run {
                8 => add_bytes::<8>(weights, length, columns, sums),
                4 => add_bytes::<4>(weights, length, columns, sums),
                2 => add_bytes::<2>(weights, length, columns, sums),
                _ => add_bytes::<1>(weights, length, columns, sums),
            }
        }
        first += run;
    }
}

/// # Safety
/// `weights` has `RUN` bytes from `length` times each column on.
#[inline(never)]
unsafe fn add_bytes<const RUN: usize>(weights: &[u8], length: usize, columns: &[[i32; 2]], sums: &mut [i32]) {
    let mut all = [[0i32; 2]; RUN];
    for &[column, q] in columns {
        let bytes = weights.as_ptr().wrapping_add(column as usize * length);
        for (place, sums) in all.iter_mut().enumerate() {
            // SAFETY: up to the caller.
            let lanes = &LANES[usize::from(unsafe { in_order(bytes.wrapping_add(place)) })];
            for (sum, lanes) in sums.iter_mut().zip(lanes) {
                // SAFETY: a reference can be read.
                *sum = settle(sum.wrapping_add(unsafe { in_order(lanes) }.wrapping_mul(q)));
            }
        }
    }
    spread(&all, sums);
}

/// Adds each byte's lanes to its rows' sums.
fn spread(all: &[[i32; 2]], sums: &mut [i32]) {
    for (sums, &[three, two]) in sums.chunks_mut(5).zip(all) {
        let lowest = |lanes: i32, bits: u32| lanes << (32 - bits) >> (32 - bits);
        let a = lowest(three, LANE);
        let rest = three.wrapping_sub(a) >> LANE;
        let b = lowest(rest, LANE);
        let d = lowest(two, 16);
        let found = [a, b, (rest - b) >> LANE, d, two.wrapping_sub(d) >> 16];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
    }
}
