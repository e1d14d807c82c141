//! For small cores without vectors: which kernel takes which layers, and the way from their sums to outputs.

#![allow(unsafe_code)]

use super::{Format, Inputs, Layer, Scratch, columns, finish, plain, products, tables};
use crate::Codec;
use crate::fixed::{Norm, scaled};
use crate::image::Matrix;
use crate::registers::saturated_half;

/// Rows that a kernel takes at once, at most: as many as the registers have room for sums.
pub(super) const ROWS: usize = match (cfg!(target_arch = "arm"), cfg!(target_has_atomic = "32")) {
    (false, _) => 16,
    (true, true) => 8,
    // Armv6-M, the only one here without atomic exchanges, has eight registers for most of its instructions.
    (true, false) => 4,
};

/// As [`super::linear`].
pub(super) fn linear(
    layers: &[Layer<'_>],
    inputs: Inputs<'_>,
    format: Format,
    scratch: Scratch<'_>,
    out: &mut [i32],
    stride: usize,
) {
    let Scratch { row, tables: room } = scratch;
    let kind = |matrix: &Matrix<'_>| (matrix.codec, matrix.by_columns);
    let alike = |(a, _): &Layer<'_>, (b, _): &Layer<'_>| kind(a) == kind(b) && a.groups == 1 && b.groups == 1;
    for layers in layers.chunk_by(alike) {
        let &(first, offset) = &layers[0];
        if first.groups != 1 {
            plain(&first, inputs, format, row, &mut out[offset..], stride);
            continue;
        }
        for (token, q) in inputs.quantised.chunks_exact(first.cols).enumerate() {
            let out = &mut out[token * stride..];
            let excess = match first.codec {
                Codec::Trit5 | Codec::Bit1 if !first.by_columns => tables::excess(first.codec, first.cols),
                Codec::I4 => products::excess(q),
                _ => 0,
            };
            for (matrix, offset) in layers {
                let (fours, rest) = out[*offset..][..matrix.rows].as_chunks_mut::<4>();
                fours.iter_mut().for_each(|sums| *sums = [-excess; 4]);
                rest.fill(-excess);
            }
            match first.codec {
                Codec::Trit5 if first.by_columns => columns::add_sums(layers, q, room, out),
                Codec::Trit5 | Codec::Bit1 => tables::add_sums(layers, q, room, out),
                Codec::I4 => products::add_nibbles(layers, q, room, out),
                Codec::I8 => products::add_bytes(layers, q, room, out),
            }
            for (matrix, offset) in layers {
                outputs(matrix, inputs.norm(token), format, &mut out[*offset..][..matrix.rows]);
            }
        }
    }
}

/// From a matrix's sums to its outputs.
fn outputs(matrix: &Matrix<'_>, norm: Norm, format: Format, sums: &mut [i32]) {
    let by = matrix.exponent - matrix.pre_shift + norm.exponent - format.fraction;
    match words(matrix.scales) {
        // A product with its scale then has 31 bits, by what an image is checked for.
        Some(scales) if matrix.pre_shift == 0 && by >= 18 => {
            let (by, mantissa) = ((by - 18).min(31), norm.mantissa);
            match format {
                Format::INNER => in_words::<{ Format::INNER.bits() }>(sums, scales, mantissa, by),
                _ => in_words::<{ Format::LOGIT.bits() }>(sums, scales, mantissa, by),
            }
        }
        _ => {
            for (row, sum) in sums.iter_mut().enumerate() {
                let scaled = i64::from(*sum) * i64::from(matrix.scale(row, 0));
                *sum = finish(scaled, matrix, norm, format);
            }
        }
    }
}

/// [`outputs`] without products of 64 bits, to be shifted right by one more than `by`.
#[inline(never)]
fn in_words<const BITS: u32>(sums: &mut [i32], scales: &[u32], mantissa: u32, by: i32) {
    let output = |sum: &mut i32, scale: u32| {
        let product = sum.wrapping_mul(scale as i32);
        *sum = saturated_half::<BITS>((scaled(product, mantissa) >> by) + 1);
    };
    let (fours, rest) = sums.as_chunks_mut::<4>();
    let (scales, last) = scales[..4 * fours.len() + rest.len()].as_chunks::<4>();
    for (sums, scales) in fours.iter_mut().zip(scales) {
        sums.iter_mut().zip(scales).for_each(|(sum, &scale)| output(sum, scale));
    }
    rest.iter_mut().zip(last).for_each(|(sum, &scale)| output(sum, scale));
}

/// Little-endian words, where they can be read as such.
pub(super) fn words(bytes: &[u8]) -> Option<&[u32]> {
    // SAFETY: any bits are an integer.
    let (before, words, _) = unsafe { bytes.align_to::<u32>() };
    (cfg!(target_endian = "little") && before.is_empty()).then_some(words)
}

/// Calls `take(first row, rows at once, rows of its block)` for runs of 16, 8, 4, 2 or 1 rows that lie in one block, until all `rows` are taken. Every run
/// begins at a multiple of its length.
pub(super) fn runs(rows: usize, mut take: impl FnMut(usize, usize, usize)) {
    let mut row = 0;
    while row < rows {
        let within = row % crate::rows::BLOCK;
        let width = (rows - row + within).min(crate::rows::BLOCK);
        let mut run = ROWS;
        while run > width - within {
            run /= 2;
        }
        take(row, run, width);
        row += run;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::rows::Order;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    /// A matrix: how its weights are stored, its rows, its bytes as words, how many they are, and the rows' scales.
    type Stored = ((Codec, bool), usize, Vec<u32>, usize, Vec<u32>);

    /// The bytes are any: a hostile image has some that packing never makes.
    fn matrices(cols: usize) -> impl Strategy<Value = Stored> {
        let mut kinds = Codec::NAMES.map(|(codec, _)| (codec, false)).to_vec();
        kinds.push((Codec::Trit5, true));
        (prop::sample::select(kinds), 1usize..50).prop_flat_map(move |(kind, rows)| {
            let (codec, by_columns) = kind;
            let bytes = Order { codec, rows, cols, by_columns }.bytes();
            let scales = prop::collection::vec(prop_oneof![Just(0u32), Just(1_023), 0u32..1_024], rows);
            (Just(kind), Just(rows), prop::collection::vec(any::<u32>(), bytes.div_ceil(4)), Just(bytes), scales)
        })
    }

    /// Columns, two tokens' inputs, and two matrices.
    fn cases() -> impl Strategy<Value = (usize, Vec<i8>, [Stored; 2])> {
        (1usize..200, prop::sample::select(vec![0, 2, 9])).prop_flat_map(|(cols, zeros)| {
            let any = prop_oneof![zeros => Just(0i8), 1 => prop_oneof![Just(-127i8), Just(127), -127i8..=127]];
            let inputs = prop_oneof![prop::collection::vec(any, 2 * cols), Just(vec![127; 2 * cols])];
            (Just(cols), inputs, [matrices(cols), matrices(cols)])
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn kernels_equal_the_oracle(
            (cols, quantised, stored) in cases(),
            (pre_shift, exponent) in prop_oneof![Just((12, 20)), (Just(0), 0..62)],
            norm in prop_oneof![Just([40_000, 20, 65_535, 18]), Just([0, 0, 32_768, 23])],
            format in prop_oneof![Just(Format::INNER), Just(Format::LOGIT)],
        ) {
            let scales = stored.each_ref().map(|((codec, _), _, _, _, scales)| {
                // Such that a product has 31 bits, if need be without a shift.
                let reach = 127 * codec.largest() * cols as u32;
                let most = if pre_shift == 0 { (i32::MAX as u32 / reach).min(1_023) } else { 1_023 };
                scales.iter().flat_map(|&scale| scale.min(most).to_le_bytes()).collect::<Vec<u8>>()
            });
            let layers = [0, 1].map(|index| {
                let ((codec, by_columns), rows, ref words, bytes, _) = stored[index];
                // SAFETY: words are bytes, and lie at a multiple of four as in an image.
                let bytes = unsafe { core::slice::from_raw_parts(words.as_ptr().cast::<u8>(), bytes) };
                let mut matrix = Matrix::outside(codec, (rows, cols, 1), bytes, &scales[index]);
                (matrix.exponent, matrix.pre_shift, matrix.by_columns) = (exponent, pre_shift, by_columns);
                (matrix, if index == 0 { 1 } else { stored[0].1 + 3 })
            });
            let stride = stored[0].1 + stored[1].1 + 5;
            let inputs = Inputs { quantised: &quantised, norms: &norm };
            let (mut expected, mut found) = (vec![7; 2 * stride], vec![7; 2 * stride]);
            let mut row = vec![0; cols];
            for (matrix, offset) in &layers {
                plain(matrix, inputs, format, &mut row, &mut expected[*offset..], stride);
            }
            let scratch = Scratch { row: &mut row, tables: &mut vec![-1; super::super::TABLES] };
            linear(&layers, inputs, format, scratch, &mut found, stride);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn runs_take_every_row_once() {
        for rows in 0..70 {
            let mut next = 0;
            runs(rows, |row, run, width| {
                assert!(row == next && run.is_power_of_two() && row % run == 0 && row % 16 + run <= width);
                next += run;
            });
            assert_eq!(next, rows);
        }
    }
}
