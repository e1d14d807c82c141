//! The simulated microcontroller on any program.

use golf_simulator::{Machine, Program};

/// Instructions that a program may run.
const BUDGET: u64 = 5_000;
const FLASH: u32 = 0x8000_0000;

/// The first byte says whether the rest is an ELF file or bare instructions.
pub(super) fn run(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let program = match first & 1 {
        0 => match Program::read(rest) {
            Ok(program) => program,
            Err(fault) => return assert!(!fault.to_string().is_empty()),
        },
        _ => Program::of(FLASH, rest.to_vec(), FLASH),
    };
    let mut machine = Machine::with(&program, 4_096, b"something to read");
    match machine.run(BUDGET) {
        Ok(end) => assert!(end.instructions <= BUDGET),
        Err(fault) => assert!(fault.instructions <= BUDGET && !fault.to_string().is_empty()),
    }
    program.symbol(FLASH);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    // li sp, RAM + 4096; then loads, stores, multiplications, branches, compressed ones among them, and a semihosting call.
    let words: [u32; 12] = [
        0x8800_1137,
        0x0010_0513,
        0x00a1_2023,
        0x0001_2583,
        0x02b5_0633,
        0x02c5_4633,
        0x0505_157d,
        0xfe05_1ae3,
        0x01f0_1013,
        0x0010_0073,
        0x4070_5013,
        0x0000_8067,
    ];
    let bare: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    // A file with a header, one segment and the same instructions.
    let half = |value: u16| value.to_le_bytes().to_vec();
    let word = |value: u32| value.to_le_bytes().to_vec();
    let header = [
        b"\x7fELF\x01\x01\x01".to_vec(),
        vec![0; 9],
        half(2),
        half(243),
        word(1),
        word(FLASH),
        word(52),
        word(0),
        word(0),
        half(52),
        half(32),
        half(1),
        half(40),
        half(0),
        half(0),
    ];
    let length = bare.len() as u32;
    let segment = [word(1), word(84), word(FLASH), word(FLASH), word(length), word(length), word(5), word(4)];
    let file = [header.concat(), segment.concat(), bare.clone()].concat();
    vec![[vec![1], bare].concat(), [vec![0], file].concat()]
}
