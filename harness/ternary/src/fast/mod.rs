//! The engine for processors with vectors: the same network as [`crate::Engine`], bit for bit, from weights laid out anew, with memory of its own.

mod attention;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
mod inputs;
mod layer;
pub(crate) mod ops;
mod plan;

pub use layer::Layer;
pub use plan::Plan;

use crate::Kernel;
use crate::fixed::{Norm, rshift};
use crate::image::{Image, Part};
use alloc::vec;
use alloc::vec::Vec;
use attention::Cache;
use golf_core::{Cost, LanguageModel, Vocabulary, WholeDocument};
use inputs::{Format, Inputs};

/// Does int8 products by the instructions of a kernel's matrix product, on registers alone, and returns how many: what a core does at most.
/// None for the scalar kernel.
pub fn peak(kernel: Kernel, rounds: u64) -> Option<u64> {
    Some((kernel.ops()?.peak)(rounds))
}

/// Runs an image with the help of its plan.
#[derive(Debug)]
pub struct Engine<'a> {
    image: Image<'a>,
    plan: &'a Plan,
    batch: usize,
    /// Slots of a cache's ring.
    capacity: usize,
    /// Tokens taken in since the reset, the start token included.
    position: usize,
    /// Tokens of the last forward pass; the prediction is for what follows the last of them.
    taken: usize,
    /// Residual stream, `[batch, d]`.
    stream: Vec<i32>,
    /// Outputs of linear layers, `[batch, wide]`.
    wide: Vec<i32>,
    /// Attention outputs or MLP activations, `[batch, H*e or f]`.
    inner: Vec<i32>,
    /// `[batch, V]`
    logits: Vec<i32>,
    inputs: Inputs,
    /// Sines, then cosines of a token's rotary pairs, `[batch, e]`.
    turns: Vec<i32>,
    caches: Vec<Cache>,
    scratch: Scratch,
}

/// Room for one row or head.
#[derive(Debug)]
struct Scratch {
    row: Vec<i8>,
    words: Vec<i32>,
    scores: Vec<[i32; 16]>,
}

impl<'a> Engine<'a> {
    /// An engine at the start of a document that takes up to `batch` tokens at once.
    ///
    /// # Panics
    /// If `batch` is zero or the plan was made from an image of another shape.
    pub fn new(image: Image<'a>, plan: &'a Plan, batch: usize) -> Self {
        assert!(batch > 0, "a batch has at least one token");
        let shape = *image.shape();
        assert_eq!((plan.blocks.len(), plan.embedding.rows), (shape.blocks, shape.rows), "the plan is the image's");
        let capacity = attention::capacity(shape.window, batch);
        let (queries, wide) = (shape.heads * shape.head_dim, wide(&image));
        let mut engine = Engine {
            image,
            plan,
            batch,
            capacity,
            position: 0,
            taken: 0,
            stream: vec![0; batch * shape.dim],
            wide: vec![0; batch * wide],
            inner: vec![0; batch * queries.max(shape.hidden)],
            logits: vec![0; batch * shape.tokens],
            inputs: Inputs::new(plan.matrices(), batch),
            turns: vec![0; batch * shape.head_dim],
            caches: vec![Cache::new(capacity, shape.head_dim); shape.depth * shape.kv_heads],
            scratch: Scratch {
                row: vec![0; shape.dim.max(2 * shape.head_dim)],
                words: vec![0; shape.head_dim.div_ceil(4)],
                scores: vec![[0; 16]; capacity / 16],
            },
        };
        engine.reset();
        engine
    }

