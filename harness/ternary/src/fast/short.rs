//! The short way from sums to outputs, which nearly all of them take.

use super::ops::{Batch, Finish};
use super::plan::Packed;
use crate::fixed::rshift;

/// From sums to outputs of a matrix with one group, where no more than 32 bits are multiplied and less than 32 are left.
pub(super) struct Short {
    pub(super) pre_shift: i32,
    pub(super) limit: i32,
    /// Whether an output can be beyond the limit.
    pub(super) is_clamped: bool,
}

impl Short {
    /// None if a token takes the long way. `shifted` gets the tokens' mantissas, moved so that the outputs are the upper words of the products.
    pub(super) fn new(matrix: &Packed, batch: &Batch<'_>, shifted: &mut [i32]) -> Option<Self> {
        let most = i64::from(matrix.most.filter(|_| matrix.groups == 1)?);
        let mut is_clamped = false;
        for (shifted, &norm) in shifted.iter_mut().zip(batch.norms) {
            let finish = Finish::new(matrix, norm, batch.fraction);
            if !finish.is_short() {
                return None;
            }
            *shifted = finish.shifted();
            is_clamped |= rshift(most * i64::from(*shifted), 32) >= batch.limit;
        }
        Some(Short { pre_shift: matrix.pre_shift, limit: batch.limit as i32, is_clamped })
    }
}
