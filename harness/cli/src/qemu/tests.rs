use super::*;
use crate::{simulate, worker};
use golf_artifact::example;

const LIMIT: Duration = Duration::from_secs(60);

fn run(machine: &Machine) -> Option<Fault> {
    if machine.program.version().is_none() {
        assert!(std::env::var_os("GOLF_REQUIRE_TOOLS").is_none(), "{}", machine.program.missing());
        eprintln!("not run: {}", machine.program.missing());
        return None;
    }
    // Small enough for the smallest machine.
    let config = golf_artifact::TernaryConfig { window: 32, ..example::config() };
    let loaded = worker::load(&example::build(&config, 256, 7)).unwrap();
    Some(machine.run(&simulate::NARROWED, simulate::image(&loaded).unwrap(), LIMIT).unwrap_err())
}

#[test]
fn a_fault_ends_the_machine_and_says_where() {
    for machine in &CORTEX_M {
        // There is no memory at this address of the machine.
        let arena = if machine.name == "mps3-an547" { 0xf800_0000 } else { 0xa800_0000 };
        if let Some(fault) = run(&Machine { arena, ..*machine }) {
            assert!(fault.message.contains("fault: exception 3 at 0x"), "{fault}");
        }
    }
}

#[test]
fn a_clock_that_doesn_t_count_instructions_is_refused() {
    for arguments in [&["-icount", "shift=5"][..], &["-icount", "shift=7"], &[]] {
        for machine in &CORTEX_M {
            if let Some(fault) = run(&Machine { arguments, ..*machine }) {
                assert!(fault.message.contains("doesn't count instructions"), "{fault}");
            }
        }
    }
    // Nor is one whose rate isn't as the host says.
    if let Some(fault) = run(&Machine { name: "mps2-an386", target: "thumbv7em", tick_khz: 24_000, ..MPS2 }) {
        assert!(fault.message.contains("doesn't count instructions"), "{fault}");
    }
}

#[test]
fn what_takes_too_long_is_ended() {
    let machine = Machine { name: "mps2-an386", target: "thumbv7em", ..MPS2 };
    if machine.program.version().is_some() {
        let loaded = worker::load(&example::tiny(7)).unwrap();
        let job = Job { generate: u32::MAX, ..simulate::JOB };
        let fault = machine.run(&job, simulate::image(&loaded).unwrap(), Duration::from_millis(300)).unwrap_err();
        assert!(fault.message.contains("took longer"), "{fault}");
    }
}