    /// The image that it runs.
    pub fn image(&self) -> &Image<'a> {
        &self.image
    }

    fn forward(&mut self, tokens: impl ExactSizeIterator<Item = u32>) {
        let count = tokens.len();
        self.embed(tokens);
        self.turn(count);
        for depth in 0..self.image.shape().depth {
            self.attention(depth, count);
            self.mlp(depth, count);
        }
        self.position += count;
        self.taken = count;
    }

    fn embed(&mut self, tokens: impl Iterator<Item = u32>) {
        let embedding = self.image.embedding();
        let row = &mut self.scratch.row[..embedding.cols];
        for (token, stream) in tokens.zip(self.stream.chunks_exact_mut(embedding.cols)) {
            embedding.codec.unpack(embedding.row((token as usize).min(embedding.rows - 1)), row);
            let norm = Norm::of(row);
            for (x, &weight) in stream.iter_mut().zip(row.iter()) {
                *x = rshift(i64::from(weight) * i64::from(norm.mantissa), norm.exponent - 12) as i32;
            }
        }
    }

    /// Looks up the rotations of the next tokens, which all heads at all depths share.
    fn turn(&mut self, count: usize) {
        let head_dim = self.image.shape().head_dim;
        for (index, turns) in self.turns.chunks_exact_mut(head_dim).take(count).enumerate() {
            let (sines, cosines) = turns.split_at_mut(head_dim / 2);
            for (pair, (sine, cosine)) in sines.iter_mut().zip(cosines).enumerate() {
                (*sine, *cosine) = self.image.rotation(pair, self.position + index);
            }
        }
    }

    fn attention(&mut self, depth: usize, count: usize) {
        let block = self.image.block_at(depth);
        let shape = *self.image.shape();
        let (queries, keys) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
        self.quantise_stream(count);
        self.linear(block, Part::Query, 0);
        self.linear(block, Part::Key, queries);
        self.linear(block, Part::Value, queries + keys);
        self.attend(depth, count);
        self.inputs.quantise(self.plan.ops, &self.inner, queries, count);
        self.linear(block, Part::Output, 0);
        self.add_to_stream(count);
    }

    /// From queries, keys and values side by side in `wide` to the heads' outputs in `inner`.
    fn attend(&mut self, depth: usize, count: usize) {
        let shape = *self.image.shape();
        let (width, ops) = (shape.head_dim, self.plan.ops);
        let (queries, keys) = (shape.heads * width, shape.kv_heads * width);
        let Scratch { row, words, scores } = &mut self.scratch;
        let (head, quantised) = row[..2 * width].split_at_mut(width);
        let caches = &mut self.caches[depth * shape.kv_heads..][..shape.kv_heads];
        let stride = wide(&self.image);
        let outputs = self.wide.chunks_exact_mut(stride).zip(self.turns.chunks_exact(width)).take(count);
        for (index, (output, turns)) in outputs.enumerate() {
            let (key, value) = output[queries..].split_at_mut(keys);
            let heads = key.chunks_exact_mut(width).zip(value.chunks_exact(width));
            for (cache, (key, value)) in caches.iter_mut().zip(heads) {
                (ops.rotate)(key, turns, head);
                (ops.quantise_value)(value, quantised);
                cache.write((self.position + index) % self.capacity, head, quantised);
            }
        }
        let block = self.image.block_at(depth);
        let outputs = self.wide.chunks_exact_mut(stride).zip(self.turns.chunks_exact(width)).take(count);
        for (index, (output, turns)) in outputs.enumerate() {
            let ranges = attention::ranges(self.position + index, shape.window, self.capacity);
            let inner = &mut self.inner[index * queries..][..queries];
            let heads = output[..queries].chunks_exact_mut(width).zip(inner.chunks_exact_mut(width));
            for (index, (query, out)) in heads.enumerate() {
                (ops.rotate)(query, turns, head);
                words.iter_mut().zip(head.chunks(4)).for_each(|(word, four)| *word = attention::word(four));
                let sum = head.iter().map(|&q| i32::from(q)).sum();
                let cache = &caches[index / (shape.heads / shape.kv_heads)];
                (ops.attend)(&cache.reading(words, sum, self.image.gain(block, index), ranges), scores, out);
            }
        }
    }

    fn mlp(&mut self, depth: usize, count: usize) {
        let block = self.image.block_at(depth);
        let (hidden, gated) = (self.image.shape().hidden, self.image.shape().gated);
        self.quantise_stream(count);
        self.linear(block, Part::Up, 0);
        if gated {
            self.linear(block, Part::Gate, hidden);
        }
        let outputs = self.wide.chunks_exact(wide(&self.image));
        for (output, inner) in outputs.zip(self.inner.chunks_exact_mut(hidden)).take(count) {
            let (up, rest) = output.split_at(hidden);
            (self.plan.ops.activate)(up, gated.then(|| &rest[..hidden]), inner);
        }
        self.inputs.quantise(self.plan.ops, &self.inner, hidden, count);
        self.linear(block, Part::Down, 0);
        self.add_to_stream(count);
    }

    fn quantise_stream(&mut self, count: usize) {
        self.inputs.quantise(self.plan.ops, &self.stream, self.image.shape().dim, count);
    }

    /// From the quantised inputs to `wide`, `offset` elements into each token's outputs.
    fn linear(&mut self, block: usize, part: Part, offset: usize) {
        let matrix = self.plan.blocks[block][part as usize].as_ref();
        let matrix = matrix.expect("the caller knows whether there is a gate");
        let stride = wide(&self.image);
        self.inputs.linear(self.plan.ops, matrix, Format::INNER, matrix.blocks(), &mut self.wide[offset..], stride);
    }

    fn add_to_stream(&mut self, count: usize) {
        let dim = self.image.shape().dim;
        let outputs = self.wide.chunks_exact(wide(&self.image));
        for (stream, output) in self.stream.chunks_exact_mut(dim).zip(outputs).take(count) {
            (self.plan.ops.add)(stream, &output[..dim]);
        }
    }

    /// Logits after the last `count` of the tokens taken in, into `logits`, `[count, V]`.
    fn head(&mut self, count: usize) {
        let shape = *self.image.shape();
        let stream = &self.stream[(self.taken - count) * shape.dim..];
        self.inputs.quantise(self.plan.ops, stream, shape.dim, count);
        let matrix = &self.plan.embedding;
        self.inputs.linear(self.plan.ops, matrix, Format::LOGIT, matrix.blocks(), &mut self.logits, shape.tokens);
        for logits in self.logits.chunks_exact_mut(shape.tokens).take(count) {
            if shape.softcap > 0 {
                (self.plan.ops.softcap)(&mut logits[..shape.rows], shape.softcap);
            }
            let shared = logits[shape.rows - 1];
            logits[shape.rows..].fill(shared);
        }
    }

    /// Calls `each` with a token's place and the logits for it.
    fn document(&mut self, tokens: &[u32], from: usize, mut each: impl FnMut(usize, &[i32])) {
        self.position = 0;
        let (start, vocabulary) = (self.image.shape().start, self.image.shape().tokens);
        // What comes before token i: the start token, or token i - 1.
        let mut first = 0;
        while first < tokens.len() {
            let end = tokens.len().min(first + self.batch);
            self.forward((first..end).map(|index| if index == 0 { start } else { tokens[index - 1] }));
            let wanted = end - first.max(from).min(end);
            if wanted > 0 {
                self.head(wanted);
                for (row, logits) in self.logits.chunks_exact(vocabulary).take(wanted).enumerate() {
                    each(end - wanted + row, logits);
                }
            }
            first = end;
        }
    }
}

/// Widest output of the linear layers that run side by side: queries, keys and values, or up and gate, or what goes back to the stream.
fn wide(image: &Image<'_>) -> usize {
    let shape = image.shape();
    let attention = (shape.heads + 2 * shape.kv_heads) * shape.head_dim;
    attention.max(shape.hidden * (1 + usize::from(shape.gated))).max(shape.dim)
}

impl LanguageModel for Engine<'_> {
    fn vocabulary(&self) -> Vocabulary<'_> {
        self.image.vocabulary()
    }

    fn reset(&mut self) {
        self.position = 0;
        self.forward(core::iter::once(self.image.shape().start));
    }

    fn predict(&mut self, logits: &mut [i32]) {
        self.head(1);
        logits.copy_from_slice(&self.logits[..logits.len()]);
    }

    fn observe(&mut self, token: u32) {
        self.forward(core::iter::once(token));
    }
}

impl WholeDocument for Engine<'_> {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        self.document(tokens, from, each);
    }

    fn document_costs(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(Cost)) {
        let normalizer = self.plan.ops.normalizer;
        self.document(tokens, from, |index, logits| each(normalizer(logits).cost(logits[tokens[index] as usize])));
    }
}
