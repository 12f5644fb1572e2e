# SPDX-License-Identifier: MIT
"""Weights go from PyTorch to ebm-mnist and back: import_torch_test.py PROGRAM IMPORT_TORCH.

Needs torch.
"""

import argparse
import json
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import unittest
from collections import Counter, OrderedDict

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
    """What the tutorial's Lightning module leaves after a step; `more` replaces or adds entries."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.0, 0.999))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.97)
    model(torch.rand(2, 1, 28, 28)).sum().backward()
    optimizer.step()
    scheduler.step()
    model_checkpoint = {"monitor": "val_contrastive_divergence", "dirpath": "checkpoints",
                        "best_model_score": torch.tensor(0.25), "best_model_path": "a.ckpt",
                        "best_k_models": {"a.ckpt": torch.tensor(0.25)}, "last_model_path": ""}
    progress = {"total": {"ready": 1, "completed": 1}, "current": {"ready": 1, "completed": 0}}
    return {
        "epoch": 3, "global_step": 1407, "pytorch-lightning_version": "2.1.0",
        "state_dict": OrderedDict(
            (f"cnn.{name}", value) for name, value in model.state_dict().items()),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": progress,
                               "epoch_loop.state_dict": {"_batches_that_stepped": 1407}},
                  "validate_loop": {"state_dict": {}}},
        "callbacks": {"ModelCheckpoint{'monitor': None, 'mode': 'min'}": model_checkpoint,
                      "EarlyStopping": {"wait_count": 0, "best_score": torch.tensor(1.5)}},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [scheduler.state_dict(), {"milestones": Counter([10, 20])}],
        "MixedPrecision": None,
        "hparams_name": "kwargs",
        "hyper_parameters": {"img_shape": (1, 28, 28), "batch_size": 128, "alpha": 0.1, "lr": 1e-4,
                             "beta1": 0.0, "layers": ["conv", "linear"], "fast": False},
        **more}


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def small_files_only():
    """Lets files grow to 1000 bytes: as a full disk, but for the reason."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


