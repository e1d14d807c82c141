//! The stream of an n-gram model. `FORMAT.md` defines it.
//!
//! An n-gram is only stored if the same without its first word is. So the words after a history are some of those after the history that is a word shorter, which
//! are in order, the likeliest first. Coded are how many they are, and then how many are skipped before each. Predictions are tables, so parts of an order can be
//! read at the same time.

mod ans;
mod bits;
mod contexts;
mod model;
mod part;
mod powers;
mod symbols;

use crate::coded::{Refusal, range};
use ans::Table;
use bits::{Bit, Number, Tree};
use contexts::Contexts;
use golf_ngram::{Grams, MOST_ORDERS, Mixing, Order, weights};
use model::{Laid, Model};
use part::{Below, Part};
use range::{Coder, Decoder, Encoder};
use std::sync::Mutex;
use symbols::{Kind, Reader, Writer};

/// Name of the tensor with the stream.
pub(crate) const NAME: &str = "grams";

/// Version of the stream, its first byte.
const VERSION: u8 = 2;

/// Behind it the bytes of what leads the parts, as four bytes.
const LEAD: usize = 5;

/// N-grams above the first order that a stream holds at most.
const MOST_GRAMS: usize = 1 << 25;

/// So many it may hold however short it is; a longer one another eight for each byte.
const FEW_GRAMS: usize = 1 << 20;

/// Histories of a part.
const HISTORIES: usize = 1 << 17;

/// Threads that read parts at most.
const MOST_THREADS: usize = 8;

/// N-grams that are worth a thread.
const WORTH_A_THREAD: usize = 1 << 17;

const REMEDY: &str = "write the model with fewer n-grams, or the file again";

/// A model, or why a stream is none.
pub(crate) type Decoded = Result<(Grams, Mixing), Refusal>;

/// Codes a model. N-grams that are not stored without their first word are left out.
pub(crate) fn encode(grams: &Grams, mixing: &Mixing) -> Vec<u8> {
    let mut coder = Encoder::new();
    coder.number(grams.step(), 17);
    coder.number(grams.orders().len() as u32, 4);
    code_mixing(&mut coder, &mut mixing.stored());
    let mut unigrams = grams.unigrams().to_vec();
    code_unigrams(&mut coder, &mut unigrams);
    let mut streams = Vec::new();
    let mut model = Model::new(&unigrams, grams.step());
    // By n-gram of the order below: itself in `grams`.
    let mut sources: Vec<u32> = (0..unigrams.len() as u32).collect();
    for order in grams.orders() {
        let mut told = told(model.below(), order, &sources);
        let sizes = told.order.first[1..]
            .chunks(HISTORIES)
            .map(|counts| counts.iter().sum::<u32>() as usize)
            .collect::<Vec<_>>();
        let mut writers = Vec::new();
        for mut part in told.parts(&sizes) {
            let mut writer = Writer::default();
            // What is told is in order.
            if part.code(&mut writer, model.below(), model.step).is_ok() {
                writers.push(writer);
            }
        }
        let mut predictions = symbols::histograms(&writers).map(|histogram| Contexts::choose(&histogram));
        let written: Vec<Vec<u8>> = writers.iter().map(|writer| symbols::stream(writer, &predictions)).collect();
        for (size, stream) in sizes.iter().zip(&written) {
            coder.number(*size as u32, 26);
            coder.number(stream.len() as u32, 26);
        }
        for contexts in &mut predictions {
            // The encoder refuses nothing.
            let _ = contexts.code(&mut coder);
        }
        streams.extend(written);
        model.add(told);
        sources = found(model.orders.last().unwrap_or(order), order, &sources);
    }
    let lead = coder.finish();
    let begin = [&[VERSION][..], &(lead.len() as u32).to_le_bytes(), &lead].concat();
    [begin, streams.concat()].concat()
}

/// Bytes of the stream of n-grams with a mixing that is not trained.
pub fn bytes(grams: &Grams) -> usize {
    encode(grams, &Mixing::even(false)).len()
}

/// What is coded of an order.
fn told(below: Below<'_>, order: &Order, sources: &[u32]) -> Laid {
    let mut told = Laid::new(sources.len(), 0);
    // By token: its place after a history, and that history.
    let mut places = vec![(0, u32::MAX); 1 << 16];
    let mut own = Vec::new();
    for (history, &source) in sources.iter().enumerate() {
        let range = order.range(source);
        if range.is_empty() {
            continue;
        }
        let [list, next] = [0, 1].map(|after| below.lists[below.suffixes[history] as usize + after]);
        for place in list.start..next.start {
            places[usize::from(below.words[place as usize].token)] = (place, history as u32);
        }
        let words = order.tokens[range.clone()].iter().zip(&order.boosts[range]);
        own.extend(words.filter_map(|(&token, &boost)| {
            let (place, of) = places[usize::from(token)];
            (of == history as u32).then_some((place, boost.min(63)))
        }));
        own.sort_unstable();
        own.dedup_by_key(|(place, _)| *place);
        told.order.first[1 + history] = own.len() as u32;
        told.suffixes.extend(own.iter().map(|(place, _)| place));
        told.order.boosts.extend(own.drain(..).map(|(_, boost)| boost));
    }
    told.grow();
    told
}

/// For each n-gram as it is coded itself as it was given.
fn found(coded: &Order, given: &Order, sources: &[u32]) -> Vec<u32> {
    let mut found = Vec::with_capacity(coded.tokens.len());
    for (history, &source) in sources.iter().enumerate() {
        let range = given.range(source);
        for token in &coded.tokens[coded.range(history as u32)] {
            let which = given.tokens[range.clone()].iter().position(|other| other == token).unwrap_or(0);
            found.push((range.start + which) as u32);
        }
    }
    found
}

