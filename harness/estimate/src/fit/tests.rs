//! Boards made up, so that every edge can be reached.

use super::*;
use crate::load_all;
use golf_record::{EngineId, Failure, FailureKind, Flash, Instructions, Probe, Ram, Simulator};
use std::path::Path;

/// 100 KB of flash, 10 KB of RAM, and outside 1 MB of flash at 1 to 10 MB a second and 50 KB of RAM; 1 MHz and 20 mW.
const BOARD: &str = r#"{
  "schema": 1, "name": "Board", "chip": "Chip", "cores": ["avr", "hazard3"],
  "clock": {"value": 1000000, "source": "s"},
  "memories": [
    {"name": "QSPI", "kind": "flash", "place": "external", "bytes": {"value": 1000000, "source": "s"},
     "bandwidth": {"value": {"low": 1000000, "high": 10000000}, "source": "s"}},
    {"name": "flash", "kind": "flash", "place": "internal", "bytes": {"value": 100000, "source": "s"}},
    {"name": "SRAM", "kind": "ram", "place": "internal", "bytes": {"value": 10000, "source": "s"}},
    {"name": "PSRAM", "kind": "ram", "place": "external", "bytes": {"value": 50000, "source": "s"}}
  ],
  "active_power": {"value": 20, "source": "s"},
  "sources": {"s": {"title": "A datasheet", "url": "https://example.org", "date": "2026-01-31"}}
}"#;

fn board_of(text: &str) -> Result<Board, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a-board.json"), text).unwrap();
    load_all(folder.path()).map(|mut boards| boards.remove(0)).map_err(|fault| fault.to_string())
}

fn simulation(target: &str, image: u64, code: u64, ram: u64, instructions: u64) -> Simulation {
    Simulation {
        schema: 1,
        slug: "entry".into(),
        artifact_sha256: String::new(),
        engine: EngineId { name: "ternary".into(), version: 1 },
        target: target.into(),
        simulator: Simulator { name: "s".into(), version: "1".into() },
        machines: vec![],
        firmware_sha256: String::new(),
        figures: Some(Figures {
            probe: Probe { tokens: 1, sha256: String::new() },
            narrowed: Probe { tokens: 1, sha256: String::new() },
            load_instructions: 0,
            prompt: Instructions { tokens: 0, instructions: 0 },
            generation: Instructions { tokens: 2, instructions: 2 * instructions },
            mix: None,
            ram: Ram { stack_bytes: ram, static_bytes: 0, arena_bytes: 0 },
            flash: Flash { image_bytes: image, code_bytes: code },
        }),
        failures: vec![],
    }
}

fn shown(board: &Board, image: u64, code: u64, ram: u64) -> (String, String) {
    let name = |room: Placement<'_>| match room {
        Placement::In(memory) => memory.name.clone(),
        Placement::Short(bytes) => format!("{bytes} short"),
    };
    let simulations = [simulation("riscv32imc", image, code, ram, 1_000_000)];
    let fit = fit(board, &simulations).unwrap();
    (name(fit.flash), name(fit.ram))
}

#[test]
fn the_nearest_memory_with_room_is_taken_to_the_byte() {
    let board = board_of(BOARD).unwrap();
    let pair = |flash: &str, ram: &str| (flash.to_string(), ram.to_string());
    assert_eq!(shown(&board, 60_000, 40_000, 10_000), pair("flash", "SRAM"));
    assert_eq!(shown(&board, 60_001, 40_000, 10_001), pair("QSPI", "PSRAM"));
    // The code stays on the chip, so the image has the memory outside for itself.
    assert_eq!(shown(&board, 1_000_000, 100_000, 50_000), pair("QSPI", "PSRAM"));
    assert_eq!(shown(&board, 1_000_001, 100_000, 50_003), pair("1 short", "3 short"));
    // Code that doesn't fit the chip goes out with the image.
    assert_eq!(shown(&board, 899_999, 100_001, 0), pair("QSPI", "SRAM"));
    assert_eq!(shown(&board, 900_000, 100_001, 0), pair("1 short", "SRAM"));
}

#[test]
fn without_memories_everything_is_missing() {
    let mut board = board_of(BOARD).unwrap();
    board.memories.clear();
    assert_eq!(shown(&board, 5, 6, 7), ("11 short".into(), "7 short".into()));
    let simulations = [simulation("riscv32imc", 5, 6, 7, 1)];
    let fit = fit(&board, &simulations).unwrap();
    assert_eq!((fit.has_room(), fit.estimate(), fit.summary()), (false, None, "no: flash 11\u{a0}bytes short".into()));
}

