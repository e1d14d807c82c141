//! The activation between the two halves of the MLP: squared ReLU (So et al. 2021), with or without a gate.

use crate::fixed::{largest, normal_shift, shift};
use crate::registers::rarely;

/// `max(up, 0)^2`, or `max(gate, 0)^2 * up` with a gate, at any scale: what follows normalises it.
#[inline(always)]
pub(crate) fn activate(up: &[i32], gate: Option<&[i32]>, out: &mut [i32]) {
    let square = |value: i32| {
        let value = value.max(0);
        value * value
    };
    let up_by = normal_shift(largest(up), 15);
    match gate {
        None => {
            // The floor of a negative value may be -2^15, but only positive values are squared, and they are in the minority.
            let (left, right) = (u32::try_from(-up_by).unwrap_or(0), u32::try_from(up_by).unwrap_or(0));
            for (out, &up) in out.iter_mut().zip(up) {
                *out = if up > 0 { rarely(square((up << left) >> right)) } else { 0 };
            }
        }
        Some(gate) => {
            let gate_by = normal_shift(largest(gate), 15);
            for ((out, &up), &gate) in out.iter_mut().zip(up).zip(gate) {
                *out = (square(shift(gate, gate_by)) >> 15) * shift(up, up_by);
            }
        }
    }
}
