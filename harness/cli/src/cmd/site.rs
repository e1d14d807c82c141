//! `site`

use super::{Common, print, print_json};
use crate::browser::Playground;
use crate::golf::{Golf, Overview};
use crate::{Fault, serve};
use golf_record::Tables;
use std::net::{SocketAddr, TcpListener};

/// Where the site is served.
const ADDRESS: &str = "127.0.0.1:8000";

/// Arguments of `site`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Then serve it, until it is stopped: browsers run entries only in pages that come by http
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = ADDRESS)]
    serve: Option<SocketAddr>,
}

/// Most items shown of a task.
const EXAMPLES: usize = 4;

/// Renders `site/dist` from the records.
///
/// # Errors
/// If records can't be read, pages can't be written, or the address is taken.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let overview = golf.overview()?;
    let pages = render(&golf, &overview, &overview.board.tables())?;
    let folder = golf.root.join("site/dist");
    if common.json {
        print_json(&serde_json::json!({ "pages": pages, "site": folder }));
    } else {
        print(&format!("site: {} ({pages} files)\n", folder.join("index.html").display()));
    }
    let Some(address) = args.serve else { return Ok(()) };
    let fault = |fault: std::io::Error| Fault::machine(format!("{address}: can't be served at: {fault}"));
    let listener = TcpListener::bind(address).map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    if !common.json {
        print(&format!("served at http://{address}/\n"));
    }
    serve::serve(&listener, &folder).map_err(fault)
}

/// The first item of each of a task's first groups, those that are the same for every entry before others.
fn examples(task: &golf_task::Task, season: &str) -> Vec<golf_task::Item> {
    let mut items = task.items(&[0; 32], season);
    items.sort_by_key(|item| item.fresh);
    let mut shown: Vec<golf_task::Item> = vec![];
    for item in items {
        if shown.len() < EXAMPLES && shown.iter().all(|other| other.group != item.group) {
            shown.push(item);
        }
    }
    shown
}

/// Renders a board, for an address in the variable `GOLF_SITE_URL` if there is one; tells how many files the site has.
///
/// # Errors
/// If pages can't be written.
pub fn render(golf: &Golf, overview: &Overview, tables: &Tables) -> Result<usize, Fault> {
    let tasks: Vec<golf_task::Definition> = golf.tasks.iter().map(|task| task.definition.clone()).collect();
    let (command, season) = ("cargo golf site", golf.season.as_str());
    let examples = golf.tasks.iter().map(|task| (task.definition.id.clone(), examples(task, season))).collect();
    let base = std::env::var("GOLF_SITE_URL").ok().filter(|url| !url.is_empty());
    let base = base.map(|url| if url.ends_with('/') { url } else { url + "/" });
    let (examples, base) = (&examples, base.as_deref());
    let Overview { board, public, estimates } = overview;
    let schemas = &crate::schemas::all();
    let playground = Playground::of(golf, &[])?;
    let (tasks, play) = (&tasks, playground.play());
    let site =
        golf_site::Site { board, tasks, public, season, tables, estimates, examples, schemas, base, command, play };
    golf_site::render(&site, &golf.root.join("site/dist")).map_err(|fault| Fault::machine(fault.to_string()))
}
