//! Packing rows of weights; [`Codec::unpack`] is the other direction.

use golf_ternary::Codec;

/// A weight that a codec can't store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstorable {
    /// Its place in the row.
    pub index: usize,
    /// The weight.
    pub weight: i8,
}

/// The name of a codec in tensors' names.
pub fn name(codec: Codec) -> &'static str {
    Codec::NAMES.iter().find(|&&(kind, _)| kind == codec).map_or("", |&(_, name)| name)
}

/// Whether a codec can store a weight.
pub fn can_store(codec: Codec, weight: i8) -> bool {
    match codec {
        Codec::I8 => weight != -128,
        Codec::I4 => (-8..=7).contains(&weight),
        Codec::Bit1 => matches!(weight, -1 | 1),
        Codec::Trit5 => (-1..=1).contains(&weight),
    }
}

/// The weights that a codec stores, for messages.
pub fn range(codec: Codec) -> &'static str {
    match codec {
        Codec::I8 => "-127 to 127",
        Codec::I4 => "-8 to 7",
        Codec::Bit1 => "-1 and 1",
        Codec::Trit5 => "-1, 0 and 1",
    }
}

/// Packs a row: [`Codec::row_bytes`] bytes, padding as the format wants it.
///
/// # Errors
/// The first weight that the codec can't store.
pub fn pack(codec: Codec, row: &[i8]) -> Result<Vec<u8>, Unstorable> {
    if let Some(index) = row.iter().position(|&weight| !can_store(codec, weight)) {
        return Err(Unstorable { index, weight: row[index] });
    }
    let byte = |weights: &[i8]| match codec {
        Codec::I8 => weights[0] as u8,
        Codec::I4 => weights.iter().rev().fold(0, |byte, &weight| byte << 4 | (weight as u8 & 15)),
        Codec::Bit1 => weights.iter().rev().fold(0, |byte, &weight| byte << 1 | u8::from(weight > 0)),
        // Weights that aren't there count as 0, whose digit is 1.
        Codec::Trit5 => (0..5).rev().fold(0, |byte, k| byte * 3 + (weights.get(k).copied().unwrap_or(0) + 1) as u8),
    };
    Ok(row.chunks(codec.per_byte()).map(byte).collect())
}

/// What is wrong with a stored byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It stands for no weights.
    Value,
    /// Its padding is not what packing writes.
    Padding,
}

/// How many bytes of stored rows have a flaw, and the first: its place and which flaw.
pub(crate) fn flaws(codec: Codec, cols: usize, stored: &[u8]) -> Option<(usize, (usize, Flaw))> {
    let row_bytes = codec.row_bytes(cols).max(1);
    let used = cols % codec.per_byte();
    let value = |byte: u8| match codec {
        Codec::I8 => byte != 0x80,
        Codec::Trit5 => byte <= 242,
        Codec::I4 | Codec::Bit1 => true,
    };
    let padding = |byte: u8| match codec {
        Codec::I8 => true,
        Codec::I4 => byte >> 4 == 0,
        Codec::Bit1 => byte >> used == 0,
        // All padding digits are 1: the rest is 11...1 in base 3.
        Codec::Trit5 => u32::from(byte) / 3u32.pow(used as u32) == (3u32.pow(5 - used as u32) - 1) / 2,
    };
    let values = || stored.iter().enumerate().filter(|&(_, &byte)| !value(byte)).map(|(at, _)| (at, Flaw::Value));
    let ends = || stored.chunks_exact(row_bytes).enumerate().map(|(row, bytes)| ((row + 1) * row_bytes - 1, bytes));
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|&last| used != 0 && value(last) && !padding(last));
    let paddings = || ends().filter(|(_, bytes)| odd(bytes)).map(|(at, _)| (at, Flaw::Padding));
    let first = values().next().into_iter().chain(paddings().next()).min_by_key(|&(at, _)| at)?;
    Some((values().count() + paddings().count(), first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = (Codec, Vec<i8>)> {
        prop::sample::select(Codec::NAMES.to_vec()).prop_flat_map(|(codec, _)| {
            let weight = any::<i8>().prop_map(move |weight| match codec {
                Codec::I8 => weight.max(-127),
                Codec::I4 => weight >> 4,
                Codec::Bit1 => (weight & 1) * 2 - 1,
                Codec::Trit5 => weight.rem_euclid(3) - 1,
            });
            (Just(codec), prop::collection::vec(weight, 1..40))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_was_packed_unpacks((codec, row) in row()) {
            let stored = pack(codec, &row).expect("storable");
            prop_assert_eq!(stored.len(), codec.row_bytes(row.len()));
            let mut back = vec![0; row.len()];
            codec.unpack(&stored, &mut back);
            prop_assert_eq!(&back, &row);
            prop_assert_eq!(flaws(codec, row.len(), &stored), None);
        }

        /// Bytes without a flaw are exactly those that packing writes.
        #[test]
        fn a_flaw_is_what_packing_never_writes(
            (codec, _) in row(),
            stored in prop::collection::vec(any::<u8>(), 1..6),
            cut in 0usize..8,
        ) {
            let cols = stored.len() * codec.per_byte() - cut % codec.per_byte();
            let mut row = vec![0; cols];
            codec.unpack(&stored, &mut row);
            let same = pack(codec, &row).is_ok_and(|packed| packed == stored);
            prop_assert_eq!(same, flaws(codec, cols, &stored).is_none());
        }
    }

    #[test]
    fn weights_out_of_range_are_refused() {
        let least = Codec::NAMES.map(|(codec, _)| (codec, -128));
        for (codec, weight) in
            least.into_iter().chain([(Codec::I4, 8), (Codec::I4, -9), (Codec::Bit1, 0), (Codec::Trit5, 2)])
        {
            assert_eq!(pack(codec, &[1, weight]), Err(Unstorable { index: 1, weight }));
        }
    }
}
