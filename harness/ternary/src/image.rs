//! A model laid out flat: what the engine runs from, without copying, and what sits in a microcontroller's flash.
//!
//! Little-endian 32-bit words at the front (`HEADER` of them, then the descriptors of the matrices), then sections, each at a multiple of four bytes, at
//! the offsets that the words say. Reading checks everything that the engine relies on, so that no image, however hostile,
//! makes it read out of bounds or overflow.

use crate::codec::Codec;
use crate::rows::Order;
use golf_core::{Tokenization, Vocabulary, VocabularyError};

pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"GOLF");
/// Version of the layout.
pub(crate) const LAYOUT: u32 = 2;

/// Places of the header's words.
pub(crate) mod word {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const LAYOUT: usize = 1;
    pub(crate) const LENGTH: usize = 2;
    pub(crate) const TOKENS: usize = 3;
    pub(crate) const ROWS: usize = 4;
    pub(crate) const DIM: usize = 5;
    pub(crate) const HEADS: usize = 6;
    pub(crate) const KV_HEADS: usize = 7;
    pub(crate) const HEAD_DIM: usize = 8;
    pub(crate) const HIDDEN: usize = 9;
    pub(crate) const GATED: usize = 10;
    pub(crate) const WINDOW: usize = 11;
    pub(crate) const PERIOD: usize = 12;
    pub(crate) const SOFTCAP: usize = 13;
    pub(crate) const START: usize = 14;
    pub(crate) const TOKENIZATION: usize = 15;
    pub(crate) const DEPTH: usize = 16;
    pub(crate) const BLOCKS: usize = 17;
    pub(crate) const VOCABULARY_OFFSETS: usize = 18;
    pub(crate) const VOCABULARY_BYTES: usize = 19;
    pub(crate) const VOCABULARY_LENGTH: usize = 20;
    pub(crate) const VOCABULARY_ORDER: usize = 21;
    pub(crate) const SINE: usize = 22;
    pub(crate) const FREQUENCIES: usize = 23;
    pub(crate) const BLOCK_MAP: usize = 24;
}

/// Words before the descriptors.
pub(crate) const HEADER: usize = 25;
/// Words of a matrix's descriptor: codec and [order](BY_COLUMNS), groups, exponent, pre-shift, offset of the weights, offset of the scales.
pub(crate) const DESCRIPTOR: usize = 6;
/// Added to the codec of a matrix whose weights are stored by columns.
pub(crate) const BY_COLUMNS: u32 = 1 << 8;

/// Whether there is such an order.
pub(crate) fn can_lie_by_columns(codec: Codec, groups: usize) -> bool {
    codec == Codec::Trit5 && groups == 1
}

/// Matrices of a block, in the order of [`Part`].
pub(crate) const PARTS: usize = 7;
/// Words of a block: its matrices' descriptors and the offset of its gains.
pub(crate) const BLOCK: usize = PARTS * DESCRIPTOR + 1;

/// The matrices of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Query,
    Key,
    Value,
    Output,
    Up,
    Gate,
    Down,
}

impl Part {
    pub(crate) const ALL: [Part; PARTS] =
        [Part::Query, Part::Key, Part::Value, Part::Output, Part::Up, Part::Gate, Part::Down];
}

/// The sizes of a model; the letters are those of `ARITHMETIC.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Tokens of the vocabulary, `V`.
    pub tokens: usize,
    /// Rows of the embedding, `R`.
    pub rows: usize,
    /// Width, `d`.
    pub dim: usize,
    /// Query heads, `H`.
    pub heads: usize,
    /// Key and value heads, `G`.
    pub kv_heads: usize,
    /// Width of a head, `e`.
    pub head_dim: usize,
    /// Hidden width of the MLP, `f`.
    pub hidden: usize,
    /// Whether the MLP has a gate.
    pub gated: bool,
    /// Attention window in tokens, `W`.
    pub window: usize,
    /// Positions after which the rotation repeats, `P`.
    pub period: usize,
    /// Cap of the logits in bits; 0 for none.
    pub softcap: u32,
    /// The token fed before a document's first.
    pub start: u32,
    /// How text is cut into tokens.
    pub tokenization: Tokenization,
    /// How many blocks a token passes, `D`.
    pub depth: usize,
    /// How many blocks there are.
    pub blocks: usize,
}

/// Largest multiply-adds per token that an image may ask for.
pub const WORK_LIMIT: u64 = 1 << 30;

impl Shape {
    /// Rows and columns of a block's matrix; none for the gate of an MLP that has none.
    pub(crate) fn part(&self, part: Part) -> Option<(usize, usize)> {
        let (queries, keys) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        Some(match part {
            Part::Query => (queries, self.dim),
            Part::Key | Part::Value => (keys, self.dim),
            Part::Output => (self.dim, queries),
            Part::Gate if !self.gated => return None,
            Part::Up | Part::Gate => (self.hidden, self.dim),
            Part::Down => (self.dim, self.hidden),
        })
    }

