//! The loop over int4 weights in instructions of Armv7-M and Armv8-M: sums of four pairs of rows and a unit's inputs stay in registers.

use super::UNIT;
use core::arch::naked_asm;

/// The products of the four pairs of rows whose words are at `$at` from where `r0` points, with the inputs at `r1`, which is then moved on.
macro_rules! unit {
    ($at:literal) => {
        concat!(
            "ldm r1!, {{r2-r5}}\n",
            "ldrd r11, r12, [r0, #", $at, "]\n",
            unit!(@pair "r6", "r11"), unit!(@pair "r7", "r12"),
            "ldrd r11, r12, [r0, #", $at, "+8]\n",
            unit!(@pair "r8", "r11"), unit!(@pair "r9", "r12"),
        )
    };
    (@pair $sum:literal, $word:literal) => {
        concat!(
            "and lr, r10, ", $word, "\nmla ", $sum, ", lr, r2, ", $sum, "\n",
            "and lr, r10, ", $word, ", lsr #4\nmla ", $sum, ", lr, r3, ", $sum, "\n",
            "and lr, r10, ", $word, ", lsr #8\nmla ", $sum, ", lr, r4, ", $sum, "\n",
            "and lr, r10, ", $word, ", lsr #12\nmla ", $sum, ", lr, r5, ", $sum, "\n",
        )
    };
}

/// The sums, by halves, of four pairs of rows of a whole block with units up to `end`, of which there are a multiple of two.
///
/// # Safety
/// At `stored` and each 32 bytes further on there must be as many times 16 bytes as there are units, at a multiple of four. There is at least one pair of units.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn four_pairs(
    stored: *const u32,
    units: *const [i32; UNIT],
    end: *const [i32; UNIT],
    sums: &mut [i32; 4],
) {
    naked_asm!(
        "push {{r2-r11, lr}}",
        "mov r10, #0x000f000f",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, r6",
        "mov r9, r6",
        "2:",
        unit!("0"),
        unit!("32"),
        "add r0, #64",
        "ldr lr, [sp]",
        "cmp r1, lr",
        "bne 2b",
        "ldr r3, [sp, #4]",
        "stm r3, {{r6-r9}}",
        "add sp, #8",
        "pop {{r4-r11, pc}}",
    )
}
