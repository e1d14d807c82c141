//! Matrix products by every kernel, for one token (the share of the read bandwidth is what counts) and for many (the share of the dot peak).
//!
//! The two limits, `read` and `peak`, are measured in the same run: throughputs of the products are to be read against them.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use golf_ternary::fast::{Layer, peak};
use golf_ternary::{Codec, Kernel};
use std::hint::black_box;

/// Rows and columns: 16 MB of ternary weights at two bits, so that no level of cache but the last holds them; and a layer of shape B, which stays
/// in the second.
const SIZES: [(usize, usize); 2] = [(32_768, 2_048), (2_048, 768)];

const TOKENS: usize = 48;

fn kernel(criterion: &mut Criterion) {
    for (rows, cols) in SIZES {
        let weights: Vec<u8> = (0..rows * cols).map(|index| (index * 7_919 % 243) as u8).collect();
        for kernel in Kernel::available() {
            for (codec, name) in Codec::NAMES {
                for tokens in [1, TOKENS] {
                    let Some(mut layer) = Layer::new(kernel, codec, &weights, rows, cols, tokens) else { continue };
                    let mut group = criterion.benchmark_group(format!("{rows}x{cols}/{name}"));
                    group.sample_size(10);
                    group.throughput(match tokens {
                        1 => Throughput::Bytes(layer.bytes() as u64),
                        _ => Throughput::Elements((rows * cols * tokens) as u64),
                    });
                    let id = BenchmarkId::new(kernel.name(), tokens);
                    group.bench_function(id, |bencher| bencher.iter(|| black_box(layer.run()[0])));
                    group.finish();
                }
            }
        }
    }
}

fn limits(criterion: &mut Criterion) {
    for kernel in Kernel::available() {
        let Some(products) = peak(kernel, 10_000) else { continue };
        let mut group = criterion.benchmark_group("peak");
        group.throughput(Throughput::Elements(products));
        group.bench_function(kernel.name(), |bencher| bencher.iter(|| peak(kernel, 10_000)));
        group.finish();
    }
    for bytes in [400 << 10, 4 << 20, 13_600_000, 16_000_000, 18_900_000] {
        let buffer = vec![1u64; bytes / 8];
        let mut group = criterion.benchmark_group("read");
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(bytes.to_string(), |bencher| bencher.iter(|| read(black_box(&buffer))));
        group.finish();
    }
}

/// Sixteen sums, few enough for the registers of any build, so that loads are what takes the time.
fn read(buffer: &[u64]) -> u64 {
    let mut sums = [0u64; 16];
    for words in buffer.as_chunks::<16>().0 {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum ^= word);
    }
    sums.iter().fold(0, |all, sum| all ^ sum)
}

criterion_group!(benches, limits, kernel);
criterion_main!(benches);
