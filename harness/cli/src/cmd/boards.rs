//! `boards [SLUG]`

use super::{Common, print, print_json};
use crate::golf::Golf;
use crate::{Fault, estimate};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use golf_estimate::{Board, CAVEAT, CPI_STATUS, Cited, Estimate, Fit, Placement, fit, fits, size};
use golf_record::{Entry, grouped};
use serde_json::{Value, json};

/// Arguments of `boards`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A board or an entry; all boards by default
    slug: Option<String>,
}

/// Shows which entries fit which boards, and about how fast a token would be there.
///
/// # Errors
/// If a board's file or a record can't be read, or there is nothing of this name.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let boards = estimate::boards(&golf)?;
    let entries = golf.leaderboard()?.entries;
    let counted: Vec<&Entry> = entries.iter().filter(|entry| !entry.simulations.is_empty()).collect();
    let (boards, entries) = match &args.slug {
        None => (boards, counted),
        Some(slug) => {
            let board = boards.iter().position(|board| board.slug == *slug);
            let entry = counted.iter().position(|entry| entry.slug == *slug);
            match (board, entry) {
                (Some(index), _) => (vec![boards[index].clone()], counted),
                (None, Some(index)) => (boards, vec![counted[index]]),
                (None, None) => return Err(unknown(slug, &boards, &counted)),
            }
        }
    };
    if common.json {
        print_json(&document(&boards, &entries));
        return Ok(());
    }
    let is_board = args.slug.as_ref().is_some_and(|slug| boards.iter().any(|board| board.slug == *slug));
    let mut text = match &args.slug {
        None => matrix(&boards, &entries),
        Some(_) if is_board => boards.iter().map(about).chain([details(&boards, &entries)]).collect(),
        Some(_) => details(&boards, &entries),
    };
    text.push_str(&format!("{CAVEAT}\nCycles per instruction: {CPI_STATUS}.\n"));
    for line in missing(&boards, &entries) {
        text.push_str(&format!("{line}\n"));
    }
    print(&text);
    Ok(())
}

fn unknown(slug: &str, boards: &[Board], entries: &[&Entry]) -> Fault {
    let boards: Vec<&str> = boards.iter().map(|board| board.slug.as_str()).collect();
    let entries: Vec<&str> = entries.iter().map(|entry| entry.slug.as_str()).collect();
    let list = |names: Vec<&str>| if names.is_empty() { "none".into() } else { names.join(", ") };
    Fault::usage(format!(
        "there is no board `{slug}` and no entry of that name that has been simulated; boards: {}; entries: {}",
        list(boards),
        list(entries)
    ))
}

fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heads);
    table
}

/// Boards down, entries across.
fn matrix(boards: &[Board], entries: &[&Entry]) -> String {
    let mut heads = vec!["board", "core", "MHz"];
    heads.extend(entries.iter().map(|entry| entry.slug.as_str()));
    let mut table = table(&heads);
    for board in boards {
        let core = board.cores[0].name;
        let mut cells = vec![board.slug.clone(), core.into(), (board.clock.value / 1_000_000).to_string()];
        cells.extend(entries.iter().map(|entry| match fit(board, &entry.simulations) {
            Some(fit) if fit.core == board.cores[0] => summary(&fit),
            Some(fit) => format!("{} on {}", summary(&fit), fit.core.name),
            None => "-".into(),
        }));
        table.add_row(cells);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("seconds for a token, if the entry fits\n{table}\n")
}

/// In a cell: what is shown elsewhere, without characters that only look like spaces.
fn summary(fit: &Fit<'_>) -> String {
    fit.summary().replace('\u{a0}', " ")
}

/// A line for every entry, board and core.
fn details(boards: &[Board], entries: &[&Entry]) -> String {
    let heads = ["entry", "board", "core", "flash", "RAM", "a token takes", "energy", "not below"];
    let mut table = table(&heads);
    for (entry, board) in entries.iter().flat_map(|entry| boards.iter().map(move |board| (entry, board))) {
        for fit in fits(board, &entry.simulations) {
            let estimate = fit.estimate();
            let room = |room: Placement<'_>| match room {
                Placement::In(memory) => memory.name.clone(),
                Placement::Short(bytes) => format!("{} bytes short", grouped(bytes)),
            };
            let show = |text: Option<String>| text.map_or_else(|| "-".to_string(), |text| text.replace('\u{a0}', " "));
            let floor = |estimate: Estimate| estimate.floor_seconds.map(golf_estimate::Interval::exactly);
            table.add_row([
                entry.slug.clone(),
                board.slug.clone(),
                fit.core.name.into(),
                room(fit.flash),
                room(fit.ram),
                if fit.has_room() { summary(&fit) } else { "-".into() },
                show(estimate.and_then(|estimate| Some(estimate.millijoules?.millijoules()))),
                show(estimate.and_then(floor).map(|floor| floor.seconds())),
            ]);
        }
    }
    format!("{table}\n")
}

