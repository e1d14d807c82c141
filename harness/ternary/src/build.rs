//! Building an image from a model's parts.

use crate::Codec;
use crate::image::{
    BLOCK, BY_COLUMNS, DESCRIPTOR, HEADER, Image, ImageError, LAYOUT, MAGIC, PARTS, Part, Shape, can_lie_by_columns,
    word,
};
use crate::rows::Order;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// A weight matrix as it is stored.
#[derive(Clone, Debug)]
pub struct MatrixSource<'a> {
    /// How the rows are stored.
    pub codec: Codec,
    /// Rows one after the other, each [`Codec::row_bytes`] long.
    pub weights: &'a [u8],
    /// One scale, one per row, or row by row one per group of columns: mantissa in the upper 11 bits, shift in the lower 5.
    pub scales: Vec<u16>,
}

/// A block's matrices and the gains of its heads.
#[derive(Clone, Debug)]
pub struct BlockSource<'a> {
    /// `[H*e, d]`
    pub query: MatrixSource<'a>,
    /// `[G*e, d]`
    pub key: MatrixSource<'a>,
    /// `[G*e, d]`
    pub value: MatrixSource<'a>,
    /// `[d, H*e]`
    pub output: MatrixSource<'a>,
    /// `[f, d]`
    pub up: MatrixSource<'a>,
    /// `[f, d]`, when the MLP is gated.
    pub gate: Option<MatrixSource<'a>>,
    /// `[d, f]`
    pub down: MatrixSource<'a>,
    /// `[H]`
    pub gains: Vec<u16>,
}

/// All that an image is made from.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The sizes.
    pub shape: Shape,
    /// Bytes of each token.
    pub vocabulary: Vec<&'a [u8]>,
    /// Frequencies of the rotary pairs, `[e/2]`, each below the period.
    pub frequencies: Vec<u16>,
    /// The block at each depth, `[D]`.
    pub block_map: Vec<u8>,
    /// `[R, d]`
    pub embedding: MatrixSource<'a>,
    /// The blocks.
    pub blocks: Vec<BlockSource<'a>>,
}

/// Why an image can't be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A matrix can't be used.
    Matrix {
        /// Its name in the artifact, without the codec.
        name: String,
        /// What is wrong.
        fault: MatrixFault,
    },
    /// The image breaks a rule as a whole.
    Image(ImageError),
}

/// What can be wrong with a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixFault {
    /// The stored bytes are not as many as the rows and columns need.
    Length,
    /// The number of scales is neither 1, nor the rows, nor the rows times a divisor of the columns.
    Scales,
    /// The scales are so far apart that they don't fit 31 bits with a common exponent.
    Spread,
}

