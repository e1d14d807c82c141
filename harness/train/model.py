"""The network of `harness/ternary/ARITHMETIC.md` in floating point, for training with quantised weights and activations.

Rounding is straight-through: forwards the rounded value, backwards the gradient of the value before rounding. Activations and
weights enter a product as small integers, which bfloat16 holds exactly; scales are applied to its result.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

UNIT = 24
"""Steps per unit of the rotated queries and keys and of the values."""

IGNORED = -1
"""A target that isn't scored."""

CHUNK = 128
"""Queries whose attention is computed at a time."""

LARGEST = {"trit5": 1, "bit1": 1, "i4": 7, "i8": 127}
"""The largest weight of each codec, as training uses it."""


def wide(dtype):
    """The type of products that aren't of bytes, where those of the layers run in `dtype`."""
    return torch.float32 if dtype == torch.int8 else dtype


def through(value, carrier):
    """`value` forwards, the gradient of `carrier` backwards."""
    return carrier + (value - carrier).detach()


def quantise(x):
    """RMS norm and int8 in one: `x [..., n]` to integers `q` and `inv = 1 / rms(q) [..., 1]`, so that `q * inv` has RMS 1."""
    x = x.float()
    normed = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-12)
    with torch.no_grad():
        q = torch.round(x * (127 / x.abs().amax(-1, keepdim=True).clamp_min(1e-9)))
        inv = torch.rsqrt(q.square().mean(-1, keepdim=True) + 1e-6)
    return through(q, normed / inv), inv


def weight_levels(weight, codec, per_row):
    """Integer levels (no gradient) and the scale, `[rows, 1]` or `[1, 1]`, of a latent weight `[rows, cols]`."""
    over = dict(dim=1, keepdim=True) if per_row else dict(dim=(0, 1), keepdim=True)
    size = weight.abs()
    if codec == "bit1":
        scale = size.mean(**over).clamp_min(1e-8)
        return torch.where(weight >= 0, 1.0, -1.0), scale
    if codec == "trit5":
        scale = size.mean(**over).clamp_min(1e-8)
    else:
        scale = (size.amax(**over) / LARGEST[codec]).clamp_min(1e-8)
    return torch.round(weight / scale).clamp(-LARGEST[codec], LARGEST[codec]), scale


def by_bytes(x, y):
    """`x [n, k]` in float32 times `y [k, m]` of int8, by instructions for bytes: two for each element of `x`, whose row's largest magnitude is 127 steps of the first."""
    step = (x.abs().amax(1, keepdim=True) * (1 / 127)).clamp_min(1e-30)
    x = x / step
    high = torch.round(x)
    low = torch.round((x - high) * 254)
    return (torch._int_mm(high.to(torch.int8), y) + torch._int_mm(low.to(torch.int8), y) * (1 / 254)) * step


class Product(torch.autograd.Function):
    """`q [n, cols]` times `levels [rows, cols]`, both whole and of int8, by instructions for bytes: exact.

    Backwards the gradient is rounded to two bytes, by token for that of `q`, by row for that of `levels`. One byte is too few: networks learn little from it.
    """

    @staticmethod
    def forward(ctx, q, levels):
        q, levels = q.to(torch.int8), levels.to(torch.int8)
        ctx.save_for_backward(q, levels)
        return torch._int_mm(q, levels.T).float()

    @staticmethod
    def backward(ctx, gradient):
        q, levels = ctx.saved_tensors
        return by_bytes(gradient, levels), by_bytes(gradient.T, q)


class Matrix(nn.Module):
    """A linear layer with quantised weights: `y = scale * (levels @ q) * inv`."""

    def __init__(self, rows, cols, codec, per_row):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, cols) / math.sqrt(cols))
        self.codec, self.per_row, self.rounds = codec, per_row, True

    def levels(self):
        """Levels with straight-through gradient, and the scale."""
        with torch.no_grad():
            levels, scale = weight_levels(self.weight, self.codec, self.per_row)
        exact = self.weight / scale
        return through(levels, exact) if self.rounds else exact, scale

    def forward(self, quantised, dtype):
        """`quantised`: `(q [..., cols], inv [..., 1])`, to float32 `[..., rows]`; the product runs in `dtype`."""
        q, inv = quantised
        levels, scale = self.levels()
        if dtype == torch.int8 and self.rounds:
            product = Product.apply(q.flatten(0, -2), levels).view(*q.shape[:-1], -1)
        else:
            product = F.linear(q.to(wide(dtype)), levels.to(wide(dtype))).float()
        return product * inv * scale.squeeze(1)


