//! The stored n-grams: a trie by history.

use alloc::vec::Vec;
use core::ops::Range;

/// Longest n-gram.
pub const MOST_ORDERS: usize = 8;

/// Steps of a unigram's logit per bit.
const UNIGRAM_STEPS: i32 = 8;

/// All n-grams of one order above the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By n-gram of the order below, in its order: where the words that follow it begin; and in the end how many there are.
    pub first: Vec<u32>,
    /// The last word of each. After a history no word comes twice; in what order they are changes no prediction.
    pub tokens: Vec<u16>,
    /// How much likelier that word is than the shorter history says, in the model's steps.
    pub boosts: Vec<u8>,
}

/// The n-grams of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grams {
    unigrams: Vec<u8>,
    step: i32,
    orders: Vec<Order>,
}

/// Why numbers are no n-grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GramsError {
    /// There are no orders above the first, or more than [`MOST_ORDERS`] in all, or not 256 to 65,536 unigrams, or the step is not 1 to 65,536.
    Size,
    /// The tables of an order don't fit together, or a word is not in the vocabulary.
    Order {
        /// Which.
        order: usize,
    },
}

impl core::fmt::Display for GramsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Size => {
                write!(f, "n-grams have 2 to {MOST_ORDERS} orders, 256 to 65,536 unigrams and a step of 1 to 65,536")
            }
            Self::Order { order } => write!(f, "the n-grams of order {order} are no trie"),
        }
    }
}

impl core::error::Error for GramsError {}

impl Grams {
    /// Checks n-grams: `unigrams` in eighths of a bit below the likeliest, `step` of the boosts in 2^-16 bits, `orders` from the second.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn new(unigrams: Vec<u8>, step: u32, orders: Vec<Order>) -> Result<Self, GramsError> {
        let sizes = (256..=65_536).contains(&unigrams.len()) && (1..MOST_ORDERS).contains(&orders.len());
        if !sizes || !(1..=65_536).contains(&step) {
            return Err(GramsError::Size);
        }
        let mut below = unigrams.len();
        for (index, Order { first, tokens, boosts }) in orders.iter().enumerate() {
            let ends = first.len() == below + 1 && first[0] == 0 && first[below] as usize == tokens.len();
            let words = tokens.iter().all(|&token| usize::from(token) < unigrams.len());
            if !ends || boosts.len() != tokens.len() || !words || !first.is_sorted() {
                return Err(GramsError::Order { order: index + 2 });
            }
            below = tokens.len();
        }
        Ok(Grams { unigrams, step: step as i32, orders })
    }

    /// Tokens of the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.unigrams.len()
    }

    /// Of each token, as given to [`new`](Self::new).
    pub fn unigrams(&self) -> &[u8] {
        &self.unigrams
    }

    /// Of the boosts, in 2^-16 bits.
    pub fn step(&self) -> u32 {
        self.step as u32
    }

    /// From the second.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// How many there are of all orders, each with one number stored.
    pub fn count(&self) -> usize {
        self.unigrams.len() + self.orders.iter().map(|order| order.tokens.len()).sum::<usize>()
    }

    /// Bytes that they hold in memory.
    pub fn memory_bytes(&self) -> usize {
        let order = |order: &Order| 4 * order.first.len() + 3 * order.tokens.len();
        self.unigrams.len() + self.orders.iter().map(order).sum::<usize>()
    }

    pub(crate) fn unigram_logits(&self) -> impl Iterator<Item = i32> {
        self.unigrams.iter().map(|&code| -i32::from(code) * (65_536 / UNIGRAM_STEPS))
    }

    /// The words that follow a history of `length` words, the n-gram `history` of that order, and by how many 2^-16 bits each is boosted.
    pub(crate) fn following(&self, length: usize, history: u32) -> impl Iterator<Item = (u16, i32)> {
        let order = &self.orders[length - 1];
        let range = order.range(history);
        let boosts = order.boosts[range.clone()].iter().map(|&code| i32::from(code) * self.step);
        order.tokens[range].iter().copied().zip(boosts)
    }

    /// Whether any n-gram begins with a history.
    pub(crate) fn is_followed(&self, length: usize, history: u32) -> bool {
        self.orders.get(length - 1).is_some_and(|order| !order.range(history).is_empty())
    }

    /// The n-gram of a history and a word.
    pub(crate) fn child(&self, length: usize, history: u32, token: u32) -> Option<u32> {
        let order = self.orders.get(length - 1)?;
        let range = order.range(history);
        let found = order.tokens[range.clone()].iter().position(|&other| u32::from(other) == token)?;
        Some((range.start + found) as u32)
    }
}

impl Order {
    /// Where the words after a history of the order below lie.
    pub fn range(&self, history: u32) -> Range<usize> {
        self.first[history as usize] as usize..self.first[history as usize + 1] as usize
    }
}
