//! One thread's part of a forward pass.
//!
//! Many tokens are split among the threads, each with its tokens in a lane of its own; all they share is the cache. One token is split by the rows of the
//! matrices and by heads: each thread keeps the residual stream for itself, does the short steps again, and finds all outputs of a layer in shared
//! memory after a barrier. Layers write to two buffers in turn, so that none is written before all have passed the barrier behind its last reader.
#![allow(unsafe_code)]

mod attention;

use super::attention::{Cache, QUERIES, Query, SLOTS};
use super::inputs::{Format, Inputs};
use super::pages::Pages;
use super::plan::{BLOCK, LANES, Packed, Plan};
use super::shared::Shared;
use super::team::Member;
use crate::fixed::{Norm, rshift};
use crate::image::{Image, Part};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;
use golf_core::Cost;

/// What the threads are to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job<'a> {
    /// Take in tokens. Those from `wanted` on get their logits, and if there are targets, the costs of these.
    Tokens { tokens: &'a [u32], wanted: usize, targets: &'a [u32] },
    /// The logits for what follows the token with this residual stream.
    Logits { stream: &'a [i32] },
}

impl Job<'_> {
    /// Tokens that it is about.
    pub(super) fn count(&self) -> usize {
        match self {
            Job::Tokens { tokens, .. } => tokens.len(),
            Job::Logits { .. } => 1,
        }
    }
}

/// How threads share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Each has some of the tokens.
    Tokens,
    /// Each has some of the rows and heads of the one token.
    Rows,
}

/// What belongs to one thread.
#[derive(Debug)]
pub(super) struct Lane {
    /// Residual stream, `[batch, d]`.
    pub(super) stream: Pages<i32>,
    /// Outputs of linear layers, `[batch, wide]`.
    wide: Pages<i32>,
    /// Attention outputs, `[batch, H*e]`, or one token's MLP activations, `[f]`.
    inner: Pages<i32>,
    /// `[batch, V]`
    pub(super) logits: Pages<i32>,
    /// `[batch]`
    pub(super) costs: Vec<Cost>,
    inputs: Inputs,
    /// Sines, then cosines of a token's rotary pairs, `[batch, e]`.
    turns: Pages<i32>,
    /// A row of the embedding, or a rotated query.
    row: Pages<i8>,
    /// Queries that are put to a cache together, and their elements, four a word.
    queries: [Query; QUERIES],
    words: Pages<i32>,
    scores: Pages<[i32; 16]>,
}

impl Lane {
    pub(super) fn new(image: &Image<'_>, plan: &Plan, batch: usize, capacity: usize) -> Self {
        let shape = image.shape();
        Lane {
            stream: Pages::of(0, batch * shape.dim),
            wide: Pages::of(0, batch * wide(image)),
            inner: Pages::of(0, (batch * shape.heads * shape.head_dim).max(shape.hidden)),
            logits: Pages::of(0, batch * shape.tokens),
            costs: vec![Cost(0); batch],
            inputs: Inputs::new(plan.matrices(), batch),
            turns: Pages::of(0, batch * shape.head_dim),
            row: Pages::of(0, shape.dim.max(shape.head_dim)),
            queries: [Query::default(); QUERIES],
            words: Pages::of(0, QUERIES * shape.head_dim.div_ceil(4)),
            // With what a block of slots has more than is seen.
            scores: Pages::of([0; 16], plan.ops.queries * (capacity / LANES + SLOTS / LANES)),
        }
    }
}

/// What the threads share.
#[derive(Debug)]
pub(super) struct Commons {
    /// `[depth, G]`: between two barriers a cache is written by one thread or read by all.
    caches: Shared<Cache>,
    /// Slots of a cache's ring.
    capacity: usize,
    /// Keys, rotated and quantised, on their way into the caches, `[all tokens, G*e]`: rows are written by the thread that has the token.
    keys: Shared<i8>,
    /// Likewise the values.
    values: Shared<i8>,
    /// Outputs of one token's linear layers: of queries, keys and values and of up and gate, `[wide]`. Threads write their own rows.
    first: Shared<i32>,
    /// Those that go back to the stream, `[d]`.
    second: Shared<i32>,
    /// One token's attention outputs, `[H*e]`: threads write their own heads.
    inner: Shared<i32>,
    /// For one token, `[V]`: threads write their own rows.
    pub(super) logits: Shared<i32>,
}

