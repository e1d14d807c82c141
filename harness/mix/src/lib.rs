//! An adaptive context-mixing byte model without a stored weight.
//!
//! Everything that it knows it has learnt from the bytes observed in the document. A byte is eight binary decisions,
//! the highest bit first. Orders 0 to n, and four contexts of words and letter classes, each keep states of the
//! decisions met in them, in a hash table (`slots`, `state`); a match model knows the byte that came after the same
//! bytes before (`history`); a mixer (`mixer`) makes one probability of what they say. To answer for all 256 bytes at
//! once, every decision that has been met at all is evaluated, and a byte's logit is the sum of its eight decisions'
//! logarithms; decisions that were never met are even.
//!
//! The design is that of PAQ and lpaq (Mahoney, "Adaptive weighing of context models for lossless data compression",
//! technical report CS-2005-16, Florida Institute of Technology, 2005); the initial rates and gains are tuned for
//! documents of few kilobytes. All arithmetic is integer; a cost is the same number on every machine.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod history;
mod logistic;
mod mixer;
mod slots;
mod state;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use golf_core::{LanguageModel, Vocabulary};
use history::{CONTEXTS, LONG_MATCH, Matcher, OTHERS, Past};
use logistic::{Logistic, ONE};
use mixer::{Inputs, Mixer, Selectors};
use slots::{Half, Slots, ones};
use state::{Learnt, RECORDS, State};

/// Changes whenever a cost of any document does.
pub const VERSION: u32 = 1;

/// What can be chosen about a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// The highest order: up to how many bytes are a context. 1 to 8.
    pub orders: u8,
    /// Base-2 logarithm of the number of slots in the hash table, each 64 bytes. 12 to 22.
    pub log2_slots: u8,
}

impl Default for Config {
    /// Order 6 and 2^20 slots, 80 MB: enough for a few hundred kilobytes of text to be remembered in full.
    fn default() -> Self {
        Config { orders: 6, log2_slots: 20 }
    }
}

/// Why there is no model for a [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The highest order is not 1 to 8.
    Orders {
        /// What it is.
        orders: u8,
    },
    /// The logarithm of the number of slots is not 12 to 22.
    Slots {
        /// What it is.
        log2_slots: u8,
    },
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Orders { orders } => write!(f, "the highest order is {orders}, but it can be 1 to 8"),
            Self::Slots { log2_slots } => write!(f, "2^{log2_slots} slots, but there can be 2^12 to 2^22"),
        }
    }
}

impl core::error::Error for ConfigError {}

/// A state that an order above knows as well moves by this share, Q8, of its rate: a lower order is asked for what the
/// higher ones don't know (update exclusion, softened; Moffat, "Implementing the PPM data compression scheme", 1990).
const SHADOWED: i32 = 160;

/// A decision that costs more than this to reach, 2^-16 bits, is not mixed: one order decides alone. So rarely does that
/// matter that it costs next to no bits, and it spares much work.
const UNLIKELY: u32 = 12 << 16;

/// What the match model says about a decision.
#[derive(Clone, Copy)]
struct Hint {
    bit: u32,
    /// The match's length.
    length: usize,
}

/// The model.
pub struct Mix {
    orders: usize,
    logistic: Logistic,
    past: Past,
    matcher: Matcher,
    /// The hashes of `past`'s contexts.
    hashes: [u64; CONTEXTS],
    slots: Slots,
    /// By context and record: how often a one follows.
    learnt: Vec<[Learnt; RECORDS]>,
    /// What `learnt` begins as.
    unlearnt: Box<[Learnt; RECORDS]>,
    /// By a match's length: how often its bit comes.
    matches: [Learnt; LONG_MATCH as usize + 1],
    mixer: Mixer,
}

