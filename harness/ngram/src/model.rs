//! The model.

use crate::grams::{Grams, MOST_ORDERS};
use crate::kinds::Met;
use crate::mixing::Mixing;
use crate::past::Past;
use crate::softmax::{HIGHEST, Shares, power};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use golf_core::{LanguageModel, Vocabulary, WholeDocument};

/// Differences by which a weight moves are no larger, in 2^-16 bits: steps in proportion to inputs of thirty bits would overshoot, and go on to.
const LARGEST_ERROR: i64 = 4 << 16;

/// No logit is further from 0, in 2^-16 bits, so that sums stay within 32 bits.
const FURTHEST: i64 = 1 << 28;

/// Stored n-grams, the document's own, and another model, mixed.
pub struct Ngram<'a> {
    grams: &'a Grams,
    vocabulary: Vocabulary<'a>,
    start: u32,
    initial: &'a Mixing,
    mixing: Mixing,
    /// Whether the mixing learns and the document's n-grams are counted.
    adapts: bool,
    other: Option<Box<dyn WholeDocument + 'a>>,
    blends: bool,
    past: Past,
    unigrams: Vec<i32>,
    /// The longest stored n-gram that ends the text, its end, and so on down to nothing; the first `matched` count.
    histories: [u32; MOST_ORDERS],
    matched: usize,
    /// What the other model says.
    theirs: Vec<i32>,
    prediction: Prediction,
    ready: bool,
}

/// What was predicted, and all that is needed to learn from what comes.
struct Prediction {
    logits: Vec<i32>,
    /// `2^(logit - largest of the first inputs)`, Q20.
    powers: Vec<u32>,
    sum: u64,
    /// Words that the document has brought, each with the kind of its n-gram.
    met: Vec<(u16, u16)>,
    /// By token: whether it is in `met`.
    lifted: Vec<bool>,
}

impl<'a> Ngram<'a> {
    /// A model at the start of a document, alone or with another one over the same vocabulary. It adapts to the document with histories of up to
    /// `length` tokens, six at most, and doesn't adapt at all without a `length`.
    ///
    /// # Panics
    /// If the vocabularies don't have as many tokens as there are unigrams, or `start` is none of them.
    pub fn new(
        grams: &'a Grams,
        vocabulary: Vocabulary<'a>,
        start: u32,
        mixing: &'a Mixing,
        length: Option<usize>,
        other: Option<Box<dyn WholeDocument + 'a>>,
    ) -> Self {
        let tokens = grams.vocabulary();
        assert_eq!(vocabulary.len(), tokens, "one unigram for each token");
        assert!(other.as_ref().is_none_or(|other| other.vocabulary().len() == tokens), "both have the same tokens");
        assert!((start as usize) < tokens, "the start is a token");
        let prediction = Prediction {
            logits: vec![0; tokens],
            powers: vec![0; tokens],
            sum: 0,
            met: Vec::new(),
            lifted: vec![false; tokens],
        };
        let mut model = Ngram {
            grams,
            vocabulary,
            start,
            initial: mixing,
            mixing: mixing.clone(),
            adapts: length.is_some(),
            blends: other.is_some(),
            other,
            past: Past::new(tokens, length.unwrap_or(0)),
            unigrams: grams.unigram_logits().collect(),
            histories: [0; MOST_ORDERS],
            matched: 0,
            theirs: vec![0; tokens],
            prediction,
            ready: false,
        };
        model.begin();
        model
    }

    /// What the inputs weigh by now.
    pub fn mixing(&self) -> &Mixing {
        &self.mixing
    }

    /// Takes a document as training: what the inputs weigh is learnt on from `mixing`, and kept.
    pub fn train(&mut self, mixing: &Mixing, tokens: &[u32], each: &mut dyn FnMut(usize, &[i32])) {
        self.run(Some(mixing), tokens, 0, each);
    }

    /// Forgets the document, but not the other model's.
    fn begin(&mut self) {
        self.mixing.copy_from(self.initial);
        self.past.reset();
        self.matched = 0;
        self.follow(self.start);
        self.ready = false;
    }

    fn run(&mut self, mixing: Option<&Mixing>, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        self.begin();
        if let Some(mixing) = mixing {
            self.mixing.copy_from(mixing);
        }
        let mut take = |model: &mut Self, index: usize| {
            model.mix();
            if index >= from {
                each(index, &model.prediction.logits);
            }
            model.take(tokens[index]);
        };
        match self.other.take() {
            Some(mut other) => {
                other.predict_document(tokens, 0, &mut |index, logits| {
                    self.theirs.copy_from_slice(logits);
                    take(self, index);
                });
                self.other = Some(other);
            }
            None => (0..tokens.len()).for_each(|index| take(self, index)),
        }
    }

    /// Makes the prediction, if there is none yet.
    fn prepare(&mut self) {
        if !self.ready {
            if let Some(other) = &mut self.other {
                other.predict(&mut self.theirs);
            }
            self.mix();
        }
    }