/// Reads a model over `tokens` tokens.
///
/// # Errors
/// The first reason why the stream is none.
pub(crate) fn decode(tokens: usize, stream: &[u8]) -> Decoded {
    let refuse = |at: usize, message: &str| Refusal { at, message: message.into(), remedy: REMEDY };
    let version = stream.first().copied().unwrap_or(0);
    if version != VERSION {
        return Err(refuse(0, &format!("version {version} of n-gram streams is unknown")));
    }
    let (lead, parts) = stream
        .split_at_checked(LEAD)
        .and_then(|(begin, rest)| {
            let length = u32::from_le_bytes([begin[1], begin[2], begin[3], begin[4]]);
            rest.split_at_checked(length as usize)
        })
        .ok_or_else(|| refuse(1, "the stream ends before what leads it does"))?;
    let mut coder = Decoder::new(lead);
    let at = |coder: &Decoder<'_>| LEAD + coder.place();
    let step = coder.number(0, 17);
    let orders = coder.number(0, 4) as usize;
    if !(1..MOST_ORDERS).contains(&orders) {
        let message = format!("{orders} orders above the first, but there can be 1 to {}", MOST_ORDERS - 1);
        return Err(refuse(at(&coder), &message));
    }
    let mut stored = vec![0; weights()];
    code_mixing(&mut coder, &mut stored);
    let mut unigrams = vec![0; tokens];
    code_unigrams(&mut coder, &mut unigrams);
    let mut model = Model::new(&unigrams, step);
    let (mut rest, mut room) = (parts, MOST_GRAMS.min(FEW_GRAMS + 8 * stream.len()));
    for _ in 0..orders {
        let begin = stream.len() - rest.len();
        let mut sizes = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..model.histories().div_ceil(HISTORIES) {
            let size = coder.number(0, 26) as usize;
            room = room.checked_sub(size).ok_or_else(|| refuse(at(&coder), "it has more n-grams than may be"))?;
            sizes.push(size);
            let (part, after) = rest
                .split_at_checked(coder.number(0, 26) as usize)
                .ok_or_else(|| refuse(at(&coder), "the stream ends before its parts do"))?;
            rest = after;
            streams.push(part);
        }
        let mut predictions = Kind::ALL.map(|kind| Contexts::unknown(kind.contexts()));
        for contexts in &mut predictions {
            contexts.code(&mut coder).map_err(|_| refuse(at(&coder), "predictions that are none"))?;
        }
        let mut laid = Laid::new(model.histories(), sizes.iter().sum());
        let jobs = laid.parts(&sizes).into_iter().zip(streams).collect();
        read(jobs, &model, &predictions)
            .map_err(|NoOrder| refuse(begin, "a part of the stream is not what is said of it"))?;
        model.add(laid);
    }
    if coder.is_over() || !coder.is_finished() || !rest.is_empty() {
        return Err(refuse(at(&coder), "the stream doesn't end where the n-grams do"));
    }
    let grams = Grams::new(unigrams, step, model.orders).map_err(|error| refuse(at(&coder), &error.to_string()))?;
    Ok((grams, Mixing::new(&stored)))
}

struct NoOrder;

/// Reads the parts of an order, on several threads if there are enough.
fn read(jobs: Vec<(Part<'_>, &[u8])>, model: &Model, predictions: &[Contexts; 3]) -> Result<(), NoOrder> {
    let tables = predictions.each_ref().map(|contexts| contexts.tables.iter().map(Table::new).collect::<Vec<_>>());
    let below = model.below();
    let one = |(mut part, stream): (Part<'_>, &[u8])| {
        let predictions = core::array::from_fn(|kind| (predictions[kind].map.as_slice(), tables[kind].as_slice()));
        let mut reader = Reader { decoder: ans::Decoder::new(stream), predictions };
        match part.code(&mut reader, below, model.step) {
            Ok(()) if reader.decoder.is_finished() => Ok(()),
            _ => Err(NoOrder),
        }
    };
    let grams: usize = jobs.iter().map(|(part, _)| part.places.len()).sum();
    let useful = (grams / WORTH_A_THREAD).min(jobs.len()).min(MOST_THREADS);
    let threads = if useful < 2 { 1 } else { std::thread::available_parallelism().map_or(1, Into::into).min(useful) };
    let queue = Mutex::new(jobs.into_iter());
    let work = || loop {
        let Some(job) = queue.lock().ok().and_then(|mut queue| queue.next()) else { return Ok(()) };
        one(job)?;
    };
    std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let own = work();
        others.into_iter().map(|other| other.join().unwrap_or(Err(NoOrder))).fold(own, Result::and)
    })
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

/// A stream over 256 tokens that ends after what it says of its first part: so many n-grams in so many bytes.
#[cfg(test)]
pub(crate) fn claiming(grams: u32, bytes: u32) -> Vec<u8> {
    let mut coder = Encoder::new();
    coder.number(1, 17);
    coder.number(1, 4);
    code_mixing(&mut coder, &mut vec![0; weights()]);
    code_unigrams(&mut coder, &mut [0; 256]);
    coder.number(grams, 26);
    coder.number(bytes, 26);
    let lead = coder.finish();
    [&[VERSION][..], &(lead.len() as u32).to_le_bytes(), &lead].concat()
}
