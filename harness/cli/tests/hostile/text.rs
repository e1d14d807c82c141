//! What people read: the manifest and the README.

use crate::fixture::{Case, Fixture, in_order, refused};
use serde_json::{Value, json};

fn set(fixture: &Fixture, field: &str, value: impl Into<Value>) {
    fixture.manifest(|manifest| manifest[field] = value.into());
}

fn raw(fixture: &Fixture, change: impl FnOnce(String) -> Vec<u8>) {
    let text = std::fs::read_to_string(fixture.path("submission.json")).unwrap();
    fixture.put("submission.json", change(text));
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused(
            "manifest-not-utf-8",
            |f| {
                raw(f, |text| {
                    text.replacen("Entry", "\u{1}", 1)
                        .into_bytes()
                        .into_iter()
                        .map(|b| if b == 1 { 0xff } else { b })
                        .collect()
                })
            },
            "byte 0xff is not valid UTF-8",
        ),
        refused(
            "manifest-byte-order-mark",
            |f| raw(f, |text| format!("\u{feff}{text}").into()),
            "the file starts with a byte order mark",
        ),
        refused("manifest-crlf", |f| raw(f, |text| text.replacen(',', ",\r\n", 3).into()), "a line ends with CR LF"),
        refused(
            "manifest-utf-16",
            |f| raw(f, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            "control character U+0000",
        ),
        refused("manifest-deep", |f| raw(f, |_| "[".repeat(60_000).into()), "values are nested more than 32 deep"),
        refused(
            "manifest-key-twice",
            |f| raw(f, |text| text.replacen('{', "{\"name\":\"Other\",", 1).into()),
            "the key `name` occurs twice in this object",
        ),
        refused("manifest-unknown-field", |f| set(f, "score", 0.5), "`score` is what the harness measures"),
        refused(
            "manifest-without-a-licence",
            |f| f.manifest(|m| _ = m.as_object_mut().unwrap().shift_remove("license")),
            "the field `license` is missing",
        ),
        refused(
            "licence-unknown",
            |f| set(f, "license", "Free for friends"),
            "`license`: `Free` is not known as an SPDX identifier",
        ),
        refused(
            "schema-2^63",
            |f| set(f, "schema", 1u64 << 63),
            "`schema` is 9223372036854775808, but must be a whole number",
        ),
        refused(
            "name-with-terminal-escapes",
            |f| set(f, "name", "\u{1b}[31mred\u{1b}[0m"),
            "`name` has the invisible character U+001B",
        ),
        refused("name-with-a-line-feed", |f| set(f, "name", "two\nlines"), "`name` has the invisible character U+000A"),
        refused(
            "name-turning-direction",
            |f| set(f, "name", "abc\u{202e}fed"),
            "`name` has the invisible character U+202E",
        ),
        refused(
            "name-of-nothing-visible",
            |f| set(f, "name", "\u{200b}\u{200b}"),
            "`name` has the invisible character U+200B",
        ),
        refused("name-too-long", |f| set(f, "name", "n".repeat(10_000)), "`name` has 10000 characters"),
        refused("name-empty", |f| set(f, "name", ""), "`name` is empty: fill it in."),
        refused("authors-none", |f| set(f, "authors", json!([])), "`authors` has 0 items"),
        refused("authors-too-many", |f| set(f, "authors", json!(vec!["a"; 5_000])), "there are too many values"),
        refused("authors-with-escapes", |f| set(f, "authors", json!(["\u{9b}2J"])), "control character U+009B"),
        refused(
            "description-with-nul",
            |f| set(f, "description", "a\0b"),
            "`description` has the invisible character U+0000",
        ),
        refused(
            "techniques-too-many",
            |f| set(f, "techniques", json!((0..1_000).map(|i| i.to_string()).collect::<Vec<_>>())),
            "`techniques` has 1000 items",
        ),
        refused(
            "hours-1e999",
            |f| raw(f, |text| text.replacen("\"hours\":0", "\"hours\":1e999", 1).into()),
            "`hours` is negative or too large",
        ),
        refused(
            "hours-negative",
            |f| f.manifest(|m| m["training"]["hours"] = (-1).into()),
            "`hours` is negative or too large",
        ),
        refused(
            "tokens-2^64",
            |f| raw(f, |text| text.replacen("\"tokens\":0", "\"tokens\":18446744073709551616", 1).into()),
            "`tokens` is 18446744073709551616, but must be a whole number",
        ),
        refused(
            "artifact-elsewhere",
            |f| f.manifest(|m| m["artifact"]["file"] = "../other/model.safetensors".into()),
            "`file` is `../other/model.safetensors`",
        ),
        refused(
            "artifact-absolute",
            |f| f.manifest(|m| m["artifact"]["file"] = "/dev/zero".into()),
            "`file` is `/dev/zero`",
        ),
        refused(
            "digest-of-another",
            |f| f.manifest(|m| m["artifact"]["sha256"] = "0".repeat(64).into()),
            "`sha256` is 0000000000000000000000000000000000000000000000000000000000000000, but that of",
        ),
        refused(
            "digest-in-capitals",
            |f| {
                f.manifest(|m| {
                    m["artifact"]["sha256"] = m["artifact"]["sha256"].as_str().unwrap().to_uppercase().into()
                })
            },
            "`sha256` is `B7EDB7B1AFCE80FEBDC148F157CF1063BC3BB4088D95FCF74216EC0C0C47…`",
        ),
        refused(
            "manifest-of-a-megabyte",
            |f| raw(f, |text| (text + &" ".repeat(1 << 20)).into()),
            "the file has 1,048,889 bytes, 984,889 more than the 64,000 allowed",
        ),
        refused("readme-not-utf-8", |f| f.put("README.md", b"# \xc3\x28\n"), "byte 0xc3 is not valid UTF-8"),
        refused("readme-of-white-space", |f| f.put("README.md", " \n\t\n"), "the file has nothing but white space"),
        refused(
            "readme-of-20-megabytes",
            |f| f.put("README.md", vec![b'a'; 20 << 20]),
            "the file has 20,971,520 bytes, 20,715,520 more than the 256,000 allowed",
        ),
        refused("readme-with-terminal-escapes", |f| f.put("README.md", "# A\n\u{1b}[2J\n"), "control character U+001B"),
        refused(
            "readme-a-pointer",
            |f| f.put("README.md", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
            "a Git LFS pointer in place of the file",
        ),
        // Text that is text: shown as such, see the site's tests.
        in_order("name-with-html", |f| set(f, "name", "<script>alert(1)</script>")),
        in_order("description-with-html", |f| set(f, "description", "\"><img src=x onerror=alert(1)>")),
        in_order("readme-with-script-and-remote-content", |f| {
            f.put("README.md", "# A\n<script src=\"https://example.org/x.js\"></script>\n![pixel](https://example.org/p.gif)\n[x](javascript:alert(1))\n");
        }),
    ]
}
