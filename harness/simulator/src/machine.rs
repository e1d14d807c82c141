//! The machine itself.

use crate::decode::{Kind, Op};
use crate::{Cause, Fault, InstructionMix, Memory, Program, semihosting};

/// Most marks that a machine keeps.
const MARKS: usize = 1 << 16;

/// A machine at work.
#[derive(Debug)]
pub struct Machine<'a> {
    program: &'a Program,
    memory: Memory<'a>,
    /// Register zero is never written to; what is meant for it goes to place 32. 64, so that six bits always name one.
    registers: [u32; 64],
    /// In halfwords from the beginning of the program.
    place: usize,
    instructions: u64,
    lowest_sp: u32,
    trap_vector: u32,
    marks: Vec<InstructionMix>,
    pub(crate) output: String,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its exit status; 0 is success.
    pub status: u32,
    /// Instructions retired in all.
    pub instructions: u64,
    /// The lowest value that an addition or subtraction gave to the stack pointer.
    pub lowest_sp: u32,
}

impl<'a> Machine<'a> {
    /// At the start of a program.
    pub fn new(program: &'a Program, memory: Memory<'a>) -> Self {
        let place = (program.entry.wrapping_sub(program.base) / 2) as usize;
        Machine {
            program,
            memory,
            registers: [0; 64],
            place,
            instructions: 0,
            lowest_sp: u32::MAX,
            trap_vector: 0,
            marks: vec![],
            output: String::new(),
        }
    }

    /// With RAM of this many bytes and this external memory.
    pub fn with(program: &'a Program, ram_bytes: usize, external: &'a [u8]) -> Self {
        Machine::new(program, Memory::new((program.base, &program.flash), ram_bytes, external))
    }

    /// What it has said so far.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// What it had done each time it read its instruction counter, up to a bound; that reading is not among it.
    pub fn marks(&self) -> &[InstructionMix] {
        &self.marks
    }

    /// A register, 0 to 31.
    pub fn register(&self, number: usize) -> u32 {
        self.registers[number & 31]
    }

    fn pc(&self) -> u32 {
        address(self.program.base, self.place)
    }

    /// Runs to the program's end.
    ///
    /// # Errors
    /// What the program did wrong; one that isn't at its end after `budget` instructions is wrong, too.
    pub fn run(&mut self, budget: u64) -> Result<End, Fault> {
        match self.work(budget) {
            Ok(status) => Ok(End { status, instructions: self.instructions, lowest_sp: self.lowest_sp }),
            Err(cause) => Err(Fault { cause, pc: self.pc(), instructions: self.instructions }),
        }
    }

