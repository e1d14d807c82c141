"""What compressors make of the texts of published tasks: `python compressors.py [TASK...]` prints the `references` of their `task.json`.

Needs gzip, bzip2, xz, zstd, brotli and 7z (Debian: `apt-get install gzip bzip2 xz-utils zstd brotli 7zip`) and the data (`cargo golf fetch`).
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tasks

ROOT = Path(__file__).resolve().parents[2]
STREAMS = {
    "gzip -9": ["gzip", "-9", "-n", "-c"],
    "bzip2 -9": ["bzip2", "-9", "-c"],
    "xz -9e": ["xz", "-9e", "-c"],
    "zstd -22": ["zstd", "--ultra", "-22", "-q", "-c"],
    "brotli -11": ["brotli", "-q", "11", "-w", "24", "-c"],
}
PPMD = ["7z", "a", "-bd", "-t7z", "-m0=PPMd:o=8:mem=256m"]


def packed(command, text):
    """Bytes that a program writes for a text."""
    return len(subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout)


def ppmd(text):
    """Bytes of PPMd's own stream, without the archive around it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text").write_bytes(text)
        subprocess.run([*PPMD, "a.7z", "text"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        listing = subprocess.run(["7z", "l", "-slt", "a.7z"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return int(re.search(r"Packed Size = (\d+)", listing.stdout)[1])


def references(text):
    """One line per compressor, best last."""
    sizes = {name: (packed(command, text), " ".join(command)) for name, command in STREAMS.items()}
    sizes["PPMd, order 8"] = (ppmd(text), " ".join(PPMD) + ", packed size")
    for name, (size, source) in sorted(sizes.items(), key=lambda item: -item[1][0]):
        yield {"name": name, "kind": "measured", "figure": round(8 * size / len(text), 4), "source": source}


def main():
    wanted = sys.argv[1:]
    for name, definition in tasks.definitions(ROOT).items():
        if "source" not in definition or definition["kind"] != "bits_per_byte" or (wanted and name not in wanted):
            continue
        text = b"".join(tasks.document(definition, content) for content in tasks.data(ROOT, definition))
        print(f"{name}, {len(text)} bytes:")
        for line in references(text):
            print("    " + json.dumps(line))


if __name__ == "__main__":
    main()
