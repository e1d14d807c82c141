//! Fixed-point steps that the blocks share. Those that run over vectors are inlined into their callers, so that they are compiled for the instructions
//! of each kernel.

use crate::registers::rarely;

/// `value / 2^shift`, rounded half up; a negative shift multiplies, and saturates.
pub(crate) fn rshift(value: i64, shift: i32) -> i64 {
    match shift {
        1..=62 => (value + (1 << (shift - 1))) >> shift,
        63.. => 0,
        0 => value,
        -47..=-1 => value.saturating_mul(1 << -shift),
        _ => value.saturating_mul(i64::MAX),
    }
}

/// Number of significant bits.
#[inline(always)]
pub(crate) fn bits(value: u32) -> i32 {
    32 - value.leading_zeros() as i32
}

/// Largest magnitude.
#[inline(always)]
pub(crate) fn largest(values: &[i32]) -> u32 {
    let (low, high) = extremes(values);
    low.unsigned_abs().max(high.unsigned_abs())
}

/// The lowest and the highest of the values and zero.
#[inline(always)]
pub(crate) fn extremes(values: &[i32]) -> (i32, i32) {
    // Small cores have no vectors, but want four values for a step of the loop.
    let small = cfg!(any(target_arch = "riscv32", target_arch = "arm"));
    let (fours, rest) = if small { values.as_chunks::<4>() } else { (&[][..], values) };
    let (mut low, mut high) = (0, 0);
    let mut meet = |value| {
        if value < low {
            low = rarely(value);
        }
        if value > high {
            high = rarely(value);
        }
    };
    fours.iter().for_each(|four| four.iter().for_each(|&value| meet(value)));
    rest.iter().for_each(|&value| meet(value));
    (low, high)
}

/// `value`, or the limit that it is beyond, which it rarely is.
#[inline(always)]
pub(crate) fn clamp(value: i32, low: i32, high: i32) -> i32 {
    if value > high {
        rarely(high)
    } else if value < low {
        rarely(low)
    } else {
        value
    }
}

/// The shift right that brings the largest magnitude to `width` bits; negative for a shift left.
#[inline(always)]
pub(crate) fn normal_shift(largest: u32, width: i32) -> i32 {
    bits(largest) - width
}

/// `value` shifted right (floor), or left when negative.
#[inline(always)]
pub(crate) fn shift(value: i32, by: i32) -> i32 {
    if by >= 0 { value >> by } else { value << -by }
}

/// The upper word of a product.
#[inline(always)]
pub(crate) fn upper(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b)) >> 32) as i32
}

/// `value * mantissa / 2^17`, rounded down, for a mantissa of 16 bits and a value of 31 bits and a sign.
#[cfg(any(target_arch = "riscv32", target_arch = "arm", test))]
#[inline(always)]
pub(crate) fn scaled(value: i32, mantissa: u32) -> i32 {
    if cfg!(all(target_arch = "arm", not(target_has_atomic = "32"))) {
        // Armv6-M has no products of more than 32 bits.
        let low = ((value as u32 & 0xffff) * mantissa) >> 16;
        ((value >> 16) * mantissa as i32 + low as i32) >> 1
    } else {
        upper(value, (mantissa << 15) as i32)
    }
}

/// One over the root mean square of a quantised vector: `mantissa * 2^-exponent`, the mantissa of 16 bits; zero for the zero vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Norm {
    pub(crate) mantissa: u32,
    pub(crate) exponent: i32,
}

impl Norm {
    /// Of the vector `q`.
    #[inline(always)]
    pub(crate) fn of(q: &[i8]) -> Self {
        Norm::from_squares(q.len(), q.iter().map(|&q| (i32::from(q) * i32::from(q)) as u32).sum())
    }

    /// Of a vector of this length whose squares add up to `squares`.
    #[inline(always)]
    fn from_squares(length: usize, squares: u32) -> Self {
        if squares == 0 {
            return Norm::default();
        }
        let root = (((length as u64) << 46) / u64::from(squares)).isqrt() as u32;
        let excess = bits(root) - 16;
        Norm { mantissa: root >> excess, exponent: 23 - excess }
    }
}

/// The quantiser: RMS norm and int8 in one. `q` gets `round(127 x / max|x|)`.
#[inline(always)]
pub(crate) fn quantise(x: &[i32], q: &mut [i8]) -> Norm {
    let (low, high) = extremes(x);
    let largest = low.unsigned_abs().max(high.unsigned_abs());
    if largest == 0 {
        q.fill(0);
        return Norm::default();
    }
    let by = normal_shift(largest, 15);
    // The magnitude of the largest after the shift: a floor moves a negative one up by at most one in 2^14.
    let top = shift(low, by).unsigned_abs().max(shift(high, by).unsigned_abs()) as i32;
    let scale = (127 << 23) / top;
    let mut squares = 0;
    let mut each = |q: &mut i8, x: i32| {
        let value = (x * scale + (1 << 22)) >> 23;
        squares += value * value;
        *q = value as i8;
    };
    // The same shift for all of them, so it is chosen once.
    match u32::try_from(by) {
        Ok(by) => q.iter_mut().zip(x).for_each(|(q, &x)| each(q, x >> by)),
        Err(_) => q.iter_mut().zip(x).for_each(|(q, &x)| each(q, x << -by)),
    }
    Norm::from_squares(x.len(), squares as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn vectors() -> impl Strategy<Value = Vec<i32>> {
        prop_oneof![Just(1i32), Just(300), Just(1 << 20), Just(i32::MAX)]
            .prop_flat_map(|top| prop::collection::vec(-top..=top, 1..400))
    }

    proptest! {
        #[test]
        fn quantised_values_are_within_one_step(x in vectors()) {
            let top = f64::from(largest(&x));
            let mut q = vec![0; x.len()];
            let norm = quantise(&x, &mut q);
            for (&q, &x) in q.iter().zip(&x) {
                prop_assert!(top == 0.0 || (f64::from(q) - 127.0 * f64::from(x) / top).abs() < 0.52);
            }
            let squares: f64 = q.iter().map(|&q| f64::from(q).powi(2)).sum();
            if squares > 0.0 {
                let exact = (q.len() as f64 / squares).sqrt();
                let ours = f64::from(norm.mantissa) / 2f64.powi(norm.exponent);
                prop_assert!((ours / exact - 1.0).abs() < 2f64.powi(-14));
                prop_assert_eq!(bits(norm.mantissa), 16);
            }
        }

        #[test]
        fn rshift_rounds_to_nearest(value in -(1i64 << 47)..1 << 47, by in 1i32..40) {
            let exact = value as f64 / 2f64.powi(by);
            prop_assert!((rshift(value, by) as f64 - exact).abs() <= 0.5);
        }
    }

    #[test]
    fn extremes_stay_in_range() {
        let mut q = [0; 3];
        quantise(&[i32::MIN, i32::MAX, 0], &mut q);
        assert_eq!(q, [-127, 127, 0]);
        quantise(&[-1, 0, 0], &mut q);
        assert_eq!(q, [-127, 0, 0]);
        assert_eq!(rshift(i64::MAX, -3), i64::MAX);
        assert_eq!(rshift(i64::MIN / 2, -100), i64::MIN);
        assert_eq!(rshift(5, 100), 0);
    }
}
