//! A checked artifact.

use crate::account::{self, Account};
use crate::coded;
use crate::fault::{self, Fault, Place};
use crate::grams;
use crate::header::{self, Dtype, Entry};
use crate::json::{self, Problems};
use crate::model::{self, Model, TernaryConfig};
use crate::tensors::{self, Checker, TensorInfo, halves};
use crate::text::line_column;
use crate::vocabulary;
use crate::write::{Tensor, write};
use golf_ngram::{Grams, Mixing, weights};
use golf_ternary::build::{BlockSource, MatrixSource, Source, build};
use safetensors::SafeTensors;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values that a configuration has at most: a thousand times what one needs.
const VALUES: usize = 65_536;

/// Bytes of n-grams that are worth a thread.
const WORTH_A_THREAD: usize = 1 << 16;

/// An artifact that keeps every rule of `FORMAT.md`.
#[derive(Clone, Debug)]
pub struct Artifact<'a> {
    /// In plain form.
    bytes: Cow<'a, [u8]>,
    form: Form,
    model: Model,
    tensors: Vec<TensorInfo>,
    grams: Option<Arc<(Grams, Mixing)>>,
}

/// How a file holds its tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each by itself, as the container lists them.
    Plain,
    /// All in one stream of an arithmetic coder.
    Coded,
}

