"""The tokenization of `harness/artifact/FORMAT.md`: training a vocabulary, and encoding with it.

A vocabulary is a list of byte strings; a token's id is its index. Byte 0x00 comes first (it is the start token and separates
documents in training), then the bytes that occur, then merged tokens in merge order, and last the bytes that (almost) never occur.
"""

import re
from collections import Counter

import numpy as np

START = 0
"""Id of the token of byte 0x00."""

NO_TOKEN = 1 << 30

LETTERS, DIGITS, SPACE = rb"A-Za-z\x80-\xff", rb"0-9", rb" \t\n\r"
SYMBOLS = rb"[^" + LETTERS + DIGITS + SPACE + rb"]"
PIECE = re.compile(
    rb"[ ]?'?[" + LETTERS + rb"]{1,255}"
    rb"|[ ]?[" + DIGITS + rb"]{1,255}"
    rb"|[ ]?" + SYMBOLS + rb"{1,255}"
    rb"|[" + SPACE + rb"]{1,255}(?=[ ][^" + SPACE + rb"])"
    rb"|[" + SPACE + rb"]{1,255}"
)


def merge(parts, ids):
    """Merges the adjacent pair of byte strings whose join has the lowest id (the leftmost of equals) until none is left."""
    parts = list(parts)
    while len(parts) > 1:
        joins = [ids.get(a + b, NO_TOKEN) for a, b in zip(parts, parts[1:])]
        best = min(joins)
        if best == NO_TOKEN:
            break
        place = joins.index(best)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def single(piece):
    """A piece as a list of one-byte strings."""
    return [piece[i : i + 1] for i in range(len(piece))]


class MergeTrainer:
    """Counts the joins of adjacent parts over a dictionary of pieces, and adds the most frequent join as a token, again and again."""

    def __init__(self, pieces):
        """`pieces`: piece -> how often it occurs."""
        self.weights = list(pieces.values())
        self.words = [single(piece) for piece in pieces]
        self.counts, self.places = Counter(), {}
        for index in range(len(self.words)):
            self._count(index, +1)

    def _count(self, index, sign):
        parts = self.words[index]
        for a, b in zip(parts, parts[1:]):
            self.counts[a + b] += sign * self.weights[index]
            if sign > 0:
                self.places.setdefault(a + b, set()).add(index)

    def add(self, ids, new_id):
        """Gives the most frequent join an id and merges it (and what follows from it) everywhere. False when none is left."""
        join = max(self.counts, key=lambda key: (self.counts[key], key), default=None)
        if join is None or self.counts[join] < 2:
            return False
        ids[join] = new_id
        for index in self.places.pop(join):
            self._count(index, -1)
            self.words[index] = merge(self.words[index], ids)
            self._count(index, +1)
        self.counts.pop(join, None)
        return True


def train_vocabulary(text, mode, size, rare):
    """The vocabulary for `text` (bytes): `size` tokens at most in mode `bpe`, the 256 bytes in mode `bytes`.

    Bytes that occur less than `rare` times go to the tail. Returns the tokens and how many embedding rows they need: the tail
    shares the last one.
    """
    occurs = np.bincount(np.frombuffer(text, np.uint8), minlength=256)
    used = [b for b in range(1, 256) if occurs[b] >= max(rare, 1)]
    tail = [bytes([b]) for b in range(1, 256) if b not in set(used)]
    head = [b"\0"] + [bytes([b]) for b in used]
    if mode == "bpe":
        head += train_merges(text, len(head), size - 256)
    return head + tail, len(head) + min(len(tail), 1)


def train_merges(text, first_id, number):
    """`number` merged tokens in merge order; their ids start at `first_id`."""
    pieces = Counter(PIECE.findall(text))
    rarest = 2 if len(pieces) > 1000 else 1
    trainer = MergeTrainer({p: n for p, n in pieces.items() if n >= rarest and len(p) > 1})
    ids = {}
    while len(ids) < number and trainer.add(ids, first_id + len(ids)):
        pass
    return list(ids)


class Tokenizer:
    """Encodes bytes with a vocabulary, keeping the ids of every piece it has met."""

    CACHE_LIMIT = 2_000_000

    def __init__(self, tokens, mode):
        self.tokens, self.mode = tokens, mode
        self.ids = {token: i for i, token in enumerate(tokens)}
        self.merged = {token: i for token, i in self.ids.items() if len(token) > 1}
        self.bytes = np.array([self.ids[bytes([b])] for b in range(256)], np.uint16)
        self.lengths = np.array([len(token) for token in tokens], np.int64)
        self.cache = {}

    def _piece(self, piece):
        if len(self.cache) > self.CACHE_LIMIT:
            self.cache.clear()
        ids = tuple(self.ids[part] for part in merge(single(piece), self.merged))
        self.cache[piece] = ids
        return ids

    def encode(self, text):
        """Token ids (uint16) of a document's bytes."""
        if self.mode == "bytes":
            return self.bytes[np.frombuffer(text, np.uint8)]
        ids, known = [], self.cache.get
        for piece in PIECE.findall(text):
            ids.extend(known(piece) or self._piece(piece))
        return np.array(ids, np.uint16)

    def decode(self, ids):
        """The bytes of a sequence of token ids."""
        return b"".join(self.tokens[i] for i in ids)
