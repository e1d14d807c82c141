//! Attention's part of a forward pass.
#![allow(unsafe_code)]

use super::{Lane, Pass, Split, wide};
use crate::fast::attention::{self, Queries, Query};
use crate::image::Part;

impl Pass<'_, '_> {
    /// Looks up the rotations of the next tokens, which all heads at all depths share.
    pub(super) fn turn(&mut self) {
        let head_dim = self.image.shape().head_dim;
        for (index, turns) in self.own().zip(self.lane.turns.chunks_exact_mut(head_dim)) {
            let (sines, cosines) = turns.split_at_mut(head_dim / 2);
            let rotations = self.image.rotations(self.position + index);
            for ((sine, cosine), rotation) in sines.iter_mut().zip(cosines).zip(rotations) {
                (*sine, *cosine) = rotation;
            }
        }
    }

    pub(super) fn attention(&mut self, depth: usize) {
        let block = self.image.block_at(depth);
        self.linear(block, &[Part::Query, Part::Key, Part::Value], &self.commons.first);
        self.barrier_of_rows();
        self.remember(depth);
        self.attend(depth);
        self.barrier_of_rows();
        let queries = self.image.shape().heads * self.image.shape().head_dim;
        let inner = match self.split {
            Split::Tokens => &self.lane.inner,
            // SAFETY: all have written their heads; the next layer's attention writes again, after other barriers.
            Split::Rows => unsafe { self.commons.inner.part(0..queries) },
        };
        self.lane.inputs.quantise(self.plan.ops, inner, queries, self.own().len());
        self.linear(block, &[Part::Output], &self.commons.second);
        self.barrier_of_rows();
        self.add_to_stream(true);
    }

    /// Puts keys and values into the caches of a depth.
    fn remember(&mut self, depth: usize) {
        let shape = *self.image.shape();
        let (width, ops, commons) = (shape.head_dim, self.plan.ops, self.commons);
        let (queries, keys) = (shape.heads * width, shape.kv_heads * width);
        let (own, heads) = (self.own(), self.part(shape.kv_heads));
        let elements = heads.start * width..heads.end * width;
        let rows = self.lane.wide.chunks_exact_mut(wide(self.image)).zip(self.lane.turns.chunks_exact(width));
        for (index, (row, turns)) in own.zip(rows) {
            let (begin, length) = (queries + elements.start, elements.len());
            // SAFETY: with a token to itself, a thread has a row for keys and one for values; else it has the columns of its heads, in the rows and in
            // `first`. Those who read them do so after a barrier, and the next write comes after another.
            let (key, value, key_out, value_out) = unsafe {
                let out = index * keys + elements.start..index * keys + elements.end;
                let (key, value) = match self.split {
                    Split::Tokens => {
                        let (key, value) = row[queries..queries + 2 * keys].split_at_mut(keys);
                        (key, &*value)
                    }
                    Split::Rows => (
                        commons.first.part_mut(begin..begin + length),
                        commons.first.part(begin + keys..begin + keys + length),
                    ),
                };
                (key, value, commons.keys.part_mut(out.clone()), commons.values.part_mut(out))
            };
            for (key, out) in key.chunks_exact_mut(width).zip(key_out.chunks_exact_mut(width)) {
                (ops.steps.rotate)(key, turns, out);
            }
            (ops.steps.quantise_value)(value, value_out);
        }
        if self.split == Split::Tokens {
            self.member.barrier();
        }
        for head in self.member.share(shape.kv_heads) {
            let cache = depth * shape.kv_heads + head;
            // SAFETY: each cache is written by one thread, between the barrier behind its last readers and the one before the next.
            let cache = unsafe { &mut commons.caches.part_mut(cache..cache + 1)[0] };
            let mut token = 0;
            while token < self.job.count() {
                let slot = (self.position + token) % commons.capacity;
                let count = (4 - slot % 4).min(self.job.count() - token);
                let row = |token: usize| token * keys + head * width..token * keys + (head + 1) * width;
                // SAFETY: written before the barrier, or by this thread.
                let [key, value] = unsafe {
                    [&commons.keys, &commons.values].map(|rows| {
                        core::array::from_fn::<_, 4, _>(|index| rows.part(row(token + index.min(count - 1))))
                    })
                };
                cache.write(slot, &key[..count], &value[..count]);
                token += count;
            }
        }
        self.member.barrier();
    }

    /// From queries to the heads' outputs.
    fn attend(&mut self, depth: usize) {
        let shape = *self.image.shape();
        let (width, ops, commons) = (shape.head_dim, self.plan.ops, self.commons);
        let (queries, block) = (shape.heads * width, self.image.block_at(depth));
        let (own, heads) = (self.own(), self.part(shape.heads));
        // SAFETY: nobody writes to the caches of this depth before the next barrier.
        let caches = unsafe { commons.caches.part(depth * shape.kv_heads..(depth + 1) * shape.kv_heads) };
        let Lane { wide: rows, inner, turns, row, queries: each, words, scores, .. } = &mut *self.lane;
        let (rotated, stride) = (&mut row[..width], wide(self.image));
        let (together, count) = (shape.heads / shape.kv_heads, own.len());
        for (group, cache) in caches.iter().enumerate() {
            let first = heads.start.max(group * together);
            let some = heads.end.min((group + 1) * together).saturating_sub(first);
            for pairs in (0..count * some).step_by(ops.queries) {
                let pairs = pairs..(count * some).min(pairs + ops.queries);
                for ((pair, query), words) in pairs.clone().zip(&mut *each).zip(words.chunks_exact_mut(cache.chunks)) {
                    let (at, head) = (pair / some, first + pair % some);
                    let place = head * width..(head + 1) * width;
                    let found = match self.split {
                        Split::Tokens => &mut rows[at * stride..][place],
                        // SAFETY: no other thread has this head.
                        Split::Rows => unsafe { commons.first.part_mut(place) },
                    };
                    let (begin, seen) = attention::seen(self.position + own.start + at, shape.window, commons.capacity);
                    *query = Query {
                        sum: (ops.steps.query)(found, &turns[at * width..][..width], rotated, words),
                        gain: self.image.gain(block, head),
                        begin,
                        seen,
                        place: at * queries + (head - heads.start) * width,
                    };
                }
                let found = Queries { cache, words, each: &each[..pairs.len()] };
                let out = match self.split {
                    Split::Tokens => &mut inner[..],
                    // SAFETY: no other thread has these heads.
                    Split::Rows => unsafe { commons.inner.part_mut(heads.start * width..heads.end * width) },
                };
                (ops.attend)(&found, scores, out);
            }
        }
    }
}
