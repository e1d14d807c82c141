//! Instructions from SysTick, on a machine where each takes 64 ns of the machine's own time.
//!
//! QEMU has no counter of instructions for Cortex-M, but with `-icount shift=6` all its clocks are one. A tick is shorter than an instruction, so
//! that the ticks since a moment whose place within a tick is known give the exact number of instructions. That place is found
//! at the start, from many readings a known number of instructions apart; where they don't agree, as without `-icount`, nothing is counted.

use super::peek;
use core::arch::{asm, global_asm};
use core::sync::atomic::AtomicU32;

const CONTROL: usize = 0xe000_e010;
const RELOAD: usize = 0xe000_e014;
const VALUE: usize = 0xe000_e018;
/// Tells in bit 26 whether the timer's interrupt waits.
const INTERRUPTS: usize = 0xe000_ed04;
const WAITS: u32 = 1 << 26;
/// Ticks until the timer wraps.
const PERIOD: u64 = 1 << 24;

/// An instruction lasts `khz * 64 / 10^6` ticks, that is `khz / INSTRUCTION`.
const INSTRUCTION: u64 = 15_625;

/// How often the timer has wrapped.
#[unsafe(no_mangle)]
static GOLF_WRAPS: AtomicU32 = AtomicU32::new(0);

// The timer's interrupt. Its instructions are counted as well, and taken off.
const WRAP_INSTRUCTIONS: u64 = 5;
global_asm!(
    ".syntax unified",
    ".section .text.golf_wrap, \"ax\"",
    ".globl golf_wrap",
    ".thumb_func",
    "golf_wrap:",
    "ldr r0, =GOLF_WRAPS",
    "ldr r1, [r0]",
    "adds r1, #1",
    "str r1, [r0]",
    "bx lr",
    ".pool",
);

/// What was read at a moment; how much that is can be told later, so that reading is always the same instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    wraps: u32,
    value: u32,
    interrupts: u32,
    /// The value once more, two instructions after the first.
    again: u32,
}

/// Readings at the start, and how many instructions are from one to the next: as many as visit every place within a tick.
const READINGS: usize = 128;
const APART: u64 = 7;

/// Counts instructions.
#[derive(Debug)]
pub(crate) struct Clock {
    khz: u64,
    /// Ticks at the first reading.
    begin: u64,
    /// The first reading's place within a tick, in parts of `INSTRUCTION`.
    phase: u64,
    /// Instructions between two readings with nothing in between.
    empty: u64,
}

impl Mark {
    /// Ticks since the timer was started, and how many instructions after the first reading that was.
    fn ticks(self) -> (u64, u64) {
        // An interrupt that waits may have come after the first reading of the value, but not after the second.
        let waits = self.interrupts & WAITS != 0;
        let (wraps, value) =
            if waits { (u64::from(self.wraps) + 1, self.again) } else { (u64::from(self.wraps), self.value) };
        // The timer counts down, and says that it wraps when it gets to zero, a tick before it does.
        let below = if value == 0 { PERIOD } else { u64::from(value) };
        ((wraps + 1) * PERIOD - 1 - below, if waits { 2 } else { 0 })
    }
}

impl Clock {
    /// Starts the timer; none if it doesn't count instructions.
    pub(crate) fn start(tick_khz: u32) -> Option<Self> {
        let khz = u64::from(tick_khz);
        // A tick must be shorter than an instruction.
        if khz <= INSTRUCTION {
            return None;
        }
        // SAFETY: the timer is nobody else's, and its interrupt only counts.
        unsafe {
            (RELOAD as *mut u32).write_volatile(PERIOD as u32 - 1);
            (VALUE as *mut u32).write_volatile(0);
            (CONTROL as *mut u32).write_volatile(7);
            while peek(VALUE) == 0 {}
        }
        let begin = readings();
        let ticks = |index: usize| u64::from(begin[0].wrapping_sub(begin[index]) & (PERIOD as u32 - 1));
        let (mut low, mut high) = (0, INSTRUCTION);
        for index in 1..READINGS {
            // The tick at this reading is the one that began at or before it, and hasn't ended.
            let (tick, instructions) = (INSTRUCTION * ticks(index), khz * APART * index as u64);
            low = low.max(tick.saturating_sub(instructions));
            high = high.min((tick + INSTRUCTION).checked_sub(instructions)?);
        }
        if low >= high {
            return None;
        }
        let mut clock = Clock { khz, begin: PERIOD - 1 - u64::from(begin[0]), phase: low, empty: 0 };
        clock.empty = clock.between(clock.now(), clock.now());
        Some(clock)
    }

    /// What the timer says.
    #[inline(never)]
    pub(crate) fn now(&self) -> Mark {
        let (wraps, value, interrupts, again): (u32, u32, u32, u32);
        // SAFETY: reads the timer and the interrupts' state; the interrupts are allowed before and after.
        unsafe {
            asm!(
                "cpsid i", "ldr {wraps}, [{at}]", "ldr {value}, [{timer}]", "ldr {interrupts}, [{state}]", "ldr {again}, [{timer}]", "cpsie i",
                at = in(reg) GOLF_WRAPS.as_ptr(), timer = in(reg) VALUE, state = in(reg) INTERRUPTS,
                wraps = out(reg) wraps, value = out(reg) value, interrupts = out(reg) interrupts, again = out(reg) again,
                options(nostack),
            );
        }
        Mark { wraps, value, interrupts, again }
    }

    /// Instructions from one moment to a later one, but for those of looking at the clock and of its interrupt.
    pub(crate) fn between(&self, before: Mark, after: Mark) -> u64 {
        (self.instructions(after) - self.instructions(before)).saturating_sub(self.empty)
    }

    /// Instructions since the first reading.
    fn instructions(&self, mark: Mark) -> u64 {
        let (ticks, later) = mark.ticks();
        // The first instruction after the tick's begin.
        let instructions = (INSTRUCTION * (ticks - self.begin) - self.phase).div_ceil(self.khz);
        let wraps = u64::from(mark.wraps);
        instructions - later - WRAP_INSTRUCTIONS * wraps
    }
}

/// The timer's value, again and again, [`APART`] instructions each.
#[inline(never)]
fn readings() -> [u32; READINGS] {
    let mut values = [0; READINGS];
    let range = values.as_mut_ptr_range();
    // SAFETY: writes the array from its begin to its end.
    unsafe {
        asm!(
            "1:", "ldr {value}, [{timer}]", "str {value}, [{place}]", "adds {place}, #4", "nop", "nop", "cmp {place}, {end}", "bne 1b",
            timer = in(reg) VALUE, place = inout(reg) range.start => _, end = in(reg) range.end, value = out(reg) _,
            options(nostack),
        );
    }
    values
}
