"""Quick tests: `python -m unittest test_train` (or pytest)."""

import json
import random
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

import artifact
import tokenizer
from data import Batches, prepare
from evaluate import Reference, evaluate
from model import Product
from optimizer import orthogonalise
from prune import prune
from recurrent import Recurrent, scan
from train import DTYPES, Run, changed
from warm import start

TEXT = "It's a log: the pump runs, the pump stops.  Day 12, 7 o'clock\n\n The caf\u00e9 isn't open (yet)!! ".encode()

CONFIG = {
    "name": "test",
    "seed": 3,
    "tokenizer": {"mode": "bpe", "vocabulary": 300, "sample_bytes": 100_000, "rare": 1},
    "data": [{"file": "*.txt", "bytes": 100_000, "weight": 1}],
    "model": {
        "dim": 20, "heads": 4, "kv_heads": 2, "head_dim": 8, "hidden": 48, "gated": True,
        "linear": "trit5", "scale": "row", "embedding": "i8",
        "depth": [0, 1, 0], "window": 24, "softcap": 15, "rope_period": 1024, "rope_base": 1000,
    },
    "train": {
        "steps": 12, "batch": 4, "sequence": 40, "fresh": 0.5, "fresh_at": "line", "skip": 5, "compute": "f32", "compile": False, "threads": 1,
        "matrix_rate": 0.02, "embedding_rate": 0.005, "gain_rate": 0.01, "decay": 0.02,
        "warm_up": 0.1, "warm_down": 0.5, "checkpoint_minutes": 60,
    },
}  # fmt: skip


def naive_encode(text, tokens):
    """The specification's algorithm, word for word, with ids found by search."""
    ids = []
    for piece in tokenizer.PIECE.findall(text):
        parts = [piece[i : i + 1] for i in range(len(piece))]
        while True:
            pairs = [(tokens.index(a + b), at) for at, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in tokens]
            if not pairs:
                break
            at = min(pairs)[1]
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        ids += [tokens.index(part) for part in parts]
    return ids


class Tokenizers(unittest.TestCase):
    def test_pieces(self):
        found = tokenizer.PIECE.findall(b" isn't 12ab  'x\n\n  y ('z')  ")
        self.assertEqual(found, [b" isn", b"'t", b" 12", b"ab", b" ", b" 'x", b"\n\n ", b" y", b" ('", b"z", b"')", b"  "])

    def test_vocabulary_and_round_trip(self):
        tokens, rows = tokenizer.train_vocabulary(TEXT * 20, "bpe", 300, 1)
        self.assertEqual(tokens[tokenizer.START], b"\0")
        self.assertEqual(len(set(tokens)), len(tokens))
        self.assertTrue(all(bytes([b]) in tokens for b in range(256)))
        self.assertTrue(all(len(t) == 1 and t not in TEXT for t in tokens[rows - 1 :]))
        coder = tokenizer.Tokenizer(tokens, "bpe")
        for text in (TEXT, bytes(range(256)), b"", b"pump stop pumps"):
            ids = coder.encode(text).tolist()
            self.assertEqual(coder.decode(ids), text)
            self.assertEqual(ids, naive_encode(text, tokens))

    def test_bytes(self):
        tokens, rows = tokenizer.train_vocabulary(TEXT, "bytes", 256, 1)
        coder = tokenizer.Tokenizer(tokens, "bytes")
        self.assertEqual(coder.decode(coder.encode(TEXT)), TEXT)
        self.assertLess(coder.encode(TEXT).max(), rows - 1)


