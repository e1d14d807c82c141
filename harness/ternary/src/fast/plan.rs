//! The weights laid out for vectors: a lane is a row.
//!
//! Rows come in blocks of 64, four vectors of 16. A 64-byte line holds four columns of 16 rows, a 32-bit lane a row; weights of less than eight
//! bits share a line in planes: bits `p * b..` of each byte hold the columns of plane `p`. The lines of a block lie in the order in which
//! they are used, so that one token streams the weights front to back. Weights are stored unsigned, which is what `vpdpbusd` and
//! `maddubs` want of one side; the offset times the sum of the activations is taken off at the end.
#![allow(unsafe_code)]

use super::ops::Ops;
use super::pages::Pages;
use super::shared::Shared;
use crate::fixed::rshift;
use crate::image::{Image, Matrix, Part};
use crate::{Codec, Kernel};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::iter;
use core::ops::{Deref, Range};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

/// Rows of a block.
pub(super) const BLOCK: usize = 64;
/// Vectors of rows in a block.
pub(super) const VECTORS: usize = 4;
/// Rows of a vector.
pub(super) const LANES: usize = 16;

/// Columns of a word of activations.
const COLUMNS: usize = if WIDE_LANES { 2 } else { 4 };
/// Whether products are of 16 bits, with a layout of their own: WebAssembly's without relaxed SIMD.
const WIDE_LANES: bool =
    cfg!(all(target_arch = "wasm32", target_feature = "simd128", not(target_feature = "relaxed-simd")));
/// Whether products are relaxed SIMD's, which takes weights of eight bits as a sum of two of seven bits: 127 is added to them, unless one is -128, which
/// no artifact has.
const RELAXED: bool = cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

/// A cache line of weights.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [u8; 64]);

/// A matrix made ready.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// Bits of a stored weight: 1, 2, 4 or 8.
    pub(super) bits: u32,
    /// What was added to the weights to make them unsigned (binary weights: to twice the stored bit).
    pub(super) offset: i32,
    pub(super) rows: usize,
    pub(super) groups: usize,
    /// Columns of a group, and what they are padded to.
    pub(super) group: usize,
    pub(super) padded: usize,
    pub(super) exponent: i32,
    pub(super) pre_shift: i32,
    /// The largest magnitude of a row's scaled sum, shifted by `pre_shift`, if that fits 32 bits: in any but a contrived image.
    pub(super) most: Option<i32>,
    pub(super) lines: Lines,
    /// By block and group.
    pub(super) scales: Pages<[i32; BLOCK]>,
}

/// The lines of one matrix, in memory that the matrices of an image share: large enough for large pages.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    all: Arc<Shared<Line>>,
    range: Range<usize>,
}

impl Deref for Lines {
    type Target = [Line];

    #[inline]
    fn deref(&self) -> &[Line] {
        // SAFETY: `Packed::new` has written these lines before this was made, and nobody else does.
        unsafe { self.all.part(self.range.clone()) }
    }
}

/// Bits of a stored weight, and what is added to the weights to make them unsigned.
fn stored(matrix: &Matrix<'_>) -> (u32, i32) {
    match matrix.codec {
        Codec::I8 => (8, if RELAXED && !matrix.weights.contains(&0x80) { 127 } else { 128 }),
        Codec::I4 => (4, 8),
        Codec::Trit5 => (2, 1),
        Codec::Bit1 => (1, 1),
    }
}

/// How many lines a matrix needs.
fn lines_of(matrix: &Matrix<'_>) -> usize {
    let (bits, _) = stored(matrix);
    let padded = (matrix.cols / matrix.groups).next_multiple_of(step(bits));
    matrix.rows.div_ceil(BLOCK) * matrix.groups * padded * bits as usize / 8
}

/// Empty lines for some matrices, and each one's part of them.
fn empty_lines<'m, 'a: 'm>(matrices: impl Iterator<Item = &'m Matrix<'a>>) -> (Arc<Shared<Line>>, Vec<Range<usize>>) {
    let mut end = 0;
    let part = |matrix| {
        let begin = end;
        end += lines_of(matrix);
        begin..end
    };
    let parts = matrices.map(part).collect();
    (Arc::new(Shared::new(iter::repeat_n(Line([0; 64]), end))), parts)
}

