//! The firmware that the harness carries, on the machine in process.

use golf::model::Loaded;
use golf::simulate::{JOB, Room, program, simulate};
use golf::{scoring, worker};
use golf_artifact::example;
use golf_simulator::{Error, Job, run};
use std::sync::OnceLock;

const BUDGET: u64 = 100_000_000;

/// A small model with every codec and a window of 64 tokens, which the probe's 96 go beyond.
fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| worker::load(&example::tiny(7)).unwrap())
}

fn image() -> &'static [u8] {
    golf::simulate::image(loaded()).unwrap()
}

#[test]
fn its_logits_are_those_of_this_machine() {
    let figures = simulate(loaded(), Room::AMPLE).unwrap();
    let probe = loaded().start(|mut model| scoring::probe(&mut model, golf_core::probe::TOKENS)).unwrap().unwrap();
    assert_eq!(figures.probe, probe);
    assert_eq!((probe.tokens, figures.prompt.tokens, figures.generation.tokens), (96, 96, 16));
    assert_eq!(figures, simulate(loaded(), Room::AMPLE).unwrap(), "counts repeat exactly");
    let mix = figures.mix.unwrap();
    let special = mix.multiplies + mix.divides + mix.branches + mix.jumps + mix.ram_stores.count;
    let loads = mix.ram_loads.count + mix.image_loads.count + mix.constant_loads.count;
    assert!(special + loads < figures.generation.instructions && mix.taken < mix.branches, "{mix:?}");
    // Every byte of every weight is read once for a token, and most of what is read of the image are weights.
    let weights = figures.generation.tokens * figures.flash.image_bytes;
    assert!((weights / 8..2 * weights).contains(&mix.image_loads.bytes), "{mix:?} of {weights}");
}

#[test]
fn it_needs_as_much_ram_as_it_says() {
    let outcome = run(&program().unwrap(), image(), &JOB, BUDGET).unwrap();
    let ram = outcome.report.ram;
    assert!(outcome.stack_seen >= ram.stack && outcome.stack_seen <= ram.stack + 64, "{} {ram:?}", outcome.stack_seen);
    let least = (ram.stack_reserved + ram.statics + ram.arena) as u32;
    assert!(least < 32_768, "{ram:?}");
    let enough = Job { ram_bytes: least.next_multiple_of(4), ..JOB };
    assert_eq!(run(&program().unwrap(), image(), &enough, BUDGET).unwrap(), outcome);
    let Err(Error::Status { status: 4, message }) =
        run(&program().unwrap(), image(), &Job { ram_bytes: least - 4, ..JOB }, BUDGET)
    else {
        panic!("it takes more than it has")
    };
    assert!(message.contains("bytes of RAM are needed"), "{message}");
}

#[test]
fn a_job_that_is_none_is_refused() {
    let program = program().unwrap();
    let external = golf_simulator::external(&JOB, image());
    for (place, value) in [(0, 0x42), (3, 0xff), (11, 0xff), (12, 1), (60, 1)] {
        let mut wrong = external.clone();
        wrong[place] = value;
        let mut machine = golf_simulator::Machine::with(&program, 1 << 20, &wrong);
        assert_eq!(machine.run(BUDGET).unwrap().status, 2, "byte {place}");
        assert!(machine.output().contains("no job"), "{}", machine.output());
    }
}

#[test]
fn an_entry_runs_on_a_board_with_256_kib_of_flash_and_32_kib_of_ram() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../submissions/greenhouse-brain/model.safetensors");
    let loaded = worker::load(&std::fs::read(path).unwrap()).unwrap();
    let board = Room { flash_bytes: 256 << 10, ram_bytes: 32 << 10 };
    let figures = simulate(&loaded, board).unwrap();
    assert_eq!(figures, simulate(&loaded, Room::AMPLE).unwrap());
    let fault = simulate(&loaded, Room { flash_bytes: figures.flash_bytes() - 1, ..board }).unwrap_err();
    assert!(fault.message.contains("bytes of flash are needed"), "{fault}");
    let fault = simulate(&loaded, Room { ram_bytes: 8 << 10, ..board }).unwrap_err();
    assert!(fault.message.contains("bytes of RAM are needed"), "{fault}");
}
