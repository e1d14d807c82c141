//! Pull requests, as CI sees them: two commits, nothing checked out.

mod common;

use common::Project;
use std::fs;
use std::process::Command;

fn git(project: &Project, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").args(identity).args(arguments).current_dir(project.path("")).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A repository whose branch `base` has the entry `entry` with its records, and which has a branch `change` checked out.
fn repository() -> Project {
    let project = Project::new();
    assert!(project.golf(&["run"]).status.success());
    git(&project, &["init", "--quiet", "--initial-branch", "base"]);
    commit(&project);
    git(&project, &["checkout", "--quiet", "-b", "change"]);
    project
}

fn commit(project: &Project) {
    git(project, &["add", "--all", "."]);
    git(project, &["commit", "--quiet", "--message", "Change"]);
}

fn verdict(project: &Project, status: i32) -> serde_json::Value {
    let output = project.golf(&["ci", "--base", "base", "--json"]);
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_new_entry_is_scored_from_the_commit_and_compared() {
    let project = repository();
    assert!(project.golf(&["new", "second"]).status.success());
    assert!(project.golf(&["score", "second"]).status.success());
    let theirs: serde_json::Value = serde_json::from_slice(&project.read("results/second/score.json")).unwrap();
    fs::remove_dir_all(project.path("results/second")).unwrap();
    commit(&project);
    // What lies in the work tree is not looked at.
    fs::write(project.path("submissions/second/model.safetensors"), "gone").unwrap();
    fs::write(project.path("verdict.json"), "").unwrap();
    let output = project.golf(&["ci", "--base", "base", "--output", "verdict.json"]);
    let comment = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        comment.contains("### `second` is in order") && comment.contains("1 files in submissions/second"),
        "{comment}"
    );
    let verdict: serde_json::Value = serde_json::from_slice(&project.read("verdict.json")).unwrap();
    assert_eq!(verdict["accepted"], true);
    assert_eq!(verdict["entry"]["classes"][0]["entries"], 2);
    assert_eq!(verdict["entry"]["digest"], theirs["probe"]["sha256"]);
    // Both are random weights, which two documents can't tell apart.
    assert!(comment.contains("-2 tied of 2 |"), "{comment}");
    // Nothing was recorded, and the comment can be made from the document alone.
    assert!(!project.path("results/second").exists());
    let again = project.golf(&["ci", "--comment", "verdict.json"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), comment);
}

#[test]
fn a_changed_entry_shows_its_score_from_before() {
    let project = repository();
    let readme = project.path("submissions/entry/README.md");
    fs::write(&readme, [fs::read(&readme).unwrap(), b"More.\n".to_vec()].concat()).unwrap();
    commit(&project);
    let verdict = verdict(&project, 0);
    let task = &verdict["entry"]["tasks"][0];
    assert!(task["value"].is_number());
    assert_eq!(task["value"], task["before"]);
    assert_eq!(verdict["entry"]["classes"][0]["before"], 1);
}

#[test]
fn an_entry_touches_its_own_folder_only() {
    let project = repository();
    assert!(project.golf(&["new", "second"]).status.success());
    fs::create_dir_all(project.path("results/second")).unwrap();
    fs::write(project.path("results/second/score.json"), "{}").unwrap();
    fs::write(project.path("tasks/season.json"), "{}").unwrap();
    fs::write(project.path("submissions/entry/README.md"), "# Entry\nMine now.\n").unwrap();
    commit(&project);
    git(&project, &["checkout", "--quiet", "base"]);
    let output = project.golf(&["ci", "--base", "base", "--head", "change"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    for piece in
        ["touches 2 entries (entry, second)", "`results/second/score.json`: leave records out", "`tasks/season.json`"]
    {
        assert!(errors.contains(piece), "no «{piece}» in {errors}");
    }
}

#[test]
fn a_broken_entry_is_refused_with_its_faults_by_the_paths_of_the_pull_request() {
    let project = repository();
    assert!(project.golf(&["new", "second"]).status.success());
    fs::write(project.path("submissions/second/submission.json"), "{\"schema\": 1,}").unwrap();
    commit(&project);
    let verdict = verdict(&project, 1);
    assert_eq!(verdict["accepted"], false);
    let fault = verdict["faults"][0].as_str().unwrap();
    assert!(fault.starts_with("submissions/second/submission.json"), "{fault}");
}

#[test]
fn an_entry_that_goes_is_said_to_go() {
    let project = repository();
    fs::remove_dir_all(project.path("submissions/entry")).unwrap();
    commit(&project);
    assert_eq!(verdict(&project, 0)["about"], "removal");
}

#[test]
fn a_change_of_the_project_is_not_an_entry() {
    let project = repository();
    assert_eq!(verdict(&project, 0)["about"], "nothing");
    fs::write(project.path("README.md"), "# Other\n").unwrap();
    commit(&project);
    assert_eq!(verdict(&project, 0)["about"], "project");
}

#[cfg(unix)]
#[test]
fn links_submodules_and_folders_are_refused_before_anything_is_written() {
    let project = repository();
    let folder = project.path("submissions/second");
    fs::create_dir_all(folder.join("more")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("README.md")).unwrap();
    fs::write(folder.join("more/file"), "x").unwrap();
    git(&project, &["add", "--all", "."]);
    let head = git(&project, &["rev-parse", "HEAD"]);
    let link = format!("160000,{},submissions/second/model.safetensors", head.trim());
    git(&project, &["update-index", "--add", "--cacheinfo", &link]);
    git(&project, &["commit", "--quiet", "--message", "Change"]);
    let verdict = verdict(&project, 1);
    let faults = verdict["faults"].to_string();
    for piece in ["README.md: a link", "model.safetensors: a submodule", "more/file: in a folder"] {
        assert!(faults.contains(piece), "no «{piece}» in {faults}");
    }
}

#[test]
fn commits_that_are_not_there_are_the_callers_fault() {
    let project = repository();
    project.expect(&["ci", "--base", "nowhere"], 2, "there is no commit `nowhere`");
    project.expect(&["ci", "--base", "--output"], 2, "");
    fs::write(project.path("verdict.json"), "{\"schema\": 1}").unwrap();
    project.expect(&["ci", "--comment", "verdict.json"], 1, "not a verdict");
}