impl Commons {
    pub(super) fn new(image: &Image<'_>, plan: &Plan, batch: usize, threads: usize, capacity: usize) -> Self {
        let shape = image.shape();
        let keys = shape.kv_heads * shape.head_dim;
        // One thread has no use for what several share.
        let several = |length: usize| Shared::new(vec![0; if threads > 1 { length } else { 0 }]);
        Commons {
            caches: Shared::new(vec![
                Cache::new(capacity, shape.head_dim, plan.ops.key_bias);
                shape.depth * shape.kv_heads
            ]),
            capacity,
            keys: Shared::new(vec![0; threads * batch * keys]),
            values: Shared::new(vec![0; threads * batch * keys]),
            first: several(wide(image)),
            second: several(shape.dim),
            inner: several(shape.heads * shape.head_dim),
            logits: several(shape.tokens),
        }
    }
}

/// Widest output of the linear layers that run side by side: queries, keys and values, or up and gate, or what goes back to the stream.
fn wide(image: &Image<'_>) -> usize {
    let shape = image.shape();
    let attention = (shape.heads + 2 * shape.kv_heads) * shape.head_dim;
    attention.max(shape.hidden * (1 + usize::from(shape.gated))).max(shape.dim)
}

/// A job as one thread does it.
pub(super) struct Pass<'p, 'a> {
    pub(super) image: &'p Image<'a>,
    pub(super) plan: &'p Plan,
    pub(super) commons: &'p Commons,
    pub(super) lane: &'p mut Lane,
    pub(super) member: Member<'p>,
    pub(super) split: Split,
    pub(super) job: Job<'p>,
    /// Tokens taken in before.
    pub(super) position: usize,
}

impl Pass<'_, '_> {
    pub(super) fn run(&mut self) {
        match self.job {
            Job::Tokens { tokens, wanted, targets } => {
                self.embed(tokens);
                self.turn();
                self.quantise_stream();
                let depths = self.image.shape().depth;
                for depth in 0..depths {
                    self.attention(depth);
                    self.mlp(depth);
                    // The head takes in what it wants.
                    self.add_to_stream(depth + 1 < depths);
                }
                let own = self.own();
                let from = wanted.clamp(own.start, own.end) - own.start;
                let stream = core::mem::take(&mut self.lane.stream);
                self.head(&stream[from * self.image.shape().dim..], from, own.len() - from);
                self.lane.stream = stream;
                self.costs(targets.get(own).unwrap_or(&[]), from);
            }
            Job::Logits { stream } => self.head(stream, 0, self.own().len()),
        }
    }

    /// The batch's tokens that this thread has.
    fn own(&self) -> Range<usize> {
        match self.split {
            Split::Tokens => self.member.share(self.job.count()),
            Split::Rows => 0..1,
        }
    }

    /// The part of something of one token that this thread has: all of it when it has the token to itself.
    fn part(&self, total: usize) -> Range<usize> {
        match self.split {
            Split::Tokens => 0..total,
            Split::Rows => self.member.share(total),
        }
    }

    /// A barrier for threads that share a token.
    fn barrier_of_rows(&self) {
        if self.split == Split::Rows {
            self.member.barrier();
        }
    }

    fn embed(&mut self, tokens: &[u32]) {
        let embedding = self.image.embedding();
        let own = self.own();
        let row = &mut self.lane.row[..embedding.cols];
        for (&token, stream) in tokens[own].iter().zip(self.lane.stream.chunks_exact_mut(embedding.cols)) {
            embedding.codec.unpack(embedding.row((token as usize).min(embedding.rows - 1)), row);
            let norm = Norm::of(row);
            for (x, &weight) in stream.iter_mut().zip(row.iter()) {
                *x = rshift(i64::from(weight) * i64::from(norm.mantissa), norm.exponent - 12) as i32;
            }
        }
    }

    fn mlp(&mut self, depth: usize) {
        let block = self.image.block_at(depth);
        let (hidden, gated) = (self.image.shape().hidden, self.image.shape().gated);
        let parts: &[Part] = if gated { &[Part::Up, Part::Gate] } else { &[Part::Up] };
        self.linear(block, parts, &self.commons.first);
        self.barrier_of_rows();
        let count = self.own().len();
        let Lane { wide: rows, inner, inputs, .. } = &mut *self.lane;
        inputs.begin(hidden, count);
        let inner = &mut inner[..hidden];
        for row in 0..count {
            let output = match self.split {
                Split::Tokens => &rows[row * wide(self.image)..],
                // SAFETY: all have written their rows; the next layer writes again, after another barrier.
                Split::Rows => unsafe { self.commons.first.part(0..hidden * parts.len()) },
            };
            let (up, rest) = output.split_at(hidden);
            (self.plan.ops.steps.activate)(up, gated.then(|| &rest[..hidden]), inner);
            inputs.take(self.plan.ops, row, inner);
        }
        self.linear(block, &[Part::Down], &self.commons.second);
        self.barrier_of_rows();
    }

