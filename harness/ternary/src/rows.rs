//! How the weights of a matrix lie in an image: so that small cores take many rows at a time with one address.
//!
//! *By rows*: rows come in blocks of [`BLOCK`], the last of which may have fewer. Within a block each row's first [unit](Codec::unit) of bytes comes first, row
//! after row, then each row's second unit, and so on; the last unit of a row may be shorter. Int4 weights are stored plus eight, so that
//! they are nowhere negative. The bytes are as many as in an artifact.
//!
//! *By columns*, for ternary weights whose inputs are mostly zero: column after column, each packed as if it were a row, so that a column whose input is
//! zero is left out altogether.

use crate::Codec;
use crate::codec::TRITS;

/// Rows of a block.
pub(crate) const BLOCK: usize = 16;

/// The matrix's sizes and order, as far as they matter here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) codec: Codec,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) by_columns: bool,
}

impl Order {
    /// Bytes of a row in an artifact.
    fn length(self) -> usize {
        self.codec.row_bytes(self.cols)
    }

    /// Bytes of all weights.
    pub(crate) fn bytes(self) -> usize {
        match self.by_columns {
            true => self.cols * self.codec.row_bytes(self.rows),
            false => self.rows * self.length(),
        }
    }

    /// Where a byte of a row lies, by rows.
    fn place(self, row: usize, byte: usize) -> usize {
        let (within, unit) = (row % BLOCK, self.codec.unit());
        let (block, first) = (row - within, byte - byte % unit);
        let width = (self.rows - block).min(BLOCK);
        block * self.length() + width * first + within * unit.min(self.length() - first) + byte - first
    }

    /// What is added, bit by bit, to the bytes of an artifact.
    fn flip(self) -> u8 {
        if self.codec == Codec::I4 { 0x88 } else { 0 }
    }

    /// A row's bytes as they stand in an artifact.
    pub(crate) fn row(self, weights: &[u8], row: usize) -> impl Iterator<Item = u8> {
        let length = self.codec.row_bytes(self.rows);
        let trit = move |column| TRITS[usize::from(weights[column * length + row / 5])][row % 5];
        (0..self.length()).map(move |byte| match self.by_columns {
            true => pack((5 * byte..self.cols).map(trit)),
            false => weights[self.place(row, byte)] ^ self.flip(),
        })
    }

    /// Calls `each` with a row of a block of `rows`, a unit of its bytes, and where that begins in the block, in the image's order.
    #[cfg(any(feature = "alloc", test))]
    #[cfg_attr(all(target_arch = "wasm32", target_feature = "simd128"), allow(dead_code))]
    fn each_unit(self, rows: usize, mut each: impl FnMut(usize, core::ops::Range<usize>, usize)) {
        let (length, unit, mut at) = (self.length(), self.codec.unit(), 0);
        for first in (0..length).step_by(unit) {
            let bytes = first..length.min(first + unit);
            for row in 0..rows {
                each(row, bytes.clone(), at);
                at += bytes.len();
            }
        }
    }

    /// Unpacks the rows of a block, `out.len() / cols` of them, from the row `first` on; `stored` is room for their bytes.
    #[cfg(any(feature = "alloc", test))]
    #[cfg_attr(all(target_arch = "wasm32", target_feature = "simd128"), allow(dead_code))]
    pub(crate) fn unpack_block(self, weights: &[u8], first: usize, stored: &mut alloc::vec::Vec<u8>, out: &mut [i8]) {
        let count = out.len() / self.cols;
        if self.by_columns {
            for (column, bytes) in weights.chunks_exact(self.codec.row_bytes(self.rows)).enumerate() {
                let trits = bytes[first / 5..].iter().flat_map(|&byte| TRITS[usize::from(byte)]).skip(first % 5);
                for (row, trit) in trits.take(count).enumerate() {
                    out[row * self.cols + column] = trit;
                }
            }
            return;
        }
        let length = self.length();
        stored.resize(count * length, 0);
        let block = &weights[first * length..][..count * length];
        self.each_unit(count, |row, bytes, at| {
            let to = &mut stored[row * length..][bytes.clone()];
            to.iter_mut().zip(&block[at..]).for_each(|(to, from)| *to = from ^ self.flip());
        });
        for (row, stored) in out.chunks_exact_mut(self.cols).zip(stored.chunks_exact(length)) {
            self.codec.unpack(stored, row);
        }
    }

    /// From rows one after the other, as in an artifact, to the bytes of an image.
    #[cfg(any(feature = "build", test))]
    pub(crate) fn arrange(self, stored: &[u8]) -> alloc::vec::Vec<u8> {
        let mut weights = alloc::vec![0; self.bytes()];
        let length = self.length();
        if self.by_columns {
            let rows = self.codec.row_bytes(self.rows);
            let mut five = alloc::vec![0; 5 * self.cols];
            for (index, stored) in stored.chunks(5 * length).enumerate() {
                let count = stored.len() / length;
                for (row, stored) in five.chunks_exact_mut(self.cols).zip(stored.chunks_exact(length)) {
                    self.codec.unpack(stored, row);
                }
                for column in 0..self.cols {
                    weights[column * rows + index] = pack((0..count).map(|row| five[row * self.cols + column]));
                }
            }
        } else {
            let blocks = stored.chunks(BLOCK * length.max(1)).zip(weights.chunks_mut(BLOCK * length.max(1)));
            for (stored, weights) in blocks {
                self.each_unit(stored.len() / length, |row, bytes, at| {
                    let stored = &stored[row * length..][bytes.clone()];
                    weights[at..][..bytes.len()].iter_mut().zip(stored).for_each(|(to, from)| *to = from ^ self.flip());
                });
            }
        }
        weights
    }
}

/// Up to five of the trits in a byte; those that lack are zero.
fn pack(mut trits: impl Iterator<Item = i8>) -> u8 {
    [1, 3, 9, 27, 81].into_iter().map(|power| power * (trits.next().unwrap_or(0) + 1) as u8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back((codec, rows, cols) in (0usize..4, 1usize..70, 1usize..60), byte in any::<u8>(), by_columns in any::<bool>()) {
            let codec = Codec::NAMES[codec].0;
            let by_columns = by_columns && codec == Codec::Trit5;
            let order = Order { codec, rows, cols, by_columns };
            let length = codec.row_bytes(cols);
            let stored: Vec<u8> = (0..rows * length).map(|place| byte.wrapping_add((place * 7_919 % 251) as u8)).collect();
            let weights = order.arrange(&stored);
            prop_assert_eq!(weights.len(), order.bytes());
            for (row, bytes) in stored.chunks_exact(length).enumerate() {
                let (mut expected, mut found) = (vec![0; cols], vec![0; cols]);
                codec.unpack(bytes.iter().copied(), &mut expected);
                codec.unpack(order.row(&weights, row), &mut found);
                prop_assert_eq!(&found, &expected);
                let (first, within) = (row - row % BLOCK, row % BLOCK);
                let mut block = vec![0; (rows - first).min(BLOCK) * cols];
                order.unpack_block(&weights, first, &mut vec![], &mut block);
                prop_assert_eq!(&block[within * cols..][..cols], &expected);
            }
            if !by_columns {
                let mut places: Vec<usize> = (0..rows * length).map(|place| order.place(place / length, place % length)).collect();
                places.sort_unstable();
                prop_assert!(places.into_iter().eq(0..stored.len()));
            }
        }
    }
}
