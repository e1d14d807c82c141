//! What a pull request's paths come to.

use super::is_plain;
use golf::pull_request::{self, Scope};
use golf_record::submission::is_slug;

/// The listing of a folder as git prints it, in which every path counts as changed.
pub(super) fn run(data: &[u8]) {
    let Some(files) = pull_request::tree(data) else { return };
    let changes: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    match pull_request::scope(&changes) {
        Scope::Entry(slug) => {
            assert!(is_slug(&slug), "{slug}");
            let folder = format!("submissions/{slug}");
            assert!(changes.iter().all(|path| path.starts_with(&format!("{folder}/"))));
            let refusals = pull_request::refusals(&folder, &files);
            assert!(refusals.iter().all(|line| is_line(line)), "{refusals:?}");
            if refusals.is_empty() {
                // Every one of them is written as a file in the folder and nowhere else.
                for file in &files {
                    let name = std::path::Path::new(&file.path[folder.len() + 1..]);
                    let parts: Vec<_> = name.components().collect();
                    assert!(matches!(parts[..], [std::path::Component::Normal(part)] if part == name), "{name:?}");
                }
            }
        }
        Scope::Mixed(faults) => {
            assert!(!faults.is_empty() && faults.iter().all(|line| is_line(line)), "{faults:?}");
        }
        Scope::Nothing => assert!(changes.is_empty()),
        Scope::Project => assert!(changes.iter().all(|path| !path.starts_with("submissions/"))),
        Scope::Removal(_) => panic!("paths alone don't tell"),
    }
}

fn is_line(text: &str) -> bool {
    is_plain(text) && !text.contains('\n')
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let line =
        |mode: &str, path: &str| format!("{mode} blob 0123456789012345678901234567890123456789    1234\t{path}\0");
    let own = ["README.md", "submission.json", "model.safetensors"]
        .map(|name| line("100644", &format!("submissions/a/{name}")));
    let odd = [
        line("120000", "submissions/a/README.md"),
        line("160000", "submissions/a/x"),
        line("100644", "submissions/a/../../README.md"),
        line("100644", "submissions/b-2/x y\\z"),
        line("100755", "results/a/score.json"),
        line("100644", "submissions/-a/\u{202e}`x"),
        line("100644", "tasks/season.json"),
        line("100644", "submissions"),
    ];
    let all = own.concat();
    odd.iter().map(|odd| format!("{all}{odd}").into_bytes()).chain([all.clone().into_bytes(), vec![]]).collect()
}
