//! From real weights to small integers and a scale.

use golf_ternary::Codec;

/// A row's levels and the scale that they are to be multiplied by.
pub(super) fn row(codec: Codec, weights: &[f64]) -> (Vec<i8>, f64) {
    let mean = || weights.iter().map(|weight| weight.abs()).sum::<f64>() / weights.len() as f64;
    let most = || weights.iter().fold(0.0, |most: f64, weight| most.max(weight.abs()));
    let (scale, limit) = match codec {
        Codec::Bit1 => return (weights.iter().map(|&weight| if weight >= 0.0 { 1 } else { -1 }).collect(), mean()),
        Codec::Trit5 => (mean(), 1.0),
        Codec::I8 => (most() / 127.0, 127.0),
        Codec::I4 => (most() / 7.0, 7.0),
    };
    // A scale of zero has only zeros to divide.
    let level =
        |weight: &f64| if scale > 0.0 { (weight / scale).round_ties_even().clamp(-limit, limit) as i8 } else { 0 };
    (weights.iter().map(level).collect(), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_quantises_as_documented() {
        let weights = [0.5, -1.0, 0.25, 0.0, -0.75];
        assert_eq!(row(Codec::Trit5, &weights), (vec![1, -1, 0, 0, -1], 0.5));
        assert_eq!(row(Codec::Bit1, &weights), (vec![1, -1, 1, 1, -1], 0.5));
        assert_eq!(row(Codec::I8, &weights), (vec![64, -127, 32, 0, -95], 1.0 / 127.0));
        assert_eq!(row(Codec::I4, &weights), (vec![4, -7, 2, 0, -5], 1.0 / 7.0));
        assert_eq!(row(Codec::Trit5, &[0.0; 3]), (vec![0; 3], 0.0));
    }
}
