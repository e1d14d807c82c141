#!/usr/bin/env python3
"""Other engines beside this one: same shape, threads and machine, in turn. PEERS.md says how it is meant and what came of it.

    peers.py --peer NAME=FOLDER:FORMAT,FORMAT [--peer ...] --ours BINARY [options]

FOLDER holds a peer's `llama-bench` and `llama-quantize`, built by you. Models with random ternary weights are written into --models in F16, and
quantised there by each peer's own program; a file that is already there (SHAPE-NAME-FORMAT.gguf) is used as it is.
"""

import argparse
import json
import random
import shlex
import statistics
import struct
import subprocess
import sys
from pathlib import Path

# Width, blocks, heads, key/value heads, MLP width (gated), vocabulary; all heads are 64 wide.
SHAPES = {"A": (512, 12, 8, 4, 1536, 8192), "B": (768, 10, 12, 4, 2048, 4096)}
HEAD = 64

# Types of GGUF's header fields and tensors.
U32, I32, F32, STRING, ARRAY = 4, 5, 6, 8, 9
TENSOR_F32, TENSOR_F16 = 0, 1
ALIGNMENT = 32
MOSTLY_F16 = 1

# High bytes of the halves 0, 2^-5 and -2^-5, whose low byte is zero: what a random byte becomes.
TRITS = bytes((0x00, 0x28, 0xA8)[byte % 3] for byte in range(256))
# Halves between -1/16 and 1/16, for the embedding.
HALVES = [struct.pack("<e", (byte - 127.5) / 2048) for byte in range(256)]


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def field(key, kind, value):
    """A field of the header; an array is given as its elements' type and already packed elements."""
    body = string(key) + struct.pack("<I", kind)
    if kind == STRING:
        return body + string(value)
    if kind == ARRAY:
        element, packed = value
        return body + struct.pack("<IQ", element, len(packed)) + b"".join(packed)
    return body + struct.pack("<f" if kind == F32 else "<I", value)


def vocabulary(size):
    """Unknown, start and end, a token a byte, and names for the rest; with SentencePiece's kinds (2, 3, 6 and 1)."""
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    rest = size - len(names)
    return names + [f"token{index}" for index in range(rest)], kinds + [1] * rest


def tensors(shape):
    """Name, rows (0 for a vector), columns and kind of each tensor."""
    dim, blocks, heads, kv_heads, hidden, tokens = shape
    yield "token_embd.weight", tokens, dim, "halves"
    yield "output_norm.weight", 0, dim, "ones"
    for block in range(blocks):
        for name, rows, cols in (
            ("attn_q", heads * HEAD, dim),
            ("attn_k", kv_heads * HEAD, dim),
            ("attn_v", kv_heads * HEAD, dim),
            ("attn_output", dim, heads * HEAD),
            ("ffn_gate", hidden, dim),
            ("ffn_up", hidden, dim),
            ("ffn_down", dim, hidden),
        ):
            yield f"blk.{block}.{name}.weight", rows, cols, "trits"
        for name in ("attn_norm", "ffn_norm"):
            yield f"blk.{block}.{name}.weight", 0, dim, "ones"


def contents(kind, count, source):
    if kind == "ones":
        return struct.pack("<f", 1) * count
    halves = bytearray(2 * count)
    noise = source.randbytes(count)
    if kind == "trits":
        halves[1::2] = noise.translate(TRITS)
    else:
        for place in (0, 1):
            halves[place::2] = noise.translate(bytes(half[place] for half in HALVES))
    return bytes(halves)