impl<'a> Artifact<'a> {
    /// Checks a file. It may be anything, made to do harm included: nothing here panics, and memory stays within a
    /// small multiple of the file's size. The budget is not judged here, but before.
    ///
    /// # Errors
    /// All faults as far as reading can go on, their paths empty.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Vec<Fault>> {
        Self::read_with(bytes, None)
    }

    /// Likewise, if the n-grams have been read already.
    fn read_with(bytes: &'a [u8], grams: Option<grams::Decoded>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let header = header::read(bytes, &mut faults);
        let model = header.config.as_deref().and_then(|text| configuration(text, &mut faults));
        if let Some(model) = model.as_ref().filter(|model| model.has_tensors())
            && let Some(entry) = header.entries.iter().find(|entry| entry.name == coded::NAME)
        {
            let (plain, grams) = std::thread::scope(|scope| {
                let ahead = grams_ahead(bytes, model, entry, &header.entries);
                let ahead = ahead.and_then(|ahead| std::thread::Builder::new().spawn_scoped(scope, ahead).ok());
                let plain = plain_form(bytes, model, entry, &header.entries, &mut faults);
                (plain, ahead.and_then(|ahead| ahead.join().ok()))
            });
            return match plain {
                Some(plain) if faults.is_empty() => Self::read_plain(plain, grams),
                _ => Err(fault::cap(faults)),
            };
        }
        let checker = Checker::new(bytes, &header.entries, &mut faults);
        let tensors = model.as_ref().map(|model| checker.of(model)).unwrap_or_default();
        if faults.is_empty()
            && let Err(error) = SafeTensors::deserialize(bytes)
        {
            let remedy = "write the file with a safetensors library";
            faults.push(Fault::new(Place::Byte { offset: 0 }, format!("not a safetensors file: {error}"), remedy));
        }
        match model {
            Some(model) if faults.is_empty() => {
                let artifact = Artifact { bytes: bytes.into(), form: Form::Plain, model, tensors, grams: None };
                artifact.with_grams(grams).map_err(|fault| vec![fault])
            }
            _ => Err(fault::cap(faults)),
        }
    }

    /// Reads the n-grams, if there must be any.
    fn with_grams(mut self, decoded: Option<grams::Decoded>) -> Result<Self, Fault> {
        if let Model::Ngram(_) = self.model {
            let tokens = self.vocabulary().len();
            let tensor = self.tensors.iter().find(|tensor| tensor.name == grams::NAME);
            let (at, stream) = tensor.map_or((0, &[][..]), |tensor| (tensor.offset, tensor.data(&self.bytes)));
            let found = decoded.unwrap_or_else(|| grams::decode(tokens, stream)).map_err(|refusal| {
                let place = Place::Tensor { name: grams::NAME.into(), offset: Some(at + refusal.at.min(stream.len())) };
                Fault::new(place, refusal.message, refusal.remedy)
            })?;
            self.grams = Some(Arc::new(found));
        }
        Ok(self)
    }

    /// The n-grams, and what they and other inputs weigh; none of other engines.
    pub fn grams(&self) -> Option<&Arc<(Grams, Mixing)>> {
        self.grams.as_ref()
    }

    /// From what a stream held. A place in it is not one of the file.
    fn read_plain(plain: Vec<u8>, grams: Option<grams::Decoded>) -> Result<Self, Vec<Fault>> {
        match Artifact::read_with(&plain, grams) {
            Ok(Artifact { model, tensors, grams, .. }) => {
                Ok(Artifact { bytes: plain.into(), form: Form::Coded, model, tensors, grams })
            }
            Err(faults) => Err(faults.into_iter().map(Fault::unplaced).collect()),
        }
    }

    /// The same with bytes of its own.
    pub fn into_owned(self) -> Artifact<'static> {
        let Artifact { bytes, form, model, tensors, grams } = self;
        Artifact { bytes: bytes.into_owned().into(), form, model, tensors, grams }
    }

    /// The engine and its configuration.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How the file that was read holds its tensors.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The same model in a form: the same bytes each time, whatever form it was read from.
    pub fn write(&self, form: Form) -> Vec<u8> {
        let stored = |tensor: &TensorInfo| tensor.stored(&self.bytes);
        let tensors = match form {
            Form::Coded if self.model.has_tensors() => {
                let (stream, _) = coded::encode(self.model.ternary(), &|name| self.find(name));
                let (name, shape) = (coded::NAME.into(), vec![stream.len()]);
                let coded = Tensor { name, dtype: Dtype::U8, shape, data: stream.into() };
                let beside = self.tensors.iter().filter(|tensor| tensor.name == grams::NAME);
                core::iter::once(coded).chain(beside.map(stored)).collect()
            }
            _ => self.tensors.iter().map(stored).collect::<Vec<_>>(),
        };
        write(&self.model.to_json(), &tensors)
    }

    pub(crate) fn stored(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.tensors.iter().map(|tensor| tensor.stored(&self.bytes))
    }

    /// Where the bytes of the tensors go, in both forms.
    pub fn accounts(&self) -> Vec<Account> {
        if !self.model.has_tensors() {
            return Vec::new();
        }
        let mut accounts = account::of(self.model.ternary(), &|name| self.find(name));
        accounts.extend(self.find(grams::NAME).map(|(_, stream)| Account::of_stream(grams::NAME, stream.len())));
        accounts
    }

    /// A tensor's shape, for a matrix in weights, and its bytes in plain form.
    fn find(&self, name: &str) -> Option<(&[usize], &[u8])> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name)?;
        Some((&tensor.shape, tensor.data(&self.bytes)))
    }

    /// The same model with other weights of what is mixed, in coded form; of an engine that mixes nothing the same.
    pub fn with_mixing(&self, mixing: &Mixing) -> Vec<u8> {
        let coded = self.write(Form::Coded);
        let Some(own) = &self.grams else { return coded };
        let stream = grams::encode(&own.0, mixing);
        let mut tensors: Vec<_> = self
            .tensors
            .iter()
            .filter(|tensor| tensor.name != grams::NAME)
            .map(|tensor| tensor.stored(&self.bytes))
            .collect();
        let (name, shape) = (grams::NAME.into(), vec![stream.len()]);
        tensors.push(Tensor { name, dtype: Dtype::U8, shape, data: stream.into() });
        Artifact::read(&write(&self.model.to_json(), &tensors)).map_or(coded, |artifact| artifact.write(Form::Coded))
    }

    /// The tensors in the order of the plain form. What they don't take of it is the header.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// Bytes of the plain form's header, its length in front included.
    pub fn header_bytes(&self) -> usize {
        self.bytes.len() - self.tensors.iter().map(|tensor| tensor.bytes).sum::<usize>()
    }

    /// Parameters, counted from the tensors: every weight of a matrix (rows times columns), every scale and every
    /// gain counts one, and so does every n-gram and every number of their mixing. The vocabulary counts nothing, and a block that runs at several depths counts once.
    /// Of an entry that brings its own code every byte of its data counts one: what the code makes of it can't be known.
    pub fn parameters(&self) -> u64 {
        let stored = self.grams.as_ref().map_or(0, |grams| (grams.0.count() + weights()) as u64);
        self.tensors.iter().map(TensorInfo::parameters).sum::<u64>() + stored
    }

    /// The tokens' bytes in the order of their ids; none for the engines that predict bytes.
    pub fn vocabulary(&self) -> Vec<&[u8]> {
        match (self.find(vocabulary::LENGTHS), self.find(vocabulary::BYTES)) {
            (Some((_, lengths)), Some((_, bytes))) => vocabulary::cut(lengths, bytes),
            _ => Vec::new(),
        }
    }

    /// The module of the engine `wasm`, and its data, which may be empty.
    pub fn module(&self) -> Option<(&[u8], &[u8])> {
        let (_, module) = self.find(tensors::MODULE)?;
        Some((module, self.find(tensors::DATA).map_or(&[], |(_, data)| data)))
    }

    /// The ternary engine's image of the model.
    ///
    /// # Errors
    /// If the model is another engine's, or breaks a rule that only the image's reader knows.
    pub fn image(&self) -> Result<Vec<u8>, Fault> {
        let Some(config) = self.model.ternary() else {
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

/// Reads the n-grams of a file whose other tensors are in the stream `entry`, if there are any and it is worth a thread.
fn grams_ahead<'f>(
    file: &'f [u8],
    model: &Model,
    entry: &Entry,
    entries: &[Entry],
) -> Option<impl FnOnce() -> grams::Decoded + use<'f>> {
    let range = |entry: &Entry| entry.range.and_then(|(begin, end)| file.get(begin..end));
    let stream = range(entries.iter().find(|other| other.name == grams::NAME)?)?;
    let tokens = coded::tokens(range(entry)?)?;
    let several = || std::thread::available_parallelism().is_ok_and(|threads| threads.get() > 1);
    let is_worth_it = matches!(model, Model::Ngram(_)) && stream.len() >= WORTH_A_THREAD && several();
    is_worth_it.then_some(move || grams::decode(tokens, stream))
}

