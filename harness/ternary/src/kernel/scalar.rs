//! The oracle: every other kernel must equal it, bit for bit.

pub(super) fn dots(row: &[i8], q: &[i8], sums: &mut [i32]) {
    for (sum, q) in sums.iter_mut().zip(q.chunks_exact(row.len())) {
        *sum = row.iter().zip(q).map(|(&w, &q)| i32::from(w) * i32::from(q)).sum();
    }
}

pub(super) fn add_weighted(weights: &[i32], values: &[i8], sums: &mut [i32]) {
    for (&weight, values) in weights.iter().zip(values.chunks_exact(sums.len())) {
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum += weight * i32::from(value);
        }
    }
}