def write_model(path, name):
    """A model of GGUF version 3 and the architecture `llama`, the head tied to the embedding."""
    shape = SHAPES[name]
    dim, blocks, heads, kv_heads, hidden, tokens = shape
    names, kinds = vocabulary(tokens)
    at = lambda key: f"llama.{key}"
    fields = [
        field("general.architecture", STRING, "llama"),
        field("general.name", STRING, f"random ternary {name}"),
        field("general.file_type", U32, MOSTLY_F16),
        field("general.alignment", U32, ALIGNMENT),
        field(at("context_length"), U32, 2048),
        field(at("embedding_length"), U32, dim),
        field(at("block_count"), U32, blocks),
        field(at("feed_forward_length"), U32, hidden),
        field(at("attention.head_count"), U32, heads),
        field(at("attention.head_count_kv"), U32, kv_heads),
        field(at("attention.layer_norm_rms_epsilon"), F32, 1e-5),
        field(at("rope.dimension_count"), U32, HEAD),
        field(at("rope.freq_base"), F32, 10_000.0),
        field(at("vocab_size"), U32, tokens),
        field("tokenizer.ggml.model", STRING, "llama"),
        field("tokenizer.ggml.tokens", ARRAY, (STRING, [string(token) for token in names])),
        field("tokenizer.ggml.scores", ARRAY, (F32, [struct.pack("<f", -index) for index in range(tokens)])),
        field("tokenizer.ggml.token_type", ARRAY, (I32, [struct.pack("<i", kind) for kind in kinds])),
        field("tokenizer.ggml.bos_token_id", U32, 1),
        field("tokenizer.ggml.eos_token_id", U32, 2),
        field("tokenizer.ggml.unknown_token_id", U32, 0),
    ]
    infos, offset = [], 0
    for tensor, rows, cols, kind in tensors(shape):
        sizes = [cols, rows] if rows else [cols]
        entry = TENSOR_F32 if kind == "ones" else TENSOR_F16
        bytes_here = cols * max(rows, 1) * (4 if kind == "ones" else 2)
        infos.append(string(tensor) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, entry, offset))
        offset += -(-bytes_here // ALIGNMENT) * ALIGNMENT
    header = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(fields)) + b"".join(fields) + b"".join(infos)
    source = random.Random(name)
    unfinished = path.with_suffix(".part")
    with open(unfinished, "wb") as file:
        file.write(header + bytes(-len(header) % ALIGNMENT))
        for _, rows, cols, kind in tensors(shape):
            data = contents(kind, cols * max(rows, 1), source)
            file.write(data + bytes(-len(data) % ALIGNMENT))
    unfinished.rename(path)


