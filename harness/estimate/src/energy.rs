//! Energy for a token: counted operations and bytes times published energies of each.
//!
//! The model: an ideal machine has a unit for every kind of operation and broadcasts operands for nothing. It reads every weight once for a
//! token and every activation as often as it is used anew, from memories as wide as an access. What is left out is what the figures leave out:
//! control, clocks, wires and leakage.

use crate::Interval;
use golf_record::{Figures, InstructionMix};

/// What is to be known of every energy.
pub const CAVEAT: &str = "A model, not a measurement: counted operations and bytes times published energies for one process. Control, clocks, wires and \
                          leakage are left out, and so are divisions, roots and exponentials, for which the source has no figure.";

/// Published energies, in picojoules.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// Width of the process and voltage.
    pub name: &'static str,
    /// Where the figures are from.
    pub source: &'static str,
    /// Addition of integers of 8 bits.
    pub add_8: f64,
    /// Of 32 bits.
    pub add_32: f64,
    /// Multiplication of integers of 8 bits.
    pub multiply_8: f64,
    /// Of 32 bits.
    pub multiply_32: f64,
    /// Addition and multiplication in fp16.
    pub half: (f64, f64),
    /// In fp32.
    pub single: (f64, f64),
    /// An access of [`ACCESS`] bytes to SRAM of 8 KB: a table's.
    pub sram_small: f64,
    /// To SRAM of 1 MB: activations, and weights where they are on the chip.
    pub sram_large: f64,
    /// To DRAM.
    pub dram: Interval,
    /// Fetching and controlling an instruction of a simple processor.
    pub instruction: f64,
}

/// Bytes of an access to a memory.
pub const ACCESS: u64 = 8;

/// Horowitz, ISSCC 2014.
pub const HOROWITZ: Process = Process {
    name: "45 nm, 0.9 V",
    source: "M. Horowitz, “Computing’s energy problem (and what we can do about it)”, ISSCC 2014, pages 10–14",
    add_8: 0.03,
    add_32: 0.1,
    multiply_8: 0.2,
    multiply_32: 3.1,
    half: (0.4, 1.1),
    single: (0.9, 3.7),
    sram_small: 10.0,
    sram_large: 100.0,
    dram: Interval { low: 1_300.0, high: 2_600.0 },
    instruction: 70.0,
};

/// What numbers are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As the entry has them: stored weights, int8 activations, sums of 32 bits.
    Entry,
    /// The same shape in fp16.
    Half,
    /// In fp32.
    Single,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Entry, Format::Half, Format::Single];

    /// In tables.
    pub fn name(self) -> &'static str {
        match self {
            Format::Entry => "as entered",
            Format::Half => "fp16",
            Format::Single => "fp32",
        }
    }
}

/// Parts of a network, in the order of a [`Workload`]'s.
pub const PARTS: [&str; 5] = ["attention matrices", "attention", "MLP matrices", "head", "norms and the rest"];
/// Places in [`PARTS`] of the blocks' matrices.
const MATRICES: [usize; 2] = [0, 2];

/// Operations for one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Operations {
    /// Additions, subtractions and comparisons; of 32 bits in integers.
    pub additions: u64,
    /// Multiplications of 8-bit integers.
    pub byte_multiplications: u64,
    /// Other multiplications; of 32 bits in integers.
    pub multiplications: u64,
    /// Look-ups in tables.
    pub lookups: u64,
    /// Divisions, roots and exponentials.
    pub functions: u64,
    /// Bytes of weights read.
    pub weight_bytes: u64,
    /// Bytes of activations and cache read or written.
    pub state_bytes: u64,
}

/// What a generated token takes that sees a full window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Tokens that it sees.
    pub window: u64,
    /// By format, in the order of [`Format::ALL`], then by part.
    pub parts: [[Operations; PARTS.len()]; Format::ALL.len()],
}

/// Picojoules for one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Energy {
    /// Additions, multiplications and look-ups.
    pub arithmetic: f64,
    /// Activations and cache, in SRAM.
    pub state: f64,
    /// Weights from SRAM.
    pub weights_sram: f64,
    /// Weights from DRAM, at least.
    pub weights_dram_low: f64,
    /// At most.
    pub weights_dram_high: f64,
}

impl Energy {
    /// With all on one chip.
    pub fn on_chip(&self) -> f64 {
        self.arithmetic + self.state + self.weights_sram
    }

