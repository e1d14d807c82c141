"""Whether training text holds text of the tasks: `python overlap.py FILE...` (`.xz` is read as it is).

Compares runs of 13 words (lower-case runs of letters and digits, whatever stands between them) of every task's text with those of the files, and prints a table: how many
different runs the task has, and how many of them occur in the files. An item of fewer than 13 words has none. Published tasks are compared if `cargo golf
fetch` has brought their data. `--show N` prints up to N of what occurs.
"""

import argparse
import lzma
import re
import zlib
from pathlib import Path

import numpy as np

import tasks

ROOT = Path(__file__).resolve().parents[2]
WORDS = 13
WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
CHUNK = 1 << 23
BASE = np.uint64(0x9E3779B97F4A7C15)


class Ids(dict):
    """64 bits for each word, the same in every run."""

    def __missing__(self, word):
        value = zlib.crc32(word) << 32 | zlib.adler32(word)
        self[word] = value
        return value


def runs(words, ids):
    """A 64-bit number for each run of 13 words, by the place of its first word."""
    if len(words) < WORDS:
        return np.empty(0, np.uint64)
    values = np.fromiter(map(ids.__getitem__, words), np.uint64, len(words))
    total = np.zeros(len(words) - WORDS + 1, np.uint64)
    for offset in range(WORDS):
        total = total * BASE + values[offset : offset + len(total)]
    return total ^ total >> np.uint64(29)


def task_runs(text, ids):
    """Those of one text."""
    return runs(WORD.findall(text.encode().lower()), ids)


def pieces(path):
    """A file's bytes in pieces that each begin with the last words of the one before."""
    with lzma.open(path) if path.suffix == ".xz" else open(path, "rb") as file:
        rest = b""
        while piece := file.read(CHUNK):
            text = (rest + piece).lower()
            yield text
            # A word may be cut at the end of a piece, so more than twelve words are seen again.
            rest = text[-2000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    ids, names, parts, missing = Ids(), [], [], []
    for name, definition in tasks.definitions(ROOT).items():
        if not definition.get("files"):
            continue  # All items are drawn by a generator.
        try:
            found = [task_runs(text, ids) for text in tasks.texts(ROOT, definition)]
        except FileNotFoundError:
            missing.append(name)
            continue
        names.append(name)
        parts.append(np.unique(np.concatenate(found)))
    known = np.unique(np.concatenate(parts))
    seen, size, shown = np.zeros(len(known), bool), 0, 0
    for path in options.files:
        for text in pieces(path):
            words = WORD.findall(text)
            numbers = runs(words, ids)
            places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            hits = known[places] == numbers
            seen[places[hits]] = True
            for place in np.flatnonzero(hits)[: options.show - shown]:
                shown += 1
                print(f"{path.name}: {b' '.join(words[place : place + WORDS]).decode(errors='replace')}")
        size += path.stat().st_size
        if len(ids) > 4_000_000:
            ids.clear()
    print(f"{len(options.files)} files, {size:,} bytes as they lie there\n")
    print("| task | runs of 13 words | of them in the files | share |\n| --- | ---: | ---: | ---: |")
    for name, part in zip(names, parts):
        count = int(seen[np.searchsorted(known, part)].sum())
        share = f"{100 * count / len(part):.3f} %" if len(part) else "-"
        print(f"| {name} | {len(part):,} | {count:,} | {share} |")
    if missing:
        print(f"\nnot compared, as their data isn't here (`cargo golf fetch` brings it): {', '.join(missing)}")


if __name__ == "__main__":
    main()