impl Mix {
    /// A model that has observed nothing.
    ///
    /// # Errors
    /// If the configuration is out of bounds.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let Config { orders, log2_slots } = config;
        if !(1..=8).contains(&orders) {
            return Err(ConfigError::Orders { orders });
        }
        if !(12..=22).contains(&log2_slots) {
            return Err(ConfigError::Slots { log2_slots });
        }
        let orders = usize::from(orders);
        let unlearnt = state::records();
        Ok(Mix {
            orders,
            logistic: Logistic::new(),
            past: Past::default(),
            matcher: Matcher::new(log2_slots),
            hashes: Past::default().contexts(orders),
            slots: Slots::new(log2_slots),
            learnt: vec![*unlearnt; orders + 1 + OTHERS],
            unlearnt,
            matches: matches(),
            mixer: Mixer::new(),
        })
    }

    /// Bytes of memory that a model of this configuration holds once all of it is in use.
    pub const fn memory_bytes(config: &Config) -> u64 {
        let contexts = config.orders as u64 + 1 + OTHERS as u64;
        Slots::memory_bytes(config.log2_slots)
            + Matcher::memory_bytes(config.log2_slots)
            + (contexts + 1) * RECORDS as u64 * 4
            + Mixer::MEMORY_BYTES
            + Logistic::MEMORY_BYTES
            + size_of::<Mix>() as u64
    }

    fn contexts(&self) -> usize {
        self.orders + 1 + OTHERS
    }

    fn selectors(&self, node: usize, hint: Option<Hint>) -> Selectors {
        let matching = hint.map_or(0, |hint| if hint.length < 16 { 1 } else { 2 });
        Selectors { last: self.past.last(), word_length: self.past.word_length(), node, matching }
    }

    /// What the match model says about the decision at `node`.
    fn hint(&self, node: usize) -> Option<Hint> {
        let (byte, length) = self.matcher.expected()?;
        let left = 7 - node.ilog2();
        let path = usize::from(byte) | 256;
        (path >> (left + 1) == node).then_some(Hint { bit: (path >> left) as u32 & 1, length })
    }

    /// The contexts in the order in which they are asked: the highest order first.
    fn order_of_asking(&self) -> impl Iterator<Item = usize> {
        (0..=self.orders).rev().chain(self.orders + 1..self.contexts())
    }

    /// Asks contexts that know a decision about it, in the order of asking and each given with its state.
    #[inline(always)]
    fn ask(&self, inputs: &mut Inputs, states: impl Iterator<Item = (usize, State)>, hint: Option<Hint>) {
        for (context, state) in states {
            let learnt = self.learnt[context][state::record(state)].probability();
            let x = [state::probability(state), learnt].map(|p| self.logistic.stretch(p));
            match context.checked_sub(self.orders + 1) {
                None => inputs.push_order(context, x),
                Some(other) => inputs.push_other(context, other, x),
            }
        }
        if let Some(Hint { bit, length }) = hint {
            let x = self.logistic.stretch(self.matches[length].probability());
            inputs.push_match(if bit == 1 { x } else { -x });
        }
    }
}

/// How often a match's bit is thought to come before anything is learnt: (length + 1) / (length + 1.6).
fn matches() -> [Learnt; LONG_MATCH as usize + 1] {
    core::array::from_fn(|length| Learnt::new(10 * length as u32 + 10, 10 * length as u32 + 16, 4))
}

/// The contexts that know something about half a byte, in the order of asking, and where their slots lie.
#[derive(Clone, Copy)]
struct Known {
    contexts: [(usize, usize); CONTEXTS],
    len: usize,
}

impl Known {
    const NONE: Known = Known { contexts: [(0, 0); CONTEXTS], len: 0 };

    fn push(&mut self, context: usize, place: usize) {
        self.contexts[self.len] = (context, place);
        self.len += 1;
    }

    fn contexts(&self) -> &[(usize, usize)] {
        &self.contexts[..self.len]
    }
}

impl Mix {
    /// The slots that know something about the first half.
    fn known_first(&self) -> Known {
        let mut known = Known::NONE;
        for context in self.order_of_asking() {
            let place = match context {
                0 => Some(self.slots.order0(Half::FIRST)),
                _ => self.slots.find(self.hashes[context], Half::FIRST),
            };
            if let Some(place) = place {
                known.push(context, place);
            }
        }
        known
    }

    /// The same for the second half after each first one. `costs` are those of reaching the halves: about an unlikely one
    /// only order 0 is asked.
    fn known_seconds(&self, first: &Known, costs: &[u32; 16]) -> [Known; 16] {
        let mut known = [Known::NONE; 16];
        let likely = (0..16).filter(|&half| costs[half] <= UNLIKELY).fold(0, |mask, half| mask | 1 << half);
        // All slots are read before the search begins, so that waits for memory overlap.
        let mut led_to = [0; CONTEXTS];
        for (led_to, &(_, place)) in led_to.iter_mut().zip(first.contexts()) {
            *led_to = self.slots.slot(place)[0] >> 16;
        }
        for (led_to, &(context, _)) in led_to.into_iter().zip(first.contexts()) {
            let asked = if context == 0 { led_to } else { led_to & likely };
            for (index, half) in ones(asked).map(|index| (index & 15, Half::second(16 | index))) {
                let place = match context {
                    0 => Some(self.slots.order0(half)),
                    _ => self.slots.find(self.hashes[context], half),
                };
                if let Some(place) = place {
                    known[index].push(context, place);
                }
            }
        }
        known
    }

