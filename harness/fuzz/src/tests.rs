//! Every target on its seeds, on what was found, and on random changes of both.

use crate::{TARGETS, Target};
use std::fs;
use std::path::Path;

/// Changed inputs of each target.
const CHANGES: u64 = 400;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % bound.max(1) as u64) as usize
    }
}

/// What fuzzing has found to break a target at some time.
fn found(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found").join(target.name);
    let Ok(files) = fs::read_dir(folder) else { return vec![] };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn changed(inputs: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = inputs[random.below(inputs.len())].clone();
    for _ in 0..=random.below(4) {
        let (low, high) = (random.below(input.len()), random.below(input.len()));
        let (low, high) = (low.min(high), low.max(high).min(low + 40));
        match random.below(6) {
            0 => input.truncate(low),
            1 => input.extend_from_within(low.min(high)..high.max(low)),
            2 => drop(input.drain(low.min(high)..high)),
            3 => input.insert(low, random.below(256) as u8),
            4 if low < input.len() => input[low] ^= 1 << random.below(8),
            5 if low < input.len() => input[low] = [0, 255, b'"', b'9', b'\n', 128][random.below(6)],
            _ => {}
        }
    }
    input
}

fn holds(name: &str) {
    let target = crate::named(name).unwrap();
    let inputs = [(target.seeds)(), found(target)].concat();
    for input in &inputs {
        assert!(input.len() <= target.longest, "a seed of {} bytes", input.len());
        (target.run)(input);
    }
    let mut random = Random(1);
    (0..CHANGES).for_each(|_| (target.run)(&changed(&inputs, &mut random)));
}

macro_rules! hold {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            holds($name);
        })*

        #[test]
        fn every_target_has_a_test() {
            assert_eq!(TARGETS.map(|target| target.name), [$($name),*]);
        }
    };
}

hold! {
    artifact "artifact"
    coded "coded"
    grams "grams"
    module "module"
    engine "engine"
    image "image"
    vocabulary "vocabulary"
    json "json"
    records "records"
    compressed "compressed"
    pull_request "pull-request"
    check "check"
    machine "machine"
}

#[test]
fn seeds_are_what_they_are_meant_to_be() {
    // Seeds that a reader refuses at once would teach a fuzzer nothing.
    let seeds = |name: &str| (crate::named(name).unwrap().seeds)();
    assert!(seeds("artifact").iter().all(|seed| golf_artifact::Artifact::read(seed).is_ok()));
    assert!(seeds("image").iter().all(|seed| golf_ternary::Image::new(seed).is_ok()));
    let bytes: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    let bytes: Vec<&[u8]> = bytes.iter().map(|token| &token[..]).collect();
    let sound =
        |seed: &Vec<u8>| golf_wasm::Module::new(&seed[4..], &[], &bytes, golf_core::Tokenization::Bytes).is_ok();
    assert!(seeds("module").iter().all(sound));
    let [score, .., message] = &seeds("records")[..] else { panic!("too few") };
    assert!(serde_json::from_slice::<golf_record::Score>(&score[1..]).is_ok());
    assert!(serde_json::from_slice::<golf::worker::Message>(&message[1..]).is_ok());
    assert!(crate::dictionary(crate::named("records").unwrap()).contains("\"\\\"strata\\\"\""));
}
