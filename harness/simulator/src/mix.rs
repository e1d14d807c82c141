//! What a program did, by kind of instruction and by memory.

use std::ops::{Add, Sub};

/// Accesses of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// How many instructions.
    pub count: u64,
    /// How many bytes they moved.
    pub bytes: u64,
}

/// Instructions by kind, as far as they cost more than an addition. What is left of the instructions retired is plain arithmetic and moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstructionMix {
    /// All of them.
    pub instructions: u64,
    /// Reads of RAM.
    pub ram_loads: Accesses,
    /// Reads of external memory, where the model's image lies.
    pub external_loads: Accesses,
    /// Reads of constants in flash.
    pub flash_loads: Accesses,
    /// Writes to RAM.
    pub ram_stores: Accesses,
    /// Multiplications.
    pub multiplies: u64,
    /// Divisions and remainders.
    pub divides: u64,
    /// Conditional branches.
    pub branches: u64,
    /// Those of them that were taken.
    pub taken: u64,
    /// Jumps and calls.
    pub jumps: u64,
}

impl InstructionMix {
    /// Joins the figures of two, one by one.
    fn zip(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let accesses =
            |a: Accesses, b: Accesses| Accesses { count: join(a.count, b.count), bytes: join(a.bytes, b.bytes) };
        InstructionMix {
            instructions: join(self.instructions, other.instructions),
            ram_loads: accesses(self.ram_loads, other.ram_loads),
            external_loads: accesses(self.external_loads, other.external_loads),
            flash_loads: accesses(self.flash_loads, other.flash_loads),
            ram_stores: accesses(self.ram_stores, other.ram_stores),
            multiplies: join(self.multiplies, other.multiplies),
            divides: join(self.divides, other.divides),
            branches: join(self.branches, other.branches),
            taken: join(self.taken, other.taken),
            jumps: join(self.jumps, other.jumps),
        }
    }
}

impl Add for InstructionMix {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for InstructionMix {
    type Output = Self;

    /// From an earlier count to a later one.
    fn sub(self, earlier: Self) -> Self {
        self.zip(earlier, |a, b| a - b)
    }
}

/// Which memory an address lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Ram,
    External,
    Flash,
}

/// The counters of a running machine: an access is one increment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// By region, then by width: 1, 2 and 4 bytes.
    loads: [[u64; 3]; 3],
    stores: [u64; 3],
    pub(crate) multiplies: u64,
    pub(crate) divides: u64,
    pub(crate) branches: u64,
    pub(crate) taken: u64,
    pub(crate) jumps: u64,
}

impl Counters {
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&mut self, region: Region) {
        self.loads[region as usize][N.trailing_zeros() as usize] += 1;
    }

    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self) {
        self.stores[N.trailing_zeros() as usize] += 1;
    }

    /// After so many instructions.
    pub(crate) fn mix(&self, instructions: u64) -> InstructionMix {
        let accesses =
            |[one, two, four]: [u64; 3]| Accesses { count: one + two + four, bytes: one + 2 * two + 4 * four };
        InstructionMix {
            instructions,
            ram_loads: accesses(self.loads[Region::Ram as usize]),
            external_loads: accesses(self.loads[Region::External as usize]),
            flash_loads: accesses(self.loads[Region::Flash as usize]),
            ram_stores: accesses(self.stores),
            multiplies: self.multiplies,
            divides: self.divides,
            branches: self.branches,
            taken: self.taken,
            jumps: self.jumps,
        }
    }
}
