//! Adaptive decisions, and numbers made of them.

use crate::coded::range::Coder;

/// A decision that learns how often it is a one, faster at first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bit {
    p: u16,
    met: u16,
}

/// After so many decisions the rate stays.
const SETTLED: u16 = 250;

/// `65,536 / (n + 1.6)`.
const RATES: [u32; SETTLED as usize + 1] = {
    let mut rates = [0; SETTLED as usize + 1];
    let mut n = 0;
    while n < rates.len() {
        rates[n] = 655_360 / (10 * n as u32 + 16);
        n += 1;
    }
    rates
};

impl Bit {
    pub(super) const fn new() -> Self {
        Bit { p: 1 << 15, met: 0 }
    }

    #[inline(always)]
    pub(super) fn code(&mut self, coder: &mut impl Coder, one: bool) -> bool {
        let p = u32::from(self.p);
        let one = coder.code(one, p.clamp(24, 65_536 - 24));
        let target = if one { 65_535 } else { 0 };
        let moved = ((i64::from(target) - i64::from(p)) * i64::from(RATES[usize::from(self.met)])) >> 16;
        self.p = (i64::from(p) + moved) as u16;
        self.met += u16::from(self.met < SETTLED);
        one
    }
}

/// A number below 2^17: its length in bits in unary, then the bits below the highest, of which the first has a decision of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    lengths: [Bit; 17],
    second: [Bit; 17],
}

impl Number {
    pub(super) const fn new() -> Self {
        Number { lengths: [Bit::new(); 17], second: [Bit::new(); 17] }
    }

    pub(super) fn code(&mut self, coder: &mut impl Coder, number: u32) -> u32 {
        let wanted = 32 - number.leading_zeros();
        let mut length = 0;
        while length < 17 && self.lengths[length as usize].code(coder, wanted > length) {
            length += 1;
        }
        if length < 2 {
            return length;
        }
        let rest = length - 2;
        let second = self.second[length as usize - 1].code(coder, number >> rest & 1 == 1);
        (2 | u32::from(second)) << rest | coder.number(number & ((1 << rest) - 1), rest)
    }
}

/// A byte of which the highest bits are mostly 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree {
    /// Whether it is below 64.
    wide: Bit,
    nodes: [Bit; 64],
}

impl Tree {
    pub(super) const fn new() -> Self {
        Tree { wide: Bit::new(), nodes: [Bit::new(); 64] }
    }

    /// A number below 64; of a larger one the lower six bits.
    pub(super) fn code(&mut self, coder: &mut impl Coder, number: u8) -> u8 {
        let mut node = 1;
        for bit in (0..6).rev() {
            node = 2 * node + usize::from(self.nodes[node].code(coder, number >> bit & 1 == 1));
        }
        (node - 64) as u8
    }

    /// Any byte.
    pub(super) fn code_wide(&mut self, coder: &mut impl Coder, number: u8) -> u8 {
        let low = self.code(coder, number & 63);
        let high = if self.wide.code(coder, number >= 64) {
            1 + coder.number(u32::from((number / 64).saturating_sub(1)), 2) as u8
        } else {
            0
        };
        (high & 3) << 6 | low
    }
}