    /// Multiply-adds of the matrices for one token, the head included.
    pub fn multiply_adds(&self) -> u64 {
        let block: u64 = Part::ALL.iter().filter_map(|&p| self.part(p)).map(|(r, c)| r as u64 * c as u64).sum();
        self.depth as u64 * block + self.rows as u64 * self.dim as u64
    }

    /// Checks every limit that doesn't need the weights.
    ///
    /// # Errors
    /// The first one that is broken.
    pub fn check(&self) -> Result<(), ImageError> {
        let limits = [
            ("rows", self.rows, 1, self.tokens),
            ("dim", self.dim, 1, 8_192),
            ("heads", self.heads, 1, 256),
            ("kv_heads", self.kv_heads, 1, self.heads),
            ("head_dim", self.head_dim, 2, 128),
            ("hidden", self.hidden, 1, 32_768),
            ("window", self.window, 1, 4_096),
            ("rope.period", self.period, 16, 65_536),
            ("softcap", self.softcap as usize, 0, 1_000),
            ("start", self.start as usize, 0, self.tokens - 1),
            ("depth", self.depth, 1, 64),
            ("blocks", self.blocks, 1, self.depth),
        ];
        for (field, value, low, high) in limits {
            if !(low..=high).contains(&value) {
                return Err(ImageError::Limit { field, value, low, high });
            }
        }
        if !self.head_dim.is_multiple_of(2)
            || !self.heads.is_multiple_of(self.kv_heads)
            || !self.period.is_power_of_two()
        {
            return Err(ImageError::Divisibility);
        }
        match self.multiply_adds() {
            work if work > WORK_LIMIT => Err(ImageError::Work { multiply_adds: work }),
            _ => Ok(()),
        }
    }
}

/// Why bytes are not an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Not the magic number, or another version of the layout, or cut short.
    Header,
    /// A size is outside its limits.
    Limit {
        /// Its name in the artifact's configuration.
        field: &'static str,
        /// What it is.
        value: usize,
        /// The least it may be.
        low: usize,
        /// The most it may be.
        high: usize,
    },
    /// The head width is odd, the heads are not a multiple of the key/value heads, or the period is not a power of two.
    Divisibility,
    /// More multiply-adds per token than [`WORK_LIMIT`].
    Work {
        /// How many.
        multiply_adds: u64,
    },
    /// A section lies outside the image or at an odd place.
    Section,
    /// The block map names a block that isn't there.
    BlockMap,
    /// A matrix's descriptor is out of range, or its scales or gains are so large that a sum could overflow.
    Matrix,
    /// The vocabulary is not one.
    Vocabulary(VocabularyError),
}

impl core::fmt::Display for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Header => write!(f, "not an image of this version, or cut short"),
            Self::Limit { field, value, low, high } => {
                write!(f, "`{field}` is {value}, but must be from {low} to {high}")
            }
            Self::Divisibility => {
                write!(f, "`head_dim` must be even, `heads` a multiple of `kv_heads`, and `rope.period` a power of two")
            }
            Self::Work { multiply_adds } => {
                write!(f, "{multiply_adds} multiply-adds per token are more than the limit of {WORK_LIMIT}")
            }
            Self::Section => write!(f, "a section lies outside the image"),
            Self::BlockMap => write!(f, "`depth` names a block that isn't there"),
            Self::Matrix => write!(f, "scales or gains are so large that a sum could overflow"),
            Self::Vocabulary(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for ImageError {}

/// A checked image.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
    shape: Shape,
    vocabulary: Vocabulary<'a>,
}

/// A weight matrix in an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    pub(crate) codec: Codec,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Groups of columns with scales of their own.
    pub(crate) groups: usize,
    /// The scales' common exponent, `S`.
    pub(crate) exponent: i32,
    /// `A`: what brings the sum of a row to 31 bits.
    pub(crate) pre_shift: i32,
    pub(crate) weights: &'a [u8],
    /// Whether the weights are stored by columns.
    pub(crate) by_columns: bool,
    /// `[rows, groups]` as little-endian words.
    pub(crate) scales: &'a [u8],
}

impl<'a> Matrix<'a> {
    /// One that lies outside an image, with scales of less than 2^10.
    #[cfg(feature = "alloc")]
    pub(crate) fn outside(
        codec: Codec,
        (rows, cols, groups): (usize, usize, usize),
        weights: &'a [u8],
        scales: &'a [u8],
    ) -> Self {
        let matrix =
            Matrix { codec, rows, cols, groups, exponent: 20, pre_shift: 12, weights, by_columns: false, scales };
        debug_assert!(matrix.check().is_ok());
        matrix
    }

