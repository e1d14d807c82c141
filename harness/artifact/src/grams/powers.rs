//! Powers and logarithms of two in eighths of a bit, exact enough for predictions and the same everywhere.

use golf_core::logit;

/// `2^(62 + i/8)`.
const POWERS: [u64; 8] = {
    let mut powers = [0; 8];
    let mut i = 0;
    while i < 8 {
        // 2^(i/8 - 1) in Q31.
        let below = if i == 0 { 1 << 30 } else { logit::exp2_fraction(65_536 - 8_192 * i as u32) as u64 };
        powers[i] = below << 32;
        i += 1;
    }
    powers
};

/// Eight times the logarithm to base 2 of `1 + i/32`, rounded down.
const EIGHTHS: [i16; 32] = {
    let mut eighths = [0; 32];
    let mut i = 0;
    while i < 32 {
        eighths[i] = ((logit::log2(32 + i as u64) >> 21) - 40) as i16;
        i += 1;
    }
    eighths
};

/// In Q24, from 2^-25 bits to 2^37.
#[inline(always)]
pub(super) fn power(eighths: i16) -> u64 {
    let whole = (eighths >> 3).clamp(-25, 36);
    POWERS[(eighths & 7) as usize] >> (38 - whole)
}

/// Of a number in Q24.
#[inline(always)]
pub(super) fn logarithm(number: u64) -> i16 {
    let number = number.max(32);
    let whole = number.ilog2();
    8 * (whole as i16 - 24) + EIGHTHS[(number >> (whole - 5) & 31) as usize]
}

/// Twice the logarithm to base 2 of a number from 1, rounded down to the nearest half as far as the two highest bits tell.
#[inline(always)]
pub(super) fn halves(number: u32) -> usize {
    let whole = number.ilog2() as usize;
    2 * whole + ((u64::from(number) << 1) >> whole & 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_and_logarithms_are_near() {
        for eighths in -160..280i16 {
            let exact = (f64::from(eighths) / 8.0 + 24.0).exp2();
            let found = power(eighths) as f64;
            assert!((found - exact).abs() <= 1e-6 * exact + 1.0, "{eighths}: {found}, not {exact}");
            if eighths > -100 {
                assert!((logarithm(power(eighths)) - eighths).abs() <= 1, "{eighths}");
            }
        }
        assert!(power(i16::MIN) <= 1 && power(i16::MAX) < 1 << 63);
        assert_eq!(logarithm(0), logarithm(32));
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 12].map(halves), [0, 2, 3, 4, 4, 5, 5, 6, 7]);
    }
}
