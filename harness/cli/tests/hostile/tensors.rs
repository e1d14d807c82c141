//! The tensors: vocabularies, codecs, scales.

use crate::fixture::{Case, Fixture, refused};
use golf_artifact::example;
use serde_json::json;

/// An artifact whose vocabulary is these lengths and bytes, the tensors of the rest being those of the example.
fn vocabulary(fixture: &Fixture, lengths: Vec<u8>, bytes: Vec<u8>) {
    let file = std::fs::read(fixture.path("model.safetensors")).unwrap();
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let mut body = vec![];
    for (name, tensor) in header.as_object_mut().unwrap().iter_mut().filter(|(name, _)| *name != "__metadata__") {
        let at = |index: usize| 8 + length + tensor["data_offsets"][index].as_u64().unwrap() as usize;
        let data = match name.as_str() {
            "vocabulary.lengths" => &lengths,
            "vocabulary.bytes" => &bytes,
            _ => &file[at(0)..at(1)],
        };
        if name.starts_with("vocabulary.") {
            tensor["shape"] = json!([data.len()]);
        }
        tensor["data_offsets"] = json!([body.len(), body.len() + data.len()]);
        body.extend_from_slice(data);
    }
    fixture.artifact(&crate::fixture::container(header.to_string().as_bytes(), &body));
}

/// The single bytes.
fn singles() -> (Vec<u8>, Vec<u8>) {
    (vec![1; 256], (0..=255).collect())
}

fn rename(fixture: &Fixture, from: &str, to: &str) {
    fixture.header_text(|text| text.replacen(&format!("\"{from}\""), &format!("\"{to}\""), 1));
}