    /// A row's bytes as they stand in an artifact, for [`Codec::unpack`].
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = u8> {
        self.order().row(self.weights, row)
    }

    /// How the rows lie.
    pub(crate) fn order(&self) -> Order {
        let Matrix { codec, rows, cols, by_columns, .. } = *self;
        Order { codec, rows, cols, by_columns }
    }

    /// The scale of a group of a row, `s`.
    pub(crate) fn scale(&self, row: usize, group: usize) -> u32 {
        read(self.scales, row * self.groups + group)
    }

    /// Checks that every product and sum of [`linear`](crate::linear::linear) stays in its type.
    fn check(&self) -> Result<(), ImageError> {
        let reach = 127 * u64::from(self.codec.largest()) * (self.cols / self.groups) as u64;
        let row_is_sound = |row| {
            // Each scale below 2^31 and at most 2^13 groups: their sum fits 44 bits.
            let scales = (0..self.groups).map(|group| u64::from(self.scale(row, group)));
            scales.clone().all(|scale| scale < 1 << 31)
                && (u128::from(reach) * u128::from(scales.sum::<u64>())) >> self.pre_shift < 1 << 31
        };
        let sums_fit = reach * (self.groups as u64) < 1 << 31 && (0..self.rows).all(row_is_sound);
        if sums_fit { Ok(()) } else { Err(ImageError::Matrix) }
    }
}

