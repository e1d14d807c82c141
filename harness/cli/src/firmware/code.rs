//! What is in an ELF file of the firmware: how long it is in flash, whether it computes in floating point, and nothing but what is loaded.

use elf::ElfBytes;
use elf::abi::{EM_ARM, EM_RISCV, ET_EXEC, PT_LOAD, SHF_EXECINSTR};
use elf::endian::LittleEndian;
use elf::file::Class;
use std::fmt;

/// An ELF file of the firmware.
#[derive(Debug)]
pub struct Code<'a> {
    file: &'a [u8],
    elf: ElfBytes<'a, LittleEndian>,
}

/// Why a file won't do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// It isn't an executable for one of the targets.
    Format(String),
    /// The symbols that tell code from constants are missing, so it can't be checked.
    Unmarked,
    /// It computes in floating point: functions for that by name.
    SoftFloat(Vec<String>),
    /// It computes in floating point: an instruction for that, or for a coprocessor, at this address.
    Float(u32),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodeError::Format(message) => write!(f, "not the firmware of a target: {message}"),
            CodeError::Unmarked => {
                f.write_str("has no symbols that tell code from constants, so floating point can't be looked for")
            }
            CodeError::SoftFloat(names) => write!(f, "computes in floating point: {}", names.join(", ")),
            CodeError::Float(address) => {
                write!(
                    f,
                    "computes in floating point: the instruction at 0x{address:08x} is one for it, or for a coprocessor"
                )
            }
        }
    }
}

impl std::error::Error for CodeError {}

impl From<elf::ParseError> for CodeError {
    fn from(fault: elf::ParseError) -> Self {
        CodeError::Format(fault.to_string())
    }
}

impl<'a> Code<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// If it isn't an executable for a target's kind of machine.
    pub fn read(file: &'a [u8]) -> Result<Self, CodeError> {
        let elf = ElfBytes::<LittleEndian>::minimal_parse(file)?;
        let known = [EM_ARM, EM_RISCV].contains(&elf.ehdr.e_machine);
        if elf.ehdr.class != Class::ELF32 || !known || elf.ehdr.e_type != ET_EXEC || elf.segments().is_none() {
            return Err(CodeError::Format("not an executable for Arm or RISC-V of 32 bits".into()));
        }
        Ok(Code { file, elf })
    }

    /// Address and length of each part that is loaded from the file.
    fn loaded(&self) -> impl Iterator<Item = elf::segment::ProgramHeader> {
        let segments = self.elf.segments().into_iter().flatten();
        segments.filter(|segment| segment.p_type == PT_LOAD && segment.p_filesz > 0)
    }

    /// Bytes of code and constants in flash.
    pub fn flash_bytes(&self) -> u64 {
        self.loaded().map(|segment| segment.p_filesz).sum()
    }

    /// The first address behind code and constants.
    pub fn flash_end(&self) -> u64 {
        self.loaded().map(|segment| segment.p_paddr + segment.p_filesz).max().unwrap_or(0)
    }

    /// The file without sections and symbols: what is loaded, and nothing else.
    pub fn stripped(&self) -> Vec<u8> {
        let header = &self.elf.ehdr;
        let ends = self.loaded().map(|segment| segment.p_offset + segment.p_filesz);
        let tables = header.e_phoff + u64::from(header.e_phnum) * u64::from(header.e_phentsize);
        let end = ends.chain([tables]).max().expect("one at least") as usize;
        let mut bytes = self.file[..end.min(self.file.len())].to_vec();
        // Of ELF's header of 32 bits: `e_shoff`, and `e_shentsize`, `e_shnum`, `e_shstrndx`.
        bytes[32..36].fill(0);
        bytes[46..52].fill(0);
        bytes
    }

    /// That nothing in it computes in floating point, neither by instructions nor by functions of the compiler's library.
    ///
    /// # Errors
    /// What does, or that it can't be told.
    pub fn check_integer(&self) -> Result<(), CodeError> {
        let (table, names) = self.elf.symbol_table()?.ok_or(CodeError::Unmarked)?;
        let (mut marks, mut soft) = (vec![], vec![]);
        for symbol in table.iter() {
            let name = names.get(symbol.st_name as usize)?;
            // Marks of where code and constants begin, as both architectures' ELF supplements define them: `$t` or `$x`, and `$d`.
            match name.as_bytes() {
                [b'$', kind, ..] => marks.push((symbol.st_value as u32, *kind)),
                _ if is_soft_float(name) => soft.push(name.to_owned()),
                _ => {}
            }
        }
        if !soft.is_empty() {
            return Err(CodeError::SoftFloat(soft));
        }
        marks.sort_unstable();
        let sections = self.elf.section_headers().ok_or(CodeError::Unmarked)?;
        for section in sections.iter().filter(|section| section.sh_flags & u64::from(SHF_EXECINSTR) != 0) {
            let (bytes, _) = self.elf.section_data(&section)?;
            let begin = section.sh_addr as u32;
            let within: Vec<_> = marks.iter().filter(|(at, _)| at.wrapping_sub(begin) < bytes.len() as u32).collect();
            // Each byte must lie behind a mark.
            if !bytes.is_empty() && within.first().is_none_or(|(at, _)| *at != begin) {
                return Err(CodeError::Unmarked);
            }
            for (index, (at, kind)) in within.iter().enumerate().filter(|(_, (_, kind))| *kind != b'd') {
                let end = within.get(index + 1).map_or(bytes.len(), |(at, _)| (at - begin) as usize);
                let float = if *kind == b't' { float_in_thumb } else { float_in_riscv };
                if let Some(place) = float(&bytes[(at - begin) as usize..end]) {
                    return Err(CodeError::Float(at + place as u32));
                }
            }
        }
        Ok(())
    }
}

