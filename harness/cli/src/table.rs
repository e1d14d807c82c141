//! The leaderboard as a table for terminals and for README.md.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use golf_artifact::{Account, Taken, codec};
use golf_core::budget;
use golf_record::{Entry, HEADLINE, Leaderboard, PublicTable, RowKind, Summary, grouped};
use golf_task::{Definition, Kind};

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
    let place = class.and_then(|class| board.place(class, &entry.slug));
    let facts = entry.score.as_ref().map(|score| &score.artifact);
    let mut cells = vec![
        entry.slug.clone(),
        class.map_or_else(none, class_name),
        place.map_or_else(none, |place| place.to_string()),
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
    let figures = entry.simulated(golf_record::IN_PROCESS);
    let per_token = figures.and_then(|figures| figures.instructions_per_token());
    [
        cell(per_token),
        cell(figures.map(|figures| figures.ram_bytes())),
        cell(figures.map(|figures| figures.flash_bytes())),
    ]
}

const SIMULATED: [&str; 3] = ["instructions/token", "RAM, bytes", "flash, bytes"];

/// Any table for a terminal; figures stand right from the second column on.
pub fn plain(heads: &[&str], lines: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heads);
    table.add_rows(lines);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

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
    format!("{table}\n{}", caveats(board))
}

/// What readers should know of the scores above, a line each.
fn caveats(board: &Leaderboard) -> String {
    let of = |entry: &Entry| {
        entry.caveats().iter().map(|caveat| format!("- {}: {}\n", entry.slug, caveat.text)).collect::<String>()
    };
    let lines: String = board.entries.iter().map(of).collect();
    if lines.is_empty() { lines } else { format!("\nCaveats:\n\n{lines}") }
}