/// The plain form of a file whose tensors are in the stream `entry`; none if it isn't to be had, which is reported.
fn plain_form(
    file: &[u8],
    model: &Model,
    entry: &Entry,
    entries: &[Entry],
    faults: &mut Vec<Fault>,
) -> Option<Vec<u8>> {
    let grams = entries.iter().find(|other| other.name == grams::NAME && matches!(model, Model::Ngram(_)));
    for other in
        entries.iter().filter(|other| other.name != entry.name && grams.is_none_or(|grams| grams.name != other.name))
    {
        let place = Place::Tensor { name: other.name.clone(), offset: Some(other.at) };
        let message = format!("a tensor beside `{}`, which holds all there are", coded::NAME);
        faults.push(Fault::new(place, message, "remove it, or write all tensors by themselves"));
    }
    let place = |at| Place::Tensor { name: entry.name.clone(), offset: Some(at) };
    if entry.dtype? != Dtype::U8 || entry.shape.as_ref()?.len() != 1 {
        faults.push(Fault::new(place(entry.at), "it is no U8 of one dimension", "store it as U8 [bytes]"));
        return None;
    }
    let (begin, end) = entry.range?;
    match coded::decode(model.ternary(), &file[begin..end]) {
        Ok(mut tensors) => {
            if let Some(grams) = grams {
                let (begin, end) = grams.range?;
                let data = file[begin..end].into();
                tensors.push(Tensor {
                    name: grams.name.clone(),
                    dtype: grams.dtype?,
                    shape: grams.shape.clone()?,
                    data,
                });
            }
            Some(write(&model.to_json(), &tensors))
        }
        Err(refusal) => {
            faults.push(Fault::new(place((begin + refusal.at).min(end)), refusal.message, refusal.remedy));
            None
        }
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
            let data = tensor.data(&artifact.bytes);
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
