//! A binary arithmetic coder in 32 bits, without carries.
//!
//! Each decision splits the interval `low..=high` in proportion to its probability, and bytes on which both ends agree leave at the top
//! (as in Mahoney's lpaq, after Witten, Neal and Cleary, "Arithmetic coding for data compression", 1987).

/// Either direction, so that what is coded stands in one place for both.
pub(crate) trait Coder {
    /// Codes a decision that is a one with probability `p / 2^16`, `p` within 1..=65,535. The encoder is told which it is; the decoder tells.
    fn code(&mut self, one: bool, p: u32) -> bool;

    /// Codes the lowest `bits` bits of a number, highest first, at one bit each.
    fn number(&mut self, number: u32, bits: u32) -> u32 {
        (0..bits).rev().fold(0, |sum, bit| sum << 1 | u32::from(self.code(number >> bit & 1 == 1, 1 << 15)))
    }

    /// Whether, decoding, more bytes were needed than there are: what follows is made up.
    fn is_over(&self) -> bool {
        false
    }
}

/// Decisions to bytes.
#[derive(Debug)]
pub(crate) struct Encoder {
    low: u32,
    high: u32,
    bytes: Vec<u8>,
}

/// Bytes to decisions.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    low: u32,
    high: u32,
    value: u32,
    bytes: &'a [u8],
    place: usize,
}

/// The last place of the lower part, which is a one's.
fn split(low: u32, high: u32, p: u32) -> u32 {
    low + ((u64::from(high - low) * u64::from(p)) >> 16) as u32
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Encoder { low: 0, high: u32::MAX, bytes: Vec::new() }
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// All bytes: the last four are the interval's lower end.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend(self.low.to_be_bytes());
        self.bytes
    }
}

impl Coder for Encoder {
    fn code(&mut self, one: bool, p: u32) -> bool {
        let middle = split(self.low, self.high, p);
        if one {
            self.high = middle
        } else {
            self.low = middle + 1
        }
        while (self.low ^ self.high) >> 24 == 0 {
            self.bytes.push((self.high >> 24) as u8);
            self.low <<= 8;
            self.high = self.high << 8 | 255;
        }
        one
    }
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Decoder { low: 0, high: u32::MAX, value: 0, bytes, place: 0 };
        (0..4).for_each(|_| decoder.shift());
        decoder
    }

    /// After the end zeros are read.
    fn shift(&mut self) {
        self.value = self.value << 8 | u32::from(self.bytes.get(self.place).copied().unwrap_or(0));
        self.place += 1;
    }

    /// Bytes read.
    pub(crate) fn place(&self) -> usize {
        self.place.min(self.bytes.len())
    }

    /// Bytes not read.
    pub(crate) fn rest(&self) -> usize {
        self.bytes.len().saturating_sub(self.place)
    }

    /// Whether the bytes end here as [`Encoder::finish`] ends them. Then they are the only ones that decode to what was decoded.
    pub(crate) fn is_finished(&self) -> bool {
        self.place == self.bytes.len() && self.value == self.low
    }
}

impl Coder for Decoder<'_> {
    fn code(&mut self, _: bool, p: u32) -> bool {
        let middle = split(self.low, self.high, p);
        let one = self.value <= middle;
        // Chosen without a jump, since nobody could foresee it.
        let keep = u32::from(one).wrapping_neg();
        self.high = middle & keep | self.high & !keep;
        self.low = self.low & keep | (middle.wrapping_add(1)) & !keep;
        while (self.low ^ self.high) >> 24 == 0 {
            self.low <<= 8;
            self.high = self.high << 8 | 255;
            self.shift();
        }
        one
    }

    fn is_over(&self) -> bool {
        self.place > self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_was_coded_is_decoded(decisions in prop::collection::vec((any::<bool>(), 1u32..65_536), 0..2_000)) {
            let mut encoder = Encoder::new();
            let mut bits = 0.0;
            for &(one, p) in &decisions {
                encoder.code(one, p);
                bits -= (f64::from(if one { p } else { 65_536 - p }) / 65_536.0).log2();
            }
            let bytes = encoder.finish();
            prop_assert!(bytes.len() as f64 <= bits / 8.0 * 1.001 + 6.0, "{} bytes for {bits} bits", bytes.len());
            let mut decoder = Decoder::new(&bytes);
            for &(one, p) in &decisions {
                prop_assert_eq!(decoder.code(false, p), one);
            }
            prop_assert!(decoder.is_finished());
        }
    }
}
