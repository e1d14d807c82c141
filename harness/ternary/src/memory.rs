//! What a run of the engine keeps in memory, given by the caller.

use crate::Image;
use crate::attention::TOGETHER;
use crate::linear::TABLES;

/// How much memory an image needs, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Elements of [`Memory::words`].
    pub words: usize,
    /// Elements of [`Memory::bytes`].
    pub bytes: usize,
    pub(crate) layout: Layout,
}

impl Needs {
    /// Of an engine that takes up to `batch` tokens at once; 1 is enough for the one-by-one way, and larger is faster for whole documents.
    ///
    /// # Panics
    /// If `batch` is zero.
    pub fn of(image: &Image<'_>, batch: usize) -> Self {
        assert!(batch > 0, "a batch has at least one token");
        let layout = Layout::of(image, batch);
        Needs { words: layout.words(), bytes: layout.bytes(), layout }
    }

    /// All of it in bytes.
    pub fn total_bytes(&self) -> usize {
        (4 * self.words).saturating_add(self.bytes)
    }
}

/// Sizes of the parts, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) batch: usize,
    /// Tokens that the cache holds: the window, and a batch on top, because a batch is written before it is read.
    pub(crate) capacity: usize,
    pub(crate) dim: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    pub(crate) head_dim: usize,
    pub(crate) hidden: usize,
    pub(crate) tokens: usize,
    pub(crate) depth: usize,
    gated: bool,
}

impl Layout {
    fn of(image: &Image<'_>, batch: usize) -> Self {
        let shape = image.shape();
        Layout {
            batch,
            capacity: shape.window + batch - 1,
            dim: shape.dim,
            queries: shape.heads * shape.head_dim,
            keys: shape.kv_heads * shape.head_dim,
            head_dim: shape.head_dim,
            hidden: shape.hidden,
            tokens: shape.tokens,
            depth: shape.depth,
            gated: shape.gated,
        }
    }

    /// Widest output of the linear layers that run side by side: queries, keys and values, or up and gate, or what goes back to the stream.
    pub(crate) fn wide(&self) -> usize {
        (self.queries + 2 * self.keys).max(self.hidden * (1 + usize::from(self.gated))).max(self.dim)
    }

    /// Longest input of a linear layer.
    pub(crate) fn longest(&self) -> usize {
        self.dim.max(self.queries).max(self.hidden)
    }

    fn words(&self) -> usize {
        let batch = self.batch * (self.dim + self.wide() + self.queries.max(self.hidden) + 2 + self.tokens);
        batch + TOGETHER * self.capacity + self.head_dim + TABLES
    }

    /// Elements of the keys of all depths. With addresses of 32 bits they may be too many to count; then there is no memory for them either.
    fn cache(&self) -> usize {
        self.depth.saturating_mul(self.capacity).saturating_mul(self.keys)
    }

    fn bytes(&self) -> usize {
        let others = self.batch * self.longest() + self.queries + self.longest();
        self.cache().saturating_mul(2).saturating_add(others)
    }
}

/// Memory for an engine; its contents don't matter.
#[derive(Debug)]
pub struct Memory<'a> {
    /// At least [`Needs::words`].
    pub words: &'a mut [i32],
    /// At least [`Needs::bytes`].
    pub bytes: &'a mut [i8],
}

/// The memory cut into parts.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// Residual stream, `[batch, d]`.
    pub(crate) stream: &'a mut [i32],
    /// Outputs of linear layers, `[batch, wide]`.
    pub(crate) wide: &'a mut [i32],
    /// Attention outputs or MLP activations, `[batch, H*e or f]`.
    pub(crate) inner: &'a mut [i32],
    /// Norms of quantised inputs: mantissa and exponent, `[batch, 2]`.
    pub(crate) norms: &'a mut [i32],
    /// Attention scores of one token, of the heads that read the cache together, `[capacity, TOGETHER]`.
    pub(crate) scores: &'a mut [i32],
    /// Sine and cosine of a position's angles, `[e/2, 2]`.
    pub(crate) turns: &'a mut [i32],
    /// What small cores look up, `[TABLES]`.
    pub(crate) tables: &'a mut [i32],
    /// `[batch, V]`
    pub(crate) logits: &'a mut [i32],
    /// Quantised inputs, `[batch, n]`.
    pub(crate) quantised: &'a mut [i8],
    /// One token's queries, `[H*e]`.
    pub(crate) query: &'a mut [i8],
    /// One unpacked row.
    pub(crate) row: &'a mut [i8],
    /// Keys, `[D, G, capacity, e]`.
    pub(crate) keys: &'a mut [i8],
    /// Values, likewise.
    pub(crate) values: &'a mut [i8],
}

impl<'a> Parts<'a> {
    /// None if the memory is too small.
    pub(crate) fn cut(memory: Memory<'a>, layout: &Layout) -> Option<Self> {
        let Memory { words, bytes } = memory;
        let (stream, words) = words.split_at_mut_checked(layout.batch * layout.dim)?;
        let (wide, words) = words.split_at_mut_checked(layout.batch * layout.wide())?;
        let (inner, words) = words.split_at_mut_checked(layout.batch * layout.queries.max(layout.hidden))?;
        let (norms, words) = words.split_at_mut_checked(layout.batch * 2)?;
        let (scores, words) = words.split_at_mut_checked(TOGETHER * layout.capacity)?;
        let (turns, words) = words.split_at_mut_checked(layout.head_dim)?;
        let (tables, words) = words.split_at_mut_checked(TABLES)?;
        let (logits, _) = words.split_at_mut_checked(layout.batch * layout.tokens)?;
        let (quantised, bytes) = bytes.split_at_mut_checked(layout.batch * layout.longest())?;
        let (query, bytes) = bytes.split_at_mut_checked(layout.queries)?;
        let (row, bytes) = bytes.split_at_mut_checked(layout.longest())?;
        let cache = layout.cache();
        let (keys, bytes) = bytes.split_at_mut_checked(cache)?;
        let (values, _) = bytes.split_at_mut_checked(cache)?;
        Some(Parts { stream, wide, inner, norms, scores, turns, tables, logits, quantised, query, row, keys, values })
    }
}

/// [`TOGETHER`] on small cores.
pub(crate) const SMALL_TOGETHER: usize = 2;
/// [`TABLES`] on small cores.
pub(crate) const SMALL_TABLES: usize = 256 * 4;

impl Needs {
    /// Bytes for one token at a time on a small core, whatever processor asks.
    pub fn small_core_bytes(image: &Image<'_>) -> usize {
        let needs = Needs::of(image, 1);
        let more = (SMALL_TOGETHER - TOGETHER) * needs.layout.capacity + (SMALL_TABLES - TABLES);
        needs.total_bytes().saturating_add(4 * more)
    }
}
