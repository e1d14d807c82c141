//! Asymmetric numeral systems by ranges (Duda, "Asymmetric numeral systems", 2013), four states in turn so that a processor can work on several at a time.
//!
//! A state is within `2^16..2^32` and takes or gives 16 bits at a time. An encoder begins with what a decoder reads last.

/// Frequencies of a table add up to `2^SCALE`.
pub(super) const SCALE: u32 = 11;

/// Symbols are below this.
pub(super) const SYMBOLS: usize = 64;

const STATES: usize = 4;
const LOWEST: u32 = 1 << 16;

/// Bytes of the states.
const STATE_BYTES: usize = 4 * STATES;

/// How often each symbol occurs, of `2^SCALE`.
pub(super) type Frequencies = [u16; SYMBOLS];

/// Frequencies to be looked up. Small, so that many stay in a processor's cache.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By the lowest bits of a state: its symbol.
    slots: [u8; 1 << SCALE],
    /// By symbol: its frequency, and where its slots begin.
    symbols: [(u16, u16); SYMBOLS],
}

impl Table {
    /// Of frequencies that add up.
    pub(super) fn new(frequencies: &Frequencies) -> Self {
        let mut table = Table { slots: [0; 1 << SCALE], symbols: [(0, 0); SYMBOLS] };
        let mut from = 0;
        for ((symbol, &frequency), entry) in (0..).zip(frequencies).zip(&mut table.symbols) {
            let to = (from + usize::from(frequency)).min(1 << SCALE);
            table.slots[from..to].fill(symbol);
            *entry = (frequency, from as u16);
            from = to;
        }
        table
    }
}

/// What is encoded: a symbol, or bits that are all equally likely.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// Where the symbol's slots begin, or the number that the bits are.
    pub(super) from: u32,
    /// How many slots it has; 1 of bits.
    pub(super) slots: u32,
    /// Logarithm of all slots.
    pub(super) scale: u32,
}

/// Encodes events.
pub(super) fn encode(events: &[Event]) -> Vec<u8> {
    let mut states = [LOWEST; STATES];
    let mut words = Vec::new();
    for (index, event) in events.iter().enumerate().rev() {
        let state = &mut states[index % STATES];
        if u64::from(*state) >= u64::from(event.slots) << (32 - event.scale) {
            words.push(*state as u16);
            *state >>= 16;
        }
        *state = ((*state / event.slots) << event.scale) + *state % event.slots + event.from;
    }
    let states = states.iter().flat_map(|state| state.to_le_bytes());
    states.chain(words.iter().rev().flat_map(|word| word.to_le_bytes())).collect()
}

/// Reads what [`encode`] wrote.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    states: [u32; STATES],
    turn: usize,
    bytes: &'a [u8],
    place: usize,
}

impl<'a> Decoder<'a> {
    /// Missing bytes count as zeros, and are noticed at the end.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let states = core::array::from_fn(|state| u32::from_le_bytes(core::array::from_fn(|at| byte(4 * state + at))));
        Decoder { states, turn: 0, bytes, place: STATE_BYTES }
    }

    #[inline(always)]
    fn next(&mut self, take: impl FnOnce(u32) -> (u32, u32)) -> u32 {
        let state = &mut self.states[self.turn % STATES];
        self.turn = self.turn.wrapping_add(1);
        let (symbol, left) = take(*state);
        let word =
            self.bytes.get(self.place..self.place + 2).map_or(0, |word| u32::from(word[0]) | u32::from(word[1]) << 8);
        let is_low = left < LOWEST;
        *state = if is_low { left << 16 | word } else { left };
        self.place += 2 * usize::from(is_low);
        symbol
    }

    /// The next symbol.
    #[inline(always)]
    pub(super) fn symbol(&mut self, table: &Table) -> u32 {
        self.next(|state| {
            let slot = state & ((1 << SCALE) - 1);
            let symbol = table.slots[slot as usize];
            let (frequency, from) = table.symbols[usize::from(symbol) % SYMBOLS];
            let left = u32::from(frequency).wrapping_mul(state >> SCALE).wrapping_add(slot).wrapping_sub(from.into());
            (symbol.into(), left)
        })
    }

    /// The next `bits` bits, 16 at most.
    #[inline(always)]
    pub(super) fn bits(&mut self, bits: u32) -> u32 {
        self.next(|state| (state & ((1 << bits) - 1), state >> bits))
    }

    /// Whether all was read, and nothing beyond, and no other bytes hold the same.
    pub(super) fn is_finished(&self) -> bool {
        self.place == self.bytes.len() && self.states == [LOWEST; STATES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(cuts in prop::collection::btree_set(1u16..2_048, 0..20), picks in prop::collection::vec((any::<u16>(), 0u32..=16), 0..500)) {
            let mut frequencies = [0; SYMBOLS];
            let ends: Vec<u16> = cuts.iter().copied().chain([2_048]).collect();
            let begins: Vec<u16> = [0].into_iter().chain(cuts).collect();
            frequencies.iter_mut().zip(begins.iter().zip(&ends)).for_each(|(frequency, (begin, end))| *frequency = end - begin);
            let table = Table::new(&frequencies);
            let symbol = |pick: u16| usize::from(pick) % ends.len();
            let events: Vec<Event> = picks.iter().map(|&(pick, bits)| match bits {
                0 => Event { from: begins[symbol(pick)].into(), slots: frequencies[symbol(pick)].into(), scale: SCALE },
                _ => Event { from: u32::from(pick) & ((1 << bits) - 1), slots: 1, scale: bits },
            }).collect();
            let bytes = encode(&events);
            let mut decoder = Decoder::new(&bytes);
            for &(pick, bits) in &picks {
                match bits {
                    0 => prop_assert_eq!(decoder.symbol(&table) as usize, symbol(pick)),
                    _ => prop_assert_eq!(decoder.bits(bits), u32::from(pick) & ((1 << bits) - 1)),
                }
            }
            prop_assert!(decoder.is_finished());
        }
    }
}
