//! Byte-pair encoding by rank (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units",
//! section 3.2), over pieces.

use super::Vocabulary;

/// Longest run in a piece; a space and an apostrophe may come before it.
const RUN: usize = 255;
const PIECE: usize = RUN + 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Space,
    Symbol,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b' ' | b'\t' | b'\n' | b'\r' => Class::Space,
        _ => Class::Symbol,
    }
}

/// Length of the piece at the start of `text`, which isn't empty.
pub(super) fn piece_length(text: &[u8]) -> usize {
    let class_at = |index: usize| text.get(index).map(|&byte| class(byte));
    let run = |from: usize| {
        let kind = class_at(from);
        (from..text.len().min(from + RUN)).take_while(|&index| class_at(index) == kind).count()
    };
    let mut start = 0;
    if text[0] == b' ' && !matches!(class_at(1), None | Some(Class::Space)) {
        start = 1;
    }
    if text[start] == b'\'' && class_at(start + 1) == Some(Class::Letter) {
        start += 1;
    }
    let length = run(start);
    let before_word = class_at(length).is_some_and(|next| next != Class::Space);
    // The last space of white space belongs to what follows.
    if class_at(start) == Some(Class::Space) && length > 1 && before_word && text[length - 1] == b' ' {
        return length - 1;
    }
    start + length
}

pub(super) fn encode(vocabulary: &Vocabulary<'_>, text: &[u8], each: &mut dyn FnMut(u32)) {
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece_length(rest));
        merge(vocabulary, piece, each);
        rest = after;
    }
}

fn merge(vocabulary: &Vocabulary<'_>, piece: &[u8], each: &mut dyn FnMut(u32)) {
    if let Some(token) = vocabulary.find(piece).filter(|_| piece.len() == 1) {
        return each(token);
    }
    // Part i spans starts[i]..starts[i + 1]; joins[i] is the token that parts i and i + 1 would make.
    let mut starts = [0u16; PIECE + 1];
    let mut joins = [u32::MAX; PIECE];
    let mut parts = piece.len();
    for (index, start) in starts[..=parts].iter_mut().enumerate() {
        *start = index as u16;
    }
    let join = |starts: &[u16], part: usize, parts: usize| {
        if part + 1 >= parts {
            return u32::MAX;
        }
        vocabulary.find(&piece[starts[part] as usize..starts[part + 2] as usize]).unwrap_or(u32::MAX)
    };
    joins.iter_mut().enumerate().take(parts).for_each(|(part, token)| *token = join(&starts, part, parts));
    loop {
        let best = (0..parts).min_by_key(|&part| joins[part]).filter(|&part| joins[part] != u32::MAX);
        let Some(best) = best else { break };
        starts.copy_within(best + 2..=parts, best + 1);
        joins.copy_within(best + 1..parts, best);
        parts -= 1;
        joins[best] = join(&starts, best, parts);
        if best > 0 {
            joins[best - 1] = join(&starts, best - 1, parts);
        }
    }
    for part in 0..parts {
        let bytes = &piece[starts[part] as usize..starts[part + 1] as usize];
        each(vocabulary.find(bytes).expect("a part is a byte or a join that was found"));
    }
}
