//! Writing artifacts.

use crate::artifact::Artifact;
use crate::codec::{self, Unstorable};
use crate::grams;
use crate::header::Dtype;
use crate::model::Model;
use crate::vocabulary;
use golf_ngram::{Grams, Mixing};
use golf_ternary::Codec;
use std::borrow::Cow;

/// A tensor to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor<'a> {
    /// Its name.
    pub name: String,
    /// What its elements are.
    pub dtype: Dtype,
    /// Its sizes as they are stored.
    pub shape: Vec<usize>,
    /// Its bytes, little-endian.
    pub data: Cow<'a, [u8]>,
}

/// Writes a safetensors file with `config` as the value of the metadata's key `golf`. Nothing is checked.
///
/// The same input gives the same bytes, whatever the order of the tensors, and the header is as short as JSON allows:
/// 16-bit tensors come first, then all by name, and with those a space may follow the header, so that they lie at
/// even places.
pub fn write(config: &str, tensors: &[Tensor<'_>]) -> Vec<u8> {
    let mut order: Vec<_> = tensors.iter().collect();
    order.sort_by(|a, b| b.dtype.bytes().cmp(&a.dtype.bytes()).then_with(|| a.name.cmp(&b.name)));
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let mut header = format!("{{\"__metadata__\":{{\"golf\":{}}}", string(config));
    let mut end = 0;
    for tensor in &order {
        let begin = end;
        end += tensor.data.len();
        let shape = tensor.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        header += &format!(
            ",{}:{{\"dtype\":\"{}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}",
            string(&tensor.name),
            tensor.dtype.name()
        );
    }
    header.push('}');
    if header.len() % 2 != 0 && tensors.iter().any(|tensor| tensor.dtype == Dtype::U16) {
        header.push(' ');
    }
    let mut file = Vec::with_capacity(8 + header.len() + end);
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header.into_bytes());
    order.iter().for_each(|tensor| file.extend_from_slice(&tensor.data));
    file
}

/// Collects the tensors of an artifact.
#[derive(Clone, Debug)]
pub struct ArtifactBuilder<'a> {
    model: Model,
    tensors: Vec<Tensor<'a>>,
}

impl<'a> ArtifactBuilder<'a> {
    /// An artifact without tensors so far.
    pub fn new(model: Model) -> Self {
        ArtifactBuilder { model, tensors: Vec::new() }
    }

    /// Adds a tensor as it is.
    pub fn tensor(&mut self, name: &str, dtype: Dtype, shape: &[usize], data: impl Into<Cow<'a, [u8]>>) {
        self.tensors.push(Tensor { name: name.into(), dtype, shape: shape.into(), data: data.into() });
    }

    /// Adds the vocabulary. Tokens longer than 255 bytes can't be stored, and make an artifact that reading refuses.
    pub fn vocabulary(&mut self, tokens: &[impl AsRef<[u8]>]) {
        let lengths: Vec<u8> = tokens.iter().map(|token| u8::try_from(token.as_ref().len()).unwrap_or(0)).collect();
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.as_ref()).copied().collect();
        self.tensor(vocabulary::LENGTHS, Dtype::U8, &[lengths.len()], lengths);
        self.tensor(vocabulary::BYTES, Dtype::U8, &[bytes.len()], bytes);
    }

    /// Adds a matrix and its scales: one, one per row of `cols` weights, or row by row one per group.
    ///
    /// # Errors
    /// The first weight that the codec can't store; its index counts from the matrix's first weight.
    pub fn matrix(
        &mut self,
        name: &str,
        codec: Codec,
        cols: usize,
        weights: &[i8],
        scales: &[u16],
    ) -> Result<(), Unstorable> {
        let rows = weights.len() / cols.max(1);
        let mut data = Vec::with_capacity(rows * codec.row_bytes(cols));
        for (row, weights) in weights.chunks(cols.max(1)).enumerate() {
            let at = |error: Unstorable| Unstorable { index: row * cols + error.index, ..error };
            data.extend(codec::pack(codec, weights).map_err(at)?);
        }
        let dtype = if codec == Codec::I8 { Dtype::I8 } else { Dtype::U8 };
        self.tensor(&format!("{name}.{}", codec::name(codec)), dtype, &[rows, codec.row_bytes(cols)], data);
        let shape = match scales.len() {
            count if count == 1 || count == rows => vec![count],
            count => vec![rows, count / rows.max(1)],
        };
        self.halves(&format!("{name}.scale"), &shape, scales);
        Ok(())
    }

    /// Adds the gains of a block's heads.
    pub fn gains(&mut self, block: usize, gains: &[u16]) {
        self.halves(&format!("blocks.{block}.attention.gain"), &[gains.len()], gains);
    }

    /// Adds all tensors of another artifact.
    pub fn tensors_of(&mut self, artifact: &'a Artifact<'_>) {
        self.tensors.extend(artifact.stored());
    }

    /// Adds n-grams and their mixing.
    pub fn grams(&mut self, grams: &Grams, mixing: &Mixing) {
        let stream = grams::encode(grams, mixing);
        self.tensor(grams::NAME, Dtype::U8, &[stream.len()], stream);
    }

    /// The artifact.
    pub fn finish(&self) -> Vec<u8> {
        write(&self.model.to_json(), &self.tensors)
    }

    pub(crate) fn halves(&mut self, name: &str, shape: &[usize], numbers: &[u16]) {
        let data: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.tensor(name, Dtype::U16, shape, data);
    }
}
