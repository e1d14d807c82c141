//! Where an artifact's bytes go.

use crate::coded::{self, Find};
use crate::model::TernaryConfig;
use crate::vocabulary;
use golf_ternary::Codec;

/// What a matrix takes, or the vocabulary, or the gains.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// A matrix's name without codec, `vocabulary`, or `gains`.
    pub name: String,
    /// How a matrix is stored.
    pub codec: Option<Codec>,
    /// Weights of a matrix.
    pub weights: u64,
    /// Without scales.
    pub bytes: Taken,
    /// A matrix's scales.
    pub scales: Taken,
    /// What a model that knows how often each weight occurs in the matrix, and nothing else, needs for one: their empirical entropy of order 0
    /// in bits.
    pub entropy: f64,
}

impl Account {
    /// Of a tensor that is the same in both forms.
    pub(crate) fn of_stream(name: &str, bytes: usize) -> Self {
        let taken = Taken { plain: bytes, coded: bytes };
        Account { name: name.into(), codec: None, weights: 0, bytes: taken, scales: Taken::default(), entropy: 0.0 }
    }
}

/// Bytes in the two forms. Those of the coded form are whole bytes that the stream grew by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Each tensor by itself.
    pub plain: usize,
    /// In the stream.
    pub coded: usize,
}

/// Of a model's tensors in plain form.
pub(crate) fn of(config: Option<&TernaryConfig>, find: Find<'_>) -> Vec<Account> {
    let (_, sections) = coded::encode(config, find);
    let plain = |name: &str| find(name).map_or(0, |(_, data)| data.len());
    let account = |section: coded::Section| {
        let name = section.name;
        let stored = Codec::NAMES.iter().find_map(|&(codec, codec_name)| {
            find(&format!("{name}.{codec_name}")).map(|(shape, data)| (codec, shape, data))
        });
        let bytes = match (stored, name.as_str()) {
            (Some((.., data)), _) => data.len(),
            (None, "vocabulary") => plain(vocabulary::LENGTHS) + plain(vocabulary::BYTES),
            _ => (0..config.map_or(0, TernaryConfig::blocks)).map(|block| plain(&coded::gain(block))).sum(),
        };
        Account {
            bytes: Taken { plain: bytes, coded: section.bytes },
            scales: Taken { plain: plain(&format!("{name}.scale")), coded: section.scales },
            codec: stored.map(|(codec, ..)| codec),
            weights: stored.map_or(0, |(_, shape, _)| shape.iter().map(|&size| size as u64).product()),
            entropy: stored
                .map_or(0.0, |(codec, shape, data)| entropy(codec, shape.last().copied().unwrap_or(0), data)),
            name,
        }
    };
    sections.into_iter().map(account).collect()
}

fn entropy(codec: Codec, cols: usize, stored: &[u8]) -> f64 {
    let mut counts = [0u64; 256];
    let mut row = vec![0i8; cols];
    for stored in stored.chunks_exact(codec.row_bytes(cols).max(1)) {
        codec.unpack(stored, &mut row);
        row.iter().for_each(|&weight| counts[usize::from(weight as u8)] += 1);
    }
    let all = counts.iter().sum::<u64>() as f64;
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / all);
    shares.map(|share| -share * share.log2()).sum()
}
