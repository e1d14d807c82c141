//! Entries that bring their own code. What a module does when it runs is for the tests of golf-wasm.

use crate::fixture::{Case, Fixture, in_order, refused};
use golf_artifact::{ArtifactBuilder, Dtype, Model};
use golf_core::Tokenization;

/// A module in order, with something before its memory and the body of its prediction.
fn text(before: &str, predict: &str) -> String {
    format!(
        r#"(module {before} (memory (export "memory") 1)
            (func (export "data") (param i32) (result i32) i32.const 0)
            (func (export "logits") (param i32) (result i32) i32.const 0)
            (func (export "predict") {predict})
            (func (export "observe") (param i32)))"#
    )
}

/// Puts an artifact of these tensors in place.
fn put(fixture: &Fixture, tensors: &[(&str, Dtype, &[u8])]) {
    let mut builder = ArtifactBuilder::new(Model::Wasm { tokenizer: Tokenization::Bytes });
    builder.vocabulary(&(0..=255).map(|byte| [byte]).collect::<Vec<_>>());
    for &(name, dtype, data) in tensors {
        builder.tensor(name, dtype, &[data.len()], data);
    }
    fixture.artifact(&builder.finish());
    fixture.manifest(|manifest| manifest["engine"] = "wasm".into());
}

fn assembled(fixture: &Fixture, text: &str) {
    put(fixture, &[("module", Dtype::U8, &wat::parse_str(text).unwrap())]);
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        in_order("module-that-loops", |f| assembled(f, &text("", "(loop $l (br $l))"))),
        refused("module-missing", |f| put(f, &[]), "tensor `module`: the tensor is missing: add it as U8 [bytes]"),
        refused(
            "module-of-no-bytes",
            |f| put(f, &[("module", Dtype::U8, b"")]),
            "doesn't begin as a WebAssembly module does",
        ),
        refused(
            "module-as-text",
            |f| put(f, &[("module", Dtype::U8, text("", "").as_bytes())]),
            "doesn't begin as a WebAssembly module does",
        ),
        refused(
            "module-of-another-type",
            |f| put(f, &[("module", Dtype::I8, b"\0asm\x01\0\0\0")]),
            "its dtype is I8, but must be U8",
        ),
        refused(
            "module-cut-off",
            |f| put(f, &[("module", Dtype::U8, b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f")]),
            "the module can't be run: ",
        ),
        refused(
            "module-without-exports",
            |f| put(f, &[("module", Dtype::U8, b"\0asm\x01\0\0\0")]),
            "the module doesn't export `data`",
        ),
        refused(
            "module-too-large",
            |f| put(f, &[("module", Dtype::U8, &[&b"\0asm\x01\0\0\0"[..], &vec![0; 2_000_000]].concat())]),
            "the module has 2000008 bytes, and 1000000 are allowed",
        ),
        refused(
            "module-that-opens-files",
            |f| assembled(f, &text(r#"(import "wasi_snapshot_preview1" "path_open" (func))"#, "")),
            "imports `path_open` of `wasi_snapshot_preview1`, but nothing is there to import",
        ),
        refused(
            "module-that-starts",
            |f| assembled(f, &text("(func $loop (loop $l (br $l)))", "").replace("(memory", "(start $loop) (memory")),
            "has a start function",
        ),
        refused("module-with-floats", |f| assembled(f, &text("", "(drop (f32.const 1))")), "floating-point"),
        refused(
            "module-of-4-gib",
            |f| assembled(f, &text("", "").replace("\"memory\") 1", "\"memory\") 65536")),
            "begins with 65536 pages of 65,536 bytes, and 2048 are allowed",
        ),
        refused(
            "module-with-another-tensor",
            |f| {
                let module = wat::parse_str(text("", "")).unwrap();
                put(f, &[("module", Dtype::U8, &module), ("date", Dtype::U8, &[1])]);
            },
            "unknown tensor, the configuration asks for no such tensor: remove it, or call it `data`",
        ),
    ]
}