/// Where the first instruction of Thumb code is that is for a coprocessor, as those for floating point and vectors are.
fn float_in_thumb(code: &[u8]) -> Option<usize> {
    let mut place = 0;
    while let Some(&[low, high]) = code.get(place..place + 2) {
        let half = u16::from_le_bytes([low, high]);
        // 0b111x_11..: the coprocessors' share of the instructions of 32 bits.
        if half & 0xec00 == 0xec00 {
            return Some(place);
        }
        place += if half >= 0xe800 { 4 } else { 2 };
    }
    None
}

/// Where the first instruction of RISC-V code is that is for floating point.
fn float_in_riscv(code: &[u8]) -> Option<usize> {
    /// Loads, stores, the four fused multiplications, and all others.
    const OPCODES: [u16; 7] = [0x07, 0x27, 0x43, 0x47, 0x4b, 0x4f, 0x53];
    let mut place = 0;
    while let Some(&[low, high]) = code.get(place..place + 2) {
        let half = u16::from_le_bytes([low, high]);
        let (quadrant, function) = (half & 3, half >> 13);
        let float = match quadrant {
            3 => OPCODES.contains(&(half & 0x7f)),
            // Compressed loads and stores, of double and single width, also relative to the stack.
            0 | 2 => matches!(function, 1 | 3 | 5 | 7) && half != 0,
            _ => false,
        };
        if float {
            return Some(place);
        }
        place += if quadrant == 3 { 4 } else { 2 };
    }
    None
}

/// Whether a symbol is one of the compiler's functions for floating point, such as `__addsf3`, `__fixdfsi`, `__aeabi_dmul` or `__aeabi_ui2f`.
fn is_soft_float(name: &str) -> bool {
    let types = ["hf", "sf", "df", "tf"];
    let runtime = name.strip_prefix("__").is_some_and(|rest| {
        let tail = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        rest.len() < 16
            && types.iter().any(|kind| {
                tail.ends_with(kind) || tail.contains(&format!("{kind}si")) || tail.contains(&format!("{kind}di"))
            })
    });
    let arm = name.strip_prefix("__aeabi_").is_some_and(|rest| {
        let begins = ["f", "d", "h", "cf", "cd"].iter().any(|kind| rest.starts_with(kind));
        begins || ["2f", "2d", "2h"].iter().any(|kind| rest.ends_with(kind))
    });
    runtime || arm || name.contains("compiler_builtins5float")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_float_is_told_by_its_name() {
        let float = ["__addsf3", "__muldf3", "__floatsidf", "__fixdfsi", "__fixunssfdi", "__unordtf2", "__extendhfsf2"];
        let arm = [
            "__aeabi_fadd",
            "__aeabi_dmul",
            "__aeabi_ui2f",
            "__aeabi_f2iz",
            "__aeabi_l2d",
            "__aeabi_cdcmple",
            "__aeabi_h2f",
        ];
        for name in float.iter().chain(&arm) {
            assert!(is_soft_float(name), "{name}");
        }
        let integer = ["__divdi3", "__muloti4", "__multi3", "memcpy", "__bss_end", "golf_main"];
        let arm =
            ["__aeabi_uldivmod", "__aeabi_lmul", "__aeabi_memcpy4", "__aeabi_idiv", "__aeabi_llsl", "__aeabi_uidivmod"];
        for name in integer.iter().chain(&arm) {
            assert!(!is_soft_float(name), "{name}");
        }
    }

    #[test]
    fn float_is_told_by_its_instructions() {
        let halves = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
        // adds r0, #1; vadd.f32 s0, s1, s2
        assert_eq!(float_in_thumb(&halves(&[0x3001, 0xee30, 0x0a81])), Some(2));
        // vldr s0, [r0]
        assert_eq!(float_in_thumb(&halves(&[0xed90, 0x0a00])), Some(0));
        // smlad r0, r1, r2, r3; bl; ldrd; its second halves look like a coprocessor's and are none
        assert_eq!(float_in_thumb(&halves(&[0xfb21, 0x3002, 0xf000, 0xf801, 0xe9d0, 0xee00, 0x4770])), None);
        // addi a0, a0, 1; fadd.s fa0, fa0, fa1
        assert_eq!(float_in_riscv(&halves(&[0x0513, 0x0015, 0x7553, 0x00b5])), Some(4));
        // c.flw fa0, 0(a0); c.lw a0, 0(a0); c.lwsp a0, 0(sp)
        assert_eq!(float_in_riscv(&halves(&[0x6108])), Some(0));
        assert_eq!(float_in_riscv(&halves(&[0x4108, 0x4502, 0x8082])), None);
    }

    #[test]
    fn other_files_are_refused() {
        for file in [&b""[..], b"\x7fELF\x01\x01\x01", &[0; 4_096]] {
            assert!(matches!(Code::read(file), Err(CodeError::Format(_))));
        }
    }
}
