//! A model so small that its operations can be counted by hand.

extern crate std;
use super::*;
use crate::Shape;
use crate::build::{BlockSource, MatrixSource, Source, build};
use golf_core::Tokenization;
use std::vec;
use std::vec::Vec;

/// Width 8, two heads of 4 that share keys and values, hidden width 10, a window of 4, one block.
fn image(gated: bool, softcap: u32) -> Vec<u8> {
    // Five zeros a byte; it doesn't matter what the weights are.
    let (zeros, bytes) = (vec![121; 20], vec![0; 256 * 8]);
    let matrix =
        |rows: usize| MatrixSource { codec: Codec::Trit5, weights: &zeros[..2 * rows], scales: vec![1_000 << 5 | 12] };
    let tokens: Vec<u8> = (0..=255).collect();
    build(&Source {
        shape: Shape {
            tokens: 256,
            rows: 256,
            dim: 8,
            heads: 2,
            kv_heads: 1,
            head_dim: 4,
            hidden: 10,
            gated,
            window: 4,
            period: 16,
            softcap,
            start: 0,
            tokenization: Tokenization::Bytes,
            depth: 1,
            blocks: 1,
        },
        vocabulary: tokens.chunks(1).collect(),
        frequencies: vec![1, 2],
        block_map: vec![0],
        embedding: MatrixSource { codec: Codec::I8, weights: &bytes, scales: vec![1_000 << 5 | 12] },
        blocks: vec![BlockSource {
            query: matrix(8),
            key: matrix(4),
            value: matrix(4),
            output: matrix(8),
            up: matrix(10),
            gate: gated.then(|| matrix(10)),
            down: matrix(8),
            gains: vec![1, 1],
        }],
    })
    .unwrap()
}

fn count(bytes: &[u8], numbers: Numbers) -> [Operations; 5] {
    operations(&Image::new(bytes).unwrap(), numbers)
}

#[test]
fn integers_are_counted_as_by_hand() {
    let [projections, attention, mlp, head, rest] = count(&image(false, 0), Numbers::Integer);
    // 8x8, 4x8, 4x8 and 8x8: an addition a weight, two products a row; two bytes of weights and four of scale a row; bytes in, words out.
    let expected = Operations {
        additions: 192,
        multiplications: 48,
        weight_bytes: 24 * 6,
        state_bytes: 32 + 24 * 4,
        ..Operations::default()
    };
    assert_eq!(projections, expected);
    // 10x8 and 8x10.
    let expected = Operations {
        additions: 160,
        multiplications: 36,
        weight_bytes: 18 * 6,
        state_bytes: 18 + 18 * 4,
        ..Operations::default()
    };
    assert_eq!(mlp, expected);
    let expected = Operations {
        // Turning 12 numbers, 2 x 4 scores of 4 products each, and as many for the mean.
        additions: 36 + 32 + 16 + 32,
        byte_multiplications: 32,
        multiplications: 48 + 8 + 32 + 8 + 4,
        lookups: 12 + 8,
        functions: 6 + 8 + 2,
        weight_bytes: 0,
        // Last of all the cache: four keys and values are read, and one is written.
        state_bytes: 96 + 128 + 32 + 2 * 4 * 5,
    };
    assert_eq!(attention, expected);
    let expected = Operations {
        additions: 16 + 2_048 + 256,
        byte_multiplications: 8 + 2_048,
        multiplications: 8 + 512,
        lookups: 0,
        functions: 3,
        weight_bytes: 256 * 12,
        state_bytes: 72 + 8 + 1_024 + 1_024,
    };
    assert_eq!(head, expected);
    let expected = Operations {
        // Four norms of 34 numbers in all, ten activations, 16 residuals, 8 of the embedding.
        additions: 68 + 20 + 16 + 8,
        byte_multiplications: 34 + 8,
        multiplications: 34 + 10 + 8,
        lookups: 0,
        functions: 12 + 2,
        weight_bytes: 8,
        state_bytes: 34 * 9 + 80 + 192 + 32,
    };
    assert_eq!(rest, expected);
}

#[test]
fn floating_point_is_counted_as_by_hand() {
    let [projections, attention, ..] = count(&image(false, 0), Numbers::Float { bytes: 2 });
    let expected = Operations {
        additions: 192,
        multiplications: 192,
        weight_bytes: 384,
        state_bytes: 2 * (32 + 24),
        ..Operations::default()
    };
    assert_eq!(projections, expected);
    let expected = Operations {
        additions: 24 + 32 + 16 + 32,
        multiplications: 48 + 32 + 8 + 32 + 8,
        // Sines and cosines come from a table here, too.
        lookups: 12,
        functions: 6 + 8 + 2,
        state_bytes: 2 * (24 + 32 + 8 + 2 * 4 * 5),
        ..Operations::default()
    };
    assert_eq!(attention, expected);
    // Twice the bytes and nothing else.
    let (half, single) =
        (count(&image(true, 20), Numbers::Float { bytes: 2 }), count(&image(true, 20), Numbers::Float { bytes: 4 }));
    for (half, single) in half.into_iter().zip(single) {
        let doubled = Operations { weight_bytes: 2 * half.weight_bytes, state_bytes: 2 * half.state_bytes, ..half };
        assert_eq!(doubled, single);
    }
}

#[test]
fn a_gate_and_a_cap_cost_what_they_cost() {
    let (plain, more) = (count(&image(false, 0), Numbers::Integer), count(&image(true, 20), Numbers::Integer));
    assert_eq!(more[2].additions - plain[2].additions, 80);
    assert_eq!((more[3].lookups, more[3].functions - plain[3].functions), (512, 256));
    assert_eq!(more[4].multiplications - plain[4].multiplications, 10);
    assert_eq!((more[0], more[1]), (plain[0], plain[1]));
}
