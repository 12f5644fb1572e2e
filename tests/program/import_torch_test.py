# SPDX-License-Identifier: MIT
"""Weights go from PyTorch to ebm-mnist and back: import_torch_test.py PROGRAM IMPORT_TORCH.

Needs torch.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import torch
from torch import nn

IMPORT_TORCH = pathlib.Path(sys.argv.pop(2)).resolve()
PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class CNNModel(nn.Module):
    """The network of the tutorial."""

    def __init__(self, features=32):
        super().__init__()
        self.cnn_layers = nn.Sequential(
            nn.Conv2d(1, features // 2, 5, 2, 4), Swish(),
            nn.Conv2d(features // 2, features, 3, 2, 1), Swish(),
            nn.Conv2d(features, 2 * features, 3, 2, 1), Swish(),
            nn.Conv2d(2 * features, 2 * features, 3, 2, 1), Swish(),
            nn.Flatten(), nn.Linear(8 * features, 2 * features), Swish(),
            nn.Linear(2 * features, 1))

    def forward(self, x):
        return self.cnn_layers(x).squeeze(dim=-1)


def lightning_checkpoint(model, **more):
    """What the tutorial's Lightning module leaves; `more` is what other callbacks add."""
    return {"epoch": 3, "global_step": 1407, "pytorch-lightning_version": "1.8.0",
            "state_dict": {f"cnn.{name}": value for name, value in model.state_dict().items()},
            "optimizer_states": [torch.optim.Adam(model.parameters()).state_dict()],
            "hyper_parameters": {"img_shape": (1, 28, 28), "batch_size": 128, "lr": 1e-4}, **more}


