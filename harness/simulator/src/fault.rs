//! How a program can go wrong.

use std::fmt;

/// What a program did that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Read where nothing is, or across an edge.
    Read {
        /// Where.
        address: u32,
        /// How many bytes.
        bytes: u32,
    },
    /// Wrote where nothing may be written.
    Write {
        /// Where.
        address: u32,
        /// How many bytes.
        bytes: u32,
    },
    /// Accessed memory at an address that isn't a multiple of the access's size.
    Misaligned {
        /// Where.
        address: u32,
        /// How many bytes.
        bytes: u32,
    },
    /// Jumped out of the program.
    Jump {
        /// To where.
        address: u32,
    },
    /// An instruction that the machine doesn't have.
    Illegal,
    /// A register of control and status that the machine doesn't have.
    Csr {
        /// Its number.
        number: u32,
    },
    /// A breakpoint or a call of an environment that isn't there.
    Environment,
    /// A semihosting operation that the machine doesn't have, or one that says too much.
    Semihosting {
        /// Its number.
        operation: u32,
    },
    /// It retired as many instructions as it may.
    Budget,
}

/// A program's error, and where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it did.
    pub cause: Cause,
    /// Address of the instruction.
    pub pc: u32,
    /// Instructions retired before it.
    pub instructions: u64,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Read { address, bytes } => {
                write!(f, "a read of {bytes} bytes at 0x{address:08x}, where there are none")
            }
            Cause::Write { address, bytes } => {
                write!(f, "a write of {bytes} bytes to 0x{address:08x}, where nothing may be written")
            }
            Cause::Misaligned { address, bytes } => {
                write!(f, "an access to 0x{address:08x}, which is no multiple of {bytes}")
            }
            Cause::Jump { address } => write!(f, "a jump to 0x{address:08x}, out of the program"),
            Cause::Illegal => f.write_str("an illegal instruction"),
            Cause::Csr { number } => write!(f, "an access to the unknown register 0x{number:03x}"),
            Cause::Environment => f.write_str("a breakpoint or a call of an environment that isn't there"),
            Cause::Semihosting { operation } => {
                write!(f, "the semihosting operation 0x{operation:x}, which isn't granted")
            }
            Cause::Budget => f.write_str("more instructions than it may retire"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at 0x{:08x}, after {} instructions)", self.cause, self.pc, self.instructions)
    }
}

impl std::error::Error for Fault {}
