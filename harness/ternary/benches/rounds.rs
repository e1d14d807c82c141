//! Shares of the machine's limits: in every round, one after the other, how fast memory of a token's bytes is read, how fast the int8 products of the
//! matrix kernels run on registers, and prompts and generation, on one thread and on several. A machine that is shared gives other figures every
//! minute; a share compares figures of one round, and is given as the median over the rounds.
//!
//! `cargo bench -p golf-ternary --bench rounds -- [--rounds N] [--threads N] [--kernel NAME] [SHAPE...]`

mod model;

use golf_core::{LanguageModel, WholeDocument};
use golf_ternary::fast::{self, Plan, peak};
use golf_ternary::{Image, Kernel};
use model::{Bytes, image, shapes};
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

const PROMPT: usize = 512;
const GENERATE: usize = 128;
const BATCH: usize = 96;

struct Options {
    rounds: usize,
    threads: usize,
    kernel: Option<String>,
    shapes: Vec<String>,
}

fn options() -> Options {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options { rounds: 7, threads: cores, kernel: None, shapes: vec![] };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("the option has a value");
        match word.as_str() {
            // What `cargo bench` and `cargo test` say.
            "--bench" => {}
            "--test" => options.rounds = 1,
            "--rounds" => options.rounds = value().parse().expect("a number of rounds"),
            "--threads" => options.threads = value().parse().expect("a number of threads"),
            "--kernel" => options.kernel = Some(value()),
            _ => options.shapes.push(word),
        }
    }
    options
}

fn main() {
    let options = options();
    let chosen = |kernel: &Kernel| options.kernel.as_ref().is_none_or(|name| name == kernel.name());
    let kernels: Vec<Kernel> =
        Kernel::available().filter(|kernel| peak(*kernel, 1).is_some() && chosen(kernel)).collect();
    for (name, shape) in shapes() {
        if !options.shapes.is_empty() && !options.shapes.iter().any(|wanted| wanted == name) {
            continue;
        }
        let bytes = image(shape);
        let image = Image::new(&bytes).expect("just built");
        for &kernel in &kernels {
            let plan = Plan::new(&image, kernel).expect("not the scalar kernel");
            let token = plan.weight_bytes(&image);
            println!(
                "{name} {}: {:.1} M multiply-adds and {:.1} MB a token",
                kernel.name(),
                shape.multiply_adds() as f64 / 1e6,
                token as f64 / 1e6
            );
            let teams = if options.threads > 1 { vec![1, options.threads] } else { vec![1] };
            let mut figures = vec![[const { vec![] }; 4]; teams.len()];
            for _ in 0..options.rounds {
                for (&threads, figures) in teams.iter().zip(&mut figures) {
                    let mut engine = fast::Engine::with_threads(image, &plan, BATCH, threads);
                    let round =
                        [read(token, threads), products(kernel, threads), prompt(&mut engine), generate(&mut engine)];
                    figures.iter_mut().zip(round).for_each(|(all, figure)| all.push(figure));
                }
            }
            for (threads, [read, products, prompt, generate]) in teams.iter().zip(&figures) {
                let share = |rates: &[f64], work: f64, limits: &[f64]| {
                    spread(
                        &rates.iter().zip(limits).map(|(rate, limit)| 100.0 * rate * work / limit).collect::<Vec<_>>(),
                        0,
                    )
                };
                println!(
                    "  {threads} thread(s): reads {} GB/s, int8 products {} G/s",
                    spread(&read.iter().map(|rate| rate / 1e9).collect::<Vec<_>>(), 1),
                    spread(&products.iter().map(|rate| rate / 1e9).collect::<Vec<_>>(), 0),
                );
                println!(
                    "    prompt     {} tokens/s, {} % of the products",
                    spread(prompt, 0),
                    share(prompt, shape.multiply_adds() as f64, products)
                );
                println!(
                    "    generation {} tokens/s, {} % of the reading",
                    spread(generate, 0),
                    share(generate, token as f64, read)
                );
            }
        }
    }
}

/// Median, least and most.
fn spread(values: &[f64], decimals: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    format!("{:.decimals$} ({least:.decimals$} to {most:.decimals$})", sorted[sorted.len() / 2])
}

/// Work per second, of a second run: the first warms up.
fn rate(work: usize, mut run: impl FnMut()) -> f64 {
    run();
    let begin = Instant::now();
    run();
    work as f64 / begin.elapsed().as_secs_f64()
}

/// Work per second of threads that begin at once and each do `work`.
fn together(threads: usize, work: usize, run: impl Fn(usize) + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let each = &|rank| {
        run(rank);
        barrier.wait();
        let begin = Instant::now();
        run(rank);
        let elapsed = begin.elapsed();
        barrier.wait();
        elapsed
    };
    let slowest = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|rank| scope.spawn(move || each(rank))).collect();
        let own = each(0);
        others.into_iter().map(|other| other.join().expect("it reads memory")).fold(own, std::cmp::max)
    });
    (threads * work) as f64 / slowest.as_secs_f64()
}

/// Bytes a second from a buffer as large as a token's weights, of which each thread reads its part, as it does of the weights.
fn read(bytes: usize, threads: usize) -> f64 {
    const TIMES: usize = 10;
    let mut buffer = vec![0u64; bytes / 8];
    ask_for_large_pages(&mut buffer);
    buffer.fill(1);
    let parts: Vec<&[u64]> = buffer.chunks(buffer.len().div_ceil(threads)).collect();
    together(threads, TIMES * bytes / threads, |rank| {
        (0..TIMES).for_each(|_| _ = black_box(fold(black_box(parts[rank]))))
    })
}

/// Memory like that of the weights.
fn ask_for_large_pages(_buffer: &mut [u64]) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        const LARGE: usize = 2 << 20;
        let skipped = _buffer.as_ptr().cast::<u8>().align_offset(LARGE).div_ceil(8).min(_buffer.len());
        let rest = &mut _buffer[skipped..];
        // SAFETY: the memory is the buffer's, and what is in it stays as it is.
        unsafe { libc::madvise(rest.as_mut_ptr().cast(), size_of_val(rest), libc::MADV_HUGEPAGE) };
    }
}

/// Sixteen sums, few enough for the registers of any build, so that loads are what takes the time.
fn fold(buffer: &[u64]) -> u64 {
    let mut sums = [0u64; 16];
    for words in buffer.as_chunks::<16>().0 {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum ^= word);
    }
    sums.iter().fold(0, |all, sum| all ^ sum)
}

/// Multiply-adds a second.
fn products(kernel: Kernel, threads: usize) -> f64 {
    const ROUNDS: u64 = 2_000_000;
    let work = peak(kernel, 1).expect("not the scalar kernel") * ROUNDS;
    together(threads, work as usize, |_| _ = black_box(peak(kernel, ROUNDS)))
}

/// Tokens a second, with all logits and their softmax.
fn prompt(engine: &mut fast::Engine<'_>) -> f64 {
    let tokens: Vec<u32> = Bytes(1).take(PROMPT).map(u32::from).collect();
    rate(PROMPT, || {
        engine.reset();
        engine.document_costs(&tokens, 0, &mut |cost| _ = black_box(cost));
    })
}

/// Tokens a second, with all logits.
fn generate(engine: &mut fast::Engine<'_>) -> f64 {
    let mut logits = vec![0; engine.vocabulary().len()];
    rate(GENERATE, || {
        engine.reset();
        for token in Bytes(2).take(GENERATE) {
            engine.predict(&mut logits);
            engine.observe(u32::from(token));
        }
    })
}
