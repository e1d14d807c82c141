//! AMX, int8: matrix products of up to 16 tokens on tiles; all else is AVX-512's.
//!
//! A line of [`Packed`] weights, four columns of 16 rows, is what a row of a right-hand tile is, once its planes are taken apart; so the tokens
//! are on the left, a row of a tile each. The instructions are written out, because their intrinsics are not stable.
#![allow(unsafe_code)]

use super::avx512;
use super::inputs;
use super::ops::{Finish, Ops, Place, Side};
use super::plan::{BLOCK, LANES, Line, Packed, VECTORS};
use core::arch::asm;
use core::arch::x86_64::*;
use core::ops::Range;

/// Tokens of a tile.
const TOKENS: usize = 16;
/// Columns of a tile.
const COLS: usize = 64;
/// Columns whose weights are unpacked at once, for the 64 rows of a block: 32 KiB.
const SLICE: usize = 512;

/// Calls a function of this file with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where the instructions were detected and the system grants the tiles.
        unsafe { $call }
    };
}

/// To be used only where the instructions of [`avx512::OPS`] were detected and the tiles are [granted].
pub(crate) static OPS: Ops = Ops {
    tokens: TOKENS,
    linear: |matrix, batch, blocks, out, stride| {
        batch.by_runs(matrix, blocks, out, stride, |side, blocks, out| match (side.norms.len(), matrix.bits) {
            (1, _) => enter!(avx512::one_token(matrix, side, blocks, out)),
            (_, 1) => enter!(linear::<1>(matrix, side, blocks, out, stride)),
            (_, 2) => enter!(linear::<2>(matrix, side, blocks, out, stride)),
            (_, 4) => enter!(linear::<4>(matrix, side, blocks, out, stride)),
            _ => enter!(linear::<8>(matrix, side, blocks, out, stride)),
        });
    },
    arrange: |q, place, words, sums| enter!(arrange(q, place, words, sums)),
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

/// Arranges a run's activations, for each token a group after the other; those of all tokens for a group lie side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    place.each(q, |q, place| arrange_one(q, place, words, sums));
}

#[inline(always)]
fn arrange_one(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    let Place { group, padded, token, tokens } = place;
    let width = padded / 4;
    let groups = words.chunks_mut(width * tokens).zip(sums.chunks_mut(tokens));
    for (q, (words, sums)) in q.chunks_exact(group).zip(groups) {
        let alone = Place { token: 0, tokens: 1, ..place };
        inputs::arrange(q, alone, &mut words[token * width..][..width], &mut sums[token..=token]);
    }
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
    /// Sums in tiles 0 to 3; activations in 4 and weights in 6, and what is left of them at the end of a group in 5 and 7.
    fn new(tokens: usize, left: usize) -> Self {
        let mut config = Config { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        for tile in [0, 1, 2, 3, 4, 6] {
            config.row_bytes[tile] = COLS as u16;
            config.rows[tile] = if tile == 6 { LANES } else { tokens } as u8;
        }
        if left > 0 {
            (config.row_bytes[5], config.rows[5]) = (left as u16, tokens as u8);
            (config.row_bytes[7], config.rows[7]) = (COLS as u16, (left / 4) as u8);
        }
        config
    }
}

/// Sums of 16 rows, for each vector of a block and each token.
#[repr(align(64))]
struct Sums([[[i32; LANES]; TOKENS]; VECTORS]);

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn linear<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    let tokens = side.norms.len();
    let per_line = 32 / BITS as usize;
    let (lines, width) = (matrix.group_lines(), matrix.padded / 4);
    let config = Config::new(tokens, matrix.padded % COLS);
    let mut unpacked = [Line([0; 64]); SLICE / 4 * VECTORS];
    let begin = blocks.start;
    for block in blocks {
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        let mut totals = [[[_mm512_setzero_si512(); 2]; VECTORS]; TOKENS];
        let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(width * tokens));
        for ((lines, words), (scales, sums)) in groups.zip(all_scales.iter().zip(side.sums.chunks_exact(tokens))) {
            let mut dots = Sums([[[0; LANES]; TOKENS]; VECTORS]);
            for (slice, lines) in lines.chunks(SLICE / per_line * VECTORS).enumerate() {
                let weights = if BITS == 8 { lines } else { unpack::<BITS>(lines, &mut unpacked) };
                multiply(&config, &words[slice * SLICE / 4..], width, weights, &mut dots);
            }
            for (token, totals) in totals.iter_mut().take(tokens).enumerate() {
                let scales = scales.as_chunks::<LANES>().0;
                for (vector, total) in totals.iter_mut().enumerate() {
                    let (raw, scale) = (avx512::load(&dots.0[vector][token]), avx512::load(&scales[vector]));
                    avx512::add_scaled::<BITS>(matrix, sums[token], raw, scale, total);
                }
            }
        }
        for (token, totals) in totals.iter().take(tokens).enumerate() {
            let first = token * stride + (block - begin) * BLOCK;
            let rows = BLOCK.min(matrix.rows - block * BLOCK);
            avx512::write(matrix, Finish::of(matrix, side, token), side.limit, totals, &mut out[first..first + rows]);
        }
    }
}

