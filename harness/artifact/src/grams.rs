//! The stream of an n-gram model. `FORMAT.md` defines it.
//!
//! An n-gram is only stored if the same without its first word is. So the words after a history are some of those after the history that is a word shorter,
//! and the stream tells which: how many, and then for each of those, in order, whether it is one.

mod bits;

use crate::coded::{Refusal, range};
use bits::{Bit, Number, Tree};
use golf_ngram::{Grams, MOST_ORDERS, Mixing, Order, weights};
use range::{Coder, Decoder, Encoder};

/// Name of the tensor with the stream.
pub(crate) const NAME: &str = "grams";

/// Version of the stream, its first byte.
const VERSION: u8 = 1;

/// N-grams above the first order that a stream holds at most.
const MOST_GRAMS: usize = 1 << 25;

/// Words that are asked about at most, so that reading ends in time.
const MOST_QUESTIONS: u64 = 1 << 31;

const REMEDY: &str = "write the model with fewer n-grams, or the file again";

/// Codes a model.
pub(crate) fn encode(grams: &Grams, mixing: &Mixing) -> Vec<u8> {
    let mut coder = Encoder::new();
    coder.number(grams.step(), 17);
    coder.number(grams.orders().len() as u32, 4);
    code_mixing(&mut coder, &mut mixing.stored());
    let mut unigrams = grams.unigrams().to_vec();
    code_unigrams(&mut coder, &mut unigrams);
    let mut suffixes = Vec::new();
    for length in 1..=grams.orders().len() {
        let known = Known { unigrams: &unigrams, orders: &grams.orders()[..length - 1], suffixes: &suffixes };
        let stored = &grams.orders()[length - 1];
        // What is written was read, or made by stricter rules, so it is not too much.
        let Ok((_, found)) = code_order(&mut coder, &known, Some(stored), &mut Room::new(), |_| false) else { break };
        suffixes = found;
    }
    [vec![VERSION], coder.finish()].concat()
}

/// Bytes of the stream of n-grams with a mixing that is not trained.
pub fn bytes(grams: &Grams) -> usize {
    encode(grams, &Mixing::even(false)).len()
}

/// Reads a model over `tokens` tokens.
///
/// # Errors
/// The first reason why the stream is none.
pub(crate) fn decode(tokens: usize, stream: &[u8]) -> Result<(Grams, Mixing), Refusal> {
    let (version, stream) = match stream {
        [version, rest @ ..] => (*version, rest),
        [] => (0, stream),
    };
    let mut coder = Decoder::new(stream);
    let refuse = |coder: &Decoder<'_>, message: String| Refusal { at: 1 + coder.place(), message, remedy: REMEDY };
    if version != VERSION {
        return Err(refuse(&coder, format!("version {version} of n-gram streams is unknown")));
    }
    let step = coder.number(0, 17);
    let orders = coder.number(0, 4) as usize;
    if !(1..MOST_ORDERS).contains(&orders) {
        return Err(refuse(
            &coder,
            format!("{orders} orders above the first, but there can be 1 to {}", MOST_ORDERS - 1),
        ));
    }
    let mut stored = vec![0; weights()];
    code_mixing(&mut coder, &mut stored);
    let mut unigrams = vec![0; tokens];
    code_unigrams(&mut coder, &mut unigrams);
    let (mut found, mut suffixes) = (Vec::with_capacity(orders), Vec::new());
    let mut room = Room::new();
    for _ in 0..orders {
        let known = Known { unigrams: &unigrams, orders: &found, suffixes: &suffixes };
        let (order, ends) = code_order(&mut coder, &known, None, &mut room, Decoder::is_over)
            .map_err(|TooMuch| refuse(&coder, "it has more n-grams than may be, or ends early".into()))?;
        found.push(order);
        suffixes = ends;
    }
    if coder.is_over() || !coder.is_finished() {
        return Err(refuse(&coder, "the stream doesn't end where the n-grams do".into()));
    }
    let grams = Grams::new(unigrams, step, found).map_err(|error| refuse(&coder, error.to_string()))?;
    Ok((grams, Mixing::new(&stored)))
}

struct TooMuch;

/// What may still be read.
struct Room {
    grams: usize,
    questions: u64,
}

impl Room {
    fn new() -> Self {
        Room { grams: MOST_GRAMS, questions: MOST_QUESTIONS }
    }

    fn take(&mut self, grams: usize, questions: usize) -> Result<(), TooMuch> {
        self.grams = self.grams.checked_sub(grams).ok_or(TooMuch)?;
        self.questions = self.questions.checked_sub(questions as u64).ok_or(TooMuch)?;
        Ok(())
    }
}

/// The n-grams of the orders below the one that is coded. Those of the highest of them are the histories.
struct Known<'a> {
    unigrams: &'a [u8],
    /// From the second.
    orders: &'a [Order],
    /// By history: itself without its first word, as a place in the order below its own.
    suffixes: &'a [u32],
}

