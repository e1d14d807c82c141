//! Which predictions a kind of symbols has: its contexts share some tables of frequencies, chosen so that both are short.

use super::ans::{Event, Frequencies, SCALE, SYMBOLS};
use super::bits::{Bit, Number, Tree};
use crate::coded::range::Coder;

/// Tables of a kind at most.
const MOST_TABLES: usize = 64;

/// Contexts that lie side by side; the one above has the number that is smaller by so many.
pub(super) const ROW: usize = 64;

/// How often each symbol occurred, by context.
pub(super) type Histogram = Vec<[u32; SYMBOLS]>;

/// A kind's predictions.
#[derive(Clone, Debug)]
pub(super) struct Contexts {
    /// By context: its table.
    pub(super) map: Vec<u8>,
    pub(super) tables: Vec<Frequencies>,
}

/// The numbers are no tables.
pub(super) struct NoTables;

impl Contexts {
    /// For the decoder.
    pub(super) fn unknown(contexts: usize) -> Self {
        Contexts { map: vec![0; contexts], tables: Vec::new() }
    }

    /// What a symbol takes.
    pub(super) fn event(&self, context: usize, symbol: u32) -> Event {
        let table = &self.tables[usize::from(self.map[context])];
        let from = table[..symbol as usize].iter().map(|&frequency| u32::from(frequency)).sum();
        Event { from, slots: table[symbol as usize].into(), scale: SCALE }
    }

    /// Codes them; the decoder begins with those that are unknown.
    pub(super) fn code(&mut self, coder: &mut impl Coder) -> Result<(), NoTables> {
        let count = coder.number(self.tables.len() as u32, 7) as usize;
        if !(1..=MOST_TABLES).contains(&count) {
            return Err(NoTables);
        }
        self.tables.resize(count, [0; SYMBOLS]);
        self.code_map(coder)?;
        // By the length of the same symbol's frequency in the table before.
        let mut numbers = [Number::new(); 14];
        let mut lengths = [13; SYMBOLS];
        for table in &mut self.tables {
            let mut left = 1u32 << SCALE;
            for (frequency, length) in table.iter_mut().zip(lengths) {
                if left > 0 {
                    let number = numbers[length].code(coder, (*frequency).into());
                    left = left.checked_sub(number).ok_or(NoTables)?;
                    *frequency = number as u16;
                }
            }
            if left > 0 || coder.is_over() {
                return Err(NoTables);
            }
            lengths = table.map(|frequency| (16 - frequency.leading_zeros()) as usize);
        }
        Ok(())
    }

    fn code_map(&mut self, coder: &mut impl Coder) -> Result<(), NoTables> {
        let (mut as_left, mut as_above, mut number) = ([Bit::new(); 4], [Bit::new(); 2], Tree::new());
        let mut was_left = false;
        for context in 0..self.map.len() {
            let left = context.checked_sub(1).map_or(0, |at| self.map[at]);
            let above = context.checked_sub(ROW).map_or(left, |at| self.map[at]);
            let own = self.map[context];
            let is_left = as_left[2 * usize::from(left == above) + usize::from(was_left)].code(coder, own == left);
            self.map[context] = if is_left {
                left
            } else if left != above && as_above[usize::from(was_left)].code(coder, own == above) {
                above
            } else {
                number.code(coder, own)
            };
            was_left = is_left;
            if usize::from(self.map[context]) >= self.tables.len() {
                return Err(NoTables);
            }
        }
        Ok(())
    }

    /// Chooses tables: more and more, each parted in two (Linde, Buzo and Gray, "An algorithm for vector quantizer design", 1980), as long as that makes all shorter.
    pub(super) fn choose(histogram: &Histogram) -> Self {
        let used: Vec<Context> = histogram.iter().enumerate().filter_map(Context::new).collect();
        let mut groups = vec![0; used.len()];
        let mut count = 1;
        let mut best = (f64::MAX, groups.clone(), 1);
        while !used.is_empty() && count <= MOST_TABLES {
            for _ in 0..4 {
                let costs = costs(&used, &groups, count);
                for (context, group) in used.iter().zip(&mut groups) {
                    let cost = |other: &usize| context.cost(&costs[*other]);
                    *group = (0..count).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(0);
                }
            }
            let costs = costs(&used, &groups, count);
            let data: f32 = used.iter().zip(&groups).map(|(context, &group)| context.cost(&costs[group])).sum();
            let tables: usize =
                sums(&used, &groups, count).iter().map(|sum| 10 + sum.iter().filter(|&&n| n > 0).count()).sum();
            let changes = groups.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let all = f64::from(data) + 5.0 * tables as f64 + 4.0 * changes as f64;
            if all < best.0 {
                best = (all, groups.clone(), count);
            }
            let means = means(&used, &groups, count);
            for (context, group) in used.iter().zip(&mut groups) {
                if context.mean > means[*group] {
                    *group += count;
                }
            }
            count *= 2;
        }
        Self::of(&used, &best.1, best.2, histogram.len())
    }