def call(command):
    """What a command prints; ends the program with its complaint where it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"peers.py: {error}")
    if done.returncode != 0:
        complaint = "\n".join(done.stderr.strip().splitlines()[-5:])
        sys.exit(f"peers.py: `{shlex.join(map(str, command))}` failed with {done.returncode}:\n{complaint}")
    return done.stdout


class Peer:
    def __init__(self, text):
        name, equals, rest = text.partition("=")
        folder, colon, formats = rest.rpartition(":")
        if not (name and equals and colon and folder and formats):
            raise argparse.ArgumentTypeError(f"`{text}` is not NAME=FOLDER:FORMAT,FORMAT")
        self.name, self.folder, self.formats = name, Path(folder), formats.split(",")
        for program in ("llama-bench", "llama-quantize"):
            if not (self.folder / program).is_file():
                raise argparse.ArgumentTypeError(f"there is no {program} in {folder}")

    def model(self, models, shape, form):
        """The file of a format; made when it is missing."""
        path = models / f"{shape}-{self.name}-{form}.gguf"
        if not path.exists():
            source = models / f"{shape}-F16.gguf"
            if not source.exists():
                write_model(source, shape)
            if form == "F16":
                return source
            unfinished = path.with_suffix(".part")
            call([self.folder / "llama-quantize", source, unfinished, form, "1"])
            unfinished.rename(path)
        return path

    def measure(self, before, model, threads, tokens):
        sizes = ["-p", str(tokens[0]), "-n", str(tokens[1])]
        command = [*before, self.folder / "llama-bench", "-m", model, "-t", str(threads), "-r", "1", "-o", "json", *sizes]
        return {"prompt" if test["n_prompt"] else "generate": test["avg_ts"] for test in json.loads(call(command))}


def ours(binary, kernel, before, shape, threads, tokens):
    sizes = ["--prompt", str(tokens[0]), "--generate", str(tokens[1])]
    sizes += ["--kernel", kernel] if kernel else []
    found = json.loads(call([*before, binary, shape, "--threads", str(threads), *sizes]))
    return {kind: found[kind] for kind in ("prompt", "generate")}


def table(records, shapes, threads):
    """Medians in tokens a second, the range of rounds, and our median over theirs."""
    rates = {}
    for record in records:
        key = (record["engine"], record["shape"], record["threads"])
        for kind in ("prompt", "generate"):
            rates.setdefault((*key, kind), []).append(record[kind])
    engines = list(dict.fromkeys(record["engine"] for record in records))
    for kind in ("prompt", "generate"):
        print(f"\n| {kind}, tokens/s | " + " | ".join(f"{s}, {t} thread{'s' * (t > 1)}" for s in shapes for t in threads) + " |")
        print("| --- |" + " ---: |" * (len(shapes) * len(threads)))
        for engine in engines:
            cells = []
            for shape in shapes:
                for count in threads:
                    found = rates.get((engine, shape, count, kind))
                    reference = rates.get(("ours", shape, count, kind))
                    if not found:
                        cells.append("")
                        continue
                    middle = statistics.median(found)
                    cell = f"{middle:,.0f} ({min(found):,.0f} to {max(found):,.0f})"
                    if reference and engine != "ours":
                        cell += f", {statistics.median(reference) / middle:.2f}x"
                    cells.append(cell)
            print(f"| {engine} | " + " | ".join(cells) + " |")


def arguments():
    listed = lambda kind: lambda text: [kind(part) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", type=Peer, default=[], metavar="NAME=FOLDER:FORMATS")
    parser.add_argument("--ours", type=Path, help="the example `tokens` of golf-ternary, built with --release")
    parser.add_argument("--kernel", help="this engine's kernel, such as avx2, beside peers built for no more (default: its best)")
    parser.add_argument("--models", type=Path, default=Path("peers-models"), help="folder for models (default: %(default)s)")
    parser.add_argument("--shapes", type=listed(str), default=["A", "B"], help="default: A,B")
    parser.add_argument("--threads", type=listed(int), default=[1, 2], help="default: 1,2")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s; 0 only makes the models and reports")
    parser.add_argument("--prompt", type=int, default=512, help="tokens of a prompt (default: %(default)s)")
    parser.add_argument("--generate", type=int, default=128, help="tokens generated (default: %(default)s)")
    parser.add_argument("--record", type=Path, help="append every measurement to this file, and report on all that is in it")
    parser.add_argument("--before", type=shlex.split, default=[], help="words before each measured command, such as 'taskset -c 0,1'")
    options = parser.parse_args()
    for shape in options.shapes:
        if shape not in SHAPES:
            parser.error(f"there is no shape {shape}; there are {', '.join(SHAPES)}")
    if not options.peer and not options.ours:
        parser.error("there is nothing to measure: give --peer, --ours or both")
    return options


def main():
    options = arguments()
    options.models.mkdir(parents=True, exist_ok=True)
    tokens = (options.prompt, options.generate)
    engines = []
    if options.ours:
        engines.append(("ours", lambda shape, threads: ours(options.ours, options.kernel, options.before, shape, threads, tokens)))
    for peer in options.peer:
        for form in peer.formats:
            files = {shape: peer.model(options.models, shape, form) for shape in options.shapes}
            run = lambda shape, threads, peer=peer, files=files: peer.measure(options.before, files[shape], threads, tokens)
            engines.append((f"{peer.name} {form}", run))
    records = []
    if options.record and options.record.exists():
        records = [json.loads(line) for line in options.record.read_text().splitlines()]
    for round_ in range(options.rounds):
        for shape in options.shapes:
            for threads in options.threads:
                for name, run in engines:
                    record = {"engine": name, "shape": shape, "threads": threads, **run(shape, threads)}
                    records.append(record)
                    if options.record:
                        with open(options.record, "a") as file:
                            file.write(json.dumps(record) + "\n")
        print(f"round {round_ + 1} of {options.rounds} done", file=sys.stderr)
    table(records, options.shapes, options.threads)


if __name__ == "__main__":
    main()
