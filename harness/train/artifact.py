"""Writing and reading `model.safetensors`, the artifact of `harness/artifact/FORMAT.md`."""

import hashlib
import json

import numpy as np

from model import LARGEST, rope_frequencies, weight_levels
from recurrent import BIAS_UNIT, TAP_UNIT
from tokenizer import START

DTYPES = {"U8": np.uint8, "I8": np.int8, "U16": np.dtype("<u2")}
GAIN_STEPS = 2**18 / 576
"""A head's gain in the artifact is its real gain times this."""


def encode_scale(scale):
    """Real scales to `u16`: eleven bits of mantissa, five of shift, value `m * 2^-k`."""
    scale = np.asarray(scale, np.float64)
    shift = np.clip(10 - np.floor(np.log2(np.maximum(scale, 1e-30))), 0, 31).astype(np.int64)
    mantissa = np.rint(scale * 2.0**shift).astype(np.int64)
    over = (mantissa > 2047) & (shift > 0)
    shift, mantissa = shift - over, np.where(over, np.rint(scale * 2.0 ** (shift - 1)), mantissa).astype(np.int64)
    return (np.clip(mantissa, 1, 2047) << 5 | shift).astype(DTYPES["U16"])


def decode_scale(code):
    """`u16` scales to real ones."""
    code = code.astype(np.int64)
    return (code >> 5) * 2.0 ** -(code & 31)


