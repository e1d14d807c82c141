//! The coded form of an artifact: all tensors in one stream of an adaptive arithmetic coder. `FORMAT.md` defines it.
//!
//! The plain form comes out of it whole, and then all rules are checked on that.

mod estimate;
pub(crate) mod range;

use crate::codec;
use crate::header::Dtype;
use crate::model::{Matrix, TernaryConfig};
use crate::tensors::halves;
use crate::vocabulary;
use crate::write::Tensor;
use estimate::{Bytes, Numbers, Strength, Weights};
use golf_ternary::Codec;
use range::{Coder, Decoder, Encoder};

/// Name of the tensor with the stream.
pub(crate) const NAME: &str = "coded";

/// Bytes that an artifact's tensors take at most in plain form when it is read from the coded one.
pub const LARGEST_PLAIN: usize = 64_000_000;

/// Version of the form, the tensor's first byte; the stream follows.
const VERSION: u8 = 1;

/// Why a tensor is not a model's: after how many of its bytes, what, and how to mend it.
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

const REMEDY: &str = "write it with `golf recode`";

/// What a tensor takes in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// A matrix's name without codec, `vocabulary`, or `gains`.
    pub(crate) name: String,
    /// Whole bytes that the stream grew by, but for scales.
    pub(crate) bytes: usize,
    /// Likewise of a matrix's scales.
    pub(crate) scales: usize,
}

/// Finds a tensor's shape, for a matrix in weights, and its bytes in plain form.
pub(crate) type Find<'a> = &'a dyn Fn(&str) -> Option<(&'a [usize], &'a [u8])>;

/// Codes the vocabulary and the tensors of a ternary model, if there is one, of an artifact in plain form that is in order; what is missing counts
/// as empty.
pub(crate) fn encode(config: Option<&TernaryConfig>, find: Find<'_>) -> (Vec<u8>, Vec<Section>) {
    let mut coder = Encoder::new();
    let mut sections = Vec::new();
    let data = |name: &str| find(name).unwrap_or_default();
    let (mut lengths, mut bytes) = (data(vocabulary::LENGTHS).1.to_vec(), data(vocabulary::BYTES).1.to_vec());
    coder.number(lengths.len() as u32, 17);
    code_vocabulary(&mut coder, &mut lengths, &mut bytes);
    sections.push(Section { name: "vocabulary".into(), bytes: coder.len(), scales: 0 });
    for Matrix { name, rows, cols } in config.map(TernaryConfig::matrices).unwrap_or_default() {
        let stored = Codec::NAMES.iter().enumerate().find_map(|(number, &(codec, codec_name))| {
            find(&format!("{name}.{codec_name}")).map(|(shape, data)| (number, codec, shape, data))
        });
        let Some((number, codec, shape, data)) = stored else { continue };
        let begin = coder.len();
        coder.number(number as u32, 8);
        let count = rows.unwrap_or(shape.first().copied().unwrap_or(0));
        if rows.is_none() {
            coder.number(count as u32, 17);
        }
        let code = |coder: &mut Encoder, strength: Strength| {
            let mut weights = Weights::new(codec, cols, strength);
            let mut row = vec![0; cols];
            for stored in data.chunks_exact(codec.row_bytes(cols).max(1)) {
                codec.unpack(stored, &mut row);
                weights.row(coder, &mut row);
            }
        };
        let length = |strength: &Strength| {
            let mut alone = Encoder::new();
            code(&mut alone, *strength);
            alone.len()
        };
        let best = Strength::ALL.into_iter().min_by_key(length).unwrap_or(Strength::Even);
        coder.number(best.number(), 8);
        code(&mut coder, best);
        let middle = coder.len();
        let (shape, scales) = find(&format!("{name}.scale")).unwrap_or_default();
        coder.number(scale_groups(shape, count) as u32, 17);
        let mut numbers = Numbers::new();
        halves(scales).for_each(|scale| {
            numbers.code(&mut coder, ordered(scale));
        });
        sections.push(Section { name, bytes: middle - begin, scales: coder.len() - middle });
    }
    let Some(config) = config else { return (finish(coder), sections) };
    let begin = coder.len();
    let mut numbers = Numbers::new();
    for block in 0..config.blocks() {
        halves(data(&gain(block)).1).for_each(|gain| {
            numbers.code(&mut coder, gain);
        });
    }
    sections.push(Section { name: "gains".into(), bytes: coder.len() - begin, scales: 0 });
    (finish(coder), sections)
}

