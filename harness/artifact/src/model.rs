//! What an artifact's configuration says.

mod parse;

pub(crate) use parse::parse;

use golf_core::Tokenization;
use golf_ternary::Shape;

/// Names of the engines in configurations.
pub const ENGINES: [&str; 4] = ["ternary", "mix", "uniform", "ngram"];

/// Version of each engine that this harness has.
pub const VERSION: u64 = 1;

/// Largest key and value cache in bytes: `2 * depth * window * kv_heads * head_dim`.
pub const CACHE_LIMIT: u64 = 1 << 30;

/// Largest multiply-adds of attention for one token, at a full window: `2 * depth * window * heads * head_dim`.
pub const ATTENTION_LIMIT: u64 = 1 << 30;

/// An engine and its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The reference engine, a transformer in integers.
    Ternary(TernaryConfig),
    /// Context mixing, which learns only from the text.
    Mix {
        /// Highest order, 1..=8.
        orders: u8,
        /// Slots of each table as a power of two, 12..=22.
        log2_slots: u8,
    },
    /// All bytes alike.
    Uniform,
    /// N-grams, stored and the document's own, alone or mixed with a ternary model.
    Ngram(NgramConfig),
}

/// Configuration of the engine of n-grams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NgramConfig {
    /// How text is cut into tokens.
    pub tokenizer: Tokenization,
    /// The token that counts as the one before a document's first.
    pub start: u32,
    /// Whether it learns from the document.
    pub adapts: bool,
    /// Longest history that it counts in the document, 0..=6 tokens.
    pub history: usize,
    /// The ternary model that is mixed in, with the same tokenizer and start.
    pub ternary: Option<TernaryConfig>,
}

/// Configuration of the ternary engine; the letters are those of `harness/ternary/ARITHMETIC.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TernaryConfig {
    /// How text is cut into tokens.
    pub tokenizer: Tokenization,
    /// The token fed before a document's first.
    pub start: u32,
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
    pub rope_period: usize,
    /// Steps per position of each rotary pair, `[e/2]`, each below the period.
    pub rope_frequencies: Vec<u16>,
    /// The physical block at each depth.
    pub depth: Vec<u8>,
    /// Cap of the logits in bits, 0 for none.
    pub softcap: u32,
}

/// A matrix that a configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Its name without codec, as in `blocks.0.mlp.up`.
    pub name: String,
    /// How many rows; none for the embedding, which has as many as its tensor.
    pub rows: Option<usize>,
    /// How many columns.
    pub cols: usize,
}

impl TernaryConfig {
    /// How many physical blocks there are.
    pub fn blocks(&self) -> usize {
        self.depth.iter().max().map_or(0, |&last| usize::from(last) + 1)
    }

    /// The matrices: the embedding, then those of each block.
    pub fn matrices(&self) -> Vec<Matrix> {
        let (d, queries, keys) = (self.dim, self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let parts = [
            ("attention.query", queries, d),
            ("attention.key", keys, d),
            ("attention.value", keys, d),
            ("attention.output", d, queries),
            ("mlp.up", self.hidden, d),
            ("mlp.gate", self.hidden, d),
            ("mlp.down", d, self.hidden),
        ];
        let parts = parts.iter().filter(|(name, ..)| self.gated || *name != "mlp.gate");
        let of_block = |block| {
            parts.clone().map(move |&(name, rows, cols)| Matrix {
                name: format!("blocks.{block}.{name}"),
                rows: Some(rows),
                cols,
            })
        };
        let embedding = Matrix { name: "embedding".into(), rows: None, cols: d };
        core::iter::once(embedding).chain((0..self.blocks()).flat_map(of_block)).collect()
    }

    /// The engine's sizes with a vocabulary of `tokens` tokens and an embedding of `rows` rows.
    pub fn shape(&self, tokens: usize, rows: usize) -> Shape {
        Shape {
            tokens,
            rows,
            dim: self.dim,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            hidden: self.hidden,
            gated: self.gated,
            window: self.window,
            period: self.rope_period,
            softcap: self.softcap,
            start: self.start,
            tokenization: self.tokenizer,
            depth: self.depth.len(),
            blocks: self.blocks(),
        }
    }

    /// Largest gain of a head for which its attention scores fit 32 bits.
    pub fn largest_gain(&self) -> u16 {
        let most = (i32::MAX as usize - 128) / (127 * 127 * self.head_dim.max(1));
        u16::try_from(most).unwrap_or(u16::MAX)
    }
}

impl Model {
    /// Name of the engine.
    pub fn engine(&self) -> &'static str {
        match self {
            Model::Ternary(_) => "ternary",
            Model::Mix { .. } => "mix",
            Model::Uniform => "uniform",
            Model::Ngram(_) => "ngram",
        }
    }

    /// The configuration of the ternary model in it, which may be all of it.
    pub fn ternary(&self) -> Option<&TernaryConfig> {
        match self {
            Model::Ternary(config) => Some(config),
            Model::Ngram(config) => config.ternary.as_ref(),
            Model::Mix { .. } | Model::Uniform => None,
        }
    }

    /// Whether it is spelt in tokens of its own, and has tensors.
    pub(crate) fn has_tensors(&self) -> bool {
        matches!(self, Model::Ternary(_) | Model::Ngram(_))
    }

    /// The configuration as it stands in an artifact: always the same bytes, and no more than needed.
    pub fn to_json(&self) -> String {
        let mut fields = vec![("engine", format!("\"{}\"", self.engine())), ("version", VERSION.to_string())];
        match self {
            Model::Uniform => {}
            Model::Mix { orders, log2_slots } => {
                fields.extend([("orders", orders.to_string()), ("log2_slots", log2_slots.to_string())]);
            }
            Model::Ternary(config) => {
                fields.extend(text_fields(config.tokenizer, config.start));
                fields.extend(config.fields());
            }
            Model::Ngram(config) => {
                fields.extend(text_fields(config.tokenizer, config.start));
                fields.extend([("adapts", config.adapts.to_string()), ("history", config.history.to_string())]);
                fields.extend(config.ternary.as_ref().map(|ternary| ("ternary", object(ternary.fields()))));
            }
        }
        object(fields)
    }
}

/// Fields of a configuration with their values in JSON.
type JsonFields = Vec<(&'static str, String)>;

fn text_fields(tokenizer: Tokenization, start: u32) -> JsonFields {
    let name = Tokenization::NAMES.iter().find(|&&(kind, _)| kind == tokenizer).map_or("", |&(_, name)| name);
    vec![("tokenizer", format!("\"{name}\"")), ("start", start.to_string())]
}

fn object(fields: JsonFields) -> String {
    let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

impl TernaryConfig {
    /// Without those that say how text is cut.
    fn fields(&self) -> JsonFields {
        vec![
            ("dim", self.dim.to_string()),
            ("heads", self.heads.to_string()),
            ("kv_heads", self.kv_heads.to_string()),
            ("head_dim", self.head_dim.to_string()),
            ("hidden", self.hidden.to_string()),
            ("gated", self.gated.to_string()),
            ("window", self.window.to_string()),
            (
                "rope",
                format!("{{\"period\":{},\"frequencies\":[{}]}}", self.rope_period, joined(&self.rope_frequencies)),
            ),
            ("depth", format!("[{}]", joined(&self.depth))),
            ("softcap", self.softcap.to_string()),
        ]
    }
}

fn joined<T: ToString>(numbers: &[T]) -> String {
    numbers.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}
