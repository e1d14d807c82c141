//! The sums of two heads in instructions of Armv7-M and Armv8-M.

use core::arch::naked_asm;

/// The products of eight elements of a key, at `r1`, with those of the queries, at `r0`; both are moved on.
macro_rules! eight {
    () => {
        concat!(
            "ldm r0!, {{r4-r11}}\n",
            eight!("r4"),
            eight!("r5"),
            eight!("r6"),
            eight!("r7"),
            eight!("r8"),
            eight!("r9"),
            eight!("r10"),
            eight!("r11"),
        )
    };
    ($query:literal) => {
        concat!("ldrsb lr, [r1], #1\nmla r12, lr, ", $query, ", r12\n")
    };
}

/// Adds to each pair of `scores`, up to `end`, the products of a key with `queries`, two heads' in the halves of a word. After its elements
/// a key's next ones are `step` bytes on.
///
/// # Safety
/// There must be 8 times `eights` queries, and as many elements of a key for each of the scores; from one to eight eights. A half must have room for its sum.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn add_dots(
    queries: *const i32,
    key: *const i8,
    step: usize,
    scores: *mut [i32; 2],
    end: *const [i32; 2],
    eights: usize,
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #8",
        // What isn't wanted of eight times eight elements is passed over.
        "ldr r4, [sp, #48]",
        "rsb r4, r4, #8",
        "adr r5, 9f",
        "ldr r6, [r5, r4, lsl #2]",
        "add r6, r5",
        "orr r6, r6, #1",
        "strd r0, r6, [sp]",
        "2:",
        "ldr r0, [sp]",
        "mov r12, #0",
        "ldr pc, [sp, #4]",
        "11:",
        eight!(),
        "12:",
        eight!(),
        "13:",
        eight!(),
        "14:",
        eight!(),
        "15:",
        eight!(),
        "16:",
        eight!(),
        "17:",
        eight!(),
        "18:",
        eight!(),
        // The lower half is a sum; what it borrowed from the upper one is given back.
        "sxth lr, r12",
        "sub r12, r12, lr",
        "ldrd r4, r5, [r3]",
        "add r4, lr",
        "add r5, r5, r12, asr #16",
        "strd r4, r5, [r3], #8",
        "add r1, r2",
        "ldr lr, [sp, #44]",
        "cmp r3, lr",
        "bne 2b",
        "add sp, #8",
        "pop {{r4-r11, pc}}",
        ".balign 4",
        "9:",
        ".word 11b - 9b, 12b - 9b, 13b - 9b, 14b - 9b, 15b - 9b, 16b - 9b, 17b - 9b, 18b - 9b",
    )
}

/// Four elements at `r1` times both weights at `r0`, which is moved on by a pair, `r1` by `r12`.
macro_rules! four {
    () => {
        concat!(
            "ldrd r2, r3, [r0], #8\n",
            four!("0", "r4", "r8"),
            four!("1", "r5", "r9"),
            four!("2", "r6", "r10"),
            four!("3", "r7", "r11"),
            "add r1, r12\n",
        )
    };
    ($at:literal, $first:literal, $second:literal) => {
        concat!(
            "ldrsb lr, [r1, #",
            $at,
            "]\nmla ",
            $first,
            ", lr, r2, ",
            $first,
            "\nmla ",
            $second,
            ", lr, r3, ",
            $second,
            "\n",
        )
    };
}

/// The sums of four elements, `stride` bytes apart from row to row, times both weights of `weights`, up to `end`.
///
/// # Safety
/// There must be so many rows, and at least one.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn weighted(
    weights: *const [i32; 2],
    values: *const i8,
    stride: usize,
    end: *const [i32; 2],
    sums: &mut [[i32; 4]; 2],
) {
    naked_asm!(
        "push {{r3-r11, lr}}",
        "mov r12, r2",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, r4",
        "mov r9, r4",
        "mov r10, r4",
        "mov r11, r4",
        // Two rows at a time; if they are odd in number, it begins with the second.
        "subs r3, r0",
        "tst r3, #8",
        "bne 3f",
        "2:",
        four!(),
        "3:",
        four!(),
        "ldr lr, [sp]",
        "cmp r0, lr",
        "bne 2b",
        "ldr r0, [sp, #40]",
        "stm r0, {{r4-r11}}",
        "pop {{r3-r11, pc}}",
    )
}
