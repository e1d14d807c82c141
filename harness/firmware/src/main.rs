//! The reference engine on bare metal: `golf-core` and `golf-ternary` as they are, a start, and a job to do.
//!
//! A host gives it memory with a job and the model's image in it, and gets one line of JSON by semihosting. On a machine with an operating system
//! there is nothing to run: the crate is then empty, so that the workspace builds everywhere.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(clippy::float_arithmetic)]

#[cfg(target_os = "none")]
mod job;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod report;
#[cfg(target_os = "none")]
mod work;

#[cfg(target_os = "none")]
mod bare {
    use crate::machine::{self, Console, Machine};
    use crate::work;
    use core::fmt::Write;

    /// Called by the start, once there is a stack.
    #[unsafe(no_mangle)]
    extern "C" fn golf_main() -> ! {
        let status = match work::run() {
            Ok(report) => {
                report.print();
                0
            }
            Err(fault) => {
                let _ = writeln!(Console, "error: {fault}");
                fault.status()
            }
        };
        Machine::exit(status)
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        let _ = writeln!(Console, "panic: {info}");
        Machine::exit(machine::PANIC)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("golf-firmware runs on bare metal only: `cargo golf firmware build` builds it");
    std::process::exit(2);
}
