//! Wren 100K in integers: the module of the artifact, by the interface of `harness/wasm/ABI.md`.
//!
//! Numbers are fixed point: `q16` is a unit of 2^-16. Matrices are whole weights with a scale per row, their inputs whole numbers up to 127 by the
//! largest of them, so that `y = weights . inputs * scale / rms(inputs)`. `README.md` says how to build it and how the data lies.
#![no_std]
#![no_main]

use core::arch::wasm32::{i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat, v128, v128_load};
use core::ptr::{addr_of, addr_of_mut};

/// Width of the residual stream and of the recurrent state, and how many blocks there are.
const DIM: usize = 128;
const INNER: usize = 160;
const BLOCKS: usize = 3;
/// Tokens that the convolution sees.
const TAPS: usize = 4;
/// Most rows of the embedding and most tokens.
const ROWS: usize = 512;
/// Most bytes of data.
const DATA: usize = 98_304;
/// The table of sigmoids: steps per bit, and bits on either side of 0.
const STEPS: i64 = 16;
const REACH: i64 = 16;

/// A matrix with its inputs side by side, ready for dot products.
#[repr(C, align(16))]
struct Matrix<const N: usize, const ROWS: usize> {
    weights: [[i16; N]; ROWS],
    scales: [u16; ROWS],
}

#[repr(C)]
struct Block {
    forget: Matrix<DIM, INNER>,
    candidate: Matrix<DIM, INNER>,
    gate: Matrix<DIM, INNER>,
    output: Matrix<INNER, DIM>,
    /// Of the forget gate, in 2^-8 bits.
    bias: [i16; INNER],
    /// Of the state, in 2^-10.
    gain: [u16; INNER],
    /// Of forget gate and candidate, in 2^-6, the present token's first.
    taps: [[[i8; INNER]; TAPS]; 2],
    /// q16, of the last tokens, the latest first.
    past: [[[i64; INNER]; TAPS]; 2],
    /// In 2^-24.
    state: [i64; INNER],
}

#[repr(C)]
struct Model {
    embedding: Matrix<DIM, ROWS>,
    blocks: [Block; BLOCKS],
    /// Of the logits, in 2^-4 bits.
    bias: [i8; ROWS],
    rows: usize,
    tokens: usize,
    /// What each of the tokens on the last row has less than it, q16.
    shared: i32,
    /// `1 / (1 + 2^-x)` in 2^-24.
    sigmoid: [i64; (2 * REACH * STEPS + 1) as usize],
    /// The residual stream after the last block, q16.
    stream: [i64; DIM],
    logits: [i32; 65_536],
}

/// Whole inputs of a matrix.
#[repr(C, align(16))]
struct Inputs<const N: usize> {
    values: [i16; N],
    /// One over their root mean square, in 2^-26.
    inverse: i64,
}

static mut BYTES: [u8; DATA] = [0; DATA];
static mut MODEL: core::mem::MaybeUninit<Model> = core::mem::MaybeUninit::zeroed();

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The one model. The harness calls one function at a time.
fn model() -> &'static mut Model {
    unsafe { (*addr_of_mut!(MODEL)).assume_init_mut() }
}

/// Room for the data.
#[unsafe(no_mangle)]
extern "C" fn data(bytes: usize) -> *mut u8 {
    if bytes > DATA {
        core::arch::wasm32::unreachable()
    }
    addr_of_mut!(BYTES).cast()
}

