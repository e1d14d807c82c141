//! AMX, int8: matrix products and attention of many tokens on tiles; all else is AVX-512's.
//!
//! Four columns of 16 rows, once their planes are taken apart, are what a row of a right-hand tile is, and so are four elements of 16 keys, and the same
//! element of a value of four slots, in a cache; so the tokens are on the left, a row of a tile each. The instructions are written out, because their
//! intrinsics are not stable.
#![allow(unsafe_code)]

mod attention;
mod linear;

use super::attention::QUERIES;
use super::avx512::{self, MOST};
use super::ops::Ops;
use core::arch::asm;
use core::arch::x86_64::*;
use core::cell::Cell;

/// Rows of a tile.
const ROWS: usize = 16;
/// Bytes of a tile's row.
const BYTES: usize = 64;

/// Calls a function of this file with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where the instructions were detected and the system grants the tiles.
        unsafe { $call }
    };
}

/// To be used only where the instructions of [`avx512::OPS`] were detected and the tiles are [granted].
pub(crate) static OPS: Ops = Ops {
    tokens: MOST,
    queries: QUERIES,
    linear: |matrix, batch, blocks, out, stride| enter!(linear::linear(matrix, batch, blocks, out, stride)),
    attend: |queries, scores, out| enter!(attention::attend(queries, scores, out)),
    arrange: |q, place, words, sums| enter!(linear::arrange(q, place, words, sums)),
    peak,
    ..avx512::OPS
};

/// Whether the processor has tiles of int8 and the system lets this process use them, which Linux does on demand.
pub(crate) fn granted() -> bool {
    static GRANTED: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *GRANTED.get_or_init(|| {
        let features = __cpuid_count(7, 0).edx;
        let has_tiles = features >> 24 & 0b11 == 0b11;
        // SAFETY: where AVX-512 is usable, which is asked first, the system has switched on what this reads.
        has_tiles && unsafe { tiles_are_switched_on() } && ask()
    })
}

/// Whether the system saves and restores tiles.
#[target_feature(enable = "xsave")]
fn tiles_are_switched_on() -> bool {
    // SAFETY: the instruction is there, says the caller.
    unsafe { _xgetbv(0) >> 17 & 0b11 == 0b11 }
}

/// Asks Linux for the tiles, for all threads of this process.
fn ask() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    // SAFETY: the call takes two numbers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0 }
}

/// The shapes of the eight tiles, as `ldtilecfg` reads them.
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Config {
    /// Tiles with so many rows each; those without are not to be used.
    fn new(rows: [usize; 8]) -> Self {
        let mut config = Config { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        for (tile, rows) in rows.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
            assert!(rows <= ROWS, "a tile is not that long");
            (config.row_bytes[tile], config.rows[tile]) = (BYTES as u16, rows as u8);
        }
        config
    }
}

/// Tiles in use, whose shapes are only told when they change.
struct Tiles {
    /// Rows of the tiles, if any are in use.
    rows: Cell<[usize; 8]>,
}

impl Tiles {
    fn new() -> Self {
        Tiles { rows: Cell::new([0; 8]) }
    }

    /// Makes tiles with so many rows ready.
    #[inline(always)]
    fn shape(&self, rows: [usize; 8]) {
        if self.rows.get() != rows {
            self.rows.set(rows);
            let config = Config::new(rows);
            // SAFETY: reads `config`; nobody else in this thread uses tiles.
            unsafe { asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, readonly)) };
        }
    }
}

impl Drop for Tiles {
    /// Leaves the tiles as at the start.
    fn drop(&mut self) {
        // SAFETY: nobody else in this thread uses tiles.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// Products on four tiles of sums.
fn peak(rounds: u64) -> u64 {
    let tiles = Tiles::new();
    tiles.shape([ROWS; 8]);
    // SAFETY: no other register than those named changes.
    unsafe {
        asm!(
            "tilezero tmm4",
            "tilezero tmm6",
            "test {rounds}, {rounds}",
            "jz 3f",
            "2:",
            "tdpbssd tmm0, tmm4, tmm6",
            "tdpbssd tmm1, tmm4, tmm6",
            "tdpbssd tmm2, tmm4, tmm6",
            "tdpbssd tmm3, tmm4, tmm6",
            "dec {rounds}",
            "jnz 2b",
            "3:",
            rounds = inout(reg) rounds => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
    rounds * (4 * ROWS * ROWS * BYTES) as u64
}
