//! Figures that are known to lie between two others.

use std::ops::Mul;

/// From `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// At least.
    pub low: f64,
    /// At most.
    pub high: f64,
}

impl Interval {
    /// A figure that is known.
    pub fn exactly(value: f64) -> Self {
        Interval { low: value, high: value }
    }

    /// In a unit with a decimal multiple, two significant digits: `85–120 ms`. `units` grow by a thousand each; the first is for `scale`.
    fn show(self, scale: f64, units: &[&str]) -> String {
        let (mut low, mut high, mut index) = (self.low / scale, self.high / scale, 0);
        while high >= 995.0 && index + 1 < units.len() {
            (low, high, index) = (low / 1e3, high / 1e3, index + 1);
        }
        let (low, high) = (significant(low), significant(high));
        let number = if low == high { high } else { format!("{low}–{high}") };
        format!("{number}\u{a0}{}", units[index])
    }

    /// Of seconds.
    pub fn seconds(self) -> String {
        self.show(1e-6, &["µs", "ms", "s"])
    }

    /// Of millijoules.
    pub fn millijoules(self) -> String {
        self.show(1e-3, &["µJ", "mJ", "J"])
    }

    /// Of picojoules.
    pub fn picojoules(self) -> String {
        self.show(1.0, &["pJ", "nJ", "µJ", "mJ"])
    }

    /// A bare number.
    pub fn number(self) -> String {
        self.show(1.0, &[""]).trim_end().to_owned()
    }
}

impl Mul<f64> for Interval {
    type Output = Self;

    fn mul(self, by: f64) -> Self {
        Interval { low: self.low * by, high: self.high * by }
    }
}

/// Two significant digits.
fn significant(number: f64) -> String {
    if number <= 0.0 {
        return "0".into();
    }
    let power = number.log10().floor() as i32;
    // What is rounded up to the next power of ten has a digit more before the point.
    let step = 10f64.powi(power - 1);
    let rounded = (number / step).round() * step;
    let decimals = (1 - rounded.log10().floor() as i32).max(0) as usize;
    format!("{rounded:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_and_a_unit() {
        let of = |low, high| Interval { low, high };
        assert_eq!(of(0.0847, 0.1234).seconds(), "85–120\u{a0}ms");
        assert_eq!(of(0.9, 1.26).seconds(), "0.90–1.3\u{a0}s");
        assert_eq!(of(0.000_994, 0.000_996).seconds(), "0.99–1.0\u{a0}ms");
        assert_eq!(of(12.0, 340.0).seconds(), "12–340\u{a0}s");
        assert_eq!(of(5.0, 5.01).millijoules(), "5.0\u{a0}mJ");
        assert_eq!(of(0.0, 0.2).millijoules(), "0–200\u{a0}µJ");
        assert_eq!(of(9.96, 9.96).number(), "10");
        assert_eq!(Interval::exactly(3_900_000.0).picojoules(), "3.9\u{a0}µJ");
    }
}
