//! The container: lengths, the header's JSON, where tensors lie.

use crate::fixture::{Case, Fixture, container, refused};
use serde_json::{Value, json};

/// The length before the header, with nothing else changed.
fn length(fixture: &Fixture, length: u64) {
    let mut file = std::fs::read(fixture.path("model.safetensors")).unwrap();
    file[..8].copy_from_slice(&length.to_le_bytes());
    fixture.artifact(&file);
}

fn embedding(fixture: &Fixture, field: &str, value: Value) {
    fixture.header(|header| header["embedding.i8"][field] = value);
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused(
            "header-length-2^31",
            |f| length(f, 1 << 31),
            "the header's length is 2147483648 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "header-length-2^32",
            |f| length(f, 1 << 32),
            "the header's length is 4294967296 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "header-length-2^63",
            |f| length(f, 1 << 63),
            "the header's length is 9223372036854775808 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "header-length-2^64-1",
            |f| length(f, u64::MAX),
            "the header's length is 18446744073709551615 bytes, and at most 1000000 are allowed",
        ),
        refused("header-length-0", |f| length(f, 0), "the header must start with `{`"),
        refused(
            "header-length-past-the-end",
            |f| length(f, 900_000),
            "the header's length is 900000 bytes, but only 9996 follow",
        ),
        refused(
            "header-length-in-a-tensor",
            |f| length(f, 20_000),
            "the header's length is 20000 bytes, but only 9996 follow",
        ),
        refused(
            "seven-bytes",
            |f| f.artifact(b"\x01\x00\x00\x00\x00\x00\x00"),
            "7 bytes are too few for a safetensors file",
        ),
        refused(
            "only-a-length",
            |f| f.artifact(&8u64.to_le_bytes()),
            "the header's length is 8 bytes, but only 0 follow",
        ),
        refused("no-json", |f| f.artifact(&container(b"model?", b"")), "the header must start with `{`"),
        refused(
            "spaces-before-the-header",
            |f| f.header_text(|text| format!("  {text}")),
            "the header must start with `{`",
        ),
        refused("two-documents", |f| f.header_text(|text| format!("{text}{{}}")), "something follows the value"),
        refused("an-array", |f| f.header_text(|text| format!("[{text}]")), "the header must start with `{`"),
        refused("not-utf-8", |f| f.artifact(&container(b"{\"\xff\xfe\": 1}", b"")), "the header is not valid UTF-8"),
        refused(
            "byte-order-mark",
            |f| f.header_text(|text| format!("\u{feff}{text}")),
            "the header must start with `{`",
        ),
        refused(
            "nul-in-the-header",
            |f| f.header_text(|text| text.replacen("{", "{\0", 1)),
            "a key must be a string in double quotes",
        ),
        refused(
            "deep-json",
            |f| f.artifact(&container(format!("{{\"a\":{}", "[".repeat(400_000)).as_bytes(), b"")),
            "values are nested more than 32 deep",
        ),
        refused(
            "deep-json-objects",
            |f| f.artifact(&container("{\"a\":".repeat(150_000).as_bytes(), b"")),
            "values are nested more than 32 deep",
        ),
        refused(
            "header-bomb",
            |f| {
                let tensors: Vec<String> = (0..40_000).map(|i| format!("\"{i}\":0,")).collect();
                f.header_text(|text| text.replacen("{", &format!("{{{}", tensors.concat()), 1));
            },
            "`0` is a number: write an object.",
        ),
        refused(
            "header-of-spaces",
            |f| f.header_text(|text| text.replacen("{", &format!("{{{}", " ".repeat(999_000)), 1)),
            "the header's length is 1002098 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "long-key",
            |f| f.header_text(|text| text.replacen("{", &format!("{{\"{}\":1,", "k".repeat(500_000)), 1)),
            "`kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…` is a number",
        ),
        refused(
            "long-number",
            |f| f.header_text(|text| text.replacen("[256,", &format!("[{},", "9".repeat(100_000)), 1)),
            "`shape` is 999999999999999999999999999999999999999999999999999999999999…, but must be a wh",
        ),
        refused(
            "tensor-twice",
            |f| {
                f.header_text(|text| {
                    text.replacen("{", r#"{"embedding.i8":{"dtype":"I8","shape":[0,0],"data_offsets":[0,0]},"#, 1)
                })
            },
            "the key `embedding.i8` occurs twice in this object",
        ),
        refused(
            "metadata-twice",
            |f| f.header_text(|text| text.replacen("{", r#"{"__metadata__":{"golf":"{}"},"#, 1)),
            "the key `__metadata__` occurs twice in this object",
        ),
        refused(
            "key-twice-by-escape",
            |f| {
                f.header_text(|text| {
                    text.replacen("{", r#"{"embedding.\u00698":{"dtype":"I8","shape":[0,0],"data_offsets":[0,0]},"#, 1)
                })
            },
            "the key `embedding.i8` occurs twice in this object",
        ),
        refused(
            "no-metadata",
            |f| f.header(|header| _ = header.as_object_mut().unwrap().shift_remove("__metadata__")),
            "the header has no `__metadata__`",
        ),
        refused(
            "metadata-of-others",
            |f| f.header(|header| header["__metadata__"]["format"] = "pt".into()),
            "unknown field `format`",
        ),
        refused("unknown-field", |f| embedding(f, "strides", json!([1, 1])), "unknown field `strides`"),
        refused(
            "no-dtype",
            |f| f.header(|header| _ = header["embedding.i8"].as_object_mut().unwrap().shift_remove("dtype")),
            "the field `dtype` is missing",
        ),
        refused("dtype-unknown", |f| embedding(f, "dtype", "Q4_K".into()), "`embedding.i8` has dtype `Q4_K`"),
        refused(
            "dtype-float",
            |f| embedding(f, "dtype", "F32".into()),
            "`embedding.i8` has dtype `F32`, which is floating point: inference is in integers only",
        ),
        refused("dtype-of-8-bytes", |f| embedding(f, "dtype", "I64".into()), "`embedding.i8` has dtype `I64`"),
        refused(
            "offset-2^31",
            |f| embedding(f, "data_offsets", json!([0, 1u64 << 31])),
            "`data_offsets` is 2147483648, but must be a whole number",
        ),
        refused(
            "offset-2^32",
            |f| embedding(f, "data_offsets", json!([1u64 << 32, (1u64 << 32) + 4_096])),
            "`data_offsets` is 4294967296, but must be a whole number",
        ),
        refused(
            "offset-2^63",
            |f| embedding(f, "data_offsets", json!([1u64 << 63, (1u64 << 63) + 4_096])),
            "`data_offsets` is 9223372036854775808, but must be a whole number",
        ),
        refused(
            "offset-2^64-1",
            |f| embedding(f, "data_offsets", json!([0, u64::MAX])),
            "`data_offsets` is 18446744073709551615, but must be a whole number",
        ),
        refused(
            "offset-2^64",
            |f| {
                f.header_text(|text| {
                    text.replacen("\"data_offsets\":[0,", "\"data_offsets\":[18446744073709551616,", 1)
                })
            },
            "`data_offsets` is 18446744073709551616, but must be a whole number",
        ),
        refused(
            "offset-negative",
            |f| embedding(f, "data_offsets", json!([-1, 4_095])),
            "`data_offsets` is -1, but must be a whole number",
        ),
        refused(
            "offset-fraction",
            |f| embedding(f, "data_offsets", json!([0.5, 4_096.5])),
            "`data_offsets` is 0.5, but must be a whole number",
        ),
        refused(
            "offset-exponent",
            |f| f.header_text(|text| text.replacen("\"data_offsets\":[0,", "\"data_offsets\":[0e0,", 1)),
            "`data_offsets` is 0e0, but must be a whole number",
        ),
        refused(
            "offsets-backwards",
            |f| embedding(f, "data_offsets", json!([4_096, 0])),
            "`embedding.i8` ends at 0, before it begins at 4096",
        ),
        refused("one-offset", |f| embedding(f, "data_offsets", json!([0])), "`data_offsets` has 1 items"),
        refused(
            "shape-2^31",
            |f| embedding(f, "shape", json!([1u64 << 31, 16])),
            "`embedding.i8` of I8 and shape [2147483648, 16] needs 34359738368 bytes, but its offsets g",
        ),
        refused(
            "shape-2^32",
            |f| embedding(f, "shape", json!([1u64 << 32, 1u64 << 32])),
            "`embedding.i8` of I8 and shape [4294967296, 4294967296] needs more than any file's bytes,",
        ),
        refused(
            "shape-2^63",
            |f| embedding(f, "shape", json!([1u64 << 63, 2])),
            "`shape` is 9223372036854775808, but must be a whole number",
        ),
        refused(
            "shape-2^64-1",
            |f| embedding(f, "shape", json!([u64::MAX, u64::MAX])),
            "`shape` is 18446744073709551615, but must be a whole number",
        ),
        refused(
            "shape-that-wraps-to-the-right-size",
            |f| embedding(f, "shape", json!([(1u64 << 60) + 256, 16])),
            "`shape` is 1152921504606847232, but must be a whole number",
        ),
        refused("shape-of-10,000-ones", |f| embedding(f, "shape", json!(vec![1; 10_000])), "`shape` has 10000 items"),
        refused(
            "shape-of-none",
            |f| embedding(f, "shape", json!([])),
            "`embedding.i8` of I8 and shape [] needs 1 bytes, but its offsets give it 4096",
        ),
        refused(
            "tensors-overlap",
            |f| {
                f.header(|header| {
                    let other = header["vocabulary.lengths"]["data_offsets"].clone();
                    header["vocabulary.bytes"]["data_offsets"] = other;
                })
            },
            "a gap of 256 bytes before `vocabulary.bytes`, from byte 9491 of the file",
        ),
        refused(
            "gap-before-a-tensor",
            |f| {
                f.header(|header| {
                    for (_, tensor) in
                        header.as_object_mut().unwrap().iter_mut().filter(|(name, _)| *name != "__metadata__")
                    {
                        for offset in tensor["data_offsets"].as_array_mut().unwrap() {
                            *offset = (offset.as_u64().unwrap() + 16).into();
                        }
                    }
                });
                let mut file = std::fs::read(f.path("model.safetensors")).unwrap();
                file.extend([0; 16]);
                f.artifact(&file);
            },
            "a gap of 16 bytes before `blocks.0.attention.gain`, from byte 3108 of the file",
        ),
        refused(
            "bytes-after-the-last-tensor",
            |f| {
                let mut file = std::fs::read(f.path("model.safetensors")).unwrap();
                file.extend(b"PK\x03\x04 hidden");
                f.artifact(&file);
            },
            "11 bytes after the last tensor, from byte 10004 of the file",
        ),
        refused(
            "last-byte-missing",
            |f| {
                let mut file = std::fs::read(f.path("model.safetensors")).unwrap();
                file.pop();
                f.artifact(&file);
            },
            "`data_offsets` is 6898, but must be a whole number",
        ),
        refused(
            "a-pickle",
            |f| f.artifact(b"\x80\x02}q\x00(X\x06\x00\x00\x00weightcos\nsystem\n"),
            "the header's length is 457159344547234432 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "a-zip",
            |f| f.artifact(b"PK\x03\x04\x14\x00\x00\x00\x08\x00"),
            "the header's length is 85966670672 bytes, and at most 1000000 are allowed",
        ),
        refused(
            "a-gzip-bomb",
            |f| f.artifact(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xed\xc1\x01\x0d\x00"),
            "the header's length is 559903 bytes, but only 7 follow",
        ),
        refused("zeros", |f| f.artifact(&[0; 4_096]), "the header must start with `{`"),
        refused(
            "all-ones",
            |f| f.artifact(&[255; 4_096]),
            "the header's length is 18446744073709551615 bytes, and at most 1000000 are allowed",
        ),
    ]
}
