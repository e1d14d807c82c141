use super::*;
use crate::{EXTERNAL, RAM};
use proptest::prelude::*;

const BASE: u32 = 0x8000_0000;
const EBREAK: u32 = 0x0010_0073;
const BUDGET: u64 = 10_000;

fn r(seven: u32, function: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    seven << 25 | rs2 << 20 | rs1 << 15 | function << 12 | rd << 7 | 0x33
}

fn i(opcode: u32, function: u32, rd: u32, rs1: u32, immediate: i32) -> u32 {
    (immediate as u32) << 20 | rs1 << 15 | function << 12 | rd << 7 | opcode
}

fn addi(rd: u32, rs1: u32, immediate: i32) -> u32 {
    i(0x13, 0, rd, rs1, immediate)
}

fn store(function: u32, rs1: u32, rs2: u32, immediate: i32) -> u32 {
    let bits = immediate as u32;
    (bits >> 5 & 127) << 25 | rs2 << 20 | rs1 << 15 | function << 12 | (bits & 31) << 7 | 0x23
}

fn lui(rd: u32, value: u32) -> u32 {
    value & 0xffff_f000 | rd << 7 | 0x37
}

/// Two instructions that put any value into a register.
fn constant(rd: u32, value: u32) -> [u32; 2] {
    let low = (value as i32) << 20 >> 20;
    [lui(rd, value.wrapping_sub(low as u32)), addi(rd, rd, low)]
}

/// A call of the host with `operation` and what is in `a1`.
fn host(operation: i32) -> [u32; 4] {
    [addi(10, 0, operation), 0x01f0_1013, EBREAK, 0x4070_5013]
}

fn program(words: &[u32]) -> Program {
    Program::of(BASE, words.iter().flat_map(|word| word.to_le_bytes()).collect(), BASE)
}

/// Runs the words, with 64 bytes of RAM and the external memory 1, 2, .. 8; what happens, and the registers.
fn run(words: &[u32]) -> (Result<End, Fault>, [u32; 64], String) {
    let program = program(words);
    let external: Vec<u8> = (1..=8).collect();
    let mut machine = Machine::with(&program, 64, &external);
    let end = machine.run(BUDGET);
    (end, machine.registers, machine.output)
}

/// Runs the words up to a breakpoint; the registers then.
fn registers(words: &[u32]) -> [u32; 64] {
    let (end, registers, _) = run(&[words, &[EBREAK]].concat());
    assert_eq!(end.unwrap_err().cause, Cause::Environment);
    registers
}

fn cause(words: &[u32]) -> Cause {
    run(words).0.unwrap_err().cause
}

/// What an instruction of two registers gives.
fn result(seven: u32, function: u32, a: u32, b: u32) -> u32 {
    registers(&[&constant(5, a)[..], &constant(6, b), &[r(seven, function, 7, 5, 6)]].concat())[7]
}

proptest! {
    #[test]
    fn arithmetic_is_that_of_the_definition(a in any::<u32>(), b in any::<u32>()) {
        let (sa, sb) = (i64::from(a as i32), i64::from(b as i32));
        let by = b & 31;
        let expected = [
            (0, 0, (sa + sb) as u32), (0x20, 0, (sa - sb) as u32), (0, 1, a << by), (0, 2, u32::from(sa < sb)), (0, 3, u32::from(a < b)),
            (0, 4, a ^ b), (0, 5, a >> by), (0x20, 5, (sa >> by) as u32), (0, 6, a | b), (0, 7, a & b),
            (1, 0, (sa * sb) as u32), (1, 1, ((sa * sb) >> 32) as u32), (1, 2, ((sa * i64::from(b)) >> 32) as u32),
            (1, 3, ((u64::from(a) * u64::from(b)) >> 32) as u32),
        ];
        for (seven, function, value) in expected {
            prop_assert_eq!(result(seven, function, a, b), value, "{} {}", seven, function);
        }
        if b != 0 {
            prop_assert_eq!(result(1, 4, a, b), (sa / sb) as u32);
            prop_assert_eq!(result(1, 5, a, b), a / b);
            prop_assert_eq!(result(1, 6, a, b), (sa % sb) as u32);
            prop_assert_eq!(result(1, 7, a, b), a % b);
        }
    }

    #[test]
    fn immediates_are_those_of_the_definition(a in any::<u32>(), immediate in -2_048i32..2_048, by in 0i32..32) {
        let found = |function: u32, immediate: i32| registers(&[&constant(5, a)[..], &[i(0x13, function, 7, 5, immediate)]].concat())[7];
        let value = immediate as u32;
        prop_assert_eq!(found(0, immediate), a.wrapping_add(value));
        prop_assert_eq!(found(2, immediate), u32::from((a as i32) < immediate));
        prop_assert_eq!(found(3, immediate), u32::from(a < value));
        prop_assert_eq!((found(4, immediate), found(6, immediate), found(7, immediate)), (a ^ value, a | value, a & value));
        prop_assert_eq!((found(1, by), found(5, by), found(5, by | 0x400)), (a << by, a >> by, (a as i32 >> by) as u32));
    }

    /// Whatever the bytes are, there is an end or an error, and never more instructions than the budget.
    #[test]
    fn any_bytes_end_in_a_value(bytes in prop::collection::vec(any::<u8>(), 0..400), entry in any::<u32>()) {
        for entry in [BASE, entry] {
            let program = Program::of(BASE, bytes.clone(), entry);
            let mut machine = Machine::with(&program, 64, &[7; 16]);
            match machine.run(1_000) {
                Ok(end) => prop_assert!(end.instructions <= 1_000),
                Err(fault) => prop_assert!(fault.instructions <= 1_000),
            }
        }
    }
}

