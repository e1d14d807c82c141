//! Numbers as they are printed.

use golf_record::Spread;
pub(crate) use golf_record::grouped;

/// Three significant digits and a decimal multiple: `61.7 M`.
pub(crate) fn short(number: f64) -> String {
    let (number, multiple) = scaled(number, 1e3, &["", "k", "M", "G", "T"]);
    join(&significant(number), multiple)
}

/// Bytes, three significant digits, decimal multiples: `12.4 MB`.
pub(crate) fn size(bytes: f64) -> String {
    let (number, unit) = scaled(bytes, 1e3, &["bytes", "KB", "MB", "GB", "TB"]);
    join(&significant(number), unit)
}

/// A class or another round number of bytes: `16 MB`, `100 KB`.
pub(crate) fn class(limit: u64) -> String {
    let (number, unit) = scaled(limit as f64, 1e3, &["bytes", "KB", "MB", "GB"]);
    join(&format!("{number}"), unit)
}

/// Bits per byte, three decimals.
pub(crate) fn bits(value: f64) -> String {
    format!("{value:.3}")
}

/// A difference of bits per byte, as on the command line.
pub(crate) fn signed(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

/// A share, one decimal: `43.8 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0)
}

/// As many decimals as in `leaderboard.csv`.
pub(crate) fn exact(value: f64) -> String {
    format!("{value:.6}")
}

/// A rate: no decimals from a hundred on.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 99.95 { grouped(per_second.round() as u64) } else { format!("{per_second:.1}") }
}

/// Median and deviation with the unit that suits the median: `12.3 ± 0.4 ms`.
pub(crate) fn spread(spread: Spread, unit: &str) -> String {
    let (step, units): (f64, &[&'static str]) = match unit {
        "ns" => (1e3, &["ns", "µs", "ms", "s"]),
        "bytes" => (1e3, &["bytes", "KB", "MB", "GB"]),
        _ => return format!("{:.0} ± {:.0} {unit}", spread.median, spread.mad),
    };
    let (median, multiple) = scaled(spread.median, step, units);
    let mad = if median == 0.0 { spread.mad } else { spread.mad * median / spread.median };
    // Enough for one digit of the deviation, within reason.
    let small = if mad > 0.0 && mad < 1.0 { (-mad.log10()).ceil().min(3.0) as usize } else { 0 };
    let decimals = decimals(median).max(small);
    format!("{median:.decimals$} ± {mad:.decimals$}\u{a0}{multiple}")
}

/// The first digits of a digest, enough to tell entries apart.
pub(crate) fn digest(hexadecimal: &str) -> String {
    hexadecimal.chars().take(12).collect()
}

/// At most `length` characters, the last of them an ellipsis if something was left out.
pub(crate) fn clipped(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let start: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

fn scaled<'a>(mut number: f64, step: f64, units: &[&'a str]) -> (f64, &'a str) {
    let mut index = 0;
    // What would be rounded to the next multiple belongs there.
    while number >= step * 0.9995 && index + 1 < units.len() {
        number /= step;
        index += 1;
    }
    (number, units[index])
}

fn significant(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number}") } else { format!("{number:.*}", decimals(number)) }
}

fn decimals(number: f64) -> usize {
    match number {
        number if number >= 99.95 || number == 0.0 => 0,
        number if number >= 9.995 => 1,
        _ => 2,
    }
}

fn join(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number}\u{a0}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (16_000_000, "16,000,000")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn multiples() {
        assert_eq!(short(61_734_912.0), "61.7\u{a0}M");
        assert_eq!(short(999_600.0), "1.00\u{a0}M");
        assert_eq!(short(256.0), "256");
        assert_eq!(class(16_000_000), "16\u{a0}MB");
        assert_eq!(class(100_000), "100\u{a0}KB");
        assert_eq!(size(12_400_000.0), "12.4\u{a0}MB");
    }

    #[test]
    fn spreads() {
        assert_eq!(spread(Spread { median: 12_345_678.0, mad: 400_000.0 }, "ns"), "12.3 ± 0.4\u{a0}ms");
        assert_eq!(spread(Spread { median: 0.0, mad: 0.0 }, "ns"), "0 ± 0\u{a0}ns");
        assert_eq!(spread(Spread { median: 48_000_000.0, mad: 4_096.0 }, "bytes"), "48.000 ± 0.004\u{a0}MB");
        assert_eq!(spread(Spread { median: 1_200.0, mad: 3.0 }, "instructions"), "1200 ± 3 instructions");
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clipped("éééé", 4), "éééé");
        assert_eq!(clipped("éééé é", 4), "ééé…");
    }
}