    /// With the weights in DRAM.
    pub fn with_dram(&self) -> Interval {
        let rest = self.arithmetic + self.state;
        Interval { low: rest + self.weights_dram_low, high: rest + self.weights_dram_high }
    }
}

impl Process {
    /// Of these operations.
    pub fn energy(&self, operations: &Operations, format: Format) -> Energy {
        let of = |count: u64, each: f64| count as f64 * each;
        let (add, multiply) = match format {
            Format::Entry => (self.add_32, self.multiply_32),
            Format::Half => self.half,
            Format::Single => self.single,
        };
        let per_byte = |access: f64| access / ACCESS as f64;
        Energy {
            arithmetic: of(operations.additions, add)
                + of(operations.multiplications, multiply)
                + of(operations.byte_multiplications, self.multiply_8)
                + of(operations.lookups, self.sram_small),
            state: of(operations.state_bytes, per_byte(self.sram_large)),
            weights_sram: of(operations.weight_bytes, per_byte(self.sram_large)),
            weights_dram_low: of(operations.weight_bytes, per_byte(self.dram.low)),
            weights_dram_high: of(operations.weight_bytes, per_byte(self.dram.high)),
        }
    }

    /// What the firmware's instructions would cost on a simple processor of this process, for one token: fetching and controlling each, and an
    /// access to large SRAM for each load and store.
    pub fn processor(&self, instructions: f64, accesses: f64) -> f64 {
        instructions * self.instruction + accesses * self.sram_large
    }
}

impl Workload {
    /// Operations of some parts together.
    fn sum(&self, format: Format, parts: impl IntoIterator<Item = usize>) -> Operations {
        let parts = parts.into_iter().map(|part| self.parts[format as usize][part]);
        parts.fold(Operations::default(), |a, b| Operations {
            additions: a.additions + b.additions,
            byte_multiplications: a.byte_multiplications + b.byte_multiplications,
            multiplications: a.multiplications + b.multiplications,
            lookups: a.lookups + b.lookups,
            functions: a.functions + b.functions,
            weight_bytes: a.weight_bytes + b.weight_bytes,
            state_bytes: a.state_bytes + b.state_bytes,
        })
    }

    /// Of the whole token.
    pub fn total(&self, format: Format) -> Operations {
        self.sum(format, 0..PARTS.len())
    }

    /// Of the blocks' matrices, without attention and head: what ternary weights are said to save most of.
    pub fn matrices(&self, format: Format) -> Operations {
        self.sum(format, MATRICES)
    }
}

/// How many times as much floating point would take, four ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Savings {
    /// Arithmetic of the blocks' matrices, with additions as wide as the sums.
    pub matrices: f64,
    /// Arithmetic of the whole token.
    pub arithmetic: f64,
    /// The whole token on one chip.
    pub on_chip: f64,
    /// With the weights in DRAM, at the two ends of its energy.
    pub with_dram: Interval,
}

/// An order of magnitude.
pub const MAGNITUDE: f64 = 10.0;

/// What an entry saves over its own shape in floating point.
pub fn savings(process: &Process, workload: &Workload, format: Format) -> Savings {
    let ratio = |of: &dyn Fn(Energy) -> f64, operations: &dyn Fn(Format) -> Operations| {
        let energy = |format: Format| of(process.energy(&operations(format), format));
        energy(format) / energy(Format::Entry)
    };
    let total = |format| workload.total(format);
    let dram = [ratio(&|energy| energy.with_dram().low, &total), ratio(&|energy| energy.with_dram().high, &total)];
    Savings {
        matrices: ratio(&|energy| energy.arithmetic, &|format| workload.matrices(format)),
        arithmetic: ratio(&|energy| energy.arithmetic, &total),
        on_chip: ratio(&|energy| energy.on_chip(), &total),
        with_dram: Interval { low: dram[0].min(dram[1]), high: dram[0].max(dram[1]) },
    }
}

/// What a simple processor would take for a token of the firmware, in picojoules; none if its instructions weren't told apart.
pub fn on_processor(process: &Process, figures: &Figures) -> Option<f64> {
    let InstructionMix { ram_loads, image_loads, constant_loads, ram_stores, .. } = figures.mix?;
    let tokens = figures.generation.tokens.max(1) as f64;
    let accesses = [ram_loads, image_loads, constant_loads, ram_stores].iter().map(|of| of.count).sum::<u64>();
    Some(process.processor(figures.generation.instructions as f64 / tokens, accesses as f64 / tokens))
}

#[cfg(test)]
mod tests;
