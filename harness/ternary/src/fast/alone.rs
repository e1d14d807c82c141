//! What stands in for `team.rs` where there are no threads.

use super::shared::share;
use core::marker::PhantomData;
use core::ops::Range;

/// The thread that there is, at a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// 0
    pub(super) rank: usize,
    task: PhantomData<&'a ()>,
}

impl Member<'_> {
    /// Waits for nobody.
    pub(super) fn barrier(self) {}

    /// All of `total`.
    pub(super) fn share(self, total: usize) -> Range<usize> {
        share(total, self.rank, 1)
    }
}

/// The calling thread.
#[derive(Debug)]
pub(super) struct Team;

impl Team {
    /// A team of one.
    ///
    /// # Panics
    /// If more are wanted.
    pub(super) fn new(threads: usize) -> Self {
        assert!(threads <= 1, "this build has no threads but the one that calls");
        Team
    }

    pub(super) fn threads(&self) -> usize {
        1
    }

    /// Does the task.
    pub(super) fn run(&mut self, task: &(dyn Fn(Member<'_>) + Sync)) {
        task(Member { rank: 0, task: PhantomData });
    }
}
