//! The orders of a model while it is coded.

use super::HISTORIES;
use super::part::{self, Below, Known, List, Part, Word};
use super::powers::{logarithm, power};
use golf_ngram::Order;

/// The orders so far, and what is known of the last.
pub(super) struct Model {
    pub(super) step: u32,
    pub(super) orders: Vec<Order>,
    suffixes: Vec<u32>,
    classes: Vec<u8>,
    lists: Vec<List>,
    words: Vec<Word>,
    shares: Vec<i16>,
}

impl Model {
    /// Of no order above the first, whose n-grams, the tokens, follow one history, the empty one.
    pub(super) fn new(unigrams: &[u8], step: u32) -> Self {
        let word = |(token, &code): (usize, &u8)| Word { token: token as u16, logit: -i16::from(code) };
        let mut words: Vec<Word> = unigrams.iter().enumerate().map(word).collect();
        let total = logarithm(words.iter().map(|word| power(word.logit)).sum());
        let shares = words.iter().map(|word| word.logit - total).collect();
        words.sort_by_key(|word| -word.logit);
        let classes = vec![part::class(words.len() as u32, total, 0)];
        let lists = vec![List { start: 0, total }, List { start: words.len() as u32, total: 0 }];
        Model { step, orders: Vec::new(), suffixes: vec![0; words.len()], classes, lists, words, shares }
    }

    /// Histories of the next order.
    pub(super) fn histories(&self) -> usize {
        self.suffixes.len()
    }

    pub(super) fn below(&self) -> Below<'_> {
        Below {
            suffixes: &self.suffixes,
            classes: &self.classes,
            lists: &self.lists,
            words: &self.words,
            shares: &self.shares,
        }
    }

    /// Adds an order that has been coded.
    pub(super) fn add(&mut self, mut laid: Laid) {
        let mut end = 0;
        for first in &mut laid.order.first {
            end += *first;
            *first = end;
        }
        if self.orders.is_empty() {
            // As histories tokens lie in the order of their ids.
            laid.suffixes = laid.order.tokens.iter().map(|&token| token.into()).collect();
        }
        let Laid { order, suffixes, classes, mut lists, words, shares } = laid;
        lists[order.first.len() - 1].start = end;
        self.orders.push(order);
        (self.suffixes, self.classes, self.lists) = (suffixes, classes, lists);
        (self.words, self.shares) = (words, shares);
    }
}

/// An order, and what is known of it; until it is coded `first` has counts.
pub(super) struct Laid {
    pub(super) order: Order,
    pub(super) suffixes: Vec<u32>,
    classes: Vec<u8>,
    lists: Vec<List>,
    words: Vec<Word>,
    shares: Vec<i16>,
}

impl Laid {
    pub(super) fn new(histories: usize, grams: usize) -> Self {
        let order = Order { first: vec![0; 1 + histories], tokens: vec![0; grams], boosts: vec![0; grams] };
        let (classes, lists) = (vec![0; histories], vec![List::default(); histories + 1]);
        let (words, shares) = (vec![Word::default(); grams], vec![0; grams]);
        Laid { order, suffixes: vec![0; grams], classes, lists, words, shares }
    }

    /// Makes room for all n-grams that have been told.
    pub(super) fn grow(&mut self) {
        let grams = self.suffixes.len();
        self.order.tokens.resize(grams, 0);
        self.words.resize(grams, Word::default());
        self.shares.resize(grams, 0);
    }

    /// In parts, of which each has so many n-grams.
    pub(super) fn parts(&mut self, sizes: &[usize]) -> Vec<Part<'_>> {
        let histories = self.classes.len();
        let mut counts = self.order.first[1..].chunks_mut(HISTORIES);
        let mut classes = self.classes.chunks_mut(HISTORIES);
        let mut lists = self.lists.chunks_mut(HISTORIES);
        let mut places = self.suffixes.as_mut_slice();
        let mut boosts = self.order.boosts.as_mut_slice();
        let mut words = self.words.as_mut_slice();
        let mut shares = self.shares.as_mut_slice();
        let mut tokens = self.order.tokens.as_mut_slice();
        let mut before = 0;
        let part = |(index, &size): (usize, &usize)| {
            let begin = index * HISTORIES;
            let known = Known {
                classes: classes.next().unwrap_or_default(),
                lists: lists.next().unwrap_or_default(),
                words: cut(&mut words, size),
                shares: cut(&mut shares, size),
                tokens: cut(&mut tokens, size),
            };
            before += size;
            Part {
                histories: begin..histories.min(begin + HISTORIES),
                before: before - size,
                counts: counts.next().unwrap_or_default(),
                places: cut(&mut places, size),
                boosts: cut(&mut boosts, size),
                known,
            }
        };
        sizes.iter().enumerate().map(part).collect()
    }
}

/// Takes the first so many.
fn cut<'a, T>(rest: &mut &'a mut [T], size: usize) -> &'a mut [T] {
    let (own, after) = core::mem::take(rest).split_at_mut(size);
    *rest = after;
    own
}