/// A board and its sources.
fn about(board: &Board) -> String {
    let cores: Vec<&str> = board.cores.iter().map(|core| core.name).collect();
    let mut text = format!("{}: {}, {}\n", board.name, board.chip, cores.join(" or "));
    fn line<T>(board: &Board, name: &str, figure: &str, cited: &Cited<T>) -> String {
        let source = &board.sources[&cited.source];
        let note = if cited.note.is_empty() { String::new() } else { format!(" ({})", cited.note) };
        format!("  {name:12} {figure}{note}\n               {}, {}, {}\n", source.title, source.date, source.url)
    }
    text.push_str(&line(board, "clock", &format!("{} Hz", grouped(board.clock.value)), &board.clock));
    for memory in &board.memories {
        text.push_str(&line(board, &memory.name, &format!("{} bytes", grouped(memory.bytes.value)), &memory.bytes));
        if let Some(bandwidth) = &memory.bandwidth {
            let end = |end: Option<u64>| end.map_or_else(|| "?".to_string(), grouped);
            let figure = format!("{} to {} bytes/s", end(bandwidth.value.low), end(bandwidth.value.high));
            text.push_str(&line(board, "", &figure, bandwidth));
        }
    }
    match &board.active_power {
        Some(power) => text.push_str(&line(board, "power", &format!("{} mW", grouped(power.value)), power)),
        None => text.push_str("  power        no source for it\n"),
    }
    text
}

/// How to get what is missing, each line once.
fn missing(boards: &[Board], entries: &[&Entry]) -> Vec<String> {
    let pairs = boards.iter().flat_map(|board| entries.iter().map(move |entry| (board, entry)));
    let mut lines: Vec<String> =
        pairs.flat_map(|(board, entry)| fits(board, &entry.simulations)).filter_map(|fit| fit.remedy()).collect();
    if entries.is_empty() {
        lines.push("no entry has been simulated: `cargo golf simulate` does it".into());
    }
    lines.sort();
    lines.dedup();
    lines
}

fn document(boards: &[Board], entries: &[&Entry]) -> Value {
    let room = |room: Placement<'_>| match room {
        Placement::In(memory) => json!({ "in": memory.name, "bytes": memory.bytes.value }),
        Placement::Short(bytes) => json!({ "short_bytes": bytes, "short": size(bytes).replace('\u{a0}', " ") }),
    };
    let of = |board: &Board| {
        let lines =
            entries.iter().flat_map(|entry| fits(board, &entry.simulations).into_iter().map(move |fit| (entry, fit)));
        let lines: Vec<Value> = lines
            .map(|(entry, fit)| {
                json!({
                    "slug": entry.slug,
                    "core": fit.core.id,
                    "target": fit.core.target,
                    "counted": fit.counted.is_some(),
                    "flash": room(fit.flash),
                    "ram": room(fit.ram),
                    "estimate": fit.estimate(),
                })
            })
            .collect();
        json!({ "board": board.slug, "name": board.name, "entries": lines })
    };
    let shown: Vec<Value> = boards.iter().map(of).collect();
    json!({ "caveat": CAVEAT, "cycles_per_instruction": CPI_STATUS, "boards": shown, "missing": missing(boards, entries) })
}
