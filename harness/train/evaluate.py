"""Bits per byte of an artifact on text files, from the artifact alone, with the arithmetic of the engine in floating point.

Products of integers are exact in float32 here (they stay below 2^24), everything else is float32 arithmetic on one document.
"""

import argparse
import hashlib
import json
import math
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that spin starve each other on a shared machine

import numpy as np
import torch
import torch.nn.functional as F

import artifact
from model import LARGEST, UNIT, quantise, rotate
from tokenizer import Tokenizer

QUERIES = 512
"""Tokens whose attention, or whose logits, are computed at a time."""


class Reference:
    """An artifact, ready to score documents."""

    def __init__(self, path):
        self.config, self.tensors = artifact.read(path)
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        ends = np.cumsum(self.tensors["vocabulary.lengths"].astype(np.int64))
        text = self.tensors["vocabulary.bytes"].tobytes()
        tokens = [text[end - length : end] for end, length in zip(ends, self.tensors["vocabulary.lengths"])]
        self.tokenizer = Tokenizer(tokens, self.config["tokenizer"])
        self.embedding = self._matrix("embedding", self.config["dim"])
        self.blocks = [self._block(f"blocks.{i}") for i in range(max(self.config["depth"]) + 1)]

    def _matrix(self, name, cols):
        """Levels and scales (float32 `[rows, cols]` and `[rows]` or `[1]`)."""
        for codec in LARGEST:
            if f"{name}.{codec}" in self.tensors:
                levels = artifact.unpack(self.tensors[f"{name}.{codec}"], codec, cols)
                scale = artifact.decode_scale(self.tensors[f"{name}.scale"])
                return torch.tensor(levels, dtype=torch.float32), torch.tensor(scale, dtype=torch.float32)
        raise KeyError(name)

    def _block(self, name):
        c = self.config
        cols = dict.fromkeys(("attention.query", "attention.key", "attention.value", "mlp.up"), c["dim"])
        cols |= {"attention.output": c["heads"] * c["head_dim"], "mlp.down": c["hidden"]}
        if c["gated"]:
            cols["mlp.gate"] = c["dim"]
        parts = {part.split(".")[1]: self._matrix(f"{name}.{part}", n) for part, n in cols.items()}
        gain = self.tensors[f"{name}.attention.gain"] / artifact.GAIN_STEPS
        return parts | {"gain": torch.tensor(gain, dtype=torch.float32).view(-1, 1, 1)}

    def _rope(self, length):
        """Cosines and sines `[length, e/2]` of 15 fractional bits."""
        period = self.config["rope"]["period"]
        turns = torch.outer(torch.arange(length), torch.tensor(self.config["rope"]["frequencies"])) % period
        angle = turns.double() * (2 * math.pi / period)
        return tuple((torch.round(t * 2**15).clamp_max(2**15 - 1) / 2**15).float() for t in (angle.cos(), angle.sin()))

    def _attend(self, block, x, rope):
        """Attention without its output layer: `x` quantised `[T, d]`, to `[T, H * e]`."""
        c = self.config
        split = lambda t: t.unflatten(1, (-1, c["head_dim"])).transpose(0, 1)
        q, k, v = (split(linear(block[part], x)) for part in ("query", "key", "value"))
        q, k = (to_int8(rotate(F.rms_norm(t, (c["head_dim"],), eps=1e-20), *rope)) for t in (q, k))
        k, v = (t.repeat_interleave(c["heads"] // c["kv_heads"], 0) for t in (k, to_int8(v)))
        mixed = [self._mix(q, k, v, block["gain"], begin) for begin in range(0, q.shape[1], QUERIES)]
        return torch.cat(mixed, 1).transpose(0, 1).flatten(1)

    def _mix(self, q, k, v, gain, begin):
        """The values that `QUERIES` queries from `begin` on see, weighted: `[H, T, e]` each to `[H, <= QUERIES, e]`."""
        end, window = min(begin + QUERIES, q.shape[1]), self.config["window"]
        first = max(0, begin - window + 1)
        scores = q[:, begin:end] @ k[:, first:end].mT * (gain * (math.log(2) / UNIT**2))
        distance = torch.arange(begin, end)[:, None] - torch.arange(first, end)
        scores.masked_fill_((distance < 0) | (distance >= window), -math.inf)
        return scores.softmax(-1) @ v[:, first:end]

    @torch.no_grad()
    def token_bits(self, tokens):
        """Bits of each token of a document (int64 `[T]`) after the start token and those before it."""
        levels, _ = self.embedding
        inputs = torch.cat([torch.tensor([self.config["start"]]), tokens[:-1]]).clamp_max(len(levels) - 1)
        x = levels[inputs] * torch.rsqrt(levels[inputs].square().mean(1, keepdim=True))
        rope = self._rope(len(inputs))
        for index in self.config["depth"]:
            block = self.blocks[index]
            x = x + linear(block["output"], quantise(self._attend(block, quantise(x), rope)))
            normed = quantise(x)
            hidden = linear(block["up"], normed)
            gate = linear(block["gate"], normed).relu().square() if "gate" in block else hidden.relu()
            x = x + linear(block["down"], quantise(gate * hidden))
        return torch.cat([self._token_bits(*part) for part in zip(x.split(QUERIES), tokens.split(QUERIES))])

    def _token_bits(self, x, tokens):
        """Bits of `tokens [T]` after the network's output `x [T, d]` at the tokens before them."""
        logits = linear(self.embedding, quantise(x)).double()
        if self.config["softcap"]:
            logits = self.config["softcap"] * torch.tanh(logits / self.config["softcap"])
        last = logits.shape[1] - 1
        chosen = logits.gather(1, tokens.clamp_max(last)[:, None])[:, 0]
        logits[:, last] += math.log2(len(self.tokenizer.tokens) - last)
        return (logits * math.log(2)).logsumexp(1) / math.log(2) - chosen

    def document_bits(self, text):
        """Bits of a whole document."""
        tokens = torch.tensor(self.tokenizer.encode(text).astype(np.int64))
        return float(self.token_bits(tokens).sum()) if len(tokens) else 0.0


def linear(matrix, quantised):
    """`(levels, scale)` times `(q, inv)`."""
    (levels, scale), (q, inv) = matrix, quantised
    return q @ levels.T * inv * scale


def to_int8(x):
    """`x` in 1/24, rounded and clamped."""
    return torch.round(x * UNIT).clamp(-127, 127)


def evaluate(reference, files, root, task):
    """The contents of `train.reference.json` by a `Reference` or its like; file names are kept relative to `root`."""
    documents = []
    for file in files:
        text = file.read_bytes()
        name = file.resolve().relative_to(root.resolve()).as_posix()
        documents.append({"file": name, "bytes": len(text), "bits": round(reference.document_bits(text), 3)})
    total = sum(d["bits"] for d in documents) / max(1, sum(d["bytes"] for d in documents))
    return {
        "schema": 1,
        "artifact_sha256": reference.sha256,
        "task": task,
        "documents": documents,
        "bits_per_byte": round(total, 6),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("artifact", type=Path, help="model.safetensors")
    parser.add_argument("files", type=Path, nargs="+", help="text files, one document each")
    parser.add_argument("--root", type=Path, default=Path(), help="names in the result are relative to this folder")
    parser.add_argument("--task", default="prose")
    parser.add_argument("--out", type=Path, help="where to write train.reference.json")
    options = parser.parse_args()
    result = evaluate(Reference(options.artifact), options.files, options.root, options.task)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    for document in result["documents"]:
        print(f"{document['bits'] / max(1, document['bytes']):8.4f}  {document['file']}")
    print(f"{result['bits_per_byte']:8.4f}  bits per byte")


if __name__ == "__main__":
    main()
