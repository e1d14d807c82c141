//! A part of an order: some of its histories and the n-grams that begin with them.

use super::contexts::ROW;
use super::powers::{halves, logarithm, power};
use super::symbols::{Kind, Symbols};
use core::ops::Range;

/// What is known of the order below when one is coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Below<'a> {
    /// By history: itself without its first word, an entry of `lists`.
    pub(super) suffixes: &'a [u32],
    /// By shorter history: its list's class.
    pub(super) classes: &'a [u8],
    /// By shorter history, and one that ends them.
    pub(super) lists: &'a [List],
    /// By n-gram.
    pub(super) words: &'a [Word],
    /// By history: the logarithm of its probability, in eighths of a bit.
    pub(super) shares: &'a [i16],
}

/// The words after a history, which end where those of the next begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// Where its n-grams begin.
    pub(super) start: u32,
    /// The logarithm of what all words weigh, in eighths of a bit.
    pub(super) total: i16,
}

/// Class of a list of no words.
pub(super) const NOTHING: u8 = u8::MAX;

/// What is looked at in a list to tell how many of its words follow a longer history: how long it is, and how likely its likeliest word, whose logit is `best`.
#[inline(always)]
pub(super) fn class(length: u32, total: i16, best: i16) -> u8 {
    (halves(length).min(23) * 8) as u8 + ((total - best) >> 4).clamp(0, 7) as u8
}

/// The last word of an n-gram.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    pub(super) token: u16,
    /// In eighths of a bit.
    pub(super) logit: i16,
}

/// What is coded of a part: given to the encoder, found by the decoder.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) histories: Range<usize>,
    /// N-grams of the order before those of the part.
    pub(super) before: usize,
    /// By history: how many n-grams it begins.
    pub(super) counts: &'a mut [u32],
    /// By n-gram: itself without its first word, an n-gram of the order below. Ascending for each history when coded, and then likeliest first.
    pub(super) places: &'a mut [u32],
    pub(super) boosts: &'a mut [u8],
    pub(super) known: Known<'a>,
}

/// What follows from what is coded: the order's words, and what must be known for the order above.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) classes: &'a mut [u8],
    pub(super) lists: &'a mut [List],
    pub(super) words: &'a mut [Word],
    pub(super) shares: &'a mut [i16],
    pub(super) tokens: &'a mut [u16],
}

/// The symbols are of no n-grams.
#[derive(Debug)]
pub(super) struct NoPart;

/// Eighths of bits below zero in whole bits.
#[inline(always)]
fn below_zero(eighths: i16) -> usize {
    (-eighths >> 3).clamp(0, ROW as i16 - 1) as usize
}

/// So that larger logits are smaller numbers; and back.
#[inline(always)]
fn inverse(logit: u16) -> u16 {
    0x7fff_u16.wrapping_sub(logit)
}

/// Histories that are coded together: first how many words follow them, then which, then their boosts. What is known of so many stays in a
/// processor's cache.
const BLOCK: usize = 512;

/// Room for a block.
#[derive(Debug, Default)]
struct Block {
    /// Of the histories that anything follows: the words that may, and where those end.
    lists: Vec<(List, u32)>,
    contexts: Vec<u16>,
    /// Of the n-grams without their first words.
    words: Vec<Word>,
    keys: Vec<u64>,
    places: Vec<u32>,
}

