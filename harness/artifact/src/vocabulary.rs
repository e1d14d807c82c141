//! The two tensors that spell the tokens.

use crate::fault::{Fault, Place};

/// Name of the tensor with the tokens' lengths.
pub(crate) const LENGTHS: &str = "vocabulary.lengths";
/// Name of the tensor with the tokens' bytes.
pub(crate) const BYTES: &str = "vocabulary.bytes";

/// The tokens, cut by their lengths. Both must fit together.
pub(crate) fn cut<'a>(lengths: &[u8], bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut token = |&length: &u8| {
        let (token, after) = rest.split_at_checked(length.into()).unwrap_or((rest, &[]));
        rest = after;
        token
    };
    lengths.iter().map(&mut token).collect()
}

/// Checks the tokens; `places` are the bytes of the file where the two tensors begin. Tells whether all is well.
pub(crate) fn check(lengths: &[u8], bytes: &[u8], places: (usize, usize), faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    let mut report = |name: &str, at, message, remedy: &str| {
        faults.push(Fault::new(Place::Tensor { name: name.into(), offset: Some(at) }, message, remedy));
    };
    if !(256..=65_536).contains(&lengths.len()) {
        let message = format!("{} tokens, but a vocabulary has 256 to 65536", lengths.len());
        report(LENGTHS, places.0, message, "change the vocabulary");
        return false;
    }
    let empty = lengths.iter().filter(|&&length| length == 0).count();
    if let Some(first) = lengths.iter().position(|&length| length == 0) {
        let message = match empty {
            1 => format!("token {first} is empty"),
            _ => format!("{empty} tokens are empty, token {first} the first of them"),
        };
        report(LENGTHS, places.0 + first, message, "give every token 1 to 255 bytes");
    }
    let sum: usize = lengths.iter().map(|&length| usize::from(length)).sum();
    if sum != bytes.len() {
        let message = format!("the lengths add up to {sum} bytes, but `{BYTES}` has {}", bytes.len());
        report(LENGTHS, places.0, message, "write both tensors from the same vocabulary");
        return false;
    }
    let tokens = cut(lengths, bytes);
    let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
    order.sort_by_key(|&token| (tokens[token as usize], token));
    let start = |token: u32| lengths[..token as usize].iter().map(|&length| usize::from(length)).sum::<usize>();
    let twice =
        |pair: &&[u32]| tokens[pair[0] as usize] == tokens[pair[1] as usize] && !tokens[pair[0] as usize].is_empty();
    let mut repeated = order.windows(2).filter(twice);
    if let Some(pair) = repeated.next() {
        let more = match repeated.count() {
            0 => String::new(),
            more => format!(", and {more} more tokens occur again"),
        };
        let message = format!("token {} spells the same bytes as token {}{more}", pair[1], pair[0]);
        report(BYTES, places.1 + start(pair[1]), message, "keep one of them");
    }
    let mut found = [false; 256];
    tokens.iter().filter(|token| token.len() == 1).for_each(|token| found[usize::from(token[0])] = true);
    let missing: Vec<String> = (0..256).filter(|&byte| !found[byte]).map(|byte| format!("0x{byte:02x}")).collect();
    if !missing.is_empty() {
        let more = if missing.len() > 4 { format!(" and {} more", missing.len() - 4) } else { String::new() };
        let list = missing[..missing.len().min(4)].join(", ");
        let message = format!("no token is the single byte {list}{more}, so not every text can be written");
        report(BYTES, places.1, message, "add the single bytes as tokens");
    }
    faults.len() == before
}
