//! Arithmetic coding with an entry's predictions: what a cost claims, in bytes.
//!
//! A range coder (Martin, Range encoding, 1979; the crate `constriction`) gives an event of frequency f out of 2^48 exactly 48 - log2(f) bits, but for
//! rounding far below a thousandth of a bit. The frequencies come from the very [costs](golf_core::logit) that are scored, by integers
//! only, so they are the same on every machine:
//!
//! - a token of cost c weighs g = 2^(62 - c), to a relative 2^-26;
//! - with V tokens and S the sum of all weights, its frequency is 1 + floor(g (2^48 - V) / S). Each is at least 1 and they sum to no more than 2^48; what is
//!   left goes to the likeliest token, so that every number decodes to a token.
//!
//! **Bound.** As 1 + floor(x) > x, a token takes at most -log2(g / S) - log2(1 - V / 2^48) bits. Scored probabilities sum to one within a relative 2^-16, so
//! that is at most c + 2.3e-5 bits, and the coder's own rounding adds at most 2^-16 / ln 2 = 2.2e-5 (its range is 2^64 or more when it is divided by 2^48).
//! A document is therefore at most one byte longer than it is scored up to 177,000 tokens, apart from the last 16 bytes, which end the stream. It is shorter
//! only where a token is scored at about 2^-48 or less: no token takes more than 48 bits, and one of cost c takes up to log2(1 + 2^(c - 48)) bits less.

use crate::Fault;
use crate::model::Running;
use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use constriction::stream::queue::{RangeDecoder, RangeEncoder};
use constriction::stream::{Decode, Encode};
use golf_core::logit::{Normalizer, exp2_fraction};
use golf_core::{LanguageModel, Session};
use std::borrow::Borrow;
use std::num::NonZeroU64;

/// Frequencies are out of two to this power.
const PRECISION: usize = 48;

/// Left ends of the tokens' intervals, and the end of the last.
struct Frequencies(Vec<u64>);

impl Frequencies {
    /// Of one prediction.
    fn of(logits: &[i32], room: &mut Frequencies) {
        let normalizer = Normalizer::new(logits);
        let ends = &mut room.0;
        ends.clear();
        ends.push(0);
        let (mut sum, mut likeliest, mut most) = (0u64, 0, 0);
        for (token, &logit) in logits.iter().enumerate() {
            let cost = normalizer.cost(logit).0;
            let weight = (u64::from(exp2_fraction(cost as u32 & 0xffff)) << 31) >> (cost >> 16).min(63);
            if weight > most {
                (likeliest, most) = (token, weight);
            }
            sum += weight;
            ends.push(weight);
        }
        let all = (1u64 << PRECISION) - logits.len() as u64;
        // The weights are at most `sum`, so their products with this are below 2^112.
        let scale = (u128::from(all) << 64) / u128::from(sum);
        let frequency = |weight: u64| 1 + ((u128::from(weight) * scale) >> 64) as u64;
        let rest = (1 << PRECISION) - ends[1..].iter().map(|&weight| frequency(weight)).sum::<u64>();
        let mut end = 0;
        for (token, place) in ends[1..].iter_mut().enumerate() {
            end += frequency(*place) + if token == likeliest { rest } else { 0 };
            *place = end;
        }
    }
}

impl EntropyModel<PRECISION> for Frequencies {
    type Symbol = u32;
    type Probability = u64;
}

impl EncoderModel<PRECISION> for Frequencies {
    fn left_cumulative_and_probability(&self, token: impl Borrow<u32>) -> Option<(u64, NonZeroU64)> {
        let token = *token.borrow() as usize;
        let (left, right) = (*self.0.get(token)?, *self.0.get(token + 1)?);
        Some((left, NonZeroU64::new(right - left)?))
    }
}

impl DecoderModel<PRECISION> for Frequencies {
    fn quantile_function(&self, quantile: u64) -> (u32, u64, NonZeroU64) {
        // The first interval that ends beyond it.
        let token = self.0[1..].partition_point(|&end| end <= quantile) as u32;
        let (left, length) = self.left_cumulative_and_probability(token).expect("the intervals cover all numbers");
        (token, left, length)
    }
}

