//! `fetch [TASK...]`

use super::{Common, all, messages, print, print_json};
use crate::Fault;
use crate::golf::Golf;
use golf_record::{grouped, write_atomically};
use golf_task::{DataFile, UPSTREAM};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Names a mirror where the option doesn't.
const MIRROR: &str = "GOLF_MIRROR";

/// Arguments of `fetch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tasks of the suite `public`; all by default
    tasks: Vec<String>,
    /// A folder or an address that stands in place of raw.githubusercontent.com; by default the environment's GOLF_MIRROR, if it is set
    #[arg(long, value_name = "PREFIX")]
    mirror: Option<String>,
}

/// Brings the data of public tasks. What is there already and as pinned is not brought again.
///
/// # Errors
/// If a file can't be had, or is not the one that is pinned; the others are brought.
pub fn run(common: &Common, args: &Args) -> Result<(), Fault> {
    let golf = Golf::open(common.root.as_deref())?;
    let tasks = golf.public_tasks(&args.tasks)?;
    let mirror = args.mirror.clone().or_else(|| std::env::var(MIRROR).ok().filter(|mirror| !mirror.is_empty()));
    let files: BTreeMap<&str, &DataFile> =
        tasks.iter().flat_map(|task| &task.files).filter_map(|file| Some((file.place()?, file))).collect();
    let folder = golf.fetched();
    let (mut faults, mut documents, mut bytes, mut there) = (vec![], vec![], 0, 0);
    let origin = Origin::new(mirror.as_deref());
    for (place, file) in &files {
        let path = folder.join(place);
        if fs::read(&path).is_ok_and(|data| file.check(&data).is_ok()) {
            there += 1;
            continue;
        }
        match origin.bring(place, file, &path) {
            Ok(()) => {
                bytes += file.bytes;
                documents.push(serde_json::json!({ "file": path, "bytes": file.bytes, "sha256": file.sha256 }));
            }
            Err(fault) => {
                let last = fault.hopeless;
                faults.push(Fault::machine(fault.message));
                if last {
                    break;
                }
            }
        }
    }
    if common.json {
        let document = serde_json::json!({
            "folder": folder, "fetched": documents, "already_there": there, "errors": messages(&faults),
        });
        print_json(&document);
    } else {
        print(&format!(
            "{} tasks: {} files fetched ({} bytes), {there} were there already, {} in all\n",
            tasks.len(),
            documents.len(),
            grouped(bytes),
            files.len()
        ));
    }
    all(faults)
}

/// Where files come from.
enum Origin {
    Folder(String),
    Address(String, ureq::Agent),
}

/// Why a file wasn't brought, and whether the next one won't be either.
struct Missed {
    message: String,
    hopeless: bool,
}

impl Origin {
    fn new(mirror: Option<&str>) -> Self {
        let prefix = mirror.unwrap_or(UPSTREAM);
        if !prefix.starts_with("https://") && !prefix.starts_with("http://") {
            return Origin::Folder(prefix.to_owned());
        }
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_global(Some(Duration::from_secs(600)))
            .user_agent("golf")
            .build();
        Origin::Address(format!("{}/", prefix.trim_end_matches('/')), config.into())
    }

    /// Brings a file whole, or leaves what is there.
    fn bring(&self, place: &str, file: &DataFile, path: &Path) -> Result<(), Missed> {
        let (from, data) = match self {
            Origin::Folder(folder) => {
                let from = Path::new(folder).join(place);
                let miss = |fault: std::io::Error| Missed {
                    message: format!("{}: can't be read: {fault}; is `{folder}` the mirror's folder?", from.display()),
                    hopeless: false,
                };
                let mut data = vec![];
                let source = fs::File::open(&from).map_err(miss)?;
                source.take(file.bytes + 1).read_to_end(&mut data).map_err(miss)?;
                (from.display().to_string(), data)
            }
            Origin::Address(prefix, agent) => {
                let from = format!("{prefix}{place}");
                let data = download(agent, &from, file.bytes)?;
                (from, data)
            }
        };
        let miss = |message: String| Missed { message, hopeless: false };
        file.check(&data).map_err(|what| miss(format!("{from}: {what}; nothing was kept")))?;
        write_atomically(path, &data).map_err(|fault| Missed {
            message: format!("{}: can't be written: {fault}. Make room or grant access, and run again", path.display()),
            hopeless: true,
        })
    }
}

/// A file's bytes, and one more than it should have if it has more.
fn download(agent: &ureq::Agent, from: &str, bytes: u64) -> Result<Vec<u8>, Missed> {
    let remedy = format!("check the connection and run again, or name a mirror with --mirror or {MIRROR}");
    let miss = |fault: ureq::Error| Missed {
        message: format!("{from}: {fault}; {remedy}"),
        // Without a connection every file would wait for its own time limit.
        hopeless: !matches!(fault, ureq::Error::StatusCode(_)),
    };
    let mut response = agent.get(from).call().map_err(miss)?;
    let mut data = Vec::with_capacity(bytes as usize);
    response.body_mut().as_reader().take(bytes + 1).read_to_end(&mut data).map_err(|fault| miss(fault.into()))?;
    Ok(data)
}