    /// The loop. At an error, `place` and `instructions` are those before the instruction at fault.
    fn work(&mut self, budget: u64) -> Result<u32, Cause> {
        let ops = self.program.ops.as_slice();
        let base = self.program.base;
        // Locals, so that they stay in registers; written back whenever the loop is left.
        let (mut place, mut left) = (self.place, budget.saturating_sub(self.instructions));
        let end = self.instructions + left;
        macro_rules! leave {
            ($result:expr) => {{
                self.place = place;
                self.instructions = end - left;
                return $result;
            }};
        }
        macro_rules! check {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(cause) => leave!(Err(cause)),
                }
            };
        }
        loop {
            let Some(&op) = ops.get(place) else { leave!(Err(Cause::Jump { address: address(base, place) })) };
            if left == 0 {
                leave!(Err(Cause::Budget));
            }
            let r = &mut self.registers;
            let (rd, imm) = (usize::from(op.rd & 63), op.imm as u32);
            let (a, b) = (r[usize::from(op.rs1 & 63)], r[usize::from(op.rs2())]);
            let mut next = place + usize::from(op.size());
            macro_rules! branch {
                ($taken:expr) => {{
                    self.memory.counters.branches += 1;
                    if $taken {
                        self.memory.counters.taken += 1;
                        next = place.wrapping_add_signed(op.imm as isize);
                    }
                }};
            }
            macro_rules! product {
                ($value:expr) => {{
                    self.memory.counters.multiplies += 1;
                    r[rd] = $value;
                }};
            }
            macro_rules! quotient {
                ($value:expr) => {{
                    self.memory.counters.divides += 1;
                    r[rd] = $value;
                }};
            }
            macro_rules! read {
                ($type:ty) => {
                    <$type>::from_le_bytes(check!(self.memory.load(a.wrapping_add(imm))))
                };
            }
            macro_rules! write {
                ($type:ty) => {
                    check!(self.memory.store(a.wrapping_add(imm), (b as $type).to_le_bytes()))
                };
            }
            match op.kind {
                Kind::Constant => r[rd] = imm,
                Kind::Auipc => r[rd] = address(base, place).wrapping_add(imm),
                Kind::Jal => {
                    self.memory.counters.jumps += 1;
                    r[rd] = address(base, next);
                    next = place.wrapping_add_signed(op.imm as isize);
                }
                Kind::Jalr => {
                    self.memory.counters.jumps += 1;
                    r[rd] = address(base, next);
                    // A target below the program's beginning is beyond its end.
                    next = (a.wrapping_add(imm).wrapping_sub(base) / 2) as usize;
                }
                Kind::Beq => branch!(a == b),
                Kind::Bne => branch!(a != b),
                Kind::Blt => branch!((a as i32) < b as i32),
                Kind::Bge => branch!(a as i32 >= b as i32),
                Kind::Bltu => branch!(a < b),
                Kind::Bgeu => branch!(a >= b),
                Kind::Lb => r[rd] = read!(i8) as u32,
                Kind::Lh => r[rd] = read!(i16) as u32,
                Kind::Lw => r[rd] = read!(u32),
                Kind::Lbu => r[rd] = u32::from(read!(u8)),
                Kind::Lhu => r[rd] = u32::from(read!(u16)),
                Kind::Sb => write!(u8),
                Kind::Sh => write!(u16),
                Kind::Sw => write!(u32),
                Kind::Addi => r[rd] = a.wrapping_add(imm),
                Kind::Slti => r[rd] = u32::from((a as i32) < op.imm),
                Kind::Sltiu => r[rd] = u32::from(a < imm),
                Kind::Xori => r[rd] = a ^ imm,
                Kind::Ori => r[rd] = a | imm,
                Kind::Andi => r[rd] = a & imm,
                Kind::Slli => r[rd] = a << (imm & 31),
                Kind::Srli => r[rd] = a >> (imm & 31),
                Kind::Srai => r[rd] = (a as i32 >> (imm & 31)) as u32,
                Kind::Add => r[rd] = a.wrapping_add(b),
                Kind::Sub => r[rd] = a.wrapping_sub(b),
                Kind::Sll => r[rd] = a << (b & 31),
                Kind::Slt => r[rd] = u32::from((a as i32) < b as i32),
                Kind::Sltu => r[rd] = u32::from(a < b),
                Kind::Xor => r[rd] = a ^ b,
                Kind::Srl => r[rd] = a >> (b & 31),
                Kind::Sra => r[rd] = (a as i32 >> (b & 31)) as u32,
                Kind::Or => r[rd] = a | b,
                Kind::And => r[rd] = a & b,
                Kind::Mul => product!(a.wrapping_mul(b)),
                Kind::Mulh => product!(((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32),
                Kind::Mulhsu => product!(((i64::from(a as i32) * i64::from(b)) >> 32) as u32),
                Kind::Mulhu => product!(((u64::from(a) * u64::from(b)) >> 32) as u32),
                Kind::Div => quotient!(if b == 0 { u32::MAX } else { (a as i32).wrapping_div(b as i32) as u32 }),
                Kind::Divu => quotient!(a.checked_div(b).unwrap_or(u32::MAX)),
                Kind::Rem => quotient!(if b == 0 { a } else { (a as i32).wrapping_rem(b as i32) as u32 }),
                Kind::Remu => quotient!(if b == 0 { a } else { a % b }),
                Kind::AddiSp | Kind::AddSp | Kind::SubSp => {
                    let sp = match op.kind {
                        Kind::AddiSp => a.wrapping_add(imm),
                        Kind::AddSp => a.wrapping_add(b),
                        _ => a.wrapping_sub(b),
                    };
                    r[rd] = sp;
                    self.lowest_sp = self.lowest_sp.min(sp);
                }
                Kind::Fence => {}
                Kind::Csr => check!(self.csr(op, end - left)),
                Kind::Semihosting => match check!(semihosting::call(r, &self.memory, &mut self.output)) {
                    Some(status) => {
                        left -= 1;
                        leave!(Ok(status))
                    }
                    None => r[10] = 0,
                },
                Kind::Illegal => leave!(Err(Cause::Illegal)),
                Kind::Environment => leave!(Err(Cause::Environment)),
            }
            left -= 1;
            place = next;
        }
    }

    /// Registers of control and status: the counter, which can only be read, and the trap vector, which is kept but never used, as
    /// every trap is an error.
    fn csr(&mut self, op: Op, instructions: u64) -> Result<(), Cause> {
        const TRAP_VECTOR: u32 = 0x305;
        let raw = op.imm as u32;
        let number = raw >> 20;
        let old = match number {
            0xb02 | 0xc02 => {
                if self.marks.len() < MARKS {
                    self.marks.push(self.memory.counters.mix(instructions));
                }
                instructions as u32
            }
            0xb82 | 0xc82 => (instructions >> 32) as u32,
            TRAP_VECTOR => self.trap_vector,
            _ => return Err(Cause::Csr { number }),
        };
        let field = u32::from(op.rs1 & 31);
        let value = if raw >> 14 & 1 == 1 { field } else { self.registers[field as usize] };
        let new = match raw >> 12 & 3 {
            1 => Some(value),
            2 if field != 0 => Some(old | value),
            3 if field != 0 => Some(old & !value),
            _ => None,
        };
        match new {
            Some(new) if number == TRAP_VECTOR => self.trap_vector = new,
            Some(_) => return Err(Cause::Csr { number }),
            None => {}
        }
        self.registers[usize::from(op.rd & 63)] = old;
        Ok(())
    }
}

fn address(base: u32, place: usize) -> u32 {
    base.wrapping_add((place as u32).wrapping_mul(2))
}

#[cfg(test)]
mod tests;
