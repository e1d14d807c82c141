extern crate std;
use super::*;
use proptest::prelude::*;
use std::vec::Vec;

/// Owned tables of a vocabulary with these tokens after the 256 bytes.
struct Tables {
    offsets: Vec<u8>,
    bytes: Vec<u8>,
    order: Vec<u8>,
}

impl Tables {
    fn of(tokens: &[&[u8]]) -> Self {
        let mut offsets = Vec::from(0u32.to_le_bytes());
        let mut end = 0u32;
        for token in tokens {
            end += token.len() as u32;
            offsets.extend(end.to_le_bytes());
        }
        let mut ids: Vec<u16> = (0..tokens.len() as u16).collect();
        ids.sort_by_key(|&id| tokens[id as usize]);
        Tables { offsets, bytes: tokens.concat(), order: ids.iter().flat_map(|id| id.to_le_bytes()).collect() }
    }

    fn view(&self, tokenization: Tokenization) -> Result<Vocabulary<'_>, VocabularyError> {
        Vocabulary::new(&self.offsets, &self.bytes, &self.order, tokenization)
    }
}

fn with_bytes<'a>(extra: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let singles = BYTE_VALUES.chunks(1).map(|byte| {
        // The constant is promoted to a static.
        let byte: &'static [u8] = byte_slice(byte[0]);
        byte
    });
    singles.chain(extra.iter().copied()).collect()
}

fn byte_slice(byte: u8) -> &'static [u8] {
    static VALUES: [u8; 256] = BYTE_VALUES;
    core::slice::from_ref(&VALUES[byte as usize])
}

fn encode(vocabulary: &Vocabulary<'_>, text: &[u8]) -> Vec<u32> {
    let mut tokens = Vec::new();
    vocabulary.encode(text, &mut |token| tokens.push(token));
    tokens
}

fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut found) = (text, Vec::new());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(bpe::piece_length(rest));
        found.push(piece);
        rest = after;
    }
    found
}

#[test]
fn bytes_are_their_own_ids() {
    let vocabulary = Vocabulary::bytes();
    assert_eq!(encode(&vocabulary, b"\x00A\xff"), [0, 65, 255]);
    assert_eq!(vocabulary.token(65), b"A");
    assert!(Vocabulary::new(&BYTE_OFFSETS, &BYTE_VALUES, &BYTE_ORDER, Tokenization::Bytes).is_ok());
}

#[test]
fn bpe_merges_the_lowest_id_first() {
    let tables = Tables::of(&with_bytes(&[b"bc", b"ab", b"abc", b" a"]));
    let vocabulary = tables.view(Tokenization::Bpe).unwrap();
    // "bc" before "ab", then "a" + "bc".
    assert_eq!(encode(&vocabulary, b"abc"), [258]);
    assert_eq!(encode(&vocabulary, b"abab"), [257, 257]);
    // " a" has the highest id, so "bc" has taken the b by then.
    assert_eq!(encode(&vocabulary, b" abc"), [32, 258]);
    assert_eq!(encode(&vocabulary, b" a"), [259]);
}

#[test]
fn longest_match_takes_the_longest() {
    let tables = Tables::of(&with_bytes(&[b"bc", b"ab", b"abcd"]));
    let vocabulary = tables.view(Tokenization::LongestMatch).unwrap();
    assert_eq!(encode(&vocabulary, b"abcabcd"), [257, 99, 258]);
}

#[test]
fn text_is_cut_into_pieces_as_documented() {
    let words = |text: &'static str| -> Vec<&str> {
        pieces(text.as_bytes()).into_iter().map(|piece| core::str::from_utf8(piece).unwrap()).collect()
    };
    assert_eq!(words("I don't."), ["I", " don", "'t", "."]);
    assert_eq!(words("a  b\n c\n\n"), ["a", " ", " b", "\n", " c", "\n\n"]);
    assert_eq!(words("  "), ["  "]);
    assert_eq!(words(" 12ab, 'tis"), [" 12", "ab", ",", " 'tis"]);
    assert_eq!(words("''x"), ["''", "x"]);
    assert_eq!(words("x '"), ["x", " '"]);
    let long = [b'a'; 600];
    assert_eq!(pieces(&long).iter().map(|piece| piece.len()).collect::<Vec<_>>(), [255, 255, 90]);
}

#[test]
fn broken_tables_are_refused() {
    let view = |tables: &Tables| tables.view(Tokenization::Bytes).map(|_| ());
    let error = |tokens: &[&[u8]]| view(&Tables::of(tokens)).unwrap_err();
    assert_eq!(error(&with_bytes(&[])[1..]), VocabularyError::Size { tokens: 255 });
    assert_eq!(error(&with_bytes(&[b""])), VocabularyError::Length { token: 256 });
    assert_eq!(error(&with_bytes(&[&[b'x'; 256]])), VocabularyError::Length { token: 256 });
    assert!(matches!(error(&with_bytes(&[b"ab", b"ab"])), VocabularyError::Order { .. }));
    let mut without = with_bytes(&[b"ab"]);
    without.remove(7);
    assert_eq!(error(&without), VocabularyError::MissingByte { byte: 7 });
    let mut tables = Tables::of(&with_bytes(&[]));
    tables.offsets[6] = 1;
    assert!(view(&tables).is_err());
    tables.offsets.pop();
    assert_eq!(view(&tables), Err(VocabularyError::Tables));
}

#[test]
fn spelling_is_checked() {
    let vocabulary = Vocabulary::bytes();
    assert!(vocabulary.spells(&[65, 66], b"AB"));
    assert!(!vocabulary.spells(&[65], b"AB"));
    assert!(!vocabulary.spells(&[65, 66, 67], b"AB"));
    assert!(!vocabulary.spells(&[65, 900], b"AB"));
}

proptest! {
    #[test]
    fn every_tokenization_is_lossless(text in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"ab cd\n'1".to_vec())], 0..300)) {
        let tables = Tables::of(&with_bytes(&[b"ab", b"cd", b" c", b"abab", b" cd", b"\n\n"]));
        for (tokenization, _) in Tokenization::NAMES {
            let vocabulary = tables.view(tokenization).unwrap();
            prop_assert!(vocabulary.spells(&encode(&vocabulary, &text), &text));
        }
    }

    #[test]
    fn hostile_tables_never_panic(offsets in prop::collection::vec(any::<u8>(), 1028..1040), order in prop::collection::vec(any::<u8>(), 512..514)) {
        let _ = Vocabulary::new(&offsets, &BYTE_VALUES, &order, Tokenization::Bytes);
    }
}