#[test]
fn divisions_have_values_at_their_edges() {
    let least = i32::MIN as u32;
    assert_eq!(
        (result(1, 4, 7, 0), result(1, 5, 7, 0), result(1, 6, 7, 0), result(1, 7, 7, 0)),
        (u32::MAX, u32::MAX, 7, 7)
    );
    assert_eq!((result(1, 4, least, u32::MAX), result(1, 6, least, u32::MAX)), (least, 0));
}

#[test]
fn register_zero_stays_zero() {
    assert_eq!(registers(&[addi(0, 0, 5), addi(5, 0, 1), r(0, 0, 6, 0, 5)])[6], 1);
}

#[test]
fn loads_and_stores_extend_and_keep_their_neighbours() {
    let words = [
        &constant(5, RAM)[..],
        &constant(6, 0x8182_83f4),
        &[store(2, 5, 6, 4), store(0, 5, 6, 9), store(1, 5, 6, 14)],
        &[
            i(3, 0, 10, 5, 4),
            i(3, 4, 11, 5, 4),
            i(3, 1, 12, 5, 6),
            i(3, 5, 13, 5, 6),
            i(3, 2, 14, 5, 8),
            i(3, 2, 15, 5, 12),
        ],
    ];
    let found = registers(&words.concat());
    assert_eq!(found[10..16], [0xffff_fff4, 0xf4, 0xffff_8182, 0x8182, 0xf400, 0x83f4_0000]);
}

#[test]
fn branches_and_jumps_count_each_instruction_once() {
    // t0 = 10; do { t1 += t0 } while (--t0 != 0), then a call and its return.
    let bne = 0xfe02_9ce3; // bne t0, zero, . - 8
    let words = [addi(5, 0, 10), r(0, 0, 6, 6, 5), addi(5, 5, -1), bne, 0x0080_00ef, EBREAK, i(0x67, 0, 0, 1, 0)];
    let (end, registers, _) = run(&words);
    let fault = end.unwrap_err();
    assert_eq!((fault.cause, fault.pc, fault.instructions), (Cause::Environment, BASE + 20, 1 + 30 + 2));
    assert_eq!((registers[6], registers[1]), (55, BASE + 20));
}

#[test]
fn the_counter_is_what_was_retired_before_it() {
    let found = registers(&[addi(5, 0, 1), addi(5, 0, 2), 0xb020_2573, 0xb020_25f3, 0xc820_2673]);
    assert_eq!(found[10..13], [2, 3, 0]);
    assert_eq!(cause(&[0xb020_1573]), Cause::Csr { number: 0xb02 }, "it can't be written");
    assert_eq!(cause(&[0x3000_2573]), Cause::Csr { number: 0x300 });
}

#[test]
fn wild_accesses_are_errors_at_their_place() {
    let at = |address: u32, word: u32| [&constant(5, address)[..], &[word]].concat();
    let (lw, lb, sb) = (i(3, 2, 6, 5, 0), i(3, 4, 6, 5, 0), store(0, 5, 6, 0));
    assert_eq!(cause(&at(0, lw)), Cause::Read { address: 0, bytes: 4 });
    assert_eq!(cause(&at(RAM + 64, lw)), Cause::Read { address: RAM + 64, bytes: 4 });
    assert_eq!(cause(&at(RAM - 1, lb)), Cause::Read { address: RAM - 1, bytes: 1 });
    assert_eq!(cause(&at(EXTERNAL + 8, lb)), Cause::Read { address: EXTERNAL + 8, bytes: 1 });
    assert_eq!(cause(&at(u32::MAX, lb)), Cause::Read { address: u32::MAX, bytes: 1 });
    assert_eq!(cause(&at(RAM + 2, lw)), Cause::Misaligned { address: RAM + 2, bytes: 4 });
    assert_eq!(cause(&at(EXTERNAL, sb)), Cause::Write { address: EXTERNAL, bytes: 1 });
    assert_eq!(cause(&at(BASE, sb)), Cause::Write { address: BASE, bytes: 1 });
    assert_eq!(cause(&at(RAM + 64, sb)), Cause::Write { address: RAM + 64, bytes: 1 });
    let fault = run(&at(RAM + 64, sb)).0.unwrap_err();
    assert_eq!((fault.pc, fault.instructions), (BASE + 8, 2));
    assert_eq!(registers(&at(EXTERNAL + 4, lw))[6], 0x0807_0605);
}

