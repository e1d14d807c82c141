//! The oracle: every other kernel must equal it, bit for bit.

pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

pub(super) fn add_scaled(sums: &mut [i32], weight: i32, values: &[i8]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += weight * i32::from(value);
    }
}
