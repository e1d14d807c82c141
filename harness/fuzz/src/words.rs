//! Words for libFuzzer's mutations.

use crate::Target;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A dictionary in libFuzzer's form: numbers at which sizes overflow, and all that stands between quotation marks in a target's seeds.
pub fn dictionary(target: &Target) -> String {
    let mut words: BTreeSet<Vec<u8>> = BTreeSet::new();
    for bits in [8, 16, 31, 32, 63, 64] {
        let number = 1u128 << bits;
        words.extend([(number - 1).to_string().into_bytes(), number.to_string().into_bytes()]);
    }
    words.extend([b"1e999", b"-1e-9"].map(|word| word.to_vec()));
    for seed in (target.seeds)() {
        for word in seed.split(|&byte| byte == b'"').skip(1) {
            if (2..=24).contains(&word.len()) && word.iter().all(|byte| byte.is_ascii_graphic()) {
                words.insert([b"\"", word, b"\""].concat());
            }
        }
    }
    let mut text = String::new();
    for word in words {
        let escape = |byte: &u8| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(*byte)),
            byte => char::from(*byte).to_string(),
        };
        let _ = writeln!(text, "\"{}\"", word.iter().map(escape).collect::<String>());
    }
    text
}
