//! The leaderboard as a table for terminals and for README.md.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use golf_core::budget;
use golf_record::{Entry, HEADLINE, Leaderboard};

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A class by its limit, such as `7 MB`.
pub fn class_name(limit: u64) -> String {
    if limit >= 1_000_000 { format!("{} MB", limit / 1_000_000) } else { format!("{} KB", limit / 1_000) }
}

/// The heads of the columns: those of every table, the tasks after the headline, then `extra`.
fn heads(board: &Leaderboard, extra: &[&str]) -> Vec<String> {
    let fixed = ["entry", "class", "rank", "prose, bits per byte", "bytes", "parameters"];
    let tasks = board.tasks.iter().filter(|task| *task != HEADLINE).cloned();
    fixed.iter().map(|head| head.to_string()).chain(tasks).chain(extra.iter().map(|head| head.to_string())).collect()
}

/// An entry's cells: its smallest class and its rank there, and its figures.
fn cells(board: &Leaderboard, entry: &Entry) -> Vec<String> {
    let none = || "-".to_string();
    let class = entry.bytes().and_then(|bytes| budget::classes(bytes).last());
    let rank = class.and_then(|class| board.class(class).position(|other| other.slug == entry.slug));
    let facts = entry.score.as_ref().map(|score| &score.artifact);
    let mut cells = vec![
        entry.slug.clone(),
        class.map_or_else(none, class_name),
        rank.map_or_else(none, |rank| (rank + 1).to_string()),
        entry.headline().map_or_else(none, |value| format!("{value:.3}")),
        facts.map_or_else(none, |facts| grouped(facts.bytes)),
        facts.map_or_else(none, |facts| grouped(facts.parameters)),
    ];
    for task in board.tasks.iter().filter(|task| *task != HEADLINE) {
        cells.push(entry.summary(task).map_or_else(none, |summary| match summary.bits_per_byte() {
            Some(bits) => format!("{bits:.3}"),
            None => format!("{:.1} %", 100.0 * summary.accuracy()),
        }));
    }
    cells
}

/// An entry's figures on a simulated microcontroller: the cells under [`SIMULATED`].
fn simulated(entry: &Entry) -> [String; 3] {
    let cell = |count: Option<u64>| count.map_or_else(|| "-".to_string(), grouped);
    let figures = entry.simulated();
    let per_token = figures.and_then(|figures| figures.instructions_per_token());
    [cell(per_token), cell(figures.map(|figures| figures.ram_bytes())), cell(figures.map(|figures| figures.flash_bytes()))]
}

const SIMULATED: [&str; 3] = ["instructions/token", "RAM, bytes", "flash, bytes"];

/// For a terminal, with the speed on `machine`.
pub fn terminal(board: &Leaderboard, machine: &str) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    let extra = [&["prompt, tokens/s", "generate, tokens/s"], SIMULATED.as_slice()].concat();
    table.set_header(heads(board, &extra));
    for entry in &board.entries {
        let measured = entry.measurements.iter().find(|record| record.machine.id == machine);
        let rate = |name: &str| {
            let rate = measured.and_then(|record| record.get(name)?.tokens_per_second());
            rate.map_or_else(|| "-".to_string(), |rate| grouped(rate.round() as u64))
        };
        let mut cells = cells(board, entry);
        cells.extend([rate("prompt"), rate("generate")]);
        cells.extend(simulated(entry));
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

const BEGIN: &str = "<!-- leaderboard: made by `cargo golf run` -->";
const END: &str = "<!-- end of leaderboard -->";

/// `readme` with the table between its markers brought up to date; none if it has no markers.
pub fn in_readme(readme: &str, board: &Leaderboard) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heads = heads(board, &[]);
    let rule: Vec<String> = (0..heads.len()).map(|index| if index < 2 { "---".into() } else { "---:".into() }).collect();
    let mut table = line(heads) + &line(rule);
    for entry in &board.entries {
        let mut cells = cells(board, entry);
        cells[0] = format!("[{0}](submissions/{0}/README.md)", entry.slug);
        table.push_str(&line(cells));
    }
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123_456), "123,456");
        assert_eq!(grouped(16_000_000), "16,000,000");
    }

    #[test]
    fn classes_have_decimal_names() {
        assert_eq!(budget::CLASSES.map(class_name), ["16 MB", "7 MB", "1 MB", "100 KB"]);
    }
}
