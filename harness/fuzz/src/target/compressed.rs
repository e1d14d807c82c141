//! `compress` and `decompress`.

use golf::compressed::{self, HEADER, Key};
use golf::model::{self, Loaded};
use golf_artifact::{Artifact, Model, example, write};
use std::sync::LazyLock;

/// Longest text that a damaged file may speak of here; the harness itself goes to a gigabyte.
const LONGEST: u64 = 300;

/// A model of each engine.
static MODELS: LazyLock<[(Key, Loaded); 3]> = LazyLock::new(|| {
    let mix = write(&Model::Mix { orders: 2, log2_slots: 12 }.to_json(), &[]);
    [write(&Model::Uniform.to_json(), &[]), mix, example::tiny(1)].map(|file| {
        use sha2::Digest;
        let artifact = Artifact::read(&file).expect("an example");
        let key = Key { artifact: sha2::Sha256::digest(&file).into(), engine: model::engine(&artifact) };
        (key, model::load(&artifact).expect("an example"))
    })
});

/// The first byte picks the model, and whether the rest is a text that is compressed and comes back, a file, or what follows a file's header.
pub(super) fn run(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let (key, loaded) = &MODELS[usize::from(first) % 3];
    let done = loaded.start(|mut model| {
        if first & 0x80 != 0 {
            let (mut file, coded) = compressed::write(key, &mut model, rest).expect("any text can be compressed");
            assert_eq!(compressed::read(key, &mut model, &file).as_deref(), Ok(rest));
            let bound = coded.cost / 65_536 / 8 + coded.tokens / 100_000 + 18;
            assert!(file.len() as u64 <= HEADER as u64 + bound, "{} bytes for {}", file.len(), coded.cost);
            // One more byte is seen.
            file.push(0);
            assert!(compressed::read(key, &mut model, &file).is_err());
            return;
        }
        let mut file = rest.to_vec();
        if first & 0x40 != 0 {
            let (text, _) = compressed::write(key, &mut model, b"").expect("any text can be compressed");
            file = [&text[..HEADER], rest].concat();
            file[80] = rest.first().copied().unwrap_or_default();
            file[88..HEADER].copy_from_slice(&(rest.len() as u64).to_le_bytes());
        }
        let length = file.get(80..88).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
        if length <= LONGEST || length > compressed::LIMIT {
            let text = compressed::read(key, &mut model, &file);
            if let Ok(text) = text {
                assert_eq!(text.len() as u64, length);
                assert!(compressed::write(key, &mut model, &text).is_ok());
            }
        }
    });
    done.expect("the model starts");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let text = b"The kettle sang before anyone was up.\n";
    let file = |which: usize| {
        let (key, loaded) = &MODELS[which];
        loaded.start(|mut model| compressed::write(key, &mut model, text).expect("a text").0).expect("it starts")
    };
    (0..3u8)
        .flat_map(|which| {
            let file = file(which.into());
            // Numbers with these remainders by three.
            let (text_mode, body_mode) =
                ((0x80..).find(|mode| mode % 3 == which), (0x40..).find(|mode| mode % 3 == which));
            [
                [&[text_mode.expect("one of three")], &text[..]].concat(),
                [&[which], &file[..]].concat(),
                [&[body_mode.expect("one of three")], &file[HEADER..]].concat(),
            ]
        })
        .collect()
}
