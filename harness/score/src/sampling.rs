//! Sampling: the same seed gives the same text on every machine, because the weights are integers.

use crate::Fault;
use crate::scoring::best;
use golf_core::logit::exp2_fraction;
use golf_task::Draw;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;

/// Chooses tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    temperature: f64,
    top_k: usize,
    draw: Draw,
    tokens: Vec<u32>,
}

impl Sampler {
    /// At temperature 0 it always takes the likeliest token, at 1 it samples from the model's own probabilities; of `top_k` likeliest tokens only, or
    /// of all if that is zero.
    ///
    /// # Errors
    /// If the temperature isn't from 0 to 100.
    pub fn new(temperature: f64, top_k: usize, seed: u64) -> Result<Self, Fault> {
        if !(0.0..=100.0).contains(&temperature) {
            return Err(Fault::usage("the temperature must be from 0 to 100"));
        }
        let draw = Draw::new(Sha256::digest(seed.to_le_bytes()).into());
        Ok(Sampler { temperature, top_k, draw, tokens: vec![] })
    }

    /// The next token.
    pub fn choose(&mut self, logits: &[i32]) -> u32 {
        let top = best(logits);
        if self.temperature == 0.0 || self.top_k == 1 {
            return top;
        }
        let largest = i64::from(logits[top as usize]);
        // Only operations that IEEE 754 defines to the bit.
        let weight = |&token: &u32| weight((largest - i64::from(logits[token as usize])) as f64 / self.temperature);
        self.tokens.clear();
        self.tokens.extend(0..logits.len() as u32);
        if (1..logits.len()).contains(&self.top_k) {
            self.tokens.select_nth_unstable_by_key(self.top_k - 1, |&token| (Reverse(logits[token as usize]), token));
            self.tokens.truncate(self.top_k);
            self.tokens.sort_unstable();
        }
        let total: u64 = self.tokens.iter().map(weight).sum();
        let mut rest = ((u128::from(self.draw.bits()) * u128::from(total)) >> 64) as u64;
        let chosen = self.tokens.iter().find(|token| {
            let weight = weight(token);
            let is_here = rest < weight;
            rest = rest.saturating_sub(weight);
            is_here
        });
        chosen.copied().unwrap_or(top)
    }
}

/// `2^(-d / 65,536)` in Q31; zero from 32 bits on.
fn weight(d: f64) -> u64 {
    if d < f64::from(32 << 16) {
        let d = d as u32;
        u64::from(exp2_fraction(d & 0xffff) >> (d >> 16))
    } else {
        0
    }
}

/// The text of `bytes` up to a character that isn't complete yet, and how many bytes that is. An entry can't steer the terminal: what isn't UTF-8, and
/// control characters other than line feeds and tabs, become replacement characters.
pub fn printable(bytes: &[u8]) -> (String, usize) {
    let (mut text, mut length) = (String::new(), 0);
    for chunk in bytes.utf8_chunks() {
        let keep = |c: char| if c == '\n' || c == '\t' || !c.is_control() { c } else { char::REPLACEMENT_CHARACTER };
        text.extend(chunk.valid().chars().map(keep));
        length += chunk.valid().len();
        let end = length + chunk.invalid().len();
        let unfinished = std::str::from_utf8(&bytes[length..])
            .is_err_and(|fault| fault.error_len().is_none() && fault.valid_up_to() == 0);
        if unfinished || chunk.invalid().is_empty() {
            break;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        length = end;
    }
    (text, length)
}

#[cfg(test)]
mod tests {
    use super::{Sampler, printable, weight};

    #[test]
    fn only_whole_characters_are_shown_and_none_steers_the_terminal() {
        assert_eq!(printable("naïve\n".as_bytes()), ("naïve\n".into(), 7));
        assert_eq!(printable(b"na\xc3"), ("na".into(), 2));
        assert_eq!(printable(b"\xc3"), (String::new(), 0));
        assert_eq!(printable(b"a\xffb\x1b[0m"), ("a\u{fffd}b\u{fffd}[0m".into(), 7));
        assert_eq!(printable(b""), (String::new(), 0));
    }

    /// Of one draw of three tokens after another, how often each came.
    fn counts(temperature: f64, top_k: usize) -> [u32; 3] {
        let mut sampler = Sampler::new(temperature, top_k, 7).unwrap();
        let mut counts = [0; 3];
        (0..7_000).for_each(|_| counts[sampler.choose(&[0, 2 << 16, 1 << 16]) as usize] += 1);
        counts
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let is_near = |counts: [u32; 3], shares: [f64; 3]| {
            counts.iter().zip(shares).all(|(&count, share)| (f64::from(count) / 7_000.0 - share).abs() < 0.02)
        };
        assert!(is_near(counts(1.0, 0), [1.0 / 7.0, 4.0 / 7.0, 2.0 / 7.0]), "{:?}", counts(1.0, 0));
        assert!(is_near(counts(1.0, 2), [0.0, 2.0 / 3.0, 1.0 / 3.0]), "{:?}", counts(1.0, 2));
        assert!(is_near(counts(0.5, 0), [1.0 / 21.0, 16.0 / 21.0, 4.0 / 21.0]), "{:?}", counts(0.5, 0));
        assert_eq!(counts(0.0, 0), [0, 7_000, 0]);
        assert_eq!(counts(9.0, 1), [0, 7_000, 0]);
    }

    #[test]
    fn the_least_likely_weigh_nothing_and_extremes_are_no_panic() {
        assert_eq!((weight(0.0), weight(65_536.0), weight(f64::INFINITY)), (1 << 31, 1 << 30, 0));
        let mut sampler = Sampler::new(f64::MIN_POSITIVE, 0, 0).unwrap();
        assert_eq!(sampler.choose(&[i32::MIN, i32::MAX]), 1);
        assert!(Sampler::new(f64::NAN, 0, 0).is_err() && Sampler::new(-1.0, 0, 0).is_err());
    }
}
