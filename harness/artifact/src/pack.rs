//! From a trained model's checkpoint to an artifact. Runs where the model was trained, and in floating point.

mod checkpoint;
mod codecs;
mod quantise;
mod tokens;

use crate::artifact::Artifact;
use crate::codec;
use crate::fault::{self, Fault, Place};
use crate::header::Dtype;
use crate::json::{self, Fields, Node, Problems};
use crate::model::{self, Matrix, Model, TernaryConfig};
use crate::scale::Scale;
use crate::text;
use crate::vocabulary;
use crate::write::ArtifactBuilder;
use checkpoint::Checkpoint;
use golf_ternary::Codec;
use std::collections::BTreeMap;

/// Values that a configuration for packing has at most: its vocabulary may have 65,536 tokens, in two values each.
const VALUES: usize = 262_144;

/// Steps of a stored gain per unit of a real gain.
const GAIN_STEPS: f64 = 262_144.0 / 576.0;

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name in messages.
    pub path: &'a str,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// Packs a model; `FORMAT.md` says what the two files hold. The checkpoint isn't needed for engines without tensors.
///
/// A matrix in floating point is quantised row by row: `trit5` to `round(w / mean|w|)` within -1..=1, `bit1` to the
/// sign (0 to +1) with the scale `mean|w|`, `i8` and `i4` to `round(w / s)` with `s = max|w| / 127` (7). Halves go to
/// the even neighbour, sums run in 64-bit floating point from the first column to the last, and a scale is rounded to
/// its 16 bits after the weights were. A gain becomes `round(gain * 2^18 / 576)`.
///
/// # Errors
/// All faults of the configuration, or else of the checkpoint.
pub fn pack(checkpoint: Option<Input<'_>>, config: Input<'_>) -> Result<Vec<u8>, Vec<Fault>> {
    let recipe = Recipe::read(config.bytes).map_err(|faults| config.blame(faults))?;
    let mut builder = ArtifactBuilder::new(recipe.model.clone());
    if let Model::Ternary(ternary) = &recipe.model {
        let Some(input) = checkpoint else {
            let remedy = "name a safetensors file with its weights";
            let fault = Fault::new(Place::Whole, "the engine `ternary` needs a checkpoint", remedy);
            return Err(config.blame(vec![fault]));
        };
        let checkpoint = Checkpoint::read(input.bytes).map_err(|fault| input.blame(vec![fault]))?;
        let mut packer = Packer { checkpoint, recipe: &recipe, builder: &mut builder };
        let faults = packer.run(ternary);
        if !faults.is_empty() {
            return Err(input.blame(faults));
        }
    }
    if let Model::Ngram(_) = recipe.model {
        let remedy = "estimate n-grams with the example `ngrams` of golf-score, which writes artifacts";
        return Err(config.blame(vec![Fault::new(Place::Whole, "no checkpoint holds n-grams", remedy)]));
    }
    let artifact = builder.finish();
    match Artifact::read(&artifact) {
        Ok(_) => Ok(artifact),
        // A rule that only the whole breaks: places in a file that isn't written would mislead.
        Err(faults) => {
            let unplaced = faults.into_iter().map(Fault::unplaced).collect();
            Err(checkpoint.unwrap_or(config).blame(unplaced))
        }
    }
}

impl Input<'_> {
    fn blame(&self, faults: Vec<Fault>) -> Vec<Fault> {
        fault::cap(faults.into_iter().map(|fault| fault.in_file(self.path)).collect())
    }
}

/// The configuration file.
struct Recipe {
    model: Model,
    codecs: BTreeMap<String, Codec>,
    vocabulary: Option<Vec<Vec<u8>>>,
}

impl Recipe {
    fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let text = text::decode(bytes)?;
        let mut problems = Problems::default();
        let recipe = json::parse(text, VALUES, &mut problems).and_then(|root| Self::of(&root, &mut problems));
        match recipe {
            Some(recipe) if problems.is_empty() => Ok(recipe),
            _ => Err(problems.into_faults(|at| text::place(text, at))),
        }
    }

    fn of(root: &Node<'_>, problems: &mut Problems) -> Option<Self> {
        let model = model::parse(root, &["codecs", "vocabulary"], problems);
        // What is unknown was reported.
        let fields = Fields::of(root, "the configuration", &[], &mut Problems::default())?;
        let vocabulary = fields.optional("vocabulary").and_then(|node| tokens::read(node, problems));
        let model = model?;
        let codecs = match &model {
            Model::Ternary(config) => codecs::read(&fields, &config.matrices(), problems),
            Model::Mix { .. } | Model::Uniform | Model::Ngram(_) => BTreeMap::new(),
        };
        Some(Recipe { model, codecs, vocabulary })
    }
}

struct Packer<'a, 'b> {
    checkpoint: Checkpoint<'a>,
    recipe: &'b Recipe,
    builder: &'b mut ArtifactBuilder<'a>,
}

impl Packer<'_, '_> {
    fn run(&mut self, config: &TernaryConfig) -> Vec<Fault> {
        let mut results = vec![self.vocabulary(config)];
        for matrix in config.matrices() {
            results.push(self.matrix(&matrix));
        }
        for block in 0..config.blocks() {
            results.push(self.gains(&format!("blocks.{block}.attention.gain"), config));
        }
        let faults = results.into_iter().filter_map(Result::err);
        faults.chain(self.checkpoint.rest()).collect()
    }

