//! The loop over columns in instructions of Armv7-M and Armv8-M: sums of four bytes' rows stay in registers.

use core::arch::naked_asm;

/// A byte's weights times the column's input.
macro_rules! byte {
    ($three:literal, $two:literal) => {
        concat!(
            "ldrb r12, [r3], #1\n",
            "add r12, r2, r12, lsl #3\n",
            "ldrd r12, lr, [r12]\n",
            "mla ",
            $three,
            ", r12, r1, ",
            $three,
            "\n",
            "mla ",
            $two,
            ", lr, r1, ",
            $two,
            "\n",
        )
    };
}

/// The sums, in lanes, of four bytes of each column. `columns` are the bytes' addresses, which are moved on by four, and the inputs; a column
/// whose input is zero is behind the last.
///
/// # Safety
/// There must be so many bytes at each column's address, and there must be such a column.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn four_bytes(columns: *mut [i32; 2], lanes: &[[i32; 2]; 256], sums: &mut [[i32; 2]; 4]) {
    naked_asm!(
        "push {{r2, r4-r11, lr}}",
        "mov r2, r1",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, r4",
        "mov r9, r4",
        "mov r10, r4",
        "mov r11, r4",
        "b 3f",
        "2:",
        byte!("r4", "r5"),
        byte!("r6", "r7"),
        byte!("r8", "r9"),
        byte!("r10", "r11"),
        "str r3, [r0, #-8]",
        "3:",
        "ldrd r3, r1, [r0], #8",
        "cmp r1, #0",
        "bne 2b",
        "pop {{r2}}",
        "stm r2, {{r4-r11}}",
        "pop {{r4-r11, pc}}",
    )
}