class ImportTorch(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        torch.manual_seed(1)
        self.model = CNNModel()

    def run_script(self, *arguments):
        return subprocess.run([sys.executable, IMPORT_TORCH, *map(str, arguments)], text=True,
                              capture_output=True, cwd=self.folder)

    def save(self, content, **options):
        torch.save(content, self.folder / "in.pt", **options)

    def succeed(self, *arguments):
        result = self.run_script(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def refuse(self, part, *arguments):
        """One sentence on stderr, and no file written."""
        before = sorted(self.folder.iterdir())
        result = self.run_script(*(arguments or ("in.pt", "model.safetensors")))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"\Aimport_torch: [^\n]+\n\Z")
        self.assertIn(part, result.stderr)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def refuse_state(self, part, **changes):
        """A state dict with some tensors replaced, or left out where None."""
        names = {"first": "cnn_layers.0.weight", "last": "cnn_layers.11.bias",
                 "extra": "cnn_layers.12.weight", "other": "sampler.net"}
        state = {**self.model.state_dict(), **{names[k]: v for k, v in changes.items()}}
        self.save({name: value for name, value in state.items() if value is not None})
        self.refuse(part)

    def assert_scores_are_torchs(self):
        images = torch.rand(20, 1, 28, 28) * 2 - 1
        values = images.flatten().tolist()
        header = json.dumps({"images": {"dtype": "F32", "shape": list(images.shape),
                                        "data_offsets": [0, 4 * len(values)]}}).encode()
        (self.folder / "images.safetensors").write_bytes(
            struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(values)}f", *values))
        ours = json.loads(subprocess.run(
            [PROGRAM, "score", "--json", "--model", "model.safetensors", "--images",
             "images.safetensors"], check=True, capture_output=True, cwd=self.folder).stdout)
        with torch.no_grad():
            theirs = self.model(images).tolist()
        self.assertGreater(max(theirs) - min(theirs), 1e-3)  # images differ
        self.assertEqual(len(ours["scores"]), len(theirs))
        for a, b in zip(ours["scores"], theirs):
            self.assertAlmostEqual(a, b, delta=1e-4)

    def test_a_state_dict_scores_as_in_torch(self):
        self.save(self.model.state_dict())
        self.succeed("in.pt", "model.safetensors")
        self.assert_scores_are_torchs()

    def test_a_lightning_checkpoint_scores_as_in_torch(self):
        self.save(lightning_checkpoint(self.model))
        # Before torch 2 a number like a learning rate counted as an object.
        trust = ["--trust"] if int(torch.__version__.split(".")[0]) < 2 else []
        self.succeed(*trust, "in.pt", "model.safetensors")
        self.assert_scores_are_torchs()

    def test_the_layers_alone_the_old_format_and_other_floats_do_as_well(self):
        self.save(self.model.cnn_layers.state_dict(), _use_new_zipfile_serialization=False)
        self.succeed("in.pt", "a.safetensors")
        self.save(self.model.double().state_dict())
        self.succeed("in.pt", "b.safetensors")
        self.assertEqual((self.folder / "a.safetensors").read_bytes(),
                         (self.folder / "b.safetensors").read_bytes())

    def test_weights_that_lie_in_memory_in_another_order_keep_their_places(self):
        self.model.to(memory_format=torch.channels_last)
        self.save(self.model.state_dict())
        self.succeed("in.pt", "model.safetensors")
        self.assert_scores_are_torchs()

    def test_export_is_the_way_back(self):
        self.save(self.model.state_dict())
        self.succeed("in.pt", "model.safetensors")
        self.succeed("--export", "model.safetensors", "out.pt")
        other = CNNModel()
        other.load_state_dict(torch.load(self.folder / "out.pt"))
        for ours, theirs in zip(other.parameters(), self.model.parameters()):
            self.assertTrue(torch.equal(ours, theirs))

    def test_networks_that_do_not_fit_are_refused(self):
        self.save(CNNModel(features=16).state_dict())
        self.refuse("of shape [8, 1, 5, 5], expected [16, 1, 5, 5]")
        self.refuse_state("lacks 'cnn_layers.11.bias'", last=None)
        self.refuse_state("holds 'cnn_layers.12.weight'", extra=torch.zeros(1))
        self.refuse_state("holds the tensor 'sampler.net'", other=torch.zeros(1))
        self.refuse_state("not a finite float32", last=torch.tensor([float("nan")]))
        self.refuse_state("not a finite float32", last=torch.tensor([1e300], dtype=torch.float64))
        self.refuse_state("expected floating-point numbers", last=torch.tensor([1]))
        self.refuse_state("a str named 'sampler.net'", other="text")
        both = self.model.state_dict()
        self.save({**both, **{f"teacher.{name}": value for name, value in both.items()}})
        self.refuse("more than one network: 'cnn_layers.' and 'teacher.cnn_layers.'")
        self.save({})
        self.refuse("holds no tensors")
        self.save([torch.zeros(1)])
        self.refuse("holds a list, expected a state dict")

    def test_files_of_others_and_broken_ones_are_refused(self):
        self.refuse("No such file", "nowhere.pt", "model.safetensors")
        (self.folder / "in.pt").write_bytes(b"not a file of torch")
        self.refuse("is no file that torch.save wrote")
        self.save(self.model.state_dict())
        self.refuse("choose another name", "in.pt", "in.pt")
        self.refuse("No such file", "in.pt", "nowhere/model.safetensors")
        self.refuse("is no safetensors file", "--export", "in.pt", "out.pt")
        content = (self.folder / "in.pt").read_bytes()
        (self.folder / "in.pt").write_bytes(content[:len(content) // 2])
        self.refuse("is no file that torch.save wrote")
        self.save(self.model.state_dict(), _use_new_zipfile_serialization=False)
        content = (self.folder / "in.pt").read_bytes()
        (self.folder / "in.pt").write_bytes(content[:len(content) // 2])
        self.refuse("can't be read")

    def test_objects_are_read_only_on_trust(self):
        self.save(lightning_checkpoint(self.model, callbacks=argparse.Namespace(patience=3)))
        self.refuse("pass --trust")
        self.succeed("--trust", "in.pt", "model.safetensors")
        self.assert_scores_are_torchs()


if __name__ == "__main__":
    unittest.main()