def rope_frequencies(options):
    """`head_dim / 2` integers: how far each pair of a head turns per token, in `1 / period` of a full turn.

    The configuration lists them, or gives a base for the usual geometric series.
    """
    if "rope_frequencies" in options:
        return options["rope_frequencies"]
    half, period, base = options["head_dim"] // 2, options["rope_period"], options["rope_base"]
    return [max(1, round(period / (2 * math.pi) * base ** (-i / half))) for i in range(half)]


def rope_table(options, length):
    """Cosines and sines, `[length, head_dim / 2]` each."""
    turns = torch.outer(torch.arange(length), torch.tensor(rope_frequencies(options))) % options["rope_period"]
    angle = turns.double() * (2 * math.pi / options["rope_period"])
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """Turns the pairs `(x_i, x_{i + e/2})` of `x [..., T, e]`."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def to_steps(x):
    """`x` in 1/24, rounded and clamped to int8 (gradient inside the clamp only)."""
    steps = (x * UNIT).clamp(-127, 127)
    return through(torch.round(steps), steps)


def attention(q, k, v, window):
    """Causal attention within `window` on `[B, H, T, e]`, with logits `q . k` in nats.

    Queries go in chunks, each with only the keys that it can see: compiled, that is twice as fast on a CPU as PyTorch's own.
    """
    mixed = []
    for begin in range(0, q.shape[2], CHUNK):
        end, first = min(begin + CHUNK, q.shape[2]), max(0, begin - window + 1)
        scores = (q[:, :, begin:end] @ k[:, :, first:end].mT).float()
        distance = torch.arange(begin, end)[:, None] - torch.arange(first, end)
        scores = scores.masked_fill((distance < 0) | (distance >= window), -1e30)
        mixed.append(scores.softmax(-1).to(v.dtype) @ v[:, :, first:end])
    return torch.cat(mixed, 2)


class Block(nn.Module):
    """Attention and MLP, each with its residual addition."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        dim, hidden, e = options["dim"], options["hidden"], options["head_dim"]
        kind = (options["linear"], options["scale"] == "row")
        self.query = Matrix(options["heads"] * e, dim, *kind)
        self.key = Matrix(options["kv_heads"] * e, dim, *kind)
        self.value = Matrix(options["kv_heads"] * e, dim, *kind)
        self.output = Matrix(dim, options["heads"] * e, *kind)
        self.log_gain = nn.Parameter(torch.full((options["heads"],), math.log(1.5 / math.sqrt(e))))
        self.up = Matrix(hidden, dim, *kind)
        self.gate = Matrix(hidden, dim, *kind) if options["gated"] else None
        self.down = Matrix(dim, hidden, *kind)
        with torch.no_grad():
            for matrix in (self.output, self.down):
                matrix.weight.mul_(1 / math.sqrt(2 * len(options["depth"])))
            for head, distance in enumerate(options.get("look_back", [])):
                self._look_back(head, distance)

    def _look_back(self, head, distance):
        """Starts a query head (with a key head of its own) off looking `distance` tokens back, through the first channel of the input.

        Keys and queries get a constant, the queries' turned so that after rotation they meet at that distance.
        """
        e, period = self.options["head_dim"], self.options["rope_period"]
        for pair, frequency in enumerate(rope_frequencies(self.options)):
            angle, row = 2 * math.pi * distance * frequency / period, head * e + pair
            self.key.weight[row, 0] += 1
            self.query.weight[row, 0] += math.cos(angle)
            self.query.weight[row + e // 2, 0] -= math.sin(angle)

    def forward(self, x, cos, sin, dtype):
        """`x [B, T, d]` to the same shape."""
        x = x + self.output(quantise(self.attend(quantise(x), cos, sin, dtype)), dtype)
        return x + self.down(quantise(self.expand(quantise(x), dtype)), dtype)

    def heads(self, x):
        """`[B, T, heads * e]` to `[B, heads, T, e]`."""
        return x.unflatten(-1, (-1, self.options["head_dim"])).transpose(1, 2)

    def attend(self, x, cos, sin, dtype):
        """Attention without its output layer, `[B, T, H * e]`."""
        e, groups = self.options["head_dim"], self.options["heads"] // self.options["kv_heads"]
        q, k, v = (self.heads(matrix(x, dtype)) for matrix in (self.query, self.key, self.value))
        q, k = (to_steps(rotate(F.rms_norm(t, (e,), eps=1e-12), cos, sin)) for t in (q, k))
        q = q * (self.log_gain.exp() * (math.log(2) / UNIT**2)).view(1, -1, 1, 1)
        k, v = (t.to(wide(dtype)).repeat_interleave(groups, 1) for t in (k, to_steps(v)))
        return attention(q.to(wide(dtype)), k, v, self.options["window"]).transpose(1, 2).flatten(2)

    def expand(self, x, dtype):
        """The hidden layer of the MLP, `[B, T, f]`."""
        if self.gate is None:
            return self.up(x, dtype).relu().square()
        return self.gate(x, dtype).relu().square() * self.up(x, dtype)


class Tied(nn.Module):
    """Token ids to the loss in bits, through one embedding at both ends; what lies between, `logits`, is the network's."""

    def __init__(self, options, vocabulary, rows):
        """`options`: the configuration's `model`; `vocabulary` tokens share `rows` embedding rows."""
        super().__init__()
        self.options = options
        self.embedding = Matrix(rows, options["dim"], options["embedding"], True)
        with torch.no_grad():
            self.embedding.weight.mul_(0.5)
        shared = torch.zeros(rows)
        shared[-1] = math.log2(vocabulary - rows + 1)
        self.register_buffer("shared", shared, persistent=False)

    def embed(self, tokens):
        """`tokens [B, T]` to the input of the first block, `[B, T, d]` of RMS 1."""
        levels, _ = self.embedding.levels()
        x = levels * torch.rsqrt(levels.square().mean(-1, keepdim=True) + 1e-6)
        return F.embedding(tokens.clamp_max(len(self.shared) - 1), x)

    def logits(self, tokens, dtype):
        """`tokens [B, T]` to float32 `[B, T, R]`, in bits; rows that several tokens share count once."""
        raise NotImplementedError

    def forward(self, inputs, targets, dtype=torch.float32):
        """Mean bits per token of `targets [B, T]` (but those that are `IGNORED`) after `inputs [B, T]`."""
        logits = self.logits(inputs, dtype) + self.shared
        rows = targets.clamp_max(len(self.shared) - 1)
        nats = F.cross_entropy(logits.flatten(0, 1) * math.log(2), rows.flatten(), ignore_index=IGNORED)
        counts = targets != IGNORED
        return nats / math.log(2) + (self.shared[rows.clamp_min(0)] * counts).sum() / counts.sum()


class Model(Tied):
    """The transformer."""

    def __init__(self, options, vocabulary, rows, sequence):
        """`sequence`: the most tokens that it will see at once."""
        super().__init__(options, vocabulary, rows)
        with torch.no_grad():
            if "look_back" in options:
                self.embedding.weight[:, 0] += self.embedding.weight.std() * 1.5
        self.blocks = nn.ModuleList(Block(options) for _ in range(max(options["depth"]) + 1))
        cos, sin = rope_table(options, sequence)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def logits(self, tokens, dtype):
        """As `Tied.logits`."""
        x = self.embed(tokens)
        for index in self.options["depth"]:
            x = self.blocks[index](x, self.cos, self.sin, dtype)
        logits = self.embedding(quantise(x), dtype)
        cap = self.options["softcap"]
        return cap * torch.tanh(logits / cap) if cap else logits
