//! `site`

use super::{Common, print, print_json};
use crate::golf::Golf;
use crate::{Fault, estimate};
use golf_estimate::Estimates;
use golf_record::{Leaderboard, Tables};

/// Renders `site/dist` from the records.
///
/// # Errors
/// If records can't be read or pages can't be written.
pub fn run(common: &Common) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let board = golf.leaderboard()?;
    let pages = render(&golf, &board, &board.tables(), &estimate::estimates(&golf)?)?;
    let folder = golf.root.join("site/dist");
    if common.json {
        print_json(&serde_json::json!({ "pages": pages, "site": folder }));
    } else {
        print(&format!("site: {} ({pages} files)\n", folder.join("index.html").display()));
    }
    Ok(())
}

/// Renders a board; tells how many files the site has.
///
/// # Errors
/// If pages can't be written.
pub fn render(golf: &Golf, board: &Leaderboard, tables: &Tables, estimates: &Estimates) -> Result<usize, Fault> {
    let tasks: Vec<golf_task::Definition> = golf.tasks.iter().map(|task| task.definition.clone()).collect();
    let public = golf.public_tables()?;
    let (command, season) = ("cargo golf site", golf.season.as_str());
    let site = golf_site::Site { board, tasks: &tasks, public: &public, season, tables, estimates, command };
    golf_site::render(&site, &golf.root.join("site/dist")).map_err(|fault| Fault::machine(fault.to_string()))
}
