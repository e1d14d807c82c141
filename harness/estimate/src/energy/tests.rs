//! Shapes so small that their energy can be added up by hand.

use super::*;
use golf_record::{Accesses, Flash, Instructions, Probe, Ram};

/// A matrix of 100 x 100 ternary weights and its twin in floating point, and as many products of bytes.
fn workload() -> Workload {
    let none = Operations::default();
    let ternary = Operations { additions: 10_000, multiplications: 200, weight_bytes: 2_400, state_bytes: 500, ..none };
    let head = Operations {
        additions: 1_000,
        byte_multiplications: 1_000,
        lookups: 10,
        functions: 7,
        weight_bytes: 1_000,
        ..none
    };
    let float = |bytes: u64| Operations {
        additions: 10_000,
        multiplications: 10_000,
        weight_bytes: 10_000 * bytes,
        state_bytes: 200 * bytes,
        ..none
    };
    let float_head = |bytes: u64| Operations {
        additions: 1_000,
        multiplications: 1_000,
        functions: 7,
        weight_bytes: 1_000 * bytes,
        ..none
    };
    Workload {
        window: 1,
        parts: [
            [ternary, none, none, head, none],
            [float(2), none, none, float_head(2), none],
            [float(4), none, none, float_head(4), none],
        ],
    }
}

#[test]
fn energies_are_counts_times_published_figures() {
    let workload = workload();
    let energy = HOROWITZ.energy(&workload.matrices(Format::Entry), Format::Entry);
    // 10,000 x 0.1 + 200 x 3.1; 500 bytes at 100 pJ for eight; 2,400 bytes likewise, and at 1,300 to 2,600.
    assert_eq!((energy.arithmetic, energy.state, energy.weights_sram), (1_620.0, 6_250.0, 30_000.0));
    assert_eq!((energy.weights_dram_low, energy.weights_dram_high), (390_000.0, 780_000.0));
    assert_eq!(energy.on_chip(), 37_870.0);
    assert_eq!(energy.with_dram(), Interval { low: 397_870.0, high: 787_870.0 });
    let head = HOROWITZ.energy(&workload.parts[0][3], Format::Entry);
    assert_eq!(head.arithmetic, 1_000.0 * 0.1 + 1_000.0 * 0.2 + 10.0 * 10.0);
    let half = HOROWITZ.energy(&workload.matrices(Format::Half), Format::Half);
    assert_eq!((half.arithmetic, half.weights_sram), (15_000.0, 250_000.0));
    let single = HOROWITZ.energy(&workload.matrices(Format::Single), Format::Single);
    assert_eq!((single.arithmetic, single.weights_sram), (46_000.0, 500_000.0));
}

#[test]
fn savings_are_ratios_of_the_same_sums() {
    let found = savings(&HOROWITZ, &workload(), Format::Half);
    assert_eq!(found.matrices, 15_000.0 / 1_620.0);
    assert_eq!(found.arithmetic, 16_500.0 / 2_020.0);
    assert_eq!(found.on_chip, (16_500.0 + 5_000.0 + 275_000.0) / (2_020.0 + 6_250.0 + 42_500.0));
    assert!(found.with_dram.low <= found.with_dram.high && found.with_dram.low > found.on_chip, "{found:?}");
    let same = savings(&HOROWITZ, &workload(), Format::Entry);
    assert_eq!((same.matrices, same.arithmetic, same.on_chip), (1.0, 1.0, 1.0));
}

/// The claim that is on trial counts additions of 8 bits: for those the ratio of this process is 50.
#[test]
fn an_addition_of_eight_bits_saves_fifty_times() {
    let (add, multiply) = HOROWITZ.half;
    assert!(((add + multiply) / HOROWITZ.add_8 - 50.0).abs() < 1e-9);
    assert!(((add + multiply) / HOROWITZ.add_32 - 15.0).abs() < 1e-9);
}

#[test]
fn a_processor_pays_for_instructions() {
    let accesses = |count| Accesses { count, bytes: 4 * count };
    let figures = Figures {
        probe: Probe { tokens: 1, sha256: String::new() },
        narrowed: Probe { tokens: 1, sha256: String::new() },
        load_instructions: 0,
        prompt: Instructions { tokens: 0, instructions: 0 },
        generation: Instructions { tokens: 2, instructions: 1_000 },
        mix: Some(InstructionMix {
            ram_loads: accesses(100),
            image_loads: accesses(60),
            constant_loads: accesses(10),
            ram_stores: accesses(30),
            multiplies: 1,
            divides: 1,
            branches: 1,
            taken: 1,
            jumps: 1,
        }),
        ram: Ram { stack_bytes: 0, static_bytes: 0, arena_bytes: 0 },
        flash: Flash { image_bytes: 0, code_bytes: 0 },
    };
    // 500 instructions and 100 accesses a token.
    assert_eq!(on_processor(&HOROWITZ, &figures), Some(500.0 * 70.0 + 100.0 * 100.0));
    assert_eq!(on_processor(&HOROWITZ, &Figures { mix: None, ..figures }), None);
}
