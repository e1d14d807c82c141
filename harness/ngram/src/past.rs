//! The n-grams that the document has brought.

use crate::kinds::MOST_HISTORY;
use alloc::vec;
use alloc::vec::Vec;

/// Histories that are remembered at most; what comes later only counts those.
const MOST_NODES: usize = 1 << 21;

const NONE: u32 = u32::MAX;

/// A history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// The word that was met last for the first time after it.
    newest: u32,
    /// How often anything followed it.
    pub(crate) total: u32,
    /// How many different words did.
    pub(crate) distinct: u32,
}

/// A word after a history.
#[derive(Clone, Copy, Debug)]
struct Word {
    token: u16,
    count: u16,
    /// The one that was new before it.
    older: u32,
}

/// The document's n-grams, with histories of up to `length` tokens. A history of two tokens or more is remembered once the one a token shorter had been met before.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    length: usize,
    nodes: Vec<Node>,
    words: Vec<Word>,
    /// By token: its word after the empty history.
    alone: Vec<u32>,
    /// Open addressing by the histories' hashes.
    slots: Vec<(u64, u32)>,
    /// Latest tokens, the last one first.
    recent: [u32; MOST_HISTORY],
    seen: usize,
    /// Hashes of the histories that the next token follows.
    hashes: [u64; MOST_HISTORY + 1],
    /// Their nodes, from the empty one; known up to the longest.
    known: Vec<u32>,
}

impl Past {
    /// # Panics
    /// If `length` is above [`MOST_HISTORY`].
    pub(crate) fn new(vocabulary: usize, length: usize) -> Self {
        assert!(length <= MOST_HISTORY, "histories are that long at most");
        let mut past = Past {
            length,
            nodes: Vec::new(),
            words: Vec::new(),
            alone: vec![NONE; vocabulary],
            slots: Vec::new(),
            recent: [0; MOST_HISTORY],
            seen: 0,
            hashes: [0; MOST_HISTORY + 1],
            known: Vec::new(),
        };
        past.reset();
        past
    }

    pub(crate) fn reset(&mut self) {
        self.nodes.clear();
        self.nodes.push(Node { newest: NONE, total: 0, distinct: 0 });
        self.words.clear();
        self.alone.fill(NONE);
        self.slots.clear();
        self.slots.resize(1 << 10, (0, NONE));
        self.seen = 0;
        self.known.clear();
        self.known.push(0);
    }

    /// The histories that the next token follows, the empty one first.
    pub(crate) fn histories(&self) -> impl DoubleEndedIterator<Item = Node> + ExactSizeIterator {
        self.known.iter().map(|&node| self.nodes[node as usize])
    }

    /// The words that followed a history, and how often.
    pub(crate) fn words(&self, node: Node) -> impl Iterator<Item = (u16, u32)> {
        let mut next = node.newest;
        core::iter::from_fn(move || {
            let word = self.words.get(next as usize)?;
            next = word.older;
            Some((word.token, u32::from(word.count)))
        })
    }

    /// Takes in the next token.
    pub(crate) fn push(&mut self, token: u32) {
        for length in 0..self.known.len() {
            self.count(self.known[length], length, token as u16);
        }
        // A longer history is remembered from here on.
        let length = self.known.len();
        if length <= self.length.min(self.seen) && self.nodes.len() < MOST_NODES {
            let node = self.nodes.len() as u32;
            self.nodes.push(Node { newest: NONE, total: 0, distinct: 0 });
            self.insert(self.hashes[length], node);
            self.count(node, length, token as u16);
        }
        self.recent.rotate_right(1);
        self.recent[0] = token;
        self.seen += 1;
        self.known.truncate(1);
        let mut hash = 0u64;
        for length in 1..=self.length.min(self.seen) {
            hash = (hash ^ u64::from(self.recent[length - 1] + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 29;
            self.hashes[length] = hash;
            if self.known.len() == length
                && let Some(node) = self.find(hash)
            {
                self.known.push(node);
            }
        }
    }

    fn count(&mut self, node: u32, length: usize, token: u16) {
        let Node { newest, total, distinct } = &mut self.nodes[node as usize];
        *total += 1;
        let mut place = if length == 0 { self.alone[usize::from(token)] } else { *newest };
        while let Some(word) = self.words.get_mut(place as usize) {
            if word.token == token {
                word.count = word.count.saturating_add(1);
                return;
            }
            place = word.older;
        }
        let new = self.words.len() as u32;
        self.words.push(Word { token, count: 1, older: *newest });
        (*newest, *distinct) = (new, *distinct + 1);
        if length == 0 {
            self.alone[usize::from(token)] = new;
        }
    }

    fn find(&self, hash: u64) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut place = (hash >> 20) as usize & mask;
        loop {
            match self.slots[place] {
                (_, NONE) => return None,
                (found, node) if found == hash => return Some(node),
                _ => place = (place + 1) & mask,
            }
        }
    }

    fn insert(&mut self, hash: u64, node: u32) {
        if 2 * self.nodes.len() > self.slots.len() {
            let larger = vec![(0, NONE); 2 * self.slots.len()];
            let smaller = core::mem::replace(&mut self.slots, larger);
            smaller.into_iter().filter(|&(_, node)| node != NONE).for_each(|(hash, node)| self.place(hash, node));
        }
        self.place(hash, node);
    }

    fn place(&mut self, hash: u64, node: u32) {
        let mask = self.slots.len() - 1;
        let mut place = (hash >> 20) as usize & mask;
        while self.slots[place].1 != NONE {
            place = (place + 1) & mask;
        }
        self.slots[place] = (hash, node);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        /// Against counting by hand.
        #[test]
        fn counts_are_those_of_the_document(tokens in prop::collection::vec(0u32..5, 0..300), length in 0usize..=MOST_HISTORY) {
            let mut past = Past::new(256, length);
            let mut met: BTreeMap<Vec<u32>, BTreeMap<u16, u32>> = BTreeMap::new();
            let mut remembered: BTreeSet<Vec<u32>> = [vec![]].into();
            for place in 0..=tokens.len() {
                let histories: Vec<Vec<u32>> =
                    (0..=length.min(place)).map(|length| tokens[place - length..place].to_vec()).take_while(|h| remembered.contains(h)).collect();
                let found: Vec<BTreeMap<u16, u32>> = past.histories().map(|node| past.words(node).collect()).collect();
                let wanted: Vec<BTreeMap<u16, u32>> = histories.iter().map(|history| met.get(history).cloned().unwrap_or_default()).collect();
                prop_assert_eq!(found, wanted);
                for node in past.histories() {
                    prop_assert_eq!(node.total, past.words(node).map(|(_, count)| count).sum::<u32>());
                    prop_assert_eq!(node.distinct as usize, past.words(node).count());
                }
                let Some(&token) = tokens.get(place) else { break };
                let longer = histories.len();
                let new = (longer <= length.min(place)).then(|| tokens[place - longer..place].to_vec());
                for history in histories.into_iter().chain(new) {
                    *met.entry(history.clone()).or_default().entry(token as u16).or_default() += 1;
                    remembered.insert(history);
                }
                past.push(token);
            }
        }
    }
}
