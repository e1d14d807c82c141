//! The symbols of parts, in both directions.

use super::ans::{self, Decoder, Event, SYMBOLS, Table};
use super::contexts::{Contexts, Histogram, ROW};

/// What a symbol is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// How many words follow a history.
    Count,
    /// How many of those that may follow are skipped.
    Gap,
    /// By how much a word is boosted.
    Boost,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Count, Kind::Gap, Kind::Boost];

    /// Contexts of the kind.
    pub(super) fn contexts(self) -> usize {
        ROW * match self {
            Kind::Count => 24 * 8,
            Kind::Gap => 24 * 4,
            Kind::Boost => 32 * 4,
        }
    }
}

/// Either direction.
pub(super) trait Symbols {
    /// Codes a symbol below 64.
    fn symbol(&mut self, kind: Kind, context: usize, symbol: u32) -> u32;

    /// Codes up to 16 bits that nothing predicts.
    fn bits(&mut self, number: u32, bits: u32) -> u32;

    /// Codes a number below 2^18.
    #[inline(always)]
    fn number(&mut self, kind: Kind, context: usize, number: u32) -> u32 {
        let symbol = match number.checked_ilog2() {
            Some(length @ 4..) => 8 + 2 * length + (number >> (length - 1) & 1),
            _ => number,
        };
        let symbol = self.symbol(kind, context, symbol);
        if symbol < 16 {
            return symbol;
        }
        let length = ((symbol - 8) / 2 - 1).min(16);
        (2 | symbol & 1) << length | self.bits(number & ((1 << length) - 1), length)
    }
}

/// Symbols from a stream.
pub(super) struct Reader<'a> {
    pub(super) decoder: Decoder<'a>,
    pub(super) predictions: [(&'a [u8], &'a [Table]); 3],
}

impl Symbols for Reader<'_> {
    #[inline(always)]
    fn symbol(&mut self, kind: Kind, context: usize, _: u32) -> u32 {
        let (map, tables) = self.predictions[kind as usize];
        self.decoder.symbol(&tables[usize::from(map[context])])
    }

    #[inline(always)]
    fn bits(&mut self, _: u32, bits: u32) -> u32 {
        self.decoder.bits(bits)
    }
}

/// Symbols to be encoded, once their predictions are known.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) symbols: Vec<Written>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Written {
    Symbol { kind: Kind, context: u16, symbol: u8 },
    Bits { number: u16, bits: u8 },
}

impl Symbols for Writer {
    fn symbol(&mut self, kind: Kind, context: usize, symbol: u32) -> u32 {
        self.symbols.push(Written::Symbol { kind, context: context as u16, symbol: symbol as u8 });
        symbol
    }

    fn bits(&mut self, number: u32, bits: u32) -> u32 {
        self.symbols.push(Written::Bits { number: number as u16, bits: bits as u8 });
        number
    }
}

/// Histograms of what was written, by kind.
pub(super) fn histograms(parts: &[Writer]) -> [Histogram; 3] {
    let mut histograms = Kind::ALL.map(|kind| vec![[0; SYMBOLS]; kind.contexts()]);
    for written in parts.iter().flat_map(|part| &part.symbols) {
        if let Written::Symbol { kind, context, symbol } = *written {
            histograms[kind as usize][usize::from(context)][usize::from(symbol)] += 1;
        }
    }
    histograms
}

/// The stream of what was written.
pub(super) fn stream(part: &Writer, contexts: &[Contexts; 3]) -> Vec<u8> {
    let event = |written: &Written| match *written {
        Written::Symbol { kind, context, symbol } => contexts[kind as usize].event(context.into(), symbol.into()),
        Written::Bits { number, bits } => Event { from: number.into(), slots: 1, scale: bits.into() },
    };
    ans::encode(&part.symbols.iter().map(event).collect::<Vec<_>>())
}
