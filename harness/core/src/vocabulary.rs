//! Tokens as byte strings, and the ways in which text is cut into them.
//!
//! The harness tokenizes, never the entry: from the artifact's vocabulary by one of the [named algorithms](Tokenization),
//! and it [checks](Vocabulary::spells) that the tokens' bytes, joined, are the text.

mod bpe;

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokenization {
    /// A token for every byte.
    Bytes,
    /// Byte-pair encoding by rank within pieces: the adjacent pair whose join is the token with the lowest id merges first.
    Bpe,
    /// At each place the longest token that fits.
    LongestMatch,
}

impl Tokenization {
    /// All of them with their names in artifacts.
    pub const NAMES: [(Tokenization, &'static str); 3] =
        [(Tokenization::Bytes, "bytes"), (Tokenization::Bpe, "bpe"), (Tokenization::LongestMatch, "longest-match")];
}

/// Token id -> non-empty byte string. A borrowed view, so that it can lie in flash.
///
/// Three tables of little-endian integers: `offsets` (u32, one more than there are tokens), `bytes` (the tokens joined) and `order` (u16: the ids
/// sorted by their bytes, for finding a token).
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'a> {
    offsets: &'a [u8],
    bytes: &'a [u8],
    order: &'a [u8],
    longest: usize,
    tokenization: Tokenization,
}

/// Why tables are not a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VocabularyError {
    /// Fewer than 256 tokens or more than 65,536.
    Size {
        /// How many there are.
        tokens: usize,
    },
    /// The tables' lengths don't agree with one another.
    Tables,
    /// A token is empty or longer than 255 bytes.
    Length {
        /// Its id.
        token: u32,
    },
    /// `order` doesn't list the tokens in strictly ascending order of their bytes; two equal tokens come to this as well.
    Order {
        /// The id at the first wrong place.
        token: u32,
    },
    /// A single byte is not a token, so not every text could be written.
    MissingByte {
        /// Which byte.
        byte: u8,
    },
}

impl core::fmt::Display for VocabularyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Size { tokens } => write!(f, "{tokens} tokens, but a vocabulary has 256 to 65,536"),
            Self::Tables => write!(f, "the vocabulary's tables don't agree in length"),
            Self::Length { token } => write!(f, "token {token} is not 1 to 255 bytes long"),
            Self::Order { token } => write!(f, "token {token} occurs twice or is out of order"),
            Self::MissingByte { byte } => {
                write!(f, "the single byte 0x{byte:02x} is not a token, so not every text can be written")
            }
        }
    }
}

impl core::error::Error for VocabularyError {}

const BYTE_OFFSETS: [u8; 257 * 4] = {
    let mut table = [0; 257 * 4];
    let mut i = 0;
    while i < 257 {
        table[4 * i] = (i & 255) as u8;
        table[4 * i + 1] = (i >> 8) as u8;
        i += 1;
    }
    table
};

const BYTE_VALUES: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = i as u8;
        i += 1;
    }
    table
};

const BYTE_ORDER: [u8; 512] = {
    let mut table = [0; 512];
    let mut i = 0;
    while i < 256 {
        table[2 * i] = i as u8;
        i += 1;
    }
    table
};

impl Vocabulary<'static> {
    /// The 256 single bytes, each with its value as id.
    pub const fn bytes() -> Self {
        Vocabulary {
            offsets: &BYTE_OFFSETS,
            bytes: &BYTE_VALUES,
            order: &BYTE_ORDER,
            longest: 1,
            tokenization: Tokenization::Bytes,
        }
    }
}

impl<'a> Vocabulary<'a> {
    /// Checks the tables and borrows them.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn new(
        offsets: &'a [u8],
        bytes: &'a [u8],
        order: &'a [u8],
        tokenization: Tokenization,
    ) -> Result<Self, VocabularyError> {
        let tokens = order.len() / 2;
        if !(256..=65_536).contains(&tokens) {
            return Err(VocabularyError::Size { tokens });
        }
        if !order.len().is_multiple_of(2) || offsets.len() != 4 * (tokens + 1) {
            return Err(VocabularyError::Tables);
        }
        let mut vocabulary = Vocabulary { offsets, bytes, order, longest: 0, tokenization };
        if vocabulary.offset(0) != 0 || vocabulary.offset(tokens) != bytes.len() {
            return Err(VocabularyError::Tables);
        }
        for token in 0..tokens {
            let (start, end) = (vocabulary.offset(token), vocabulary.offset(token + 1));
            if end <= start || end - start > 255 || end > bytes.len() {
                return Err(VocabularyError::Length { token: token as u32 });
            }
            vocabulary.longest = vocabulary.longest.max(end - start);
        }
        let mut previous: &[u8] = &[];
        for place in 0..tokens {
            let token = vocabulary.sorted(place);
            if token as usize >= tokens || vocabulary.token(token) <= previous {
                return Err(VocabularyError::Order { token });
            }
            previous = vocabulary.token(token);
        }
        match (0..=255).find(|&byte| vocabulary.find(&[byte]).is_none()) {
            Some(byte) => Err(VocabularyError::MissingByte { byte }),
            None => Ok(vocabulary),
        }
    }

    /// How many tokens there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.order.len() / 2
    }

    /// How text is cut.
    pub fn tokenization(&self) -> Tokenization {
        self.tokenization
    }

    /// The bytes of a token.
    ///
    /// # Panics
    /// If `token` is not in the vocabulary.
    pub fn token(&self, token: u32) -> &'a [u8] {
        &self.bytes[self.offset(token as usize)..self.offset(token as usize + 1)]
    }

    /// The token that is exactly these bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let token = self.sorted(middle);
            match self.token(token).cmp(bytes) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(token),
            }
        }
        None
    }

    /// Cuts `text` into tokens, one call of `each` per token in order.
    pub fn encode(&self, text: &[u8], each: &mut dyn FnMut(u32)) {
        match self.tokenization {
            Tokenization::Bytes => text.iter().for_each(|byte| each(self.single(*byte))),
            Tokenization::Bpe => bpe::encode(self, text, each),
            Tokenization::LongestMatch => {
                let mut rest = text;
                while !rest.is_empty() {
                    let token = (1..=self.longest.min(rest.len())).rev().find_map(|length| self.find(&rest[..length]));
                    let token = token.unwrap_or_else(|| self.single(rest[0]));
                    each(token);
                    rest = &rest[self.token(token).len()..];
                }
            }
        }
    }

    /// Whether the tokens' bytes, joined, are `text`.
    pub fn spells(&self, tokens: &[u32], text: &[u8]) -> bool {
        let mut rest = text;
        for &token in tokens {
            if token as usize >= self.len() {
                return false;
            }
            match rest.strip_prefix(self.token(token)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    fn single(&self, byte: u8) -> u32 {
        self.find(&[byte]).expect("all single bytes are tokens")
    }

    fn offset(&self, index: usize) -> usize {
        let at = 4 * index;
        u32::from_le_bytes([self.offsets[at], self.offsets[at + 1], self.offsets[at + 2], self.offsets[at + 3]])
            as usize
    }

    fn sorted(&self, place: usize) -> u32 {
        u32::from(u16::from_le_bytes([self.order[2 * place], self.order[2 * place + 1]]))
    }
}

#[cfg(test)]
mod tests;
