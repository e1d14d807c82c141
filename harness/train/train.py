"""Trains one entry from its configuration and writes its artifact: `python train.py CONFIG.json --out DIR --data DIR`."""

import argparse
import csv
import hashlib
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that spin starve each other on a shared machine

import numpy as np
import torch

import artifact
from data import Batches, prepare
from evaluate import Reference, evaluate
from model import IGNORED, Matrix, Model, wide
from optimizer import Muon
from recurrent import Recurrent
from tokenizer import START
from warm import start

DTYPES = {"bf16": torch.bfloat16, "f32": torch.float32, "int8": torch.int8}
LOG_EVERY = 20
MEMORY = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:glibc.malloc.hugetlb=1"
COLUMNS = ("step", "tokens", "seconds", "bits_per_token", "bits_per_byte", "rate")


class Run:
    """A training run: the model, its optimizers, its data, and how far it is."""

    def __init__(self, config, out, data, cache):
        self.config, self.options, self.out = config, config["train"], out
        torch.manual_seed(config["seed"])
        torch.set_num_threads(self.options["threads"])
        self.tokenizer, rows, streams = prepare(config, data, cache)
        weights = [s["weight"] for s in config["data"]]
        self.batches = Batches(streams, weights, self.tokenizer, self.options, config["seed"])
        self.lengths = torch.tensor(self.tokenizer.lengths)
        self.lengths[0] = 0
        self.dtype = DTYPES[self.options["compute"]]
        network = Recurrent if config.get("engine") == "wasm" else Model
        self.model = network(config["model"], len(self.tokenizer.tokens), rows, self.options["sequence"])
        self.matrices, self.rest = self._optimizers()
        self.loss = torch.compile(self.model, dynamic=False) if self.options["compile"] else self.model
        self.step, self.seconds = 0, 0.0

    def _optimizers(self):
        matrices = [p for p in self.model.blocks.parameters() if p.ndim == 2]
        known = {id(p) for p in matrices} | {id(self.model.embedding.weight)}
        gains = [p for p in self.model.parameters() if id(p) not in known]
        groups = [{"params": [self.model.embedding.weight]}, {"params": gains}]
        adam, decay = dict(betas=(0.9, 0.95), fused=True), self.options["decay"]
        if self.options.get("matrices", "muon") == "muon":
            first = Muon(matrices, decay=decay, dtype=wide(self.dtype))
        else:
            first = torch.optim.AdamW(matrices, weight_decay=decay, **adam)
        return first, torch.optim.AdamW(groups, weight_decay=0.0, **adam)

    def round_weights(self, rounds):
        """Whether the matrices of the blocks are rounded."""
        for matrix in self.model.blocks.modules():
            if isinstance(matrix, Matrix):
                matrix.rounds = rounds

    def progress(self):
        """How much of the run is done, 0 to 1: by steps, or by time when the configuration gives minutes."""
        if "steps" in self.options:
            return min(1.0, self.step / self.options["steps"])
        return min(1.0, self.seconds / (60 * self.options["minutes"]))

    def rate(self):
        """The factor of the learning rates: linear warm-up, constant, linear warm-down to 0."""
        done = self.progress()
        return min(1.0, (done + 1e-4) / self.options["warm_up"], (1 - done) / self.options["warm_down"])

    def train_step(self):
        """One update. Returns bits per token and bits per byte."""
        self.round_weights(self.progress() >= self.options.get("round_from", 0))
        tokens = torch.from_numpy(self.batches(self.step))
        inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
        targets[inputs[:, 0] != START, : self.options["skip"]] = IGNORED
        loss = self.loss(inputs, targets, self.dtype)
        loss.backward()
        rate = self.rate()
        self.matrices.param_groups[0]["lr"] = rate * self.options["matrix_rate"]
        for group, name in zip(self.rest.param_groups, ("embedding_rate", "gain_rate")):
            group["lr"] = rate * self.options[name]
        for optimizer in (self.matrices, self.rest):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        bits, scored = loss.item(), targets[targets != IGNORED]
        return bits, bits * scored.numel() / self.lengths[scored].sum().item()

    def state(self):
        """What a checkpoint holds."""
        return {
            "config": self.config,
            "tokens": self.tokenizer.tokens,
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "matrices": self.matrices.state_dict(),
            "rest": self.rest.state_dict(),
            "random": torch.get_rng_state(),
        }

    def save(self):
        """Writes the checkpoint, whole or not at all."""
        torch.save(self.state(), self.out / "checkpoint.tmp")
        os.replace(self.out / "checkpoint.tmp", self.out / "checkpoint.pt")

    def load(self):
        """Continues from the checkpoint."""
        state = torch.load(self.out / "checkpoint.pt", weights_only=True)
        assert state["config"]["model"] == self.config["model"], "the checkpoint is of another model"
        assert state["tokens"] == self.tokenizer.tokens, "the checkpoint is of another vocabulary"
        self.step, self.seconds = state["step"], state["seconds"]
        self.model.load_state_dict(state["model"])
        self.matrices.load_state_dict(state["matrices"])
        self.rest.load_state_dict(state["rest"])
        torch.set_rng_state(state["random"])

    def train(self, stop=None):
        """Trains to the end, or to step `stop`; saves every `checkpoint_minutes` and at the end."""
        log = Log(self.out / "train.csv", self.step)
        tokens = self.options["batch"] * self.options["sequence"]
        clock = saved = time.monotonic()
        mean = None
        while self.progress() < 1 and self.step != stop:
            losses = torch.tensor(self.train_step(), dtype=torch.float64)
            mean = losses if mean is None else mean.lerp(losses, 0.05)
            now = time.monotonic()
            self.seconds, clock = self.seconds + now - clock, now
            if self.step % LOG_EVERY == 0 or self.progress() == 1:
                log.row(self.step, self.step * tokens, self.seconds, *mean.tolist(), self.rate())
                self._report(mean, tokens)
            if now - saved > 60 * self.options["checkpoint_minutes"]:
                self.save()
                saved = now
        self.save()
        log.close()

    def _report(self, mean, tokens):
        done = self.progress()
        left = self.seconds * (1 - done) / max(done, 1e-6)
        print(
            f"step {self.step}  {self.step * tokens / 1e6:.2f}M tokens  {mean[0]:.4f} bits/token  {mean[1]:.4f} bits/byte  "
            f"{self.step * tokens / self.seconds:.0f} tokens/s  {100 * done:.1f} %  {left / 60:.1f} min left",
            flush=True,
        )

    def export(self, module=None):
        """Writes `model.safetensors`, with the file `module` if the engine takes one, and returns its path."""
        path = self.out / "model.safetensors"
        if isinstance(self.model, Recurrent):
            if module is None:
                raise SystemExit("this engine's artifact needs a module: --module FILE.wasm")
            size, sha256 = artifact.export_module(self.model, self.tokenizer, module, path)
        else:
            size, sha256 = artifact.export(self.model, self.tokenizer, path)
        print(f"model.safetensors: {size:,} bytes, sha256 {sha256}", flush=True)
        return path


