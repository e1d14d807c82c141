"""Structured pruning: leaves the least useful hidden columns of every MLP out of a checkpoint, for `train.py --resume` to go on with.

A column's use is the mean square of its share in the MLP's output: the square of its activation, over text of the training mix, times the squared length
of its column of `down` (after Molchanov et al., "Importance estimation for neural network pruning", 2019, with outputs in place of the loss).
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that spin starve each other on a shared machine

import torch

from train import Run

BATCHES = 8
"""Batches, those that training would see next, over which activations are measured."""


@torch.no_grad()
def uses(run):
    """The use of each hidden column, `[f]` per block."""
    totals = [torch.zeros(block.down.weight.shape[1]) for block in run.model.blocks]

    def add(total, inputs):
        q, inv = inputs[0]
        total.add_((q * inv).square().mean((0, 1)))

    hooks = [block.down.register_forward_pre_hook(lambda _, inputs, t=total: add(t, inputs)) for block, total in zip(run.model.blocks, totals)]
    for step in range(run.step, run.step + BATCHES):
        run.model.logits(torch.from_numpy(run.batches(step))[:, :-1], run.dtype)
    for hook in hooks:
        hook.remove()
    return [total * block.down.weight.square().sum(0) for total, block in zip(totals, run.model.blocks)]


def prune(run, hidden):
    """The checkpoint of `run` with `hidden` columns in each MLP: the most useful ones, in their order. Momentum goes with them."""
    kept = [use.topk(hidden).indices.sort().values for use in uses(run)]
    state = run.state()
    state["config"] = json.loads(json.dumps(run.config))
    state["config"]["model"]["hidden"] = hidden
    names = {id(p): name for name, p in run.model.named_parameters()}
    momenta = state["matrices"]["state"]
    for place, parameter in enumerate(run.matrices.param_groups[0]["params"]):
        name = names[id(parameter)]
        _, block, part, _ = name.split(".")
        if part in ("up", "gate", "down"):
            axis, which = 1 if part == "down" else 0, kept[int(block)]
            state["model"][name] = parameter.detach().index_select(axis, which)
            momenta[place] = {key: value.index_select(axis, which) if value.ndim == 2 else value for key, value in momenta[place].items()}
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of the run: its train.json and checkpoint.pt")
    parser.add_argument("--hidden", type=int, required=True, help="columns to keep in each MLP")
    parser.add_argument("--out", type=Path, required=True, help="folder for the smaller checkpoint, with the log so far")
    parser.add_argument("--data", type=Path, required=True, help="folder that the configuration's files are in")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "golf-train", help="folder for encoded data")
    options = parser.parse_args()
    config = json.loads((options.run / "train.json").read_text())
    if not 0 < options.hidden <= config["model"]["hidden"]:
        raise SystemExit(f"--hidden {options.hidden}: the MLPs have {config['model']['hidden']} columns")
    config["train"]["compile"] = False
    run = Run(config, options.run, options.data, options.cache)
    run.load()
    state = prune(run, options.hidden)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(state, options.out / "checkpoint.pt")
    (options.out / "train.csv").write_bytes((options.run / "train.csv").read_bytes())


if __name__ == "__main__":
    main()