    /// From the configuration, from the checkpoint, or the single bytes.
    fn vocabulary(&mut self, config: &TernaryConfig) -> Result<(), Fault> {
        if let Some(tokens) = &self.recipe.vocabulary {
            self.builder.vocabulary(tokens);
        } else if self.checkpoint.has(vocabulary::LENGTHS) {
            for name in [vocabulary::LENGTHS, vocabulary::BYTES] {
                let tensor = self.checkpoint.take(name)?;
                let bytes = tensor.bytes(safetensors::Dtype::U8);
                let bytes = bytes.ok_or_else(|| tensor.fault(0, "its dtype is not U8", "store it as U8"))?;
                self.builder.tensor(name, Dtype::U8, &[bytes.len()], bytes);
            }
        } else if config.tokenizer == golf_core::Tokenization::Bytes {
            let bytes: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
            self.builder.vocabulary(&bytes);
        } else {
            let place = Place::Tensor { name: vocabulary::LENGTHS.into(), offset: None };
            let remedy =
                "add `vocabulary` to the configuration, or the tensors `vocabulary.lengths` and `vocabulary.bytes`";
            return Err(Fault::new(place, "there is no vocabulary", remedy));
        }
        Ok(())
    }

    fn matrix(&mut self, matrix: &Matrix) -> Result<(), Fault> {
        let (name, cols) = (&matrix.name, matrix.cols);
        let scale_name = format!("{name}.scale");
        let scale = if self.checkpoint.has(&scale_name) { Some(self.checkpoint.take(&scale_name)?) } else { None };
        let tensor = self.checkpoint.take(name)?;
        let rows = match tensor.shape[..] {
            [rows, width] if width == cols && rows > 0 && matrix.rows.is_none_or(|needed| needed == rows) => rows,
            _ => {
                let rows = matrix.rows.map_or("rows".into(), |rows| rows.to_string());
                return Err(tensor.wrong_shape(&format!("[{rows}, {cols}]")));
            }
        };
        // The configuration names a codec for every matrix, or packing doesn't come so far.
        let codec = self.recipe.codecs.get(name).copied().unwrap_or(Codec::I8);
        let (weights, scales) = match (tensor.bytes(safetensors::Dtype::I8), scale) {
            (Some(bytes), Some(scale)) => {
                let groups = scale.count().checked_div(rows).unwrap_or(0);
                if scale.count() != 1 && (groups * rows != scale.count() || groups == 0 || cols % groups != 0) {
                    return Err(scale.wrong_shape(&format!("[1], [{rows}] or [{rows}, a divisor of {cols}]")));
                }
                (bytes.iter().map(|&byte| byte as i8).collect(), scale.scales()?)
            }
            (Some(_), None) => {
                let remedy = format!("add `{scale_name}`, or store the weights in floating point");
                return Err(tensor.fault(0, "whole numbers without scales", remedy));
            }
            (None, Some(scale)) => {
                let remedy = format!("leave it out, or store `{name}` as I8");
                return Err(scale.fault(0, "scales for weights in floating point", remedy));
            }
            (None, None) => {
                let values = tensor.reals()?;
                let (weights, scales): (Vec<_>, Vec<f64>) =
                    values.chunks(cols).map(|row| quantise::row(codec, row)).unzip();
                let scales = Scale::all(&scales).map_err(|row| {
                    let message = format!("row {row} needs a scale above {}, the largest there is", Scale::MOST);
                    tensor.fault(row * cols, message, "make the weights smaller")
                })?;
                (weights.concat(), scales)
            }
        };
        let scales: Vec<u16> = scales.into_iter().map(|scale| scale.0).collect();
        self.builder.matrix(name, codec, cols, &weights, &scales).map_err(|codec::Unstorable { index, weight }| {
            let message = format!("the weight {weight}, which `{}` can't store", codec::name(codec));
            tensor.fault(index, message, format!("keep to {}, or name another codec", codec::range(codec)))
        })
    }

    fn gains(&mut self, name: &str, config: &TernaryConfig) -> Result<(), Fault> {
        let tensor = self.checkpoint.take(name)?;
        if tensor.shape != [config.heads] {
            return Err(tensor.wrong_shape(&format!("[{}]", config.heads)));
        }
        let most = config.largest_gain();
        let gains = match tensor.halves() {
            Some(gains) => gains,
            None => {
                let reals = tensor.reals()?;
                let steps: Vec<f64> = reals.iter().map(|gain| (gain * GAIN_STEPS).round_ties_even()).collect();
                if let Some(head) = steps.iter().position(|steps| !(0.0..=f64::from(most)).contains(steps)) {
                    let message = format!("the gain of head {head} is {}", reals[head]);
                    let remedy = format!("keep gains within 0 and {:.1}", f64::from(most) / GAIN_STEPS);
                    return Err(tensor.fault(head, message, remedy));
                }
                steps.iter().map(|&steps| steps as u16).collect()
            }
        };
        self.builder.halves(name, &[config.heads], &gains);
        Ok(())
    }
}
