//! The instructions of 16 bits (the C extension, without floating point): each is short for one of 32 bits.

use super::{Kind, Op};

const RA: u32 = 1;
const SP: u32 = 2;

/// Bits `from..=to` of `raw`, moved to begin at `at`.
fn bits(raw: u16, from: u32, to: u32, at: u32) -> i32 {
    ((i32::from(raw) >> from) & ((1 << (to - from + 1)) - 1)) << at
}

/// Bit 12 as a sign at bit `at` and above.
fn sign(raw: u16, at: u32) -> i32 {
    -bits(raw, 12, 12, at)
}

pub(super) fn decode(raw: u16) -> Op {
    let function = raw >> 13;
    // Three-bit fields name registers 8 to 15.
    let (low, high) = (8 + (u32::from(raw) >> 2 & 7), 8 + (u32::from(raw) >> 7 & 7));
    let (rs2, rd) = (u32::from(raw) >> 2 & 31, u32::from(raw) >> 7 & 31);
    let immediate = sign(raw, 5) | bits(raw, 2, 6, 0);
    let word_offset = bits(raw, 10, 12, 3) | bits(raw, 6, 6, 2) | bits(raw, 5, 5, 6);
    match (raw & 3, function) {
        (0, 0) => match bits(raw, 7, 10, 6) | bits(raw, 11, 12, 4) | bits(raw, 5, 5, 3) | bits(raw, 6, 6, 2) {
            0 => Op::illegal(),
            offset => Op::new(Kind::Addi, (low, SP, 0), offset),
        },
        (0, 2) => Op::new(Kind::Lw, (low, high, 0), word_offset),
        (0, 6) => Op::new(Kind::Sw, (0, high, low), word_offset),
        (1, 0) => Op::new(Kind::Addi, (rd, rd, 0), immediate),
        (1, 1) => Op::new(Kind::Jal, (RA, 0, 0), jump(raw)),
        (1, 2) => Op::new(Kind::Addi, (rd, 0, 0), immediate),
        (1, 3) if rd == SP => {
            let offset =
                sign(raw, 9) | bits(raw, 6, 6, 4) | bits(raw, 5, 5, 6) | bits(raw, 3, 4, 7) | bits(raw, 2, 2, 5);
            if offset == 0 { Op::illegal() } else { Op::new(Kind::Addi, (SP, SP, 0), offset) }
        }
        (1, 3) if immediate == 0 => Op::illegal(),
        (1, 3) => Op::new(Kind::Constant, (rd, 0, 0), immediate << 12),
        (1, 4) => arithmetic(raw, high, low, immediate),
        (1, 5) => Op::new(Kind::Jal, (0, 0, 0), jump(raw)),
        (1, 6) => Op::new(Kind::Beq, (0, high, 0), branch(raw)),
        (1, 7) => Op::new(Kind::Bne, (0, high, 0), branch(raw)),
        (2, 0) if raw >> 12 & 1 == 0 => Op::new(Kind::Slli, (rd, rd, 0), immediate),
        (2, 2) if rd != 0 => {
            Op::new(Kind::Lw, (rd, SP, 0), bits(raw, 12, 12, 5) | bits(raw, 4, 6, 2) | bits(raw, 2, 3, 6))
        }
        (2, 4) => match (raw >> 12 & 1, rd, rs2) {
            (0, 0, 0) => Op::illegal(),
            (0, _, 0) => Op::new(Kind::Jalr, (0, rd, 0), 0),
            (0, ..) => Op::new(Kind::Add, (rd, 0, rs2), 0),
            (_, 0, 0) => Op::new(Kind::Environment, (0, 0, 0), 0),
            (_, _, 0) => Op::new(Kind::Jalr, (RA, rd, 0), 0),
            _ => Op::new(Kind::Add, (rd, rd, rs2), 0),
        },
        (2, 6) => Op::new(Kind::Sw, (0, SP, rs2), bits(raw, 9, 12, 2) | bits(raw, 7, 8, 6)),
        _ => Op::illegal(),
    }
}

fn arithmetic(raw: u16, rd: u32, rs2: u32, immediate: i32) -> Op {
    let long = raw >> 12 & 1 == 1;
    match (raw >> 10 & 3, raw >> 5 & 3) {
        // Shifts by 32 and more aren't there with 32 bits.
        (0 | 1, _) if long => Op::illegal(),
        (0, _) => Op::new(Kind::Srli, (rd, rd, 0), immediate),
        (1, _) => Op::new(Kind::Srai, (rd, rd, 0), immediate),
        (2, _) => Op::new(Kind::Andi, (rd, rd, 0), immediate),
        _ if long => Op::illegal(),
        (_, 0) => Op::new(Kind::Sub, (rd, rd, rs2), 0),
        (_, 1) => Op::new(Kind::Xor, (rd, rd, rs2), 0),
        (_, 2) => Op::new(Kind::Or, (rd, rd, rs2), 0),
        _ => Op::new(Kind::And, (rd, rd, rs2), 0),
    }
}

/// In halfwords.
fn jump(raw: u16) -> i32 {
    let offset = sign(raw, 11)
        | bits(raw, 11, 11, 4)
        | bits(raw, 9, 10, 8)
        | bits(raw, 8, 8, 10)
        | bits(raw, 7, 7, 6)
        | bits(raw, 6, 6, 7)
        | bits(raw, 3, 5, 1)
        | bits(raw, 2, 2, 5);
    offset >> 1
}

/// In halfwords.
fn branch(raw: u16) -> i32 {
    let offset = sign(raw, 8) | bits(raw, 10, 11, 3) | bits(raw, 5, 6, 6) | bits(raw, 3, 4, 1) | bits(raw, 2, 2, 5);
    offset >> 1
}