    fn quantise_stream(&mut self) {
        let count = self.own().len();
        self.lane.inputs.quantise(self.plan.ops, &self.lane.stream, self.image.shape().dim, count);
    }

    /// From the quantised inputs to the outputs of some matrices side by side: in `wide`, or for a token of several threads this thread's rows in `shared`.
    fn linear(&mut self, block: usize, parts: &[Part], shared: &Shared<i32>) {
        let stride = wide(self.image);
        let mut offset = 0;
        for &part in parts {
            let matrix = self.plan.blocks[block][part as usize].as_ref();
            let matrix = matrix.expect("the caller knows whether there is a gate");
            let blocks = self.part(matrix.blocks().end);
            let out = match self.split {
                Split::Tokens => &mut self.lane.wide[offset..],
                // SAFETY: threads have different blocks, and the callers' barriers keep readers away.
                Split::Rows => unsafe { shared.part_mut(rows(matrix, &blocks, offset)) },
            };
            self.lane.inputs.linear(self.plan.ops, matrix, Format::INNER, blocks, out, stride);
            offset += matrix.rows;
        }
    }

    /// Adds what layers give, and makes the sums the next layer's inputs, if there is one.
    fn add_to_stream(&mut self, is_input: bool) {
        let dim = self.image.shape().dim;
        let count = self.own().len();
        let Lane { stream, wide: rows, inputs, .. } = &mut *self.lane;
        inputs.begin(dim, count);
        for (row, stream) in stream.chunks_exact_mut(dim).take(count).enumerate() {
            let output = match self.split {
                Split::Tokens => &rows[row * wide(self.image)..][..dim],
                // SAFETY: all have written their rows; the next layer writes again, after another barrier.
                Split::Rows => unsafe { self.commons.second.part(0..dim) },
            };
            (self.plan.ops.steps.add)(stream, output);
            if is_input {
                inputs.take(self.plan.ops, row, stream);
            }
        }
    }

    /// Logits after `count` tokens with these residual streams, from the row `from` on.
    fn head(&mut self, stream: &[i32], from: usize, count: usize) {
        if count == 0 {
            return;
        }
        let (shape, matrix) = (*self.image.shape(), &self.plan.embedding);
        let blocks = self.part(matrix.blocks().end);
        let is_last = blocks.end == matrix.blocks().end;
        self.lane.inputs.quantise(self.plan.ops, stream, shape.dim, count);
        let out = match self.split {
            Split::Tokens => &mut self.lane.logits[from * shape.tokens..],
            Split::Rows => {
                let (begin, end) = (blocks.start * BLOCK, if is_last { shape.tokens } else { blocks.end * BLOCK });
                // SAFETY: no other thread has these rows; the last has those that the matrix lacks.
                unsafe { self.commons.logits.part_mut(begin..end) }
            }
        };
        let rows = (blocks.end * BLOCK).min(matrix.rows) - blocks.start * BLOCK;
        self.lane.inputs.linear(self.plan.ops, matrix, Format::LOGIT, blocks, out, shape.tokens);
        for logits in out.chunks_mut(shape.tokens).take(count) {
            if shape.softcap > 0 {
                (self.plan.ops.steps.softcap)(&mut logits[..rows], shape.softcap);
            }
            if is_last {
                let shared = logits[rows - 1];
                logits[rows..].fill(shared);
            }
        }
    }

    /// What the targets of the tokens from `from` on cost.
    fn costs(&mut self, targets: &[u32], from: usize) {
        if targets.is_empty() {
            return;
        }
        self.barrier_of_rows();
        let vocabulary = self.image.shape().tokens;
        let Lane { logits, costs, .. } = &mut *self.lane;
        let logits = match self.split {
            Split::Tokens => &logits[..],
            // SAFETY: all have written their rows, and write no more in this job.
            Split::Rows => unsafe { self.commons.logits.part(0..vocabulary) },
        };
        let rows = targets.iter().zip(costs).zip(logits.chunks_exact(vocabulary)).skip(from);
        for ((&target, cost), logits) in rows {
            *cost = (self.plan.ops.steps.normalizer)(logits).cost(logits[target as usize]);
        }
    }
}

/// Where the rows of some blocks are in outputs that begin at `offset`.
fn rows(matrix: &Packed, blocks: &Range<usize>, offset: usize) -> Range<usize> {
    let row = |block: usize| offset + (block * BLOCK).min(matrix.rows);
    row(blocks.start)..row(blocks.end)
}
