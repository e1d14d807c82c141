//! A checked artifact.

use crate::fault::{self, Fault, Place};
use crate::header;
use crate::json::{self, Problems};
use crate::model::{self, Model, TernaryConfig};
use crate::tensors::{Checker, TensorInfo, halves};
use crate::text::line_column;
use crate::vocabulary;
use golf_ternary::build::{BlockSource, MatrixSource, Source, build};
use safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Values that a configuration has at most: a thousand times what one needs.
const VALUES: usize = 65_536;

/// An artifact that keeps every rule of `FORMAT.md`.
#[derive(Clone, Debug)]
pub struct Artifact<'a> {
    bytes: &'a [u8],
    model: Model,
    tensors: Vec<TensorInfo>,
}

impl<'a> Artifact<'a> {
    /// Checks a file. It may be anything, made to do harm included: nothing here panics, and memory stays within a
    /// small multiple of the file's size. The budget is not judged here, but before.
    ///
    /// # Errors
    /// All faults as far as reading can go on, their paths empty.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let header = header::read(bytes, &mut faults);
        let model = header.config.as_deref().and_then(|text| configuration(text, &mut faults));
        let checker = Checker::new(bytes, &header.entries, &mut faults);
        let tensors = match &model {
            Some(Model::Ternary(config)) => checker.ternary(config),
            Some(model) => {
                checker.none(model.engine());
                Vec::new()
            }
            None => Vec::new(),
        };
        if faults.is_empty()
            && let Err(error) = SafeTensors::deserialize(bytes)
        {
            let remedy = "write the file with a safetensors library";
            faults.push(Fault::new(Place::Byte { offset: 0 }, format!("not a safetensors file: {error}"), remedy));
        }
        match model {
            Some(model) if faults.is_empty() => Ok(Artifact { bytes, model, tensors }),
            _ => Err(fault::cap(faults)),
        }
    }

    /// The engine and its configuration.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The tensors in the order of the file. What they don't take of it is the header.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// Bytes of the header, its length in front included.
    pub fn header_bytes(&self) -> usize {
        self.bytes.len() - self.tensors.iter().map(|tensor| tensor.bytes).sum::<usize>()
    }

    /// Parameters, counted from the tensors: every weight of a matrix (rows times columns), every scale and every
    /// gain counts one. The vocabulary counts nothing, and a block that runs at several depths counts once.
    pub fn parameters(&self) -> u64 {
        self.tensors.iter().map(TensorInfo::parameters).sum()
    }

    /// The tokens' bytes in the order of their ids; none for the engines that predict bytes.
    pub fn vocabulary(&self) -> Vec<&'a [u8]> {
        let data = |name| self.tensors.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.data(self.bytes));
        match (data(vocabulary::LENGTHS), data(vocabulary::BYTES)) {
            (Some(lengths), Some(bytes)) => vocabulary::cut(lengths, bytes),
            _ => Vec::new(),
        }
    }

    /// The ternary engine's image of the model.
    ///
    /// # Errors
    /// If the model is another engine's, or breaks a rule that only the image's reader knows.
    pub fn image(&self) -> Result<Vec<u8>, Fault> {
        let Model::Ternary(config) = &self.model else {
            let message = format!("the engine `{}` has no image", self.model.engine());
            return Err(Fault::new(Place::Whole, message, "use an artifact of the engine `ternary`"));
        };
        let parts = Parts::of(self);
        let source = parts.source(config, self.vocabulary());
        let refused =
            |message: String| Fault::new(Place::Whole, message, "change the model so that the engine can run it");
        let source = source.ok_or_else(|| refused("a tensor of the model is missing".into()))?;
        build(&source).map_err(|error| refused(error.to_string()))
    }
}

/// The configuration; none if anything is wrong with it, which is reported.
fn configuration(text: &str, faults: &mut Vec<Fault>) -> Option<Model> {
    let mut problems = Problems::default();
    let root = json::parse(text, VALUES, &mut problems);
    let model = root.and_then(|root| model::parse(&root, &[], &mut problems));
    faults.extend(problems.into_faults(|at| {
        let (line, column) = line_column(text, at);
        Place::Config { line, column }
    }));
    model
}

/// The tensors of a ternary model by their names, without the codecs.
struct Parts<'a> {
    matrices: BTreeMap<&'a str, (&'a TensorInfo, &'a [u8])>,
    numbers: BTreeMap<&'a str, Vec<u16>>,
}

impl<'a> Parts<'a> {
    fn of(artifact: &'a Artifact<'_>) -> Self {
        let mut parts = Parts { matrices: BTreeMap::new(), numbers: BTreeMap::new() };
        for tensor in &artifact.tensors {
            let data = tensor.data(artifact.bytes);
            match (tensor.codec, tensor.name.rsplit_once('.')) {
                (Some(_), Some((name, _))) => {
                    parts.matrices.insert(name, (tensor, data));
                }
                _ => {
                    parts.numbers.insert(&tensor.name, halves(data).collect());
                }
            }
        }
        parts
    }

    fn matrix(&self, name: &str) -> Option<MatrixSource<'a>> {
        let &(tensor, weights) = self.matrices.get(name)?;
        let scales = self.numbers.get(format!("{name}.scale").as_str())?.clone();
        Some(MatrixSource { codec: tensor.codec?, weights, scales })
    }

    fn block(&self, index: usize, gated: bool) -> Option<BlockSource<'a>> {
        let part = |name: &str| self.matrix(&format!("blocks.{index}.{name}"));
        Some(BlockSource {
            query: part("attention.query")?,
            key: part("attention.key")?,
            value: part("attention.value")?,
            output: part("attention.output")?,
            up: part("mlp.up")?,
            gate: if gated { Some(part("mlp.gate")?) } else { None },
            down: part("mlp.down")?,
            gains: self.numbers.get(format!("blocks.{index}.attention.gain").as_str())?.clone(),
        })
    }

    fn source(&self, config: &TernaryConfig, vocabulary: Vec<&'a [u8]>) -> Option<Source<'a>> {
        let &(embedding, _) = self.matrices.get("embedding")?;
        Some(Source {
            shape: config.shape(vocabulary.len(), embedding.shape[0]),
            vocabulary,
            frequencies: config.rope_frequencies.clone(),
            block_map: config.depth.clone(),
            embedding: self.matrix("embedding")?,
            blocks: (0..config.blocks()).map(|block| self.block(block, config.gated)).collect::<Option<_>>()?,
        })
    }
}