impl Packed {
    /// A matrix that is not of an image.
    pub(super) fn alone(matrix: &Matrix<'_>) -> Self {
        let (all, mut parts) = empty_lines(iter::once(matrix));
        // SAFETY: nobody else has the lines.
        unsafe { Packed::new(matrix, Lines { all, range: parts.remove(0) }) }
    }

    /// # Safety
    /// The lines are empty, and nobody else reads or writes them.
    unsafe fn new(matrix: &Matrix<'_>, lines: Lines) -> Self {
        let (bits, offset) = stored(matrix);
        let group = matrix.cols / matrix.groups;
        let padded = group.next_multiple_of(step(bits));
        let blocks = matrix.rows.div_ceil(BLOCK);
        {
            // SAFETY: they are the caller's to give.
            let lines = unsafe { lines.all.part_mut(lines.range.clone()) };
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(target_feature = "relaxed-simd")))]
            super::wasm::pairs::lay_out(matrix, bits, padded, lines);
            #[cfg(not(all(
                target_arch = "wasm32",
                target_feature = "simd128",
                not(target_feature = "relaxed-simd")
            )))]
            lay_out(matrix, (bits, offset), padded, lines);
        }
        let mut scales = Pages::of([0; BLOCK], blocks * matrix.groups);
        for index in 0..matrix.rows {
            for group in 0..matrix.groups {
                scales[index / BLOCK * matrix.groups + group][index % BLOCK] = matrix.scale(index, group) as i32;
            }
        }
        let row = |row| (0..matrix.groups).map(|group| i64::from(matrix.scale(row, group))).sum::<i64>();
        let largest = (0..matrix.rows).map(row).max().unwrap_or(0);
        let reach = 127 * i64::from(matrix.codec.largest()) * group as i64;
        let most = reach.checked_mul(largest).map(|sum| rshift(sum, matrix.pre_shift));
        Packed {
            bits,
            offset,
            rows: matrix.rows,
            groups: matrix.groups,
            group,
            padded,
            exponent: matrix.exponent,
            pre_shift: matrix.pre_shift,
            most: most.and_then(|most| i32::try_from(most).ok()),
            lines,
            scales,
        }
    }

    /// Words of a few activations that one token has.
    pub(super) fn words(&self) -> usize {
        self.groups * self.padded / COLUMNS
    }

    /// All blocks of rows; the last may be short.
    pub(super) fn blocks(&self) -> Range<usize> {
        0..self.rows.div_ceil(BLOCK)
    }

    /// Lines of a group in a block.
    pub(super) fn group_lines(&self) -> usize {
        self.padded / 4 * VECTORS * self.bits as usize / 8
    }

    /// Bytes of a block's weights.
    #[cfg(any(target_arch = "aarch64", target_arch = "wasm32"))]
    pub(super) fn block_bytes(&self) -> usize {
        self.group_lines() * self.groups * size_of::<Line>()
    }

    /// What tells whether activations arranged for one matrix suit another.
    pub(super) fn arrangement(&self) -> (usize, usize) {
        (self.group, self.padded)
    }
}

