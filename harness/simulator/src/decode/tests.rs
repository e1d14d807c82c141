use super::*;

/// Short instructions, and the long ones that they stand for, as LLVM's assembler encodes them.
const PAIRS: &[(u16, u32, &str)] = &[
    (0x1fe8, 0x3fc10513, "c.addi4spn a0, sp, 1020"),
    (0x0044, 0x00410493, "c.addi4spn s1, sp, 4"),
    (0x193c, 0x0b810793, "c.addi4spn a5, sp, 184"),
    (0x5c68, 0x07c42503, "c.lw a0, 124(s0)"),
    (0x43c4, 0x0047a483, "c.lw s1, 4(a5)"),
    (0x4234, 0x04062683, "c.lw a3, 64(a2)"),
    (0xdc68, 0x06a42e23, "c.sw a0, 124(s0)"),
    (0xc7a4, 0x0497a423, "c.sw s1, 72(a5)"),
    (0x0001, 0x00000013, "c.nop"),
    (0x1281, 0xfe028293, "c.addi t0, -32"),
    (0x017d, 0x01f10113, "c.addi sp, 31"),
    (0x5dfd, 0xfff00d93, "c.li s11, -1"),
    (0x457d, 0x01f00513, "c.li a0, 31"),
    (0x7101, 0xe0010113, "c.addi16sp sp, -512"),
    (0x617d, 0x1f010113, "c.addi16sp sp, 496"),
    (0x6141, 0x01010113, "c.addi16sp sp, 16"),
    (0x6171, 0x15010113, "c.addi16sp sp, 336"),
    (0x657d, 0x0001f537, "c.lui a0, 31"),
    (0x7f81, 0xfffe0fb7, "c.lui t6, 0xfffe0"),
    (0x747d, 0xfffff437, "c.lui s0, 0xfffff"),
    (0x817d, 0x01f55513, "c.srli a0, 31"),
    (0x8485, 0x4014d493, "c.srai s1, 1"),
    (0x9b81, 0xfe07f793, "c.andi a5, -32"),
    (0x8bd5, 0x0157f793, "c.andi a5, 21"),
    (0x8d1d, 0x40f50533, "c.sub a0, a5"),
    (0x8c25, 0x00944433, "c.xor s0, s1"),
    (0x8e55, 0x00d66633, "c.or a2, a3"),
    (0x8f69, 0x00a77733, "c.and a4, a0"),
    (0x0e46, 0x011e1e13, "c.slli t3, 17"),
    (0x50fe, 0x0fc12083, "c.lwsp ra, 252(sp)"),
    (0x4996, 0x04412983, "c.lwsp s3, 68(sp)"),
    (0xdf86, 0x0e112e23, "c.swsp ra, 252(sp)"),
    (0xc2ce, 0x05312223, "c.swsp s3, 68(sp)"),
    (0x8082, 0x00008067, "c.jr ra"),
    (0x9302, 0x000300e7, "c.jalr t1"),
    (0x856e, 0x01b00533, "c.mv a0, s11"),
    (0x9116, 0x00510133, "c.add sp, t0"),
    (0x9002, 0x00100073, "c.ebreak"),
    (0x3001, 0x801ff0ef, "c.jal . + -2048"),
    (0xb001, 0x801ff06f, "c.j . + -2048"),
    (0x2ffd, 0x7fe000ef, "c.jal . + 2046"),
    (0xaffd, 0x7fe0006f, "c.j . + 2046"),
    (0x3ffd, 0xfffff0ef, "c.jal . + -2"),
    (0xbffd, 0xfffff06f, "c.j . + -2"),
    (0x2b91, 0x554000ef, "c.jal . + 1364"),
    (0xab91, 0x5540006f, "c.j . + 1364"),
    (0x246d, 0x2aa000ef, "c.jal . + 682"),
    (0xa46d, 0x2aa0006f, "c.j . + 682"),
    (0x2009, 0x002000ef, "c.jal . + 2"),
    (0xa009, 0x0020006f, "c.j . + 2"),
    (0x2401, 0x200000ef, "c.jal . + 512"),
    (0xa401, 0x2000006f, "c.j . + 512"),
    (0x2101, 0x400000ef, "c.jal . + 1024"),
    (0xa101, 0x4000006f, "c.j . + 1024"),
    (0xd001, 0xf00400e3, "c.beqz s0, . + -256"),
    (0xf381, 0xf00790e3, "c.bnez a5, . + -256"),
    (0xcc7d, 0x0e040f63, "c.beqz s0, . + 254"),
    (0xeffd, 0x0e079f63, "c.bnez a5, . + 254"),
    (0xc44d, 0x0a040563, "c.beqz s0, . + 170"),
    (0xe7cd, 0x0a079563, "c.bnez a5, . + 170"),
    (0xc831, 0x04040a63, "c.beqz s0, . + 84"),
    (0xebb1, 0x04079a63, "c.bnez a5, . + 84"),
    (0xc009, 0x00040163, "c.beqz s0, . + 2"),
    (0xe389, 0x00079163, "c.bnez a5, . + 2"),
    (0xc041, 0x08040063, "c.beqz s0, . + 128"),
    (0xe3c1, 0x08079063, "c.bnez a5, . + 128"),
];

#[test]
fn a_short_instruction_is_the_long_one_that_it_stands_for() {
    for &(short, long, name) in PAIRS {
        assert_eq!(compressed::decode(short).short(), decode(long).short(), "{name}");
    }
}

#[test]
fn what_the_machine_lacks_is_illegal() {
    // Zero, all ones, floating point, atomics, `mret`, and the short forms of loads and stores of floating point.
    for raw in [0u32, u32::MAX, 0x0005_2507, 0x0005_2527, 0x00b5_7553, 0x1005_252f, 0x3020_0073] {
        assert_eq!(decode(raw).kind, Kind::Illegal, "{raw:08x}");
    }
    for raw in [
        0x0000, 0x6000, 0x2000, 0xe000, 0xa000, 0x6002, 0x2002, 0xe002, 0xa002, 0x8000, 0x4002, 0x6101, 0x6081, 0x9c01,
        0x1002,
    ] {
        assert_eq!(compressed::decode(raw).kind, Kind::Illegal, "{raw:04x}");
    }
}

#[test]
fn a_breakpoint_is_a_call_of_the_host_only_between_its_marks() {
    let bytes = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(all(&bytes(&CALL))[2].kind, Kind::Semihosting);
    assert_eq!(all(&bytes(&[CALL[0], CALL[1], CALL[1]]))[2].kind, Kind::Environment);
    assert_eq!(all(&bytes(&[CALL[1], CALL[2]]))[0].kind, Kind::Environment);
}
