//! What threads that work together share, and how much each takes.
#![allow(unsafe_code)]

use super::pages::Pages;
use core::ops::Range;

/// One thread's part of `total`.
pub(super) fn share(total: usize, rank: usize, threads: usize) -> Range<usize> {
    total * rank / threads..total * (rank + 1) / threads
}

/// Elements that the threads of a team share.
#[derive(Debug)]
pub(super) struct Shared<T>(Pages<core::cell::UnsafeCell<T>>);

// SAFETY: elements are reached through `part` and `part_mut` only, whose callers see to it that no two threads reach one at the same time
// unless all of them only read.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(super) fn new<I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>>(elements: I) -> Self {
        Shared(Pages::new(elements.into_iter().map(core::cell::UnsafeCell::new)))
    }

    /// # Safety
    /// Until the slice is gone no thread writes to these elements.
    pub(super) unsafe fn part(&self, range: Range<usize>) -> &[T] {
        let cells = &self.0[range];
        // SAFETY: a cell has the layout of what is in it; the caller keeps writers away.
        unsafe { core::slice::from_raw_parts(cells.as_ptr().cast(), cells.len()) }
    }

    /// # Safety
    /// Until the slice is gone nobody else reads or writes these elements.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part_mut(&self, range: Range<usize>) -> &mut [T] {
        let cells = &self.0[range];
        // SAFETY: a cell has the layout of what is in it and may be written through a shared reference; the caller keeps all others away.
        unsafe { core::slice::from_raw_parts_mut(core::cell::UnsafeCell::raw_get(cells.as_ptr()), cells.len()) }
    }

    /// All of them, of an owner that shares them with nobody now.
    pub(super) fn all(&mut self) -> &mut [T] {
        // SAFETY: the borrow is exclusive.
        unsafe { self.part_mut(0..self.0.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn shares_are_all_of_it() {
        for (total, threads) in [(0, 3), (7, 3), (12, 5), (2, 4)] {
            let all: Vec<usize> = (0..threads).flat_map(|rank| share(total, rank, threads)).collect();
            assert_eq!(all, (0..total).collect::<Vec<_>>());
        }
    }
}
