//! A hash table of slots, each what one context knows about half a byte: 15 decisions.
//!
//! The layout is that of lpaq (Mahoney, 2007), with wider states: a byte touches two slots per context, and each slot is
//! one cache line of 64 bytes. The table has a fixed size; when a bucket of four is full, the slot whose first decision
//! has been met least often makes room. All slots of one context lie within one page of 64. A slot carries the generation
//! of the document that it was claimed in, so that forgetting all of them is one increment. Order 0 has slots of its own.

use crate::state::{State, count};
use alloc::vec;
use alloc::vec::Vec;

/// At index 1 the state of the first decision, at 2n and 2n + 1 of the one after a zero or a one at n. At index 0, a bit
/// for each n from 1 to 15 whose decision has been met, and for each from 16 to 31 that it has led to.
pub(crate) type Slot = [State; WIDTH];

const WIDTH: usize = 16;

const BUCKET: usize = 4;

/// Buckets in a page.
const PAGE: usize = 16;

/// Order 0's slots: the first half of a byte, and the second after each first.
const ORDER0: usize = 17;

/// The first generation too large for the check word.
const GENERATIONS: u32 = 1 << 12;

/// Half a byte: [`Half::FIRST`], or the second after a first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Half(usize);

impl Half {
    pub(crate) const FIRST: Half = Half(1);

    /// The second half after the first four bits, which are 16 to 31 with a one before them.
    pub(crate) const fn second(root: usize) -> Half {
        Half(root)
    }

    /// Its decision `local`, as a one and then the bits of the byte so far.
    pub(crate) const fn node(self, local: usize) -> usize {
        let bits = local.ilog2();
        (self.0 << bits) | (local ^ (1 << bits))
    }

    /// 0, then 1 to 16.
    pub(crate) const fn index(self) -> usize {
        if self.0 == 1 { 0 } else { self.0 - 15 }
    }
}

pub(crate) struct Slots {
    /// Whose the slots are: the generation in the upper 12 bits, and 20 bits of the hash of the context and the half.
    checks: Vec<[u32; BUCKET]>,
    /// The slots, then order 0's. One slot more than there are, so that the first can start at a cache line.
    words: Vec<u32>,
    /// Index of the first word of the first slot.
    start: usize,
    /// 1 or more: zeroed memory is of no generation.
    generation: u32,
}

impl Slots {
    /// `2^log2_slots` slots, at least a page of them; memory that is never touched is never written either.
    pub(crate) fn new(log2_slots: u8) -> Self {
        let slots = 1 << log2_slots;
        let words = vec![0; (slots + ORDER0 + 1) * WIDTH];
        let start = words.as_ptr().align_offset(64).min(WIDTH);
        Slots { checks: vec![[0; BUCKET]; slots / BUCKET], words, start, generation: 1 }
    }

    /// Bytes of memory for `2^log2_slots` slots.
    pub(crate) const fn memory_bytes(log2_slots: u8) -> u64 {
        ((1 << log2_slots) + ORDER0 as u64 + 1) * WIDTH as u64 * 4 + (4 << log2_slots)
    }

    /// Forgets all slots.
    pub(crate) fn reset(&mut self) {
        self.generation += 1;
        if self.generation == GENERATIONS {
            self.checks.fill([0; BUCKET]);
            self.generation = 1;
        }
        let order0 = self.order0(Half::FIRST);
        self.words[order0..][..ORDER0 * WIDTH].fill(0);
    }

    /// Where order 0's slot lies.
    pub(crate) fn order0(&self, half: Half) -> usize {
        self.start + (self.checks.len() * BUCKET + half.index()) * WIDTH
    }

    /// Where the slot of a context lies, if it has one. Valid until the next claim.
    pub(crate) fn find(&self, context: u64, half: Half) -> Option<usize> {
        let (bucket, check) = self.bucket(context, half);
        let way = self.checks[bucket].iter().position(|&other| other == check)?;
        Some(self.place(bucket, way))
    }

    /// The same; one is made if it has none.
    pub(crate) fn claim(&mut self, context: u64, half: Half) -> usize {
        let (bucket, check) = self.bucket(context, half);
        let checks = self.checks[bucket];
        if let Some(way) = checks.iter().position(|&other| other == check) {
            return self.place(bucket, way);
        }
        let worth = |&way: &usize| match checks[way] >> 20 == self.generation {
            true => 1 + count(self.slot(self.place(bucket, way))[1]),
            false => 0,
        };
        let way = (0..BUCKET).min_by_key(worth).expect("a bucket has ways");
        self.checks[bucket][way] = check;
        let place = self.place(bucket, way);
        *self.slot_mut(place) = [0; WIDTH];
        place
    }

    /// The slot at a place.
    pub(crate) fn slot(&self, place: usize) -> &Slot {
        (&self.words[place..place + WIDTH]).try_into().expect("a slot has this width")
    }

    /// The same, to change its states.
    pub(crate) fn slot_mut(&mut self, place: usize) -> &mut Slot {
        (&mut self.words[place..place + WIDTH]).try_into().expect("a slot has this width")
    }

    /// The page by the lowest bits of the hash, the bucket in it by the next four and the half, the check by the highest
    /// twenty and the half.
    fn bucket(&self, context: u64, Half(root): Half) -> (usize, u32) {
        let page = context as u32 as usize & (self.checks.len() / PAGE - 1);
        let bucket = (context >> 32) as usize + 11 * root;
        let check = ((context >> 44) as u32 + 0x9e35 * root as u32) & 0xf_ffff;
        (page * PAGE + bucket % PAGE, (self.generation << 20) | check)
    }

    fn place(&self, bucket: usize, way: usize) -> usize {
        self.start + (bucket * BUCKET + way) * WIDTH
    }
}

/// The places of the ones, from the lowest.
pub(crate) fn ones(mut mask: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let lowest = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        lowest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::scramble;

    #[test]
    fn a_slot_is_found_again_until_all_are_forgotten() {
        let mut slots = Slots::new(12);
        // So often that the generations start over.
        for _ in 0..2 * GENERATIONS {
            for context in 0..3 {
                assert_eq!(slots.find(scramble(context), Half::second(20)), None);
                let place = slots.claim(scramble(context), Half::second(20));
                assert_eq!(*slots.slot(place), [0; WIDTH]);
                slots.slot_mut(place)[1] = 1_024;
                assert_eq!(slots.find(scramble(context), Half::second(20)), Some(place));
                assert_eq!(slots.find(scramble(context), Half::second(21)), None);
            }
            slots.reset();
        }
    }

    #[test]
    fn a_full_table_gives_up_what_was_met_least() {
        let mut slots = Slots::new(12);
        let kept = slots.claim(scramble(0), Half::FIRST);
        slots.slot_mut(kept)[1] = 9 << 10;
        for context in 1..100_000 {
            let place = slots.claim(scramble(context), Half::FIRST);
            assert_ne!(place, kept);
            slots.slot_mut(place)[1] = 1 << 10;
        }
    }

    #[test]
    fn halves_name_the_255_decisions_of_a_byte() {
        let halves = core::iter::once(Half::FIRST).chain((16..32).map(Half::second));
        let mut seen = [false; 256];
        for half in halves {
            (1..16).for_each(|local| seen[half.node(local)] = true);
        }
        assert!(!seen[0] && seen[1..].iter().all(|&seen| seen));
    }
}
