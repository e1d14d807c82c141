//! What is wrong with a module.

use crate::{Limits, MEMORY_LIMIT, MODULE_LIMIT};
use golf_core::VocabularyError;
use std::fmt;
use wasmtime::Trap;

/// What is wrong with a module, as it stands or when it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is larger than [`MODULE_LIMIT`].
    Size {
        /// How large it is.
        bytes: usize,
    },
    /// It is no module, or one with features that are off.
    Invalid(String),
    /// It has a start function.
    Start,
    /// It imports something.
    Import {
        /// What, with its module.
        name: String,
    },
    /// It lacks an export, or has it with another type.
    Export {
        /// Its name.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// Its memory begins larger than [`MEMORY_LIMIT`].
    Memory {
        /// With how many pages of 65,536 bytes.
        pages: u64,
    },
    /// It can't be given a memory or tables of the sizes that it declares.
    Instantiation(String),
    /// A call took too many instructions.
    Fuel {
        /// Of which function.
        function: &'static str,
        /// How many it may take.
        limit: u64,
    },
    /// A call wanted more memory than there may be.
    Growth {
        /// Of which function.
        function: &'static str,
        /// How many bytes there may be.
        limit: usize,
    },
    /// A call trapped.
    Trap {
        /// Of which function.
        function: &'static str,
        /// Why.
        why: String,
    },
    /// An address that a function returned is not that of room in the memory.
    Address {
        /// Which function.
        function: &'static str,
        /// What it returned.
        address: u32,
        /// How many bytes there must be.
        bytes: usize,
        /// How many bytes the memory has.
        memory: usize,
    },
    /// The address of the logits is not a multiple of 4.
    Alignment {
        /// What it is.
        address: u32,
    },
    /// The tokens are no vocabulary.
    Vocabulary(VocabularyError),
}

impl Fault {
    /// Of a call that didn't return.
    pub(crate) fn of_call(function: &'static str, limits: Limits, limit: u64, error: &wasmtime::Error) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Fault::Fuel { function, limit },
            Some(trap) => Fault::Trap { function, why: plain(trap).replace("wasm trap: ", "") },
            // Nothing else fails: the limits refused what it wanted.
            None => Fault::Growth { function, limit: limits.memory },
        }
    }
}

/// An error of the runtime as one line of ordinary characters: it may quote names from the module.
pub(crate) fn plain(error: &dyn fmt::Display) -> String {
    error.to_string().chars().take(200).flat_map(char::escape_debug).collect()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { bytes } => {
                write!(f, "the module has {bytes} bytes, and {MODULE_LIMIT} are allowed: put weights into `data`")
            }
            Self::Invalid(why) => {
                write!(f, "the module can't be run: {why}; harness/wasm/ABI.md says what it may consist of")
            }
            Self::Start => write!(f, "the module has a start function: prepare in `logits` instead"),
            Self::Import { name } => {
                write!(f, "the module imports {name}, but nothing is there to import: link it without")
            }
            Self::Export { name, wanted } => write!(f, "the module doesn't export `{name}` as {wanted}: export it"),
            Self::Memory { pages } => write!(
                f,
                "the module's memory begins with {pages} pages of 65,536 bytes, and {} are allowed: make it smaller",
                MEMORY_LIMIT >> 16
            ),
            Self::Instantiation(why) => write!(f, "the module can't be given what it declares: {why}"),
            Self::Fuel { function, limit } => {
                write!(f, "`{function}` took more than the {limit} instructions that it may take and was ended")
            }
            Self::Growth { function, limit } => {
                write!(f, "`{function}` wanted more than the {limit} bytes of memory that a module may have")
            }
            Self::Trap { function, why } => write!(f, "`{function}` failed: {why}"),
            Self::Address { function, address, bytes, memory } => write!(
                f,
                "`{function}` returned the address {address}, but {bytes} bytes from there don't fit the memory of {memory} bytes"
            ),
            Self::Alignment { address } => {
                write!(f, "`logits` returned the address {address}, which is not a multiple of 4")
            }
            Self::Vocabulary(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}
