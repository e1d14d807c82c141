//! The configuration in the metadata.

use super::{Parts, expect};
use crate::{Model, write};

/// The example with one text of its configuration replaced.
#[track_caller]
fn replaced(from: &str, to: &str) -> Vec<u8> {
    let mut parts = Parts::tiny();
    assert!(parts.config.contains(from), "{}", parts.config);
    parts.config = parts.config.replacen(from, to, 1);
    parts.write()
}

#[test]
fn what_is_no_configuration() {
    expect(&write("{\"engine\":}", &[]), &["configuration 1:11: a value is missing here"]);
    expect(&write("[]", &[]), &["configuration 1:1: the configuration is an array: write an object"]);
    expect(&write("{}", &[]), &["configuration 1:1: the field `engine` is missing"]);
    expect(&write("{\"engine\":\"tern\"}", &[]), &["`engine` is `tern`: write `ternary`, `mix`, `uniform` or `ngram`"]);
    expect(&write("{\"engine\":\"uniform\",\n \"version\":2}", &[]), &["configuration 2:12: `version` is 2"]);
    expect(&write("{\"engine\":\"uniform\",\"version\":1,\"dim\":3}", &[]), &["unknown field `dim`"]);
}

#[test]
fn mix_has_its_limits() {
    let mix = |orders, log2_slots| write(&Model::Mix { orders, log2_slots }.to_json(), &[]);
    for (orders, log2_slots) in [(1, 12), (8, 22)] {
        expect(&mix(orders, log2_slots), &[]);
    }
    for (orders, log2_slots) in [(0, 12), (9, 12)] {
        expect(&mix(orders, log2_slots), &["`orders` is"]);
    }
    expect(&mix(0, 11), &["write one from 1 to 8", "write one from 12 to 22"]);
    expect(&mix(8, 23), &["`log2_slots` is 23"]);
}

#[test]
fn fields_that_are_unknown_missing_or_twice() {
    expect(
        &replaced("\"window\"", "\"windows\""),
        &["unknown field `windows`: remove it, or write `window`", "the field `window` is missing"],
    );
    expect(&replaced("\"window\"", "\"dim\":16,\"window\""), &["the key `dim` occurs twice"]);
    expect(&replaced("\"period\"", "\"base\""), &["unknown field `base`", "the field `period` is missing"]);
}

#[test]
fn fields_out_of_range() {
    for (from, to, fault) in [
        ("\"version\":1", "\"version\":0", "`version` is 0, but must be a whole number: write one from 1 to 1"),
        ("\"bytes\"", "\"words\"", "`tokenizer` is `words`: write `bytes`, `bpe` or `longest-match`"),
        ("\"start\":10", "\"start\":65536", "`start` is 65536"),
        ("\"dim\":16", "\"dim\":8193", "`dim` is 8193, but must be a whole number: write one from 1 to 8192"),
        ("\"dim\":16", "\"dim\":0", "`dim` is 0"),
        ("\"dim\":16", "\"dim\":16.0", "`dim` is 16.0"),
        ("\"dim\":16", "\"dim\":\"16\"", "`dim` is a string: write a whole number"),
        ("\"dim\":16", "\"dim\":1e99999", "`dim` is 1e99999"),
        ("\"dim\":16", "\"dim\":99999999999999999999999", "`dim` is 99999999999999999999999"),
        ("\"heads\":2", "\"heads\":257", "`heads` is 257"),
        ("\"kv_heads\":1", "\"kv_heads\":0", "`kv_heads` is 0"),
        ("\"hidden\":32", "\"hidden\":32769", "`hidden` is 32769"),
        ("\"gated\":true", "\"gated\":1", "`gated` is a number: write true or false"),
        ("\"window\":64", "\"window\":4097", "`window` is 4097"),
        ("\"period\":256", "\"period\":8", "`period` is 8"),
        ("\"period\":256", "\"period\":131072", "`period` is 131072"),
        ("\"period\":256", "\"period\":100", "`period` is 100: make it a power of two"),
        ("[41,", "[256,", "`frequencies` is 256, but must be a whole number: write one from 0 to 255"),
        ("[41,", "[", "`frequencies` has 3 items: write 4"),
        ("[0,1]", "[]", "`depth` has 0 items: write 1 to 64"),
        ("[0,1]", "[0,64]", "`depth` is 64"),
        ("[0,1]", "[0,2]", "`depth` never runs block 1, though there is a block 2: number the blocks from 0"),
        ("\"softcap\":0", "\"softcap\":1001", "`softcap` is 1001"),
        ("\"head_dim\":8", "\"head_dim\":130", "`head_dim` is 130"),
    ] {
        expect(&replaced(from, to), &[fault]);
    }
}

#[test]
fn fields_that_do_not_go_together() {
    expect(&replaced("\"head_dim\":8", "\"head_dim\":9"), &["`head_dim` is 9: make it even"]);
    expect(&replaced("\"kv_heads\":1", "\"kv_heads\":3"), &["`heads` is 2, which is not a multiple of `kv_heads`, 3"]);
    expect(
        &replaced("\"start\":10", "\"start\":256"),
        &["`start` of the configuration is 256, but there are 256 tokens"],
    );
}

#[test]
fn work_and_memory_are_bounded() {
    let mut parts = Parts::tiny();
    for (from, to) in
        [("\"window\":64", "\"window\":4096"), ("\"heads\":2", "\"heads\":256"), ("\"head_dim\":8", "\"head_dim\":128")]
    {
        parts.config = parts.config.replacen(from, to, 1);
    }
    parts.config =
        parts.config.replace("\"kv_heads\":1", "\"kv_heads\":256").replace("[0,1]", &format!("[{}1]", "0,".repeat(63)));
    let frequencies = format!("[{}]", ["1"; 64].join(","));
    parts.config = parts.config.replace("[41,13,4,1]", &frequencies);
    expect(
        &parts.write(),
        &[
            "the key and value cache would take 17179869184 bytes, and at most 1073741824",
            "attention would take 17179869184 multiply-adds per token, and at most 1073741824",
        ],
    );
}