#[test]
fn time_is_the_slower_of_computing_and_reading() {
    let board = board_of(BOARD).unwrap();
    // A million instructions at 1 MHz: 1.1 to 1.6 s, on the chip with no other limit.
    let inside = [simulation("riscv32imc", 50_000, 1_000, 1, 1_000_000)];
    let estimate = fit(&board, &inside).unwrap().estimate().unwrap();
    assert_eq!(estimate.seconds, Interval { low: 1.1, high: 1.6 });
    assert_eq!(estimate.millijoules, Some(Interval { low: 22.0, high: 32.0 }));
    assert_eq!(estimate.floor_seconds, None);
    // 100,000 instructions compute for 0.11 to 0.16 s, but 900,000 bytes take 0.09 to 0.9 s.
    let outside = [simulation("riscv32imc", 900_000, 1_000, 1, 100_000)];
    let estimate = fit(&board, &outside).unwrap().estimate().unwrap();
    assert_eq!((estimate.seconds.high, estimate.floor_seconds), (0.9, Some(0.09)));
    assert!((estimate.seconds.low - 0.11).abs() < 1e-9);
    // With one end of the bandwidth only, there is still a floor; time never ends before it begins.
    let one_end =
        board_of(&BOARD.replace(r#""low": 1000000, "high": 10000000"#, r#""low": null, "high": 1000000"#)).unwrap();
    let estimate = fit(&one_end, &outside).unwrap().estimate().unwrap();
    assert_eq!((estimate.seconds, estimate.floor_seconds), (Interval { low: 0.9, high: 0.9 }, Some(0.9)));
}

#[test]
fn what_has_not_been_counted_is_said() {
    let board = board_of(BOARD).unwrap();
    let counted = [simulation("riscv32imc", 50_000, 1_000, 1, 1_000_000)];
    let found = fits(&board, &counted);
    assert_eq!(
        found.iter().map(|fit| (fit.core.id, fit.counted.is_some())).collect::<Vec<_>>(),
        [("avr", false), ("hazard3", true)]
    );
    assert_eq!((found[0].summary(), found[0].remedy()), ("fits; no count for this core".into(), None));
    assert_eq!(fit(&board, &counted).unwrap().core.id, "hazard3", "the one with a count is shown");
    let other = [simulation("thumbv7em", 50_000, 1_000, 1, 1_000_000)];
    let found = fits(&board, &other);
    assert!(found[1].counted.is_none() && found[1].has_room() && found[1].estimate().is_none());
    assert_eq!(found[1].summary(), "fits; not counted yet");
    assert!(found[1].remedy().unwrap().contains("riscv32imc: `cargo golf simulate`"));
    let failures = vec![Failure { stage: "simulate".into(), kind: FailureKind::Crash, message: String::new() }];
    let failed = [Simulation { failures, ..counted[0].clone() }];
    assert!(fits(&board, &failed).is_empty() && fits(&board, &[]).is_empty());
}

#[test]
fn a_file_that_is_not_in_order_is_refused_with_the_reason() {
    let cases = [
        ("\"schema\": 1", "\"schema\": 2", "schema 2 is unknown"),
        ("\"hazard3\"", "\"z80\"", "there is no core `z80`; there are cortex-m0+"),
        (
            "\"value\": 20, \"source\": \"s\"",
            "\"value\": 20, \"source\": \"t\"",
            "active_power: the source `t` is not among `sources`",
        ),
        ("\"low\": 1000000", "\"low\": 10000001", "QSPI: a bandwidth is from `low` to `high`"),
        ("2026-01-31", "last week", "needs an address with https:// and a date"),
        (
            "\"s\": {",
            "\"u\": {\"title\": \"\", \"url\": \"https://x\", \"date\": \"2026-01-31\"}, \"s\": {",
            "no figure names the source `u`",
        ),
        ("\"chip\"", "\"chop\"", "unknown field `chop`"),
    ];
    for (from, to, message) in cases {
        let fault = board_of(&BOARD.replacen(from, to, 1)).unwrap_err();
        assert!(fault.contains("a-board.json: ") && fault.contains(message), "{fault}");
    }
    assert!(load_all(Path::new("no/such/folder")).unwrap().is_empty());
}

#[test]
fn the_boards_of_the_project_are_in_order() {
    let boards = load_all(Path::new("../boards")).unwrap();
    assert!(boards.len() >= 10, "{}", boards.len());
    for board in &boards {
        for kind in [Kind::Flash, Kind::Ram] {
            assert!(board.memories(kind).next().is_some(), "{}: {kind:?}", board.slug);
        }
    }
}
