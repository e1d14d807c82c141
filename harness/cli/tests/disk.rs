//! What goes wrong with files while the harness writes them: no room, no permission, two writers, clocks that jump.
#![cfg(target_os = "linux")]

mod common;

use common::Project;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

/// A small file system over a folder, gone with the value.
struct Mounted(PathBuf);

impl Mounted {
    /// None, said so, where mounting isn't allowed: it takes root.
    fn over(folder: &Path, options: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).stderr(Stdio::null());
        let done = mount.status().is_ok_and(|status| status.success());
        if !done {
            eprintln!("not tested with a file system of its own: mounting one takes root");
        }
        done.then(|| Mounted(folder.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// All files of a folder and below, with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push((path.clone(), fs::read(&path).unwrap())) }
    }
    all.sort();
    all
}

fn no_scraps(project: &Project) {
    for (path, _) in files(project.0.path()) {
        assert!(!path.file_name().unwrap().to_string_lossy().starts_with(".golf-"), "{} is left", path.display());
    }
}

fn errors(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// What was there is there, what could not be written isn't, and a run with room for it mends all.
fn loses_nothing(project: &Project, before: &[(PathBuf, Vec<u8>)], output: &Output) {
    let errors = errors(output);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("can't be written"), "{errors}");
    assert_eq!(files(&project.path("results/entry")), before);
    no_scraps(project);
}

fn with_two_entries() -> (Project, Vec<(PathBuf, Vec<u8>)>) {
    let project = Project::new();
    assert!(project.golf(&["run"]).status.success());
    let before = files(&project.path("results/entry"));
    assert!(before.len() > 2 && project.golf(&["new", "second"]).status.success());
    (project, before)
}

fn mended(project: &Project) {
    let output = project.golf(&["run"]);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(project.path("results/second/score.json").is_file() && project.golf(&["verify"]).status.success());
}

#[test]
fn files_that_may_not_grow_lose_nothing() {
    let (project, before) = with_two_entries();
    // A write beyond the limit is an error where the signal is ignored.
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" run";
    let mut shell = Command::new("bash");
    let output =
        shell.args(["-c", limited, env!("CARGO_BIN_EXE_golf")]).current_dir(project.0.path()).output().unwrap();
    loses_nothing(&project, &before, &output);
    mended(&project);
}

#[test]
fn a_full_disk_loses_nothing() {
    let (project, before) = with_two_entries();
    let second = project.path("results/second");
    fs::create_dir(&second).unwrap();
    let Some(mounted) = Mounted::over(&second, "size=4k") else { return };
    fs::write(second.join("filler"), [0; 4_096]).unwrap();
    let output = project.golf(&["run"]);
    loses_nothing(&project, &before, &output);
    assert!(errors(&output).contains("No space left on device"), "{}", errors(&output));
    assert_eq!(files(&second).len(), 1);
    drop(mounted);
    mended(&project);
}

#[test]
fn results_that_are_read_only_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let (project, before) = with_two_entries();
    let second = project.path("results/second");
    fs::create_dir(&second).unwrap();
    fs::set_permissions(&second, fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes there nevertheless.
    let is_root = fs::write(second.join("probe"), "").is_ok();
    let mounted = if is_root { Mounted::over(&second, "ro") } else { None };
    if is_root && mounted.is_none() {
        return;
    }
    let output = project.golf(&["run"]);
    loses_nothing(&project, &before, &output);
    assert!(errors(&output).contains("results/second"), "{}", errors(&output));
    drop(mounted);
    fs::set_permissions(&second, fs::Permissions::from_mode(0o755)).unwrap();
    let _ = fs::remove_file(second.join("probe"));
    mended(&project);
}

#[test]
fn two_runs_at_once_make_the_same_records() {
    let project = Project::new();
    for slug in ["second", "third"] {
        assert!(project.golf(&["new", slug]).status.success());
    }
    let run = || {
        let mut command = project.command(&["run", "--force"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for child in [run(), run(), run()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
    }
    no_scraps(&project);
    assert!(project.golf(&["verify"]).status.success());
    let deterministic = || {
        let mut all = files(&project.path("results"));
        // Measurements are of their moment.
        all.retain(|(path, _)| ["score.json", "audit.json", "riscv32imc.json"].iter().any(|name| path.ends_with(name)));
        all
    };
    let together = deterministic();
    fs::remove_dir_all(project.path("results")).unwrap();
    assert!(run().wait().unwrap().success());
    assert_eq!(together, deterministic());
}

#[test]
fn records_do_not_depend_on_the_clock() {
    let project = Project::new();
    assert!(project.golf(&["run"]).status.success());
    let before = files(&project.path("results"));
    // As after a clock that was ahead by decades, or behind: what is up to date shows in contents.
    let years = Duration::from_secs(40 * 365 * 86_400);
    for time in [SystemTime::now() + years, SystemTime::UNIX_EPOCH + Duration::from_secs(1)] {
        for folder in ["results", "submissions", "tasks"] {
            for (path, _) in files(&project.path(folder)) {
                fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
            }
        }
        assert!(project.golf(&["run"]).status.success());
        assert_eq!(files(&project.path("results")), before);
    }
}

#[test]
fn a_clock_that_jumps_shows_in_the_days_of_the_history_alone() {
    let project = Project::new();
    let run = |seconds: u64, seed: u64| {
        project.replace_artifact(&golf_artifact::example::tiny(seed));
        let output = project.command(&["run"]).env("SOURCE_DATE_EPOCH", seconds.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
        project.read("results/entry/score.json")
    };
    // Today, long before that, and in the year 9999.
    let days = [(1_795_219_200, "2026-11-21"), (1, "1970-01-01"), (253_402_300_799, "9999-12-31")];
    let records: Vec<_> = days.iter().map(|&(seconds, _)| run(seconds, 1 + seconds)).collect();
    let history: golf_record::History = serde_json::from_slice(&project.read("results/entry/history.json")).unwrap();
    assert_eq!(history.scores.iter().map(|past| past.day.as_str()).collect::<Vec<_>>(), days.map(|(_, day)| day));
    assert_eq!(run(1_000_000_000, 1 + days[0].0), records[0]);
    assert!(project.golf(&["verify"]).status.success());
}
