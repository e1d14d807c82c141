//! From an artifact to a running model. A new engine is a variant of [`golf_artifact::Model`] and an arm here.

use crate::Fault;
use golf_artifact::{Artifact, Model};
use golf_core::{Cost, LanguageModel, Session, Uniform, WholeDocument, score};
use golf_mix::Mix;
use golf_ngram::{Grams, Mixing, Ngram, Tables};
use golf_record::EngineId;
use golf_ternary::fast::{self, Plan};
use golf_ternary::{Image, Kernel, Memory, Needs};
use std::sync::{Arc, OnceLock};

/// Tokens that the ternary engine takes at once when it scores: enough to read the weights seldom, few enough for the cache.
const BATCH: usize = 96;

/// Multiply-adds of a token for which a thread's barriers pay.
const WORTH_A_THREAD: u64 = 2_000_000;

/// More threads than this don't make a model of 16 MB faster.
const MOST_THREADS: usize = 16;

/// An artifact made ready to run.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// Nothing to load.
    Uniform,
    /// Nothing but its settings.
    Mix(golf_mix::Config),
    /// A ternary model's image, and, once it is first started, its weights laid out for this machine's vectors, unless the scalar kernel is
    /// asked for.
    Ternary(Vec<u8>, OnceLock<Option<Plan>>),
    /// N-grams, and possibly a ternary model.
    Ngram(Box<Ngrams>),
    /// A module that the entry brings.
    #[cfg(feature = "wasm")]
    Wasm(Box<golf_wasm::Module>),
}

/// What n-grams need besides a ternary model.
#[derive(Clone, Debug)]
pub struct Ngrams {
    grams: Arc<(Grams, Mixing)>,
    tables: Tables,
    start: u32,
    /// Longest history of the document, if the model adapts to it.
    history: Option<usize>,
    ternary: Option<Loaded>,
}

/// A running model, and whether it may see a document at once.
pub enum Running<'a> {
    /// It may.
    Whole(&'a mut dyn WholeDocument),
    /// It is asked token by token.
    Stepwise(&'a mut dyn LanguageModel),
}

impl Running<'_> {
    /// As any model.
    pub fn model(&mut self) -> &mut dyn LanguageModel {
        match self {
            Running::Whole(model) => *model,
            Running::Stepwise(model) => *model,
        }
    }

    /// Calls `each(i, logits)` with the prediction before each token of a document.
    pub fn predictions(&mut self, tokens: &[u32], each: &mut dyn FnMut(usize, &[i32])) {
        match self {
            Running::Whole(model) => model.predict_document(tokens, 0, each),
            Running::Stepwise(model) => {
                let mut logits = vec![0; model.vocabulary().len()];
                let mut session = Session::begin(*model, &mut logits);
                for (index, &token) in tokens.iter().enumerate() {
                    each(index, session.predict());
                    session.skip(token);
                }
            }
        }
    }

    /// The cost of `tokens[from..]`, seen as one document; `logits` is room for one per token of the vocabulary.
    pub fn cost(&mut self, logits: &mut [i32], tokens: &[u32], from: usize) -> Cost {
        let mut total = Cost(0);
        let mut add = |cost| total += cost;
        match self {
            Running::Whole(model) => score::costs_of_document(*model, tokens, from, &mut add),
            Running::Stepwise(model) => score::costs(*model, logits, tokens, from, &mut add),
        }
        total
    }

    /// Calls `each` with the place and the logits of each of `tokens[from..]`, seen as one document.
    pub fn predict(&mut self, logits: &mut [i32], tokens: &[u32], from: usize, each: &mut dyn FnMut(usize, &[i32])) {
        match self {
            Running::Whole(model) => model.predict_document(tokens, from, each),
            Running::Stepwise(model) => {
                let mut session = Session::begin(*model, logits);
                tokens[..from].iter().for_each(|&token| session.skip(token));
                for (index, &token) in tokens.iter().enumerate().skip(from) {
                    each(index, session.predict());
                    session.skip(token);
                }
            }
        }
    }
}

/// A started model.
pub enum Started<'a> {
    /// It may see a document at once.
    Whole(Box<dyn WholeDocument + 'a>),
    /// It is asked token by token.
    Stepwise(Box<dyn LanguageModel + 'a>),
    /// Likewise, and it may fail.
    #[cfg(feature = "wasm")]
    Wasm(Box<golf_wasm::Instance<'a>>),
}

impl Started<'_> {
    /// Lends it.
    pub fn running(&mut self) -> Running<'_> {
        match self {
            Started::Whole(model) => Running::Whole(&mut **model),
            Started::Stepwise(model) => Running::Stepwise(&mut **model),
            #[cfg(feature = "wasm")]
            Started::Wasm(model) => Running::Stepwise(&mut **model),
        }
    }

    /// Whether it has run as it should. What a model that hasn't has predicted counts for nothing.
    ///
    /// # Errors
    /// What it failed at, if it brings its own code.
    pub fn finish(&self) -> Result<(), Fault> {
        match self {
            Started::Whole(_) | Started::Stepwise(_) => Ok(()),
            #[cfg(feature = "wasm")]
            Started::Wasm(model) => model.fault().map_or(Ok(()), |fault| Err(Fault::entry(fault.to_string()))),
        }
    }
}

