//! Models with random ternary weights, in the shapes by which engines are compared.

use golf_core::Tokenization;
use golf_ternary::build::{BlockSource, MatrixSource, Source, build};
use golf_ternary::{Codec, Shape};

/// A stream of pseudo-random bytes (splitmix64).
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) u64);

impl Iterator for Bytes {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some((z >> 56) as u8)
    }
}

/// `rows` rows of random weights with scales that make them about one long.
fn matrix(random: &mut Bytes, codec: Codec, rows: usize, cols: usize) -> (Codec, Vec<u8>, Vec<u16>) {
    let per_byte = codec.per_byte();
    assert_eq!(cols % per_byte * usize::from(codec != Codec::Trit5), 0, "only trits are padded here");
    let bytes = (0..rows * codec.row_bytes(cols)).map(|index| {
        let last = index % codec.row_bytes(cols) == codec.row_bytes(cols) - 1;
        match codec {
            // Padding trits are weight 0: digit 1 in each place above the used ones.
            Codec::Trit5 if last && !cols.is_multiple_of(5) => {
                let used = 3u32.pow((cols % 5) as u32);
                let padding: u32 = ((cols % 5) as u32..5).map(|place| 3u32.pow(place)).sum();
                (u32::from(random.next().unwrap_or(0)) % used + padding) as u8
            }
            Codec::Trit5 => random.next().unwrap_or(0) % 243,
            Codec::I8 => random.next().unwrap_or(0).max(129),
            _ => random.next().unwrap_or(0),
        }
    });
    let bytes = bytes.collect();
    let shift = if codec == Codec::I8 { 20 } else { 15 };
    (codec, bytes, vec![1_500 << 5 | shift; rows])
}

/// An image with random weights.
pub(crate) fn image(shape: Shape) -> Vec<u8> {
    let random = &mut Bytes(shape.dim as u64);
    let (queries, keys) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
    let embedding = matrix(random, Codec::I8, shape.rows, shape.dim);
    let sizes = [
        (queries, shape.dim),
        (keys, shape.dim),
        (keys, shape.dim),
        (shape.dim, queries),
        (shape.hidden, shape.dim),
        (shape.hidden, shape.dim),
        (shape.dim, shape.hidden),
    ];
    let blocks: Vec<_> =
        (0..shape.blocks).map(|_| sizes.map(|(rows, cols)| matrix(random, Codec::Trit5, rows, cols))).collect();
    let source = |(codec, weights, scales): &'static (Codec, Vec<u8>, Vec<u16>)| MatrixSource {
        codec: *codec,
        weights,
        scales: scales.clone(),
    };
    let blocks: &'static Vec<_> = Box::leak(Box::new(blocks));
    let embedding: &'static _ = Box::leak(Box::new(embedding));
    let tokens: &'static Vec<Vec<u8>> = Box::leak(Box::new(
        (0..shape.tokens)
            .map(|id| if id < 256 { vec![id as u8] } else { vec![(id >> 8) as u8, id as u8, b'.'] })
            .collect(),
    ));
    let blocks = blocks.iter().map(|[query, key, value, output, up, gate, down]| BlockSource {
        query: source(query),
        key: source(key),
        value: source(value),
        output: source(output),
        up: source(up),
        gate: shape.gated.then(|| source(gate)),
        down: source(down),
        gains: vec![150; shape.heads],
    });
    build(&Source {
        shape,
        vocabulary: tokens.iter().map(Vec::as_slice).collect(),
        frequencies: (0..shape.head_dim / 2).map(|pair| (600 >> (pair / 2)).max(1)).collect(),
        block_map: (0..shape.depth as u8).collect(),
        embedding: source(embedding),
        blocks: blocks.collect(),
    })
    .expect("the shapes are sound")
}

/// The shapes by which engines are compared: one that fits the 1 MB class, and the two at 16 MB.
pub(crate) fn shapes() -> [(&'static str, Shape); 3] {
    let small = Shape {
        tokens: 1_024,
        rows: 1_024,
        dim: 256,
        heads: 8,
        kv_heads: 4,
        head_dim: 32,
        hidden: 1_024,
        gated: false,
        window: 512,
        period: 4_096,
        softcap: 0,
        start: 0,
        tokenization: Tokenization::Bpe,
        depth: 5,
        blocks: 5,
    };
    let gated = Shape { kv_heads: 4, head_dim: 64, gated: true, window: 1_024, ..small };
    let a = Shape { tokens: 8_192, rows: 8_192, dim: 512, heads: 8, hidden: 1_536, depth: 12, blocks: 12, ..gated };
    let b = Shape { tokens: 4_096, rows: 4_096, dim: 768, heads: 12, hidden: 2_048, depth: 10, blocks: 10, ..gated };
    [("1MB", small), ("A", a), ("B", b)]
}
