//! The configuration: sizes and work that a header announces.

use crate::fixture::{Case, Fixture, refused};
use serde_json::{Value, json};

fn set(fixture: &Fixture, field: &str, value: impl Into<Value>) {
    fixture.config(|config| config[field] = value.into());
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused(
            "config-no-json",
            |f| f.header(|header| header["__metadata__"]["golf"] = "ternary".into()),
            "`ternary` is not JSON",
        ),
        refused(
            "config-empty",
            |f| f.header(|header| header["__metadata__"]["golf"] = "".into()),
            "the text ends where a value should be",
        ),
        refused(
            "config-deep",
            |f| f.header(|header| header["__metadata__"]["golf"] = "[".repeat(100_000).into()),
            "values are nested more than 32 deep",
        ),
        refused(
            "config-key-twice",
            |f| {
                f.header(|header| {
                    let text = header["__metadata__"]["golf"].as_str().unwrap().replacen("{", "{\"window\":4096,", 1);
                    header["__metadata__"]["golf"] = text.into();
                })
            },
            "the key `window` occurs twice in this object",
        ),
        refused("engine-unknown", |f| set(f, "engine", "python"), "`engine` is `python`"),
        refused(
            "engine-not-the-manifests",
            |f| f.header(|header| header["__metadata__"]["golf"] = "{\"engine\":\"uniform\",\"version\":1}".into()),
            "unknown tensor, the engine `uniform` reads no tensors",
        ),
        refused(
            "version-2^32",
            |f| set(f, "version", 1u64 << 32),
            "`version` is 4294967296, but must be a whole number",
        ),
        refused("field-unknown", |f| set(f, "script", "import os"), "unknown field `script`"),
        refused(
            "field-missing",
            |f| f.config(|config| _ = config.as_object_mut().unwrap().shift_remove("heads")),
            "the field `heads` is missing",
        ),
        refused("tokenizer-unknown", |f| set(f, "tokenizer", "sentencepiece"), "`tokenizer` is `sentencepiece`"),
        refused("dim-0", |f| set(f, "dim", 0), "`dim` is 0, but must be a whole number"),
        refused("dim-2^31", |f| set(f, "dim", 1u64 << 31), "`dim` is 2147483648, but must be a whole number"),
        refused("dim-2^64-1", |f| set(f, "dim", u64::MAX), "`dim` is 18446744073709551615, but must be a whole number"),
        refused("dim-text", |f| set(f, "dim", "16"), "`dim` is a string"),
        refused("dim-float", |f| set(f, "dim", 16.0), "`dim` is 16.0, but must be a whole number"),
        refused(
            "heads-2^63",
            |f| set(f, "heads", 1u64 << 63),
            "`heads` is 9223372036854775808, but must be a whole number",
        ),
        refused(
            "kv-heads-no-divisor",
            |f| {
                set(f, "heads", 3);
                set(f, "kv_heads", 2)
            },
            "`heads` is 3, which is not a multiple of `kv_heads`, 2",
        ),
        refused("head-dim-odd", |f| set(f, "head_dim", 7), "`head_dim` is 7: make it even"),
        refused("hidden-2^32", |f| set(f, "hidden", 1u64 << 32), "`hidden` is 4294967296, but must be a whole number"),
        refused("window-0", |f| set(f, "window", 0), "`window` is 0, but must be a whole number"),
        refused("context-2^31", |f| set(f, "window", 1u64 << 31), "`window` is 2147483648, but must be a whole number"),
        refused(
            "window-1e308",
            |f| f.header_text(|text| text.replacen("\\\"window\\\":64", "\\\"window\\\":1e308", 1)),
            "`window` is 1e308, but must be a whole number",
        ),
        refused(
            "rope-period-3",
            |f| f.config(|config| config["rope"]["period"] = 3.into()),
            "`period` is 3, but must be a whole number",
        ),
        refused(
            "rope-frequency-2^31",
            |f| f.config(|config| config["rope"]["frequencies"][0] = (1u64 << 31).into()),
            "`frequencies` is 2147483648, but must be a whole number",
        ),
        refused(
            "rope-bomb",
            |f| f.config(|config| config["rope"]["frequencies"] = json!(vec![1; 60_000])),
            "`frequencies` has 60000 items",
        ),
        refused("depth-0", |f| set(f, "depth", json!([])), "`depth` has 0 items"),
        refused("depth-65", |f| set(f, "depth", json!(vec![0; 65])), "`depth` has 65 items"),
        refused(
            "depth-block-2^63",
            |f| set(f, "depth", json!([0, 1u64 << 63])),
            "`depth` is 9223372036854775808, but must be a whole number",
        ),
        refused(
            "depth-with-a-gap",
            |f| set(f, "depth", json!([0, 2])),
            "`depth` never runs block 1, though there is a block 2",
        ),
        refused(
            "softcap-2^31",
            |f| set(f, "softcap", 1u64 << 31),
            "`softcap` is 2147483648, but must be a whole number",
        ),
        refused(
            "start-past-the-vocabulary",
            |f| set(f, "start", 60_000),
            "`start` of the configuration is 60000, but there are 256 tokens",
        ),
        refused(
            "10^15-multiply-adds",
            |f| {
                f.config(|config| {
                    config["dim"] = 8_192.into();
                    config["hidden"] = 32_768.into();
                    config["depth"] = json!(vec![0; 64]);
                })
            },
            "its shape is [256, 16], but must be [R, 8192]",
        ),
        refused(
            "attention-work",
            |f| {
                f.config(|config| {
                    for (field, value) in [("heads", 256), ("kv_heads", 1), ("head_dim", 128), ("window", 4_096)] {
                        config[field] = value.into();
                    }
                    config["rope"]["frequencies"] = json!(vec![1; 64]);
                    config["depth"] = json!(vec![0; 64]);
                })
            },
            "attention would take 17179869184 multiply-adds per token, and at most 1073741824 are allow",
        ),
        refused(
            "cache-of-gigabytes",
            |f| {
                f.config(|config| {
                    for (field, value) in [("heads", 256), ("kv_heads", 256), ("head_dim", 128), ("window", 4_096)] {
                        config[field] = value.into();
                    }
                    config["rope"]["frequencies"] = json!(vec![1; 64]);
                    config["depth"] = json!(vec![0; 64]);
                })
            },
            "the key and value cache would take 17179869184 bytes, and at most 1073741824 are allowed",
        ),
    ]
}
