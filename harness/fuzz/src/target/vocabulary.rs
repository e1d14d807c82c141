//! Vocabularies and the ways in which text is cut.

use golf_core::{Tokenization, Vocabulary};

/// The first byte says how text is cut and how many single bytes there are too few; the second how long the text is, which follows; the rest are
/// tokens, each after its length.
pub(super) fn run(data: &[u8]) {
    let Some(([how, length], rest)) = data.split_first_chunk() else { return };
    let (text, mut rest) = rest.split_at(usize::from(*length).min(rest.len()));
    let singles = 255 - usize::from(how >> 6);
    let bytes: Vec<u8> = (0..=255).collect();
    let mut tokens: Vec<&[u8]> = bytes[..=singles].chunks(1).collect();
    while let Some((&length, after)) = rest.split_first() {
        let (token, after) = after.split_at(usize::from(length).min(after.len()));
        tokens.push(token);
        rest = after;
    }
    let mut order: Vec<u16> = (0..tokens.len() as u16).collect();
    order.sort_by_key(|&token| tokens[usize::from(token)]);
    let ends = tokens.iter().scan(0u32, |end, token| {
        *end += token.len() as u32;
        Some(*end)
    });
    let offsets: Vec<u8> = std::iter::once(0).chain(ends).flat_map(u32::to_le_bytes).collect();
    let order: Vec<u8> = order.into_iter().flat_map(u16::to_le_bytes).collect();
    let (tokenization, _) = Tokenization::NAMES[usize::from(how & 63) % 3];
    let mut sorted = tokens.clone();
    sorted.sort();
    let is_sound = tokens.len() <= 65_536
        && singles == 255
        && sorted.windows(2).all(|pair| pair[0] != pair[1])
        && tokens.iter().all(|token| (1..=255).contains(&token.len()));
    let joined = tokens.concat();
    let vocabulary = Vocabulary::new(&offsets, &joined, &order, tokenization);
    // Without a byte's own token, another one of the input may stand in for it.
    assert!(vocabulary.is_ok() || !is_sound, "refused: {vocabulary:?}");
    let Ok(vocabulary) = vocabulary else { return };
    for (id, token) in tokens.iter().enumerate() {
        assert_eq!(vocabulary.find(token), Some(id as u32));
    }
    for text in [text, data] {
        let mut cut = vec![];
        vocabulary.encode(text, &mut |token| cut.push(token));
        assert!(vocabulary.spells(&cut, text));
        match tokenization {
            Tokenization::Bytes => assert_eq!(cut.len(), text.len()),
            Tokenization::LongestMatch => assert_eq!(cut, longest(&tokens, text)),
            Tokenization::Bpe => {}
        }
    }
}

/// Longest match by trying every token.
fn longest(tokens: &[&[u8]], text: &[u8]) -> Vec<u32> {
    let mut rest = text;
    let mut cut = vec![];
    while !rest.is_empty() {
        let fitting = tokens.iter().enumerate().filter(|(_, token)| rest.starts_with(token));
        let (id, token) = fitting.max_by_key(|(_, token)| token.len()).expect("every byte has a token");
        cut.push(id as u32);
        rest = &rest[token.len()..];
    }
    cut
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let text = b"the then there 12 3's the  the";
    let mut seed = vec![0, text.len() as u8];
    seed.extend(text);
    for token in ["th", "the", "he", "er", "re", " t", "12", "'s"] {
        seed.push(token.len() as u8);
        seed.extend(token.bytes());
    }
    (0..4).map(|how: u8| [&[if how < 3 { how } else { 64 }], &seed[1..]].concat()).collect()
}
