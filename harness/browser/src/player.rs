//! An entry at work.

use golf_artifact::Artifact;
use golf_core::logit;
use golf_record::submission::hex;
use golf_record::{EngineId, Probe, TaskScore};
use golf_score::Fault;
use golf_score::model::{self, Loaded, Room, Started};
use golf_score::sampling::Sampler;
use golf_score::scoring::{self, best};
use golf_task::{Definition, Item, Task, TaskError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An entry that has been loaded.
pub struct Player {
    about: About,
    digest: [u8; 32],
    /// Never freed: a page makes a new module for another entry.
    loaded: &'static Loaded,
    started: Started<'static>,
    logits: Vec<i32>,
    sampler: Sampler,
    task: Option<(Definition, Vec<Item>)>,
    scored: Option<TaskScore>,
}

/// What a page wants to know of an entry.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// Of the artifact.
    pub sha256: String,
    /// Of the artifact.
    pub bytes: usize,
    /// Trained numbers in it.
    pub parameters: u64,
    /// What runs it.
    pub engine: EngineId,
    /// Which instructions do its products, of engines that have a choice.
    pub kernel: &'static str,
    /// Size of the vocabulary.
    pub vocabulary: usize,
}

/// What each token of a text costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// Ids.
    pub tokens: Vec<u32>,
    /// In 2^-16 bits.
    pub costs: Vec<u64>,
    /// The likeliest token in each place.
    pub likeliest: Vec<u32>,
}

/// A score beside its record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What was scored: bits per byte, or the share that is right.
    pub headline: f64,
    /// What is recorded.
    pub recorded: f64,
    /// The first item that differs, in words; none if they are the same, bit for bit.
    pub difference: Option<String>,
}

/// A task as a page gets it: `tasks/<id>.json` of the site.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    definition: Definition,
    /// By path, as in the definition.
    files: BTreeMap<PathBuf, String>,
    season: String,
}

impl Player {
    /// Loads an artifact that has this SHA-256.
    ///
    /// # Errors
    /// If it has another one, isn't in order, or can't be started.
    pub fn load(sha256: &str, artifact: &[u8]) -> Result<Self, Fault> {
        let digest: [u8; 32] = Sha256::digest(artifact).into();
        let found = hex(&digest);
        if found != sha256 {
            return Err(Fault::entry(format!("these bytes have the SHA-256 {found}, but it should be {sha256}")));
        }
        let bytes = artifact.len();
        let artifact = Artifact::read(artifact).map_err(|faults| Fault::entry_lines(&faults))?;
        let loaded: &Loaded = Box::leak(Box::new(model::load(&artifact)?));
        let kernel = loaded.needed()?.map_or("scalar", |needed| needed.kernel.name());
        let mut started = loaded.start_in(Box::leak(Box::new(Room::default())), 1)?;
        let vocabulary = started.running().model().vocabulary().len();
        let (engine, parameters) = (model::engine(&artifact), artifact.parameters());
        Ok(Player {
            about: About { sha256: found, bytes, parameters, engine, kernel, vocabulary },
            digest,
            loaded,
            started,
            logits: vec![0; vocabulary],
            sampler: Sampler::new(0.0, 0, 0)?,
            task: None,
            scored: None,
        })
    }

    /// What it is.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The tokens, each after a byte that says how long it is.
    pub fn vocabulary(&mut self) -> Vec<u8> {
        let mut running = self.started.running();
        let vocabulary = running.model().vocabulary();
        let mut bytes = vec![];
        for token in 0..vocabulary.len() as u32 {
            let token = vocabulary.token(token);
            bytes.push(u8::try_from(token.len()).expect("tokens have at most 255 bytes"));
            bytes.extend_from_slice(token);
        }
        bytes
    }

    /// Digest of the logits, as every record has it.
    ///
    /// # Errors
    /// If the text can't be cut without loss.
    pub fn probe(&mut self) -> Result<Probe, Fault> {
        scoring::probe(&mut self.started.running(), golf_core::probe::TOKENS)
    }

    /// Begins to write: the model is shown a prompt. Returns its number of tokens.
    ///
    /// # Errors
    /// If it can't be cut without loss, or the temperature makes no sense.
    pub fn begin(&mut self, prompt: &[u8], temperature: f64, top_k: usize, seed: u64) -> Result<usize, Fault> {
        self.sampler = Sampler::new(temperature, top_k, seed)?;
        let mut running = self.started.running();
        let model = running.model();
        let tokens = scoring::cut(model, prompt)?;
        model.reset();
        tokens.iter().for_each(|&token| model.observe(token));
        Ok(tokens.len())
    }

    /// Writes a token.
    pub fn step(&mut self) -> u32 {
        let mut running = self.started.running();
        let model = running.model();
        model.predict(&mut self.logits);
        let token = self.sampler.choose(&self.logits);
        model.observe(token);
        token
    }

    /// What each token of a text costs, the text seen as one document.
    ///
    /// # Errors
    /// If the text can't be cut without loss.
    pub fn costs(&mut self, text: &[u8], progress: &dyn Fn(usize, usize)) -> Result<Costs, Fault> {
        let mut running = self.started.running();
        let tokens = scoring::cut(running.model(), text)?;
        let mut costs = Costs::default();
        running.predictions(&tokens, &mut |index, logits| {
            costs.costs.push(logit::cost(logits, tokens[index]).0);
            costs.likeliest.push(best(logits));
            progress(index + 1, tokens.len());
        });
        costs.tokens = tokens;
        Ok(costs)
    }

    /// Takes a task, and returns its number of items for this artifact.
    ///
    /// # Errors
    /// If the task isn't in order.
    pub fn take(&mut self, json: &[u8]) -> Result<usize, Fault> {
        let source: Source =
            serde_json::from_slice(json).map_err(|fault| Fault::machine(format!("not a task: {fault}")))?;
        let Source { definition, files, season } = source;
        let task = Task::with(definition, Path::new(""), |path| {
            let missing = || TaskError { path: path.to_owned(), message: "is missing".into() };
            files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(missing)
        })?;
        let items = task.items(&self.digest, &season);
        let count = items.len();
        self.task = Some((task.definition, items));
        Ok(count)
    }

    /// Scores the task that was taken.
    ///
    /// # Errors
    /// If none was, or the model remembers documents.
    pub fn score(&mut self, progress: &(dyn Fn() + Sync)) -> Result<&TaskScore, Fault> {
        let (task, items) = self.task.as_ref().ok_or_else(|| Fault::usage("there is no task to score"))?;
        let items = scoring::score_items(self.loaded, items, 1, progress)?;
        Ok(self.scored.insert(TaskScore::new(&task.id, task.version, items)))
    }

    /// Compares the task's score with its record: a task of `score.json`.
    ///
    /// # Errors
    /// If there is no score, or the record can't be read.
    pub fn compare(&self, json: &[u8]) -> Result<Comparison, Fault> {
        let score = self.scored.as_ref().ok_or_else(|| Fault::usage("there is no score to compare"))?;
        let recorded: TaskScore =
            serde_json::from_slice(json).map_err(|fault| Fault::machine(format!("not a record: {fault}")))?;
        Ok(Comparison {
            headline: score.summary().headline(),
            recorded: recorded.summary().headline(),
            difference: recorded.difference(score),
        })
    }
}
