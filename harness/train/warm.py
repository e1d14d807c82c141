"""Where training goes on from an artifact: latent weights that round to what it stores."""

import torch

from evaluate import Reference

SPREAD = 1.2533
"""Standard deviation of weights over the mean of their magnitudes, if they are normal."""


def latent(levels, scale, codec):
    """Weights that round to `levels [rows, cols]` at `scale [rows, 1]`, otherwise at random as far from there as those of a trained matrix."""
    if codec in ("i4", "i8"):
        return levels * scale
    least = 0.5 if codec == "trit5" else 0.0
    below = torch.special.ndtr(torch.tensor(least / SPREAD))
    # Of the upper half of a normal distribution what is above `least`.
    size = SPREAD * torch.special.ndtri(below + (1 - below) * 0.999 * torch.rand(levels.shape))
    zeros = 0.9 * (torch.rand(levels.shape) - 0.5) * (levels == 0)
    size = size * (levels != 0)
    # The mean of the magnitudes, by which they are rounded, is to be the scale.
    rest = levels.shape[1] - zeros.abs().sum(1, keepdim=True)
    size = (size * rest / size.sum(1, keepdim=True).clamp_min(1e-6)).clamp_min(1.1 * least)
    return scale * (zeros + levels * size)


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
def start(model, tokenizer, path):
    """Lets a `model.Model` begin with the weights of an artifact in plain form, of the same width, depth and vocabulary."""
    source = Reference(path)
    assert source.tokenizer.tokens == tokenizer.tokens, f"{path} has another vocabulary"
    assert source.config["depth"] == model.options["depth"], f"{path} has other blocks"
    fill(model.embedding, *source.embedding)
    for block, parts in zip(model.blocks, source.blocks):
        block.log_gain.copy_(parts.pop("gain").flatten().log())
        for part, matrix in parts.items():
            fill(getattr(block, part), *matrix)
