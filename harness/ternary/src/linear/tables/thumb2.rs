//! The loops over tables in instructions of Armv7-M and Armv8-M: sums of eight rows stay in registers.

use super::Pair;
use core::arch::naked_asm;

/// The look-ups of eight rows' bytes: those at `16 * $byte` from where `r0` points, in the table at `r1`, which is then moved on.
macro_rules! look_up {
    ($byte:literal, $next:literal) => {
        concat!(
            look_up!(@row "r3", $byte, "0"), look_up!(@row "r4", $byte, "1"),
            look_up!(@row "r5", $byte, "2"), look_up!(@row "r6", $byte, "3"),
            look_up!(@row "r7", $byte, "4"), look_up!(@row "r8", $byte, "5"),
            look_up!(@row "r9", $byte, "6"), look_up!(@row "r10", $byte, "7"),
            "addw r1, r1, #", $next, "\n",
        )
    };
    (@row $sum:literal, $byte:literal, $row:literal) => {
        concat!(
            "ldrb r2, [r0, #16*", $byte, "+", $row, "]\n",
            "ldrh r2, [r1, r2, lsl #2]\n",
            "add ", $sum, ", r2\n",
        )
    };
}

/// Adds to the sums of `blocks` blocks of 16 rows, which are `stride` bytes apart, what their first `2 * pairs` bytes come to.
///
/// # Safety
/// There must be so many bytes, sums and tables; `blocks` is at least one, `pairs` from one to four.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn add_blocks(
    weights: *const u8,
    tables: *const Pair,
    sums: *mut i32,
    stride: usize,
    blocks: usize,
    pairs: usize,
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        // Tables, entry, weights, sums, how many halves of blocks are still to do.
        "sub sp, #20",
        "mov lr, r3",
        // What isn't wanted of four pairs is passed over.
        "ldr r5, [sp, #60]",
        "rsb r5, r5, #4",
        "sub r0, r0, r5, lsl #5",
        "adr r6, 9f",
        "ldr r7, [r6, r5, lsl #2]",
        "add r6, r7",
        "orr r6, r6, #1",
        "strd r1, r6, [sp]",
        "strd r0, r2, [sp, #8]",
        "mov r11, r2",
        "movs r2, #2",
        "str r2, [sp, #16]",
        "ldr r12, [sp, #56]",
        "2:",
        "ldr r1, [sp]",
        "ldm r11, {{r3-r10}}",
        "ldr pc, [sp, #4]",
        "3:",
        look_up!("0", "2"),
        look_up!("1", "1022"),
        "4:",
        look_up!("2", "2"),
        look_up!("3", "1022"),
        "5:",
        look_up!("4", "2"),
        look_up!("5", "1022"),
        "6:",
        look_up!("6", "2"),
        look_up!("7", "0"),
        "stm r11, {{r3-r10}}",
        "add r11, #64",
        "add r0, lr",
        "subs r12, #1",
        "bne 2b",
        // The other half of each block.
        "ldr r2, [sp, #16]",
        "subs r2, #1",
        "str r2, [sp, #16]",
        "beq 7f",
        "ldrd r0, r11, [sp, #8]",
        "add r0, #8",
        "add r11, #32",
        "ldr r12, [sp, #56]",
        "b 2b",
        "7:",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
        ".balign 4",
        "9:",
        ".word 3b - 9b, 4b - 9b, 5b - 9b, 6b - 9b",
    )
}

/// Adds the register to all nine.
macro_rules! step {
    ($by:literal) => {
        concat!(
            "add r3, ",
            $by,
            "\nadd r4, ",
            $by,
            "\nadd r5, ",
            $by,
            "\nadd r6, ",
            $by,
            "\nadd r7, ",
            $by,
            "\nadd r8, ",
            $by,
            "\nadd r9, ",
            $by,
            "\nadd r10, ",
            $by,
            "\nadd r11, ",
            $by,
            "\n",
        )
    };
}

/// As [`super::fill`]: nine entries at a time, stored by one instruction.
///
/// # Safety
/// None: the arguments are as long as they must be.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn fill_trits(low: &[i8; 5], high: &[i8; 5], pair: &mut Pair, start: i32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        // What each digit adds, in both halves.
        "ldrsb r4, [r0]",
        "ldrsb r9, [r1]",
        "add r4, r4, r9, lsl #16",
        "ldrsb r5, [r0, #1]",
        "ldrsb r9, [r1, #1]",
        "add r5, r5, r9, lsl #16",
        "ldrsb r6, [r0, #2]",
        "ldrsb r9, [r1, #2]",
        "add r6, r6, r9, lsl #16",
        "ldrsb r7, [r0, #3]",
        "ldrsb r9, [r1, #3]",
        "add r7, r7, r9, lsl #16",
        "ldrsb r8, [r0, #4]",
        "ldrsb r9, [r1, #4]",
        "add r8, r8, r9, lsl #16",
        "sub r3, r4",
        "sub r3, r5",
        "sub r3, r6",
        "sub r3, r7",
        "sub r3, r8",
        // From nine entries to the next nine: the third digit goes up, or falls back to the first and the next goes up, or both do.
        "mov r0, r6",
        "sub r1, r7, r6, lsl #1",
        "sub r12, r8, r7, lsl #1",
        "sub r12, r12, r6, lsl #1",
        // The first nine: two digits.
        "add r6, r3, r5",
        "add r9, r6, r5",
        "add r5, r3, r4, lsl #1",
        "add r7, r6, r4",
        "add r8, r7, r4",
        "add r10, r9, r4",
        "add r11, r10, r4",
        "add r4, r3, r4",
        "mov lr, #3",
        "2:",
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        step!("r1"),
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        step!("r1"),
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        step!("r0"),
        "stm r2!, {{r3-r11}}",
        "subs lr, #1",
        "beq 3f",
        step!("r12"),
        "b 2b",
        "3:",
        // Packing makes no other bytes than these 243, but a hostile image has them: their sixth digit is dropped.
        "subw r0, r2, #972",
        "ldm r0!, {{r3-r10}}",
        "stm r2!, {{r3-r10}}",
        "ldm r0, {{r3-r7}}",
        "stm r2, {{r3-r7}}",
        "pop {{r4-r11, pc}}",
    )
}