    /// Adds to the costs of reaching the decisions of a half those of passing them.
    fn pass_half(&self, half: Half, known: &Known, costs: &mut [u32; 512]) {
        // By decision: which of the slots know it.
        let mut knowing = [0u32; 16];
        for (index, &(_, place)) in known.contexts().iter().enumerate() {
            for local in ones(self.slots.slot(place)[0] & 0xffff) {
                knowing[local & 15] |= 1 << index;
            }
        }
        for (local, knowing) in knowing.into_iter().enumerate().skip(1) {
            let node = half.node(local) & 255;
            let [zero, one] = if knowing == 0 {
                [1 << 16; 2]
            } else {
                let mut states = ones(knowing).map(|index| {
                    let (context, place) = known.contexts[index];
                    (context, self.slots.slot(place)[local])
                });
                if costs[node] > UNLIKELY {
                    let highest = states.next().map_or(0, |(_, state)| state);
                    self.logistic.costs(self.logistic.stretch(state::probability(highest)))
                } else {
                    let hint = self.hint(node);
                    let mut inputs = Inputs::new();
                    self.ask(&mut inputs, states, hint);
                    self.logistic.costs(self.mixer.mix(&inputs, &self.selectors(node, hint)).x)
                }
            };
            costs[2 * node] = costs[node] + zero;
            costs[2 * node + 1] = costs[node] + one;
        }
    }

    /// Learns a half of `byte`.
    fn learn_half(&mut self, half: Half, byte: usize) {
        let contexts = self.contexts();
        let mut places = [self.slots.order0(half); CONTEXTS];
        for (place, &hash) in places.iter_mut().zip(&self.hashes).take(contexts).skip(1) {
            *place = self.slots.claim(hash, half);
        }
        let places = &places[..contexts];
        let mut local = 1;
        for _ in 0..4 {
            let node = half.node(local);
            let bit = (byte >> (7 - node.ilog2())) as u32 & 1;
            let mut states = [0; CONTEXTS];
            for (state, &place) in states.iter_mut().zip(places) {
                *state = self.slots.slot(place)[local];
            }
            let hint = self.hint(node);
            let (mut prior, mut depth) = (ONE / 2, 0);
            if states[0] != 0 {
                let known =
                    self.order_of_asking().map(|context| (context, states[context])).filter(|known| known.1 != 0);
                let mut inputs = Inputs::new();
                self.ask(&mut inputs, known, hint);
                let by = self.selectors(node, hint);
                let mixed = self.mixer.mix(&inputs, &by);
                self.mixer.learn(&inputs, &by, &mixed, bit, &self.logistic);
                (prior, depth) = (self.logistic.squash(mixed.x), inputs.depth());
            }
            if let Some(hint) = hint {
                self.matches[hint.length].learn(u32::from(hint.bit == bit));
            }
            let after = 2 * local + bit as usize;
            for (context, (&state, &place)) in states.iter().zip(places).enumerate() {
                if state != 0 {
                    self.learnt[context][state::record(state)].learn(bit);
                }
                let share = if context <= self.orders && context + 1 < depth { SHADOWED } else { 256 };
                let slot = self.slots.slot_mut(place);
                slot[local] = state::next(state, bit, prior, share);
                slot[0] |= 1 << local | (1 << after) & 0xffff_0000;
            }
            local = after;
        }
    }
}

impl LanguageModel for Mix {
    fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary::bytes()
    }

    fn reset(&mut self) {
        self.past = Past::default();
        self.hashes = self.past.contexts(self.orders);
        self.matcher.reset();
        self.slots.reset();
        self.learnt.fill(*self.unlearnt);
        self.matches = matches();
        self.mixer.reset();
    }

    fn predict(&mut self, logits: &mut [i32]) {
        let mut costs = [0; 512];
        let first = self.known_first();
        self.pass_half(Half::FIRST, &first, &mut costs);
        let seconds = self.known_seconds(&first, &core::array::from_fn(|half| costs[16 + half]));
        for (root, second) in (16..).zip(&seconds) {
            self.pass_half(Half::second(root), second, &mut costs);
        }
        for (logit, &cost) in logits.iter_mut().zip(&costs[256..]) {
            *logit = -(cost as i32);
        }
    }

    fn observe(&mut self, token: u32) {
        let byte = u8::try_from(token).expect("tokens are bytes");
        self.learn_half(Half::FIRST, usize::from(byte));
        self.learn_half(Half::second(usize::from(byte >> 4) | 16), usize::from(byte));
        self.past.push(byte);
        self.matcher.push(byte, &self.past);
        self.hashes = self.past.contexts(self.orders);
        self.mixer.end_byte();
    }
}

#[cfg(test)]
mod tests;
