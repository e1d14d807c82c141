//! A linear layer alone, for benchmarks and tests.

use super::inputs::{Format, Inputs};
use super::ops::Ops;
use super::plan::Packed;
use crate::image::Matrix;
use crate::{Codec, Kernel};
use alloc::vec;
use alloc::vec::Vec;

/// A matrix of its own and inputs for it.
#[derive(Debug)]
pub struct Layer {
    ops: &'static Ops,
    packed: Packed,
    inputs: Inputs,
    out: Vec<i32>,
}

impl Layer {
    /// From stored rows, with the same scale for all of them; none for the scalar kernel.
    ///
    /// # Panics
    /// If there are fewer weights than the rows need.
    pub fn new(kernel: Kernel, codec: Codec, weights: &[u8], rows: usize, cols: usize, tokens: usize) -> Option<Self> {
        let ops = kernel.ops()?;
        let scales: Vec<u8> = (0..rows).flat_map(|_| 1_000u32.to_le_bytes()).collect();
        let packed = Packed::new(&Matrix::plain(codec, rows, cols, weights, &scales));
        let mut inputs = Inputs::new([&packed].into_iter(), tokens);
        let x: Vec<i32> = (0..tokens * cols).map(|index| (index * 7_919 % 2_001) as i32 - 1_000).collect();
        inputs.quantise(ops, &x, cols, tokens);
        Some(Layer { ops, packed, inputs, out: vec![0; tokens * rows] })
    }

    /// Bytes of its weights.
    pub fn bytes(&self) -> usize {
        size_of_val(self.packed.lines.as_slice())
    }

    /// One pass.
    pub fn run(&mut self) -> &[i32] {
        self.inputs.linear(self.ops, &self.packed, Format::INNER, &mut self.out, self.packed.rows);
        &self.out
    }
}