class Trained:
    """Scores texts with the network as it was trained, where nothing else here can run the artifact."""

    def __init__(self, run, path):
        self.run, self.sha256 = run, hashlib.sha256(path.read_bytes()).hexdigest()

    @torch.no_grad()
    def document_bits(self, text):
        """The cost of a document's bytes."""
        tokens = torch.from_numpy(self.run.tokenizer.encode(text).astype(np.int64))[None]
        inputs = torch.nn.functional.pad(tokens[:, :-1], (1, 0), value=START)
        return self.run.model(inputs, tokens).item() * tokens.numel() if tokens.numel() else 0.0


class Log:
    """`train.csv`; rows after the step that training resumes from are dropped."""

    def __init__(self, path, step):
        rows = list(csv.reader(path.read_text().splitlines()))[1:] if path.exists() else []
        self.file = path.open("w", newline="")
        self.writer = csv.writer(self.file, lineterminator="\n")
        self.writer.writerow(COLUMNS)
        self.writer.writerows(row for row in rows if int(row[0]) <= step)

    def row(self, step, tokens, seconds, per_token, per_byte, rate):
        self.writer.writerow([step, tokens, f"{seconds:.1f}", f"{per_token:.4f}", f"{per_byte:.4f}", f"{rate:.4f}"])
        self.file.flush()

    def close(self):
        self.file.close()


def changed(config, changes):
    """The configuration with `changes`, each `KEY.KEY=JSON`; a value that isn't JSON is a string."""
    for change in changes:
        path, equals, value = change.partition("=")
        *parents, key = path.split(".")
        place = config
        for parent in parents:
            place = place.get(parent, {})
        if not equals or key not in place:
            raise SystemExit(f"--set {change}: wants KEY=VALUE with a key of the configuration")
        try:
            place[key] = json.loads(value)
        except json.JSONDecodeError:
            place[key] = value
    return config


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log and artifact")
    parser.add_argument("--data", type=Path, required=True, help="folder that the configuration's files are in")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "golf-train", help="folder for encoded data")
    parser.add_argument("--start", type=Path, metavar="ARTIFACT", help="begin with the weights of this artifact, in plain form")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY.KEY=JSON", help="change the configuration, as in `seed=2 model.linear=bit1`")
    parser.add_argument("--stop", type=int, metavar="STEP", help="leave off after this step, with a checkpoint")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in --out, if there is one")
    parser.add_argument("--export-only", action="store_true", help="write the artifact of the checkpoint in --out")
    parser.add_argument("--module", type=Path, metavar="FILE", help="the WebAssembly module of an entry of the engine `wasm`")
    parser.add_argument("--evaluate", type=Path, nargs="*", default=[], metavar="FILE", help="text files to score at the end")
    parser.add_argument("--root", type=Path, default=Path(), help="folder that the names of these files are relative to")
    parser.add_argument("--task", default="prose", help="name of the task that these files belong to")
    options = parser.parse_args()
    config = changed(json.loads(options.config.read_text()), options.set)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "train.json").write_text(json.dumps(config, indent=1) + "\n")
    run = Run(config, options.out, options.data, options.cache)
    if options.export_only or (options.resume and (options.out / "checkpoint.pt").exists()):
        run.load()
    elif options.start:
        start(run.model, run.tokenizer, options.start)
    if not options.export_only:
        parameters = sum(p.numel() for p in run.model.parameters())
        print(f"{parameters:,} parameters, {len(run.tokenizer.tokens)} tokens, {sum(map(len, run.batches.streams)):,} encoded")
        run.train(options.stop)
        if run.progress() < 1:
            return
    path = run.export(options.module)
    if options.evaluate:
        reference = Trained(run, path) if isinstance(run.model, Recurrent) else Reference(path)
        result = evaluate(reference, options.evaluate, options.root, options.task)
        (options.out / "train.reference.json").write_text(json.dumps(result, indent=1) + "\n")
        print(f"{result['bits_per_byte']:.4f} bits per byte on {len(result['documents'])} files")


def keep_memory():
    """Begins anew with a malloc that keeps what is freed, in large pages: giving it back and asking again took more than half of the time."""
    if sys.platform == "linux" and "GLIBC_TUNABLES" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"GLIBC_TUNABLES": MEMORY})


if __name__ == "__main__":
    keep_memory()
    main()
