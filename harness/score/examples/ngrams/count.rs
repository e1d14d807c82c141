//! Counting: windows of the text as 128-bit keys, sorted in chunks.

use crate::Failure;
use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// Longest n-gram that is counted: as many tokens of 16 bits as a key holds, less one.
pub(crate) const ORDERS: usize = 7;

/// N-grams of the first, second, ... order that occur less often aren't kept.
const RAREST: [usize; ORDERS] = [0, 2, 3, 3, 3, 4, 4];

/// Keys that are sorted at a time.
const CHUNK: usize = 48 << 20;

/// The n-grams of an order, sorted; those that share all words but the last follow one another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    /// By n-gram of the order below: where those that it begins start; and in the end how many there are.
    pub(crate) first: Vec<u32>,
    /// Last words.
    pub(crate) tokens: Vec<u16>,
    /// How often each occurs.
    pub(crate) counts: Vec<u32>,
}

/// Counts the n-grams of all texts in a folder. Token 0 leads each document and occurs nowhere else.
pub(crate) fn count(folder: &Path, vocabulary: usize) -> Result<Vec<Level>, Failure> {
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "u16"));
    files.sort();
    let mut text: Vec<u16> = Vec::new();
    for file in &files {
        text.extend(fs::read(file)?.as_chunks::<2>().0.iter().map(|&token| u16::from_le_bytes(token)));
    }
    eprintln!("{} tokens in {} files", text.len(), files.len());
    let mut occurrences = vec![0usize; vocabulary];
    for &token in &text {
        *occurrences.get_mut(usize::from(token)).ok_or("a token that isn't in the vocabulary")? += 1;
    }
    let mut levels = vec![Level::default(); ORDERS];
    let mut begin = 0;
    while begin < vocabulary {
        let mut end = begin + 1;
        let mut size = occurrences[begin];
        while end < vocabulary && size + occurrences[end] <= CHUNK {
            size += occurrences[end];
            end += 1;
        }
        let mut keys = Vec::with_capacity(size);
        keys.extend(
            (0..text.len()).filter(|&at| (begin..end).contains(&usize::from(text[at]))).map(|at| key(&text[at..])),
        );
        keys.sort_unstable();
        let mut rest = keys.as_slice();
        for (first, &size) in occurrences.iter().enumerate().take(end).skip(begin) {
            let (own, after) = rest.split_at(size);
            rest = after;
            levels[0].tokens.push(first as u16);
            levels[0].counts.push(own.len() as u32);
            runs(own, 1, &mut levels);
        }
        eprintln!(
            "tokens up to {end}: {:?} n-grams",
            levels.iter().map(|level| level.tokens.len()).collect::<Vec<_>>()
        );
        begin = end;
    }
    for level in &mut levels[1..] {
        level.first.push(level.tokens.len() as u32);
    }
    Ok(levels)
}

/// The window at the beginning of a text: nothing but zeros after a document's end.
fn key(text: &[u16]) -> u128 {
    let mut ended = false;
    (0..ORDERS).fold(0, |key, place| {
        ended |= place > 0 && text.get(place).is_none_or(|&token| token == 0);
        key << 16 | if ended { 0 } else { u128::from(text[place]) }
    })
}

/// Adds the n-grams of `order + 1` words, and longer ones, that begin with the `order` words that all keys begin with.
fn runs(keys: &[u128], order: usize, levels: &mut [Level]) {
    if order == ORDERS {
        return;
    }
    let start = levels[order].tokens.len() as u32;
    levels[order].first.push(start);
    let word = |key: u128| (key >> (16 * (ORDERS - 1 - order))) as u16;
    for run in keys.chunk_by(|&a, &b| word(a) == word(b)) {
        if word(run[0]) != 0 && run.len() >= RAREST[order] {
            levels[order].tokens.push(word(run[0]));
            levels[order].counts.push(run.len() as u32);
            runs(run, order + 1, levels);
        }
    }
}

/// Writes counts for later.
pub(crate) fn save(levels: &[Level], path: &Path) -> Result<(), Failure> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    for level in levels {
        file.write_all(&(level.first.len() as u64).to_le_bytes())?;
        file.write_all(&(level.tokens.len() as u64).to_le_bytes())?;
        level.first.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
        level.tokens.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
        level.counts.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
    }
    Ok(file.flush()?)
}

/// Reads what [`save`] wrote, up to an order.
pub(crate) fn load(path: &Path, orders: usize) -> Result<Vec<Level>, Failure> {
    let mut file = std::io::BufReader::new(fs::File::open(path)?);
    let mut take = |bytes: usize| -> Result<Vec<u8>, Failure> {
        let mut buffer = vec![0; bytes];
        file.read_exact(&mut buffer)?;
        Ok(buffer)
    };
    let long = |bytes: &[u8]| bytes.as_chunks::<4>().0.iter().map(|&number| u32::from_le_bytes(number)).collect();
    let mut levels = Vec::new();
    for _ in 0..orders.min(ORDERS) {
        let sizes = take(16)?;
        let [first, count] =
            [0, 8].map(|at| u64::from_le_bytes(sizes[at..at + 8].try_into().expect("eight bytes")) as usize);
        let (first, tokens, counts) = (take(4 * first)?, take(2 * count)?, take(4 * count)?);
        let tokens = tokens.as_chunks::<2>().0.iter().map(|&token| u16::from_le_bytes(token)).collect();
        levels.push(Level { first: long(&first), tokens, counts: long(&counts) });
    }
    Ok(levels)
}
