//! For small cores without vectors: the weights of a byte are not unpacked, they are looked up. For a few bytes' worth of columns, the sums that each
//! value of a byte would give are put into tables once; then every row of the matrix costs a load, a look-up and an addition for each byte.

#![allow(unsafe_code)]

use super::{Format, Inputs, finish};
use crate::codec::Codec;
use crate::image::Matrix;

/// Added to each entry so that it is never negative: at most `2 * 8 * 127` is subtracted from it.
const BIAS: u32 = 2_048;
/// Two tables side by side: the lower half of an entry is for one byte of a row, the upper half for the next.
type Pair = [u32; 256];
/// Pairs at a time: 4 KB.
const PAIRS: usize = 4;

/// The linear layer; false if the matrix isn't one for tables, and then nothing is done.
pub(super) fn linear(matrix: &Matrix<'_>, inputs: Inputs<'_>, format: Format, out: &mut [i32], stride: usize) -> bool {
    if matrix.groups != 1 || matrix.codec == Codec::I8 {
        return false;
    }
    let (per_byte, length) = (matrix.codec.per_byte(), matrix.codec.row_bytes(matrix.cols));
    let mut tables = [[0; 256]; PAIRS];
    for (token, q) in inputs.quantised.chunks_exact(matrix.cols).enumerate() {
        let sums = &mut out[token * stride..][..matrix.rows];
        sums.fill(-((length as u32 * BIAS) as i32));
        let mut weights = matrix.weights;
        for columns in q.chunks(2 * PAIRS * per_byte) {
            for (pair, columns) in tables.iter_mut().zip(columns.chunks(2 * per_byte)) {
                let (low, high) = columns.split_at(per_byte.min(columns.len()));
                fill(matrix.codec, low, high, pair);
            }
            let bytes = columns.len().div_ceil(per_byte);
            match bytes {
                1 => add::<1>(&tables, weights, length, sums),
                2 => add::<2>(&tables, weights, length, sums),
                3 => add::<3>(&tables, weights, length, sums),
                4 => add::<4>(&tables, weights, length, sums),
                5 => add::<5>(&tables, weights, length, sums),
                6 => add::<6>(&tables, weights, length, sums),
                7 => add::<7>(&tables, weights, length, sums),
                _ => add::<8>(&tables, weights, length, sums),
            }
            weights = &weights[bytes..];
        }
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = finish(i64::from(*sum) * i64::from(matrix.scale(row, 0)), matrix, inputs.norm(token), format);
        }
    }
    true
}

/// Adds to each row's sum what its next `N` bytes come to. `weights` begins with those of the first row; rows are `length` apart.
///
/// A function of its own, so that the loop has all registers.
#[inline(never)]
fn add<const N: usize>(tables: &[Pair; PAIRS], weights: &[u8], length: usize, sums: &mut [i32]) {
    assert!(!sums.is_empty() && (sums.len() - 1) * length + N <= weights.len(), "every row is whole");
    let mut row = weights.as_ptr();
    for sum in sums {
        // What the lower halves' sum has in the upper half is of no use; a few entries don't carry into it.
        let (mut low, mut high) = (0u32, 0);
        for place in 0..N {
            // SAFETY: the rows' first `N` bytes all lie within `weights`, as was asserted.
            let byte = unsafe { row.add(place).read() };
            let entry = tables[place / 2][usize::from(byte)];
            if place % 2 == 0 {
                low = low.wrapping_add(entry);
            } else {
                high += entry >> 16;
            }
        }
        *sum = sum.wrapping_add(((low & 0xffff) + high) as i32);
        row = row.wrapping_add(length);
    }
}

/// From the entries of the first `SIZE` values to those with one more digit in base 3, `STEP` values at a time.
fn digit<const SIZE: usize, const STEP: usize>(pair: &mut Pair, step: u32) {
    let (none, rest) = pair.split_at_mut(SIZE);
    let (once, rest) = rest.split_at_mut(SIZE);
    let (none, once, twice) =
        (none.as_chunks::<STEP>().0, once.as_chunks_mut::<STEP>().0, rest.as_chunks_mut::<STEP>().0);
    for ((none, once), twice) in none.iter().zip(once).zip(twice) {
        for value in 0..STEP {
            once[value] = none[value].wrapping_add(step);
            twice[value] = once[value].wrapping_add(step);
        }
    }
}