impl Known<'_> {
    fn histories(&self) -> usize {
        self.orders.last().map_or(self.unigrams.len(), |order| order.tokens.len())
    }

    /// How surely a history is followed by anything: 0..=63.
    fn strength(&self, history: usize) -> usize {
        match self.orders.last() {
            Some(order) => usize::from(order.boosts[history]).min(63),
            None => usize::from(self.unigrams[history] / 4),
        }
    }

    /// The n-grams of the histories' order one of whose last words may follow a history.
    fn candidates(&self, history: usize) -> core::ops::Range<usize> {
        match self.orders.last() {
            Some(order) => order.range(self.suffixes[history]),
            None => 0..self.unigrams.len(),
        }
    }

    /// The last word of a candidate, and two kinds of it, below 16 each.
    fn candidate(&self, place: usize) -> (u16, usize, usize) {
        let token = self.orders.last().map_or(place as u16, |order| order.tokens[place]);
        let plain = usize::from(self.unigrams[usize::from(token)] / 8).min(15);
        (token, self.orders.last().map_or(0, |order| usize::from(order.boosts[place] / 2).min(15)), plain)
    }
}

/// Codes the n-grams of one order: `stored`, or what the decoder reads. Returns them, and for each the place of what it is without its first word.
fn code_order<C: Coder>(
    coder: &mut C,
    known: &Known<'_>,
    stored: Option<&Order>,
    room: &mut Room,
    is_over: impl Fn(&C) -> bool,
) -> Result<(Order, Vec<u32>), TooMuch> {
    let mut models = Models::new();
    let (mut order, mut suffixes) = (Order::default(), Vec::new());
    order.first.reserve(known.histories() + 1);
    order.first.push(0);
    for history in 0..known.histories() {
        let candidates = known.candidates(history);
        let mut left = candidates.len();
        if left > 0 {
            let mut words = stored.map(|stored| stored.range(history as u32)).unwrap_or_default();
            let count = models.counts(left, known.strength(history)).code(coder, words.len() as u32) as usize;
            if count > left || is_over(coder) {
                return Err(TooMuch);
            }
            room.take(count, if count > 0 { left } else { 0 })?;
            let mut wanted = count;
            for place in candidates {
                if wanted == 0 {
                    break;
                }
                let (token, boosted, plain) = known.candidate(place);
                let is_next = stored.is_some_and(|stored| !words.is_empty() && stored.tokens[words.start] == token);
                if wanted == left || models.member(wanted, left, boosted, plain).code(coder, is_next) {
                    let boost = words.next().zip(stored).map_or(0, |(word, stored)| stored.boosts[word]);
                    order.tokens.push(token);
                    order.boosts.push(models.boost(boosted, plain, count).code(coder, boost));
                    suffixes.push(place as u32);
                    wanted -= 1;
                }
                left -= 1;
            }
        }
        order.first.push(order.tokens.len() as u32);
    }
    Ok((order, suffixes))
}

/// Predictions of an order's numbers.
struct Models {
    counts: Vec<Number>,
    members: Vec<Bit>,
    boosts: Vec<Tree>,
    /// Three times the logarithm of a number to base 2, rounded down.
    thirds: Vec<u8>,
}

impl Models {
    fn new() -> Self {
        Models {
            counts: vec![Number::new(); 17 * 32],
            members: vec![Bit::new(); 48 * 16 * 16],
            boosts: vec![Tree::new(); 16 * 16 * 3],
            thirds: (0..=65_536u64).map(|number| (number * number * number).max(1).ilog2() as u8).collect(),
        }
    }

    /// How many of the candidates follow.
    fn counts(&mut self, candidates: usize, strength: usize) -> &mut Number {
        &mut self.counts[candidates.ilog2().min(16) as usize * 32 + strength / 2]
    }

    /// Whether a candidate is one, of `left` of which `wanted` are.
    fn member(&mut self, wanted: usize, left: usize, boosted: usize, plain: usize) -> &mut Bit {
        let density = usize::from(self.thirds[left] - self.thirds[wanted]).min(47);
        &mut self.members[(density * 16 + boosted) * 16 + plain]
    }

    fn boost(&mut self, boosted: usize, plain: usize, count: usize) -> &mut Tree {
        &mut self.boosts[(boosted * 16 + plain) * 3 + count.ilog2().min(4) as usize / 2]
    }
}

fn code_unigrams(coder: &mut impl Coder, unigrams: &mut [u8]) {
    let mut trees = vec![Tree::new(); 16];
    let mut before = 0;
    for code in unigrams {
        *code = trees[before].code_wide(coder, *code);
        before = usize::from(*code / 16);
    }
}

fn code_mixing(coder: &mut impl Coder, numbers: &mut [i16]) {
    let (mut size, mut sign) = ([Number::new(), Number::new(), Number::new()], Bit::new());
    let mut before = 0u32;
    for number in numbers {
        let magnitude = size[before.min(2) as usize].code(coder, u32::from(number.unsigned_abs()));
        let negative = magnitude != 0 && sign.code(coder, *number < 0);
        before = (magnitude != 0) as u32 + (magnitude > 32) as u32;
        let magnitude = magnitude.min(i16::MAX as u32) as i16;
        *number = if negative { -magnitude } else { magnitude };
    }
}