/// The tensor's bytes.
fn finish(coder: Encoder) -> Vec<u8> {
    [vec![VERSION], coder.finish()].concat()
}

/// Tokens of the vocabulary in a stream, if it may have so many.
pub(crate) fn tokens(stream: &[u8]) -> Option<usize> {
    let tokens = Decoder::new(stream.get(1..)?).number(0, 17) as usize;
    (256..=65_536).contains(&tokens).then_some(tokens)
}

/// The tensors of a stream in plain form.
///
/// # Errors
/// The first reason why the stream is none, or not the only one of its tensors.
pub(crate) fn decode(config: Option<&TernaryConfig>, stream: &[u8]) -> Result<Vec<Tensor<'static>>, Refusal> {
    let (version, stream) = match stream {
        [version, rest @ ..] => (*version, rest),
        [] => (0, stream),
    };
    let mut coder = Decoder::new(stream);
    if version != VERSION {
        return Err(refusal(&coder, format!("version {version} of the coded form is unknown"), REMEDY));
    }
    let mut room = Room { left: LARGEST_PLAIN };
    let mut tensors = Vec::new();
    let tokens = coder.number(0, 17) as usize;
    if !(256..=65_536).contains(&tokens) {
        let message = format!("{tokens} tokens, but a vocabulary has 256 to 65536");
        return Err(refusal(&coder, message, "change the vocabulary"));
    }
    let (mut lengths, mut bytes) = (vec![0; tokens], Vec::new());
    code_vocabulary(&mut coder, &mut lengths, &mut bytes);
    whole(&coder)?;
    room.take(&coder, tokens + bytes.len())?;
    tensors.push(tensor(vocabulary::LENGTHS, Dtype::U8, vec![tokens], lengths));
    tensors.push(tensor(vocabulary::BYTES, Dtype::U8, vec![bytes.len()], bytes));
    if let Some(config) = config {
        for matrix in config.matrices() {
            decode_matrix(&mut coder, &matrix, &mut room, &mut tensors)?;
        }
        let mut numbers = Numbers::new();
        for block in 0..config.blocks() {
            let gains = (0..config.heads).flat_map(|_| numbers.code(&mut coder, 0).to_le_bytes()).collect();
            tensors.push(tensor(&gain(block), Dtype::U16, vec![config.heads], gains));
        }
    }
    whole(&coder)?;
    if !coder.is_finished() {
        let message = match coder.rest() {
            0 => "the last bytes are not those that the encoder writes".into(),
            surplus => format!("{surplus} bytes after the end of the stream"),
        };
        return Err(refusal(&coder, message, REMEDY));
    }
    Ok(tensors)
}

fn decode_matrix(
    coder: &mut Decoder<'_>,
    matrix: &Matrix,
    room: &mut Room,
    tensors: &mut Vec<Tensor<'static>>,
) -> Result<(), Refusal> {
    let Matrix { name, rows, cols } = matrix;
    let number = coder.number(0, 8);
    let Some(&(codec, codec_name)) = Codec::NAMES.get(number as usize) else {
        let all = Codec::NAMES.map(|(_, name)| format!("`{name}`")).join(", ");
        return Err(refusal(coder, format!("`{name}` has codec {number}, but there are 0 to 3 ({all})"), REMEDY));
    };
    let rows = rows.unwrap_or_else(|| coder.number(0, 17) as usize);
    let number = coder.number(0, 8);
    let Some(strength) = Strength::of(number) else {
        let most = Strength::ALL.len() - 1;
        let message = format!("`{name}` has a prediction {number}, but there are 0 to {most}");
        return Err(refusal(coder, message, REMEDY));
    };
    let width = codec.row_bytes(*cols);
    room.take(coder, rows * width)?;
    let mut weights = Weights::new(codec, *cols, strength);
    let mut row = vec![0; *cols];
    let mut stored = Vec::with_capacity(rows * width);
    for _ in 0..rows {
        weights.row(coder, &mut row);
        match codec::pack(codec, &row) {
            Ok(packed) => stored.extend(packed),
            Err(codec::Unstorable { weight, .. }) => {
                let message = format!("`{name}` has the weight {weight}, and {} are allowed", codec::range(codec));
                return Err(refusal(coder, message, "clamp the weights"));
            }
        }
        if coder.is_over() {
            break;
        }
    }
    whole(coder)?;
    let dtype = if codec == Codec::I8 { Dtype::I8 } else { Dtype::U8 };
    tensors.push(tensor(&format!("{name}.{codec_name}"), dtype, vec![rows, width], stored));
    let groups = coder.number(0, 17) as usize;
    let shape = match groups {
        0 => vec![1],
        1 => vec![rows],
        groups => vec![rows, groups],
    };
    // Where addresses have 32 bits the product could wrap.
    let count = shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size));
    room.take(coder, count.saturating_mul(2))?;
    let mut numbers = Numbers::new();
    let mut scales = Vec::new();
    for _ in 0..count {
        whole(coder)?;
        scales.extend(unordered(numbers.code(coder, 0)).to_le_bytes());
    }
    whole(coder)?;
    tensors.push(tensor(&format!("{name}.scale"), Dtype::U16, shape, scales));
    Ok(())
}