def pack(levels, codec):
    """Integer levels `[rows, cols]` to the stored bytes `[rows, ...]`."""
    rows, cols = levels.shape
    levels = levels.astype(np.int64)
    if codec == "i8":
        return levels.astype(np.int8)
    if codec == "bit1":
        return np.packbits(levels > 0, axis=1, bitorder="little")
    each, base = {"i4": (2, 16), "trit5": (5, 3)}[codec]
    padded = np.zeros((rows, -(-cols // each) * each), np.int64)
    padded[:, :cols] = levels
    digits = (padded % 16 if codec == "i4" else padded + 1).reshape(rows, -1, each)
    return (digits @ base ** np.arange(each)).astype(np.uint8)


def unpack(stored, codec, cols):
    """Stored bytes `[rows, ...]` to integer levels `[rows, cols]`."""
    if codec == "i8":
        return stored.astype(np.int64)
    if codec == "bit1":
        return np.unpackbits(stored, axis=1, count=cols, bitorder="little").astype(np.int64) * 2 - 1
    each, base = {"i4": (2, 16), "trit5": (5, 3)}[codec]
    digits = (stored[..., None].astype(np.int64) // base ** np.arange(each) % base).reshape(len(stored), -1)[:, :cols]
    return (digits + 8) % 16 - 8 if codec == "i4" else digits - 1


def matrix_tensors(name, matrix):
    """The two tensors of a `model.Matrix`."""
    levels, scale = weight_levels(matrix.weight.detach().double(), matrix.codec, matrix.per_row)
    assert levels.abs().max() <= LARGEST[matrix.codec]
    packed = pack(levels.numpy(), matrix.codec)
    return {f"{name}.{matrix.codec}": packed, f"{name}.scale": encode_scale(scale.flatten().numpy())}


def block_tensors(index, block):
    """All tensors of one physical block."""
    name = f"blocks.{index}"
    tensors = {}
    for part in ("query", "key", "value", "output"):
        tensors |= matrix_tensors(f"{name}.attention.{part}", getattr(block, part))
    gain = block.log_gain.detach().double().exp().numpy() * GAIN_STEPS
    tensors[f"{name}.attention.gain"] = np.rint(gain).clip(1, 65535).astype(DTYPES["U16"])
    for part in ("up", "gate", "down"):
        if getattr(block, part) is not None:
            tensors |= matrix_tensors(f"{name}.mlp.{part}", getattr(block, part))
    return tensors


def configuration(options, mode):
    """The metadata that the engine reads."""
    plain = ("dim", "heads", "kv_heads", "head_dim", "hidden", "gated", "window", "depth", "softcap")
    return {
        "engine": "ternary",
        "version": 1,
        "tokenizer": mode,
        "start": START,
        "rope": {"period": options["rope_period"], "frequencies": rope_frequencies(options)},
    } | {key: options[key] for key in plain}


def vocabulary_tensors(tokenizer):
    """The two tensors of the vocabulary."""
    joined = np.frombuffer(b"".join(tokenizer.tokens), np.uint8)
    return {"vocabulary.lengths": tokenizer.lengths.astype(np.uint8), "vocabulary.bytes": joined}


def export(model, tokenizer, path):
    """Writes the artifact and returns its size and SHA-256."""
    tensors = vocabulary_tensors(tokenizer) | matrix_tensors("embedding", model.embedding)
    for index, block in enumerate(model.blocks):
        tensors |= block_tensors(index, block)
    return write(path, configuration(model.options, tokenizer.mode), tensors)


def export_module(model, tokenizer, module, path):
    """Writes the artifact of a `recurrent.Recurrent` that the WebAssembly file `module` runs; returns its size and SHA-256."""
    tensors = vocabulary_tensors(tokenizer)
    tensors["module"] = np.frombuffer(module.read_bytes(), np.uint8)
    tensors["data"] = np.frombuffer(module_data(model), np.uint8)
    return write(path, {"engine": "wasm", "version": 1, "tokenizer": tokenizer.mode}, tensors)


def module_data(model):
    """What `submissions/wren-100k/train.module.rs` unpacks: rows, logits' bias, embedding; for each block its matrices, biases, gains and taps.

    Weights come before the scales of their rows; those of -1, 0 and 1 lie five to a byte without padding.
    """
    half = np.dtype("<u2")

    def matrix(matrix):
        levels, scale = weight_levels(matrix.weight.detach().double(), matrix.codec, matrix.per_row)
        levels = levels.numpy() if matrix.codec == "i4" else levels.numpy().reshape(1, -1)
        return [pack(levels, matrix.codec), encode_scale(scale.flatten().numpy())]

    def whole(values, unit, least, most, dtype):
        return np.rint(values.detach().double().numpy() * unit).clip(least, most).astype(dtype)

    rows = len(model.bias)
    parts = [np.array([rows], half), whole(model.bias, BIAS_UNIT, -127, 127, np.int8), *matrix(model.embedding)]
    for block in model.blocks:
        for part in (block.forget, block.candidate, block.gate, block.output):
            parts += matrix(part)
        parts.append(whole(block.bias, 256, -32768, 32767, np.dtype("<i2")))
        parts.append(whole(block.log_gain.exp(), 1024, 0, 65535, half))
        parts.append(whole(block.taps, TAP_UNIT, -127, 127, np.int8))
    return b"".join(part.tobytes() for part in parts)


def write(path, config, tensors):
    """Writes a safetensors file: 16-bit tensors first, so that everything is aligned, without gaps."""
    header = {"__metadata__": {"golf": json.dumps(config, separators=(",", ":"))}}
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    dtypes = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    offset, body = 0, []
    for name, tensor in ordered:
        end = offset + tensor.nbytes
        header[name] = {"dtype": dtypes[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        body.append(np.ascontiguousarray(tensor).tobytes())
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    whole = len(text).to_bytes(8, "little") + text + b"".join(body)
    path.write_bytes(whole)
    return len(whole), hashlib.sha256(whole).hexdigest()


def read(path):
    """The configuration and the tensors of an artifact; refuses gaps, overlaps and anything after the end."""
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header, body = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    metadata = header.pop("__metadata__")
    assert list(metadata) == ["golf"]
    tensors, place = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        assert begin == place, f"{name} leaves a gap"
        tensors[name] = np.frombuffer(body[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        place = end
    assert place == len(body), "bytes after the last tensor"
    return json.loads(metadata["golf"]), tensors
