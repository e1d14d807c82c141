//! Tensors against the configuration, and what is in them.

use super::{Parts, expect};
use crate::header::Dtype;

/// The example after a change.
fn changed(change: impl Fn(&mut Parts)) -> Vec<u8> {
    let mut parts = Parts::tiny();
    change(&mut parts);
    parts.write()
}

/// The example with one byte of a tensor set.
fn with_byte(name: &str, at: usize, byte: u8) -> Vec<u8> {
    changed(|parts| parts.tensor(name).data.to_mut()[at] = byte)
}

#[test]
fn tensors_that_are_missing_or_unknown() {
    for (name, fault) in [
        ("vocabulary.lengths", "tensor `vocabulary.lengths`: the tensor is missing: add it as U8 [V]"),
        ("vocabulary.bytes", "tensor `vocabulary.bytes`: the tensor is missing"),
        (
            "embedding.i8",
            "tensor `embedding`: the matrix is missing: add it with one of the codecs `i8`, `i4`, `bit1`, `trit5`",
        ),
        (
            "embedding.scale",
            "tensor `embedding.scale`: the tensor is missing: add it as U16 [1], [256] or [256, groups]",
        ),
        ("blocks.1.mlp.gate.bit1", "tensor `blocks.1.mlp.gate`: the matrix is missing"),
        ("blocks.0.attention.gain", "tensor `blocks.0.attention.gain`: the tensor is missing: add it as U16 [2]"),
    ] {
        expect(&changed(|parts| parts.remove(name)), &[fault]);
    }
    expect(&changed(|parts| parts.add("head", Dtype::U8, &[1], vec![0])), &["tensor `head`, byte"]);
    expect(
        &changed(|parts| parts.tensor("blocks.0.attention.gain").name = "blocks.0.attention.gains".into()),
        &[
            "`blocks.0.attention.gain`: the tensor is missing",
            "unknown tensor, the configuration asks for no such tensor: remove it, or call it `blocks.0.attention.gain`",
        ],
    );
    let ungated = changed(|parts| parts.config = parts.config.replace("\"gated\":true", "\"gated\":false"));
    let unknown = "gate.bit1`, byte";
    expect(&ungated, &[unknown, unknown, "gate.scale`, byte", "gate.scale`, byte"]);
}

#[test]
fn codecs_that_are_unknown_or_two() {
    expect(
        &changed(|parts| parts.tensor("embedding.i8").name = "embedding.q8".into()),
        &["unknown codec `q8`: use one of `i8`"],
    );
    expect(
        &changed(|parts| parts.add("embedding.bit1", Dtype::U8, &[256, 2], vec![0; 512])),
        &["`embedding` is there as `embedding.bit1` as well: keep one of them"],
    );
}

#[test]
fn types_and_shapes_that_do_not_fit() {
    let as_type = |name: &'static str, dtype| changed(move |parts| parts.tensor(name).dtype = dtype);
    expect(&as_type("embedding.i8", Dtype::U8), &["its dtype is U8, but must be I8: store it as I8 [R, 16]"]);
    expect(
        &as_type("blocks.0.mlp.down.trit5", Dtype::I8),
        &["its dtype is I8, but must be U8: store it as U8 [16, 7]"],
    );
    let as_shape =
        |name: &'static str, shape: &'static [usize]| changed(move |parts| parts.tensor(name).shape = shape.into());
    expect(&as_shape("embedding.i8", &[16, 256]), &["its shape is [16, 256], but must be [R, 16]"]);
    expect(&as_shape("embedding.i8", &[4_096]), &["its shape is [4096], but must be [R, 16]"]);
    expect(&as_shape("blocks.0.mlp.down.trit5", &[7, 16]), &["its shape is [7, 16], but must be [16, 7]"]);
    expect(&as_shape("blocks.0.attention.gain", &[1, 2]), &["its shape is [1, 2], but must be [2]"]);
    expect(&as_shape("vocabulary.lengths", &[16, 16]), &["its shape is [16, 16], but must be [V]"]);
    expect(
        &as_shape("embedding.scale", &[16, 16]),
        &["its shape is [16, 16], but must be [1], [256] or [256, groups] with a divisor of 16 groups"],
    );
    let groups = changed(|parts| {
        let scale = parts.tensor("embedding.scale");
        (scale.shape, scale.data) = (vec![256, 3], vec![0; 256 * 3 * 2].into());
    });
    expect(&groups, &["its shape is [256, 3], but must be [1], [256] or [256, groups]"]);
}

#[test]
fn embeddings_with_too_many_or_no_rows() {
    let rows = |rows: usize| {
        changed(move |parts| {
            let tensor = parts.tensor("embedding.i8");
            (tensor.shape, tensor.data) = (vec![rows, 16], vec![0; rows * 16].into());
            let scale = parts.tensor("embedding.scale");
            (scale.shape, scale.data) = (vec![1], vec![0, 4].into());
        })
    };
    expect(&rows(1), &[]);
    expect(&rows(256), &[]);
    expect(&rows(257), &["257 rows, but with 256 tokens there must be 1 to 256"]);
    expect(&rows(0), &["0 rows, but with 256 tokens there must be 1 to 256"]);
}

