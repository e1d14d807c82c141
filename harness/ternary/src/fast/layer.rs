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
        let packed = Packed::alone(&Matrix::outside(codec, (rows, cols, 1), weights, &scales));
        let mut inputs = Inputs::new([&packed].into_iter(), tokens);
        let x: Vec<i32> = (0..tokens * cols).map(|index| (index * 7_919 % 2_001) as i32 - 1_000).collect();
        inputs.quantise(ops, &x, cols, tokens);
        Some(Layer { ops, packed, inputs, out: vec![0; tokens * rows] })
    }

    /// Bytes of its weights.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.packed.lines)
    }

    /// One pass.
    pub fn run(&mut self) -> &[i32] {
        let blocks = self.packed.blocks();
        self.inputs.linear(self.ops, &self.packed, Format::INNER, blocks, &mut self.out, self.packed.rows);
        &self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::plan::BLOCK;
    use crate::fixed::{Norm, quantise};
    use crate::linear;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn every_kernel_equals_the_oracle_on_every_shape(
            (codec, rows, groups, tokens) in (0usize..4, 1usize..200, 1usize..5, 1usize..40),
            group in prop_oneof![9 => 1usize..150, 1 => 500usize..1_100],
            bytes in prop::collection::vec(any::<u8>(), 8_000),
            cut in any::<prop::sample::Index>(),
            loud in any::<bool>(),
            exponent in prop_oneof![3 => Just(20), 1 => 0i32..60],
        ) {
            let (codec, cols) = (Codec::NAMES[codec].0, group * groups);
            let mut byte = bytes.iter().copied().cycle();
            let mut take = |count: usize| -> Vec<u8> { byte.by_ref().take(count).collect() };
            let weights = take(rows * codec.row_bytes(cols));
            let scales: Vec<u8> = take(rows * groups).into_iter().flat_map(|byte| (4 * u32::from(byte)).to_le_bytes()).collect();
            let mut matrix = Matrix::outside(codec, (rows, cols, groups), &weights, &scales);
            matrix.exponent = exponent;
            // All alike, the products add up to as much as they can.
            let x: Vec<i32> = take(tokens * cols).into_iter().map(|byte| if loud { 9 } else { i32::from(byte as i8) }).collect();
            let (mut q, mut norms) = (vec![0; tokens * cols], vec![]);
            for (x, q) in x.chunks_exact(cols).zip(q.chunks_exact_mut(cols)) {
                let Norm { mantissa, exponent } = quantise(x, q);
                norms.extend([mantissa as i32, exponent]);
            }
            let (mut row, mut expected) = (vec![0; cols], vec![0; tokens * rows]);
            let inputs = linear::Inputs { quantised: &q, norms: &norms };
            let scratch = linear::Scratch { row: &mut row, tables: &mut [] };
            linear::linear(&[(matrix, 0)], inputs, linear::Format::INNER, scratch, &mut expected, rows);
            for kernel in Kernel::available() {
                let Some(ops) = kernel.ops() else { continue };
                let packed = Packed::alone(&matrix);
                let mut inputs = Inputs::new([&packed].into_iter(), tokens);
                inputs.quantise(ops, &x, cols, tokens);
                let mut found = vec![1; tokens * rows];
                // In two calls, as two threads would.
                let cut = cut.index(packed.blocks().end + 1);
                inputs.linear(ops, &packed, Format::INNER, 0..cut, &mut found, rows);
                let rest = (cut * BLOCK).min(found.len());
                inputs.linear(ops, &packed, Format::INNER, cut..packed.blocks().end, &mut found[rest..], rows);
                prop_assert_eq!(&found, &expected, "{}", kernel.name());
            }
        }
    }

    #[test]
    fn every_kernel_counts_the_products_of_its_peak() {
        for ops in Kernel::available().filter_map(Kernel::ops) {
            assert_eq!((ops.peak)(3), 3 * (ops.peak)(1));
        }
    }
}
