//! What keeps the loops of small cores within their registers. A compiler left to itself hurries loads, puts off sums and computes both sides of a
//! branch, which takes up to twice the instructions where there are no vectors.

#![allow(unsafe_code)]

/// Has a value ready in a register at this place.
#[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
#[inline(always)]
pub(crate) fn settle(value: i32) -> i32 {
    let mut value = value;
    // SAFETY: there is no instruction.
    unsafe { core::arch::asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Elsewhere, in tests, it needs no instructions of its own.
#[cfg(all(test, not(any(target_arch = "riscv32", target_arch = "arm"))))]
pub(crate) fn settle(value: i32) -> i32 {
    value
}

/// A load that keeps its place.
///
/// # Safety
/// As for [`core::ptr::read`].
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
#[inline(always)]
pub(crate) unsafe fn in_order<T: Copy>(from: *const T) -> T {
    // SAFETY: up to the caller.
    unsafe { from.read_volatile() }
}

/// What a branch that is rarely taken comes to: it stays a branch on small cores, and a choice for vectors elsewhere.
#[inline(always)]
pub(crate) fn rarely(value: i32) -> i32 {
    #[cfg(any(target_arch = "riscv32", target_arch = "arm"))]
    return settle(value);
    #[cfg(not(any(target_arch = "riscv32", target_arch = "arm")))]
    value
}

/// Half of `value`, rounded down, or the limit of so many bits that it is beyond.
#[cfg(thumb2)]
#[inline(always)]
pub(crate) fn saturated_half<const BITS: u32>(value: i32) -> i32 {
    let half;
    // SAFETY: it computes, and sets a flag that nobody reads.
    unsafe {
        core::arch::asm!("ssat {0}, #{2}, {1}, asr #1", out(reg) half, in(reg) value, const BITS, options(pure, nomem, nostack))
    };
    half
}

/// Elsewhere it takes comparisons.
#[cfg(any(target_arch = "riscv32", all(target_arch = "arm", not(thumb2)), test))]
#[inline(always)]
pub(crate) fn saturated_half<const BITS: u32>(value: i32) -> i32 {
    crate::fixed::clamp(value >> 1, -(1 << (BITS - 1)), (1 << (BITS - 1)) - 1)
}