/// Unpacks the model, and sees the start token.
#[unsafe(no_mangle)]
extern "C" fn logits(tokens: usize) -> *const i32 {
    let model = model();
    let mut reader = Reader { left: unsafe { &*addr_of!(BYTES) } };
    model.tokens = tokens;
    model.rows = usize::from(reader.half());
    model.shared = (logarithm((tokens - model.rows + 1) as u64)) as i32;
    let bias = reader.take(model.rows);
    bias.iter().zip(&mut model.bias).for_each(|(&byte, bias)| *bias = byte as i8);
    for row in 0..model.rows {
        for (byte, pair) in reader.take(DIM / 2).iter().zip(model.embedding.weights[row].chunks_exact_mut(2)) {
            pair[0] = i16::from((byte << 4) as i8 >> 4);
            pair[1] = i16::from(*byte as i8 >> 4);
        }
    }
    (0..model.rows).for_each(|row| model.embedding.scales[row] = reader.half());
    for block in &mut model.blocks {
        reader.matrix(&mut block.forget);
        reader.matrix(&mut block.candidate);
        reader.matrix(&mut block.gate);
        reader.matrix(&mut block.output);
        block.bias.iter_mut().for_each(|bias| *bias = reader.half() as i16);
        block.gain.iter_mut().for_each(|gain| *gain = reader.half());
        for taps in block.taps.iter_mut().flatten() {
            reader.take(INNER).iter().zip(taps).for_each(|(&byte, tap)| *tap = byte as i8);
        }
    }
    fill(&mut model.sigmoid);
    observe(0);
    model.logits.as_ptr()
}

/// A logit for each token.
#[unsafe(no_mangle)]
extern "C" fn predict() {
    let model = model();
    let inputs = quantise(&model.stream);
    for row in 0..model.rows {
        let logit = product(&model.embedding, row, &inputs) + (i64::from(model.bias[row]) << 12);
        model.logits[row] = logit.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    }
    let last = model.logits[model.rows - 1].saturating_sub(model.shared);
    model.logits[model.rows - 1..model.tokens].fill(last);
}

/// Takes a token into the state.
#[unsafe(no_mangle)]
extern "C" fn observe(token: usize) {
    let model = model();
    let row = &model.embedding.weights[token.min(model.rows - 1)];
    let mut stream = [0i64; DIM];
    let inverse = inverse(row);
    row.iter().zip(&mut stream).for_each(|(&weight, x)| *x = round(i64::from(weight) * inverse, 10));
    for block in &mut model.blocks {
        mix(block, &model.sigmoid, &mut stream);
    }
    model.stream = stream;
}

/// One block and its residual addition.
fn mix(block: &mut Block, sigmoids: &[i64], stream: &mut [i64; DIM]) {
    let inputs = quantise(stream);
    for past in &mut block.past {
        past.copy_within(0..TAPS - 1, 1);
    }
    let mut mixed = [0i64; INNER];
    for i in 0..INNER {
        block.past[0][0][i] = product(&block.forget, i, &inputs);
        block.past[1][0][i] = product(&block.candidate, i, &inputs);
        let gate = product(&block.gate, i, &inputs);
        let convolved = |which: usize| {
            round((0..TAPS).map(|k| i64::from(block.taps[which][k][i]) * block.past[which][k][i]).sum(), 6)
        };
        let forget = convolved(0) + (i64::from(block.bias[i]) << 8);
        let take = sigmoid(sigmoids, -forget);
        let state = &mut block.state[i];
        *state += round(((convolved(1) << 8) - *state) * take, 24);
        let grown = round((*state >> 8) * i64::from(block.gain[i]), 10);
        mixed[i] = round(round(grown * gate, 16) * sigmoid(sigmoids, gate), 24);
    }
    let inputs = quantise(&mixed);
    for (i, x) in stream.iter_mut().enumerate() {
        *x += product(&block.output, i, &inputs);
    }
}

/// `x / 2^bits` to the nearest, halves up.
fn round(x: i64, bits: u32) -> i64 {
    (x + (1 << (bits - 1))) >> bits
}

/// Whole numbers up to 127 in proportion to `x`.
fn quantise<const N: usize>(x: &[i64; N]) -> Inputs<N> {
    let most = x.iter().map(|x| x.abs()).max().unwrap_or(0).max(1);
    let mut values = [0i16; N];
    for (&x, value) in x.iter().zip(&mut values) {
        let size = ((254 * x.abs() + most) / (2 * most)) as i16;
        *value = if x < 0 { -size } else { size };
    }
    let inverse = inverse(&values);
    Inputs { values, inverse }
}

