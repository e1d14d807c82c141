"""Where training goes on from an artifact: latent weights that round to what it stores, or to what computes the same."""

import torch

from evaluate import Reference

SPREAD = 1.2533
"""Standard deviation of weights over the mean of their magnitudes, if they are normal."""

FAINT = 0.05
"""What blocks that an artifact lacks add to the residual stream at first, of what blocks usually do."""


def sizes(shape, least, most):
    """Magnitudes of normal weights whose mean is 1, at random between two of their quantiles."""
    share = least + (most - least) * torch.rand(shape)
    return SPREAD * torch.special.ndtri((1 + share) / 2)


def latent(levels, scale, codec):
    """Weights that round to `levels [rows, cols]` at `scale [rows, 1]`, otherwise at random as far from there as those of a trained matrix."""
    if codec in ("i4", "i8"):
        return levels * scale
    least = 0.5 if codec == "trit5" else 0.0
    below = 2 * torch.special.ndtr(torch.tensor(least / SPREAD)) - 1
    size = sizes(levels.shape, below, 0.999) * (levels != 0)
    zeros = 0.9 * (torch.rand(levels.shape) - 0.5) * (levels == 0)
    # The mean of the magnitudes, by which they are rounded, is to be the scale.
    rest = levels.shape[1] - zeros.abs().sum(1, keepdim=True)
    size = (size * rest / size.sum(1, keepdim=True).clamp_min(1e-6)).clamp_min(1.1 * least)
    return scale * (zeros + levels * size)


def pairs(levels, scale):
    """Binary weights `[rows, 2 * cols]` that do to an input and its repetition what ternary `levels` at `scale` do to the input.

    A weight of zero is a pair of opposite signs; those are the smallest, so that they may soon become something else.
    """
    zeros, least = levels == 0, float((levels == 0).float().mean())
    sign = torch.where(zeros, torch.where(torch.rand(levels.shape) < 0.5, 1.0, -1.0), levels)
    size = lambda: torch.where(zeros, sizes(levels.shape, 0.01, max(least, 0.02)), sizes(levels.shape, least, 0.999))
    both = torch.cat([sign * size(), torch.where(zeros, -sign, sign) * size()], 1)
    return both * (scale / 2 / both.abs().mean(1, keepdim=True))


@torch.no_grad()
def fill(matrix, levels, scale):
    """Puts an artifact's matrix into a `model.Matrix` that may have more rows and columns.

    New rows stay as they are but for their size, new columns round to nothing.
    """
    weight, (rows, cols) = matrix.weight, levels.shape
    scale = scale.view(-1, 1).expand(rows, 1)
    assert rows <= weight.shape[0] and cols <= weight.shape[1], "the artifact's matrix is larger"
    if rows < weight.shape[0]:
        weight[rows:] *= scale.mean() / weight[rows:].abs().mean()
    weight[:rows, cols:] = (torch.rand(rows, weight.shape[1] - cols) - 0.5) * scale
    weight[:rows, :cols] = latent(levels, scale, matrix.codec)


@torch.no_grad()
def fill_twice(matrix, levels, scale):
    """Puts an artifact's matrix into a `model.Matrix` whose inputs are those of the artifact twice, and maybe its outputs."""
    weight, (rows, cols) = matrix.weight, levels.shape
    scale, times = scale.view(-1, 1).expand(rows, 1), weight.shape[0] // rows
    assert weight.shape == (times * rows, 2 * cols), "a matrix that is to be twice as wide is not"
    if matrix.codec == "bit1":
        # Each repetition of a row has other signs for zeros.
        weight.copy_(torch.cat([pairs(levels, scale) for _ in range(times)]))
    else:
        weight.copy_(latent(levels, scale / 2, matrix.codec).repeat(times, 2))


@torch.no_grad()
def start(model, tokenizer, path):
    """Lets a `model.Model` begin with the weights of an artifact in plain form that has the same vocabulary.

    The model has the artifact's width and blocks, and its hidden layers may be wider. Or all of it is twice as wide, with twice the heads, for binary
    weights that compute what the artifact's ternary ones do; then it may have more blocks, which are spread between the artifact's and add
    little at first.
    """
    source, options = Reference(path), model.options
    assert source.tokenizer.tokens == tokenizer.tokens, f"{path} has another vocabulary"
    is_twice = options["dim"] == 2 * source.config["dim"]
    if not is_twice:
        assert source.config["depth"] == options["depth"], f"{path} has other blocks"
    put = fill_twice if is_twice else fill
    put(model.embedding, *source.embedding)
    last, most = len(source.blocks) - 1, len(model.blocks) - 1
    assert most >= last, f"{path} has more blocks"
    places = [round(index * most / max(last, 1)) for index in range(last + 1)]
    for place in set(range(most + 1)) - set(places):
        for matrix in (model.blocks[place].output, model.blocks[place].down):
            matrix.weight.mul_(FAINT)
    for place, parts in zip(places, source.blocks):
        block, gains = model.blocks[place], parts.pop("gain").flatten().log()
        block.log_gain.copy_(gains.repeat(len(block.log_gain) // len(gains)))
        for part, matrix in parts.items():
            put(getattr(block, part), *matrix)
