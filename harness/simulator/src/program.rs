//! From an ELF file to decoded instructions.

use crate::decode::{self, Op};
use elf::ElfBytes;
use elf::abi::{EM_RISCV, ET_EXEC, PT_LOAD};
use elf::endian::LittleEndian;
use elf::file::Class;
use std::fmt;

/// Longest program in bytes.
const LONGEST: u64 = 1 << 20;

/// A program in flash, ready to run.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) base: u32,
    pub(crate) flash: Vec<u8>,
    pub(crate) entry: u32,
    /// One for every two bytes: an instruction may begin at any.
    pub(crate) ops: Vec<Op>,
    symbols: Vec<(u32, String)>,
}

/// Why a file is not a program for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError(String);

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a program for this machine: {}", self.0)
    }
}

impl std::error::Error for ProgramError {}

impl Program {
    /// Reads an ELF file: one segment with contents, for flash; segments without contents lie in RAM, which is zero.
    ///
    /// # Errors
    /// If it isn't one for this machine.
    pub fn read(file: &[u8]) -> Result<Self, ProgramError> {
        let wrong = |message: &str| ProgramError(message.into());
        let parse = |fault: elf::ParseError| ProgramError(fault.to_string());
        let elf = ElfBytes::<LittleEndian>::minimal_parse(file).map_err(parse)?;
        if elf.ehdr.class != Class::ELF32 || elf.ehdr.e_machine != EM_RISCV || elf.ehdr.e_type != ET_EXEC {
            return Err(wrong("not an executable for RISC-V of 32 bits"));
        }
        let segments = elf.segments().ok_or_else(|| wrong("no segments"))?;
        let mut loaded = segments.iter().filter(|segment| segment.p_type == PT_LOAD && segment.p_filesz > 0);
        let (Some(segment), None) = (loaded.next(), loaded.next()) else {
            return Err(wrong("it has another number of segments with contents than one"));
        };
        if segment.p_memsz != segment.p_filesz || segment.p_filesz > LONGEST || segment.p_vaddr % 4 != 0 {
            return Err(wrong(
                "its segment is too long, or longer in memory than in the file, or begins at an odd place",
            ));
        }
        let flash = elf.segment_data(&segment).map_err(parse)?.to_vec();
        let base = u32::try_from(segment.p_vaddr).map_err(|_| wrong("its segment lies beyond 32 bits"))?;
        let entry = u32::try_from(elf.ehdr.e_entry).map_err(|_| wrong("its entry lies beyond 32 bits"))?;
        let mut symbols = vec![];
        if let Some((table, names)) = elf.symbol_table().map_err(parse)? {
            for symbol in table.iter().filter(|symbol| symbol.st_name != 0) {
                let name = names.get(symbol.st_name as usize).map_err(parse)?;
                symbols.push((symbol.st_value as u32, name.to_owned()));
            }
        }
        symbols.sort();
        Ok(Program { symbols, ..Program::of(base, flash, entry) })
    }

    /// Bare instructions at this address.
    pub fn of(base: u32, flash: Vec<u8>, entry: u32) -> Self {
        Program { base, entry, ops: decode::all(&flash), flash, symbols: vec![] }
    }

    /// Bytes of code and constants.
    pub fn flash_bytes(&self) -> usize {
        self.flash.len()
    }

    /// The names of all its functions and statics, where the file has kept them.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.iter().map(|(_, name)| name.as_str())
    }

    /// The name of what lies at this address, where the file has kept it.
    pub fn symbol(&self, address: u32) -> Option<&str> {
        let after = self.symbols.partition_point(|(start, _)| *start <= address);
        self.symbols[..after].last().map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused() {
        assert!(Program::read(b"").is_err());
        assert!(Program::read(b"\x7fELF\x01\x01\x01").is_err());
        assert!(Program::read(&[0; 4_096]).is_err());
    }
}