class Artifacts(unittest.TestCase):
    def test_codecs(self):
        random = np.random.default_rng(1)
        for codec, low, high in (("i8", -127, 127), ("i4", -8, 7), ("trit5", -1, 1), ("bit1", -1, 1)):
            for cols in (1, 5, 8, 23):
                levels = random.integers(low, high + 1, (7, cols))
                if codec == "bit1":
                    levels[levels == 0] = 1
                stored = artifact.pack(levels, codec)
                self.assertTrue((artifact.unpack(stored, codec, cols) == levels).all(), codec)

    def test_padding(self):
        self.assertEqual(artifact.pack(np.array([[1, -1]]), "trit5").tolist(), [[2 + 0 + 9 + 27 + 81]])
        self.assertEqual(artifact.pack(np.array([[-1, 3, 5]]), "i4").tolist(), [[0x3F, 0x05]])
        self.assertEqual(artifact.pack(np.array([[1, -1, 1]]), "bit1").tolist(), [[0b101]])

    def test_scales(self):
        scales = np.array([1.0, 0.0123, 3.9999, 2047.0, 1e-6, 1.9999, 0.999999])
        self.assertTrue((np.abs(artifact.decode_scale(artifact.encode_scale(scales)) / scales - 1) < 1e-3).all())

    def test_file(self):
        tensors = {"odd": np.arange(3, dtype=np.uint8), "pair": np.arange(4, dtype="<u2").reshape(2, 2)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            size, _ = artifact.write(path, {"engine": "uniform"}, tensors)
            config, read = artifact.read(path)
            self.assertEqual((size, config), (path.stat().st_size, {"engine": "uniform"}))
            self.assertTrue(all((read[name] == tensor).all() for name, tensor in tensors.items()))
            path.write_bytes(path.read_bytes() + b"x")
            self.assertRaises(AssertionError, artifact.read, path)


class Training(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        random.seed(5)
        words = TEXT.decode().split(" ")
        for name in "ab":
            text = " ".join(random.choice(words) for _ in range(4000))
            (self.path / f"{name}.txt").write_text(text)

    def tearDown(self):
        self.folder.cleanup()

    def start(self, name, **changes):
        out = self.path / name
        out.mkdir(exist_ok=True)
        return Run(CONFIG | changes, out, self.path, self.path / "cache")

    def test_resume_is_exact(self):
        whole = self.start("whole")
        whole.train()
        self.start("halves").train(stop=5)
        second = self.start("halves")
        second.load()
        self.assertEqual(second.step, 5)
        second.train()
        for run in (whole, second):
            run.export()
        first, again = ((self.path / n / "model.safetensors").read_bytes() for n in ("whole", "halves"))
        self.assertEqual(first, again)
        for a, b in zip(whole.model.parameters(), second.model.parameters()):
            self.assertTrue(torch.equal(a, b))

    def test_evaluation_agrees_with_training(self):
        """The artifact's reference arithmetic and the trainer's forward give the same loss on a document."""
        for model in ({}, {"linear": "i8", "scale": "tensor", "softcap": 0}, {"linear": "bit1", "embedding": "i4"}):
            run = self.start("agree", model=CONFIG["model"] | model)
            for _ in range(3):
                run.train_step()
            run.export()
            path = self.path / "agree" / "model.safetensors"
            text = (self.path / "a.txt").read_bytes()[:1000]
            ids = torch.from_numpy(run.tokenizer.encode(text).astype(np.int64))[:40]
            bits = Reference(path).token_bits(ids)
            inputs = torch.cat([torch.zeros(1, dtype=torch.int64), ids[:-1]])
            with torch.no_grad():
                expected = run.model(inputs[None], ids[None]).item()
            self.assertAlmostEqual(bits.mean().item(), expected, delta=0.01)

    def trained(self, model):
        """An artifact after twelve steps, what a text's tokens cost by it, and what they cost by the network of a run."""
        run = self.start("trained", model=model)
        for _ in range(12):
            run.train_step()
        path = run.export()
        ids = torch.from_numpy(run.tokenizer.encode((self.path / "a.txt").read_bytes()[:2000]).astype(np.int64))[:40]
        inputs = torch.cat([torch.zeros(1, dtype=torch.int64), ids[:-1]])

        @torch.no_grad()
        def bits_of(other):
            return other.model(inputs[None], ids[None]).item()

        return path, Reference(path).token_bits(ids).mean().item(), bits_of

    def test_training_goes_on_from_an_artifact(self):
        """The network that begins with an artifact's weights says what the artifact says; a wider one nearly so."""
        for linear, wider in (("trit5", 0), ("bit1", 0), ("i4", 0), ("trit5", 8)):
            model = CONFIG["model"] | {"linear": linear, "embedding": "i4"}
            path, bits, bits_of = self.trained(model)
            second = self.start("second", model=model | {"hidden": model["hidden"] + wider}, seed=9)
            start(second.model, second.tokenizer, path)
            self.assertAlmostEqual(bits_of(second), bits, delta=0.3 if wider else 0.03, msg=linear)
            if not wider:
                again = second.export()
                (_, before), (_, after) = artifact.read(path), artifact.read(again)
                changed = sum((before[name] != after[name]).sum() for name in before if not name.endswith("scale"))
                self.assertLess(changed, 0.01 * sum(t.size for t in before.values()), linear)

    def test_binary_weights_twice_as_wide_begin_as_ternary_ones(self):
        """Twice as wide, binary weights say what the artifact's ternary ones say; blocks between them add a little."""
        model = CONFIG["model"] | {"linear": "trit5", "embedding": "i4"}
        path, bits, bits_of = self.trained(model)
        twice = {key: 2 * model[key] for key in ("dim", "heads", "kv_heads", "hidden")} | {"linear": "bit1"}
        for depth, delta in ((model["depth"], 0.01), ([*model["depth"], max(model["depth"]) + 1], 0.2)):
            second = self.start("binary", model=model | twice | {"depth": depth}, seed=9)
            start(second.model, second.tokenizer, path)
            self.assertAlmostEqual(bits_of(second), bits, delta=delta, msg=depth)
        wide = self.start("wide", model=model | twice | {"hidden": 50})
        self.assertRaises(AssertionError, start, wide.model, wide.tokenizer, path)

    def test_products_of_bytes(self):
        """Forwards they are exact; gradients have errors of a part in thousands of the largest in a row."""
        q = torch.randint(-127, 128, (70, 24)).float().requires_grad_()
        levels = torch.randint(-1, 2, (40, 24)).float().requires_grad_()
        gradient = torch.randn(70, 40) * torch.randn(70, 1).exp()
        for product in (Product.apply, lambda q, levels: q @ levels.T):
            q.grad = levels.grad = None
            found = product(q, levels)
            found.backward(gradient)
            if product == Product.apply:
                expected = found, q.grad, levels.grad
        for found, expected, error in zip((found, q.grad, levels.grad), expected, (0, 2e-4, 2e-4)):
            self.assertLessEqual((found - expected).norm(), error * found.norm())

    def test_training_by_bytes_is_as_by_floats(self):
        """A step's bits are the same but for the order of sums, and so are the next ones but for the rounding of gradients."""
        bits = {}
        for compute in ("f32", "int8"):
            run = self.start(compute, train=CONFIG["train"] | {"compute": compute}, model=CONFIG["model"] | {"dim": 24})
            self.assertEqual(run.dtype, DTYPES[compute])
            bits[compute] = [run.train_step()[0] for _ in range(8)]
        self.assertAlmostEqual(bits["f32"][0], bits["int8"][0], places=4)
        self.assertLess(bits["int8"][-1], bits["int8"][0] - 0.1)
        for f32, int8 in zip(*bits.values()):
            self.assertAlmostEqual(f32, int8, delta=0.02)

    def test_pruning_leaves_out_what_is_not_used(self):
        run = self.start("wide")
        run.train(stop=5)
        idle = [0, 7, 47]
        with torch.no_grad():
            for block in run.model.blocks:
                block.down.weight[:, idle] = 0
        before = run.model.state_dict()
        state = prune(run, 45)
        small = self.start("narrow", model=CONFIG["model"] | {"hidden": 45})
        torch.save(state, small.out / "checkpoint.pt")
        small.load()
        kept = [i for i in range(48) if i not in idle]
        for name, weight in small.model.state_dict().items():
            part = name.split(".")[-2]
            expected = before[name][:, kept] if part == "down" else before[name][kept] if part in ("up", "gate") else before[name]
            self.assertTrue(torch.equal(weight, expected), name)
        small.train()
        self.assertEqual(small.step, CONFIG["train"]["steps"])

    def test_rounding_begins_when_it_is_asked_to(self):
        for begins, rounded in ((0, True), (0.5, False)):
            run = self.start("late", train=CONFIG["train"] | {"round_from": begins})
            run.train_step()
            levels, _ = run.model.blocks[0].up.levels()
            self.assertEqual((levels - levels.round()).abs().max().item() < 1e-6, rounded)
            run.train()
            levels, _ = run.model.blocks[0].up.levels()
            self.assertLess((levels - levels.round()).abs().max(), 1e-6)

    def test_other_optimizer(self):
        run = self.start("adamw", train=CONFIG["train"] | {"matrices": "adamw", "matrix_rate": 0.003})
        first = run.train_step()[0]
        run.train()
        self.assertLess(run.train_step()[0], first)
        again = self.start("adamw", train=CONFIG["train"] | {"matrices": "adamw", "matrix_rate": 0.003})
        again.load()
        self.assertEqual(again.step, CONFIG["train"]["steps"])

    def test_settings(self):
        config = changed(json.loads(json.dumps(CONFIG)), ["seed=9", "model.linear=bit1", "model.depth=[0]"])
        self.assertEqual((config["seed"], config["model"]["linear"], config["model"]["depth"]), (9, "bit1", [0]))
        self.assertRaises(SystemExit, changed, config, ["model.widht=1"])
        self.assertRaises(SystemExit, changed, config, ["widths.model=1"])
        self.assertRaises(SystemExit, changed, config, ["seed"])

    def test_batches(self):
        run = self.start("batches")
        batches = run.batches
        self.assertTrue((batches(3) == batches(3)).all())
        self.assertFalse((batches(3) == batches(4)).all())
        batches.fresh = 1.0
        self.assertTrue((batches(1)[:, 0] == tokenizer.START).all())
        options = CONFIG["train"] | {"fresh": 1.0, "fresh_at": "document"}
        whole = Batches(batches.streams, [1], run.tokenizer, options, 1)(0)
        self.assertTrue((whole == batches.streams[0][:41]).all(axis=1).any())

    def test_reference_file(self):
        run = self.start("reference")
        run.train(stop=2)
        run.export()
        result = evaluate(Reference(run.out / "model.safetensors"), [self.path / "a.txt"], self.path, "prose")
        self.assertEqual(result["documents"][0]["file"], "a.txt")
        self.assertGreater(result["bits_per_byte"], 0.5)
        self.assertLess(result["bits_per_byte"], 9)
        json.dumps(result)

    def test_cache_is_reused(self):
        first = prepare(CONFIG, self.path, self.path / "cache")
        again = prepare(CONFIG, self.path, self.path / "cache")
        self.assertEqual(first[0].tokens, again[0].tokens)
        text = (self.path / "a.txt").read_bytes()
        self.assertEqual(first[0].decode(first[2][0][1 : 1 + len(first[0].encode(text))]), text)


class Optimizers(unittest.TestCase):
    def test_orthogonalise(self):
        torch.manual_seed(1)
        rows = orthogonalise(torch.randn(2, 6, 20), torch.float32)
        values = torch.linalg.svdvals(rows)
        self.assertTrue(((values > 0.5) & (values < 1.4)).all())


class RecurrentTest(unittest.TestCase):
    OPTIONS = {"dim": 20, "inner": 24, "blocks": 2, "linear": "trit5", "embedding": "i4"}

    def test_scan_is_its_loop_and_has_its_gradient(self):
        torch.manual_seed(1)
        a, b = (torch.rand(2, 6, 3, dtype=torch.double, requires_grad=True) for _ in range(2))
        h, expected = torch.zeros(2, 3, dtype=torch.double), []
        for t in range(6):
            h = a[:, t] * h + b[:, t]
            expected.append(h)
        self.assertTrue(torch.allclose(scan(a, b), torch.stack(expected, 1), rtol=1e-12))
        self.assertTrue(torch.autograd.gradcheck(scan, (a, b)))

    def test_a_logit_depends_on_no_later_token(self):
        torch.manual_seed(2)
        model = Recurrent(self.OPTIONS, 300, 290, 40)
        tokens = torch.randint(0, 300, (1, 12))
        changed = tokens.clone()
        changed[0, 7:] = (changed[0, 7:] + 1) % 300
        before, after = (model.logits(t, torch.float32) for t in (tokens, changed))
        self.assertTrue(torch.equal(before[:, :7], after[:, :7]))
        self.assertFalse(torch.equal(before[:, 7], after[:, 7]))

    def test_data_has_every_weight_once(self):
        model = Recurrent(self.OPTIONS, 300, 290, 40)
        block = 4 * 24 * 20 // 5 + 2 * (3 * 24 + 20) + 2 * 24 + 2 * 24 + 2 * 4 * 24
        self.assertEqual(len(artifact.module_data(model)), 2 + 290 + 290 * 10 + 2 * 290 + 2 * block)

    def test_it_trains_and_exports_with_a_module(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "text.txt").write_bytes(TEXT * 300)
            (folder / "module.wasm").write_bytes(b"\0asm\1\0\0\0")
            run = Run(CONFIG | {"engine": "wasm", "model": self.OPTIONS}, folder, folder, folder / "cache")
            first = run.train_step()[0]
            run.train()
            self.assertLess(run.train_step()[0], first)
            config, tensors = artifact.read(run.export(folder / "module.wasm"))
        self.assertEqual(config, {"engine": "wasm", "version": 1, "tokenizer": "bpe"})
        self.assertEqual(tensors["module"].tobytes(), b"\0asm\1\0\0\0")
        self.assertEqual(tensors["data"].tobytes(), artifact.module_data(run.model))


if __name__ == "__main__":
    unittest.main()
