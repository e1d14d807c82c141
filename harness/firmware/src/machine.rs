//! What differs from target to target: the start, the count of instructions and the way to talk to the host.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "arm")]
pub(crate) use cortex_m::{Clock, Machine};
#[cfg(target_arch = "riscv32")]
mod riscv32;
#[cfg(target_arch = "riscv32")]
pub(crate) use riscv32::{Clock, Machine};

/// Exit status of a panic.
pub(crate) const PANIC: u32 = 101;
/// Exit status of a trap or fault.
pub(crate) const TRAP: u32 = 102;

/// Semihosting operations, alike on Arm and RISC-V.
mod operation {
    pub(super) const WRITE0: usize = 0x04;
    pub(super) const EXIT_EXTENDED: usize = 0x20;
}

/// The reason "application exit" of an exit.
const APPLICATION_EXIT: usize = 0x2_0026;

/// Text to the host.
pub(crate) struct Console;

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        // The host reads up to a zero, so pieces are copied to where one follows.
        let mut piece = [0; 65];
        for chunk in text.as_bytes().chunks(64) {
            piece[..chunk.len()].copy_from_slice(chunk);
            piece[chunk.len()] = 0;
            // SAFETY: the operation reads bytes up to a zero, which is there.
            unsafe { Machine::call(operation::WRITE0, piece.as_ptr() as usize) };
        }
        Ok(())
    }
}

impl Machine {
    /// Its name in reports.
    pub(crate) const NAME: &str = env!("GOLF_TARGET");

    /// Ends the run with this exit status.
    pub(crate) fn exit(status: u32) -> ! {
        let arguments = [APPLICATION_EXIT, status as usize];
        loop {
            // SAFETY: the operation reads two words, which are there.
            unsafe { Machine::call(operation::EXIT_EXTENDED, arguments.as_ptr() as usize) };
        }
    }
}
