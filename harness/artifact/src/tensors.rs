//! Which tensors an artifact has, against which it must have.

use crate::codec::{self, Flaw};
use crate::fault::{Fault, Place, quote};
use crate::grams;
use crate::header::{Dtype, Entry};
use crate::model::{Matrix, Model, TernaryConfig};
use crate::near::nearest;
use crate::vocabulary;
use crate::write::Tensor;
use golf_ternary::Codec;
use std::collections::BTreeMap;

/// A tensor of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name, codec included.
    pub name: String,
    /// How it is stored, if it is a matrix.
    pub codec: Option<Codec>,
    /// What its elements are as far as the container knows.
    pub dtype: Dtype,
    /// Its sizes: for a matrix rows and columns of weights, for others as stored.
    pub shape: Vec<usize>,
    /// Bytes that it takes.
    pub bytes: usize,
    /// Bytes of the file before it.
    pub offset: usize,
}

impl TensorInfo {
    /// Parameters in it: weights, scales and gains count one each, the vocabulary and a stream of n-grams none.
    pub fn parameters(&self) -> u64 {
        match self.name.starts_with("vocabulary.") || self.name == grams::NAME {
            true => 0,
            false => self.shape.iter().map(|&size| size as u64).product(),
        }
    }

    /// Its bytes in the file.
    pub(crate) fn data<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        &file[self.offset..self.offset + self.bytes]
    }

    /// As it stands in the file.
    pub(crate) fn stored<'a>(&self, file: &'a [u8]) -> Tensor<'a> {
        let mut shape = self.shape.clone();
        if let (Some(codec), Some(cols)) = (self.codec, shape.last_mut()) {
            *cols = codec.row_bytes(*cols);
        }
        Tensor { name: self.name.clone(), dtype: self.dtype, shape, data: self.data(file).into() }
    }
}

/// Checks tensors against a configuration, and reads them.
pub(crate) struct Checker<'a, 'f> {
    file: &'a [u8],
    entries: BTreeMap<&'a str, &'a Entry>,
    faults: &'f mut Vec<Fault>,
    tensors: Vec<TensorInfo>,
    expected: Vec<String>,
}

impl<'a, 'f> Checker<'a, 'f> {
    pub(crate) fn new(file: &'a [u8], entries: &'a [Entry], faults: &'f mut Vec<Fault>) -> Self {
        let entries = entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        Checker { file, entries, faults, tensors: Vec::new(), expected: Vec::new() }
    }

    /// The tensors of an engine without any.
    fn none(&mut self, engine: &str) {
        self.refuse_rest(&format!("the engine `{engine}` reads no tensors"));
    }

    /// The tensors of an engine in the order of the file; what is wrong is reported.
    pub(crate) fn of(mut self, model: &Model) -> Vec<TensorInfo> {
        let start = match model {
            Model::Ternary(config) => config.start,
            Model::Ngram(config) => config.start,
            Model::Mix { .. } | Model::Uniform => {
                self.none(model.engine());
                return Vec::new();
            }
        };
        let tokens = self.vocabulary(start);
        if let Some(config) = model.ternary() {
            for matrix in config.matrices() {
                self.matrix(&matrix, tokens, config);
            }
            for block in 0..config.blocks() {
                self.gains(&format!("blocks.{block}.attention.gain"), config);
            }
        }
        if matches!(model, Model::Ngram(_)) {
            self.plain(grams::NAME, Dtype::U8, "[bytes]", |shape| shape.len() == 1);
        }
        self.refuse_rest("the configuration asks for no such tensor");
        self.tensors.sort_by_key(|tensor| tensor.offset);
        self.tensors
    }

