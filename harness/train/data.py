"""Training data: documents from text files, encoded once into a cache, and batches cut from them."""

import hashlib
import json
import lzma
from pathlib import Path

import numpy as np

from tokenizer import START, Tokenizer, train_vocabulary

SEPARATOR = "\n<|endoftext|>\n"
"""What separates documents, unless a source says otherwise."""


def read_documents(path, limit, separator):
    """The documents of a text file (plain or `.xz`), at most about `limit` bytes of them, spread evenly over the file."""
    raw = lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()
    share, seen, kept = min(1.0, limit / max(len(raw), 1)), 0, 0
    for document in raw.removesuffix(separator.rstrip()).split(separator):
        seen += len(document)
        if document and kept < share * seen:
            kept += len(document)
            yield document


def source_files(source, folder):
    """The files of one entry of the configuration's `data`, whose `file` may be a pattern."""
    files = sorted(Path(folder).glob(source["file"]))
    if not files:
        raise SystemExit(f"no file matches {source['file']} in {folder}")
    return files


def read_source(source, folder, limit):
    """All documents of one source, at most about `limit` bytes."""
    files = source_files(source, folder)
    total = sum(f.stat().st_size for f in files)
    separator = source.get("separator", SEPARATOR).encode()
    return [d for f in files for d in read_documents(f, max(1, limit * f.stat().st_size // total), separator)]


def fingerprint(config, folder):
    """A name for what the cache holds: the tokenizer, the sources, and the files' sizes."""
    sizes = [[f.name, f.stat().st_size] for s in config["data"] for f in source_files(s, folder)]
    text = json.dumps([config["tokenizer"], config["data"], sizes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sample_text(config, documents):
    """A text to train the vocabulary on: documents of each source in proportion to the weights."""
    total = sum(s["weight"] for s in config["data"])
    parts = []
    for source, texts in zip(config["data"], documents):
        budget = config["tokenizer"]["sample_bytes"] * source["weight"] / total
        stride = max(1, round(sum(map(len, texts)) / budget))
        for text in texts[::stride] if len(texts) > 2000 else [t[: len(t) // stride + 1] for t in texts]:
            parts.append(text)
    return b"\n".join(parts)


def prepare(config, folder, cache):
    """Trains the tokenizer and encodes the data, unless the cache has them.

    Returns the tokenizer, the number of embedding rows, and for each source its token ids (uint16, memory-mapped).
    """
    place = Path(cache) / fingerprint(config, folder)
    done = place / "vocabulary.json"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        documents = [read_source(s, folder, s["bytes"]) for s in config["data"]]
        options = config["tokenizer"]
        sample = sample_text(config, documents)
        tokens, rows = train_vocabulary(sample, options["mode"], options["vocabulary"], options["rare"])
        tokenizer = Tokenizer(tokens, options["mode"])
        for index, texts in enumerate(documents):
            encode_source(tokenizer, texts).tofile(place / f"{index}.u16")
        done.write_text(json.dumps({"rows": rows, "tokens": [list(t) for t in tokens]}))
    known = json.loads(done.read_text())
    tokenizer = Tokenizer([bytes(t) for t in known["tokens"]], config["tokenizer"]["mode"])
    streams = [np.memmap(place / f"{i}.u16", np.uint16, "r") for i in range(len(config["data"]))]
    return tokenizer, known["rows"], streams


def encode_source(tokenizer, texts):
    """Documents one after another, each led by the start token, with one more at the end."""
    start = np.array([START], np.uint16)
    return np.concatenate([part for text in texts for part in (start, tokenizer.encode(text))] + [start])


class Batches:
    """Batch `step` is a function of the seed and `step` alone, so a training run resumes exactly.

    A share `fresh` of the sequences begins like a document: `fresh_at` a `document` it begins at one; at a `line` it begins at any
    line break, which the start token replaces.
    """

    def __init__(self, streams, weights, tokenizer, options, seed):
        """`options`: the configuration's `train`."""
        self.streams, self.seed, self.batch, self.fresh = streams, seed, options["batch"], options["fresh"]
        self.length = options["sequence"] + 1
        self.share = np.array(weights, float) / sum(weights)
        self.starts = None
        if options["fresh_at"] == "document":
            self.starts = [np.flatnonzero(stream[: -self.length] == START) for stream in streams]
        self.breaks = np.array([token.endswith(b"\n") for token in tokenizer.tokens])

    def __call__(self, step):
        """Token ids int64 `[batch, sequence + 1]`: inputs and, one later, targets."""
        random = np.random.default_rng((self.seed, step))
        picks = random.choice(len(self.streams), self.batch, p=self.share)
        return np.stack([self._slice(source, random) for source in picks])

    def _slice(self, source, random):
        stream, span = self.streams[source], 2 * self.length
        if len(stream) < span:
            stream = np.resize(stream, span)
        begin, fresh = random.integers(len(stream) - span + 1), random.random() < self.fresh
        if fresh and self.starts:
            begin = random.choice(self.starts[source])
        part = stream[begin : begin + span].astype(np.int64)
        if fresh and not self.starts:
            part = part[self.breaks[part[: self.length]].argmax() :]
            part[0] = START
        return part[: self.length]
