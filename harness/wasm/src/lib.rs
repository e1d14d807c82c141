//! Entries that bring their own code: a WebAssembly module and its data behind the contract of [`LanguageModel`](golf_core::LanguageModel).
//!
//! `ABI.md` beside this crate defines what a module exports and what it may do. It gets no imports, so that it can do nothing but compute; it is
//! limited in instructions, memory and depth; and it has no floating point, so that every runtime computes the same logits.
#![forbid(unsafe_code)]

mod fault;
mod instance;
mod module;

pub use fault::Fault;
pub use instance::Instance;
pub use module::Module;

/// Largest module in bytes; weights belong into the data.
pub const MODULE_LIMIT: usize = 1_000_000;

/// Most bytes of memory that a module may have.
pub const MEMORY_LIMIT: usize = 128 << 20;

/// Most elements of a table.
pub const TABLE_LIMIT: usize = 65_536;

/// Bytes of the stack of all open calls, which is not part of the memory.
pub const STACK_LIMIT: usize = 1 << 19;

/// What a module may use. Instructions are counted as the runtime counts them: roughly one for each of the module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions of `data` and `logits`, each.
    pub prepare: u64,
    /// Instructions of a prediction or an observation.
    pub call: u64,
    /// Bytes of memory.
    pub memory: usize,
}

impl Default for Limits {
    /// What entries may use.
    fn default() -> Self {
        Limits { prepare: 1 << 31, call: 1 << 28, memory: MEMORY_LIMIT }
    }
}