    fn mix(&mut self) {
        let weights = self.mixing.inputs(self.matched);
        let Prediction { logits, powers, sum, met, lifted } = &mut self.prediction;
        let weighed = |number: i32, weight: i32| i64::from(number) * i64::from(weight);
        let bounded = |logit: i64| logit.clamp(-FURTHEST, FURTHEST) as i32;
        if self.blends {
            for ((logit, &theirs), &ours) in logits.iter_mut().zip(&self.theirs).zip(&self.unigrams) {
                *logit = bounded((weighed(theirs, weights[0]) + weighed(ours, weights[1])) >> 16);
            }
        } else {
            for (logit, &ours) in logits.iter_mut().zip(&self.unigrams) {
                *logit = (weighed(ours, weights[1]) >> 16) as i32;
            }
        }
        for (length, &history) in (1..).zip(&self.histories[..self.matched]) {
            for (token, boost) in self.grams.following(length, history) {
                logits[usize::from(token)] += (weighed(boost, weights[length + 1]) >> 16) as i32;
            }
        }
        let largest = logits.iter().fold(i32::MIN, |largest, &logit| largest.max(logit));
        for (power_, &logit) in powers.iter_mut().zip(logits.iter()) {
            *power_ = power(logit - largest);
        }
        *sum = powers.iter().map(|&power| u64::from(power)).sum();
        self.ready = true;
        met.clear();
        if !self.adapts {
            return;
        }
        let shares = Shares::new(*sum);
        for (length, history) in self.past.histories().enumerate().rev() {
            for (token, count) in self.past.words(history) {
                let index = usize::from(token);
                let shadowed = core::mem::replace(&mut lifted[index], true);
                let share = shares.of(powers[index]);
                let (total, distinct) = (history.total, history.distinct);
                let kind = Met { length, shadowed, count, total, distinct, share }.kind();
                logits[index] += self.mixing.lift(kind);
                met.push((token, kind as u16));
            }
        }
        for &(token, _) in met.iter() {
            let index = usize::from(token);
            if core::mem::take(&mut lifted[index]) {
                logits[index] = logits[index].min(largest + (HIGHEST << 16));
                let power = power(logits[index] - largest);
                *sum = *sum + u64::from(power) - u64::from(powers[index]);
                powers[index] = power;
            }
        }
    }

    /// Learns from the token that came, and moves on.
    fn take(&mut self, token: u32) {
        if self.adapts {
            self.learn(token as usize);
            self.past.push(token);
        }
        self.follow(token);
        self.ready = false;
    }

    /// The gradient of a token's cost: each input's value for it, less the mean of the prediction.
    fn learn(&mut self, came: usize) {
        let Prediction { powers, sum, met, .. } = &self.prediction;
        let shares = Shares::new(*sum);
        let (mut theirs, mut ours) = (0i64, 0i64);
        for ((&power, &their), &our) in powers.iter().zip(&self.theirs).zip(&self.unigrams) {
            let share = shares.of(power);
            theirs += share * i64::from(their);
            ours += share * i64::from(our);
        }
        let (matched, [input_rate, lift_rate]) = (self.matched, self.mixing.rates());
        let learn = |mixing: &mut Mixing, input, value: i32, mean: i64| {
            let error = (i64::from(value) - (mean >> 24)).clamp(-LARGEST_ERROR, LARGEST_ERROR);
            mixing.move_input(matched, input, (error * input_rate) >> 23);
        };
        if self.blends {
            learn(&mut self.mixing, 0, self.theirs[came], theirs);
        }
        learn(&mut self.mixing, 1, self.unigrams[came], ours);
        for (length, &history) in (1..).zip(&self.histories[..matched]) {
            let (mut value, mut mean) = (0, 0i64);
            for (token, boost) in self.grams.following(length, history) {
                let token = usize::from(token);
                mean += shares.of(powers[token]) * i64::from(boost);
                if token == came {
                    value = boost;
                }
            }
            learn(&mut self.mixing, length + 1, value, mean);
        }
        for &(token, kind) in met {
            let (token, kind) = (usize::from(token), usize::from(kind));
            let error = (i64::from(token == came) << 24) - shares.of(powers[token]);
            self.mixing.move_lift(kind, (error * lift_rate) >> 28);
        }
    }

    /// The stored n-grams that end in the token that came.
    fn follow(&mut self, token: u32) {
        let (before, known) = (self.histories, self.matched);
        self.histories[0] = token;
        self.matched = usize::from(self.grams.is_followed(1, token));
        for (length, &history) in (1..).zip(&before[..known]) {
            match self.grams.child(length, history, token) {
                Some(found) if self.matched == length && self.grams.is_followed(length + 1, found) => {
                    self.histories[length] = found;
                    self.matched += 1;
                }
                _ => break,
            }
        }
    }
}

impl LanguageModel for Ngram<'_> {
    fn vocabulary(&self) -> Vocabulary<'_> {
        self.vocabulary
    }

    fn reset(&mut self) {
        self.begin();
        if let Some(other) = &mut self.other {
            other.reset();
        }
    }

    fn predict(&mut self, logits: &mut [i32]) {
        self.prepare();
        logits.copy_from_slice(&self.prediction.logits);
    }

    fn observe(&mut self, token: u32) {
        if self.adapts {
            self.prepare();
        }
        self.take(token);
        if let Some(other) = &mut self.other {
            other.observe(token);
        }
    }
}

impl WholeDocument for Ngram<'_> {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        self.run(None, tokens, from, each);
    }
}