fn shape(fixture: &Fixture, name: &str, shape: serde_json::Value) {
    fixture.header(|header| header[name]["shape"] = shape);
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("vocabulary-empty", |f| vocabulary(f, vec![], vec![]), "0 tokens, but a vocabulary has 256 to 65536"),
        refused(
            "vocabulary-with-an-empty-token",
            |f| {
                let (mut lengths, bytes) = singles();
                lengths.push(0);
                vocabulary(f, lengths, bytes);
            },
            "token 256 is empty",
        ),
        refused(
            "vocabulary-with-a-token-twice",
            |f| {
                let (mut lengths, mut bytes) = singles();
                lengths.extend([3, 3]);
                bytes.extend(b"thethe");
                vocabulary(f, lengths, bytes);
            },
            "token 257 spells the same bytes as token 256",
        ),
        refused(
            "vocabulary-lacks-a-byte",
            |f| {
                let (mut lengths, mut bytes) = singles();
                lengths[200] = 2;
                bytes[200] = b'a';
                bytes.insert(200, b'b');
                vocabulary(f, lengths, bytes);
            },
            "byte 0xc8",
        ),
        refused(
            "vocabulary-longer-than-its-bytes",
            |f| {
                let (mut lengths, bytes) = singles();
                lengths.extend([255; 100]);
                vocabulary(f, lengths, bytes);
            },
            "the lengths add up to 25756 bytes, but `vocabulary.bytes` has 256",
        ),
        refused(
            "vocabulary-of-a-megabyte-for-few-tokens",
            |f| {
                let (lengths, mut bytes) = singles();
                bytes.extend(vec![b'x'; 1 << 20]);
                vocabulary(f, lengths, bytes);
            },
            "the lengths add up to 256 bytes, but `vocabulary.bytes` has 1048832",
        ),
        refused(
            "vocabulary-of-65,537",
            |f| {
                let (mut lengths, mut bytes) = singles();
                for token in 0..65_281u32 {
                    lengths.push(3);
                    bytes.extend(&token.to_be_bytes()[1..]);
                }
                vocabulary(f, lengths, bytes);
            },
            "65537 tokens, but a vocabulary has 256 to 65536",
        ),
        refused(
            "vocabulary-in-two-dimensions",
            |f| shape(f, "vocabulary.lengths", json!([16, 16])),
            "its shape is [16, 16], but must be [V]",
        ),
        refused("codec-unknown", |f| rename(f, "embedding.i8", "embedding.zip"), "unknown codec `zip`"),
        refused(
            "codec-twice",
            |f| {
                f.header_text(|text| {
                    text.replacen("{", r#"{"embedding.i4":{"dtype":"U8","shape":[256,8],"data_offsets":[0,2048]},"#, 1)
                })
            },
            "`embedding.i4` overlaps `blocks.0.attention.gain` by 4 bytes, and 30 more overlap others",
        ),
        refused(
            "codec-of-another-width",
            |f| rename(f, "embedding.i8", "embedding.trit5"),
            "its dtype is I8, but must be U8",
        ),
        refused("tensor-unasked", |f| rename(f, "embedding.scale", "embedding.backup"), "`embedding.backup`"),
        refused(
            "tensor-missing",
            |f| f.header(|header| _ = header.as_object_mut().unwrap().shift_remove("blocks.1.mlp.down.trit5")),
            "a gap of 112 bytes before `blocks.1.mlp.gate.bit1`, from byte 4880 of the file",
        ),
        refused(
            "tensor-of-a-block-that-is-not",
            |f| rename(f, "blocks.1.attention.gain", "blocks.18446744073709551616.attention.gain"),
            "the configuration asks for no such tensor",
        ),
        refused(
            "tensor-name-with-a-path",
            |f| rename(f, "embedding.scale", "../../../etc/passwd"),
            "tensor `../../../etc/passwd`",
        ),
        refused(
            "tensor-name-with-escapes",
            |f| rename(f, "embedding.scale", "\\u001b[2J\\u001b]0;owned\\u0007"),
            "\\u{1b}",
        ),
        refused(
            "tensor-name-turning-direction",
            |f| rename(f, "embedding.scale", "embedding.\\u202egnp.elacs"),
            "\\u{202e}",
        ),
        refused(
            "embedding-of-no-rows",
            |f| shape(f, "embedding.i8", json!([0, 16])),
            "`embedding.i8` of I8 and shape [0, 16] needs 0 bytes, but its offsets give it 4096",
        ),
        refused(
            "embedding-transposed",
            |f| shape(f, "embedding.i8", json!([16, 256])),
            "its shape is [16, 256], but must be [R, 16]",
        ),
        refused(
            "trits-over-242",
            |f| f.tensor("blocks.0.attention.query.trit5", |data| data[0] = 243),
            "byte 0xf3 of row 0 is above 242, the largest that five trits give",
        ),
        refused(
            "trits-in-the-padding",
            |f| f.tensor("blocks.0.attention.query.trit5", |data| data[3] = 242),
            "byte 0xf2 of row 0 has padding other than weight 0",
        ),
        refused(
            "weight-of-minus-128",
            |f| f.tensor("embedding.i8", |data| data[9] = 0x80),
            "byte 0x80 of row 0 is the weight -128, and -127 to 127 are allowed",
        ),
        refused(
            "scales-in-three-dimensions",
            |f| shape(f, "embedding.scale", json!([1, 1, 256])),
            "its shape is [1, 1, 256], but must be [1], [256] or [256, groups] with a divisor of 16 gro",
        ),
        refused(
            "scales-that-overflow",
            |f| {
                f.tensor("embedding.scale", |data| {
                    data.chunks_exact_mut(2).enumerate().for_each(|(row, scale)| {
                        scale.copy_from_slice(&(if row == 0 { 0xffe0u16 } else { 0xffff }).to_le_bytes());
                    });
                })
            },
            "the scales span more than 31 bits between the largest and the smallest",
        ),
        refused(
            "gain-that-overflows",
            |f| f.tensor("blocks.0.attention.gain", |data| data[..2].copy_from_slice(&[255, 255])),
            "the gain of head 0 is 65535, at which scores could overflow 32 bits",
        ),
        refused(
            "work-over-the-limit",
            |f| {
                // A few megabytes that run 64 times: 2^31 multiply-adds a token.
                let config = golf_artifact::TernaryConfig {
                    dim: 512,
                    hidden: 32_768,
                    gated: false,
                    depth: vec![0; 64],
                    ..example::config()
                };
                f.artifact(&example::build(&config, 256, 1));
            },
            "multiply-adds per token",
        ),
    ]
}