/// Takes the planes of lines apart.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn unpack<'a, const BITS: u32>(lines: &[Line], unpacked: &'a mut [Line]) -> &'a [Line] {
    let planes = 8 / BITS as usize;
    let mask = _mm512_set1_epi8(((1u32 << BITS) - 1) as i8);
    let unpacked = &mut unpacked[..lines.len() * planes];
    let vectors = lines.as_chunks::<VECTORS>().0.iter().zip(unpacked.chunks_exact_mut(planes * VECTORS));
    for (lines, unpacked) in vectors {
        for (vector, line) in lines.iter().enumerate() {
            let mut packed = avx512::load_line(line);
            for plane in unpacked[vector..].iter_mut().step_by(VECTORS) {
                avx512::store_line(plane, _mm512_and_si512(packed, mask));
                packed = _mm512_srli_epi16::<BITS>(packed);
            }
        }
    }
    unpacked
}

/// Adds the products of the tokens with a slice's weights, four columns of a block's 64 rows after the other, to the sums. `words` are the tokens'
/// activations from the slice on, a token every `width`.
fn multiply(config: &Config, words: &[i32], width: usize, weights: &[Line], sums: &mut Sums) {
    let cols = weights.len() / VECTORS * 4;
    let tokens = usize::from(config.rows[0]);
    assert!(words.len() >= (tokens - 1) * width + cols / 4, "a tile's rows are those of the tokens");
    assert!(cols.is_multiple_of(COLS) || cols % COLS == usize::from(config.row_bytes[5]), "what is left is configured");
    // SAFETY: reads `config`; of `words` and `weights` what was checked above; reads and writes `sums`, whose tiles have 16 rows of 64 bytes at most.
    // No other register than those named changes. The tiles are left as at the start.
    unsafe {
        asm!(
            "ldtilecfg [{config}]",
            "tileloadd tmm0, [{sums} + {line}]",
            "tileloadd tmm1, [{sums} + {line} + 1024]",
            "tileloadd tmm2, [{sums} + {line} + 2048]",
            "tileloadd tmm3, [{sums} + {line} + 3072]",
            "test {steps}, {steps}",
            "jz 3f",
            "2:",
            "tileloadd tmm4, [{words} + {token}]",
            "tileloadd tmm6, [{weights} + 4*{line}]",
            "tdpbsud tmm0, tmm4, tmm6",
            "tileloadd tmm6, [{weights} + 4*{line} + 64]",
            "tdpbsud tmm1, tmm4, tmm6",
            "tileloadd tmm6, [{weights} + 4*{line} + 128]",
            "tdpbsud tmm2, tmm4, tmm6",
            "tileloadd tmm6, [{weights} + 4*{line} + 192]",
            "tdpbsud tmm3, tmm4, tmm6",
            "add {words}, 64",
            "add {weights}, 4096",
            "dec {steps}",
            "jnz 2b",
            "3:",
            "test {left}, {left}",
            "jz 4f",
            "tileloadd tmm5, [{words} + {token}]",
            "tileloadd tmm7, [{weights} + 4*{line}]",
            "tdpbsud tmm0, tmm5, tmm7",
            "tileloadd tmm7, [{weights} + 4*{line} + 64]",
            "tdpbsud tmm1, tmm5, tmm7",
            "tileloadd tmm7, [{weights} + 4*{line} + 128]",
            "tdpbsud tmm2, tmm5, tmm7",
            "tileloadd tmm7, [{weights} + 4*{line} + 192]",
            "tdpbsud tmm3, tmm5, tmm7",
            "4:",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            "tilestored [{sums} + {line} + 3072], tmm3",
            "tilerelease",
            config = in(reg) config,
            sums = in(reg) sums,
            words = inout(reg) words.as_ptr() => _,
            weights = inout(reg) weights.as_ptr() => _,
            steps = inout(reg) cols / COLS => _,
            left = in(reg) cols % COLS,
            token = in(reg) width * 4,
            line = in(reg) size_of::<Line>(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// Products on four tiles of sums.
fn peak(rounds: u64) -> u64 {
    let config = Config::new(TOKENS, 0);
    // SAFETY: reads `config`; no other register than those named changes. The tiles are left as at the start.
    unsafe {
        asm!(
            "ldtilecfg [{config}]",
            "tilezero tmm4",
            "tilezero tmm6",
            "test {rounds}, {rounds}",
            "jz 3f",
            "2:",
            "tdpbsud tmm0, tmm4, tmm6",
            "tdpbsud tmm1, tmm4, tmm6",
            "tdpbsud tmm2, tmm4, tmm6",
            "tdpbsud tmm3, tmm4, tmm6",
            "dec {rounds}",
            "jnz 2b",
            "3:",
            "tilerelease",
            config = in(reg) &config,
            rounds = inout(reg) rounds => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
    rounds * (VECTORS * TOKENS * LANES * COLS) as u64
}