/// Memory that a started model may work in.
#[derive(Debug, Default)]
pub struct Room {
    words: Vec<i32>,
    bytes: Vec<i8>,
}

/// The engine that runs an artifact, and its version.
pub fn engine(artifact: &Artifact<'_>) -> EngineId {
    let name = artifact.model().engine();
    EngineId { name: name.into(), version: version(name).unwrap_or_default() }
}

/// The present version of an engine, if there is one of this name.
pub fn version(engine: &str) -> Option<u32> {
    match engine {
        "uniform" => Some(1),
        "mix" => Some(golf_mix::VERSION),
        "ternary" => Some(golf_ternary::VERSION),
        "ngram" => Some(golf_ngram::VERSION),
        "wasm" => Some(golf_artifact::VERSION as u32),
        _ => None,
    }
}

/// Makes an artifact ready to run.
///
/// # Errors
/// If an image can't be built from it.
pub fn load(artifact: &Artifact<'_>) -> Result<Loaded, Fault> {
    Ok(match artifact.model() {
        Model::Uniform => Loaded::Uniform,
        Model::Mix { orders, log2_slots } => Loaded::Mix(golf_mix::Config { orders: *orders, log2_slots: *log2_slots }),
        Model::Ternary(_) => ternary(artifact)?,
        Model::Ngram(config) => {
            let refused = |reason: String| Fault::entry(reason);
            let grams = artifact.grams().ok_or_else(|| refused("there are no n-grams".into()))?.clone();
            let tables =
                Tables::new(&artifact.vocabulary(), config.tokenizer).map_err(|error| refused(error.to_string()))?;
            let history = config.adapts.then_some(config.history);
            let ternary = config.ternary.as_ref().map(|_| ternary(artifact)).transpose()?;
            Loaded::Ngram(Box::new(Ngrams { grams, tables, start: config.start, history, ternary }))
        }
        Model::Wasm { tokenizer } => module(artifact, *tokenizer)?,
    })
}

fn ternary(artifact: &Artifact<'_>) -> Result<Loaded, Fault> {
    Ok(Loaded::Ternary(artifact.image().map_err(|fault| Fault::entry(fault.to_string()))?, OnceLock::new()))
}

#[cfg(feature = "wasm")]
fn module(artifact: &Artifact<'_>, tokenizer: golf_core::Tokenization) -> Result<Loaded, Fault> {
    let (module, data) = artifact.module().ok_or_else(|| Fault::entry("the artifact has no module"))?;
    let module = golf_wasm::Module::new(module, data, &artifact.vocabulary(), tokenizer);
    Ok(Loaded::Wasm(Box::new(module.map_err(|fault| Fault::entry(fault.to_string()))?)))
}

#[cfg(not(feature = "wasm"))]
fn module(_artifact: &Artifact<'_>, _tokenizer: golf_core::Tokenization) -> Result<Loaded, Fault> {
    Err(Fault::machine("this build runs no entries that bring their own code"))
}

impl Ngrams {
    /// The vocabulary's tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Starts the model, with other weights than its own if they are given.
    ///
    /// # Errors
    /// If its ternary model can't be started.
    pub fn start<'a>(
        &'a self,
        mixing: Option<&'a Mixing>,
        room: &'a mut Room,
        threads: usize,
    ) -> Result<Ngram<'a>, Fault> {
        let other = match self.ternary.as_ref().map(|ternary| ternary.start_in(room, threads)).transpose()? {
            Some(Started::Whole(other)) => Some(other),
            _ => None,
        };
        let (grams, own) = &*self.grams;
        Ok(Ngram::new(grams, self.tables.view(), self.start, mixing.unwrap_or(own), self.history, other))
    }
}

