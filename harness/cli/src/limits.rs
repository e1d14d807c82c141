//! What the machine does at most: reading, and int8 products on registers.

use crate::measure::SAMPLES;
use crate::model::Needed;
use golf_record::Roofline;
use golf_ternary::{Kernel, fast};
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

/// Nanoseconds to read as many bytes as a token needs, once: what generation takes at least.
pub(crate) fn read(needed: &Needed, threads: usize) -> Vec<u64> {
    let buffer = vec![1u64; needed.bytes.div_ceil(8).max(threads)];
    let parts: Vec<&[u64]> = buffer.chunks(buffer.len().div_ceil(threads)).collect();
    let times = (1 << 24) / needed.bytes.max(1) + 1;
    let part = |rank: usize| parts.get(rank).map_or(0, |part| fold(black_box(part)));
    limit(threads, times, &|rank| (0..times).for_each(|_| _ = black_box(part(rank))))
}

/// Nanoseconds for the multiply-adds of a token on registers alone: what a token of a prompt takes at least.
pub(crate) fn products(needed: &Needed, threads: usize) -> Vec<u64> {
    let Some(step) = fast::peak(needed.kernel, 1) else { return vec![] };
    let rounds = needed.multiply_adds.div_ceil(step * threads as u64);
    let times = (1 << 27) / needed.multiply_adds.max(1) as usize + 1;
    limit(threads, times, &|_| _ = black_box(fast::peak(needed.kernel, rounds * times as u64)))
}

/// Samples of what some threads do at once; each does it so many times.
fn limit(threads: usize, times: usize, work: &(dyn Fn(usize) + Sync)) -> Vec<u64> {
    let barrier = Barrier::new(threads);
    let each = &|rank| {
        let once = |_| {
            work(rank);
            barrier.wait();
            let begin = Instant::now();
            work(rank);
            let elapsed = begin.elapsed().as_nanos() as u64 / times as u64;
            barrier.wait();
            elapsed
        };
        (0..SAMPLES).map(once).collect::<Vec<u64>>()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|rank| scope.spawn(move || each(rank))).collect();
        let mut slowest = each(0);
        for other in others {
            let samples = other.join().expect("it only reads and multiplies");
            slowest.iter_mut().zip(samples).for_each(|(slowest, sample)| *slowest = sample.max(*slowest));
        }
        slowest
    })
}

/// Sixteen sums, few enough for the registers of any build, so that loads are what takes the time.
fn fold(buffer: &[u64]) -> u64 {
    let mut sums = [0u64; 16];
    for words in buffer.as_chunks::<16>().0 {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum ^= word);
    }
    sums.iter().fold(0, |all, sum| all ^ sum)
}

/// What one core of the machine does at most: reading a buffer of the budget's size, and int8 multiply-adds by the instructions of the
/// fastest kernel, or by this build's where there is only the scalar one.
pub fn roofline() -> Roofline {
    const ROUNDS: u64 = 5_000;
    let buffer: Vec<u64> = (0..2_000_000).collect();
    let read = || fold(black_box(&buffer));
    let (a, b): (Vec<i8>, Vec<i8>) = (0..4_096).map(|i| (i as i8, (i * 7) as i8)).unzip();
    let products = || black_box(&a).iter().zip(black_box(&b)).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
    let kernel = Kernel::best();
    let dot = || {
        fast::peak(kernel, ROUNDS).unwrap_or_else(|| {
            (0..ROUNDS).for_each(|_| _ = black_box(products()));
            ROUNDS * a.len() as u64
        })
    };
    let time = |work: &dyn Fn()| -> Vec<u64> {
        work();
        let once = |_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_nanos() as u64
        };
        (0..2 * SAMPLES).map(once).collect()
    };
    Roofline {
        buffer_bytes: 8 * buffer.len() as u64,
        read_ns: time(&|| _ = black_box(read())),
        dot_products: dot(),
        dot_ns: time(&|| _ = black_box(dot())),
    }
}