    fn report(&mut self, name: &str, offset: Option<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(Place::Tensor { name: name.into(), offset }, message, remedy));
    }

    /// Number of tokens; none if it isn't known.
    fn vocabulary(&mut self, start: u32) -> Option<usize> {
        let lengths = self.plain(vocabulary::LENGTHS, Dtype::U8, "[V]", |shape| shape.len() == 1);
        let bytes = self.plain(vocabulary::BYTES, Dtype::U8, "[sum of lengths]", |shape| shape.len() == 1);
        let lengths = lengths?;
        let tokens = lengths.bytes;
        if let Some(bytes) = bytes {
            let places = (lengths.offset, bytes.offset);
            vocabulary::check(lengths.data(self.file), bytes.data(self.file), places, self.faults);
        }
        if start as usize >= tokens {
            let message = format!("`start` of the configuration is {start}, but there are {tokens} tokens");
            self.report(vocabulary::LENGTHS, Some(lengths.offset), message, "name a token of the vocabulary");
        }
        Some(tokens)
    }

    fn matrix(&mut self, matrix: &Matrix, tokens: Option<usize>, config: &TernaryConfig) {
        let rows = self.weights(matrix, tokens, config);
        self.scales(matrix, rows);
    }

    /// Number of rows; none if it isn't known.
    fn weights(&mut self, matrix: &Matrix, tokens: Option<usize>, config: &TernaryConfig) -> Option<usize> {
        let full = |codec| format!("{}.{}", matrix.name, codec::name(codec));
        self.expected.extend(Codec::NAMES.iter().map(|&(codec, _)| full(codec)));
        let mut found: Vec<(Codec, &Entry)> = Vec::new();
        for (codec, _) in Codec::NAMES {
            found.extend(self.entries.remove(full(codec).as_str()).map(|entry| (codec, entry)));
        }
        let &[(codec, entry), ref others @ ..] = found.as_slice() else {
            self.missing_matrix(&matrix.name);
            return matrix.rows;
        };
        if let Some((_, other)) = others.first() {
            let message = format!("{} is there as {} as well", quote(&matrix.name), quote(&other.name));
            self.report(&entry.name, Some(entry.at), message, "keep one of them");
        }
        let dtype = if codec == Codec::I8 { Dtype::I8 } else { Dtype::U8 };
        let width = codec.row_bytes(matrix.cols);
        let rows = match (matrix.rows, entry.shape.as_deref()) {
            (None, Some(&[rows, _])) => rows,
            (None, _) => 0,
            (Some(rows), _) => rows,
        };
        let wanted = if matrix.rows.is_some() { format!("[{rows}, {width}]") } else { format!("[R, {width}]") };
        let mut tensor = self.sound(entry, dtype, &wanted, |shape| shape == [rows, width])?;
        if matrix.rows.is_none() && !self.embedding_fits(&tensor, rows, tokens, config) {
            return None;
        }
        tensor.codec = Some(codec);
        tensor.shape = vec![rows, matrix.cols];
        if let Some((count, (at, flaw))) = codec::flaws(codec, matrix.cols, tensor.data(self.file)) {
            let byte = tensor.data(self.file)[at];
            let more = if count > 1 { format!(" (and {} more such bytes)", count - 1) } else { String::new() };
            let (message, remedy) = match (flaw, codec) {
                (Flaw::Padding, Codec::Trit5) => ("has padding other than weight 0", "pad with weight 0"),
                (Flaw::Padding, _) => ("has padding bits that are not 0", "pad with 0"),
                (Flaw::Value, Codec::Trit5) => {
                    ("is above 242, the largest that five trits give", "pack the weights again")
                }
                (Flaw::Value, _) => ("is the weight -128, and -127 to 127 are allowed", "clamp the weights to -127"),
            };
            let row = at / width.max(1);
            let message = format!("byte 0x{byte:02x} of row {row} {message}{more}");
            self.report(&tensor.name, Some(tensor.offset + at), message, remedy);
        }
        self.tensors.push(tensor);
        Some(rows)
    }

    fn missing_matrix(&mut self, name: &str) {
        // A name with a codec that isn't one was meant to be this matrix.
        let prefix = format!("{name}.");
        let scale = format!("{name}.scale");
        let near = self.entries.range(prefix.as_str()..).map(|(&key, &entry)| (key, entry));
        let near = near.take_while(|(key, _)| key.starts_with(&prefix)).find(|(key, _)| *key != scale);
        let all = Codec::NAMES.map(|(_, name)| format!("`{name}`")).join(", ");
        match near {
            Some((key, entry)) => {
                self.entries.remove(key);
                let message = format!("unknown codec {}", quote(&key[prefix.len()..]));
                self.report(key, Some(entry.at), message, format!("use one of {all}"));
            }
            None => {
                let remedy = format!("add it with one of the codecs {all} at the end of its name");
                self.report(name, None, "the matrix is missing", remedy);
            }
        }
    }

    fn embedding_fits(
        &mut self,
        tensor: &TensorInfo,
        rows: usize,
        tokens: Option<usize>,
        config: &TernaryConfig,
    ) -> bool {
        let most = tokens.unwrap_or(65_536).min(65_536);
        if !(1..=most).contains(&rows) {
            let message = format!("{rows} rows, but with {most} tokens there must be 1 to {most}");
            self.report(&tensor.name, Some(tensor.offset), message, "cut the embedding, or add tokens");
            return false;
        }
        // Whatever else the engine limits, and the work per token above all.
        if let (Some(tokens @ 256..=65_536), true) = (tokens, (config.start as usize) < most)
            && let Err(error) = config.shape(tokens, rows).check()
        {
            self.faults.push(Fault::new(
                Place::Config { line: 1, column: 1 },
                error.to_string(),
                "make the model smaller",
            ));
        }
        true
    }

    fn scales(&mut self, matrix: &Matrix, rows: Option<usize>) {
        let name = format!("{}.scale", matrix.name);
        let cols = matrix.cols;
        let fits = |shape: &[usize]| match (shape, rows) {
            ([1], _) | (_, None) => true,
            (&[count], Some(rows)) => count == rows,
            (&[count, groups], Some(rows)) => count == rows && groups != 0 && cols.is_multiple_of(groups),
            _ => false,
        };
        let shown = rows.map_or("rows".into(), |rows| rows.to_string());
        let wanted = format!("[1], [{shown}] or [{shown}, groups] with a divisor of {cols} groups");
        let Some(tensor) = self.plain(&name, Dtype::U16, &wanted, fits) else { return };
        let scales = halves(tensor.data(self.file));
        let low = scales.clone().filter(|scale| scale >> 5 != 0).map(|scale| scale & 31).max().unwrap_or(0);
        let too_large = |scale: u16| u64::from(scale >> 5) << low.saturating_sub(scale & 31) >= 1 << 31;
        if let Some(at) = scales.clone().position(|scale| scale >> 5 != 0 && too_large(scale)) {
            let message = "the scales span more than 31 bits between the largest and the smallest";
            self.report(&name, Some(tensor.offset + 2 * at), message, "round the smallest to zero");
        }
    }

    fn gains(&mut self, name: &str, config: &TernaryConfig) {
        let heads = config.heads;
        let wanted = format!("[{heads}]");
        let Some(tensor) = self.plain(name, Dtype::U16, &wanted, |shape| shape == [heads]) else { return };
        let most = config.largest_gain();
        if let Some((head, gain)) = halves(tensor.data(self.file)).enumerate().find(|&(_, gain)| gain > most) {
            let message = format!("the gain of head {head} is {gain}, at which scores could overflow 32 bits");
            self.report(name, Some(tensor.offset + 2 * head), message, format!("keep gains to {most}"));
        }
    }

    /// A tensor that is no matrix of weights.
    fn plain(&mut self, name: &str, dtype: Dtype, wanted: &str, fits: impl Fn(&[usize]) -> bool) -> Option<TensorInfo> {
        self.expected.push(name.into());
        let Some(entry) = self.entries.remove(name) else {
            self.report(name, None, "the tensor is missing", format!("add it as {} {wanted}", dtype.name()));
            return None;
        };
        let tensor = self.sound(entry, dtype, wanted, fits)?;
        self.tensors.push(tensor.clone());
        Some(tensor)
    }

    /// A tensor of the right type and shape, and with its bytes in the file.
    fn sound(
        &mut self,
        entry: &Entry,
        dtype: Dtype,
        wanted: &str,
        fits: impl Fn(&[usize]) -> bool,
    ) -> Option<TensorInfo> {
        let (found, shape) = (entry.dtype?, entry.shape.clone()?);
        if found != dtype {
            let message = format!("its dtype is {}, but must be {}", found.name(), dtype.name());
            self.report(&entry.name, Some(entry.at), message, format!("store it as {} {wanted}", dtype.name()));
        }
        if !fits(&shape) {
            let message = format!("its shape is {shape:?}, but must be {wanted}");
            self.report(&entry.name, Some(entry.at), message, "change the tensor, or the sizes in the configuration");
            return None;
        }
        let (begin, end) = entry.range.filter(|_| found == dtype)?;
        let name = entry.name.clone();
        Some(TensorInfo { name, codec: None, dtype, shape, bytes: end - begin, offset: begin })
    }

    /// Reports the tensors that are left.
    fn refuse_rest(&mut self, why: &str) {
        let rest = core::mem::take(&mut self.entries);
        for (index, (name, entry)) in rest.iter().enumerate() {
            // A search through all names for each of thousands would take long, and nobody reads so far.
            let candidates = if index < 20 { self.expected.as_slice() } else { &[] };
            let remedy = match nearest(name, candidates.iter().map(String::as_str)) {
                Some(near) => format!("remove it, or call it `{near}`"),
                None => "remove it".into(),
            };
            self.report(name, Some(entry.at), format!("unknown tensor, {why}"), remedy);
        }
    }
}

/// The 16-bit numbers of a tensor.
pub(crate) fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> + Clone {
    bytes.as_chunks::<2>().0.iter().map(|&half| u16::from_le_bytes(half))
}