impl Loaded {
    /// Starts the model on one thread and lends it to `run`.
    ///
    /// # Errors
    /// If the model can't be started.
    pub fn start<T>(&self, run: impl FnOnce(Running<'_>) -> T) -> Result<T, Fault> {
        self.start_on(1, run)
    }

    /// Starts the model on as many threads as it can use, at most `threads`, and lends it to `run`. Its predictions don't depend on them.
    ///
    /// # Errors
    /// If the model can't be started.
    pub fn start_on<T>(&self, threads: usize, run: impl FnOnce(Running<'_>) -> T) -> Result<T, Fault> {
        let mut room = Room::default();
        let mut started = self.start_in(&mut room, threads)?;
        let result = run(started.running());
        started.finish()?;
        Ok(result)
    }

    /// Likewise, for whoever keeps it.
    ///
    /// # Errors
    /// If the model can't be started.
    pub fn start_in<'a>(&'a self, room: &'a mut Room, threads: usize) -> Result<Started<'a>, Fault> {
        match self {
            Loaded::Uniform => Ok(Started::Stepwise(Box::new(Uniform))),
            Loaded::Mix(config) => {
                let model = Mix::new(*config).map_err(|fault| Fault::entry(fault.to_string()))?;
                Ok(Started::Stepwise(Box::new(model)))
            }
            Loaded::Ternary(bytes, plan) => {
                let image = Image::new(bytes).map_err(|fault| Fault::entry(fault.to_string()))?;
                if let Some(plan) = plan_of(&image, plan)? {
                    let engine = fast::Engine::with_threads(image, plan, BATCH, useful(&image, threads));
                    return Ok(Started::Whole(Box::new(engine)));
                }
                let needs = Needs::of(&image, BATCH);
                *room = Room { words: vec![0; needs.words], bytes: vec![0; needs.bytes] };
                let memory = Memory { words: &mut room.words, bytes: &mut room.bytes };
                let engine = golf_ternary::Engine::new(image, BATCH, memory).expect("the memory that it needs");
                Ok(Started::Whole(Box::new(engine)))
            }
            Loaded::Ngram(ngrams) => Ok(Started::Whole(Box::new(ngrams.start(None, room, threads)?))),
            #[cfg(feature = "wasm")]
            Loaded::Wasm(module) => {
                let instance = module.start().map_err(|fault| Fault::entry(fault.to_string()))?;
                Ok(Started::Wasm(Box::new(instance)))
            }
        }
    }

    /// The threads that it would be started on if it were given so many.
    ///
    /// # Errors
    /// If the model can't be started.
    pub fn threads(&self, threads: usize) -> Result<usize, Fault> {
        let Loaded::Ternary(bytes, plan) = self else { return Ok(1) };
        let image = Image::new(bytes).map_err(|fault| Fault::entry(fault.to_string()))?;
        Ok(plan_of(&image, plan)?.map_or(1, |_| useful(&image, threads)))
    }
}

/// What a token needs of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    /// Bytes of weights, as they lie in memory.
    pub bytes: usize,
    /// Multiply-adds of int8.
    pub multiply_adds: u64,
    /// The instructions that do them.
    pub kernel: Kernel,
}

impl Loaded {
    /// What a token needs, of a model that is weights laid out for vectors.
    ///
    /// # Errors
    /// If the model can't be started.
    pub fn needed(&self) -> Result<Option<Needed>, Fault> {
        let Loaded::Ternary(bytes, plan) = self else { return Ok(None) };
        let image = Image::new(bytes).map_err(|fault| Fault::entry(fault.to_string()))?;
        Ok(plan_of(&image, plan)?.map(|plan| Needed {
            bytes: plan.weight_bytes(&image),
            multiply_adds: image.shape().multiply_adds(),
            kernel: plan.kernel(),
        }))
    }
}

/// As many of some threads as a model of this shape can use.
fn useful(image: &Image<'_>, threads: usize) -> usize {
    let useful = (image.shape().multiply_adds() / WORTH_A_THREAD).min(MOST_THREADS as u64) as usize;
    threads.min(useful).max(1)
}

/// The plan, made when it is first asked for, by as many threads as there are cores; none for the scalar kernel.
fn plan_of<'p>(image: &Image<'_>, plan: &'p OnceLock<Option<Plan>>) -> Result<Option<&'p Plan>, Fault> {
    let kernel = kernel()?;
    Ok(plan.get_or_init(|| Plan::with_threads(image, kernel, cores().min(MOST_THREADS))).as_ref())
}

/// Threads that may run at a time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// The kernel that the environment variable `GOLF_KERNEL` names, or else the fastest.
fn kernel() -> Result<Kernel, Fault> {
    let Ok(name) = std::env::var("GOLF_KERNEL") else { return Ok(Kernel::best()) };
    Kernel::available().find(|kernel| kernel.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Kernel::available().map(Kernel::name).collect();
        Fault::usage(format!("GOLF_KERNEL is `{name}`, but this machine runs {}", known.join(", ")))
    })
}