#[test]
fn wild_jumps_and_endless_loops_are_errors() {
    let jump = |address: u32| cause(&[&constant(5, address)[..], &[i(0x67, 0, 0, 5, 0)]].concat());
    assert_eq!(jump(RAM), Cause::Jump { address: RAM }, "RAM holds no instructions");
    assert_eq!(jump(BASE - 2), Cause::Jump { address: BASE - 2 });
    assert_eq!(cause(&[addi(5, 0, 1)]), Cause::Jump { address: BASE + 4 }, "the end is no place to go on");
    let fault = run(&[0x0000_006f]).0.unwrap_err();
    assert_eq!((fault.cause, fault.instructions), (Cause::Budget, BUDGET));
}

#[test]
fn the_host_hears_text_and_the_exit_status() {
    // "hi" and a zero in RAM, then two words for the exit.
    let words = [
        &constant(11, RAM)[..],
        &constant(6, 0x0000_6968),
        &[store(2, 11, 6, 0)],
        &host(4),
        &constant(6, 0x2_0026),
        &[store(2, 11, 6, 0), addi(6, 0, 7), store(2, 11, 6, 4)],
        &host(0x20),
    ];
    let (end, _, output) = run(&words.concat());
    let end = end.unwrap();
    assert_eq!((end.status, output.as_str()), (7, "hi"));
    assert_eq!(cause(&host(0x01)), Cause::Semihosting { operation: 1 }, "opening files isn't granted");
    // Text without an end leads out of memory, and text without measure is too much.
    let endless = [&constant(11, EXTERNAL)[..], &host(4)].concat();
    assert_eq!(cause(&endless), Cause::Read { address: EXTERNAL + 8, bytes: 1 });
    let flood =
        [&constant(11, EXTERNAL)[..], &[addi(10, 0, 3), 0x01f0_1013, EBREAK, 0x4070_5013, 0xff1f_f06f]].concat();
    let program = program(&flood);
    let fault = Machine::with(&program, 64, &[65]).run(u64::MAX).unwrap_err();
    assert_eq!(fault.cause, Cause::Semihosting { operation: 3 });
}

#[test]
fn the_lowest_stack_pointer_is_watched() {
    let words =
        [&constant(2, RAM + 64)[..], &[addi(2, 2, -48), addi(2, 2, 32)], &constant(11, 0), &host(0x18)].concat();
    assert_eq!(run(&words).0.unwrap().lowest_sp, RAM + 16);
}

#[test]
fn instructions_are_counted_by_kind_and_memory() {
    let csr = |rd: u32| i(0x73, 2, rd, 0, 0xb02u32 as i32);
    let [ram, external, flash] = [constant(5, RAM), constant(6, EXTERNAL), constant(7, BASE)];
    let words = [
        ram.as_slice(),
        &external,
        &flash,
        &[csr(10)],
        &[
            store(2, 5, 6, 0),
            store(0, 5, 6, 4),
            i(0x03, 2, 8, 5, 0),
            i(0x03, 4, 8, 6, 1),
            i(0x03, 5, 8, 6, 2),
            i(0x03, 2, 8, 7, 0),
        ],
        // A product, a quotient, a branch that is not taken, one that is, and a jump, both to what follows.
        &[r(1, 0, 8, 5, 6), r(1, 5, 8, 5, 6), 0x0000_1263 | 5 << 15 | 5 << 20, 0x0000_0263, 0x0040_006f],
        &[csr(11)],
        &host(0x18),
    ]
    .concat();
    let program = program(&words);
    let external: Vec<u8> = (1..=8).collect();
    let mut machine = Machine::with(&program, 64, &external);
    machine.run(BUDGET).unwrap();
    let [before, after] = machine.marks() else { panic!("{} marks", machine.marks().len()) };
    let accesses = |count, bytes| crate::Accesses { count, bytes };
    assert_eq!((before.instructions, before.ram_stores), (6, accesses(0, 0)));
    assert_eq!(
        *after - *before,
        InstructionMix {
            instructions: 12,
            ram_loads: accesses(1, 4),
            external_loads: accesses(2, 3),
            flash_loads: accesses(1, 4),
            ram_stores: accesses(2, 5),
            multiplies: 1,
            divides: 1,
            branches: 2,
            taken: 1,
            jumps: 1,
        }
    );
}
