//! Scales: eleven bits of mantissa and five of shift.

/// A scale as an artifact stores it: mantissa `m = u >> 5` and shift `k = u & 31`, worth `m * 2^-k`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(pub u16);

impl Scale {
    /// Largest value.
    pub const MOST: f64 = 2_047.0;

    /// The nearest scale to a value, ties to the even mantissa: within `value * 2^-11` from `2^-21` up, and within
    /// `2^-32` below. The mantissa is normalised (its highest bit is set) wherever the shift allows it.
    ///
    /// None for negative values, values that round above [`Scale::MOST`], infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        Self::with_shift(value, 31)
    }

    /// Likewise with a shift of at most `limit` (and 31), so that the error below `2^(10 - limit)` is up to
    /// `2^-(limit + 1)`.
    pub fn with_shift(value: f64, limit: u32) -> Option<Self> {
        if !(0.0..=4_096.0).contains(&value) {
            return None;
        }
        // Multiplying by powers of two is exact.
        let mantissa = |shift: u32| (value * power_of_two(shift as i32)).round_ties_even();
        let shift = (0..=limit.min(31)).rev().find(|&shift| mantissa(shift) <= Self::MOST)?;
        Some(Scale((mantissa(shift) as u16) << 5 | shift as u16))
    }

    /// Its value, exactly.
    pub fn to_f64(self) -> f64 {
        f64::from(self.0 >> 5) * power_of_two(-(self.shift() as i32))
    }

    /// Its shift.
    pub fn shift(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// The nearest scales to values that share a matrix. The engine gives them one exponent in 31 bits, so the shift
    /// is at most 20 more than that of the largest: what is far smaller than the largest is rounded more coarsely.
    ///
    /// # Errors
    /// The place of the first value that no scale is near to.
    pub fn all(values: &[f64]) -> Result<Vec<Self>, usize> {
        let scales: Vec<Self> =
            values.iter().enumerate().map(|(at, &value)| Self::from_f64(value).ok_or(at)).collect::<Result<_, _>>()?;
        let least = scales.iter().filter(|scale| scale.0 >> 5 != 0).map(|scale| scale.shift()).min().unwrap_or(0);
        let limited = |(at, &value): (usize, &f64)| Self::with_shift(value, least + 20).ok_or(at);
        values.iter().enumerate().map(limited).collect()
    }
}

/// `2^exponent` for -1022..=1023, the same on every machine.
pub(crate) fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1_023 + exponent) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn every_scale_keeps_its_value(code in any::<u16>()) {
            let value = Scale(code).to_f64();
            let back = Scale::from_f64(value).expect("in range");
            prop_assert_eq!(back.to_f64(), value);
            prop_assert!(value == 0.0 || back.0 >> 5 >= 1_024 || back.shift() == 31);
        }

        #[test]
        fn rounding_stays_within_its_bound(exponent in -36f64..11.0) {
            let value = exponent.exp2().min(Scale::MOST);
            let error = (Scale::from_f64(value).expect("in range").to_f64() - value).abs();
            let bound = if value >= (-21f64).exp2() { value * (-11f64).exp2() } else { (-32f64).exp2() };
            prop_assert!(error <= bound, "{} for {}", error, value);
        }

        #[test]
        fn scales_of_a_matrix_fit_a_common_exponent(exponents in prop::collection::vec(-40f64..10.9, 1..20)) {
            let values: Vec<_> = exponents.iter().map(|exponent| exponent.exp2()).collect();
            let scales = Scale::all(&values).expect("in range");
            let low = scales.iter().filter(|scale| scale.0 >> 5 != 0).map(|scale| scale.shift()).max().unwrap_or(0);
            for scale in scales.iter().filter(|scale| scale.0 >> 5 != 0) {
                prop_assert!(u64::from(scale.0 >> 5) << (low - scale.shift()) < 1 << 31);
            }
        }
    }

    #[test]
    fn what_no_scale_is_near_to_is_refused() {
        for value in [-1.0, 2_047.6, 1e9, f64::INFINITY, f64::NAN] {
            assert_eq!(Scale::from_f64(value), None, "{value}");
        }
        assert_eq!(Scale::from_f64(2_047.0), Some(Scale(2_047 << 5)));
        assert_eq!(Scale::from_f64(0.0).map(Scale::to_f64), Some(0.0));
    }
}
