//! The network in floating point, as `ARITHMETIC.md` describes it for the trainer.

use crate::image::{Image, Matrix, Part};
use std::vec;
use std::vec::Vec;

extern crate std;

fn scale_of(matrix: &Matrix<'_>, row: usize, group: usize) -> f64 {
    f64::from(matrix.scale(row, group)) / 2f64.powi(matrix.exponent)
}

fn row_of(matrix: &Matrix<'_>, row: usize) -> Vec<i8> {
    let mut weights = vec![0; matrix.cols];
    matrix.codec.unpack(matrix.row(row), &mut weights);
    weights
}

/// A linear layer with its norm and quantiser.
fn linear(matrix: &Matrix<'_>, x: &[f64]) -> Vec<f64> {
    let top = x.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
    let q: Vec<f64> = x.iter().map(|x| if top > 0.0 { (127.0 * x / top).round() } else { 0.0 }).collect();
    let rms = (q.iter().map(|q| q * q).sum::<f64>() / q.len() as f64).sqrt().max(1e-9);
    let group = matrix.cols / matrix.groups;
    (0..matrix.rows)
        .map(|row| {
            let terms = row_of(matrix, row).into_iter().zip(&q).enumerate();
            terms.map(|(i, (w, q))| f64::from(w) * q * scale_of(matrix, row, i / group)).sum::<f64>() / rms
        })
        .collect()
}

fn head(image: &Image<'_>, position: usize, x: &[f64]) -> Vec<f64> {
    let rms = (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64).sqrt().max(1e-9);
    let half = x.len() / 2;
    let mut out = vec![0.0; x.len()];
    for (pair, (sine, cosine)) in image.rotations(position).enumerate() {
        let (sine, cosine) = (f64::from(sine) / 32_768.0, f64::from(cosine) / 32_768.0);
        let (a, b) = (x[pair] / rms, x[pair + half] / rms);
        out[pair] = a * cosine - b * sine;
        out[pair + half] = a * sine + b * cosine;
    }
    out.iter().map(|x| step(*x)).collect()
}

/// To 24 steps a unit.
fn step(x: f64) -> f64 {
    (x * 24.0).round().clamp(-127.0, 127.0) / 24.0
}

fn add(x: &mut [f64], y: &[f64]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

/// Logits in bits before each token, `[tokens][V]`.
pub(super) fn logits(image: &Image<'_>, tokens: &[u32]) -> Vec<Vec<f64>> {
    let shape = image.shape();
    let embedding = image.embedding();
    let mut caches: Vec<Vec<(Vec<f64>, Vec<f64>)>> = vec![vec![]; shape.depth];
    let inputs = std::iter::once(shape.start).chain(tokens.iter().copied()).take(tokens.len());
    let run = |(position, token): (usize, u32)| {
        let row = row_of(&embedding, (token as usize).min(shape.rows - 1));
        let rms = (row.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / row.len() as f64).sqrt().max(1e-9);
        let mut x: Vec<f64> = row.iter().map(|&w| f64::from(w) / rms).collect();
        for (depth, cache) in caches.iter_mut().enumerate() {
            let block = image.block_at(depth);
            let part = |part, x: &[f64]| linear(&image.matrix(block, part).unwrap(), x);
            let (queries, keys, values) = (part(Part::Query, &x), part(Part::Key, &x), part(Part::Value, &x));
            let keys = keys.chunks(shape.head_dim).flat_map(|key| head(image, position, key)).collect();
            cache.push((keys, values.into_iter().map(step).collect()));
            let mut attended = vec![];
            for (index, query) in queries.chunks(shape.head_dim).enumerate() {
                let query = head(image, position, query);
                let from = index / (shape.heads / shape.kv_heads) * shape.head_dim;
                let gain = f64::from(image.gain(block, index)) * 576.0 / 2f64.powi(18);
                let seen = &cache[(position + 1).saturating_sub(shape.window)..];
                let dots =
                    seen.iter().map(|(keys, _)| query.iter().zip(&keys[from..]).map(|(q, k)| q * k).sum::<f64>());
                let weights: Vec<f64> = dots.map(|dot| (gain * dot).exp2()).collect();
                let total: f64 = weights.iter().sum();
                let mean = |i: usize| seen.iter().zip(&weights).map(|((_, v), w)| v[from + i] * w).sum::<f64>() / total;
                attended.extend((0..shape.head_dim).map(mean));
            }
            add(&mut x, &part(Part::Output, &attended));
            let up = part(Part::Up, &x);
            let hidden: Vec<f64> = if shape.gated {
                part(Part::Gate, &x).iter().zip(&up).map(|(g, u)| g.max(0.0).powi(2) * u).collect()
            } else {
                up.iter().map(|u| u.max(0.0).powi(2)).collect()
            };
            add(&mut x, &part(Part::Down, &hidden));
        }
        let cap = f64::from(shape.softcap);
        let mut logits = linear(&embedding, &x);
        logits.iter_mut().filter(|_| cap > 0.0).for_each(|l| *l = cap * (*l / cap).tanh());
        let shared = logits[shape.rows - 1];
        logits.resize(shape.tokens, shared);
        logits
    };
    inputs.enumerate().map(run).collect()
}
