//! The one way in which text is scored.

use crate::logit::{self, Cost};
use crate::{LanguageModel, WholeDocument};

/// One pass over one document: the only thing that shows tokens to a model.
///
/// Beginning a session resets the model; each [`step`](Self::step) asks for a prediction, takes the cost of the token that came, and only then
/// tells the model. While the session lives it holds the model exclusively, so nothing can be predicted again with
/// knowledge of what followed:
///
/// ```compile_fail
/// # use golf_core::{Session, Uniform, LanguageModel};
/// let (mut model, mut logits) = (Uniform, [0; 256]);
/// let mut session = Session::begin(&mut model, &mut logits);
/// model.observe(65); // the session holds the model
/// session.step(65);
/// ```
pub struct Session<'a, M: LanguageModel + ?Sized> {
    model: &'a mut M,
    logits: &'a mut [i32],
}

impl<'a, M: LanguageModel + ?Sized> Session<'a, M> {
    /// Starts a document. `logits` is scratch space, one element per token of the vocabulary.
    ///
    /// # Panics
    /// If `logits` has another length than the vocabulary.
    pub fn begin(model: &'a mut M, logits: &'a mut [i32]) -> Self {
        assert_eq!(logits.len(), model.vocabulary().len(), "one logit per token of the vocabulary");
        model.reset();
        Session { model, logits }
    }

    /// The logits for what comes next.
    pub fn predict(&mut self) -> &[i32] {
        self.model.predict(self.logits);
        self.logits
    }

    /// Predicts, takes the cost of `token`, then shows it to the model.
    ///
    /// # Panics
    /// If `token` is not in the vocabulary.
    pub fn step(&mut self, token: u32) -> Cost {
        self.model.predict(self.logits);
        let cost = logit::cost(self.logits, token);
        self.model.observe(token);
        cost
    }

    /// The bytes of a token.
    ///
    /// # Panics
    /// If `token` is not in the vocabulary.
    pub fn token(&self, token: u32) -> &[u8] {
        self.model.vocabulary().token(token)
    }

    /// Shows `token` to the model without taking a cost: for the given part of an item, whose costs nobody asks for.
    pub fn skip(&mut self, token: u32) {
        self.model.observe(token);
    }
}

/// The costs of `tokens[from..]`, one call of `each` per token in order, seen as one document.
pub fn costs<M: LanguageModel + ?Sized>(
    model: &mut M,
    logits: &mut [i32],
    tokens: &[u32],
    from: usize,
    each: &mut dyn FnMut(Cost),
) {
    let mut session = Session::begin(model, logits);
    for &token in &tokens[..from] {
        session.skip(token);
    }
    for &token in &tokens[from..] {
        each(session.step(token));
    }
}

/// The same as [`costs`], the fast way.
pub fn costs_of_document<M: WholeDocument + ?Sized>(
    model: &mut M,
    tokens: &[u32],
    from: usize,
    each: &mut dyn FnMut(Cost),
) {
    model.document_costs(tokens, from, each);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{Uniform, Vocabulary};
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    /// Predicts what it has observed most often, over bytes: adaptive, so that leaks of later tokens would show.
    struct Counting([i32; 256]);

    impl LanguageModel for Counting {
        fn vocabulary(&self) -> Vocabulary<'_> {
            Vocabulary::bytes()
        }
        fn reset(&mut self) {
            self.0 = [0; 256];
        }
        fn predict(&mut self, logits: &mut [i32]) {
            logits.copy_from_slice(&self.0);
        }
        fn observe(&mut self, token: u32) {
            self.0[token as usize] += 20_000;
        }
    }

    fn all_costs(tokens: &[u32]) -> Vec<Cost> {
        let (mut model, mut logits, mut found) = (Counting([0; 256]), [0; 256], vec![]);
        costs(&mut model, &mut logits, tokens, 0, &mut |cost| found.push(cost));
        found
    }

    #[test]
    fn uniform_costs_eight_bits_a_byte() {
        let mut logits = [1; 256];
        let mut total = Cost(0);
        costs(&mut Uniform, &mut logits, &[0, 65, 255], 0, &mut |cost| total += cost);
        assert_eq!(total, Cost(3 * 8 * 65_536));
    }

    #[test]
    fn a_prefix_that_is_given_is_observed_but_not_paid() {
        let (mut model, mut logits, mut found) = (Counting([0; 256]), [0; 256], vec![]);
        costs(&mut model, &mut logits, &[7, 7, 7], 2, &mut |cost| found.push(cost));
        assert_eq!(found, all_costs(&[7, 7, 7])[2..]);
    }

    proptest! {
        #[test]
        fn flipping_a_token_changes_no_earlier_cost(mut tokens in prop::collection::vec(0u32..256, 1..200), pick in any::<prop::sample::Index>(), to in 0u32..256) {
            let place = pick.index(tokens.len());
            let before = all_costs(&tokens);
            tokens[place] = to;
            let after = all_costs(&tokens);
            prop_assert_eq!(&before[..place], &after[..place]);
        }
    }
}
