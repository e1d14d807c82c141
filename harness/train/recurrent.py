"""A gated linear recurrence in floating point, for training with quantised weights and activations: what `submissions/wren-100k/train.module.rs` computes in integers.

Each block is one mixer: candidates and forget gates through a causal convolution over the last tokens, a state that forgets by channel
(minGRU of Feng et al. 2024, arXiv 2410.01201), and an output gate (as in HGRN, Qin et al. 2023, arXiv 2311.04823). No MLP, no attention, no position.
Sigmoids are to base 2: `1 / (1 + 2^-x)`.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from model import Matrix, Tied, quantise, through

TAPS = 4
"""Tokens that the convolution sees."""

TAP_UNIT, BIAS_UNIT = 64, 16
"""Steps per unit of the convolution's weights and, per bit, of the logits' bias; both are int8."""


class Scan(torch.autograd.Function):
    """`h_t = a_t h_{t-1} + b_t` from `h_0 = 0`, over the second dimension of `[B, T, n]`."""

    @staticmethod
    def forward(ctx, a, b):
        h = torch.empty_like(b)
        last = torch.zeros_like(b[:, 0])
        for keep, add, out in zip(a.unbind(1), b.unbind(1), h.unbind(1)):
            last = torch.addcmul(add, keep, last, out=out)
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx, grad):
        a, h = ctx.saved_tensors
        total = torch.empty_like(grad)
        grads, keeps, outs = grad.unbind(1), a.unbind(1), total.unbind(1)
        outs[-1].copy_(grads[-1])
        for t in range(len(grads) - 2, -1, -1):
            torch.addcmul(grads[t], keeps[t + 1], outs[t + 1], out=outs[t])
        before = torch.zeros_like(h)
        before[:, 1:] = h[:, :-1]
        return total * before, total


@torch.compiler.disable
def scan(a, b):
    """`Scan`, which the compiler is not to unroll."""
    return Scan.apply(a.contiguous(), b.contiguous())


def sigmoid2(x):
    """The sigmoid to base 2."""
    return torch.sigmoid(x * math.log(2))


def steps(x, unit):
    """`x` rounded to int8 steps of `1 / unit`, with the gradient of `x` inside their range."""
    inside = (x * unit).clamp(-127, 127)
    return through(torch.round(inside), inside) / unit


class Block(nn.Module):
    """One mixer and its residual addition."""

    def __init__(self, options, depth):
        super().__init__()
        dim, inner = options["dim"], options["inner"]
        kind = (options["linear"], True)
        self.forget, self.candidate, self.gate = (Matrix(inner, dim, *kind) for _ in range(3))
        self.output = Matrix(dim, inner, *kind)
        # Half-lives from less than a token to a few hundred.
        bias = torch.linspace(-1.0, 8.0, inner)
        self.bias = nn.Parameter(bias)
        keep = sigmoid2(bias)
        # A state that averages over many tokens is small: even that out.
        self.log_gain = nn.Parameter((((1 + keep) / (1 - keep)).log() / 2))
        taps = torch.zeros(2, TAPS, inner)
        taps[:, 0] = 0.75
        taps[:, 1] = 0.25
        self.taps = nn.Parameter(taps)
        with torch.no_grad():
            self.output.weight.mul_(1 / math.sqrt(depth))

    def convolve(self, x, taps):
        """`x [B, T, n]` mixed with the tokens before it by `taps [TAPS, n]`, the present one's first."""
        padded = F.pad(x, (0, 0, TAPS - 1, 0))
        length = x.shape[1]
        return sum(padded[:, TAPS - 1 - k : TAPS - 1 - k + length] * taps[k] for k in range(TAPS))

    def forward(self, x, dtype):
        """`x [B, T, d]` to the same shape."""
        quantised, taps = quantise(x), steps(self.taps, TAP_UNIT)
        keep = sigmoid2(self.convolve(self.forget(quantised, dtype), taps[0]) + self.bias)
        candidate = self.convolve(self.candidate(quantised, dtype), taps[1])
        state = scan(keep, (1 - keep) * candidate)
        gate = self.gate(quantised, dtype)
        return x + self.output(quantise(state * self.log_gain.exp() * gate * sigmoid2(gate)), dtype)


class Recurrent(Tied):
    """The recurrent network."""

    def __init__(self, options, vocabulary, rows, _sequence):
        super().__init__(options, vocabulary, rows)
        self.blocks = nn.ModuleList(Block(options, options["blocks"]) for _ in range(options["blocks"]))
        self.bias = nn.Parameter(torch.zeros(rows))

    def logits(self, tokens, dtype):
        """As `Tied.logits`."""
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, dtype)
        return self.embedding(quantise(x), dtype) + steps(self.bias, BIAS_UNIT)
