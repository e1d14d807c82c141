//! The engine: a team of threads, and the memory that they work in.
#![allow(unsafe_code)]

use super::attention;
use super::pass::{Commons, Job, Lane, Pass, Split};
use super::plan::Plan;
use super::shared::{Shared, share};
use super::team::Team;
use crate::image::Image;
use alloc::vec;
use alloc::vec::Vec;
use golf_core::{Cost, LanguageModel, Vocabulary, WholeDocument};

/// Runs an image with the help of its plan.
#[derive(Debug)]
pub struct Engine<'a> {
    image: Image<'a>,
    plan: &'a Plan,
    /// Tokens that a thread takes at once.
    batch: usize,
    team: Team,
    /// One for each thread.
    lanes: Shared<Lane>,
    commons: Commons,
    /// Slots of a cache.
    capacity: usize,
    /// Tokens taken in since the reset, the start token included.
    position: usize,
    /// The tokens whose keys and values were written last, from the start token on, and one more than the highest position that was written since the first of them:
    /// the caches hold as many before it as they have slots.
    held: Vec<u32>,
    written: usize,
    /// Residual stream after the last of them, `[d]`: the prediction is for what follows it.
    latest: Vec<i32>,
}

impl<'a> Engine<'a> {
    /// An engine on one thread, at the start of a document, that takes up to `batch` tokens at once.
    ///
    /// # Panics
    /// If `batch` is zero or the plan was made from an image of another shape.
    pub fn new(image: Image<'a>, plan: &'a Plan, batch: usize) -> Self {
        Engine::with_threads(image, plan, batch, 1)
    }

    /// An engine whose threads share each document: the tokens of a batch, up to `batch` for each thread, or the rows of the matrices when there is
    /// one token. What it predicts doesn't depend on their number.
    ///
    /// # Panics
    /// If `batch` or `threads` is zero, the plan was made from an image of another shape, or the system has no more threads to give.
    pub fn with_threads(image: Image<'a>, plan: &'a Plan, batch: usize, threads: usize) -> Self {
        assert!(batch > 0 && threads > 0, "a batch has at least one token, and a team one thread");
        let shape = *image.shape();
        assert_eq!((plan.blocks.len(), plan.embedding.rows), (shape.blocks, shape.rows), "the plan is the image's");
        let capacity = attention::capacity(shape.window, batch * threads);
        let mut engine = Engine {
            image,
            plan,
            batch,
            team: Team::new(threads),
            lanes: Shared::new((0..threads).map(|_| Lane::new(&image, plan, batch, capacity))),
            commons: Commons::new(&image, plan, batch, threads, capacity),
            capacity,
            position: 0,
            held: vec![],
            written: 0,
            latest: vec![0; shape.dim],
        };
        engine.reset();
        engine
    }

    /// The image that it runs.
    pub fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// Does a job on all threads.
    fn run(&mut self, job: Job<'_>) {
        let split = if self.is_one_token(job.count()) { Split::Rows } else { Split::Tokens };
        let (image, plan, lanes, commons) = (&self.image, self.plan, &self.lanes, &self.commons);
        let position = self.position;
        self.team.run(&|member| {
            // SAFETY: each thread of the team has its own lane.
            let lane = unsafe { &mut lanes.part_mut(member.rank..member.rank + 1)[0] };
            Pass { image, plan, commons, lane, member, split, job, position }.run();
        });
    }

    /// Whether the threads share one token, rather than having tokens of their own.
    fn is_one_token(&self, count: usize) -> bool {
        count == 1 && self.team.threads() > 1
    }

    /// The lane of a batch's token, and its row there.
    fn place(&self, count: usize, token: usize) -> (usize, usize) {
        if self.is_one_token(count) {
            return (0, 0);
        }
        let threads = self.team.threads();
        let mut shares = (0..threads).map(|rank| share(count, rank, threads)).enumerate();
        let (rank, tokens) = shares.find(|(_, tokens)| tokens.contains(&token)).expect("one of the batch");
        (rank, token - tokens.start)
    }

    /// Takes in up to a batch of tokens.
    fn take(&mut self, tokens: &[u32], wanted: usize, targets: &[u32]) {
        self.run(Job::Tokens { tokens, wanted, targets });
        self.position += tokens.len();
        let (lane, row) = self.place(tokens.len(), tokens.len() - 1);
        let dim = self.latest.len();
        self.latest.copy_from_slice(&self.lanes.all()[lane].stream[row * dim..][..dim]);
    }

    /// The logits after a batch's token, and its cost if it had a target.
    fn found(&mut self, count: usize, token: usize) -> (&[i32], Cost) {
        let vocabulary = self.image.shape().tokens;
        let shared = self.is_one_token(count);
        let (lane, row) = self.place(count, token);
        let lane = &self.lanes.all()[lane];
        let logits = if shared { self.commons.logits.all() } else { &lane.logits[row * vocabulary..] };
        (&logits[..vocabulary], lane.costs[row])
    }

    /// Calls `each` with a token's place, the logits for it, and, if they are wanted, its cost. It begins where the document parts from the last one, as
    /// the options of an item do after their context.
    fn document(&mut self, tokens: &[u32], from: usize, costs: bool, mut each: impl FnMut(usize, &[i32], Cost)) {
        let most = self.batch * self.team.threads();
        // What comes before token i: the start token, or token i - 1.
        let mut before: Vec<u32> = [self.image.shape().start].into_iter().chain(tokens.iter().copied()).collect();
        before.truncate(tokens.len());
        let shared = before.iter().zip(&self.held).take_while(|(token, held)| token == held).count();
        // The last token of all is taken in again, since the prediction is for what follows it.
        let parting = shared.min(from).min(tokens.len().saturating_sub(1));
        // Later tokens have taken the place of those before this one.
        let oldest = self.written.saturating_sub(self.capacity);
        let begin = if (parting + 1).saturating_sub(self.image.shape().window) < oldest { 0 } else { parting };
        self.position = begin;
        self.written = if begin == 0 { before.len() } else { self.written.max(before.len()) };
        self.held.clear();
        for first in (begin..tokens.len()).step_by(most) {
            let end = tokens.len().min(first + most);
            let wanted = from.clamp(first, end) - first;
            self.take(&before[first..end], wanted, if costs { &tokens[first..end] } else { &[] });
            for token in wanted..end - first {
                let (logits, cost) = self.found(end - first, token);
                each(first + token, logits, cost);
            }
        }
        self.held = before;
    }
}

impl LanguageModel for Engine<'_> {
    fn vocabulary(&self) -> Vocabulary<'_> {
        self.image.vocabulary()
    }

    fn reset(&mut self) {
        self.position = 0;
        self.observe(self.image.shape().start);
    }

    fn predict(&mut self, logits: &mut [i32]) {
        let stream = core::mem::take(&mut self.latest);
        self.run(Job::Logits { stream: &stream });
        self.latest = stream;
        logits.copy_from_slice(self.found(1, 0).0);
    }

    fn observe(&mut self, token: u32) {
        self.held.truncate(self.position);
        self.written = self.written.max(self.position + 1);
        self.take(&[token], 1, &[]);
    }
}

impl WholeDocument for Engine<'_> {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        self.document(tokens, from, false, |index, logits, _| each(index, logits));
    }

    fn document_costs(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(Cost)) {
        self.document(tokens, from, true, |_, _, cost| each(cost));
    }
}