#[test]
fn bytes_that_stand_for_no_weights() {
    expect(
        &with_byte("embedding.i8", 17, 0x80),
        &["byte 0x80 of row 1 is the weight -128, and -127 to 127 are allowed: clamp the weights to -127"],
    );
    expect(&with_byte("blocks.0.mlp.down.trit5", 0, 243), &["byte 0xf3 of row 0 is above 242"]);
    expect(&with_byte("blocks.0.mlp.down.trit5", 0, 242), &[]);
    // 32 columns: the last byte of a row holds two weights, and its padding digits are 1.
    expect(&with_byte("blocks.0.mlp.down.trit5", 6, 0), &["byte 0x00 of row 0 has padding other than weight 0"]);
    let all = changed(|parts| parts.tensor("blocks.1.mlp.down.trit5").data.to_mut().fill(255));
    expect(&all, &["tensor `blocks.1.mlp.down.trit5`, byte"]);
    assert!(
        super::faults(&all)[0].contains("is above 242, the largest that five trits give (and 111 more such bytes)")
    );
}

#[test]
fn padding_that_is_not_zero() {
    // Width 9: an odd number of nibbles, and one bit of a second byte.
    let mut config = crate::example::config();
    config.dim = 9;
    let file = crate::example::build(&config, 256, 1);
    expect(&file, &[]);
    let place = |name: &str| {
        let artifact = crate::Artifact::read(&file).expect("valid");
        artifact.tensors().iter().find(|tensor| tensor.name == name).expect("there").offset
    };
    for (name, last) in [("blocks.0.mlp.up.i4", 4), ("blocks.0.mlp.gate.bit1", 1)] {
        let mut file = file.clone();
        file[place(name) + last] |= 0x80;
        expect(&file, &["of row 0 has padding bits that are not 0: pad with 0"]);
    }
}

#[test]
fn scales_and_gains_that_overflow() {
    let spread = |small: u16| {
        changed(move |parts| {
            let data = parts.tensor("embedding.scale").data.to_mut();
            data[..2].copy_from_slice(&(1_024u16 << 5 | 10).to_le_bytes());
            data[2..4].copy_from_slice(&small.to_le_bytes());
        })
    };
    expect(&spread(1 << 5 | 30), &[]);
    expect(&spread(1 << 5 | 31), &["the scales span more than 31 bits"]);
    // A scale of zero has no exponent.
    expect(&spread(31), &[]);
    let gain = |gain: u16| {
        changed(move |parts| {
            parts.tensor("blocks.1.attention.gain").data.to_mut()[2..].copy_from_slice(&gain.to_le_bytes())
        })
    };
    let most = crate::example::config().largest_gain();
    expect(&gain(most), &[]);
    expect(
        &gain(most + 1),
        &["the gain of head 1 is 16644, at which scores could overflow 32 bits: keep gains to 16643"],
    );
}

fn vocabulary(lengths: Vec<u8>, bytes: Vec<u8>) -> Vec<u8> {
    changed(move |parts| {
        for (name, data) in [("vocabulary.lengths", &lengths), ("vocabulary.bytes", &bytes)] {
            let tensor = parts.tensor(name);
            (tensor.shape, tensor.data) = (vec![data.len()], data.clone().into());
        }
    })
}

#[test]
fn vocabularies_that_are_none() {
    let bytes: Vec<u8> = (0..=255).collect();
    let longer = |tail: &[u8]| [&bytes, tail].concat();
    let lengths = |tail: &[u8]| [&[1; 256], tail].concat();
    expect(&vocabulary(lengths(&[2]), longer(b"ab")), &[]);
    expect(
        &vocabulary(lengths(&[]), longer(b"a")),
        &["the lengths add up to 256 bytes, but `vocabulary.bytes` has 257"],
    );
    expect(&vocabulary(lengths(&[0]), longer(b"")), &["token 256 is empty: give every token 1 to 255 bytes"]);
    expect(&vocabulary(lengths(&[0, 0]), longer(b"")), &["2 tokens are empty, token 256 the first of them"]);
    expect(&vocabulary(lengths(&[2, 2]), longer(b"abab")), &["token 257 spells the same bytes as token 256: keep one"]);
    expect(&vocabulary(lengths(&[1, 1]), longer(b"ab")), &["token 256 spells the same bytes as token 97, and 1 more"]);
    expect(
        &vocabulary([[1; 255].as_slice(), &[2]].concat(), [&bytes[..255], b"ab"].concat()),
        &["no token is the single byte 0xff, so"],
    );
    let few = vocabulary(vec![1; 255], bytes[..255].to_vec());
    expect(&few, &["255 tokens, but a vocabulary has 256 to 65536", "256 rows, but with 255 tokens"]);
}

#[test]
fn more_work_than_the_engine_takes() {
    // One block that runs 64 times takes no more bytes than one that runs once.
    let mut config = crate::example::config();
    (config.dim, config.hidden, config.depth) = (512, 16_384, vec![0; 64]);
    let file = crate::example::build(&config, 256, 1);
    expect(&file, &["multiply-adds per token are more than the limit of 1073741824: make the model smaller"]);
}