/// Where an artifact's bytes go: in plain and in coded form, and how far the coded weights are from their empirical entropy.
pub fn of_bytes(accounts: &[Account]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "tensor",
        "codec",
        "weights",
        "plain, bytes",
        "coded, bytes",
        "plain, bits/weight",
        "coded, bits/weight",
        "entropy, bits",
        "coded over it",
        "scales, plain",
        "scales, coded",
    ]);
    let sums = |part: &dyn Fn(&Account) -> Taken| {
        let add = |a: Taken, b: Taken| Taken { plain: a.plain + b.plain, coded: a.coded + b.coded };
        accounts.iter().map(part).fold(Taken::default(), add)
    };
    let weights: u64 = accounts.iter().map(|account| account.weights).sum();
    let total = Account {
        name: "together".into(),
        codec: None,
        weights,
        bytes: sums(&|account| account.bytes),
        scales: sums(&|account| account.scales),
        entropy: 0.0,
    };
    for account in accounts.iter().chain([&total]) {
        let bits = |bytes: usize| 8.0 * bytes as f64 / account.weights as f64;
        let count = |bytes: usize| grouped(bytes as u64);
        let mut cells = vec![account.name.clone(), account.codec.map_or("", codec::name).into()];
        cells.extend([count(account.weights as usize), count(account.bytes.plain), count(account.bytes.coded)]);
        // The sum includes what has no weights.
        cells.extend(match account.codec {
            Some(_) => [
                format!("{:.4}", bits(account.bytes.plain)),
                format!("{:.4}", bits(account.bytes.coded)),
                format!("{:.4}", account.entropy),
                format!("{:+.2} %", 100.0 * (bits(account.bytes.coded) / account.entropy - 1.0)),
            ],
            None => [const { String::new() }; 4],
        });
        cells.extend([count(account.scales.plain), count(account.scales.coded)]);
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

/// `text` with `table` between the markers for `what`; none if it has no such markers.
fn between_markers(text: &str, what: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {what}: made by `cargo golf run` -->"), format!("<!-- end of {what} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{table}{end}{after}"))
}

/// A line of a table in Markdown.
fn line(cells: Vec<String>) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The project's README with its leaderboard brought up to date; none if it has no markers for one.
pub fn in_readme(readme: &str, board: &Leaderboard) -> Option<String> {
    let heads = heads(board, &[]);
    let rule: Vec<String> =
        (0..heads.len()).map(|index| if index < 2 { "---".into() } else { "---:".into() }).collect();
    let mut table = line(heads) + &line(rule);
    for entry in &board.entries {
        let mut cells = cells(board, entry);
        cells[0] = format!("[{0}](submissions/{0}/README.md)", entry.slug);
        table.push_str(&line(cells));
    }
    table.push_str(&caveats(board));
    between_markers(readme, "leaderboard", &table)
}

/// A task's README with its scores brought up to date, best first; none if it has no markers for them.
pub fn in_task_readme(readme: &str, board: &Leaderboard, task: &Definition) -> Option<String> {
    let summary = |entry: &Entry| Some((entry.slug.clone(), entry.summary(&task.id)?));
    let mut scores: Vec<(String, Summary)> = board.entries.iter().filter_map(summary).collect();
    scores.sort_by(|(_, a), (_, b)| a.headline().total_cmp(&b.headline()));
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut table = match task.kind {
        Kind::BitsPerByte => {
            line(vec!["entry".into(), "bits per byte".into(), "over the ideal".into()]) + "| --- | ---: | ---: |\n"
        }
        Kind::Choice => {
            line(vec!["entry".into(), "right".into(), "right by cost per byte".into()]) + "| --- | ---: | ---: |\n"
        }
        Kind::Generate | Kind::Continuation => line(vec!["entry".into(), "right".into()]) + "| --- | ---: |\n",
    };
    if task.kind != Kind::BitsPerByte {
        scores.reverse();
    }
    for (slug, summary) in scores {
        let mut cells = vec![format!("[{slug}](../../submissions/{slug}/README.md)")];
        match task.kind {
            Kind::BitsPerByte => {
                let bits = summary.headline();
                let excess = summary.ideal_bits_per_byte().map(|ideal| format!("{:.4}", bits - ideal));
                cells.extend([format!("{bits:.4}"), excess.unwrap_or_else(|| "-".into())]);
            }
            Kind::Choice => cells.extend([percent(summary.accuracy()), percent(summary.accuracy_per_byte())]),
            Kind::Generate | Kind::Continuation => cells.push(percent(summary.accuracy())),
        }
        table.push_str(&line(cells));
    }
    between_markers(readme, "scores", &table)
}

/// The project's README with its table of published benchmarks brought up to date; none if it has no markers for one.
pub fn public_in_readme(readme: &str, tables: &[PublicTable]) -> Option<String> {
    let heads = ["", "whose figure"].into_iter().map(String::from);
    let head = |table: &PublicTable| format!("[{}](tasks/{}/README.md)", table.task, table.task);
    let rule = (0..tables.len() + 2).map(|index| if index < 2 { "---".into() } else { "---:".into() });
    let mut text = line(heads.chain(tables.iter().map(head)).collect()) + &line(rule.collect());
    for kind in [RowKind::Entry, RowKind::Published, RowKind::Measured] {
        let rows = || tables.iter().flat_map(|table| &table.rows).filter(|row| row.kind == kind);
        let mut names: Vec<&str> = vec![];
        rows().for_each(|row| {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name)
            }
        });
        for name in names {
            let shown = match kind {
                RowKind::Entry => format!("[{name}](submissions/{name}/README.md)"),
                RowKind::Published | RowKind::Measured => name.to_owned(),
            };
            let cell = |table: &PublicTable| {
                let row = table.rows.iter().find(|row| row.kind == kind && row.name == name);
                row.map_or_else(|| "-".into(), |row| table.show(row.figure))
            };
            text.push_str(&line([shown, kind.name().into()].into_iter().chain(tables.iter().map(cell)).collect()));
        }
    }
    between_markers(readme, "public", &text)
}

/// A public task's README with its table brought up to date; none if it has no markers for one.
pub fn in_public_task_readme(readme: &str, table: &PublicTable) -> Option<String> {
    let mut heads = vec!["".into(), "whose figure".into(), table.unit.clone()];
    heads.extend(table.second_unit.clone());
    heads.push("source".into());
    let rule = (0..heads.len()).map(|index| if (2..heads.len() - 1).contains(&index) { "---:" } else { "---" });
    let rule = rule.map(String::from).collect();
    let mut text = line(heads) + &line(rule);
    for row in &table.rows {
        let name = match row.kind {
            RowKind::Entry => format!("[{0}](../../submissions/{0}/README.md)", row.name),
            RowKind::Published | RowKind::Measured => row.name.clone(),
        };
        let mut cells = vec![name, row.kind.name().into(), table.show(row.figure)];
        if table.second_unit.is_some() {
            cells.push(row.second.map_or_else(|| "-".into(), |figure| table.show_second(figure)));
        }
        cells.push(row.source.clone().unwrap_or_else(|| "`cargo golf score`".into()));
        text.push_str(&line(cells));
    }
    between_markers(readme, "scores", &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_decimal_names() {
        assert_eq!(budget::CLASSES.map(class_name), ["16 MB", "7 MB", "1 MB", "100 KB"]);
    }
}
