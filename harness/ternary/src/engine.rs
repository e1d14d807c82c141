//! One forward pass, for one token or for many.

use crate::attention;
use crate::fixed::{Norm, quantise, rshift};
use crate::image::{Image, Part};
use crate::linear::{Format, Inputs, Scratch, linear};
use crate::memory::{Layout, Memory, Needs, Parts};
use crate::mlp;
use crate::softcap::softcap;
use golf_core::{LanguageModel, Vocabulary, WholeDocument};

/// Runs an image in memory that it is given.
#[derive(Debug)]
pub struct Engine<'a> {
    image: Image<'a>,
    layout: Layout,
    parts: Parts<'a>,
    /// Tokens taken in since the reset, the start token included.
    position: usize,
    /// Tokens of the last forward pass; the prediction is for what follows the last of them.
    taken: usize,
}

impl<'a> Engine<'a> {
    /// An engine at the start of a document that takes up to `batch` tokens at once; none if the memory is less than it [needs](Needs::of).
    ///
    /// # Panics
    /// If `batch` is zero.
    pub fn new(image: Image<'a>, batch: usize, memory: Memory<'a>) -> Option<Self> {
        let layout = Needs::of(&image, batch).layout;
        let parts = Parts::cut(memory, &layout)?;
        let mut engine = Engine { image, layout, parts, position: 0, taken: 0 };
        engine.reset();
        Some(engine)
    }

    /// The image that it runs.
    pub fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// The logits that [`predict`](LanguageModel::predict) gives, without a copy of them: a microcontroller has no room for one.
    pub fn logits(&mut self) -> &[i32] {
        self.head(1);
        &self.parts.logits[..self.layout.tokens]
    }

    /// Takes in up to a batch of tokens.
    fn forward(&mut self, tokens: impl ExactSizeIterator<Item = u32>) {
        let count = tokens.len();
        self.embed(tokens);
        for depth in 0..self.layout.depth {
            self.attention(depth, count);
            self.mlp(depth, count);
        }
        self.position += count;
        self.taken = count;
    }

    fn embed(&mut self, tokens: impl Iterator<Item = u32>) {
        let embedding = self.image.embedding();
        let dim = self.layout.dim;
        for (token, stream) in tokens.zip(self.parts.stream.chunks_exact_mut(dim)) {
            let row = &mut self.parts.row[..dim];
            embedding.codec.unpack(embedding.row((token as usize).min(embedding.rows - 1)), row);
            let norm = Norm::of(row);
            for (x, &weight) in stream.iter_mut().zip(row.iter()) {
                *x = rshift(i64::from(weight) * i64::from(norm.mantissa), norm.exponent - 12) as i32;
            }
        }
    }

    fn attention(&mut self, depth: usize, count: usize) {
        let block = self.image.block_at(depth);
        let Layout { dim, queries, keys, .. } = self.layout;
        self.quantise_stream(count);
        self.linear(block, [(Part::Query, 0), (Part::Key, queries), (Part::Value, queries + keys)], count);
        attention::attend(&self.image, &self.layout, &mut self.parts, depth, self.position, count);
        self.quantise_inner(count, queries);
        self.linear(block, [(Part::Output, 0)], count);
        self.add_to_stream(count, dim);
    }

    fn mlp(&mut self, depth: usize, count: usize) {
        let block = self.image.block_at(depth);
        let Layout { dim, hidden, .. } = self.layout;
        let gated = self.image.shape().gated;
        self.quantise_stream(count);
        if gated {
            self.linear(block, [(Part::Up, 0), (Part::Gate, hidden)], count);
        } else {
            self.linear(block, [(Part::Up, 0)], count);
        }
        let outputs = self.parts.wide.chunks_exact(self.layout.wide());
        for (output, inner) in outputs.zip(self.parts.inner.chunks_exact_mut(hidden)).take(count) {
            let (up, rest) = output.split_at(hidden);
            mlp::activate(up, gated.then(|| &rest[..hidden]), inner);
        }
        self.quantise_inner(count, hidden);
        self.linear(block, [(Part::Down, 0)], count);
        self.add_to_stream(count, dim);
    }

