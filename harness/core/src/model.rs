//! What a language model is to the harness.

use crate::Vocabulary;
use crate::logit::{self, Cost};

/// A causal predictor over a vocabulary of byte strings.
///
/// The harness drives it through a [`Session`](crate::Session): [`reset`](Self::reset) at each document, then for every
/// token [`predict`](Self::predict) and, after the cost of the token has been taken, [`observe`](Self::observe). A model
/// is never shown a token before it is paid for, so it may learn from all that it has observed in the document.
pub trait LanguageModel {
    /// The tokens that the model predicts over.
    fn vocabulary(&self) -> Vocabulary<'_>;

    /// Forgets everything observed: the next prediction is for the first token of a document.
    fn reset(&mut self);

    /// Writes one logit per token of the vocabulary (base 2, Q16: 65,536 is one bit) for what comes next. Called twice in
    /// a row, it must give the same answer.
    fn predict(&mut self, logits: &mut [i32]);

    /// Tells the model which token came; `token` is below the vocabulary's length. Not every one needs a prediction before it: the given
    /// part of a question is observed only.
    fn observe(&mut self, token: u32);
}

impl<M: LanguageModel + ?Sized> LanguageModel for &mut M {
    fn vocabulary(&self) -> Vocabulary<'_> {
        (**self).vocabulary()
    }
    fn reset(&mut self) {
        (**self).reset();
    }
    fn predict(&mut self, logits: &mut [i32]) {
        (**self).predict(logits);
    }
    fn observe(&mut self, token: u32) {
        (**self).observe(token);
    }
}

/// A model of the harness's own that can take a document at once, which is faster.
///
/// It is shown the tokens before it has predicted them, so only engines that are part of the harness may implement it, and
/// each has a test that both ways give the same logits, bit for bit.
pub trait WholeDocument: LanguageModel {
    /// Resets, then calls `each(i, logits)` for `i` in `from..tokens.len()` in order, with the logits that
    /// [`predict`](LanguageModel::predict) would give after observing `tokens[..i]`. Afterwards everything but the last
    /// token may or may not have been observed: the next call must be a reset.
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32]));

    /// The costs of `tokens[from..]` in order. An engine may take them where its vectors are, by [`logit::Normalizer`] compiled for
    /// them; what they are is not up to it.
    fn document_costs(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(Cost)) {
        self.predict_document(tokens, from, &mut |index, logits| each(logit::cost(logits, tokens[index])));
    }
}
