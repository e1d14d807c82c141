//! How a matrix's weights are stored: the same bytes in an artifact and in an image, which has them in [another order](crate::rows).

use core::borrow::Borrow;

/// Storage of one row of small integers. Every row starts at a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A byte a weight, -127..=127.
    I8,
    /// Half a byte a weight, two's complement, low nibble first.
    I4,
    /// A bit a weight, lowest first: 1 is +1, 0 is -1.
    Bit1,
    /// Five ternary weights a byte: `sum (w_k + 1) 3^k`.
    Trit5,
}

/// The digits of every byte in base 3, less one. Bytes over 242 can't come from packing; they decode to something all the same.
pub(crate) const TRITS: [[i8; 5]; 256] = {
    let mut table = [[0; 5]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut digit) = (byte, 0);
        while digit < 5 {
            table[byte][digit] = (rest % 3) as i8 - 1;
            rest /= 3;
            digit += 1;
        }
        byte += 1;
    }
    table
};

impl Codec {
    /// All of them with their names in artifacts.
    pub const NAMES: [(Codec, &'static str); 4] =
        [(Codec::I8, "i8"), (Codec::I4, "i4"), (Codec::Bit1, "bit1"), (Codec::Trit5, "trit5")];

    /// Weights that share a byte.
    pub const fn per_byte(self) -> usize {
        match self {
            Codec::I8 => 1,
            Codec::I4 => 2,
            Codec::Bit1 => 8,
            Codec::Trit5 => 5,
        }
    }

    /// Bytes of a row of `cols` weights.
    pub const fn row_bytes(self, cols: usize) -> usize {
        cols.div_ceil(self.per_byte())
    }

    /// Bytes of a row that stay together in an image.
    pub(crate) const fn unit(self) -> usize {
        match self {
            Codec::I8 => 4,
            Codec::I4 => 2,
            Codec::Bit1 | Codec::Trit5 => 1,
        }
    }

    /// Largest magnitude of a weight, whatever the bytes are.
    pub(crate) const fn largest(self) -> u32 {
        match self {
            Codec::I8 => 128,
            Codec::I4 => 8,
            Codec::Bit1 | Codec::Trit5 => 1,
        }
    }

    /// Unpacks the first `row.len()` weights of a stored row.
    pub fn unpack(self, stored: impl IntoIterator<Item: Borrow<u8>>, row: &mut [i8]) {
        let weights = row.chunks_mut(self.per_byte()).zip(stored.into_iter().map(|byte| *byte.borrow()));
        match self {
            Codec::I8 => weights.for_each(|(weight, byte)| weight[0] = byte as i8),
            Codec::I4 => {
                for (pair, byte) in weights {
                    pair[0] = ((byte << 4) as i8) >> 4;
                    if let Some(second) = pair.get_mut(1) {
                        *second = (byte as i8) >> 4;
                    }
                }
            }
            Codec::Bit1 => {
                for (eight, byte) in weights {
                    for (bit, weight) in eight.iter_mut().enumerate() {
                        *weight = ((byte >> bit) & 1) as i8 * 2 - 1;
                    }
                }
            }
            Codec::Trit5 => {
                for (five, byte) in weights {
                    let count = five.len();
                    five.copy_from_slice(&TRITS[byte as usize][..count]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_unpacks_what_its_documentation_says() {
        let unpack = |codec: Codec, stored: &[u8]| {
            let mut row = [0; 7];
            codec.unpack(stored, &mut row);
            row
        };
        assert_eq!(unpack(Codec::I8, &[0, 1, 127, 129, 255, 2, 3]), [0, 1, 127, -127, -1, 2, 3]);
        assert_eq!(unpack(Codec::I4, &[0x70, 0xf8, 0x21, 0x05]), [0, 7, -8, -1, 1, 2, 5]);
        assert_eq!(unpack(Codec::Bit1, &[0b0101_0011]), [1, 1, -1, -1, 1, -1, 1]);
        // 0 + 1*3 + 2*9 + 0*27 + 1*81 = 102, then 2 + 0*3 and padding.
        assert_eq!(unpack(Codec::Trit5, &[102, 2 + 9 + 27 + 81]), [-1, 0, 1, -1, 0, 1, -1]);
    }
}
