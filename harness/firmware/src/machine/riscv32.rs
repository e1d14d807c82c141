//! RISC-V with 32 bits.

use super::{Console, TRAP};
use core::arch::{asm, global_asm};
use core::fmt::Write;

/// This machine.
pub(crate) struct Machine;

// The stack is painted, so that its peak can be told afterwards, and memory of statics is cleared.
global_asm!(
    ".section .text.start, \"ax\"",
    ".globl _start",
    "_start:",
    "la sp, __stack_top",
    "la t0, __stack_bottom",
    "li t1, {paint}",
    "1:",
    "sw t1, 0(t0)",
    "addi t0, t0, 4",
    "bltu t0, sp, 1b",
    "la t0, __bss_start",
    "la t1, __bss_end",
    "bgeu t0, t1, 3f",
    "2:",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "bltu t0, t1, 2b",
    "3:",
    "la t0, golf_trap_start",
    "csrw mtvec, t0",
    "jal golf_main",
    ".balign 4",
    "golf_trap_start:",
    // Whatever happened to the stack, this needs one.
    "la sp, __stack_top",
    "csrr a0, mcause",
    "csrr a1, mepc",
    "csrr a2, mtval",
    "jal golf_trap",
    paint = const crate::memory::PAINT,
);

#[unsafe(no_mangle)]
extern "C" fn golf_trap(cause: u32, pc: u32, value: u32) -> ! {
    let _ = writeln!(Console, "trap: cause {cause} at 0x{pc:08x}, value 0x{value:08x}");
    Machine::exit(TRAP)
}

/// Counts instructions retired, which the machine does itself.
pub(crate) struct Clock;

impl Clock {
    /// There is nothing to set up.
    pub(crate) fn start(_tick_khz: u32) -> Option<Self> {
        Some(Clock)
    }

    /// Instructions retired so far.
    pub(crate) fn now(&self) -> u64 {
        loop {
            let (high, low, again): (u32, u32, u32);
            // SAFETY: reads counters and nothing else.
            unsafe {
                asm!(
                    "csrr {high}, minstreth", "csrr {low}, minstret", "csrr {again}, minstreth",
                    high = out(reg) high, low = out(reg) low, again = out(reg) again, options(nomem, nostack),
                );
            }
            if high == again {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }

    /// Instructions retired from one moment to a later one.
    pub(crate) fn between(&self, before: u64, after: u64) -> u64 {
        after - before
    }
}

impl Machine {
    /// A semihosting call.
    ///
    /// # Safety
    /// The operation may read and write what `argument` points to, by its own rules.
    pub(super) unsafe fn call(operation: usize, argument: usize) -> usize {
        let result;
        // SAFETY: up to the caller. The three instructions must not be compressed, nor lie on two pages.
        unsafe {
            asm!(
                ".option push", ".option norvc", ".balign 16",
                "slli x0, x0, 0x1f", "ebreak", "srai x0, x0, 7",
                ".option pop",
                inlateout("a0") operation => result, in("a1") argument, options(nostack),
            );
        }
        result
    }
}
