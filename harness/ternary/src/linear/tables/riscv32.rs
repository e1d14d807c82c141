//! The loops over tables in instructions of RV32IM: sums of 16 rows stay in registers.

use super::Pair;
use core::arch::naked_asm;

/// The look-ups of 16 rows' bytes: those at `16 * $byte` from where `a0` points, in the table at `a1` plus `$table`.
macro_rules! look_up {
    ($byte:literal, $table:literal) => {
        concat!(
            look_up!(@row "s0", $byte, "0", $table), look_up!(@row "s1", $byte, "1", $table),
            look_up!(@row "s2", $byte, "2", $table), look_up!(@row "s3", $byte, "3", $table),
            look_up!(@row "s4", $byte, "4", $table), look_up!(@row "s5", $byte, "5", $table),
            look_up!(@row "s6", $byte, "6", $table), look_up!(@row "s7", $byte, "7", $table),
            look_up!(@row "s8", $byte, "8", $table), look_up!(@row "s9", $byte, "9", $table),
            look_up!(@row "s10", $byte, "10", $table), look_up!(@row "s11", $byte, "11", $table),
            look_up!(@row "a6", $byte, "12", $table), look_up!(@row "a7", $byte, "13", $table),
            look_up!(@row "t5", $byte, "14", $table), look_up!(@row "t6", $byte, "15", $table),
        )
    };
    (@row $sum:literal, $byte:literal, $row:literal, $table:literal) => {
        concat!(
            "lbu t0, 16*", $byte, "+", $row, "(a0)\n",
            "slli t0, t0, 2\n",
            "add t0, t0, a1\n",
            "lhu t0, ", $table, "(t0)\n",
            "add ", $sum, ", ", $sum, ", t0\n",
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
        "addi sp, sp, -48",
        "sw s0, 0(sp)",
        "sw s1, 4(sp)",
        "sw s2, 8(sp)",
        "sw s3, 12(sp)",
        "sw s4, 16(sp)",
        "sw s5, 20(sp)",
        "sw s6, 24(sp)",
        "sw s7, 28(sp)",
        "sw s8, 32(sp)",
        "sw s9, 36(sp)",
        "sw s10, 40(sp)",
        "sw s11, 44(sp)",
        // What isn't wanted of four pairs is passed over.
        "li t0, 4",
        "sub t0, t0, a5",
        "slli t1, t0, 5",
        "sub a0, a0, t1",
        "slli t1, t0, 10",
        "sub a1, a1, t1",
        "lla t2, 9f",
        "slli t0, t0, 2",
        "add t0, t0, t2",
        "lw t0, 0(t0)",
        "add t2, t2, t0",
        // Offsets reach 2 KiB in both directions.
        "addi a1, a1, 1024",
        "addi a1, a1, 1024",
        "2:",
        "lw s0, 0(a2)",
        "lw s1, 4(a2)",
        "lw s2, 8(a2)",
        "lw s3, 12(a2)",
        "lw s4, 16(a2)",
        "lw s5, 20(a2)",
        "lw s6, 24(a2)",
        "lw s7, 28(a2)",
        "lw s8, 32(a2)",
        "lw s9, 36(a2)",
        "lw s10, 40(a2)",
        "lw s11, 44(a2)",
        "lw a6, 48(a2)",
        "lw a7, 52(a2)",
        "lw t5, 56(a2)",
        "lw t6, 60(a2)",
        "jr t2",
        "3:",
        look_up!("0", "-2048"),
        look_up!("1", "-2046"),
        "4:",
        look_up!("2", "-1024"),
        look_up!("3", "-1022"),
        "5:",
        look_up!("4", "0"),
        look_up!("5", "2"),
        "6:",
        look_up!("6", "1024"),
        look_up!("7", "1026"),
        "sw s0, 0(a2)",
        "sw s1, 4(a2)",
        "sw s2, 8(a2)",
        "sw s3, 12(a2)",
        "sw s4, 16(a2)",
        "sw s5, 20(a2)",
        "sw s6, 24(a2)",
        "sw s7, 28(a2)",
        "sw s8, 32(a2)",
        "sw s9, 36(a2)",
        "sw s10, 40(a2)",
        "sw s11, 44(a2)",
        "sw a6, 48(a2)",
        "sw a7, 52(a2)",
        "sw t5, 56(a2)",
        "sw t6, 60(a2)",
        "addi a2, a2, 64",
        "add a0, a0, a3",
        "addi a4, a4, -1",
        "bnez a4, 2b",
        "lw s0, 0(sp)",
        "lw s1, 4(sp)",
        "lw s2, 8(sp)",
        "lw s3, 12(sp)",
        "lw s4, 16(sp)",
        "lw s5, 20(sp)",
        "lw s6, 24(sp)",
        "lw s7, 28(sp)",
        "lw s8, 32(sp)",
        "lw s9, 36(sp)",
        "lw s10, 40(sp)",
        "lw s11, 44(sp)",
        "addi sp, sp, 48",
        "ret",
        ".balign 4",
        "9:",
        ".word 3b - 9b, 4b - 9b, 5b - 9b, 6b - 9b",
    )
}

/// Stores nine entries from `$at` on, and adds `$by` to each.
macro_rules! nine {
    ($at:literal) => {
        concat!(
            "sw a3, ", $at, "+0(a2)\nsw t2, ", $at, "+4(a2)\nsw t3, ", $at, "+8(a2)\nsw t4, ", $at, "+12(a2)\n",
            "sw t5, ", $at, "+16(a2)\nsw t6, ", $at, "+20(a2)\nsw a4, ", $at, "+24(a2)\nsw a5, ", $at, "+28(a2)\n",
            "sw t0, ", $at, "+32(a2)\n",
        )
    };
    ($at:literal, $by:literal) => {
        concat!(nine!($at), nine!(@step $by))
    };
    (@step $by:literal) => {
        concat!(
            "add a3, a3, ", $by, "\nadd t2, t2, ", $by, "\nadd t3, t3, ", $by, "\nadd t4, t4, ", $by, "\nadd t5, t5, ",
            $by, "\nadd t6, t6, ", $by, "\nadd a4, a4, ", $by, "\nadd a5, a5, ", $by, "\nadd t0, t0, ", $by, "\n",
        )
    };
}

/// As [`super::fill`]: nine entries at a time are in registers.
///
/// # Safety
/// None: the arguments are as long as they must be.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn fill_trits(low: &[i8; 5], high: &[i8; 5], pair: &mut Pair, start: i32) {
    naked_asm!(
        // What each digit adds, in both halves.
        "lb t0, 0(a0)",
        "lb t5, 0(a1)",
        "slli t5, t5, 16",
        "add t0, t0, t5",
        "lb t1, 1(a0)",
        "lb t5, 1(a1)",
        "slli t5, t5, 16",
        "add t1, t1, t5",
        "lb t2, 2(a0)",
        "lb t5, 2(a1)",
        "slli t5, t5, 16",
        "add t2, t2, t5",
        "lb t3, 3(a0)",
        "lb t5, 3(a1)",
        "slli t5, t5, 16",
        "add t3, t3, t5",
        "lb t4, 4(a0)",
        "lb t5, 4(a1)",
        "slli t5, t5, 16",
        "add t4, t4, t5",
        "sub a3, a3, t0",
        "sub a3, a3, t1",
        "sub a3, a3, t2",
        "sub a3, a3, t3",
        "sub a3, a3, t4",
        // From nine entries to the next nine: the third digit goes up, or falls back to the first and the next goes up, or both do.
        "mv a6, t2",
        "slli a4, t2, 1",
        "sub a7, t3, a4",
        "slli t5, t3, 1",
        "sub t4, t4, t5",
        "sub a0, t4, a4",
        // The first nine: two digits.
        "add t2, a3, t0",
        "add t3, t2, t0",
        "add t4, a3, t1",
        "add t5, t4, t0",
        "add t6, t5, t0",
        "add a4, t4, t1",
        "add a5, a4, t0",
        "add t0, a5, t0",
        "li a1, 3",
        "2:",
        nine!("0", "a6"),
        nine!("36", "a6"),
        nine!("72", "a7"),
        nine!("108", "a6"),
        nine!("144", "a6"),
        nine!("180", "a7"),
        nine!("216", "a6"),
        nine!("252", "a6"),
        nine!("288"),
        "addi a2, a2, 324",
        "addi a1, a1, -1",
        "beqz a1, 3f",
        nine!(@step "a0"),
        "j 2b",
        "3:",
        // Packing makes no other bytes than these 243, but a hostile image has them: their sixth digit is dropped.
        "addi a0, a2, -972",
        ".irp at, 0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48",
        "lw t0, \\at(a0)",
        "sw t0, \\at(a2)",
        ".endr",
        "ret",
    )
}
