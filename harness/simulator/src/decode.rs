//! From the bytes of instructions to what the machine's loop wants: RV32I and M, and C in `compressed`.

mod compressed;

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Illegal,
    /// The immediate into the register: `lui`.
    Constant,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
    Sb,
    Sh,
    Sw,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    /// `addi`, `add` and `sub` into the stack pointer, which is watched.
    AddiSp,
    AddSp,
    SubSp,
    Fence,
    /// The immediate is the whole instruction.
    Csr,
    Environment,
    Semihosting,
}

/// Where what is written to register zero goes.
const SINK: u8 = 32;
const SP: u8 = 2;

/// A decoded instruction in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    /// 0 to 31, or 32 for register zero.
    pub(crate) rd: u8,
    pub(crate) rs1: u8,
    /// Below, the register; in the two bits above, the instruction's halfwords.
    rs2_and_size: u8,
    /// Of jumps and branches in halfwords.
    pub(crate) imm: i32,
}

impl Op {
    fn new(kind: Kind, (rd, rs1, rs2): (u32, u32, u32), imm: i32) -> Self {
        // Fields have five bits.
        let (rd, rs1, rs2) = ((rd & 31) as u8, (rs1 & 31) as u8, (rs2 & 31) as u8);
        let kind = match kind {
            Kind::Addi if rd == SP => Kind::AddiSp,
            Kind::Add if rd == SP => Kind::AddSp,
            Kind::Sub if rd == SP => Kind::SubSp,
            kind => kind,
        };
        Op { kind, rd: if rd == 0 { SINK } else { rd }, rs1, rs2_and_size: rs2 | 2 << 6, imm }
    }

    fn illegal() -> Self {
        Op::new(Kind::Illegal, (0, 0, 0), 0)
    }

    /// As an instruction of one halfword.
    fn short(self) -> Self {
        Op { rs2_and_size: self.rs2_and_size & 63 | 1 << 6, ..self }
    }

    #[inline(always)]
    pub(crate) fn rs2(self) -> u8 {
        self.rs2_and_size & 63
    }

    /// Halfwords to the next instruction.
    #[inline(always)]
    pub(crate) fn size(self) -> u8 {
        self.rs2_and_size >> 6
    }
}

/// What stands before and after `ebreak` in a semihosting call.
const CALL: [u32; 3] = [0x01f0_1013, 0x0010_0073, 0x4070_5013];

/// Decodes the instruction that begins at each halfword.
pub(crate) fn all(bytes: &[u8]) -> Vec<Op> {
    let half = |index: usize| {
        bytes.get(2 * index..2 * index + 2).map(|half| u32::from(u16::from_le_bytes([half[0], half[1]])))
    };
    let word = |index: usize| Some(half(index)? | half(index + 1)? << 16);
    let op = |index: usize| {
        let Some(first) = half(index) else { return Op::illegal() };
        if first & 3 != 3 {
            return compressed::decode(first as u16).short();
        }
        match word(index) {
            Some(raw)
                if raw == CALL[1]
                    && index >= 2
                    && word(index - 2) == Some(CALL[0])
                    && word(index + 2) == Some(CALL[2]) =>
            {
                Op::new(Kind::Semihosting, (0, 0, 0), 0)
            }
            Some(raw) => decode(raw),
            None => Op::illegal(),
        }
    };
    (0..bytes.len() / 2).map(op).collect()
}

/// An instruction of 32 bits.
fn decode(raw: u32) -> Op {
    let (rd, rs1, rs2) = (raw >> 7, raw >> 15, raw >> 20);
    // As the formats U and J, I, S and B, and R have them.
    let (upper, short, stores, registers) = ((rd, 0, 0), (rd, rs1, 0), (0, rs1, rs2), (rd, rs1, rs2));
    let (function, seven) = (raw >> 12 & 7, raw >> 25);
    let signed = raw as i32;
    let immediate = signed >> 20;
    let stored = signed >> 25 << 5 | (raw >> 7 & 31) as i32;
    match raw & 127 {
        0x37 => Op::new(Kind::Constant, upper, signed & !0xfff),
        0x17 => Op::new(Kind::Auipc, upper, signed & !0xfff),
        0x6f => {
            let offset =
                signed >> 31 << 20 | signed & 0xf_f000 | (raw >> 9 & 0x800) as i32 | (raw >> 20 & 0x7fe) as i32;
            Op::new(Kind::Jal, upper, offset >> 1)
        }
        0x67 if function == 0 => Op::new(Kind::Jalr, short, immediate),
        0x63 => {
            let kinds = [
                Some(Kind::Beq),
                Some(Kind::Bne),
                None,
                None,
                Some(Kind::Blt),
                Some(Kind::Bge),
                Some(Kind::Bltu),
                Some(Kind::Bgeu),
            ];
            let offset =
                signed >> 31 << 12 | (raw << 4 & 0x800) as i32 | (raw >> 20 & 0x7e0) as i32 | (raw >> 7 & 0x1e) as i32;
            kinds[function as usize].map_or_else(Op::illegal, |kind| Op::new(kind, stores, offset >> 1))
        }
        0x03 => {
            let kinds =
                [Some(Kind::Lb), Some(Kind::Lh), Some(Kind::Lw), None, Some(Kind::Lbu), Some(Kind::Lhu), None, None];
            kinds[function as usize].map_or_else(Op::illegal, |kind| Op::new(kind, short, immediate))
        }
        0x23 => {
            let kinds = [Kind::Sb, Kind::Sh, Kind::Sw];
            kinds.get(function as usize).map_or_else(Op::illegal, |&kind| Op::new(kind, stores, stored))
        }
        0x13 => {
            let shift = (raw >> 20 & 31) as i32;
            match (function, seven) {
                (1, 0) => Op::new(Kind::Slli, short, shift),
                (5, 0) => Op::new(Kind::Srli, short, shift),
                (5, 0x20) => Op::new(Kind::Srai, short, shift),
                (1 | 5, _) => Op::illegal(),
                (0, _) => Op::new(Kind::Addi, short, immediate),
                (2, _) => Op::new(Kind::Slti, short, immediate),
                (3, _) => Op::new(Kind::Sltiu, short, immediate),
                (4, _) => Op::new(Kind::Xori, short, immediate),
                (6, _) => Op::new(Kind::Ori, short, immediate),
                _ => Op::new(Kind::Andi, short, immediate),
            }
        }
        0x33 => {
            let base = [Kind::Add, Kind::Sll, Kind::Slt, Kind::Sltu, Kind::Xor, Kind::Srl, Kind::Or, Kind::And];
            let products =
                [Kind::Mul, Kind::Mulh, Kind::Mulhsu, Kind::Mulhu, Kind::Div, Kind::Divu, Kind::Rem, Kind::Remu];
            match (seven, function) {
                (0, _) => Op::new(base[function as usize], registers, 0),
                (1, _) => Op::new(products[function as usize], registers, 0),
                (0x20, 0) => Op::new(Kind::Sub, registers, 0),
                (0x20, 5) => Op::new(Kind::Sra, registers, 0),
                _ => Op::illegal(),
            }
        }
        0x0f => Op::new(Kind::Fence, (0, 0, 0), 0),
        0x73 if function & 3 != 0 => Op::new(Kind::Csr, short, signed),
        // `ecall` and `ebreak`.
        0x73 if raw & !(1 << 20) == 0x73 => Op::new(Kind::Environment, (0, 0, 0), 0),
        _ => Op::illegal(),
    }
}

#[cfg(test)]
mod tests;
