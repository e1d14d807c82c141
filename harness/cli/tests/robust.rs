//! What goes wrong in real life: broken files, kills, limits.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

mod common;

use common::Project;

#[test]
fn a_second_run_scores_nothing_and_changes_nothing() {
    let project = Project::new();
    assert!(project.golf(&["run"]).status.success());
    let score = project.read("results/entry/score.json");
    let modified = |path: &str| fs::metadata(project.path(path)).unwrap().modified().unwrap();
    let before = modified("results/entry/score.json");
    assert!(project.golf(&["run"]).status.success());
    assert_eq!(before, modified("results/entry/score.json"));
    assert!(String::from_utf8(project.read("README.md")).unwrap().contains("| [entry]("));
    assert!(project.path("site/dist/index.html").is_file() && project.path("site/dist/entries/entry.html").is_file());
    assert!(project.golf(&["run", "--force"]).status.success());
    assert_eq!(score, project.read("results/entry/score.json"));
}

#[test]
fn the_number_of_threads_and_the_kernel_change_nothing() {
    let project = Project::new();
    let score = |threads: &str, kernel: &str| {
        let output =
            project.command(&["score", "--force", "--threads", threads]).env("GOLF_KERNEL", kernel).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        project.read("results/entry/score.json")
    };
    let first = score("1", "scalar");
    for kernel in golf_ternary::Kernel::available() {
        for threads in ["1", "2", "5"] {
            assert_eq!(first, score(threads, kernel.name()), "{} {threads}", kernel.name());
        }
    }
    let output = project.command(&["score", "--force"]).env("GOLF_KERNEL", "abacus").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn one_byte_over_the_budget_is_refused_before_it_is_read() {
    let project = Project::new();
    let file = fs::File::options().write(true).open(project.path("submissions/entry/model.safetensors")).unwrap();
    file.set_len(16_000_001).unwrap();
    project.expect(&["run"], 1, "1 byte");
    assert!(!project.path("results/entry").exists(), "nothing is recorded of an entry that isn't in order");
    file.set_len(16_000_000).unwrap();
    let output = project.golf(&["check"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("over the budget"));
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let project = Project::new();
    let artifact = project.read("submissions/entry/model.safetensors");
    for place in (0..artifact.len()).step_by(artifact.len() / 12) {
        let mut broken = artifact.clone();
        broken[place] ^= 1 << (place % 8);
        fs::write(project.path("submissions/entry/model.safetensors"), broken).unwrap();
        project.expect(&["check", "entry"], 1, "`sha256` is");
    }
}

#[test]
fn truncated_artifacts_are_refused_with_a_sentence() {
    let project = Project::new();
    let artifact = project.read("submissions/entry/model.safetensors");
    for length in [0, 1, 7, 8, 9, 100, artifact.len() / 2, artifact.len() - 1] {
        project.replace_artifact(&artifact[..length]);
        project.expect(&["score", "entry"], 1, "model.safetensors");
        assert!(!project.path("results/entry").exists());
    }
}

#[test]
fn the_coded_form_of_an_artifact_scores_the_same() {
    let project = Project::new();
    let score = || {
        let output = project.golf(&["score", "entry", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (document["scores"][0]["probe"].clone(), document["scores"][0]["tasks"].clone())
    };
    let (plain, before) = (project.read("submissions/entry/model.safetensors"), score());
    let recode = |from: &str, to: &str, form: &[&str]| {
        let output = project.golf(&[&["recode", from, "--output", to], form].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    recode("submissions/entry/model.safetensors", "coded.safetensors", &[]);
    recode("coded.safetensors", "plain.safetensors", &["--plain"]);
    assert_eq!(project.read("plain.safetensors"), plain);
    let coded = project.read("coded.safetensors");
    assert!(coded.len() < plain.len());
    project.replace_artifact(&coded);
    assert_eq!(score(), before);
    project.replace_artifact(&coded[..coded.len() - 9]);
    project.expect(&["check", "entry"], 1, "model.safetensors");
    fs::write(project.path("cut.safetensors"), &coded[..coded.len() - 9]).unwrap();
    project.expect(&["recode", "cut.safetensors", "-o", "x.safetensors"], 1, "cut.safetensors: byte");
    assert!(!project.path("x.safetensors").exists());
}

#[test]
fn broken_folders_are_refused_with_a_sentence() {
    let project = Project::new();
    fs::create_dir(project.path("submissions/empty")).unwrap();
    project.expect(&["check", "empty"], 1, "submission.json");
    project.expect(&["check", "nowhere"], 3, "no such folder");
    project.expect(&["check", "README.md"], 1, "README.md");
    project.expect(&["score", "nowhere"], 2, "there is no submission `nowhere`; there are empty, entry");
    let artifact = project.path("submissions/entry/model.safetensors");
    fs::remove_file(&artifact).unwrap();
    project.expect(&["check", "entry"], 1, "model.safetensors");
    fs::create_dir(&artifact).unwrap();
    project.expect(&["check", "entry"], 1, "model.safetensors");
    // The others go on.
    assert!(project.golf(&["new", "second"]).status.success());
    project.expect(&["run"], 1, "submissions/entry");
    assert!(project.path("results/second/score.json").is_file());
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let project = Project::new();
    let manifest = project.path("submissions/entry/submission.json");
    let mut bytes = fs::read(&manifest).unwrap();
    bytes[30] = 0xff;
    fs::write(manifest, bytes).unwrap();
    project.expect(&["check", "entry"], 1, "submission.json:");
    project.expect(&["check", "entry"], 1, "UTF-8");
}

#[test]
fn a_record_that_was_changed_by_hand_does_not_verify() {
    let project = Project::new();
    assert!(project.golf(&["score"]).status.success());
    assert!(project.golf(&["verify"]).status.success());
    let path = project.path("results/entry/score.json");
    let text = fs::read_to_string(&path).unwrap();
    let cost = text.split("\"cost\":[").nth(1).unwrap().split([',', ']']).next().unwrap().to_owned();
    let better = (cost.parse::<u64>().unwrap() - 1).to_string();
    fs::write(&path, text.replacen(&cost, &better, 1)).unwrap();
    project.expect(&["verify"], 1, "is recorded");
    fs::write(&path, "{").unwrap();
    project.expect(&["verify"], 3, "delete the file");
}

#[test]
fn a_kill_in_the_middle_loses_nothing() {
    let project = Project::new();
    for delay in [5, 20, 60, 150, 400] {
        let mut child =
            project.command(&["run", "--force"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(project.golf(&["run"]).status.success());
    assert!(project.golf(&["verify"]).status.success());
}

#[test]
fn an_entry_over_its_limits_is_a_record_and_the_others_go_on() {
    let project = Project::new();
    // A model that wants 256 MiB for its table.
    fs::write(project.path("mix.json"), r#"{"engine":"mix","version":1,"orders":6,"log2_slots":22}"#).unwrap();
    assert!(project.golf(&["pack", "mix.json", "-o", "mix.safetensors"]).status.success());
    let manifest = project.path("submissions/entry/submission.json");
    let text = fs::read_to_string(&manifest).unwrap().replace("ternary", "mix");
    fs::write(&manifest, text).unwrap();
    project.replace_artifact(&project.read("mix.safetensors"));
    assert!(project.golf(&["new", "other"]).status.success());
    for (limit, kind) in [(["--timeout", "0"], "timeout"), (["--memory", "100000000"], "memory")] {
        let output = project.golf(&["run", "--force", limit[0], limit[1]]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let records = fs::read_dir(project.path("results/entry")).unwrap();
        let texts: Vec<String> = records.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        assert!(texts.iter().any(|text| text.contains(&format!("\"kind\":\"{kind}\""))), "{texts:?}");
        assert!(project.path("site/dist/index.html").is_file());
        assert_eq!(project.path("results/other/score.json").is_file(), kind == "memory");
    }
    // What failed is tried again.
    assert!(project.golf(&["run"]).status.success());
    assert!(project.golf(&["verify"]).status.success());
}

#[test]
fn results_that_cannot_be_written_are_the_machines_fault() {
    let project = Project::new();
    fs::write(project.path("results"), "a file where a folder should be").unwrap();
    project.expect(&["run"], 3, "results");
}

#[test]
fn a_task_whose_data_changed_is_refused() {
    let project = Project::new();
    fs::write(project.path("tasks/prose/data/short.txt"), "A shorter.\n").unwrap();
    project.expect(&["run"], 3, "is not the file that task.json pins");
}
