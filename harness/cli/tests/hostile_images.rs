//! Hostile images: whatever the bytes are, the firmware refuses them with a code, or does its job and comes to what this machine's engine comes to. The machine in process
//! has flash, the image and as much RAM as the job says, and nothing else, so that any access that goes astray ends the run.

use golf::model::Loaded;
use golf::scoring;
use golf::simulate::{JOB, image, program};
use golf::worker;
use golf_artifact::example;
use golf_simulator::{Error, Job, Program, run};
use golf_ternary::Image;
use proptest::prelude::*;
use std::sync::OnceLock;

const BUDGET: u64 = 100_000_000;
/// Words of the header and of the descriptors of a model with two blocks.
const WORDS: usize = 25 + 6 + 2 * (7 * 6 + 1);
const WINDOW: usize = 11;
const HUGE: u32 = 4_096;

/// A small model with every codec, weights by rows and by columns, with and without groups of columns.
fn whole() -> &'static [u8] {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    image(LOADED.get_or_init(|| worker::load(&example::tiny(7)).unwrap())).unwrap()
}

fn firmware() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| program().unwrap())
}

/// What becomes of an image: an exit status, 0 if it runs.
fn verdict(bytes: &[u8], ram_bytes: u32) -> Result<u32, String> {
    let job = Job { probe: 2, generate: 1, ram_bytes, ..JOB };
    let report = match run(firmware(), bytes, &job, BUDGET) {
        Ok(outcome) => outcome.report,
        Err(Error::Status { status: status @ (3 | 4), .. }) => return Ok(status),
        Err(other) => return Err(other.to_string()),
    };
    Image::new(bytes).map_err(|fault| format!("it runs, but here {fault}"))?;
    let here = Loaded::Ternary(bytes.to_vec(), OnceLock::new());
    let probe =
        here.start(|mut model| scoring::probe(&mut model, 2)).and_then(|probe| probe).map_err(|fault| fault.message)?;
    if (probe.tokens, &probe.sha256) == (report.probe_tokens, &report.digest) {
        Ok(0)
    } else {
        Err(format!("{} instead of {}", report.digest, probe.sha256))
    }
}

/// Words are counted from the first.
fn word(bytes: &[u8], word: usize) -> u32 {
    u32::from_le_bytes(bytes[4 * word..4 * word + 4].try_into().unwrap())
}

fn put(bytes: &mut [u8], word: usize, value: u32) {
    bytes[4 * word..4 * word + 4].copy_from_slice(&value.to_le_bytes());
}

fn with(word: usize, value: u32) -> Vec<u8> {
    let mut bytes = whole().to_vec();
    put(&mut bytes, word, value);
    bytes
}

/// Something done to an image; places beyond its end are taken from its beginning again.
#[derive(Clone, Debug)]
enum Mutation {
    /// A word of the header or of a descriptor.
    Word(usize, u32),
    /// A word there, by so much more.
    More(usize, i32),
    /// A word there, with what another has.
    Copy(usize, usize),
    /// Any bit.
    Flip(usize),
    /// Any byte.
    Byte(usize, u8),
    /// Its length, the word of which is made to agree.
    Length(usize),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let words = WORDS.min(bytes.len() / 4);
        if words == 0 {
            return;
        }
        match *self {
            Mutation::Word(place, value) => put(bytes, place % words, value),
            Mutation::More(place, by) => put(bytes, place % words, word(bytes, place % words).wrapping_add_signed(by)),
            Mutation::Copy(place, from) => put(bytes, place % words, word(bytes, from % words)),
            Mutation::Flip(bit) => {
                let bit = bit % (8 * bytes.len());
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            Mutation::Byte(place, value) => {
                let place = place % bytes.len();
                bytes[place] = value;
            }
            Mutation::Length(length) => {
                bytes.resize(length % (2 * bytes.len()), 0x5a);
                if bytes.len() >= 12 {
                    put(bytes, 2, bytes.len() as u32);
                }
            }
        }
    }
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        any::<u32>(),
        0u32..300,
        (0u32..32).prop_map(|bit| 1 << bit),
        (0u32..32).prop_map(|bit| (1u32 << bit).wrapping_sub(1)),
        Just(HUGE),
    ];
    prop_oneof![
        4 => (0..WORDS, value).prop_map(|(place, value)| Mutation::Word(place, value)),
        2 => (0..WORDS, prop_oneof![-8i32..=8, Just(-256), Just(256)]).prop_map(|(place, by)| Mutation::More(place, by)),
        2 => (0..WORDS, 0..WORDS).prop_map(|(place, from)| Mutation::Copy(place, from)),
        3 => any::<usize>().prop_map(Mutation::Flip),
        3 => (any::<usize>(), prop_oneof![Just(0u8), Just(0xff), 243u8..=255, any::<u8>()]).prop_map(|(place, value)| Mutation::Byte(place, value)),
        1 => any::<usize>().prop_map(Mutation::Length),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_image_leads_astray(
        mutations in prop::collection::vec(mutations(), 1..6),
        ram in prop_oneof![Just(1u32 << 20), Just(32 << 10), 12u32 << 10..64 << 10],
    ) {
        let mut bytes = whole().to_vec();
        mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
        verdict(&bytes, ram & !3).map_err(|message| TestCaseError::fail(format!("{mutations:?}: {message}")))?;
    }
}

/// Each bit of the header and of every descriptor, and each of these words with values that are often too large or too small.
#[test]
fn every_record_of_the_header_is_checked() {
    let mut seen = [0; 5];
    let mut check = |bytes: &[u8], what: &str| {
        let status = verdict(bytes, 1 << 20).unwrap_or_else(|message| panic!("{what}: {message}"));
        seen[status as usize] += 1;
    };
    for place in 0..WORDS {
        let now = word(whole(), place);
        for bit in 0..32 {
            check(&with(place, now ^ 1 << bit), &format!("bit {bit} of word {place}"));
        }
        for value in [0, 1, 3, 0xffff, 0x1_0000, 0x7fff_fffc, u32::MAX, whole().len() as u32] {
            check(&with(place, value), &format!("word {place} is {value}"));
        }
    }
    assert!(seen[0] > 0 && seen[3] > 1_000, "{seen:?}");
}

#[test]
fn each_fault_has_its_code() {
    assert_eq!(verdict(whole(), 1 << 20), Ok(0));
    // Neither the kind nor the layout nor the length; sizes beyond their limits; a depth and tokens that aren't there.
    for (place, value) in [(0, 0), (1, 1), (2, 4), (3, 255), (5, 8_193), (8, 130), (9, 0), (WINDOW, HUGE + 1), (16, 65)]
    {
        assert_eq!(verdict(&with(place, value), 1 << 20), Ok(3), "word {place} is {value}");
    }
    // A context that is allowed, but larger than RAM.
    assert_eq!(verdict(&with(WINDOW, HUGE), 128 << 10), Ok(4));
    assert_eq!(verdict(&with(WINDOW, HUGE), 1 << 20), Ok(0));
    for length in (0..whole().len()).step_by(37) {
        assert_eq!(verdict(&whole()[..length], 1 << 20), Ok(3), "cut at {length}");
    }
}
