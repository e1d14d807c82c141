//! The soft cap of the logits: `C * tanh(logit / C)` (Gemma 2 report, section 2).

/// `tanh(i / 32)` in Q16.
static TANH: [i32; 257] = [
    0, 2_047, 4_091, 6_126, 8_150, 10_157, 12_146, 14_112, 16_051, 17_961, 19_838, 21_681, 23_485, 25_250, 26_973,
    28_652, 30_285, 31_873, 33_412, 34_904, 36_346, 37_740, 39_084, 40_379, 41_625, 42_823, 43_972, 45_075, 46_131,
    47_142, 48_108, 49_031, 49_912, 50_752, 51_552, 52_314, 53_038, 53_727, 54_382, 55_003, 55_593, 56_152, 56_683,
    57_185, 57_660, 58_110, 58_536, 58_939, 59_320, 59_680, 60_019, 60_340, 60_643, 60_929, 61_199, 61_454, 61_694,
    61_920, 62_134, 62_335, 62_524, 62_703, 62_871, 63_029, 63_179, 63_319, 63_451, 63_576, 63_693, 63_803, 63_907,
    64_004, 64_096, 64_182, 64_263, 64_340, 64_412, 64_479, 64_543, 64_603, 64_659, 64_712, 64_761, 64_808, 64_852,
    64_893, 64_932, 64_968, 65_003, 65_035, 65_065, 65_093, 65_120, 65_145, 65_169, 65_191, 65_212, 65_231, 65_250,
    65_267, 65_283, 65_299, 65_313, 65_327, 65_339, 65_351, 65_362, 65_373, 65_383, 65_392, 65_401, 65_409, 65_417,
    65_424, 65_431, 65_437, 65_443, 65_449, 65_454, 65_459, 65_464, 65_468, 65_472, 65_476, 65_480, 65_483, 65_486,
    65_489, 65_492, 65_495, 65_497, 65_500, 65_502, 65_504, 65_506, 65_508, 65_509, 65_511, 65_512, 65_514, 65_515,
    65_516, 65_518, 65_519, 65_520, 65_521, 65_522, 65_523, 65_523, 65_524, 65_525, 65_526, 65_526, 65_527, 65_527,
    65_528, 65_528, 65_529, 65_529, 65_530, 65_530, 65_530, 65_531, 65_531, 65_531, 65_532, 65_532, 65_532, 65_532,
    65_533, 65_533, 65_533, 65_533, 65_533, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534, 65_534,
    65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535,
    65_535, 65_535, 65_535, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536,
    65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536,
    65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536,
    65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536, 65_536,
    65_536, 65_536, 65_536, 65_536,
];

/// Caps a logit in Q16 to `cap` bits, smoothly; `cap` is at least 1.
pub(crate) fn softcap(logit: i32, cap: u32) -> i32 {
    interpolate(logit, logit.unsigned_abs() / cap, cap)
}

/// `ratio` is the logit's magnitude divided by the cap, in Q16.
#[inline(always)]
fn interpolate(logit: i32, ratio: u32, cap: u32) -> i32 {
    // From 8 on the tanh is 1 to 7 digits.
    let ratio = ratio.min(8 << 16);
    let (step, rest) = ((ratio >> 11) as usize, (ratio & 0x7ff) as i32);
    let next = TANH[(step + 1).min(256)];
    let tanh = TANH[step] + (((next - TANH[step]) * rest) >> 11);
    logit.signum() * tanh * cap as i32
}

/// [`softcap`] of all of them, for vectors: the division is a multiplication by `2^k / cap`, rounded up, which is exact because the logits are
/// at most 2^27 and `k` is 27 more than the bits of `cap`.
#[cfg(feature = "alloc")]
// No kernel may be compiled in.
#[allow(dead_code)]
#[inline(always)]
pub(crate) fn softcap_all(logits: &mut [i32], cap: u32) {
    let shift = 27 + crate::fixed::bits(cap);
    let inverse = ((1u64 << shift) / u64::from(cap) + 1) as u32;
    for logit in logits {
        let ratio = ((u64::from(logit.unsigned_abs()) * u64::from(inverse)) >> shift) as u32;
        *logit = interpolate(*logit, ratio, cap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn multiplying_is_as_good_as_dividing(logit in 0i32..=1 << 27, cap in 1u32..=1_000, near in 0i32..3) {
            // Beside a multiple of the cap is where rounding could go wrong.
            let edge = (logit / cap as i32 * cap as i32 + near - 1).clamp(0, 1 << 27);
            for logit in [logit, edge, -logit, -edge, 1 << 27, -(1 << 27)] {
                let mut all = [logit];
                softcap_all(&mut all, cap);
                prop_assert_eq!(all[0], softcap(logit, cap));
            }
        }

        #[test]
        fn it_is_tanh_to_a_thousandth(logit in -(1i32 << 27)..1 << 27, cap in 1u32..=1_000) {
            let exact = f64::from(cap) * (f64::from(logit) / 65_536.0 / f64::from(cap)).tanh();
            let ours = f64::from(softcap(logit, cap)) / 65_536.0;
            prop_assert!((ours - exact).abs() < f64::from(cap) * 2e-4, "{ours} for {exact}");
        }
    }
}
