//! Threads that work on one document together: each runs the same function, and barriers keep them in step.
//!
//! A barrier costs a fraction of a microsecond as long as every thread has a core, because a thread that waits looks again and again for a while;
//! then it gives its core away, and at last sleeps, so that a machine with fewer free cores than threads is slower but not stuck.
#![allow(unsafe_code)]

use super::shared::share;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::panic::AssertUnwindSafe;
use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::panic::{catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Times that a thread looks, some tens of nanoseconds each, before it gives its core away.
const LOOKS: usize = 300;
/// Times that it gives its core away before it sleeps.
const YIELDS: usize = 100;

/// What all threads do.
type Task<'a> = &'a (dyn Fn(Member<'_>) + Sync);

/// One thread of the team, at a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// 0 is the thread that called.
    pub(super) rank: usize,
    state: &'a State,
}

impl Member<'_> {
    /// Waits until all threads have come here. What they wrote before is seen by all after.
    ///
    /// # Panics
    /// If another thread did.
    pub(super) fn barrier(self) {
        self.state.barrier();
    }

    /// This thread's part of `total`.
    pub(super) fn share(self, total: usize) -> Range<usize> {
        share(total, self.rank, self.state.threads)
    }
}

/// The calling thread, which has rank 0, and others that wait for work.
#[derive(Debug)]
pub(super) struct Team {
    state: Arc<State>,
    others: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    threads: usize,
    /// Points to the task at hand; valid while `running` isn't zero.
    task: AtomicPtr<Task<'static>>,
    /// Tasks begun.
    begun: AtomicUsize,
    /// Other threads that have not finished the task.
    running: AtomicUsize,
    /// Threads at the barrier, and barriers passed.
    arrived: AtomicUsize,
    passed: AtomicUsize,
    /// Whether a thread panicked, so that none waits for it.
    failed: AtomicBool,
    ended: AtomicBool,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Team {
    /// A team of `threads` in all.
    ///
    /// # Panics
    /// If the system has no more threads to give.
    pub(super) fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        let state = Arc::new(State {
            threads,
            task: AtomicPtr::new(null_mut()),
            begun: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            arrived: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        });
        let serve = |rank| {
            let state = state.clone();
            thread::spawn(move || state.serve(rank))
        };
        let others = (1..threads).map(serve).collect();
        Team { state, others }
    }

    pub(super) fn threads(&self) -> usize {
        self.state.threads
    }

    /// Lets all threads do the task, and waits for them.
    ///
    /// # Panics
    /// If one of them does.
    pub(super) fn run(&mut self, task: Task<'_>) {
        let state = &*self.state;
        if self.others.is_empty() {
            return task(Member { rank: 0, state });
        }
        // The others read the task through this pointer before they count down `running`, and this function returns only when all have: what
        // lifetime the pointer claims doesn't matter. `&mut self` keeps a second task away.
        state.task.store((&raw const task).cast_mut().cast(), Relaxed);
        state.running.store(self.others.len(), Relaxed);
        state.begun.fetch_add(1, SeqCst);
        state.notify();
        let own = catch_unwind(AssertUnwindSafe(|| task(Member { rank: 0, state })));
        if own.is_err() {
            state.fail();
        }
        state.wait(|| state.running.load(SeqCst) == 0);
        state.task.store(null_mut(), Relaxed);
        if state.failed.swap(false, SeqCst) {
            state.arrived.store(0, SeqCst);
            resume_unwind(own.err().unwrap_or_else(|| Box::new("another thread of the team panicked")));
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.state.ended.store(true, SeqCst);
        self.state.begun.fetch_add(1, SeqCst);
        self.state.notify();
        for other in self.others.drain(..) {
            // It panics in no task that hasn't been told of already.
            let _ = other.join();
        }
    }
}

impl State {
    fn serve(&self, rank: usize) {
        let mut seen = 0;
        loop {
            self.wait(|| self.begun.load(SeqCst) != seen);
            seen += 1;
            if self.ended.load(SeqCst) {
                return;
            }
            // SAFETY: `Team::run` stored the pointer before it counted up `begun`, and keeps what it points to until `running` is zero.
            let task = unsafe { *self.task.load(Relaxed) };
            if catch_unwind(AssertUnwindSafe(|| task(Member { rank, state: self }))).is_err() {
                self.fail();
            }
            if self.running.fetch_sub(1, SeqCst) == 1 {
                self.notify();
            }
        }
    }

    fn barrier(&self) {
        if self.threads == 1 {
            return;
        }
        let passed = self.passed.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.threads {
            self.arrived.store(0, SeqCst);
            self.passed.store(passed.wrapping_add(1), SeqCst);
            self.notify();
        } else {
            self.wait(|| self.passed.load(SeqCst) != passed || self.failed.load(SeqCst));
        }
        if self.failed.load(SeqCst) {
            // Quietly: the one that failed has said why.
            resume_unwind(Box::new("another thread of the team panicked"));
        }
    }

    fn fail(&self) {
        self.failed.store(true, SeqCst);
        self.notify();
    }

    /// Returns when `ready`, of which a thread that makes it so is to [`notify`](Self::notify).
    fn wait(&self, ready: impl Fn() -> bool) {
        for look in 0..LOOKS + YIELDS {
            if ready() {
                return;
            }
            if look < LOOKS { core::hint::spin_loop() } else { thread::yield_now() }
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, SeqCst);
        // Whoever changes what `ready` reads sees the sleeper after that, or this sees the change.
        while !ready() {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }

    fn notify(&self) {
        if self.sleepers.load(SeqCst) > 0 {
            // A sleeper that has counted itself is waiting once the lock is free.
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::shared::Shared;

    /// Every thread adds its neighbour's last sum to its own; any two steps that mix give another result.
    #[test]
    fn barriers_keep_threads_in_step() {
        let steps = if cfg!(miri) { 20 } else { 2_000 };
        for threads in 1..5 {
            let mut team = Team::new(threads);
            let sums = [0, 1].map(|_| Shared::new((0..threads).map(|rank| rank as u64)));
            for _ in 0..3 {
                let sums = &sums;
                team.run(&|member| {
                    let rank = member.rank;
                    for step in 0..steps {
                        let (from, to) = (&sums[step % 2], &sums[1 - step % 2]);
                        // SAFETY: all read `from` and each writes its own element of `to`; then they meet.
                        unsafe {
                            let all = from.part(0..threads);
                            to.part_mut(rank..rank + 1)[0] = all[rank].wrapping_mul(3) ^ all[(rank + 1) % threads];
                        }
                        member.barrier();
                    }
                });
            }
            let mut expected: Vec<u64> = (0..threads as u64).collect();
            for _ in 0..3 * steps {
                expected = (0..threads).map(|i| expected[i].wrapping_mul(3) ^ expected[(i + 1) % threads]).collect();
            }
            let [mut first, _] = sums;
            assert_eq!(first.all(), expected);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        for culprit in 0..3 {
            let mut team = Team::new(3);
            let result = catch_unwind(AssertUnwindSafe(|| {
                team.run(&|member| {
                    if member.rank == culprit {
                        resume_unwind(Box::new("on purpose"));
                    }
                    member.barrier();
                });
            }));
            assert!(result.is_err());
            let done = AtomicUsize::new(0);
            team.run(&|member| {
                member.barrier();
                done.fetch_add(1, SeqCst);
            });
            assert_eq!(done.into_inner(), 3);
        }
    }

    #[test]
    fn sleepers_wake() {
        let mut team = Team::new(2);
        let done = AtomicUsize::new(0);
        for _ in 0..3 {
            thread::sleep(core::time::Duration::from_millis(30));
            team.run(&|member| {
                thread::sleep(core::time::Duration::from_millis(30 * member.rank as u64));
                done.fetch_add(1, SeqCst);
            });
        }
        assert_eq!(done.into_inner(), 6);
    }
}
