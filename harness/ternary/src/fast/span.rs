//! The part of a cache that some queries see.

use super::attention::{Queries, Query};
use super::plan::LANES;
use core::ops::Range;

/// A score below all others, whose weight is zero.
pub(super) const UNSEEN: i32 = -1 << 30;

/// The slots that some queries see, by tiles of so many.
pub(super) struct Span<const TILE: usize = LANES> {
    /// Tiles of the ring.
    pub(super) ring: usize,
    /// The first tile, and the slot in it where the first query's begin.
    tile: usize,
    begin: usize,
    pub(super) tiles: usize,
    /// Tiles of which every query sees all lanes.
    pub(super) whole: Range<usize>,
}

impl<const TILE: usize> Span<TILE> {
    pub(super) fn of(queries: &Queries<'_>) -> Self {
        let capacity = queries.cache.values.len() / queries.cache.width * 4;
        let (first, last) = (&queries.each[0], &queries.each[queries.each.len() - 1]);
        let (tile, begin) = (first.begin / TILE, first.begin % TILE);
        let end = begin + (last.begin + capacity - first.begin) % capacity + last.seen;
        let mut span = Span { ring: capacity / TILE, tile, begin: first.begin, tiles: end.div_ceil(TILE), whole: 0..0 };
        let seen = queries.each.iter().map(|query| span.seen(query));
        let most = seen.fold(0..usize::MAX, |all, seen| all.start.max(seen.start)..all.end.min(seen.end));
        span.whole = most.start.div_ceil(TILE)..most.end / TILE;
        span
    }

    /// The slots that a query sees, counted from the first tile's first.
    pub(super) fn seen(&self, query: &Query) -> Range<usize> {
        let from = (query.begin + self.ring * TILE - self.begin) % (self.ring * TILE) + self.begin % TILE;
        from..from + query.seen
    }

    /// A tile's place in the ring.
    pub(super) fn place(&self, tile: usize) -> usize {
        let place = self.tile + tile;
        if place < self.ring { place } else { place - self.ring }
    }
}