fn read(bytes: &[u8], word: usize) -> u32 {
    let at = 4 * word;
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn read_half(bytes: &[u8], half: usize) -> u16 {
    u16::from_le_bytes([bytes[2 * half], bytes[2 * half + 1]])
}

/// Narrows the attention window of an image, which is then another model: one whose cache wraps after fewer tokens. What is too short for an image is
/// left as it is.
pub fn narrow(image: &mut [u8], window: u32) {
    if let Some(word) = image.get_mut(4 * word::WINDOW..4 * (word::WINDOW + 1)) {
        let old = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        word.copy_from_slice(&old.min(window).to_le_bytes());
    }
}

impl<'a> Image<'a> {
    /// Checks an image and borrows it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ImageError> {
        if bytes.len() < 4 * HEADER
            || read(bytes, word::MAGIC) != MAGIC
            || read(bytes, word::LAYOUT) != LAYOUT
            || read(bytes, word::LENGTH) as usize != bytes.len()
        {
            return Err(ImageError::Header);
        }
        let size = |place| read(bytes, place) as usize;
        let tokenization = Tokenization::NAMES.get(size(word::TOKENIZATION)).ok_or(ImageError::Header)?.0;
        let shape = Shape {
            tokens: match size(word::TOKENS) {
                tokens @ 256..=65_536 => tokens,
                tokens => return Err(ImageError::Vocabulary(VocabularyError::Size { tokens })),
            },
            rows: size(word::ROWS),
            dim: size(word::DIM),
            heads: size(word::HEADS),
            kv_heads: size(word::KV_HEADS),
            head_dim: size(word::HEAD_DIM),
            hidden: size(word::HIDDEN),
            gated: size(word::GATED) != 0,
            window: size(word::WINDOW),
            period: size(word::PERIOD),
            softcap: read(bytes, word::SOFTCAP),
            start: read(bytes, word::START),
            tokenization,
            depth: size(word::DEPTH),
            blocks: size(word::BLOCKS),
        };
        shape.check()?;
        if bytes.len() < 4 * (HEADER + DESCRIPTOR + shape.blocks * BLOCK) {
            return Err(ImageError::Header);
        }
        let at = |place: usize, length: usize| section(bytes, read(bytes, place), length);
        let vocabulary = Vocabulary::new(
            at(word::VOCABULARY_OFFSETS, 4 * (shape.tokens + 1))?,
            at(word::VOCABULARY_BYTES, size(word::VOCABULARY_LENGTH))?,
            at(word::VOCABULARY_ORDER, 2 * shape.tokens)?,
            tokenization,
        )
        .map_err(ImageError::Vocabulary)?;
        // A rotation lengthens nothing, so that its products fit an i32.
        let sine = at(word::SINE, 2 * shape.period)?;
        let square = |step: usize| i64::from(read_half(sine, step & (shape.period - 1)) as i16).pow(2);
        if (0..shape.period).any(|step| square(step) + square(step + shape.period / 4) > (1 << 30) + (1 << 17)) {
            return Err(ImageError::Matrix);
        }
        let frequencies = at(word::FREQUENCIES, shape.head_dim)?;
        if (0..shape.head_dim / 2).any(|pair| read_half(frequencies, pair) as usize >= shape.period) {
            return Err(ImageError::Limit {
                field: "rope.frequencies",
                value: shape.period,
                low: 0,
                high: shape.period - 1,
            });
        }
        if at(word::BLOCK_MAP, shape.depth)?.iter().any(|&block| block as usize >= shape.blocks) {
            return Err(ImageError::BlockMap);
        }
        let image = Image { bytes, shape, vocabulary };
        image.matrix_at(HEADER, shape.rows, shape.dim)?.check()?;
        for block in 0..shape.blocks {
            for part in Part::ALL {
                if let Some((rows, cols)) = shape.part(part) {
                    image.matrix_at(image.descriptor(block, part), rows, cols)?.check()?;
                }
            }
            let gains = section(bytes, read(bytes, image.gains_word(block)), 2 * shape.heads)?;
            // A product of a head's dot product and its gain must fit an i32.
            let most = (i32::MAX as usize - 128) / (127 * 127 * shape.head_dim);
            if (0..shape.heads).any(|head| read_half(gains, head) as usize > most) {
                return Err(ImageError::Matrix);
            }
        }
        Ok(image)
    }

    /// The sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The tokens.
    pub fn vocabulary(&self) -> Vocabulary<'a> {
        self.vocabulary
    }

    /// All of it.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn embedding(&self) -> Matrix<'a> {
        self.matrix_at(HEADER, self.shape.rows, self.shape.dim).expect("checked by `new`")
    }

    pub(crate) fn matrix(&self, block: usize, part: Part) -> Option<Matrix<'a>> {
        let (rows, cols) = self.shape.part(part)?;
        Some(self.matrix_at(self.descriptor(block, part), rows, cols).expect("checked by `new`"))
    }

    /// The gain of a head's attention scores.
    pub(crate) fn gain(&self, block: usize, head: usize) -> i32 {
        i32::from(read_half(self.section(self.gains_word(block), 2 * self.shape.heads), head))
    }

    /// The block that runs at a depth.
    pub(crate) fn block_at(&self, depth: usize) -> usize {
        self.section(word::BLOCK_MAP, self.shape.depth)[depth] as usize
    }

    /// Sine and cosine in Q15 of each pair's angle at a position.
    pub(crate) fn rotations(&self, position: usize) -> impl Iterator<Item = (i32, i32)> {
        let frequencies = self.section(word::FREQUENCIES, self.shape.head_dim);
        let period = self.shape.period;
        let table = self.section(word::SINE, 2 * period);
        let sine = move |step: usize| i32::from(read_half(table, step & (period - 1)) as i16);
        (0..self.shape.head_dim / 2).map(move |pair| {
            let step = position.wrapping_mul(read_half(frequencies, pair) as usize);
            (sine(step), sine(step.wrapping_add(period / 4)))
        })
    }

    fn section(&self, place: usize, length: usize) -> &'a [u8] {
        section(self.bytes, read(self.bytes, place), length).expect("checked by `new`")
    }

    fn descriptor(&self, block: usize, part: Part) -> usize {
        HEADER + DESCRIPTOR + block * BLOCK + part as usize * DESCRIPTOR
    }

    fn gains_word(&self, block: usize) -> usize {
        HEADER + DESCRIPTOR + block * BLOCK + PARTS * DESCRIPTOR
    }

    fn matrix_at(&self, descriptor: usize, rows: usize, cols: usize) -> Result<Matrix<'a>, ImageError> {
        let field = |index: usize| read(self.bytes, descriptor + index);
        let by_columns = field(0) & BY_COLUMNS != 0;
        let codec = Codec::NAMES.get((field(0) & !BY_COLUMNS) as usize).ok_or(ImageError::Matrix)?.0;
        let groups = field(1) as usize;
        let (exponent, pre_shift) = (field(2) as i32, field(3) as i32);
        if groups == 0
            || !cols.is_multiple_of(groups)
            || !(0..=62).contains(&exponent)
            || !(0..=62).contains(&pre_shift)
            || (by_columns && !can_lie_by_columns(codec, groups))
        {
            return Err(ImageError::Matrix);
        }
        let order = Order { codec, rows, cols, by_columns };
        let weights = section(self.bytes, field(4), order.bytes())?;
        let scales = section(self.bytes, field(5), rows.saturating_mul(4 * groups))?;
        Ok(Matrix { codec, rows, cols, groups, exponent, pre_shift, weights, by_columns, scales })
    }
}

/// Bytes `offset..offset + length`, if they are there and the offset is a multiple of four.
fn section(bytes: &[u8], offset: u32, length: usize) -> Result<&[u8], ImageError> {
    let start = offset as usize;
    let end = start.checked_add(length).ok_or(ImageError::Section)?;
    if !start.is_multiple_of(4) { Err(ImageError::Section) } else { bytes.get(start..end).ok_or(ImageError::Section) }
}