    fn of(used: &[Context], groups: &[usize], count: usize, contexts: usize) -> Self {
        let sums = sums(used, groups, count);
        let means = means(used, groups, count);
        let mut order: Vec<usize> = (0..count).filter(|&group| groups.contains(&group)).collect();
        order.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
        let mut tables: Vec<Frequencies> = order.iter().map(|&group| frequencies(&sums[group])).collect();
        if tables.is_empty() {
            tables.push(frequencies(&[0; SYMBOLS]));
        }
        let mut number = vec![0; count];
        order.iter().zip(0u8..).for_each(|(&group, table)| number[group] = table);
        let mut map = vec![0; contexts];
        let mut rest = used.iter().zip(groups).peekable();
        let mut before = 0;
        for (context, table) in map.iter_mut().enumerate() {
            if let Some((_, group)) = rest.next_if(|(used, _)| used.number == context) {
                before = number[*group];
            }
            *table = before;
        }
        Contexts { map, tables }
    }
}

/// A context that occurred.
struct Context {
    number: usize,
    /// Its symbols, and how often each occurred.
    symbols: Vec<(u8, f32)>,
    /// Mean symbol.
    mean: f32,
}

impl Context {
    fn new((number, counts): (usize, &[u32; SYMBOLS])) -> Option<Self> {
        let symbols: Vec<(u8, f32)> =
            (0..).zip(counts).filter(|(_, n)| **n > 0).map(|(symbol, &n)| (symbol, n as f32)).collect();
        let all: f32 = symbols.iter().map(|(_, n)| n).sum();
        let mean = symbols.iter().map(|&(symbol, n)| f32::from(symbol) * n).sum::<f32>() / all;
        (!symbols.is_empty()).then_some(Context { number, symbols, mean })
    }

    fn cost(&self, costs: &[f32; SYMBOLS]) -> f32 {
        self.symbols.iter().map(|&(symbol, n)| costs[usize::from(symbol)] * n).sum()
    }
}

fn sums(used: &[Context], groups: &[usize], count: usize) -> Vec<[u64; SYMBOLS]> {
    let mut sums = vec![[0; SYMBOLS]; count];
    for (context, &group) in used.iter().zip(groups) {
        context.symbols.iter().for_each(|&(symbol, n)| sums[group][usize::from(symbol)] += n as u64);
    }
    sums
}

/// Bits of each symbol, by group.
fn costs(used: &[Context], groups: &[usize], count: usize) -> Vec<[f32; SYMBOLS]> {
    let cost = |sum: &[u64; SYMBOLS]| {
        let all = sum.iter().sum::<u64>() as f32 + 0.05 * SYMBOLS as f32;
        sum.map(|n| (all / (n as f32 + 0.05)).log2())
    };
    sums(used, groups, count).iter().map(cost).collect()
}

/// Mean symbol of each group.
fn means(used: &[Context], groups: &[usize], count: usize) -> Vec<f32> {
    let mean = |sum: &[u64; SYMBOLS]| {
        let all = sum.iter().sum::<u64>().max(1) as f32;
        (0..).zip(sum).map(|(symbol, &n)| symbol as f32 * n as f32).sum::<f32>() / all
    };
    sums(used, groups, count).iter().map(mean).collect()
}

/// Shares of `2^SCALE`, none that occurs without one.
fn frequencies(counts: &[u64; SYMBOLS]) -> Frequencies {
    let all = counts.iter().sum::<u64>();
    let mut frequencies: Frequencies = counts.map(|n| if n == 0 { 0 } else { ((n << SCALE) / all).max(1) as u16 });
    if all == 0 {
        frequencies[0] = 1;
    }
    loop {
        let sum: u32 = frequencies.iter().map(|&frequency| u32::from(frequency)).sum();
        let wanted = 1 << SCALE;
        // What one slot more or less is worth decides who gets or gives it.
        let worth = |symbol: usize, other: u16| {
            counts[symbol].max(1) as f64 * (f64::from(other) / f64::from(frequencies[symbol])).log2()
        };
        let able = (0..SYMBOLS).filter(|&symbol| frequencies[symbol] > u16::from(sum > wanted));
        let change = if sum == wanted {
            break frequencies;
        } else if sum < wanted {
            able.max_by(|&a, &b| worth(a, frequencies[a] + 1).total_cmp(&worth(b, frequencies[b] + 1)))
        } else {
            able.max_by(|&a, &b| worth(a, frequencies[a] - 1).total_cmp(&worth(b, frequencies[b] - 1)))
        };
        let Some(symbol) = change else { break frequencies };
        if sum < wanted { frequencies[symbol] += 1 } else { frequencies[symbol] -= 1 }
    }
}
