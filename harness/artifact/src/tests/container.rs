//! The safetensors file itself.

use super::{Parts, expect, with_header};
use crate::header::Dtype;
use crate::{Artifact, Model, example, write};

/// The example with one text of its header replaced.
fn replaced(from: &str, to: &str) -> Vec<u8> {
    let file = example::tiny(1);
    with_header(&file, |header| {
        assert!(header.contains(from), "{header}");
        header.replacen(from, to, 1)
    })
}

#[test]
fn files_that_are_no_safetensors_files() {
    expect(b"", &["byte 0: 0 bytes are too few"]);
    expect(b"1234567", &["byte 0: 7 bytes are too few"]);
    expect(&[0xff; 64], &["byte 0: the header's length is 18446744073709551615 bytes, and at most 1000000"]);
    expect(&1_000_001u64.to_le_bytes(), &["the header's length is 1000001 bytes"]);
    expect(&64u64.to_le_bytes(), &["the header's length is 64 bytes, but only 0 follow"]);
    expect(b"version https://git-lfs.github.com/spec/v1\n", &["a Git LFS pointer in place of the file"]);
    expect(&[&2u64.to_le_bytes()[..], b"{\xff"].concat(), &["byte 9: the header is not valid UTF-8"]);
    expect(&[&3u64.to_le_bytes()[..], b" {}"].concat(), &["byte 8: the header must start with `{`"]);
    expect(&[&1u64.to_le_bytes()[..], b"{"].concat(), &["byte 9: the text ends within an object"]);
    expect(&[&2u64.to_le_bytes()[..], b"{}"].concat(), &["byte 8: the header has no `__metadata__`"]);
}

#[test]
fn a_cut_file() {
    let mut file = example::tiny(1);
    let whole = file.len();
    file.pop();
    // The tensor at the end.
    let length = whole - Artifact::read(&example::tiny(1)).map_or(0, |artifact| artifact.header_bytes());
    expect(
        &file,
        &[&format!("`data_offsets` is {length}, but must be a whole number: write one from 0 to {}", length - 1)],
    );
}

#[test]
fn metadata_with_other_keys_or_none() {
    expect(&replaced("\"golf\":", "\"format\":\"pt\",\"golf\":"), &["byte 25: unknown field `format`: remove it"]);
    expect(
        &replaced("\"golf\":", "\"Golf\":"),
        &["unknown field `Golf`: remove it, or write `golf`", "the field `golf` is missing"],
    );
    expect(
        &replaced("\"__metadata__\":{", "\"__metadata__\":{\"golf\":1,"),
        &["`golf` is a number", "`golf` occurs twice"],
    );
}

#[test]
fn keys_that_occur_twice() {
    let twice = replaced("\"vocabulary.lengths\"", "\"vocabulary.bytes\"");
    expect(
        &twice,
        &[
            "the key `vocabulary.bytes` occurs twice in this object: keep one of them",
            "256 bytes after the last tensor",
            "tensor `vocabulary.lengths`: the tensor is missing",
        ],
    );
    expect(&replaced("\"dtype\":\"U16\"", "\"dtype\":\"U16\",\"dtype\":\"U16\""), &["the key `dtype` occurs twice"]);
}

#[test]
fn unknown_fields_of_a_tensor() {
    expect(&replaced("\"dtype\"", "\"codec\":1,\"dtype\""), &["unknown field `codec`"]);
}

#[test]
fn types_that_are_not_integers_of_the_format() {
    let fault = "has dtype `F16`, which is floating point: inference is in integers only: quantise it with `golf pack`";
    expect(&replaced("\"U16\"", "\"F16\""), &[fault]);
    expect(&replaced("\"U16\"", "\"I64\""), &["has dtype `I64`: use U8, I8 or U16"]);
    expect(&replaced("\"U16\"", "7"), &["`dtype` is a number: write a string"]);
}