/// The sums of every value of a byte with the columns `low`, and with the columns `high` in the upper halves.
fn fill(codec: Codec, low: &[i8], high: &[i8], pair: &mut Pair) {
    // What is carried from the lower half into the upper is carried back before the entry is done.
    let mut steps = [0u32; 8];
    for (step, &q) in steps.iter_mut().zip(low) {
        *step = i32::from(q) as u32;
    }
    for (step, &q) in steps.iter_mut().zip(high) {
        *step = step.wrapping_add((i32::from(q) as u32) << 16);
    }
    let all = steps.iter().fold(0u32, |sum, &step| sum.wrapping_add(step));
    let bias = BIAS << 16 | BIAS;
    match codec {
        Codec::Trit5 => {
            pair[0] = bias.wrapping_sub(all);
            digit::<1, 1>(pair, steps[0]);
            digit::<3, 3>(pair, steps[1]);
            digit::<9, 9>(pair, steps[2]);
            digit::<27, 9>(pair, steps[3]);
            digit::<81, 9>(pair, steps[4]);
            // Packing makes no other bytes, but a hostile image has them: their sixth digit is dropped.
            pair.copy_within(..13, 243);
        }
        Codec::Bit1 => {
            pair[0] = bias.wrapping_sub(all);
            for (bit, &step) in steps.iter().enumerate() {
                let (clear, set) = pair.split_at_mut(1 << bit);
                for (&mut entry, set) in clear.iter_mut().zip(set) {
                    *set = entry.wrapping_add(step << 1);
                }
            }
        }
        Codec::I4 => {
            // From -8 to 7, which is from 8 to 15 and then from 0 to 7 as bits.
            let mut row = bias.wrapping_sub(all << 3);
            for high in 0..16 {
                let mut entry = row;
                let entries = &mut pair[16 * (high ^ 8)..][..16];
                for low in 0..16 {
                    entries[low ^ 8] = entry;
                    entry = entry.wrapping_add(steps[0]);
                }
                row = row.wrapping_add(steps[1]);
            }
        }
        Codec::I8 => {}
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::image::Matrix;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    /// A codec, rows, columns, the stored bytes, two tokens' inputs and the rows' scales. The bytes are any: a hostile image has some that packing
    /// never makes.
    fn layers() -> impl Strategy<Value = (Codec, usize, usize, Vec<u8>, Vec<i8>, Vec<u32>)> {
        let codecs = prop::sample::select(vec![Codec::Trit5, Codec::Bit1, Codec::I4]);
        (codecs, 1usize..20, 1usize..200).prop_flat_map(|(codec, rows, cols)| {
            let bytes = prop::collection::vec(any::<u8>(), rows * codec.row_bytes(cols));
            let inputs = prop::collection::vec(prop_oneof![Just(-127i8), Just(127), -127i8..=127], 2 * cols);
            (Just(codec), Just(rows), Just(cols), bytes, inputs, prop::collection::vec(0u32..1_024, rows))
        })
    }

    proptest! {
        #[test]
        fn tables_equal_the_oracle((codec, rows, cols, bytes, quantised, scales) in layers()) {
            let scales: Vec<u8> = scales.into_iter().flat_map(u32::to_le_bytes).collect();
            let matrix = Matrix::outside(codec, (rows, cols, 1), &bytes, &scales);
            let inputs = Inputs { quantised: &quantised, norms: &[40_000, 20, 65_535, 18] };
            let (mut expected, mut found) = (vec![0; 2 * rows + 3], vec![0; 2 * rows + 3]);
            super::super::linear(&matrix, inputs, Format::INNER, &mut vec![0; cols], &mut expected, rows + 3);
            prop_assert!(linear(&matrix, inputs, Format::INNER, &mut found, rows + 3));
            prop_assert_eq!(found, expected);
        }
    }
}