/// Lays weights out, a lane a row.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128", not(target_feature = "relaxed-simd"))))]
fn lay_out(matrix: &Matrix<'_>, (bits, offset): (u32, i32), padded: usize, lines: &mut [Line]) {
    let planes = 8 / bits as usize;
    let (group, words) = (matrix.cols / matrix.groups, matrix.groups * padded / 4);
    let (mut block, mut stored) = (vec![0i8; crate::rows::BLOCK * matrix.cols], vec![]);
    let mut unsigned = vec![0u8; matrix.groups * padded];
    for index in 0..matrix.rows {
        if index % crate::rows::BLOCK == 0 {
            let count = (matrix.rows - index).min(crate::rows::BLOCK);
            matrix.order().unpack_block(matrix.weights, index, &mut stored, &mut block[..count * matrix.cols]);
        }
        let row = &block[index % crate::rows::BLOCK * matrix.cols..][..matrix.cols];
        for (to, from) in unsigned.chunks_exact_mut(padded).zip(row.chunks_exact(group)) {
            let halve = bits == 1;
            for (to, &weight) in to.iter_mut().zip(from) {
                let shifted = (weight as u8).wrapping_add(offset as u8);
                *to = if halve { shifted >> 1 } else { shifted };
            }
        }
        let (block, vector, lane) = (index / BLOCK, index % BLOCK / LANES, index % LANES);
        let lines = lines[block * words / planes * VECTORS..][vector..].iter_mut().step_by(VECTORS);
        for (line, columns) in lines.zip(unsigned.chunks_exact(4 * planes)) {
            let mut word = 0;
            for (plane, four) in columns.as_chunks::<4>().0.iter().enumerate() {
                word |= u32::from_le_bytes(*four) << (bits * plane as u32);
            }
            line.0[4 * lane..4 * lane + 4].copy_from_slice(&word.to_le_bytes());
        }
    }
}

/// What some threads do.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
fn together<T: Send>(threads: usize, work: impl Fn() -> Vec<T> + Copy + Send) -> Vec<T> {
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        others.into_iter().for_each(|other| all.extend(other.join().expect("it only lays weights out")));
        all
    })
}

/// What the one thread does.
#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
fn together<T>(_threads: usize, work: impl Fn() -> Vec<T>) -> Vec<T> {
    work()
}

/// Columns that a kernel takes at a time.
pub(super) const fn step(bits: u32) -> usize {
    if bits == 1 { 32 } else { 16 }
}

/// An image's weights laid out for the vectors of this machine, beside the image; any number of engines can share it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) kernel: Kernel,
    pub(super) ops: &'static Ops,
    pub(super) embedding: Packed,
    pub(super) blocks: Vec<[Option<Packed>; Part::ALL.len()]>,
}

impl Plan {
    /// None for [`Kernel::SCALAR`], which runs from the image as it is.
    pub fn new(image: &Image<'_>, kernel: Kernel) -> Option<Self> {
        Plan::with_threads(image, kernel, 1)
    }

    /// The same, made by several threads.
    pub fn with_threads(image: &Image<'_>, kernel: Kernel, threads: usize) -> Option<Self> {
        let ops = kernel.ops()?;
        // The largest comes first, so that none is left alone with it.
        let mut matrices = vec![image.embedding()];
        let blocks = 0..image.shape().blocks;
        let places = || blocks.clone().flat_map(|block| Part::ALL.map(|part| (block, part)));
        matrices.extend(places().filter_map(|(block, part)| image.matrix(block, part)));
        let (all, parts) = empty_lines(matrices.iter());
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = vec![];
            loop {
                let index = next.fetch_add(1, Relaxed);
                let Some(matrix) = matrices.get(index) else { return done };
                let lines = Lines { all: all.clone(), range: parts[index].clone() };
                // SAFETY: one thread has this index, and no two matrices share lines.
                done.push((index, unsafe { Packed::new(matrix, lines) }));
            }
        };
        let mut done = together(threads, work);
        done.sort_by_key(|(index, _)| *index);
        let mut packed = done.into_iter().map(|(_, matrix)| matrix);
        let embedding = packed.next()?;
        let mut next = |block, part| image.matrix(block, part).and_then(|_| packed.next());
        let blocks = blocks.map(|block| Part::ALL.map(|part| next(block, part))).collect();
        Some(Plan { kernel, ops, embedding, blocks })
    }

    /// The kernel that it was made for.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(super) fn matrices(&self) -> impl Iterator<Item = &Packed> + Clone {
        self.blocks.iter().flatten().flatten().chain([&self.embedding])
    }

    /// Bytes of weights that one token reads, the head included and a row of the embedding not.
    pub fn weight_bytes(&self, image: &Image<'_>) -> usize {
        let block = |depth| self.blocks[image.block_at(depth)].iter().flatten();
        let lines = |packed: &Packed| packed.lines.len() * size_of::<Line>();
        (0..image.shape().depth).flat_map(block).map(lines).sum::<usize>() + lines(&self.embedding)
    }
}
