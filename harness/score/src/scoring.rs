//! Scoring items: the harness cuts the text, adds up the costs and picks the options.

use crate::Fault;
use crate::model::{Loaded, Running};
use golf_core::{Cost, LanguageModel, Session, logit, probe};
use golf_record::submission::hex;
use golf_record::{ItemScore, Outcome, Probe};
use golf_task::{Content, Item};
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Something that models can be started from.
pub trait Start: Sync {
    /// Starts a model on some threads and lends it to `run`.
    ///
    /// # Errors
    /// If the model can't be started, or what `run` says.
    fn start_on(&self, threads: usize, run: &mut dyn FnMut(Running<'_>) -> Result<(), Fault>) -> Result<(), Fault>;
}

impl Start for Loaded {
    fn start_on(&self, threads: usize, run: &mut dyn FnMut(Running<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        self.start_on(threads, run)?
    }
}

/// Scores items on `threads` threads, each with a model of its own, or a few items with one model on all threads; the result doesn't depend on their
/// number. `done` is called after each item.
///
/// # Errors
/// If the model can't be started, cuts text in a way that loses some of it, or remembers documents.
pub fn score_items(
    source: &dyn Start,
    items: &[Item],
    threads: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<ItemScore>, Fault> {
    in_parallel(source, items, threads, |scorer, item| scorer.item(item), done)
}

/// What `score` makes of items on `threads` threads, each with a model of its own, in the items' order. `done` is called after each.
/// Each model sees its first item again after its last, which gives away one that remembers documents.
///
/// # Errors
/// If the model can't be started, or the first error of `score`.
pub fn in_parallel<T: Sync, R: Clone + PartialEq + Send>(
    source: &dyn Start,
    items: &[T],
    threads: usize,
    score: impl Fn(&mut Scorer<'_, '_>, &T) -> Result<R, Fault> + Sync,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<R>, Fault> {
    let next = AtomicUsize::new(0);
    let scored: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let models = if items.len() < threads { 1 } else { threads.max(1) };
    let work = || {
        source.start_on(threads / models, &mut |mut model| {
            let mut scorer = Scorer::new(&mut model);
            let mut first = None;
            let mut count = 0;
            while let Some((index, item)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?)))
            {
                let result = score(&mut scorer, item)?;
                count += 1;
                if count == 1 {
                    first = Some((item, result.clone()));
                }
                scored.lock().expect("no thread panics while it holds the lock")[index] = Some(result);
                done();
            }
            match first {
                Some((item, result)) if count > 1 && score(&mut scorer, item)? != result => Err(Fault::entry(
                    "a document costs something else after others: the model remembers them, and `reset` has to make it forget",
                )),
                _ => Ok(()),
            }
        })
    };
    if models == 1 {
        work()?;
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..models).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
    }
    let scored = scored.into_inner().expect("all threads have ended");
    Ok(scored.into_iter().map(|score| score.expect("every item was taken by a thread")).collect())
}

/// The exact cost of a text, seen as one document, and the tokens that it was cut into.
///
/// # Errors
/// If the text can't be cut without loss.
pub fn score_text(model: &mut Running<'_>, text: &[u8]) -> Result<(Cost, u64), Fault> {
    let mut scorer = Scorer::new(model);
    let tokens = scorer.cut(text)?;
    Ok((scorer.cost(&tokens, 0), tokens.len() as u64))
}

/// The digest of the logits for the first tokens of the probe's text, `most` at most.
///
/// # Errors
/// If the text can't be cut without loss.
pub fn probe(model: &mut Running<'_>, most: usize) -> Result<Probe, Fault> {
    let mut scorer = Scorer::new(model);
    let mut tokens = scorer.cut(probe::TEXT)?;
    tokens.truncate(most);
    let mut hash = Sha256::new();
    let mut session = Session::begin(scorer.model.model(), &mut scorer.logits);
    for &token in &tokens {
        session.predict().iter().for_each(|logit| hash.update(logit.to_le_bytes()));
        session.skip(token);
    }
    Ok(Probe { tokens: tokens.len() as u32, sha256: hex(&hash.finalize()) })
}

/// Cuts a text into a model's tokens.
///
/// # Errors
/// If they don't spell it.
pub fn cut(model: &dyn LanguageModel, text: &[u8]) -> Result<Vec<u32>, Fault> {
    let vocabulary = model.vocabulary();
    let mut tokens = Vec::with_capacity(text.len() / 2);
    vocabulary.encode(text, &mut |token| tokens.push(token));
    if vocabulary.spells(&tokens, text) { Ok(tokens) } else { Err(Fault::entry("its tokens don't spell the text")) }
}

/// A running model that texts are put to.
pub struct Scorer<'a, 'm> {
    model: &'a mut Running<'m>,
    logits: Vec<i32>,
}

impl<'a, 'm> Scorer<'a, 'm> {
    fn new(model: &'a mut Running<'m>) -> Self {
        let logits = vec![0; model.model().vocabulary().len()];
        Scorer { model, logits }
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// If they don't spell it.
    pub fn cut(&mut self, text: &[u8]) -> Result<Vec<u32>, Fault> {
        cut(self.model.model(), text)
    }

    /// Of `tokens[from..]`.
    pub fn cost(&mut self, tokens: &[u32], from: usize) -> Cost {
        self.model.cost(&mut self.logits, tokens, from)
    }

    /// Likewise, and whether each of them is the likeliest.
    pub fn cost_and_likeliest(&mut self, tokens: &[u32], from: usize) -> (Cost, bool) {
        let (mut total, mut likeliest) = (Cost(0), true);
        self.model.predict(&mut self.logits, tokens, from, &mut |index, logits| {
            total += logit::cost(logits, tokens[index]);
            likeliest &= best(logits) == tokens[index];
        });
        (total, likeliest)
    }

    /// The cost of each option after a context, in 2^-16 bits.
    ///
    /// # Errors
    /// If a text can't be cut without loss.
    pub fn costs_of_options(&mut self, context: &[u8], options: &[Vec<u8>]) -> Result<Vec<u64>, Fault> {
        let context = self.cut(context)?;
        let mut costs = Vec::with_capacity(options.len());
        for option in options {
            let mut tokens = context.clone();
            tokens.extend(self.cut(option)?);
            costs.push(self.cost(&tokens, context.len()).0);
        }
        Ok(costs)
    }

    fn item(&mut self, item: &Item) -> Result<ItemScore, Fault> {
        let outcome = match &item.content {
            Content::Document { text, ideal } => {
                let tokens = self.cut(text)?;
                let cost = self.cost(&tokens, 0).0;
                let ideal = ideal.map(|cost| cost.0);
                Outcome::Document { bytes: text.len() as u64, tokens: tokens.len() as u64, cost, ideal }
            }
            Content::Choice { context, options, answer } => self.choose(context, options, *answer)?,
            Content::Generate { prompt, answer } => {
                let output = self.generate(prompt, answer.len() + 16)?;
                Outcome::Generate { right: output == *answer, output: String::from_utf8_lossy(&output).into_owned() }
            }
        };
        Ok(ItemScore { id: item.id.clone(), group: item.group.clone(), fresh: item.fresh, outcome })
    }

    fn choose(&mut self, context: &[u8], options: &[Vec<u8>], answer: usize) -> Result<Outcome, Fault> {
        let costs = self.costs_of_options(context, options)?;
        let (picked, picked_per_byte) = picks(&costs, &options.iter().map(Vec::len).collect::<Vec<_>>());
        Ok(Outcome::Choice { answer, picked, picked_per_byte, costs })
    }

    /// Greedy continuation up to a line feed or `limit` bytes.
    fn generate(&mut self, prompt: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let prompt = self.cut(prompt)?;
        let mut session = Session::begin(self.model.model(), &mut self.logits);
        prompt.iter().for_each(|&token| session.skip(token));
        let mut output = vec![];
        while output.len() < limit {
            let token = best(session.predict());
            let bytes = session.token(token);
            let end = bytes.iter().position(|&byte| byte == b'\n');
            output.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
            if end.is_some() {
                break;
            }
            session.skip(token);
        }
        Ok(output)
    }
}

/// The options that cost least in all and by the byte, of at least two.
pub fn picks(costs: &[u64], lengths: &[usize]) -> (usize, usize) {
    let indices = 0..costs.len();
    // The first of equals: where the answer stands is up to the task, not to the model.
    let picked = indices.clone().min_by_key(|&index| costs[index]).expect("at least two options");
    let per_byte = |a: &usize, b: &usize| {
        let product = |x: usize, y: usize| u128::from(costs[x]) * lengths[y] as u128;
        product(*a, *b).cmp(&product(*b, *a))
    };
    (picked, indices.min_by(per_byte).expect("at least two options"))
}

/// The likeliest token, the first of equals.
pub fn best(logits: &[i32]) -> u32 {
    let most = logits.iter().max().expect("a vocabulary has at least 256 tokens");
    logits.iter().position(|logit| logit == most).expect("the largest is one of them") as u32
}
