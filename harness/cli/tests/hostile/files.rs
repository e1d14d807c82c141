//! The folder: what isn't an ordinary file with a name of its own.

use crate::fixture::{Case, Fixture, refused};
use std::fs;

fn big(fixture: &Fixture, name: &str, bytes: u64) {
    fs::File::create(fixture.path(name)).unwrap().set_len(bytes).unwrap();
}

/// Replaces a file by what `make` puts there.
#[cfg(unix)]
fn replace(fixture: &Fixture, name: &str, make: impl FnOnce(&std::path::Path)) {
    let path = fixture.path(name);
    fs::remove_file(&path).unwrap();
    make(&path);
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        refused(
            "one-byte-over",
            |f| big(f, "model.safetensors", 16_000_001),
            "inference reads 16,000,001 bytes, 1 over the budget of 16,000,000; the largest file is mod",
        ),
        refused(
            "a-terabyte-with-holes",
            |f| big(f, "model.safetensors", 1 << 40),
            "inference reads 1,099,511,627,776 bytes, 1,099,495,627,776 over the budget of 16,000,000;",
        ),
        refused("artifact-empty", |f| f.put("model.safetensors", ""), "the file is empty"),
        refused(
            "artifact-a-pointer",
            |f| f.put("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
            "a Git LFS pointer in place of the file",
        ),
        refused("artifact-missing", |f| fs::remove_file(f.path("model.safetensors")).unwrap(), "the file is missing"),
        refused("manifest-missing", |f| fs::remove_file(f.path("submission.json")).unwrap(), "the file is missing"),
        refused("readme-missing", |f| fs::remove_file(f.path("README.md")).unwrap(), "the file is missing"),
        refused("a-second-model", |f| f.put("model2.safetensors", "x"), "a file of this name can't be here"),
        refused("code", |f| f.put("model.py", "import os"), "a file of this name can't be here"),
        refused("a-hidden-file", |f| f.put(".env", "x"), "a hidden file: remove it."),
        refused("a-git-file", |f| f.put(".git", "gitdir: ../../.git/modules/x"), "a repository within the repository"),
        refused("attributes-of-git", |f| f.put(".gitattributes", "* filter=x"), "a hidden file: remove it."),
        refused(
            "a-folder",
            |f| fs::create_dir(f.path("weights")).unwrap(),
            "a folder: keep only files here, none of them in a folder.",
        ),
        refused(
            "artifact-a-folder",
            |f| {
                fs::remove_file(f.path("model.safetensors")).unwrap();
                fs::create_dir(f.path("model.safetensors")).unwrap();
            },
            "a folder: keep only files here, none of them in a folder.",
        ),
        refused(
            "training-log-of-100-megabytes",
            |f| big(f, "train.log", 100 << 20),
            "the file has 104,857,600 bytes, 96,857,600 more than the 8,000,000 allowed",
        ),
        refused(
            "training-log-a-pointer",
            |f| f.put("train.log", "version https://git-lfs.github.com/spec/v1\n"),
            "a Git LFS pointer in place of the file",
        ),
        refused(
            "name-with-a-space",
            |f| f.put("train. log", "x"),
            "entry/train. log: a file of this name can't be here",
        ),
        refused(
            "name-with-a-backslash",
            |f| f.put("train.a\\..\\b", "x"),
            "entry/train.a\\..\\b: a file of this name can't be here",
        ),
        refused(
            "10,000-files",
            |f| (0..10_000).for_each(|i| f.put(&format!("train.{i}"), "x")),
            "10,003 files, more than the 32 allowed",
        ),
        refused(
            "names-that-differ-by-case",
            |f| {
                f.put("train.py", "x");
                f.put("train.PY", "y")
            },
            "the name differs from `train.PY` only by case, which some systems can't tell",
        ),
        refused(
            "readme-by-another-case",
            |f| f.put("readme.md", "x"),
            "the name differs from `README.md` only by case, which some systems can't tell",
        ),
    ];
    #[cfg(unix)]
    cases.extend(unix());
    cases
}

#[cfg(unix)]
fn unix() -> Vec<Case> {
    use nix::sys::stat::Mode;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    vec![
        refused(
            "artifact-a-link-to-zero",
            |f| replace(f, "model.safetensors", |path| symlink("/dev/zero", path).unwrap()),
            "a link: put the file itself here.",
        ),
        refused(
            "readme-a-link-outside",
            |f| replace(f, "README.md", |path| symlink("/etc/passwd", path).unwrap()),
            "a link: put the file itself here.",
        ),
        refused(
            "readme-a-link-to-itself",
            |f| replace(f, "README.md", |path| symlink("README.md", path).unwrap()),
            "a link: put the file itself here.",
        ),
        refused(
            "manifest-a-link-to-nowhere",
            |f| replace(f, "submission.json", |path| symlink("nowhere", path).unwrap()),
            "a link: put the file itself here.",
        ),
        refused(
            "artifact-a-hard-link",
            |f| {
                let other = f.path("").with_file_name("elsewhere");
                fs::rename(f.path("model.safetensors"), &other).unwrap();
                fs::hard_link(other, f.path("model.safetensors")).unwrap();
            },
            "the file has another name elsewhere (a hard link)",
        ),
        refused(
            "artifact-a-fifo",
            |f| replace(f, "model.safetensors", |path| nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap()),
            "neither a file nor a folder",
        ),
        refused(
            "training-log-a-fifo",
            |f| nix::unistd::mkfifo(&f.path("train.log"), Mode::S_IRWXU).unwrap(),
            "neither a file nor a folder",
        ),
        refused(
            "artifact-a-socket",
            |f| replace(f, "model.safetensors", |path| _ = std::os::unix::net::UnixListener::bind(path).unwrap()),
            "neither a file nor a folder",
        ),
        refused(
            "name-not-utf-8",
            |f| fs::write(f.path("").join(std::ffi::OsStr::from_bytes(b"train.\xff")), "x").unwrap(),
            "entry: the name `train.�` is not valid UTF-8",
        ),
        refused(
            "file-name-with-terminal-escapes",
            |f| f.put("train.\u{1b}[2J", "x"),
            "entry/train.\\u{1b}[2J: a file of this name can't be here",
        ),
        refused(
            "file-name-with-a-line-feed",
            |f| f.put("train.a\nb", "x"),
            "entry/train.a\\u{a}b: a file of this name can't be here",
        ),
        refused(
            "file-name-turning-direction",
            |f| f.put("train.\u{202e}yp", "x"),
            "entry/train.\\u{202e}yp: a file of this name can't be here",
        ),
        refused(
            "name-of-html",
            |f| f.put("train.<img src=x>", "x"),
            "entry/train.<img src=x>: a file of this name can't be here",
        ),
    ]
}
