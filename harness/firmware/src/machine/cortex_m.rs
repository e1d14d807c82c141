//! Cortex-M.

mod clock;

use super::{Console, TRAP};
use core::arch::{asm, global_asm};
use core::fmt::Write;
use core::ptr::addr_of;

pub(crate) use clock::Clock;

/// This machine.
pub(crate) struct Machine;

// The table of exceptions, and the start: the stack is painted, so that its peak can be told afterwards, and memory of statics is cleared.
// Instructions of ARMv6-M only.
global_asm!(
    ".syntax unified",
    ".section .vectors, \"a\"",
    ".word __stack_top, _start",
    ".rept 13",
    ".word golf_fault_start",
    ".endr",
    ".word golf_wrap",
    ".section .text.start, \"ax\"",
    ".globl _start",
    ".thumb_func",
    "_start:",
    "ldr r0, =__stack_bottom",
    "ldr r1, =__stack_top",
    "ldr r2, ={paint}",
    "1:",
    "str r2, [r0]",
    "adds r0, #4",
    "cmp r0, r1",
    "blo 1b",
    "ldr r0, =__bss_start",
    "ldr r1, =__bss_end",
    "movs r2, #0",
    "b 3f",
    "2:",
    "str r2, [r0]",
    "adds r0, #4",
    "3:",
    "cmp r0, r1",
    "blo 2b",
    "bl golf_main",
    ".thumb_func",
    "golf_fault_start:",
    // Whatever happened to the stack, this needs one.
    "mov r0, sp",
    "mrs r1, ipsr",
    "ldr r2, =__stack_top",
    "mov sp, r2",
    "bl golf_fault",
    ".pool",
    paint = const crate::memory::PAINT,
);

unsafe extern "C" {
    static __stack_bottom: u32;
    static __stack_top: u32;
}

/// Why the last fault happened, and at which address; they lie side by side. ARMv6-M has none and reads zero.
const FAULT_STATUS: usize = 0xe000_ed28;
const FAULT_ADDRESS: usize = 0xe000_ed38;

#[unsafe(no_mangle)]
extern "C" fn golf_fault(frame: usize, exception: u32) -> ! {
    let _ = write!(Console, "fault: exception {exception}");
    // Eight words, the seventh of which is the program counter, if the stack was still in order.
    if frame.is_multiple_of(4) && (addr_of!(__stack_bottom).addr()..addr_of!(__stack_top).addr() - 28).contains(&frame)
    {
        // SAFETY: within the stack, aligned.
        let _ = write!(Console, " at 0x{:08x}", unsafe { ((frame + 24) as *const u32).read_volatile() });
    }
    // SAFETY: registers of every machine of this kind, which may be read.
    let (status, address) = unsafe { (peek(FAULT_STATUS), peek(FAULT_ADDRESS)) };
    let _ = writeln!(Console, ", status 0x{status:08x}, address 0x{address:08x}");
    Machine::exit(TRAP)
}

/// A register of the machine.
///
/// # Safety
/// There must be one at the address, that may be read.
unsafe fn peek(address: usize) -> u32 {
    // SAFETY: up to the caller.
    unsafe { (address as *const u32).read_volatile() }
}

impl Machine {
    /// A semihosting call.
    ///
    /// # Safety
    /// The operation may read and write what `argument` points to, by its own rules.
    pub(super) unsafe fn call(operation: usize, argument: usize) -> usize {
        let result;
        // SAFETY: up to the caller.
        unsafe { asm!("bkpt 0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack)) };
        result
    }
}