    fn quantise_stream(&mut self, count: usize) {
        quantise_rows(self.parts.stream, self.layout.dim, count, self.parts.quantised, self.parts.norms);
    }

    fn quantise_inner(&mut self, count: usize, length: usize) {
        quantise_rows(self.parts.inner, length, count, self.parts.quantised, self.parts.norms);
    }

    /// From the quantised inputs to `wide`, each matrix's outputs so many elements into each token's.
    fn linear<const N: usize>(&mut self, block: usize, layers: [(Part, usize); N], count: usize) {
        let matrix = |part| self.image.matrix(block, part).expect("the caller knows whether there is a gate");
        let layers = layers.map(|(part, offset)| (matrix(part), offset));
        let parts = &mut self.parts;
        let inputs = Inputs { quantised: &parts.quantised[..count * layers[0].0.cols], norms: parts.norms };
        let scratch = Scratch { row: parts.row, tables: parts.tables };
        linear(&layers, inputs, Format::INNER, scratch, parts.wide, self.layout.wide());
    }

    fn add_to_stream(&mut self, count: usize, dim: usize) {
        let outputs = self.parts.wide.chunks_exact(self.layout.wide());
        for (stream, output) in self.parts.stream.chunks_exact_mut(dim).zip(outputs).take(count) {
            stream.iter_mut().zip(output).for_each(|(x, y)| *x += y);
        }
    }

    /// Logits after the last `count` of the tokens taken in, into `parts.logits`, `[count, V]`.
    fn head(&mut self, count: usize) {
        let matrix = self.image.embedding();
        let shape = self.image.shape();
        let stream = &self.parts.stream[(self.taken - count) * shape.dim..];
        quantise_rows(stream, shape.dim, count, self.parts.quantised, self.parts.norms);
        let parts = &mut self.parts;
        let inputs = Inputs { quantised: &parts.quantised[..count * matrix.cols], norms: parts.norms };
        let scratch = Scratch { row: parts.row, tables: parts.tables };
        linear(&[(matrix, 0)], inputs, Format::LOGIT, scratch, parts.logits, shape.tokens);
        for logits in parts.logits.chunks_exact_mut(shape.tokens).take(count) {
            if shape.softcap > 0 {
                logits[..shape.rows].iter_mut().for_each(|logit| *logit = softcap(*logit, shape.softcap));
            }
            let shared = logits[shape.rows - 1];
            logits[shape.rows..].fill(shared);
        }
    }
}

/// Quantises `count` rows of `length`, with their norms.
#[inline(never)]
fn quantise_rows(x: &[i32], length: usize, count: usize, quantised: &mut [i8], norms: &mut [i32]) {
    let rows = x.chunks_exact(length).zip(quantised.chunks_exact_mut(length)).zip(norms.chunks_exact_mut(2));
    for ((x, q), norm) in rows.take(count) {
        let Norm { mantissa, exponent } = quantise(x, q);
        (norm[0], norm[1]) = (mantissa as i32, exponent);
    }
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
        logits.copy_from_slice(self.logits());
    }

    fn observe(&mut self, token: u32) {
        self.forward(core::iter::once(token));
    }
}

impl WholeDocument for Engine<'_> {
    fn predict_document(&mut self, tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        self.position = 0;
        let start = self.image.shape().start;
        // What comes before token i: the start token, or token i - 1.
        let mut first = 0;
        while first < tokens.len() {
            let end = tokens.len().min(first + self.layout.batch);
            self.forward((first..end).map(|index| if index == 0 { start } else { tokens[index - 1] }));
            let wanted = end - first.max(from).min(end);
            if wanted > 0 {
                self.head(wanted);
                for (row, logits) in self.parts.logits.chunks_exact(self.layout.tokens).take(wanted).enumerate() {
                    each(end - wanted + row, logits);
                }
            }
            first = end;
        }
    }
}

#[cfg(test)]
mod tests;