/// The vocabulary; decoding, `lengths` is as long as it must be, and `bytes` is empty.
fn code_vocabulary(coder: &mut impl Coder, lengths: &mut [u8], bytes: &mut Vec<u8>) {
    let mut length_model = Bytes::new(1);
    for length in lengths.iter_mut() {
        if coder.is_over() {
            return;
        }
        *length = length_model.code(coder, 0, *length);
    }
    bytes.resize(lengths.iter().map(|&length| usize::from(length)).sum(), 0);
    let mut byte_model = Bytes::new(257);
    let mut rest = bytes.as_mut_slice();
    for &length in lengths.iter() {
        if coder.is_over() {
            return;
        }
        let (token, after) = rest.split_at_mut(length.into());
        let mut context = 256;
        for byte in token {
            *byte = byte_model.code(coder, context, *byte);
            context = usize::from(*byte);
        }
        rest = after;
    }
}

/// Groups of a row that have a scale of their own; none if the whole matrix has one.
fn scale_groups(shape: &[usize], rows: usize) -> usize {
    match *shape {
        [count] if count == rows && rows != 1 => 1,
        [_, groups] => groups,
        _ => 0,
    }
}

/// A scale so that larger values are larger numbers, if mantissas have their highest bit.
fn ordered(scale: u16) -> u16 {
    (31 - (scale & 31)) << 11 | scale >> 5
}

fn unordered(number: u16) -> u16 {
    (number & 2_047) << 5 | (31 - (number >> 11))
}

pub(crate) fn gain(block: usize) -> String {
    format!("blocks.{block}.attention.gain")
}

fn tensor(name: &str, dtype: Dtype, shape: Vec<usize>, data: Vec<u8>) -> Tensor<'static> {
    Tensor { name: name.into(), dtype, shape, data: data.into() }
}

/// Bytes that may still be decoded.
struct Room {
    left: usize,
}

impl Room {
    fn take(&mut self, coder: &Decoder<'_>, bytes: usize) -> Result<(), Refusal> {
        let left = self.left.checked_sub(bytes);
        let message = || format!("the tensors take more than {LARGEST_PLAIN} bytes in plain form");
        self.left = left.ok_or_else(|| refusal(coder, message(), "make the model smaller"))?;
        Ok(())
    }
}

/// Refuses a stream that has been read beyond its end.
fn whole(coder: &Decoder<'_>) -> Result<(), Refusal> {
    match coder.is_over() {
        true => Err(refusal(coder, "the stream ends before the model does".into(), "write the whole file again")),
        false => Ok(()),
    }
}

fn refusal(coder: &Decoder<'_>, message: String, remedy: &'static str) -> Refusal {
    Refusal { at: 1 + coder.place(), message, remedy }
}

/// A tensor that no encoder writes: the single bytes as vocabulary, and then numbers, each with its bits.
#[cfg(test)]
pub(crate) fn crafted(numbers: &[(u32, u32)]) -> Vec<u8> {
    let mut coder = Encoder::new();
    coder.number(256, 17);
    code_vocabulary(&mut coder, &mut [1; 256], &mut (0..=255).collect());
    numbers.iter().for_each(|&(number, bits)| {
        coder.number(number, bits);
    });
    finish(coder)
}
