//! Errors as users meet them: a sentence, and who is at fault.

use std::fmt;
use std::path::Path;

/// Who is at fault; also the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The entry: invalid, over budget, another score than recorded.
    Entry = 1,
    /// The command line.
    Usage = 2,
    /// The machine: a file or tool is missing, there is no space.
    Machine = 3,
}

/// What went wrong, in sentences that say how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Who is at fault.
    pub blame: Blame,
    /// One or more lines.
    pub message: String,
}

impl Fault {
    /// The entry is at fault.
    pub fn entry(message: impl Into<String>) -> Self {
        Fault { blame: Blame::Entry, message: message.into() }
    }

    /// The entry is at fault in several ways, a line each.
    pub fn entry_lines(faults: &[impl fmt::Display]) -> Self {
        Fault::entry(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    /// The command line is at fault.
    pub fn usage(message: impl Into<String>) -> Self {
        Fault { blame: Blame::Usage, message: message.into() }
    }

    /// The machine is at fault.
    pub fn machine(message: impl Into<String>) -> Self {
        Fault { blame: Blame::Machine, message: message.into() }
    }

    /// A file can't be read.
    pub fn reading(path: &Path, fault: &std::io::Error) -> Self {
        Fault::machine(format!("{}: can't be read: {fault}", path.display()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(feature = "store")]
impl From<golf_record::StoreError> for Fault {
    fn from(fault: golf_record::StoreError) -> Self {
        Fault::machine(fault.to_string())
    }
}

impl From<golf_task::TaskError> for Fault {
    fn from(fault: golf_task::TaskError) -> Self {
        Fault::machine(fault.to_string())
    }
}