impl Part<'_> {
    /// Codes all of the part. `step` is that of the boosts in 2^-16 bits.
    pub(super) fn code(&mut self, symbols: &mut impl Symbols, below: Below<'_>, step: u32) -> Result<(), NoPart> {
        let mut block = Block::default();
        let mut done = 0;
        for begin in (0..self.counts.len()).step_by(BLOCK) {
            let histories = begin..self.counts.len().min(begin + BLOCK);
            let shares = &below.shares[self.histories.start..][histories.clone()];
            let suffixes = &below.suffixes[self.histories.start..][histories.clone()];
            let counts = &mut self.counts[histories.clone()];
            block.contexts.clear();
            block.contexts.extend(suffixes.iter().zip(shares).map(|(&suffix, &share)| {
                let class = below.classes[suffix as usize];
                if class == NOTHING { u16::MAX } else { u16::from(class) * ROW as u16 + below_zero(share) as u16 }
            }));
            let grams = code_counts(symbols, &block.contexts, counts);
            let grams = done..done + grams;
            if grams.end > self.places.len() {
                return Err(NoPart);
            }
            // What will be needed is asked for before any of it is waited for.
            let used = suffixes.iter().zip(&*counts).filter(|(_, count)| **count > 0);
            block.lists.clear();
            block.lists.extend(used.map(|(&suffix, _)| {
                let suffix = suffix as usize;
                (below.lists[suffix], below.lists[suffix + 1].start)
            }));
            let asked = block.lists.iter().fold(0, |asked, (list, _)| asked ^ below.words[list.start as usize].token);
            core::hint::black_box(asked);
            block.contexts.clear();
            block.words.clear();
            code_places(symbols, below, &mut block, counts, shares, &mut self.places[grams.clone()])?;
            for (boost, &context) in self.boosts[grams.clone()].iter_mut().zip(&block.contexts) {
                *boost = symbols.symbol(Kind::Boost, context.into(), (*boost).into()) as u8;
            }
            self.order(below, &mut block, histories, grams.start, step);
            done = grams.end;
        }
        if done == self.places.len() { Ok(()) } else { Err(NoPart) }
    }

    /// Puts each history's n-grams in order, the likeliest first, and finds what is known of them.
    fn order(&mut self, below: Below<'_>, block: &mut Block, histories: Range<usize>, mut at: usize, step: u32) {
        let begin = at;
        let mut lists = block.lists.iter();
        for history in histories {
            let count = self.counts[history] as usize;
            let start = (self.before + at) as u32;
            let (own_class, known) = (&mut self.known.classes[history], &mut self.known.lists[history]);
            (*own_class, *known) = (NOTHING, List { start, total: 0 });
            if count == 0 {
                continue;
            }
            let Some((list, _)) = lists.next() else { break };
            let own = at..at + count;
            let words = &block.words[at - begin..][..count];
            at = own.end;
            let (places, boosts) = (&mut self.places[own.clone()], &mut self.boosts[own.clone()]);
            let mut sum = power(list.total);
            let mut raise = |word: &Word, boost: u8| {
                let logit = word.logit + ((u32::from(boost) * step) >> 13) as i16;
                sum = sum.wrapping_add(power(logit).wrapping_sub(power(word.logit)));
                logit
            };
            let best;
            let raised = &mut self.known.words[own.clone()];
            if let ([boost], [word], [raised]) = (&*boosts, words, &mut *raised) {
                best = raise(word, *boost);
                *raised = Word { token: word.token, logit: best };
            } else {
                block.keys.clear();
                block.keys.extend((0..).zip(words.iter().zip(&*boosts)).map(|(which, (word, &boost))| {
                    let logit = inverse(raise(word, boost) as u16);
                    u64::from(logit) << 48 | which << 24 | u64::from(boost) << 16 | u64::from(word.token)
                }));
                block.keys.sort_unstable();
                block.places.clear();
                block.places.extend_from_slice(places);
                for ((&key, (place, boost)), raised) in block.keys.iter().zip(places.iter_mut().zip(boosts)).zip(raised)
                {
                    *place = block.places[(key >> 24 & 0xff_ffff) as usize];
                    *boost = (key >> 16) as u8;
                    *raised = Word { token: key as u16, logit: inverse((key >> 48) as u16) as i16 };
                }
                best = inverse((block.keys[0] >> 48) as u16) as i16;
            }
            let total = logarithm(sum);
            known.total = total;
            *own_class = class(count as u32, total, best);
            let share = below.shares[self.histories.start + history] - total;
            let known = self.known.words[own.clone()].iter().zip(&mut self.known.shares[own.clone()]);
            for ((word, own_share), token) in known.zip(&mut self.known.tokens[own]) {
                *token = word.token;
                *own_share = share + word.logit;
            }
        }
    }
}

/// Codes how many words follow each history of a block, and returns how many those are.
fn code_counts(symbols: &mut impl Symbols, contexts: &[u16], counts: &mut [u32]) -> usize {
    let mut grams = 0;
    for (count, &context) in counts.iter_mut().zip(contexts).filter(|(_, context)| **context != u16::MAX) {
        *count = symbols.number(Kind::Count, context.into(), *count);
        grams += *count as usize;
    }
    grams
}

/// Codes which n-grams follow, and leaves the contexts of their boosts.
fn code_places(
    symbols: &mut impl Symbols,
    below: Below<'_>,
    block: &mut Block,
    counts: &[u32],
    shares: &[i16],
    places: &mut [u32],
) -> Result<(), NoPart> {
    let mut places = places.iter_mut();
    let used = counts.iter().zip(shares).filter(|(count, _)| **count > 0);
    for ((&count, &share), &(list, end)) in used.zip(&block.lists) {
        let mut wanted = count;
        if count > end - list.start {
            return Err(NoPart);
        }
        let share = share - list.total;
        let count = few(count);
        let mut at = list.start;
        for place in places.by_ref().take(wanted as usize) {
            let left = end - at;
            if left > wanted {
                let density = (halves(left) - halves(wanted)).min(23);
                let logit = below.words[at as usize].logit;
                let context = (density * 4 + few(wanted)) * ROW + below_zero(share + logit);
                let gap = symbols.number(Kind::Gap, context, place.wrapping_sub(at));
                if gap > left - wanted {
                    return Err(NoPart);
                }
                at += gap;
            }
            let word = below.words[at as usize];
            let alone = ((list.total - word.logit) >> 3).clamp(0, 31) as usize;
            block.contexts.push(((alone * 4 + count) * ROW + below_zero(share + word.logit)) as u16);
            block.words.push(word);
            *place = at;
            at += 1;
            wanted -= 1;
        }
    }
    Ok(())
}

/// One, two or three, up to seven, and more.
#[inline(always)]
fn few(number: u32) -> usize {
    (number.ilog2() as usize).min(3)
}
