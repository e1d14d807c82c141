"""Encodes training text for models of counts: `python encode.py DATA/train/*.xz --vocabulary 4096 --out DIRECTORY`.

Writes `vocabulary.json` (each token as a list of its bytes) and a file of little-endian u16 token ids for each source, in which token 0, the start
token, leads every document. What is there already stays.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import artifact
from data import SEPARATOR, encode_source, read_documents
from tokenizer import Tokenizer, train_vocabulary

SAMPLE = 24_000_000
"""Bytes of text that a vocabulary is made from, spread over the sources by their size."""

RARE = 300
"""Bytes of which there are fewer in the sample come last in the vocabulary."""

WHOLE = 1 << 40


def vocabulary_of(path):
    """The tokens of a ternary artifact."""
    _, tensors = artifact.read(path)
    lengths, text = tensors["vocabulary.lengths"], tensors["vocabulary.bytes"].tobytes()
    ends = np.cumsum(lengths, dtype=np.int64)
    return [text[end - length : end] for end, length in zip(ends, lengths)]


def sample(files):
    """Text of all files, in proportion to their size."""
    share = SAMPLE / sum(len(document) for file in files for document in read_documents(file, WHOLE, SEPARATOR.encode()))
    parts = []
    for file in files:
        for index, document in enumerate(read_documents(file, WHOLE, SEPARATOR.encode())):
            # A long document gives its beginning, of short ones every so manieth is taken.
            if len(document) > 100_000:
                parts.append(document[: int(len(document) * share)])
            elif index % max(1, round(1 / share)) == 0:
                parts.append(document)
    return b"\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--vocabulary", required=True, help="how many tokens, or a ternary artifact in plain form whose tokens to take")
    parser.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.vocabulary.isdigit():
        tokens, _ = train_vocabulary(sample(arguments.files), "bpe", int(arguments.vocabulary), RARE)
    else:
        tokens = vocabulary_of(Path(arguments.vocabulary))
    (arguments.out / "vocabulary.json").write_text(json.dumps([list(token) for token in tokens]))
    tokenizer = Tokenizer(tokens, "bpe")
    for file in arguments.files:
        place = arguments.out / f"{file.name.split('.')[0]}.u16"
        if place.exists():
            continue
        ids = encode_source(tokenizer, read_documents(file, WHOLE, SEPARATOR.encode()))
        ids.astype("<u2").tofile(place)
        print(f"{file.name}: {len(ids)} tokens", flush=True)


if __name__ == "__main__":
    main()