/// A text as an entry's predictions code it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// The stream.
    pub bytes: Vec<u8>,
    /// What the text is scored at, in 2^-16 bits.
    pub cost: u64,
    /// Tokens that it was cut into.
    pub tokens: u64,
}

/// Codes a text, seen as one document.
///
/// # Errors
/// If the text can't be cut without loss.
pub fn encode(model: &mut Running<'_>, text: &[u8]) -> Result<Coded, Fault> {
    let tokens = crate::scoring::cut(model.model(), text)?;
    let mut coder = RangeEncoder::<u64, u128>::new();
    let mut frequencies = Frequencies(vec![]);
    let mut cost = 0;
    model.predictions(&tokens, &mut |index, logits| {
        cost += golf_core::logit::cost(logits, tokens[index]).0;
        Frequencies::of(logits, &mut frequencies);
        coder.encode_symbol(tokens[index], &frequencies).expect("every token has a frequency, and there is memory");
    });
    let words: Vec<u64> = coder.into();
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_be_bytes).collect();
    // What is missing at the end is read as zeros.
    bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
    Ok(Coded { bytes, cost, tokens: tokens.len() as u64 })
}

/// The first `length` bytes of the text that a stream codes; none if it isn't one of this model and length.
pub fn decode(model: &mut Running<'_>, stream: &[u8], length: usize) -> Option<Vec<u8>> {
    let word = |chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_be_bytes(word)
    };
    let words: Vec<u64> = stream.chunks(8).map(word).collect();
    let mut coder = RangeDecoder::<u64, u128, _>::from_compressed(words).expect("memory doesn't fail to be read");
    let mut frequencies = Frequencies(vec![]);
    let mut logits = vec![0; model.model().vocabulary().len()];
    let mut session = Session::begin(model.model(), &mut logits);
    let mut text = vec![];
    while text.len() < length {
        Frequencies::of(session.predict(), &mut frequencies);
        let token = coder.decode_symbol(&frequencies).ok()?;
        text.extend_from_slice(session.token(token));
        session.skip(token);
    }
    (text.len() == length).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequencies(logits: &[i32]) -> Vec<u64> {
        let mut room = Frequencies(vec![]);
        Frequencies::of(logits, &mut room);
        assert_eq!((room.0[0], *room.0.last().unwrap()), (0, 1 << PRECISION));
        room.0.windows(2).map(|ends| ends[1] - ends[0]).collect()
    }

    #[test]
    fn equal_logits_share_all_there_is() {
        assert_eq!(frequencies(&[5; 256]), [1u64 << 40; 256]);
        assert!(frequencies(&[i32::MIN; 65_536]).iter().all(|&frequency| frequency == 1 << 32));
    }

    #[test]
    fn the_least_likely_token_can_still_come() {
        let mut logits = [i32::MIN; 300];
        logits[7] = i32::MAX;
        let frequencies = frequencies(&logits);
        assert_eq!((frequencies[7], frequencies[8]), ((1 << PRECISION) - 299, 1));
    }

    #[test]
    fn a_frequency_is_what_is_scored() {
        // Costs from a fraction of a bit to over forty.
        let logits: Vec<i32> = (0..1_000).map(|token| -(token * token % 997) * 2_900).collect();
        let normalizer = Normalizer::new(&logits);
        for (token, frequency) in frequencies(&logits).into_iter().enumerate() {
            let cost = normalizer.cost(logits[token]).0 as f64 / 65_536.0;
            let coded = 48.0 - (frequency as f64).log2();
            let less = (1.0 + (cost - 48.0).exp2()).log2();
            assert!((cost - less - 2.5e-5..cost + 2.5e-5).contains(&coded), "token {token}: {coded} for {cost}");
        }
    }

    #[test]
    fn every_quantile_is_a_token() {
        let logits: Vec<i32> = (0..256).map(|token| -token * 70_000).collect();
        let mut room = Frequencies(vec![]);
        Frequencies::of(&logits, &mut room);
        for token in 0..256u32 {
            let (left, length) = room.left_cumulative_and_probability(token).unwrap();
            for quantile in [left, left + length.get() - 1] {
                assert_eq!(room.quantile_function(quantile), (token, left, length));
            }
        }
        assert!(room.left_cumulative_and_probability(256).is_none());
    }
}