#[test]
fn shapes_that_are_none() {
    let shape = |shape: &str| {
        let name = "\"vocabulary.bytes\":{\"dtype\":\"U8\",\"shape\":";
        replaced(&format!("{name}[256]"), &format!("{name}{shape}"))
    };
    let needs = "`vocabulary.bytes` of U8 and shape [257] needs 257 bytes, but its offsets give it 256";
    expect(&shape("[257]"), &[needs]);
    // Where addresses have 32 bits, this wraps to 256.
    let needs = "`vocabulary.bytes` of U8 and shape [4294967552] needs 4294967552 bytes, but its offsets give it 256";
    expect(&shape("[4294967552]"), &[needs]);
    expect(&shape("[1099511627776,1099511627776,1099511627776]"), &["needs more than any file's bytes"]);
    expect(&shape("[-256]"), &["`shape` is -256, but must be a whole number"]);
    expect(&shape("\"256\""), &["`shape` is a string: write an array"]);
    expect(&shape("[1,1,1,1,1,1,1,1,256]"), &["`shape` has 9 items"]);
}

/// A file of one unknown tensor after another, with any offsets.
fn with_offsets(offsets: &[(usize, usize)], body: usize) -> Vec<u8> {
    let mut header = format!("{{\"__metadata__\":{{\"golf\":{:?}}}", Model::Uniform.to_json());
    for (index, (begin, end)) in offsets.iter().enumerate() {
        let size = end.saturating_sub(*begin);
        header += &format!(",\"t{index}\":{{\"dtype\":\"U8\",\"shape\":[{size}],\"data_offsets\":[{begin},{end}]}}");
    }
    header.push('}');
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; body]].concat()
}

#[test]
fn gaps_overlaps_and_trailing_bytes() {
    let unknown = "unknown tensor, the engine `uniform` reads no tensors: remove it";
    expect(&with_offsets(&[(0, 4), (6, 8)], 8), &["a gap of 2 bytes before `t1`", unknown, unknown]);
    expect(&with_offsets(&[(1, 4)], 4), &["a gap of 1 bytes before `t0`", unknown]);
    expect(&with_offsets(&[(0, 4), (3, 8)], 8), &["`t1` overlaps `t0` by 1 bytes", unknown, unknown]);
    expect(&with_offsets(&[(0, 8), (2, 4)], 8), &["`t1` overlaps `t0` by 2 bytes", unknown, unknown]);
    let three = [(0, 8), (1, 2), (2, 4)];
    expect(&with_offsets(&three, 8), &["`t1` overlaps `t0` by 1 bytes, and 1 more overlap", unknown, unknown, unknown]);
    expect(&with_offsets(&[(0, 4)], 7), &["3 bytes after the last tensor", unknown]);
    expect(&with_offsets(&[], 7), &["7 bytes after the last tensor"]);
    expect(
        &with_offsets(&[(0, 9)], 8),
        &["`data_offsets` is 9, but must be a whole number: write one from 0 to 8", unknown],
    );
    expect(&with_offsets(&[(4, 0)], 8), &["`t0` ends at 0, before it begins at 4", unknown]);
}

#[test]
fn all_faults_are_reported_at_once() {
    let mut parts = Parts::tiny();
    parts.config = parts.config.replace("\"softcap\":0", "\"softcap\":0,\"dropout\":1");
    let file = with_header(&parts.write(), |header| header.replacen("\"golf\":", "\"a\":\"b\",\"golf\":", 1));
    let column = parts.config.find("\"dropout\"").expect("there") + 1;
    expect(
        &file,
        &["byte 25: unknown field `a`", &format!("configuration 1:{column}: unknown field `dropout`: remove it")],
    );
}

#[test]
fn a_header_of_many_faults_is_cut_short() {
    let tensors: Vec<_> = (0..3_000)
        .map(|index| crate::Tensor { name: format!("x{index}"), dtype: Dtype::U8, shape: vec![0], data: vec![].into() })
        .collect();
    let faults = super::faults(&write(&Model::Uniform.to_json(), &tensors));
    assert_eq!(faults.len(), 101);
    assert!(faults[100].contains("2900 more faults are not shown"), "{}", faults[100]);
}

#[test]
fn a_header_of_too_many_values() {
    let values = "0,".repeat(100_000);
    expect(&replaced("[256]", &format!("[{values}0]")), &["there are too many values"]);
}