class ImportTorch(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        torch.manual_seed(1)
        self.model = CNNModel()

    def run_script(self, *arguments, **options):
        return subprocess.run([sys.executable, IMPORT_TORCH, *map(str, arguments)], text=True,
                              capture_output=True, cwd=self.folder, **options)

    def save(self, content, **options):
        torch.save(content, self.folder / "in.pt", **options)

    def succeed(self, *arguments):
        result = self.run_script(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def refuse(self, part, *arguments, **options):
        """One sentence on stderr, and no file written."""
        before = sorted(self.folder.iterdir())
        result = self.run_script(*(arguments or ("in.pt", "model.safetensors")), **options)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"\Aimport_torch: [^\n]+\n\Z")
        self.assertIn(part, result.stderr)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def refuse_state(self, part, arguments=(), **changes):
        """A state dict with some tensors replaced, or left out where None."""
        names = {"first": "cnn_layers.0.weight", "last": "cnn_layers.11.bias",
                 "extra": "cnn_layers.12.weight", "other": "sampler.net"}
        state = {**self.model.state_dict(), **{names[k]: v for k, v in changes.items()}}
        self.save({name: value for name, value in state.items() if value is not None})
        self.refuse(part, *arguments)

    def header(self, name):
        content = (self.folder / name).read_bytes()
        return json.loads(content[8:8 + struct.unpack_from("<Q", content)[0]])

    def tensors(self, name):
        """Shape and values, as bytes, of each tensor of a model file."""
        content = (self.folder / name).read_bytes()
        begin = 8 + struct.unpack_from("<Q", content)[0]
        return {tensor: (entry["shape"], content[begin + entry["data_offsets"][0]:
                                                 begin + entry["data_offsets"][1]])
                for tensor, entry in self.header(name).items() if tensor != "__metadata__"}

    def write_model(self, name, tensors, **metadata):
        header, body = {"__metadata__": metadata}, b""
        for tensor, (shape, values) in tensors.items():
            header[tensor] = {"dtype": "F32", "shape": shape,
                              "data_offsets": [len(body), len(body) + len(values)]}
            body += values
        text = json.dumps(header).encode()
        (self.folder / name).write_bytes(struct.pack("<Q", len(text)) + text + body)

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
        self.succeed("in.pt", "model.safetensors")
        self.assert_scores_are_torchs()

    def test_a_checkpoint_that_names_callbacks_by_their_classes_needs_no_trust(self):
        # as Lightning did before 1.5
        self.save(lightning_checkpoint(self.model, callbacks={argparse.Namespace: {"wait": 0.5}}))
        self.succeed("in.pt", "model.safetensors")
        self.assert_scores_are_torchs()

    def test_the_old_format_of_a_lightning_checkpoint_scores_as_in_torch(self):
        self.save(lightning_checkpoint(self.model), _use_new_zipfile_serialization=False)
        self.succeed("in.pt", "model.safetensors")
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
        self.succeed("--export", "--like", "in.pt", "model.safetensors", "out.pt")
        other = CNNModel()
        other.load_state_dict(torch.load(self.folder / "out.pt"))
        for ours, theirs in zip(other.parameters(), self.model.parameters()):
            self.assertTrue(torch.equal(ours, theirs))
        self.succeed("--export", "model.safetensors", "ours.pt")
        ours = torch.load(self.folder / "ours.pt")
        self.assertEqual(sorted(ours), sorted(f"{layer}.{kind}" for kind in ("weight", "bias")
                         for layer in ("conv1", "conv2", "conv3", "conv4", "linear1", "linear2")))
        self.save(ours)  # under ebm's names, they are what they were
        self.succeed("in.pt", "again.safetensors")
        self.assertEqual(self.tensors("again.safetensors"), self.tensors("model.safetensors"))

    def test_layers_are_counted_by_kind(self):
        self.save(nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.SiLU(), nn.ConvTranspose2d(4, 2, 3),
            nn.Conv2d(2, 3, 3, bias=False), nn.Flatten(), nn.Linear(27, 5), nn.LayerNorm(5),
            nn.Linear(5, 1)).state_dict())
        self.succeed("in.pt", "model.safetensors")
        self.assertEqual(
            {name: shape for name, (shape, _) in self.tensors("model.safetensors").items()},
            {"conv1.weight": [4, 1, 3, 3], "conv1.bias": [4], "norm1.weight": [4],
             "norm1.bias": [4], "conv_transpose1.weight": [4, 2, 3, 3],
             "conv_transpose1.bias": [2], "conv2.weight": [3, 2, 3, 3],
             "linear1.weight": [5, 27], "linear1.bias": [5], "norm2.weight": [5],
             "norm2.bias": [5], "linear2.weight": [1, 5], "linear2.bias": [1]})

    def test_modules_in_modules_are_named_by_hand(self):
        residual = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ModuleDict(
            {"block": nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1))}))
        self.save({f"net.{name}": value for name, value in residual.state_dict().items()})
        self.refuse("the module 'net.1.block.0', which may be any of ebm's")
        rename = ("--rename", "1.block.0=residual1.conv1", "--rename", "net.1.block.2=residual1.conv2")
        self.succeed(*rename, "in.pt", "model.safetensors")
        self.assertEqual(sorted(self.tensors("model.safetensors")),
                         [f"{layer}.{kind}" for layer in ("conv1", "residual1.conv1",
                          "residual1.conv2") for kind in ("bias", "weight")])
        # A model's own shapes: a linear layer is a convolution of one pixel.
        tensors = self.tensors("model.safetensors")
        shape, values = tensors["residual1.conv1.weight"]
        self.write_model("like.safetensors", {**tensors, "residual1.conv1.weight": (shape + [1, 1],
                                                                                    values)},
                         recipe="matching")
        self.succeed(*rename, "--like", "like.safetensors", "in.pt", "model.safetensors")
        self.assertEqual(self.tensors("model.safetensors")["residual1.conv1.weight"][0], [1] * 4)
        self.assertEqual(self.header("model.safetensors")["__metadata__"]["recipe"], "matching")
        self.succeed(*rename, "--export", "--like", "in.pt", "model.safetensors", "out.pt")
        back = torch.load(self.folder / "out.pt")
        for name, value in torch.load(self.folder / "in.pt").items():
            self.assertTrue(torch.equal(back[name], value))
        self.refuse("holds no module '7', which --rename names", "--rename", "7=conv1",
                    *rename, "in.pt", "x.safetensors")
        self.refuse("two tensors that would be 'conv1.", "--rename", "1.block.0=conv1",
                    "--rename", "1.block.2=conv2", "in.pt", "x.safetensors")
        self.refuse("--rename needs --like", *rename, "--export", "model.safetensors", "x.pt")

    def test_networks_that_do_not_fit_are_refused(self):
        self.save(self.model.state_dict())
        self.succeed("in.pt", "like.safetensors")
        arguments = ("--like", "like.safetensors", "in.pt", "model.safetensors")
        self.save(CNNModel(features=16).state_dict())
        self.refuse("of shape [8, 1, 5, 5], expected [16, 1, 5, 5]", *arguments)
        self.refuse_state("lacks 'linear2.bias'", arguments, last=None)
        self.refuse_state("holds 'linear3.weight', which 'like.safetensors' does not", arguments,
                          extra=torch.zeros(1, 1))
        self.refuse_state("not a finite float32", last=torch.tensor([float("nan")]))
        self.refuse_state("not a finite float32", last=torch.tensor([1e300], dtype=torch.float64))
        self.refuse_state("expected floating-point numbers", last=torch.tensor([1]))
        self.refuse_state("a str named 'sampler.net'", other="text")
        both = self.model.state_dict()
        self.save({**both, **{f"teacher.{name}": value for name, value in both.items()}})
        self.refuse("the module 'cnn_layers.0', which may be any of ebm's")
        self.save({})
        self.refuse("holds no tensors")
        self.save([torch.zeros(1)])
        self.refuse("holds a list, expected a state dict")

    def test_tensors_that_are_not_dense_are_refused(self):
        sparse = torch.zeros(1).to_sparse()
        meta = torch.zeros(1, device="meta")
        self.refuse_state("makes a torch.", last=sparse)
        self.refuse("of layout torch.sparse_coo", "--trust", "in.pt", "model.safetensors")
        self.refuse_state("makes a torch.", last=meta)
        self.refuse("as a meta tensor", "--trust", "in.pt", "model.safetensors")

    def test_files_of_others_and_broken_ones_are_refused(self):
        self.refuse("No such file", "nowhere.pt", "model.safetensors")
        (self.folder / "in.pt").write_bytes(b"not a file of torch")
        self.refuse("is no file that torch.save wrote")
        self.save(self.model.state_dict())
        self.refuse("choose another name", "in.pt", "in.pt")
        self.refuse("is no safetensors file", "--export", "in.pt", "out.pt")
        content = (self.folder / "in.pt").read_bytes()
        (self.folder / "in.pt").write_bytes(content[:len(content) // 2])
        self.refuse("is no file that torch.save wrote")
        self.save(self.model.state_dict(), _use_new_zipfile_serialization=False)
        content = (self.folder / "in.pt").read_bytes()
        for size in (40, len(content) // 2, len(content) - 1):
            (self.folder / "in.pt").write_bytes(content[:size])
            self.refuse("can't be read: ")
            self.assertNotIn("can't be read: \n", self.run_script("in.pt", "out").stderr)

    def test_an_archive_with_a_flipped_bit_is_refused(self):
        self.save(self.model.state_dict())
        content = bytearray((self.folder / "in.pt").read_bytes())
        bias = struct.pack("<32f", *self.model.state_dict()["cnn_layers.2.bias"].tolist())
        content[content.index(bias)] ^= 1
        (self.folder / "in.pt").write_bytes(content)
        self.refuse("is damaged")

    def test_broken_model_files_are_refused_on_export(self):
        def model(header):
            text = header.encode()
            return struct.pack("<Q", len(text)) + text
        entry = '{"conv1.bias": {"dtype": "F32", "shape": %s, "data_offsets": %s}}'
        for header in ("[" * 100000, entry % ("[0, -1]", "[0, 0]"), entry % ("[1]", "[-4, 0]")):
            (self.folder / "m.safetensors").write_bytes(model(header))
            self.refuse("is no safetensors file", "--export", "m.safetensors", "out.pt")

    def test_a_target_that_cannot_be_written_is_named(self):
        self.save(self.model.state_dict())
        (self.folder / "folder").mkdir()
        os.mkfifo(self.folder / "pipe")
        for target, reason in (("nowhere/model", "No such file or directory"),
                               ("in.pt/model", "Not a directory"),
                               ("folder", "it is not a regular file"),
                               ("pipe", "it is not a regular file")):
            self.refuse(f"'{target}' can't be written: {reason}", "in.pt", target)

    def test_a_full_disk_is_named_and_leaves_what_was_there(self):
        self.save(self.model.state_dict())
        self.succeed("in.pt", "model.safetensors")
        (self.folder / "out").write_bytes(b"old")
        for arguments in (("in.pt", "out"), ("--export", "model.safetensors", "out")):
            self.refuse("'out' can't be written: File too large", *arguments,
                        preexec_fn=small_files_only)
            self.assertEqual((self.folder / "out").read_bytes(), b"old")

    def test_code_in_a_file_does_not_run(self):
        for option in (True, False):
            self.save({**self.model.state_dict(), "more": Call(os.system, "touch ran")},
                      _use_new_zipfile_serialization=option)
            self.refuse("makes a posix.system, which could run code")

    def test_objects_are_read_only_on_trust(self):
        self.save(lightning_checkpoint(self.model, callbacks=argparse.Namespace(patience=3)))
        self.refuse("pass --trust")
        self.succeed("--trust", "in.pt", "model.safetensors")
        self.assert_scores_are_torchs()


if __name__ == "__main__":
    unittest.main()