/// One over the root mean square, in 2^-26.
fn inverse<const N: usize>(values: &[i16; N]) -> i64 {
    let squares: i64 = values.iter().map(|&value| i64::from(value) * i64::from(value)).sum();
    (((N as u64) << 52) / squares.max(1) as u64).isqrt() as i64
}

/// A row of a matrix times its inputs, q16.
fn product<const N: usize, const ROWS: usize>(matrix: &Matrix<N, ROWS>, row: usize, inputs: &Inputs<N>) -> i64 {
    let (weights, values) = (&matrix.weights[row], &inputs.values);
    let mut sum = i32x4_splat(0);
    let mut i = 0;
    while i < N {
        // Both are as long as the loop runs, in steps of the eight that a vector holds.
        let (a, b): (v128, v128) =
            unsafe { (v128_load(weights.as_ptr().add(i).cast()), v128_load(values.as_ptr().add(i).cast())) };
        sum = i32x4_add(sum, i32x4_dot_i16x8(a, b));
        i += 8;
    }
    let sum = i32x4_extract_lane::<0>(sum)
        + i32x4_extract_lane::<1>(sum)
        + i32x4_extract_lane::<2>(sum)
        + i32x4_extract_lane::<3>(sum);
    let scale = matrix.scales[row];
    round(i64::from(sum) * inputs.inverse * i64::from(scale >> 5), 10 + u32::from(scale & 31))
}

/// `1 / (1 + 2^-x)` for `x` in q16, in 2^-24: between the table's steps in a straight line.
fn sigmoid(table: &[i64], x: i64) -> i64 {
    let x = (x + (REACH << 16)).clamp(0, (2 * REACH << 16) - 1) * STEPS;
    let (step, rest) = ((x >> 16) as usize, x & 0xffff);
    table[step] + round((table[step + 1] - table[step]) * rest, 16)
}

/// The table, from `2^-x` in 2^-32.
fn fill(table: &mut [i64; (2 * REACH * STEPS + 1) as usize]) {
    // 2^(-1 / STEPS)
    const STEP: u64 = 4_112_874_773;
    let middle = (REACH * STEPS) as usize;
    let mut power = 1u64 << 32;
    for i in 0..=middle {
        let value = ((1u64 << 56) / ((1 << 32) + power)) as i64;
        table[middle + i] = value;
        table[middle - i] = (1 << 24) - value;
        power = (power * STEP) >> 32;
    }
}

/// Base-2 logarithm, q16, by repeated squaring.
fn logarithm(value: u64) -> u32 {
    let mut result = value.ilog2();
    let mut mantissa = value << (31 - result);
    for _ in 0..16 {
        mantissa = (mantissa * mantissa) >> 31;
        let carry = mantissa >> 32;
        mantissa >>= carry;
        result = result << 1 | carry as u32;
    }
    result
}

/// Reads the data from its beginning.
struct Reader {
    left: &'static [u8],
}

impl Reader {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let (taken, left) = self.left.split_at(count);
        self.left = left;
        taken
    }

    fn half(&mut self) -> u16 {
        let bytes = self.take(2);
        u16::from_le_bytes([bytes[0], bytes[1]])
    }

    /// Weights of -1, 0 and 1, five in a byte, and their scales.
    fn matrix<const N: usize, const ROWS: usize>(&mut self, matrix: &mut Matrix<N, ROWS>) {
        let bytes = self.take((N * ROWS).div_ceil(5));
        for (index, weight) in matrix.weights.iter_mut().flatten().enumerate() {
            *weight = i16::from(bytes[index / 5] / [1, 3, 9, 27, 81][index % 5] % 3) - 1;
        }
        matrix.scales.iter_mut().for_each(|scale| *scale = self.half());
    }
}
