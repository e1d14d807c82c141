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

/// Instructions that a module may take, as the runtime counts them: roughly one for each, and for memory that is moved one for every few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuel {
    /// `data` and `logits`, each.
    pub prepare: u64,
    /// A prediction or an observation.
    pub call: u64,
}

impl Default for Fuel {
    /// What entries may take.
    fn default() -> Self {
        Fuel { prepare: 1 << 31, call: 1 << 28 }
    }
}

/// Calls that may be open within one another.
pub const DEPTH_LIMIT: usize = 1_024;

/// Bytes of the stack of locals and operands, which is not part of the memory.
pub const STACK_LIMIT: usize = 1 << 20;