impl core::fmt::Display for BuildError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Matrix { name, fault } => match fault {
                MatrixFault::Length => write!(f, "`{name}` has not the bytes that its rows and columns need"),
                MatrixFault::Scales => {
                    write!(f, "`{name}.scale` must have one scale, one per row, or one per row and group of columns")
                }
                MatrixFault::Spread => write!(
                    f,
                    "`{name}.scale` spans more than 31 bits between its largest and smallest scale; round the smallest to zero"
                ),
            },
            Self::Image(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for BuildError {}

/// Lays a model out flat.
///
/// # Errors
/// If the parts don't fit together or break a rule of [`Image::new`].
pub fn build(source: &Source<'_>) -> Result<Vec<u8>, BuildError> {
    let shape = &source.shape;
    shape.check().map_err(BuildError::Image)?;
    let fits = source.vocabulary.len() == shape.tokens
        && source.frequencies.len() == shape.head_dim / 2
        && source.block_map.len() == shape.depth
        && source.blocks.len() == shape.blocks
        && source.blocks.iter().all(|block| block.gains.len() == shape.heads && block.gate.is_some() == shape.gated);
    if !fits {
        return Err(BuildError::Image(ImageError::Header));
    }
    let mut image = Writer::new(HEADER + DESCRIPTOR + shape.blocks * BLOCK);
    image.header(shape);
    image.vocabulary(&source.vocabulary);
    let sine = sine_table(shape.period);
    image.section(word::SINE, sine.iter().flat_map(|value| value.to_le_bytes()));
    image.section(word::FREQUENCIES, source.frequencies.iter().flat_map(|value| value.to_le_bytes()));
    image.section(word::BLOCK_MAP, source.block_map.iter().copied());
    image.matrix(HEADER, "embedding", &source.embedding, (shape.rows, shape.dim), false)?;
    for (index, block) in source.blocks.iter().enumerate() {
        let first = HEADER + DESCRIPTOR + index * BLOCK;
        for part in Part::ALL {
            let (name, matrix) = block.part(part);
            if let (Some(matrix), Some(size)) = (matrix, shape.part(part)) {
                let name = alloc::format!("blocks.{index}.{name}");
                image.matrix(first + part as usize * DESCRIPTOR, &name, matrix, size, part == Part::Down)?;
            }
        }
        image.section(first + PARTS * DESCRIPTOR, block.gains.iter().flat_map(|gain| gain.to_le_bytes()));
    }
    let bytes = image.finish();
    Image::new(&bytes).map_err(BuildError::Image)?;
    Ok(bytes)
}

impl BlockSource<'_> {
    /// A matrix and its name within the block in the artifact.
    fn part(&self, part: Part) -> (&'static str, Option<&MatrixSource<'_>>) {
        match part {
            Part::Query => ("attention.query", Some(&self.query)),
            Part::Key => ("attention.key", Some(&self.key)),
            Part::Value => ("attention.value", Some(&self.value)),
            Part::Output => ("attention.output", Some(&self.output)),
            Part::Up => ("mlp.up", Some(&self.up)),
            Part::Gate => ("mlp.gate", self.gate.as_ref()),
            Part::Down => ("mlp.down", Some(&self.down)),
        }
    }
}

struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn new(words: usize) -> Self {
        Writer { bytes: vec![0; 4 * words] }
    }

    fn set(&mut self, word: usize, value: usize) {
        let value = u32::try_from(value).expect("an image's sizes are bounded well below 2^32");
        self.bytes[4 * word..4 * word + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn section(&mut self, word: usize, content: impl Iterator<Item = u8>) {
        self.set(word, self.bytes.len());
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn header(&mut self, shape: &Shape) {
        let tokenization = golf_core::Tokenization::NAMES.iter().position(|&(kind, _)| kind == shape.tokenization);
        for (place, value) in [
            (word::MAGIC, MAGIC as usize),
            (word::LAYOUT, LAYOUT as usize),
            (word::TOKENS, shape.tokens),
            (word::ROWS, shape.rows),
            (word::DIM, shape.dim),
            (word::HEADS, shape.heads),
            (word::KV_HEADS, shape.kv_heads),
            (word::HEAD_DIM, shape.head_dim),
            (word::HIDDEN, shape.hidden),
            (word::GATED, usize::from(shape.gated)),
            (word::WINDOW, shape.window),
            (word::PERIOD, shape.period),
            (word::SOFTCAP, shape.softcap as usize),
            (word::START, shape.start as usize),
            (word::TOKENIZATION, tokenization.expect("all are named")),
            (word::DEPTH, shape.depth),
            (word::BLOCKS, shape.blocks),
        ] {
            self.set(place, value);
        }
    }

    fn vocabulary(&mut self, tokens: &[&[u8]]) {
        let ends = tokens.iter().scan(0u32, |end, token| {
            *end += token.len() as u32;
            Some(*end)
        });
        self.section(word::VOCABULARY_OFFSETS, core::iter::once(0).chain(ends).flat_map(u32::to_le_bytes));
        self.set(word::VOCABULARY_LENGTH, tokens.iter().map(|token| token.len()).sum());
        self.section(word::VOCABULARY_BYTES, tokens.iter().flat_map(|token| token.iter().copied()));
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&token| tokens[token]);
        self.section(word::VOCABULARY_ORDER, order.iter().flat_map(|&token| (token as u16).to_le_bytes()));
    }

    fn matrix(
        &mut self,
        descriptor: usize,
        name: &str,
        source: &MatrixSource<'_>,
        (rows, cols): (usize, usize),
        sparse: bool,
    ) -> Result<(), BuildError> {
        let fail = |fault| Err(BuildError::Matrix { name: name.into(), fault });
        if source.weights.len() != rows * source.codec.row_bytes(cols) {
            return fail(MatrixFault::Length);
        }
        let given = source.scales.len();
        let groups = if given == 1 || given == rows { 1 } else { given / rows };
        if groups == 0 || cols % groups != 0 || (given != 1 && given != rows * groups) {
            return fail(MatrixFault::Scales);
        }
        let Some((scales, exponent)) = common_exponent(&source.scales) else { return fail(MatrixFault::Spread) };
        let scales: Vec<u32> = if given == 1 { vec![scales[0]; rows] } else { scales };
        let reach = 127 * u128::from(source.codec.largest()) * (cols / groups) as u128;
        let top = scales.chunks(groups).map(|row| row.iter().map(|&s| u128::from(s)).sum::<u128>()).max().unwrap_or(0);
        let pre_shift = (128 - (reach * top).leading_zeros()).saturating_sub(31);
        let codec = Codec::NAMES.iter().position(|&(kind, _)| kind == source.codec).expect("all are named");
        // An activation of the MLP is zero for half of its inputs or more.
        let by_columns = sparse && can_lie_by_columns(source.codec, groups);
        let codec = codec | if by_columns { BY_COLUMNS as usize } else { 0 };
        for (index, value) in [codec, groups, exponent as usize, pre_shift as usize].into_iter().enumerate() {
            self.set(descriptor + index, value);
        }
        let order = Order { codec: source.codec, rows, cols, by_columns };
        self.section(descriptor + 4, order.arrange(source.weights).into_iter());
        self.section(descriptor + 5, scales.into_iter().flat_map(u32::to_le_bytes));
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        self.set(word::LENGTH, self.bytes.len());
        self.bytes
    }
}

/// Scales with one exponent for all of them, exactly: `value = scale * 2^-exponent`. None when that takes more than 31 bits.
fn common_exponent(scales: &[u16]) -> Option<(Vec<u32>, u32)> {
    let exponent =
        scales.iter().filter(|&&scale| scale >> 5 != 0).map(|scale| u32::from(scale & 31)).max().unwrap_or(0);
    let scale = |&scale: &u16| match u64::from(scale >> 5) {
        0 => Some(0),
        mantissa => u32::try_from(mantissa << (exponent - u32::from(scale & 31))).ok().filter(|&scale| scale < 1 << 31),
    };
    Some((scales.iter().map(scale).collect::<Option<_>>()?, exponent))
}

/// A full turn of the sine in Q15, at most 32,767, by its Taylor series in Q60: the same table on every machine.
fn sine_table(period: usize) -> Vec<i16> {
    /// `2 pi` in Q60.
    const TURN: i128 = 7_244_019_458_077_122_842;
    let quarter = period / 4;
    let sine = |step: usize| {
        let angle = TURN * step as i128 / period as i128;
        let square = (angle * angle) >> 60;
        let (mut term, mut sum, mut k) = (angle, 0, 1);
        while term != 0 {
            sum += term;
            term = -((term * square) >> 60) / ((k + 1) * (k + 2));
            k += 2;
        }
        ((sum + (1 << 44)) >> 45).min(32_767) as i16
    };
    (0..period)
        .map(|step| match step / quarter {
            0 => sine(step),
            1 => sine(2 * quarter - step),
            2 => -sine(step - 2 * quarter),
            _ => -sine(4 * quarter - step),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_table_is_the_sine() {
        for period in [16, 64, 4_096, 65_536] {
            for (step, &value) in sine_table(period).iter().enumerate() {
                let exact = (step as f64 / period as f64 * core::f64::consts::TAU).sin() * 32_768.0;
                assert!((f64::from(value) - exact).abs() <= 1.0, "{step}/{period}: {value} for {exact}");
            }
        }
    }

    #[test]
    fn scales_keep_their_values_with_one_exponent() {
        let scale = |mantissa: u16, shift: u16| mantissa << 5 | shift;
        assert_eq!(common_exponent(&[scale(3, 4), scale(1, 6), 0]), Some((vec![12, 1, 0], 6)));
        assert_eq!(common_exponent(&[scale(2_047, 0), scale(1, 31)]), None);
    }
}
