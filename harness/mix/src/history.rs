//! What has been observed, as contexts and as a source of repetitions.

use alloc::vec;
use alloc::vec::Vec;

/// Contexts besides the orders: the word, two words, the classes of four bytes, the place in the word.
pub(crate) const OTHERS: usize = 4;

/// The most contexts there can be: orders 0 to 8 and the others.
pub(crate) const CONTEXTS: usize = 9 + OTHERS;

/// A word's length counts up to this.
pub(crate) const LONG_WORD: u32 = 15;

/// Mixes the bits of a number so that each depends on all (the finalizer of MurmurHash3, Appleby).
pub(crate) const fn scramble(mut value: u64) -> u64 {
    value = (value ^ (value >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    value = (value ^ (value >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ (value >> 33)
}

/// The bytes and words before the next byte.
#[derive(Clone, Copy, Default)]
pub(crate) struct Past {
    /// The last eight bytes, the latest lowest.
    recent: u64,
    /// Hash of the word so far, in lower case; zero outside words.
    word: u32,
    /// Hash of the word before.
    previous_word: u32,
    /// How many bytes the word has so far, up to [`LONG_WORD`].
    word_length: u32,
}

impl Past {
    pub(crate) fn push(&mut self, byte: u8) {
        self.recent = (self.recent << 8) | u64::from(byte);
        // Bytes above ASCII are parts of letters as a rule.
        if byte.is_ascii_alphabetic() || byte >= 128 || byte == b'\'' {
            let letter = u32::from(byte.to_ascii_lowercase()) + 1;
            self.word = (self.word ^ letter.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b).rotate_left(13);
            self.word_length = (self.word_length + 1).min(LONG_WORD);
        } else if self.word_length > 0 {
            self.previous_word = self.word;
            (self.word, self.word_length) = (0, 0);
        }
    }

    /// The last byte; zero at the beginning.
    pub(crate) fn last(&self) -> usize {
        (self.recent & 255) as usize
    }

    pub(crate) fn word_length(&self) -> usize {
        self.word_length as usize
    }

    /// The hashes of the contexts: orders 0 to `orders`, then the [`OTHERS`].
    pub(crate) fn contexts(&self, orders: usize) -> [u64; CONTEXTS] {
        let mut hashes = [0; CONTEXTS];
        for (order, hash) in hashes.iter_mut().enumerate().take(orders + 1).skip(1) {
            *hash = scramble((self.recent << (64 - 8 * order)).wrapping_add(order as u64));
        }
        let words = (u64::from(self.word) << 32) | u64::from(self.previous_word);
        // Control, punctuation, capitals, small letters and so on: the top three bits of each byte.
        let classes = self.recent & 0xe0e0_e0e0;
        let place = (u64::from(self.word_length) << 8) | (self.recent & 255);
        let others = [words >> 32, words, classes, place];
        for (other, (hash, value)) in hashes[orders + 1..].iter_mut().zip(others).enumerate() {
            *hash = scramble(scramble(value).wrapping_add(16 + other as u64));
        }
        hashes
    }
}

/// Finds the last place where the latest bytes occurred before and says what came there: the match model of lpaq
/// (Mahoney, 2007).
pub(crate) struct Matcher {
    /// The latest bytes, as a ring.
    ring: Vec<u8>,
    /// By hash of the latest [`SHORTEST`] bytes: how many bytes there were then. Not above `start` means none.
    places: Vec<u32>,
    /// Bytes observed since the tables were new, in all documents.
    now: u32,
    /// The same at the beginning of the document.
    start: u32,
    /// The place in the ring of the byte that is expected, if `length` is not zero.
    expected: u32,
    /// How many bytes before it agree with the latest ones, as far as is known.
    length: u32,
}

/// Fewer bytes are not worth a match.
const SHORTEST: u32 = 4;

/// Agreement is looked up this far.
const LOOK_BACK: u32 = 40;

/// Lengths count up to this.
pub(crate) const LONG_MATCH: u32 = 31;

impl Matcher {
    /// Remembers `4 * 2^log2_places` bytes.
    pub(crate) fn new(log2_places: u8) -> Self {
        let places = 1 << log2_places;
        Matcher { ring: vec![0; 4 * places], places: vec![0; places], now: 0, start: 0, expected: 0, length: 0 }
    }

    /// Bytes of memory for `2^log2_places` places.
    pub(crate) const fn memory_bytes(log2_places: u8) -> u64 {
        8 << log2_places
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.start = self.now;
        self.length = 0;
        if self.now >= 1 << 30 {
            self.forget();
        }
    }

    /// The byte that came after the match and the match's length up to [`LONG_MATCH`].
    pub(crate) fn expected(&self) -> Option<(u8, usize)> {
        (self.length > 0).then(|| (self.byte(self.expected), self.length as usize))
    }

    /// `past` includes the byte already.
    pub(crate) fn push(&mut self, byte: u8, past: &Past) {
        if self.length > 0 && self.byte(self.expected) == byte {
            self.length = (self.length + 1).min(LONG_MATCH);
            self.expected += 1;
        } else {
            self.length = 0;
        }
        // So late that no other document is affected: the count is from the document's beginning.
        if self.now - self.start == 1 << 31 {
            self.forget();
        }
        let mask = self.ring.len() - 1;
        self.ring[self.now as usize & mask] = byte;
        self.now += 1;
        if self.now - self.start < SHORTEST {
            return;
        }
        let hash = scramble(past.recent << (64 - 8 * SHORTEST)) as usize & (self.places.len() - 1);
        if self.length == 0 {
            self.look_up(self.places[hash]);
        }
        self.places[hash] = self.now;
    }

    /// Takes the match that ends before `place` if it is long enough and still in the ring.
    fn look_up(&mut self, place: u32) {
        if place <= self.start || (self.now - place + LOOK_BACK) as usize > self.ring.len() {
            return;
        }
        let most = LOOK_BACK.min(place - self.start);
        let agree = (1..=most).take_while(|&back| self.byte(place - back) == self.byte(self.now - back)).count() as u32;
        if agree >= SHORTEST {
            (self.expected, self.length) = (place, agree.min(LONG_MATCH));
        }
    }

    fn byte(&self, place: u32) -> u8 {
        self.ring[place as usize & (self.ring.len() - 1)]
    }

    fn forget(&mut self) {
        self.places.fill(0);
        (self.now, self.start, self.length) = (0, 0, 0);
    }
}
