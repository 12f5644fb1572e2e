# SPDX-License-Identifier: MIT
"""Runs ebm-mnist as a user would: python3 ebm_mnist_test.py PROGRAM [CLASS...]."""

import base64
import csv
import gzip
import hashlib
import html
import json
import math
import os
import pathlib
import pty
import random
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
import zlib

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
PIXELS = 28 * 28
COMMANDS = ["train", "sample", "generate", "score", "analyze", "denoise", "inpaint", "embed", "export",
            "report"]
SHAPES = {
    "conv1.weight": [16, 1, 5, 5], "conv1.bias": [16],
    "conv2.weight": [32, 16, 3, 3], "conv2.bias": [32],
    "conv3.weight": [64, 32, 3, 3], "conv3.bias": [64],
    "conv4.weight": [64, 64, 3, 3], "conv4.bias": [64],
    "linear1.weight": [64, 256], "linear1.bias": [64],
    "linear2.weight": [1, 64], "linear2.bias": [1],
}


def with_header(content, pattern, words):
    """A safetensors file whose header says something else."""
    size = struct.unpack("<Q", content[:8])[0]
    header, changes = re.subn(pattern, words, content[8:8 + size])
    assert changes == 1, (pattern, header)
    return struct.pack("<Q", len(header)) + header + content[8 + size:]


def read_safetensors(path):
    """Names, shapes and float32 values of a file."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    result = {}
    for name, info in header.items():
        assert info["dtype"] == "F32"
        begin, end = info["data_offsets"]
        values = struct.unpack(f"<{(end - begin) // 4}f", data[8 + size + begin:8 + size + end])
        result[name] = (info["shape"], values)
    return result


def safetensors(tensors, dtype="F32", code="f"):
    """The file of {name: (shape, values)}."""
    header, body = {}, b""
    for name, (shape, values) in tensors.items():
        begin = len(body)
        body += struct.pack(f"<{len(values)}{code}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, len(body)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def images_tensor(values, shape=(1, 1, 28, 28), **kind):
    return safetensors({"images": (list(shape), values)}, **kind)


def idx_header(count, rows=28, columns=28, magic=0x803):
    return struct.pack(">4I", magic, count, rows, columns)


def idx_images(count, rows=28, columns=28, magic=0x803):
    numbers = random.Random(count)
    return idx_header(count, rows, columns, magic) + bytes(
        numbers.randrange(256) for _ in range(count * rows * columns))


def idx_labels(count):
    return struct.pack(">2I", 0x801, count) + bytes(i % 10 for i in range(count))


def png_chunk(kind, content=b""):
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png_header(height, width, colour=0):
    return (b"\x89PNG\r\n\x1a\n"
            + png_chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)))


def png(pixels, width=28, channels=1):
    """A PNG file of 8 bits a channel."""
    line = width * channels
    lines = [pixels[i:i + line] for i in range(0, len(pixels), line)]
    colour = {1: 0, 3: 2, 4: 6}[channels]
    return (png_header(len(lines), width, colour)
            + png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines)))
            + png_chunk(b"IEND"))


def png_of_a_grid(size):
    """A black picture that says it shows one image of size x size pixels."""
    text = f"ebm-grid\0images=1 height={size} width={size} columns=1 padding=0 scale=1"
    return (png_header(size, size) + png_chunk(b"tEXt", text.encode())
            + png_chunk(b"IDAT", zlib.compress(bytes(size * (size + 1)), 1)) + png_chunk(b"IEND"))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def png_size(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">2I", content[16:24])


def png_pixels(path):
    """The rows of a grey PNG whose rows are not filtered, as this program writes them."""
    content = path.read_bytes()
    packed, at = b"", 8
    while at < len(content):
        size = struct.unpack(">I", content[at:at + 4])[0]
        if content[at + 4:at + 8] == b"IDAT":
            packed += content[at + 8:at + 8 + size]
        at += size + 12
    width, height = png_size(path)
    raw = zlib.decompress(packed)
    rows = [raw[i:i + width + 1] for i in range(0, len(raw), width + 1)]
    assert len(rows) == height and all(row[0] == 0 for row in rows)
    return [row[1:] for row in rows]


def grid_pixels(images, columns, scale):
    """The rows of the picture of images in [-1, 1], framed in two black pixels."""
    height, width = 30 * (len(images) // columns) + 2, 30 * columns + 2
    grid = [bytearray(width) for _ in range(height)]
    for i, image in enumerate(images):
        top, left = 2 + i // columns * 30, 2 + i % columns * 30
        for pixel, value in enumerate(image):
            grid[top + pixel // 28][left + pixel % 28] = int((value + 1) / 2 * 255 + 0.5)
    wide = [bytes(value for value in row for _ in range(scale)) for row in grid]
    return [row for row in wide for _ in range(scale)]


def write_mnist(folder, train=40, test=10, **changes):
    """A small MNIST; `changes` replace files, or leave them out where None."""
    files = {"train-images-idx3-ubyte": idx_images(train),
             "train-labels-idx1-ubyte": idx_labels(train),
             "t10k-images-idx3-ubyte": idx_images(test),
             "t10k-labels-idx1-ubyte": idx_labels(test)}
    folder.mkdir()
    for name, content in {**files, **changes}.items():
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


def setUpModule():
    """A small MNIST, and a run on it that all tests look at."""
    global DATA, RUN, MODEL, TRAINING
    temporary = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(temporary.cleanup)
    shared = pathlib.Path(temporary.name)
    DATA = write_mnist(shared / "data")
    RUN = shared / "run"
    MODEL = RUN / "model.safetensors"
    TRAINING = subprocess.run([PROGRAM, *quickly(out=RUN)], capture_output=True, text=True)
    assert TRAINING.returncode == 0, TRAINING.stderr


def quickly(**options):
    """The arguments of a short training; `options` change or add flags."""
    flags = {"epochs": 2, "batch": 16, "steps": 3, "data": DATA, "out": "run", **options}
    return ["train", *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items())]


def wait_for(path, seconds=30):
    """Whether the file is there before the time is over."""
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return path.exists()


class Program(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_program(self, *arguments, **options):
        return subprocess.run([PROGRAM, *map(str, arguments)], text=True, cwd=self.folder,
                              **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def succeed(self, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def content(self):
        return {path: path.read_bytes() if path.is_file() else None
                for path in self.folder.rglob("*")}

    def refuse(self, code, part, *arguments):
        """One sentence on stderr that holds `part`, nothing on stdout, nothing left behind."""
        before = self.content()
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Aebm-mnist: [^\n]+\n\Z")
        self.assertIn(part, result.stderr)
        self.assertEqual(self.content(), before)


class Training(Program):
    def model_of(self, **options):
        self.succeed(*quickly(**options), "--overwrite")
        return digest(self.folder / "run" / "model.safetensors")

    def test_a_run_leaves_model_metrics_samples_and_configuration(self):
        names = sorted(str(path.relative_to(RUN)) for path in RUN.rglob("*"))
        events = [name for name in names if name.startswith("tensorboard/events.out.tfevents.")]
        self.assertEqual(len(events), 1)
        names.remove(events[0])
        self.assertEqual(names, ["best.safetensors", "config.toml", "generation",
                                 "metrics.csv", "model.safetensors", "sampler", "samples",
                                 "samples/epoch_001.png", "samples/epoch_002.png",
                                 "state.safetensors", "tensorboard"])
        # A batch before the first step and one from each: 48 chains after epoch 1, then 80.
        for epoch, rows in ((1, 6), (2, 8)):
            self.assertEqual(png_size(RUN / "samples" / f"epoch_00{epoch}.png"),
                             (2 * (8 * 30 + 2), 2 * (rows * 30 + 2)))

    def test_the_model_has_pytorchs_names_and_shapes(self):
        tensors = read_safetensors(MODEL)
        self.assertEqual({name: shape for name, (shape, _) in tensors.items()}, SHAPES)

    def test_metrics_have_a_row_an_epoch(self):
        with open(RUN / "metrics.csv", newline="") as file:
            rows = [{key: float(value) for key, value in row.items()}
                    for row in csv.DictReader(file)]
        self.assertEqual([row["epoch"] for row in rows], [1, 2])
        self.assertEqual([row["iteration"] for row in rows], [2, 4])  # 8 images fill no batch
        for row in rows:
            self.assertTrue(all(map(math.isfinite, row.values())), row)
            self.assertAlmostEqual(row["val_contrastive_divergence"],
                                   row["val_fake_out"] - row["val_real_out"], places=6)
        self.assertEqual([row["lr-Adam"] for row in rows], [1e-4, 0.97e-4])

    def test_metrics_have_a_row_every_fifty_batches_too(self):
        self.succeed(*quickly(epochs=30, steps=1))
        with open(self.folder / "run" / "metrics.csv", newline="") as file:
            row = next(row for row in csv.DictReader(file) if row["loss"])
        self.assertEqual([row["epoch"], row["iteration"], row["rand_out"]], ["25", "50", ""])
        self.assertAlmostEqual(
            float(row["loss"]), float(row["loss_regularization"]) +
            float(row["loss_contrastive_divergence"]), places=6)
        self.assertGreater(float(row["gradient_norm"]), 0)

    def test_the_configuration_records_each_option(self):
        text = (RUN / "config.toml").read_text()
        self.assertTrue(text.startswith("# ebm-mnist 0."), text)
        config = dict(line.split(" = ") for line in text.splitlines()[2:])
        expected = {"model": '"tutorial"', "epochs": 2, "batch": 16, "steps": 3, "step-size": 10,
                    "noise": 0.005, "data-noise": 0.005, "clip": 0.03, "alpha": 0.1,
                    "learning-rate": 1e-4, "beta1": 0, "beta2": 0.999, "lr-decay": 0.97,
                    "lr-period": 1, "grad-norm": 0.1, "buffer": 8192, "fresh": 0.05,
                    "no-shuffle": "false", "seed": 0, "limit-batches": 0}
        self.assertEqual({key: config[key] for key in expected},
                         {key: str(value) for key, value in expected.items()})
        self.assertNotIn("out", config)

    def test_a_configuration_reproduces_its_run_and_flags_count_more(self):
        self.succeed(*quickly(out="a", alpha=0.5, learning_rate=0.00025, seed=7))
        self.succeed("train", "--config", "a/config.toml", "--out", "b")
        self.assertEqual(digest(self.folder / "a/state.safetensors"),
                         digest(self.folder / "b/state.safetensors"))
        self.assertEqual((self.folder / "a/config.toml").read_text().splitlines()[2:],
                         (self.folder / "b/config.toml").read_text().splitlines()[2:])
        self.succeed("train", "--config", "a/config.toml", "--out", "c", "--seed", 8)
        self.assertNotEqual(digest(self.folder / "a/state.safetensors"),
                            digest(self.folder / "c/state.safetensors"))
        self.assertIn("seed = 8", (self.folder / "c/config.toml").read_text())

    def test_any_form_of_a_number_and_any_name_of_a_folder_can_be_resumed(self):
        forms = (("noise", ".005", "0.005"), ("noise", "5.", "5"), ("noise", "00.005", "0.005"),
                 ("learning-rate", "1.e-4", "0.0001"), ("data-noise", "5e-3", "0.005"),
                 ("buffer", "064", "64"), ("clip", "1e6", "1e+06"))
        for i, (flag, typed, written) in enumerate(forms):
            with self.subTest(flag=flag, typed=typed):
                self.succeed(*quickly(out=f"form{i}", epochs=1, limit_batches=1), f"--{flag}={typed}")
                config = (self.folder / f"form{i}/config.toml").read_text()
                self.assertRegex(config, rf"(?m)^{flag} = {re.escape(written)}$")
                self.succeed("train", "--resume", f"form{i}", "--epochs", 2)
        for name in ("007", ".5", "1e5", "1.50", "0x10", "true", "inf", "a 'b' \"c\"", "x.y = [1",
                     "line\nbreak.d", "tab\t\\n", "d\u00ff", "#"):
            with self.subTest(name):
                (self.folder / name).symlink_to(DATA, target_is_directory=True)
                self.succeed(*quickly(data=name, out=f"of {name}", epochs=1, limit_batches=1))
                self.succeed("train", "--resume", f"of {name}", "--epochs", 2)

    def test_a_run_of_any_options_can_be_resumed(self):
        every = {"held_out": 3, "epochs": 1, "batch": 16, "limit_batches": 1, "seed": 4294967295, "threads": 2,
                 "early_stop": 7, "keep": 3, "save_every": 1, "pictures_every": 1, "guard": 0,
                 "learning_rate": 3.3333333333333335e-5, "beta1": 0.1, "beta2": 0.123456789012345678,
                 "grad_norm": 1e6}
        chains = {"lr_decay": 1.01, "lr_period": 2, "data_noise": 0, "steps": 3, "step_size": 1e-30, "noise": 9.999999999, "clip": 1e6, "buffer": 33,
                  "fresh": 1, "alpha": 0, "model": "resnet", "guard_reaction": "steps"}
        levels = {"level_median": 1e-3, "level_spread": 10, "level_low": 1e-9, "level_high": 1000,
                  "data_level": 1, "gain": 0.5, "warm_up": 1, "averaging": 0}
        flags = ("--no-shuffle", "--no-tensorboard", "--no-guard", "--json", "--overwrite")
        for recipe, options in (("tutorial", chains), ("matching", levels),
                                ("joint", {**levels, "cross_entropy": 1, "digit_level_median": 9})):
            with self.subTest(recipe):
                self.succeed("train", "--data", DATA, "--recipe", recipe, "--out", recipe, *flags,
                             *(f"--{name.replace('_', '-')}={value}"
                               for name, value in {**every, **options}.items()))
                config = self.folder / recipe / "config.toml"
                before = re.sub("(?m)^#.*", "", config.read_text())  # a comment has the command
                self.succeed("train", "--resume", recipe, "--epochs", 2)
                self.assertEqual(re.sub("(?m)^epochs = 1$", "epochs = 2", before),
                                 re.sub("(?m)^#.*", "", config.read_text()))

    def test_a_name_that_the_configuration_cannot_hold_is_refused_at_the_start(self):
        name = os.fsdecode(b"d\xff")
        (self.folder / name).symlink_to(DATA, target_is_directory=True)
        self.refuse(2, "--data: 'd?' is not UTF-8", *quickly(data=name))
        self.assertFalse((self.folder / "run").exists())

    def test_closed_standard_streams_get_no_file_of_the_run(self):
        for closed in (">&- 2>&-", "0<&- 2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                command = shlex.join(map(str, [PROGRAM, *quickly(epochs=1)]))
                subprocess.run(["bash", "-c", f"exec {command} --overwrite {closed}"],
                               cwd=self.folder, check=False)
                for file in (self.folder / "run").rglob("*"):
                    if file.is_file():
                        self.assertNotIn(b"epoch 1/1,", file.read_bytes(), file)

    def test_bad_configurations_are_refused_with_their_line(self):
        for text, part in (("epochs = 2\nstepz = 3\n", "line 2: 'train' takes no 'stepz'"),
                           ("out = 'x'\n", "'train' takes no 'out' from a file"),
                           ("\nepochs = 0\n", "line 2: --epochs: expected a whole number in [1,"),
                           ("epochs = [1]\n", "line 1: expected `flag = value`, one value, got 'epochs = [1]'"),
                           ("epochs = = 1\n", "line 1: "),
                           ("model = 'other'\n", "line 1: --model"),
                           ("data = 1e5\n", 'line 1: expected data = "...", a text in quotes'),
                           ("model = true\n", "a text in quotes, got 'true'"),
                           ("seed = 1\n" + ".".join("a" * 31000) + " = 1\n",
                            "line 2: expected `flag = value`, one value, got 'a.a."),
                           ('"="' + ".a" * 31000 + " = 1\n", "line 1: expected `flag = value`"),
                           ("x = {" + "a." * 31000 + "a = 1}\n", "line 1: expected `flag = value`"),
                           ("x = " + "[" * 100_000 + "\n", "line 1: expected `flag = value`"),
                           ("seed = 1 \u00e9\n", "line 1: expected `flag = value`"),
                           ("seed = t\x1b[31m\n", "got 'seed = t?[31m'"),
                           ('model = "\\u001b[31m"\n', "--model: ?[31m not in {tutorial,resnet}"),
                           ('no-shuffle = "0:0\\u001b"\n', "no-shuffle = true or false, got '0:0?'"),
                           ("no-shuffle = 1\n", "no-shuffle = true or false, got '1'"),
                           ("\ufeff'seed' = 1\nx = 1\n", "line 2: 'train' takes no 'x'"),
                           ("[seed]\n", "got '[seed]'"),
                           ("seed = '''1'''\n", "line 1: expected `flag = value`"),
                           ('seed = "\\u001b[31m"\n', "in [0, 4294967295], got '?[31m'")):
            with self.subTest(text):
                (self.folder / "c.toml").write_text(text)
                self.refuse(1, part, "train", "--config", "c.toml", "--out", "run")
        self.refuse(1, "'missing'", "train", "--config", "missing", "--out", "run")

    def test_the_result_may_be_json_or_nothing(self):
        result = self.run_program(*quickly(), "--json", "--quiet")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        report = json.loads(result.stdout)
        self.assertEqual([report["out"], report["epochs"], report["put_back"]], ["run", 2, 0])
        self.assertIn(report["best_epoch"], (1, 2))
        quiet = self.run_program(*quickly(out="other"), "--quiet")
        self.assertEqual((quiet.returncode, quiet.stderr, quiet.stdout), (0, "", ""))

    def test_pictures_of_chains_and_of_the_buffer_come_every_few_epochs(self):
        self.succeed(*quickly(epochs=4, pictures_every=2))
        run = self.folder / "run"
        for kind in ("generation", "sampler"):
            self.assertEqual(sorted(path.name for path in (run / kind).iterdir()),
                             ["epoch_002.png", "epoch_004.png"])
        self.assertEqual(png_size(run / "generation/epoch_002.png"), (484, 484))  # 8 x 8

    def test_the_residual_network_trains_and_its_model_is_known_by_its_names(self):
        self.succeed(*quickly(model="resnet", epochs=1))
        model = self.folder / "run/model.safetensors"
        self.assertIn("residual2.shortcut.conv1.weight", read_safetensors(model))
        self.succeed("sample", "--model", model, "--steps", 2, "--out", "a.png")
        (self.folder / "images").write_bytes(idx_images(3))
        self.succeed("score", "--model", model, "--images", "images")

    def test_where_to_look_is_printed_and_progress_is_plain_lines(self):
        for name in ("model.safetensors", "metrics.csv", "samples", "config.toml"):
            self.assertIn(str(RUN / name), TRAINING.stdout)
        self.assertIn("epoch 2/2", TRAINING.stderr)
        self.assertNotIn("\x1b", TRAINING.stderr)
        self.assertNotIn("\r", TRAINING.stderr)

    def test_a_terminal_gets_a_bar_with_rate_and_eta(self):
        ours, theirs = pty.openpty()
        with open(ours, "rb", buffering=0) as screen:
            result = self.run_program(*quickly(), stderr=theirs)
            os.close(theirs)
            shown = b""
            try:
                while block := screen.read(1 << 16):
                    shown += block
            except OSError:
                pass  # how Linux says that the other side is closed
        self.assertEqual(result.returncode, 0)
        self.assertRegex(shown.decode(),
                         r"\rEpoch 1/2 \[#+\.*\] \d/2  \d+\.\d batches/s  ETA \d+ s")

    def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(self):
        for threads in (1, 2, 3):
            self.assertEqual(self.model_of(threads=threads), digest(MODEL))

    def test_seed_and_options_change_the_model(self):
        for name, value in (("seed", 1), ("limit_batches", 1), ("noise", 0.01), ("data_noise", 0),
                            ("step_size", 1), ("clip", 1e-6), ("alpha", 1), ("fresh", 1),
                            ("buffer", 16), ("learning_rate", 1e-3), ("beta1", 0.5),
                            ("beta2", 0.5), ("lr_decay", 0.5), ("grad_norm", 1e-9),
                            ("no_shuffle", "true")):
            with self.subTest(name):
                self.assertNotEqual(self.model_of(**{name: value}), digest(MODEL))

    def test_the_bundled_mnist_is_the_default(self):
        self.succeed("train", "--epochs", 1, "--limit-batches", 1, "--steps", 1, "--out", "run")

    def test_data_may_be_gzipped_in_torchvisions_folders(self):
        plain = write_mnist(self.folder / "data")
        nested = self.folder / "root" / "MNIST" / "raw"
        nested.mkdir(parents=True)
        for file in plain.iterdir():
            (nested / (file.name + ".gz")).write_bytes(gzip.compress(file.read_bytes()))
        self.assertEqual(self.model_of(data=self.folder / "root"), digest(MODEL))

    def test_a_run_is_replaced_as_a_whole_and_only_on_demand(self):
        self.succeed(*quickly())
        self.refuse(1, "--overwrite", *quickly())
        self.succeed(*quickly(epochs=1), "--overwrite")
        self.assertEqual([path.name for path in (self.folder / "run" / "samples").iterdir()],
                         ["epoch_001.png"])

    def test_a_folder_with_other_files_is_left_alone(self):
        (self.folder / "run").mkdir()
        (self.folder / "run" / "notes.txt").write_text("mine")
        self.refuse(1, "is not empty", *quickly())

    def test_an_earlier_model_stays_where_the_new_run_can_not_be_written(self):
        self.succeed(*quickly())
        run = self.folder / "run"
        for name in ("metrics.csv", "samples"):
            with self.subTest(name):
                before = digest(run / "model.safetensors")
                place, aside = run / name, self.folder / "aside"
                place.rename(aside)
                if name == "samples":
                    place.write_text("a file")
                else:
                    place.mkdir()
                self.refuse(1, name, *quickly(steps=1_000_000), "--overwrite")
                self.assertEqual(digest(run / "model.safetensors"), before)
                place.rmdir() if place.is_dir() else place.unlink()
                aside.rename(place)

    def test_broken_data_is_refused(self):
        cases = {
            "train-labels-idx1-ubyte": idx_labels(39),
            "train-images-idx3-ubyte": idx_images(40)[:-1],
            "t10k-images-idx3-ubyte": idx_images(10, magic=0x802),
            "t10k-labels-idx1-ubyte": None,
        }
        for name, content in cases.items():
            with self.subTest(name):
                data = write_mnist(self.folder / name, **{name: content})
                self.refuse(1, name, *quickly(data=data))

    def test_unfit_data_are_refused(self):
        self.refuse(1, "'nowhere'", *quickly(data="nowhere"))
        few = write_mnist(self.folder / "few", train=5)
        self.refuse(1, "fewer than a batch of 16", *quickly(data=few))
        untested = write_mnist(self.folder / "untested", test=0)
        self.refuse(1, "no test images", *quickly(data=untested))
        tall = write_mnist(self.folder / "tall", **{
            "train-images-idx3-ubyte": idx_images(40, 32, 28)})
        self.refuse(1, "32x28 pixels, expected 28x28", *quickly(data=tall))

    def test_an_unusable_output_folder_is_refused(self):
        (self.folder / "file").write_text("")
        self.refuse(1, "file/run", *quickly(out="file/run"))
        self.refuse(1, "/proc/nowhere", *quickly(out="/proc/nowhere"))
        self.refuse(2, "--out", *quickly(out=""))
        self.refuse(1, "name too long", *quickly(out="x" * 300))

    def test_a_run_that_diverges_says_so(self):
        result = self.run_program(*quickly(epochs=50, learning_rate=10, lr_decay=10), "--no-guard")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr.splitlines()[-1], "^ebm-mnist: .* epoch .* learning rate")

    def test_scores_that_overflow_behind_the_last_step_are_divergence(self):
        result = self.run_program(*quickly(epochs=20, learning_rate=10, lr_decay=10, alpha=0,
                                           limit_batches=1, steps=1), "--no-guard")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr.splitlines()[-1], "^ebm-mnist: .* epoch .* learning rate")
        self.assertNotRegex((self.folder / "run" / "metrics.csv").read_text(), "inf|nan")

    def test_a_file_that_may_not_grow_is_a_failure_like_a_full_disk(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        result = self.run_program(*quickly(), preexec_fn=limit)
        self.assertEqual(result.returncode, 1)
        self.assertIn("File too large", result.stderr)
        self.assertEqual([path.name for path in (self.folder / "run").rglob(".ebm*")], [])


class Replacing(Program):
    """train --overwrite: the earlier run is whole until the new one is, and nobody else's file is
    touched."""

    def setUp(self):
        super().setUp()
        self.run = self.folder / "run"
        self.succeed(*quickly(keep=2, pictures_every=1, save_every=1))
        self.mine = {"notes.txt", "samples/epoch_my_thesis.txt", "samples/epoch_old/x",
                     "samples/epoch_1.png", "best_epoch_mine/x", "tensorboard/mine"}
        for name in self.mine:
            place = self.run / name
            place.parent.mkdir(exist_ok=True)
            place.write_text(name)

    def names(self):
        return {str(path.relative_to(self.run)) for path in self.run.rglob("*") if path.is_file()}

    def kill(self, *arguments, after):
        """Kills a run that takes very long `after` seconds from its start."""
        with self.assertRaises(subprocess.TimeoutExpired):
            self.run_program(*arguments, timeout=after)

    def test_other_peoples_files_stay_and_all_of_the_earlier_run_goes(self):
        earlier = self.names() - self.mine
        self.assertLessEqual({"best_epoch_001.safetensors", "generation/epoch_002.png"}, earlier)
        self.succeed(*quickly(epochs=1, seed=2), "--overwrite")
        names = self.names()
        for name in self.mine:
            self.assertEqual((self.run / name).read_text(), name)
        events = [name for name in names - self.mine if name.startswith("tensorboard/")]
        self.assertEqual(len(events), 1)
        self.assertEqual(names - self.mine - set(events),
                         {"model.safetensors", "best.safetensors", "state.safetensors",
                          "metrics.csv", "config.toml", "samples/epoch_001.png"})

    def test_what_can_not_be_written_later_is_refused_at_the_start(self):
        def refuse(part):
            result = self.run_program(*quickly(out="new", pictures_every=1), "--overwrite")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(part, result.stderr)
            self.assertFalse((self.folder / "new/model.safetensors").exists())
            shutil.rmtree(self.folder / "new")
        for name in ("best_epoch_007.safetensors", "samples/epoch_900.png",
                     "generation/epoch_002.png", "metrics.csv"):
            with self.subTest(name):
                (self.folder / "new" / name).mkdir(parents=True)
                refuse(f"'new/{name}' is a folder, but a run has a file of this name")
        for name in ("samples", "generation", "sampler", "tensorboard"):
            with self.subTest(name):
                (self.folder / "new").mkdir()
                (self.folder / "new" / name).symlink_to("/proc/self")  # where nobody may write
                refuse(f"cannot write 'new/{name}/")

    def test_what_no_list_knows_to_be_set_aside_takes_nothing_away(self):
        before = self.content()
        unlisted = self.run / ".ebm-earlier-model.safetensors"
        unlisted.write_text("of some other day")
        self.refuse(1, "'run/.ebm-earlier-model.safetensors' was set aside for a run whose list is gone",
                    *quickly(), "--overwrite")
        unlisted.unlink()
        self.assertEqual(self.content(), before)

    def test_pipes_in_the_folder_of_a_run_are_not_waited_for(self):
        for name in ("config.toml", "metrics.csv", "guard.jsonl", "samples/epoch_009.png"):
            with self.subTest(name):
                place = self.run / name
                if place.exists():
                    place.rename(self.folder / "kept")
                os.mkfifo(place)
                for command in (("report", "run"), ("train", "--resume", "run")):
                    result = self.run_program(*command, timeout=30)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(f"'run/{name}' is a pipe or a device", result.stderr)
                place.unlink()
                if (self.folder / "kept").exists():
                    (self.folder / "kept").rename(place)

    def test_a_run_that_is_stopped_in_its_first_epoch_replaces_the_earlier_one_and_has_a_model(self):
        process = subprocess.Popen(
            [PROGRAM, *quickly(batch=2, steps=2000, threads=1, seed=9, save_every=1), "--overwrite"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        state = self.run / "state.safetensors"
        earlier = digest(state)
        while process.poll() is None and (not state.exists() or digest(state) == earlier):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        errors = process.communicate()[1]
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("stopped after 0 epochs", errors)
        self.assertLessEqual({"state.safetensors", "model.safetensors"}, self.names())
        self.assertNotIn("best.safetensors", self.names())
        self.succeed("sample", "--model", "run/model.safetensors", "--steps", 1, "--out", "a.png")
        self.assertIn("seed = 9", (self.run / "config.toml").read_text())

    def test_a_run_that_is_killed_before_it_has_saved_itself_leaves_the_earlier_one(self):
        before = self.content()
        self.kill(*quickly(steps=1_000_000), "--overwrite", after=1)
        after = self.content()
        self.assertEqual({path: after.get(path) for path in before}, before)
        self.succeed("report", "run", "--out", "page.html", "--images", 10)
        (self.folder / "page.html").unlink()
        self.assertEqual(self.content(), before)

    def test_a_run_that_fails_before_it_has_saved_itself_brings_the_earlier_one_back(self):
        place = self.run / "generation/epoch_001.png"
        (self.folder / "aside").mkdir()
        place.rename(self.folder / "aside/picture")
        place.mkdir()
        self.refuse(1, "generation/epoch_001.png", *quickly(pictures_every=1), "--overwrite", "--quiet")

    def test_what_a_kill_left_half_replaced_comes_back_with_the_next_start(self):
        before = self.content()
        names = sorted(self.names() - self.mine)
        for count in (1, len(names)):
            for words in (("train", "--resume", "run", "--epochs", 2),
                          ("train", *quickly()[1:])):
                with self.subTest(count=count, words=words):
                    (self.run / ".ebm-earlier").write_text(
                        "".join(name + "\n" for name in names) + f"{len(names)} files\n")
                    for name in names[:count]:
                        place = self.run / name
                        place.rename(place.with_name(".ebm-earlier-" + place.name))
                    (self.run / "guard.jsonl").write_text("of the new run")
                    (self.run / names[0]).write_text("of the new run")
                    (self.run / "samples/epoch_009.png").write_text("of the new run")
                    self.run_program(*words)
                    after = self.content()
                    changed = {path.name for path in before if after.get(path) != before[path]}
                    self.assertLessEqual(changed, {"config.toml"})  # names the last call
                    self.assertEqual({path.name for path in set(after) - set(before)
                                      if "tfevents" not in path.name}, set())
                    for path in set(after) - set(before):
                        path.unlink()

    def test_a_list_that_is_damaged_touches_nothing(self):
        for text in ("", "model.safetensors\n", "model.safetensors\n2 files\n",
                     "../data/t10k-labels-idx1-ubyte\n1 files\n", "notes.txt\n1 files\n",
                     "0 files\n\x1b[31m", "0 files\n",
                     "model.safetensors\nmodel.safetensors\n2 files\n"):
            with self.subTest(text):
                (self.run / ".ebm-earlier").write_text(text)
                self.refuse(1, "is damaged", "train", "--resume", "run", "--epochs", 3)

    def test_what_is_set_aside_stays_where_no_list_speaks_of_it(self):
        place = self.run / "model.safetensors"
        place.rename(self.run / ".ebm-earlier-model.safetensors")
        self.succeed("train", "--resume", "run", "--epochs", 3)
        self.assertTrue((self.run / ".ebm-earlier-model.safetensors").exists())
        (self.run / ".ebm-earlier.done").write_text("")  # as let go, and killed while it went
        self.succeed("train", "--resume", "run", "--epochs", 4)
        self.assertEqual([path for path in self.run.iterdir() if ".ebm-" in path.name], [])

    def test_links_in_a_run_are_set_aside_and_come_back_as_links(self):
        best = self.run / "best.safetensors"
        best.unlink()
        best.symlink_to("model.safetensors")
        before = self.content()
        place = self.run / "generation/epoch_001.png"
        place.unlink()
        place.mkdir()
        self.succeed("report", "run", "--out", "page.html", "--images", 10)
        self.refuse(1, "generation/epoch_001.png", *quickly(pictures_every=1), "--overwrite",
                    "--quiet")
        self.assertEqual(os.readlink(best), "model.safetensors")
        self.assertEqual(self.content()[best], before[best])

    def test_leftovers_of_killed_writes_are_removed_from_all_folders(self):
        process = subprocess.Popen(["true"])
        process.communicate()
        left = [self.run / folder / f".ebm-{process.pid}-0.tmp"
                for folder in ("", "samples", "generation", "sampler", "tensorboard")]
        for place in left:
            place.write_text("half a file")
        alive = self.run / f"samples/.ebm-{os.getpid()}-0.tmp"
        alive.write_text("of a process that goes on")
        mine = self.run / ".ebm-1x-0.tmp"
        mine.write_text("nobody's")
        self.succeed("train", "--resume", "run")
        self.assertEqual([place for place in left if place.exists()], [])
        self.assertTrue(alive.exists() and mine.exists())


class Memory(Program):
    """What commands take at most, and what they refuse before it is taken."""

    # A process counts what the one that started it had; so a small one starts the program.
    STARTER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
"""

    def peak(self, *arguments, code=0):
        """The most memory that a call has had, in bytes, and what it says on stderr."""
        result = subprocess.run([sys.executable, "-c", self.STARTER, PROGRAM, *map(str, arguments)],
                                text=True, cwd=self.folder, capture_output=True)
        status, most = map(int, result.stdout.split())
        self.assertEqual(status, code, result.stderr)
        return most, result.stderr

    def test_training_takes_three_times_its_buffer_and_250_MB(self):
        samples = 60_000
        write_mnist(self.folder / "data", **{
            "train-images-idx3-ubyte": idx_header(4000) + bytes(4000 * PIXELS),
            "train-labels-idx1-ubyte": idx_labels(4000)})
        most = 3 * samples * PIXELS * 4 + 250_000_000
        options = dict(data="data", batch=4000, steps=1, epochs=15, buffer=samples,
                       pictures_every=0)
        self.assertLess(self.peak(*quickly(**options), "--quiet")[0], most)
        self.assertLess(self.peak("train", "--resume", "run", "--epochs", 16, "--quiet")[0], most)

    def test_samples_take_little_more_than_their_file(self):
        for model, options in ((MODEL, ("--steps", 1)), (MODEL, ("--steps", 2, "--trace", 1)),
                               ("matching", ("--steps", 2))):
            with self.subTest(model=model, options=options):
                few, _ = self.peak("sample", "--model", model, "--count", 1, *options, "--out",
                                   "few.safetensors")
                count = 4_000 if model == "matching" else 20_000
                many, _ = self.peak("sample", "--model", model, "--count", count, *options, "--out",
                                    "many.safetensors")
                room = 20_000_000 if model == "matching" else 0  # for chains on their way
                size = (self.folder / "many.safetensors").stat().st_size
                self.assertLess(many - few - room, 1.2 * size)

    def test_what_does_not_fit_is_said_before_it_starts(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
        (self.folder / "images").write_bytes(idx_header(16) + bytes(16 * PIXELS))
        for part, words in (
                ("--count: 1000000 samples take 3136 MB of memory, but only ",
                 ("sample", "--model", MODEL, "--count", 1_000_000, "--out", "a.safetensors")),
                ("--buffer: 1000000 samples and two copies take 9538 MB of memory, but only ",
                 quickly(buffer=1_000_000)),
                ("--count: 1000 chains and 257 snapshots take 5312 MB of memory, but only ",
                 ("generate", "--count", 1000, "--every", 1, "--out", "a.png")),
                ("--count: 8000 chains and 33 snapshots take 3880 MB of memory, but only ",
                 ("generate", "--count", 8000, "--steps", 32, "--every", 1, "--out", "a.apng")),
                ("--chains: 16000000 chains of 16 images take 125440 MB of memory, but only ",
                 ("denoise", "--chains", 1_000_000, "--images", "images", "--out",
                  "a.png"))):
            with self.subTest(part):
                result = self.run_program(*words, preexec_fn=limit)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn(part, result.stderr)
                self.assertEqual([path.name for path in self.folder.iterdir()], ["images"])

    def test_files_that_are_no_use_take_no_memory(self):
        def safetensors_header(text):
            return struct.pack("<Q", len(text)) + text
        zeros = gzip.compress(bytes(1 << 20)) * 200  # 200 MB
        lists = b"[]," * 6_000_000
        files = {
            "images of 20000x10000 pixels": ("large.gz", gzip.compress(idx_header(1, 20000, 10000))
                                             + zeros),
            "begins with 0x00000000": ("zeros.gz", zeros),
            "a value of more than 65536 bytes": (
                "lists.safetensors", safetensors_header(b'{"a":[' + lists + b"[]]}")),
            "has tensor 'a' that is no object": (
                "numbers.safetensors", safetensors_header(b'{"a":1' + b',"b":2' * 3_000_000 + b"}")),
            "shows images of 8000x8000 pixels": ("grid.png", png_of_a_grid(8000)),
        }
        for part, (name, content) in files.items():
            with self.subTest(part):
                (self.folder / name).write_bytes(content)
                peak, errors = self.peak("score", "--images", name, code=1)
                self.assertIn(part, errors)
                self.assertLess(peak, 60_000_000 + 2 * len(content))

    def test_a_table_with_rows_cut_short_takes_no_memory(self):
        self.succeed(*quickly(out="run"))
        usual, _ = self.peak("report", "run")
        table = self.folder / "run/metrics.csv"
        heading = ",".join([table.read_text().splitlines()[0], *(f"more{i}" for i in range(80))])
        table.write_text(heading + "\n" + "1,1\n" * 1_000_000)
        self.assertLess(self.peak("report", "run")[0], usual + 30_000_000)
        peak, errors = self.peak("train", "--resume", "run", "--epochs", 3, code=1)
        self.assertIn("row 1 has 2 cells, expected", errors)
        self.assertLess(peak, 100_000_000)

    def test_what_is_no_file_is_refused_or_read_once(self):
        os.mkfifo(self.folder / "pipe")
        writer = subprocess.Popen(["cp", str(MODEL), str(self.folder / "pipe")])
        self.succeed("sample", "--model", "pipe", "--count", 1, "--steps", 1, "--out", "a.png")
        writer.wait()
        for option in (("--images", "/dev/zero"), ("--images", "/dev/null"),
                       ("--images", DATA / "t10k-images-idx3-ubyte.gz", "--model", "/dev/zero")):
            self.refuse(1, "it is a device", "score", *option)
        self.refuse(1, "it is a device", *quickly(), "--config", "/dev/zero")


class Resuming(Program):
    """Runs that are interrupted and go on."""

    FILES = ("model.safetensors", "best.safetensors", "state.safetensors")

    def start(self, *arguments, **options):
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def assert_same_end(self, run, whole):
        for name in self.FILES:
            self.assertEqual(digest(self.folder / run / name), digest(self.folder / whole / name),
                             name)
        tables = []
        for folder in (run, whole):
            with open(self.folder / folder / "metrics.csv", newline="") as file:
                tables.append([{**row, "seconds": ""} for row in csv.DictReader(file)])
        self.assertEqual(*tables)

    def test_ctrl_c_saves_and_says_how_to_go_on(self):
        options = dict(epochs=40, steps=40, save_every=0)
        self.succeed(*quickly(out="whole", **options))
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal_number):
                run = f"run-{signal_number}"
                process = self.start(*quickly(out=run, **options, threads=1))
                self.assertTrue(wait_for(self.folder / run / "model.safetensors"))
                process.send_signal(signal_number)
                output, errors = process.communicate()
                self.assertEqual(process.returncode, 128 + signal_number, errors)
                self.assertEqual(output, "")
                self.assertIn(f"go on with: ebm-mnist train --resume {run}",
                              errors.splitlines()[-1])
                self.assertEqual("finishing this step and saving; Ctrl-C again" in errors,
                                 signal_number == signal.SIGINT)
                self.succeed("train", "--resume", run)
                self.assert_same_end(run, "whole")

    def test_a_second_ctrl_c_ends_at_once_and_loses_nothing_that_was_saved(self):
        options = dict(epochs=3, steps=2000, batch=16, threads=1)
        process = self.start(*quickly(out="run", **options))
        self.assertTrue(wait_for(self.folder / "run/state.safetensors", 60))
        process.send_signal(signal.SIGINT)
        self.assertTrue(any("Ctrl-C again stops at once" in line for line in process.stderr))
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertIn(process.returncode, (-signal.SIGINT, 130))  # 130: the step was done already
        self.succeed("train", "--resume", "run")
        self.succeed(*quickly(out="whole", **options))
        self.assert_same_end("run", "whole")

    def test_a_folder_has_one_run_at_a_time_which_can_be_reported_from_its_start(self):
        process = self.start(*quickly(out="my run", epochs=1000, steps=60, threads=1))
        self.assertTrue(wait_for(self.folder / "my run/config.toml"))
        self.succeed("report", "my run", "--out", "early.html", "--images", 10)
        self.assertIn("of 1000", (self.folder / "early.html").read_text())
        self.assertTrue(wait_for(self.folder / "my run/state.safetensors"))
        self.refuse(1, "another process trains in 'my run' now", "train", "--resume", "my run")
        process.kill()
        process.communicate()
        left = self.folder / f"my run/.ebm-{process.pid}-0.tmp"
        left.write_bytes(b"half a model")
        process = self.start("train", "--resume", "my run", "--threads", 1)
        model = self.folder / "my run/model.safetensors"
        before = model.stat().st_mtime_ns
        while model.stat().st_mtime_ns == before and process.poll() is None:
            time.sleep(0.02)
        self.assertFalse(left.exists())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        self.assertIn("go on with: ebm-mnist train --resume 'my run'", errors)

    def test_damaged_events_do_not_keep_a_run_from_going_on(self):
        self.succeed(*quickly(out="run"))
        event = '{"iteration":1,"epoch":1,"what":"%s","action":"none"}\n'
        (self.folder / "run/guard.jsonl").write_text(
            '{"iteration":"a"}\n7\n{"iteration":1}\n' + event % ("a" * 70_000) + event % "seen" +
            "[" * 5_000_000 + "\n")
        result = self.run_program("train", "--resume", "run", "--epochs", 3)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("that are no events of the divergence guard are gone: 5", result.stderr)
        self.assertEqual((self.folder / "run/guard.jsonl").read_text(), event % "seen")

    def test_an_interrupt_that_the_caller_ignores_is_ignored(self):
        process = self.start(*quickly(out="run", epochs=20, steps=60, threads=1),
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.assertTrue(wait_for(self.folder / "run/state.safetensors"))
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def test_a_run_killed_at_any_moment_goes_on_to_the_same_bytes(self):
        options = dict(epochs=30, steps=60, save_every=3)
        started = time.monotonic()
        self.succeed(*quickly(out="whole", **options))
        lasts = time.monotonic() - started
        chance = random.Random(4)
        kills = 0
        process = self.start(*quickly(out="run", **options))
        self.assertTrue(wait_for(self.folder / "run/state.safetensors"))
        while kills < 5:
            time.sleep(chance.uniform(0, lasts / 8))
            if process.poll() is not None:
                break
            process.kill()
            process.communicate()
            kills += 1
            process = self.start("train", "--resume", "run", "--threads", chance.choice((1, 2, 3)))
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors)
        self.assertGreater(kills, 0)
        self.assert_same_end("run", "whole")

    def test_a_finished_run_has_nothing_left_to_do_but_more_epochs(self):
        self.succeed(*quickly(out="run", epochs=2))
        self.succeed(*quickly(out="whole", epochs=3))
        before = digest(self.folder / "run/state.safetensors")
        self.succeed("train", "--resume", "run")
        self.assertEqual(digest(self.folder / "run/state.safetensors"), before)
        self.succeed("train", "--resume", "run", "--epochs", 3)
        self.assert_same_end("run", "whole")
        self.assertIn("epochs = 3", (self.folder / "run/config.toml").read_text())

    def test_a_run_whose_data_have_moved_is_told_where_they_are(self):
        (self.folder / "data").symlink_to(DATA)
        self.succeed(*quickly(out="run", epochs=1, data="data"))
        self.succeed(*quickly(out="whole", epochs=2))
        (self.folder / "data").unlink()
        self.refuse(1, "data", "train", "--resume", "run")
        self.succeed("train", "--resume", "run", "--data", DATA, "--epochs", 2)
        self.assert_same_end("run", "whole")

    def test_a_state_goes_on_with_the_options_and_the_data_that_it_is_of(self):
        data = write_mnist(self.folder / "own data")
        self.succeed(*quickly(out="run", data=data, learning_rate=0.002, seed=5, noise=0.01))
        config = self.folder / "run/config.toml"
        whole = config.read_text()
        lines = whole.splitlines(keepends=True)
        for text, option in (("".join(lines[:12]), "option "),  # cut off
                             (whole.replace("learning-rate = 0.002", "learning-rate = 0.003"),
                              "option learning-rate is '0.002', not '0.003'"),
                             (whole.replace("seed = 5\n", ""), "option seed is '5', not '0'"),
                             (whole.replace('model = "tutorial"', 'model = "resnet"'), "option model"),
                             (whole.replace("no-shuffle = false", "no-shuffle = true"),
                              "option no-shuffle")):
            with self.subTest(option):
                config.write_text(text)
                self.refuse(1, f"'run/state.safetensors' is of a run whose {option}",
                            "train", "--resume", "run", "--data", data, "--epochs", 3)
        config.write_text(whole.replace("epochs = 2", "epochs = 3"))
        images = data / "train-images-idx3-ubyte"
        before = images.read_bytes()
        images.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        self.refuse(1, "is of a run whose data is 'CRC-32C", "train", "--resume", "run")
        images.write_bytes(before)
        data.rename(self.folder / "moved")
        self.succeed("train", "--resume", "run", "--data", "moved")  # to the third epoch
        self.assertEqual(len((self.folder / "run/metrics.csv").read_text().splitlines()), 4)

    def test_a_flipped_bit_in_a_model_or_a_state_is_refused(self):
        self.succeed(*quickly(out="run"))
        chance = random.Random(1)
        for name, command in (("model", ("sample", "--model", "run/model.safetensors", "--out", "x.png")),
                              ("state", ("train", "--resume", "run", "--epochs", 3))):
            path = self.folder / f"run/{name}.safetensors"
            whole = path.read_bytes()
            for _ in range(5):
                at = chance.randrange(len(whole) // 2, len(whole))  # among the values
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)])
                                 + whole[at + 1:])
                self.refuse(1, "does not have the checksum that its metadata say", *command)
            path.write_bytes(whole)

    def test_a_number_of_a_state_that_no_training_comes_to_is_named(self):
        self.succeed(*quickly(out="run"))
        state = self.folder / "run/state.safetensors"
        whole = state.read_bytes()
        size = 8 + struct.unpack_from("<Q", whole)[0]
        header = json.loads(whole[8:size])
        del header["__metadata__"]["ebm_crc32c"]  # as somebody would who makes such a file
        text = json.dumps(header).encode()

        def with_number(name, code, value, at=0):
            begin = size + header[name]["data_offsets"][0] + at * struct.calcsize(code)
            values = whole[:begin] + struct.pack(code, value) + whole[begin + struct.calcsize(code):]
            return struct.pack("<Q", len(text)) + text + values[size:]

        for name, code, value in (
                ("trainer.position.iteration", "<q", 2**63 - 1),
                ("trainer.position.iteration", "<q", -1), ("trainer.position.epoch", "<q", 2**31 - 1),
                ("trainer.position.batches_done", "<q", -5),
                ("trainer.learning_rate_factor", "<d", -1), ("trainer.learning_rate_factor", "<d", math.nan),
                ("trainer.buffer.samples", "<f", math.nan), ("trainer.buffer.size", "<q", -1),
                ("trainer.parameters", "<f", math.inf), ("trainer.optimizer.mean", "<f", math.nan),
                ("trainer.optimizer.beta2_power", "<d", 2), ("guard.times", "<q", -7),
                ("guard.good_epoch", "<q", 2**40), ("early_stop.epochs_without", "<q", -1),
                ("checkpoint.best_count", "<q", -1), ("checkpoint.best_epochs", "<q", 2**31 - 1)):
            with self.subTest(name=name, value=value):
                state.write_bytes(with_number(name, code, value))
                before = self.content()
                result = self.run_program("train", "--resume", "run", "--epochs", 3)
                self.assertEqual((result.returncode, self.content()), (1, before), result.stderr)
                self.assertIn("'run/state.safetensors' can't be gone on with: ", result.stderr)
                self.assertIn(name.rsplit(".", 1)[1].replace("best_count", "best"), result.stderr)
        state.write_bytes(struct.pack("<Q", len(text)) + text + whole[size:])
        self.succeed("train", "--resume", "run", "--epochs", 3)

    def test_what_can_not_be_resumed_is_refused(self):
        self.succeed(*quickly(out="run"))
        self.refuse(2, "--seed: a run that is resumed has its own", "train", "--resume", "run",
                    "--seed", 3)
        self.refuse(2, "--out: a run that is resumed has its own", "train", "--resume", "run",
                    "--out", "other")
        (self.folder / "empty").mkdir()
        self.refuse(1, "no run to resume in 'empty'", "train", "--resume", "empty")
        state = self.folder / "run/state.safetensors"
        state.write_bytes(state.read_bytes()[:-7])
        result = self.run_program("train", "--resume", "run")
        self.assertEqual(result.returncode, 1)
        self.assertIn("state.safetensors", result.stderr)


class Guarding(Program):
    BAD = dict(epochs=50, learning_rate=10, lr_decay=10)

    def test_a_diverging_run_is_put_back_and_given_up_with_a_verdict(self):
        result = self.run_program(*quickly(**self.BAD, guard=2))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr.splitlines()[-1],
                         "^ebm-mnist: training diverged in epoch .* put back 2 times before")
        events = [json.loads(line)
                  for line in (self.folder / "run/guard.jsonl").read_text().splitlines()]
        self.assertEqual(len(events), 3)
        self.assertIn("the learning rate is multiplied with 0.3", events[0]["action"])
        self.assertIn("gave up", events[2]["action"])
        self.assertEqual(list(events[0]), ["iteration", "epoch", "what", "action"])

    def test_a_reaction_may_be_more_steps(self):
        self.run_program(*quickly(**self.BAD, guard=1, guard_reaction="steps"))
        event = json.loads((self.folder / "run/guard.jsonl").read_text().splitlines()[0])
        self.assertIn("chains have 6 steps from here", event["action"])


class Sampling(Program):
    def sample(self, name, *options, steps=4):
        self.succeed("sample", "--model", MODEL, "--steps", steps, "--out", name, *options)
        return self.folder / name

    def test_samples_are_in_the_domain_and_repeat_for_the_seed(self):
        file = self.sample("a.safetensors", "--count", 5)
        shape, values = read_safetensors(file)["samples"]
        self.assertEqual(shape, [5, 1, 28, 28])
        self.assertLessEqual(max(map(abs, values)), 1)
        same = self.sample("b.safetensors", "--count", 5, "--threads", 1)
        self.assertEqual(digest(file), digest(same))
        other = self.sample("c.safetensors", "--count", 5, "--seed", 1)
        self.assertNotEqual(digest(file), digest(other))

    def test_more_chains_leave_the_first_ones_as_they_are(self):
        few = read_safetensors(self.sample("3.safetensors", "--count", 3))["samples"][1]
        many = read_safetensors(self.sample("20.safetensors", "--count", 20))["samples"][1]
        self.assertEqual(few, many[:len(few)])

    def test_a_trace_starts_with_noise_and_ends_with_the_samples(self):
        content = read_safetensors(self.sample("t.safetensors", "--count", 2, "--trace", 2))
        shape, trace = content["trace"]
        self.assertEqual(shape, [3, 2, 1, 28, 28])
        self.assertEqual(trace[-2 * PIXELS:], content["samples"][1])
        start = read_safetensors(self.sample("s.safetensors", "--count", 2, steps=0))
        self.assertEqual(trace[:2 * PIXELS], start["samples"][1])
        self.assertAlmostEqual(sum(start["samples"][1]) / (2 * PIXELS), 0, delta=0.06)

    def test_pictures_are_squares_and_traces_a_row_a_chain(self):
        self.assertEqual(png_size(self.sample("a.png", "--count", 3)), (124, 124))
        self.assertEqual(png_size(self.sample("t.png", "--count", 2, "--trace", 2)), (184, 124))

    def test_bad_requests_are_refused(self):
        command = ["sample", "--model", MODEL]
        self.refuse(2, ".png or .safetensors", *command, "--out", "a.jpg")
        self.refuse(2, "--count", *command, "--out", "a.png", "--count", 0)
        self.refuse(2, "--trace", *command, "--out", "a.png", "--steps", 3, "--trace", 4)
        self.refuse(2, "don't fit a PNG", *command, "--out", "a.png", "--count", 1_000_000)
        copy = self.folder / "m.safetensors"
        copy.write_bytes(MODEL.read_bytes())
        self.refuse(2, "is the model itself", "sample", "--model", copy, "--out", copy)

    def test_numbers_are_decimal_whatever_they_begin_with(self):
        self.assertEqual(digest(self.sample("a.safetensors", "--seed", "010", "--count", "09")),
                         digest(self.sample("b.safetensors", "--seed", 10, "--count", 9)))

    def test_places_where_nothing_can_be_written_are_refused_before_the_work(self):
        command = ["sample", "--model", MODEL, "--steps", 1_000_000, "--out"]
        (self.folder / "folder.png").mkdir()
        self.refuse(1, "'nowhere'", *command, "nowhere/a.png")
        self.refuse(1, "folder.png", *command, "folder.png")
        self.refuse(1, "/proc/a.png", *command, "/proc/a.png")

    def test_models_that_do_not_fit_are_refused(self):
        good = read_safetensors(MODEL)
        shape, values = good["conv1.weight"]
        models = {
            "'linear2.bias'": {k: v for k, v in good.items() if k != "linear2.bias"},
            "'extra'": {**good, "extra": ([1], [0.0])},
            "[25, 1, 4, 4], expected [16, 1, 5, 5]": {
                **good, "conv1.weight": ([25, 1, 4, 4], values)},
            "number 3 of tensor 'conv1.weight' of 'm.safetensors' is nan": {
                **good, "conv1.weight": (shape, (*values[:3], math.nan, *values[4:]))},
            "is not finite after step 1 of": {k: (s, [1e20 * x for x in v]) for k, (s, v) in good.items()},
        }
        for part, tensors in models.items():
            with self.subTest(part):
                (self.folder / "m.safetensors").write_bytes(safetensors(tensors))
                self.refuse(1, part, "sample", "--model", "m.safetensors", "--out", "a.png")
                self.assertFalse((self.folder / "a.png").exists())
        (self.folder / "cut.safetensors").write_bytes(MODEL.read_bytes()[:-4])
        for name in ("cut.safetensors", "missing.safetensors", "."):
            with self.subTest(name):
                self.refuse(1, f"'{name}'", "sample", "--model", name, "--out", "a.png")


class Scoring(Program):
    def score(self, *images):
        return json.loads(self.succeed("score", "--json", "--model", MODEL, "--images", *images))

    def test_json_holds_count_mean_deviation_and_each_score(self):
        (self.folder / "images").write_bytes(idx_images(21))
        result = self.score("images")
        self.assertEqual(list(result), ["count", "mean", "std", "scores", "energies"])
        self.assertEqual(result["energies"], [-score for score in result["scores"]])
        scores = result["scores"]
        self.assertEqual([result["count"], len(scores)], [21, 21])
        mean = sum(scores) / 21
        self.assertAlmostEqual(result["mean"], mean)
        self.assertAlmostEqual(result["std"],
                               math.sqrt(sum((s - mean) ** 2 for s in scores) / 21))

    def test_an_image_has_one_score_in_every_format(self):
        file = idx_images(1)
        pixels = file[16:]
        (self.folder / "plain").write_bytes(file)
        (self.folder / "packed.gz").write_bytes(gzip.compress(file))
        (self.folder / "grey.png").write_bytes(png(pixels))
        (self.folder / "rgb.png").write_bytes(png(bytes(b for p in pixels for b in (p, p, p)),
                                                  channels=3))
        (self.folder / "tensor.safetensors").write_bytes(
            images_tensor([byte / 255 * 2 - 1 for byte in pixels]))
        (self.folder / "CAPITALS.PNG").write_bytes(png(pixels))
        (self.folder / "samples.safetensors").write_bytes(safetensors(
            {"samples": ([1, 1, 28, 28], [byte / 255 * 2 - 1 for byte in pixels])}))
        scores = self.score("plain", "packed.gz", "grey.png", "rgb.png", "CAPITALS.PNG",
                            "tensor.safetensors", "samples.safetensors")["scores"]
        self.assertEqual(len(set(scores[:5])), 1)
        self.assertAlmostEqual(scores[5], scores[0], places=6)
        self.assertEqual(scores[6], scores[5])

    def test_a_tensor_may_hold_values_between_those_of_bytes(self):
        values = [byte / 255 * 2 - 1 for byte in idx_images(1)[16:]]
        (self.folder / "a.safetensors").write_bytes(images_tensor(values))
        (self.folder / "b.safetensors").write_bytes(
            images_tensor([0.999 * value + 0.0005 for value in values]))
        a, b = self.score("a.safetensors", "b.safetensors")["scores"]
        self.assertNotEqual(a, b)
        self.assertAlmostEqual(a, b, places=2)

    def test_several_files_are_scored_in_order(self):
        for count in (2, 3):
            (self.folder / str(count)).write_bytes(idx_images(count))
        together = self.score("3", "2")["scores"]
        self.assertEqual(together, self.score("3")["scores"] + self.score("2")["scores"])

    def test_lines_for_people_name_file_index_and_score(self):
        for name in "ab":
            (self.folder / name).write_bytes(idx_images(2))
        number, summary = r"-?\d+\.\d+", r"count {}, mean -?\d+\.\d+, deviation \d+\.\d+"
        lines = self.succeed("score", "--model", MODEL, "--images", "a", "b").splitlines()
        expected = [f"a 0 {number}", f"a 1 {number}", "a: " + summary.format(2), f"b 0 {number}",
                    f"b 1 {number}", "b: " + summary.format(2), summary.format(4)]
        self.assertEqual(len(lines), len(expected))
        for line, pattern in zip(lines, expected):
            self.assertRegex(line, f"^{pattern}$")
        self.assertEqual(float(lines[0].split()[2]), round(self.score("a")["scores"][0], 6))

    def test_quiet_leaves_the_summaries(self):
        (self.folder / "a").write_bytes(idx_images(2))
        output = self.succeed("score", "--quiet", "--model", MODEL, "--images", "a")
        self.assertRegex(output, r"\Acount 2, mean [^\n]+\n\Z")

    def test_bad_images_are_refused(self):
        zeros = [0.0] * PIXELS
        files = {
            "small": (idx_images(2, 8, 8), "8x8"),
            "empty": (idx_images(0), "no image"),
            "cut": (idx_images(2)[:-3], "'cut'"),
            "cut.gz": (gzip.compress(idx_images(2))[:-9], "cut off"),
            "text": (b"no images", "expected 0x00000803"),
            "wide.png": (png(bytes(28 * 56), width=56), "28x56 pixels, expected 28x28"),
            "clear.png": (png(bytes(4 * PIXELS), channels=4), "is not opaque in row 0, column 0"),
            "cut.png": (png(bytes(PIXELS))[:-20], "'cut.png'"),
            "nan.safetensors": (images_tensor([math.nan] * PIXELS), "nan in image 0"),
            "large.safetensors": (images_tensor([*zeros, 1.5, *zeros[1:]], (2, 1, 28, 28)),
                                  "1.5 in image 1, expected [-1, 1]"),
            "flat.safetensors": (images_tensor(zeros, [PIXELS]), "expected [any, 1, 28, 28]"),
            "double.safetensors": (images_tensor(zeros, dtype="F64", code="d"), "expected F32"),
        }
        for name, (content, part) in files.items():
            (self.folder / name).write_bytes(content)
            with self.subTest(name):
                self.refuse(1, part, "score", "--model", MODEL, "--images", name)
        self.refuse(1, "no tensor 'images'", "score", "--model", MODEL, "--images", MODEL)
        (self.folder / "good").write_bytes(idx_images(2))
        self.refuse(1, "'missing'", "score", "--model", MODEL, "--images", "good", "missing")

    def test_scores_that_nobody_can_read_are_a_failure(self):
        (self.folder / "images").write_bytes(idx_images(1))
        with open("/dev/full", "w") as full:
            result = self.run_program("score", "--model", MODEL, "--images", "images", stdout=full)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Aebm-mnist: [^\n]+ standard output\n\Z")


class Generation(Program):
    def generate(self, name, *options, steps=8):
        self.succeed("generate", "--model", MODEL, "--steps", steps, "--out", name, *options)
        return self.folder / name

    def sample(self, name, *options, steps=8):
        self.succeed("sample", "--model", MODEL, "--steps", steps, "--out", name, *options)
        return self.folder / name

    CAPTIONS = 12  # pixels high, below the figure

    @staticmethod
    def size(columns, rows):
        return 2 * (30 * columns + 2), 2 * (30 * rows + 2)

    def figure_size(self, columns, rows):
        width, height = self.size(columns, rows)
        return width, height + self.CAPTIONS

    def test_a_row_is_a_chain_after_step_1_and_every_kth(self):
        figure = self.generate("a.png", "--count", 3, "--every", 4)
        self.assertEqual(png_size(figure), self.figure_size(columns=3, rows=3))
        defaults = self.generate("b.png", steps=256)
        self.assertEqual(png_size(defaults), self.figure_size(columns=9, rows=8))

    def test_the_columns_are_what_runs_of_their_steps_end_with(self):
        # Where step 1 is all there is, the picture's two columns are both a run of one step.
        figure = self.generate("a.png", "--count", 2, "--every", 1, steps=1)
        samples = read_safetensors(self.sample("s.safetensors", "--count", 2, steps=1))
        values = samples["samples"][1]
        rows = [values[PIXELS * chain:PIXELS * (chain + 1)] for chain in (0, 0, 1, 1)]
        pixels = png_pixels(figure)
        self.assertEqual(pixels[:-self.CAPTIONS], grid_pixels(rows, columns=2, scale=2))
        # "step 1" and "1", in white
        captions = [[row[:62].count(255), row[62:].count(255)] for row in pixels[-self.CAPTIONS:]]
        first, second = map(sum, zip(*captions))
        self.assertGreater(first, 3 * second)
        self.assertGreater(second, 0)

    def test_an_animation_has_a_frame_a_snapshot_and_stays_at_its_end(self):
        for name, options in (("a.apng", []), ("b.png", ["--animate"])):
            with self.subTest(name):
                content = self.generate(name, "--count", 10, *options).read_bytes()
                self.assertEqual(png_size(self.folder / name), self.size(columns=8, rows=2))
                self.assertEqual(struct.unpack(">I", content.split(b"acTL")[1][:4])[0], 3 + 20)

    def test_the_same_seed_gives_the_same_file(self):
        options = ["--every", 4]
        first = digest(self.generate("a.png", *options))
        self.assertEqual(digest(self.generate("b.png", *options, "--threads", 1)), first)
        self.assertNotEqual(digest(self.generate("c.png", *options, "--seed", 1)), first)

    def test_bad_requests_are_refused(self):
        command = ["generate", "--model", MODEL]
        self.refuse(2, ".png or .apng", *command, "--out", "a.safetensors")
        self.refuse(2, "--every", *command, "--out", "a.png", "--steps", 3, "--every", 4)
        self.refuse(2, "don't fit a PNG", *command, "--out", "a.png", "--count", 1001)
        self.refuse(2, "frames", *command, "--out", "a.apng", "--count", 8000, "--every", 1)
        self.refuse(1, "'nowhere'", *command, "--out", "nowhere/a.png")

    def test_quiet_prints_nothing(self):
        for command in ("sample", "generate"):
            self.assertEqual(self.succeed(command, "--model", MODEL, "--steps", 32, "--count", 1,
                                          "--out", "a.png", "--quiet"), "")


class Analysis(Program):
    BATTERY = ["noise", "gaussian", "flipped", "shrunk", "inverted", "constant", "blank_salt",
               "salt", "square", "shuffled"]

    def analyze(self, *options):
        output = self.succeed("analyze", "--json", "--model", MODEL, "--data", DATA, *options)
        self.assertEqual(output.count("\n"), 1)
        return json.loads(output)

    def scores(self, path):
        return json.loads(self.succeed("score", "--json", "--model", MODEL, "--images",
                                       path))["scores"]

    def test_json_holds_mean_scores_and_an_area_with_its_interval_a_corruption(self):
        result = self.analyze()
        self.assertEqual(list(result), ["scores", "auroc"])
        self.assertEqual(list(result["scores"]), ["random", "train", "test"])
        self.assertEqual(list(result["auroc"]), self.BATTERY)
        for name, area in result["auroc"].items():
            with self.subTest(name):
                self.assertEqual(list(area), ["value", "low", "high"])
                self.assertTrue(0 <= area["low"] <= area["value"] <= area["high"] <= 1)
        for name, file in (("train", "train"), ("test", "t10k")):
            scores = self.scores(DATA / f"{file}-images-idx3-ubyte")
            self.assertAlmostEqual(result["scores"][name], sum(scores) / len(scores))

    def test_an_area_is_that_of_the_scores_of_both_groups(self):
        (self.folder / "own").write_bytes(idx_images(7))
        area = self.analyze("--ood", "own")["auroc"]["own"]["value"]
        test, own = self.scores(DATA / "t10k-images-idx3-ubyte"), self.scores("own")
        pairs = [(a > b) + 0.5 * (a == b) for a in test for b in own]
        self.assertAlmostEqual(area, sum(pairs) / len(pairs))

    def test_own_images_are_files_and_folders_named_by_their_stems(self):
        for folder in ("dots", "other/dots"):
            (self.folder / folder).mkdir(parents=True)
            for name in "ab":
                (self.folder / folder / f"{name}.png").write_bytes(png(idx_images(1)[16:]))
            (self.folder / folder / "notes.txt").write_text("mine")
        (self.folder / "noise.png").write_bytes(png(bytes(PIXELS)))
        result = self.analyze("--ood", "dots/", "other/dots", "noise.png")["auroc"]
        self.assertEqual(list(result), self.BATTERY + ["dots", "dots-2", "noise-2"])
        self.assertEqual(result["dots"], result["dots-2"])

    def test_the_same_seed_gives_the_same_numbers_for_any_number_of_threads(self):
        self.assertEqual(self.analyze("--threads", 1), self.analyze("--threads", 3))
        self.assertNotEqual(self.analyze(), self.analyze("--seed", 1))

    def test_fewer_images_are_the_first_ones(self):
        scores = self.scores(DATA / "train-images-idx3-ubyte")[:4]
        self.assertAlmostEqual(self.analyze("--images", 4)["scores"]["train"], sum(scores) / 4)

    def test_people_get_a_table_and_a_picture_of_four_images_in_four_variants(self):
        table = self.succeed("analyze", "--model", MODEL, "--data", DATA, "--out", "a.png")
        self.assertEqual(png_size(self.folder / "a.png"), (4 * 122, 4 * 122 + 24))
        for name in ("original", "noisy", *self.BATTERY):
            self.assertIn(name, table)
        self.assertEqual(self.succeed("analyze", "--model", MODEL, "--data", DATA, "--quiet"), "")

    def test_bad_requests_are_refused(self):
        command = ["analyze", "--model", MODEL, "--data", DATA]
        self.refuse(2, ".png", *command, "--out", "a.jpg")
        self.refuse(1, "'missing'", *command, "--ood", "missing")
        self.refuse(1, "'nowhere'", *command[:3], "--data", "nowhere")
        self.refuse(2, "--images", *command, "--images", -1)
        (self.folder / "empty").mkdir()
        self.refuse(1, "'empty' holds no PNG file", *command, "--ood", "empty")
        untested = write_mnist(self.folder / "untested", test=0)
        self.refuse(1, "no test images", *command[:3], "--data", untested)

    QUALITIES = ["distance", "confident", "balance", "precision", "recall"]

    def test_a_judge_compares_samples_and_as_many_images_with_training_images(self):
        result = self.analyze("--samples", 8, "--steps", 3)
        self.assertEqual(list(result), ["scores", "auroc", "samples"])
        self.assertEqual(list(result["samples"]), ["model", "test", "train"])
        for group, quality in result["samples"].items():
            with self.subTest(group):
                self.assertEqual(list(quality), self.QUALITIES)
                self.assertGreater(quality["distance"], 0)
                for share in self.QUALITIES[1:]:
                    self.assertTrue(0 <= quality[share] <= 1, share)
        table = self.succeed("analyze", "--model", MODEL, "--data", DATA, "--samples", 8,
                             "--steps", 3)
        lines = [line.split() for line in table.splitlines()]
        self.assertIn(self.QUALITIES, lines)
        for group, quality in result["samples"].items():
            self.assertIn([group, *(f"{quality[name]:.3f}" for name in self.QUALITIES)], lines)

    def test_a_judge_finds_equal_images_equal(self):
        image = idx_images(1)[16:]
        equal = write_mnist(
            self.folder / "equal",
            **{"train-images-idx3-ubyte": struct.pack(">4I", 0x803, 40, 28, 28) + 40 * image,
               "t10k-images-idx3-ubyte": struct.pack(">4I", 0x803, 10, 28, 28) + 10 * image})
        result = json.loads(self.succeed("analyze", "--json", "--model", MODEL, "--data", equal,
                                         "--samples", 10, "--steps", 3))["samples"]
        for group in ("test", "train"):
            with self.subTest(group):
                self.assertAlmostEqual(result[group]["distance"], 0, delta=1e-6)
                self.assertEqual([result[group]["precision"], result[group]["recall"]], [1, 1])
        self.assertGreater(result["model"]["distance"], 1)
        self.assertEqual(result["model"]["precision"], 0)

    def test_samples_depend_on_seed_and_steps_but_not_on_threads(self):
        options = ["--samples", 8, "--steps", 3]
        result = self.analyze(*options, "--threads", 1)
        self.assertEqual(self.analyze(*options, "--threads", 3), result)
        for others in ([*options, "--seed", 1], ["--samples", 8, "--steps", 4]):
            with self.subTest(others):
                self.assertNotEqual(self.analyze(*others)["samples"]["model"],
                                    result["samples"]["model"])

    def test_samples_that_can_not_be_compared_are_refused(self):
        command = ["analyze", "--model", MODEL, "--data", DATA, "--samples"]
        for count in (3, 11):
            self.refuse(2, f"--samples: {count} samples can't be compared with 10 test and 40 "
                        "training images", *command, count)
        self.refuse(2, "--samples: 8 samples can't be compared with 10 test and 15 training images",
                    *command[:3], "--data", write_mnist(self.folder / "few", train=15),
                    "--samples", 8)
        self.refuse(2, "--samples", *command, 10001)
        self.refuse(1, "'none'", *command, 8, "--judge", "none")
        self.refuse(1, "model.safetensors", *command, 8, "--judge", MODEL)

    def test_scores_that_overflow_are_refused(self):
        tensors = {k: (s, [1e20 * x for x in v]) for k, (s, v) in read_safetensors(MODEL).items()}
        (self.folder / "m.safetensors").write_bytes(safetensors(tensors))
        self.refuse(1, "expected a finite number", "analyze", "--model", "m.safetensors",
                    "--data", DATA)


class Reporting(Program):
    SECTIONS = ["Curves", "Samples over time", "From noise to digits", "The replay buffer",
                "What the model finds unusual", "Configuration", "Divergence guard"]

    def copy(self, name="copy", **files):
        """A copy of the run; `files` replace those of it, or remove them where None."""
        run = self.folder / name
        shutil.copytree(RUN, run)
        for key, content in files.items():
            file = run / {"metrics": "metrics.csv", "config": "config.toml",
                          "guard": "guard.jsonl"}[key]
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content.encode() if isinstance(content, str) else content)
        return run

    def page(self, run, *options):
        """The page, which is checked for what each page must be."""
        self.succeed("report", run, "--images", 5, "--quiet", "--out", "page.html", *options)
        text = (self.folder / "page.html").read_text()
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        page = xml.etree.ElementTree.fromstring(text)  # all tags are closed, all text is escaped
        self.assertEqual(page.attrib, {"lang": "en"})
        for element in page.iter():
            self.assertNotIn(element.tag, ("script", "link", "iframe", "object", "base"))
            for name, value in element.attrib.items():
                self.assertFalse(name.startswith("on") or name == "href", (element.tag, name))
                self.assertFalse("http" in value or name == "src" and not value.startswith(
                    "data:image/png;base64,"), (element.tag, name, value[:80]))
        self.assertNotRegex(page.find("head/style").text, r"url\(|@import")
        levels = [int(element.tag[1]) for element in page.iter()
                  if element.tag in ("h1", "h2", "h3")]
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
        self.assertEqual([h.text for h in page.iter("h2")], self.SECTIONS)
        self.assertTrue(all(image.get("alt") for image in page.iter("img")))
        self.assertTrue(all(cell.get("scope") for cell in page.iter("th")))
        for svg in page.iter("svg"):
            self.assertTrue(svg.get("aria-hidden") or svg.find("title").text)
        return page

    @staticmethod
    def words(element):
        return " ".join("".join(element.itertext()).split())

    def section(self, page, title):
        return next(s for s in page.iter("section") if s.find("h2").text == title)

    def rows(self, page, title):
        return [[self.words(cell) for cell in row]
                for row in self.section(page, title).iter("tr")]

    def note(self, page, title):
        return " ".join(self.words(p) for p in self.section(page, title).iter("p")
                        if p.get("class") == "note")

    def facts(self, page):
        return {self.words(fact.find("dt")): self.words(fact.find("dd"))
                for fact in page.find("body/main/header/dl")}

    def test_a_report_shows_the_run_from_its_first_epoch_to_its_last(self):
        run = self.copy()
        shutil.copytree(run / "samples", run / "generation", dirs_exist_ok=True)
        page = self.page(run)
        self.assertEqual(page.find("body/main/header/h1").text, "Training run copy")
        facts = self.facts(page)
        self.assertTrue(facts["Epochs"].startswith("2 of 2"), facts)
        self.assertTrue(facts["Divergence guard"].startswith("calm"), facts)
        with open(run / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        best = min(rows, key=lambda row: float(row["val_contrastive_divergence"]))
        self.assertIn(f"after epoch {best['epoch']}", facts["Best validation CD"])
        for fact, value in (("Best validation CD", best["val_contrastive_divergence"]),
                            ("Mean f of noise", rows[-1]["rand_out"])):
            number = float(facts[fact].replace("\u2212", "-").split("a")[0])
            self.assertAlmostEqual(number, float(value), delta=1e-3 * abs(float(value)))
        charts = [h.text for h in self.section(page, "Curves").iter("h3")]
        for title in ("Validation", "Noise, as the model sees it", "Learning rate", "Time"):
            self.assertIn(title, charts)
        for title, what in (("Samples over time", "newest samples"),
                            ("From noise to digits", "on their way from noise")):
            images = list(self.section(page, title).iter("img"))
            self.assertEqual([image.get("alt").split()[-1] for image in images], ["1", "2"])
            for image, file in zip(images, ("epoch_001.png", "epoch_002.png")):
                self.assertIn(what, image.get("alt"))
                shown = base64.b64decode(image.get("src").split(",")[1], validate=True)
                self.assertEqual(shown, (run / "samples" / file).read_bytes())
                self.assertEqual((int(image.get("width")), int(image.get("height"))),
                                 png_size(run / "samples" / file))
        self.assertIn("pictures-every", self.note(page, "The replay buffer"))

    def test_the_analysis_is_that_of_the_command_analyze(self):
        page = self.page(RUN, "--data", DATA)
        table = json.loads(self.succeed("analyze", "--json", "--model", RUN / "best.safetensors",
                                        "--data", DATA, "--images", 5))
        rows = self.rows(page, "What the model finds unusual")
        areas = {row[0]: row[2:4] for row in rows if len(row) == 5}
        for name, area in table["auroc"].items():
            self.assertEqual(areas[name], [f"{area['value']:.3f}",
                                           f"{area['low']:.3f} to {area['high']:.3f}"])
        counts = {row[0]: row[1] for row in rows if len(row) == 3}
        self.assertEqual([counts[name] for name in table["scores"]], ["5"] * 3)
        model = self.page(RUN, "--data", DATA, "--model", MODEL)
        self.assertIn(str(MODEL), self.words(self.section(model, "What the model finds unusual")))

    def test_options_are_told_beside_the_defaults_they_differ_from(self):
        page = self.page(RUN)
        rows = {row[0]: row for row in self.rows(page, "Configuration")}
        self.assertEqual(rows["epochs"], ["epochs", "2", "60", "Passes over the data"])
        self.assertEqual(rows["alpha"][:3], ["alpha", "0.1", ""])
        changed = {row[0].find("code").text for row in page.iter("tr")
                   if row.get("class") == "changed"}
        self.assertEqual(changed, {"epochs", "batch", "steps"})  # a place is no setting
        self.assertIn("'train'", self.words(self.section(page, "Configuration")))

    def test_the_tutorials_own_run_is_drawn_beside_runs_like_it(self):
        def marks(run):
            return sum(element.get("class") == "mark" and "cx" in element.attrib
                       for svg in self.page(run).iter("svg") if svg.find("title") is not None
                       for element in svg.iter("circle"))
        self.assertEqual(marks(RUN), 0)  # of small batches and few steps
        config = (RUN / "config.toml").read_text()
        config = config.replace("batch = 16", "batch = 128").replace("steps = 3", "steps = 60")
        self.assertEqual(marks(self.copy("like", config=config)), 2)  # epochs 1 and 2
        for number, (ours, other) in enumerate((('model = "tutorial"', 'model = "resnet"'),
                                                ("rate = 0.0001", "rate = 0.001"),
                                                ("limit-batches = 0", "limit-batches = 9"))):
            self.assertIn(ours, config)
            run = self.copy(f"other{number}", config=config.replace(ours, other))
            self.assertEqual(marks(run), 0)

    def test_what_the_guard_did_is_told(self):
        def event(iteration, epoch, action):
            return json.dumps({"iteration": iteration, "epoch": epoch, "what": "scores <part>",
                               "action": action}) + "\n"
        guard = event(1, 1, "put back to the start; less & less") + event(
            3, 2, "gave up; the last good state is the start")
        page = self.page(self.copy(guard=guard))
        self.assertEqual(self.rows(page, "Divergence guard")[1:], [
            ["1", "1", "scores <part>", "put back to the start; less & less"],
            ["2", "3", "scores <part>", "gave up; the last good state is the start"]])
        self.assertTrue(self.facts(page)["Divergence guard"].startswith("gave up"))
        self.assertIn("gave up in epoch 2", self.words(page.find("body/main/header")))
        once = self.page(self.copy("once", guard=guard.splitlines()[0]))
        self.assertTrue(self.facts(once)["Divergence guard"].startswith("1 event"))
        off = (RUN / "config.toml").read_text().replace("no-guard = false", "no-guard = true")
        self.assertIn("switched off", self.note(self.page(self.copy("off", config=off)),
                                                "Divergence guard"))

    def test_a_configuration_of_more_than_flags_and_values_is_quoted(self):
        evil = "</code><script>alert(1)</script>"
        page = self.page(self.copy(config=f"{json.dumps(evil)} = [1, 'two']\n"))
        self.assertIn(f"expected `flag = value`, one value, got '\"{evil}\" = [1",
                      self.note(page, "Configuration"))

    def test_hostile_text_stays_text(self):
        name = "<script>alert('1')<&amp;\"'\x01"
        evil = "</code><script>alert(1)</script>\" onload='x"
        run = self.copy(
            name, config=f"# ebm-mnist {evil}, called as:\n# {evil}\nseed = {json.dumps(evil)}\n",
            guard=json.dumps({"iteration": 2 ** 63 - 1, "epoch": 1, "what": evil,
                              "action": evil}),
            metrics=f"epoch,iteration,{evil.replace(',', '')}\n1,2,3\n")
        page = self.page(run)
        self.assertEqual(page.find("head/title").text,
                         "Training run " + name.replace("\x01", "\ufffd"))
        rows = {row[0]: row for row in self.rows(page, "Configuration")}
        self.assertEqual(rows["seed"][1], evil)
        self.assertIn(evil, [h.text for h in page.iter("h3")])

    def test_what_is_missing_or_broken_is_a_sentence_in_the_page(self):
        config = (RUN / "config.toml").read_text()
        for files, title, part in (
                ({"metrics": None}, "Curves", "no metrics.csv"),
                ({"metrics": ""}, "Curves", "metrics.csv can't be read"),
                ({"metrics": b"\xff\0,\n"}, "Curves", "metrics.csv can't be read"),
                ({"metrics": "epoch,iteration,loss\n"}, "Curves", "no row yet"),
                ({"config": None}, "Configuration", "no config.toml"),
                ({"config": "a = = 1\n"}, "Configuration", "line 1"),
                ({"config": b"a = '\xff'\n"}, "Configuration", "line 1"),
                ({"guard": "{}\n"}, "Divergence guard", "line 1 is no event"),
                ({"guard": "\xff{"}, "Divergence guard", "line 1 is no event")):
            with self.subTest(files):
                self.assertIn(part, self.note(self.page(self.copy(**files)), title))
                shutil.rmtree(self.folder / "copy")
        run = self.copy(config=config)
        (run / "samples/epoch_001.png").write_bytes(b"no picture")
        whole = (run / "samples/epoch_002.png").read_bytes()
        (run / "samples/epoch_003.png").write_bytes(whole[:-20])
        (run / "samples/epoch_004.png").mkdir()
        (run / "best.safetensors").write_bytes(b"no model")
        page = self.page(run)
        note = self.note(page, "Samples over time")
        for epoch in (1, 3, 4):
            self.assertIn(f"The picture of epoch {epoch} can't be shown", note)
        self.assertEqual(len(list(page.iter("img"))), 1)
        self.assertIn("can't be analysed", self.note(page, "What the model finds unusual"))
        for name in ("best.safetensors", "model.safetensors"):
            (run / name).unlink()
        shutil.rmtree(run / "samples")
        page = self.page(run)
        self.assertIn("no model yet", self.note(page, "What the model finds unusual"))
        self.assertIn("no picture", self.note(page, "Samples over time"))

    def test_a_run_that_is_going_on_is_reported_as_far_as_it_is(self):
        config = (RUN / "config.toml").read_text().replace("epochs = 2", "epochs = 9")
        page = self.page(self.copy(config=config))
        self.assertEqual(self.facts(page)["Epochs"], "2 of 9not complete")
        self.assertIn("still going on", self.words(page.find("body/main/header")))
        page = self.page(self.copy("early", config=config, metrics=None))
        self.assertEqual(self.facts(page)["Epochs"], "0 of 9not complete")
        self.assertIn("No epoch is done yet", self.words(page.find("body/main/header")))

    def test_numbers_that_are_none_are_gaps(self):
        metrics = ("epoch,iteration,loss,val_contrastive_divergence,rand_out,seconds\n"
                   "1,2,,nan,-1,1\n2,4,,-inf,nan,1e300\n3,6,,-2,1e308,nan\n4,8,,-1.5,nan,2\n"
                   "5,9,x,1e9\n1e300,1,,1\nnan,nan,nan\n-1,-1,,-9,-9,-9\n6,10,,-inf,-in")
        page = self.page(self.copy(metrics=metrics))
        facts = self.facts(page)
        self.assertEqual(facts["Best validation CD"], "\u22122after epoch 3")
        self.assertTrue(facts["Mean f of noise"].startswith("not a number"), facts)
        self.assertTrue(facts["Training time"].startswith("3 s"), facts)
        for path in page.iter("path"):
            self.assertNotRegex(path.get("d"), "nan|inf")

    def test_a_long_run_makes_a_page_of_bounded_size(self):
        numbers = random.Random(0)
        rows = ["epoch,iteration,loss,metrics_avg_real,metrics_avg_fake,rand_out"]
        for i in range(1, 20_001):
            loss, real, fake = (numbers.gauss(0, 1) for _ in range(3))
            rows.append(f"{i // 10 + 1},{50 * i},{loss},{real},{fake},")
        run = self.copy(metrics="\n".join(rows) + "\n")
        for epoch in range(3, 100):
            shutil.copy(run / "samples/epoch_001.png", run / f"samples/epoch_{epoch:03}.png")
        page = self.page(run)
        self.assertLess((self.folder / "page.html").stat().st_size, 1_000_000)
        shown = [image.get("alt").split()[-1] for image in page.iter("img")]
        self.assertEqual([shown[0], shown[-1]], ["1", "99"])
        self.assertLessEqual(len(shown), 8)

    def test_the_same_run_gives_the_same_page_in_its_folder(self):
        run = self.copy()
        for _ in range(2):
            printed = self.succeed("report", run / "", "--data", DATA, "--threads", 1)
            self.assertIn(str(run / "report.html"), printed)
            first = digest(run / "report.html")
        self.succeed("report", run, "--data", DATA, "--threads", 3)
        self.assertEqual(digest(run / "report.html"), first)
        self.succeed(*quickly(out=run, epochs=1), "--overwrite")
        self.assertFalse((run / "report.html").exists())  # of a run that is no more

    def test_json_tells_what_the_page_begins_with(self):
        result = json.loads(self.succeed("report", RUN, "--out", "a.html", "--data", DATA,
                                         "--json"))
        self.assertEqual([result["out"], result["epochs"], result["complete"], result["guard"],
                          result["problems"]], ["a.html", 2, True, "calm", []])
        self.assertIn(result["best_epoch"], (1, 2))
        self.assertEqual(self.succeed("report", RUN, "--out", "a.html", "--quiet"), "")

    def test_bad_requests_are_refused(self):
        (self.folder / "empty").mkdir()
        (self.folder / "file").write_text("text")
        self.refuse(1, "no folder 'missing'", "report", "missing")
        self.refuse(1, "no folder 'file'", "report", "file")
        self.refuse(1, "'empty' holds no training run", "report", "empty")
        self.refuse(2, "RUN", "report")
        self.refuse(2, ".html", "report", RUN, "--out", "a.txt")
        self.refuse(1, "'nowhere'", "report", RUN, "--out", "nowhere/a.html")
        self.refuse(1, "no model file 'none'", "report", RUN, "--out", "a.html", "--model", "none")
        self.refuse(1, "'none'", "report", RUN, "--out", "a.html", "--data", "none")


class Matching(Program):
    """The recipe matching, and what the commands do with a model of it."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.run_folder = pathlib.Path(temporary.name) / "run"
        cls.model = cls.run_folder / "model.safetensors"
        result = subprocess.run([PROGRAM, *cls.training(out=cls.run_folder)], capture_output=True,
                                text=True)
        assert result.returncode == 0, result.stderr

    @staticmethod
    def training(**options):
        flags = {"recipe": "matching", "epochs": 2, "batch": 16, "data": DATA, "out": "run",
                 "pictures-every": 2, **options}
        return ["train", *(f"--{name}={value}" for name, value in flags.items())]

    def images(self):
        (self.folder / "images").write_bytes(idx_images(5))
        return "images"

    def tensor(self, name, *arguments, out="a.safetensors"):
        self.succeed(*arguments, "--model", self.model, "--out", out)
        return read_safetensors(self.folder / out)[name]

    def test_a_run_leaves_its_files_with_its_own_numbers(self):
        names = sorted(str(path.relative_to(self.run_folder))
                       for path in self.run_folder.rglob("*") if "tfevents" not in path.name)
        self.assertEqual(names, ["best.safetensors", "config.toml", "generation",
                                 "generation/epoch_002.png", "metrics.csv", "model.safetensors",
                                 "samples", "samples/epoch_001.png", "samples/epoch_002.png",
                                 "state.safetensors", "tensorboard"])
        config = dict(line.split(" = ") for line in
                      (self.run_folder / "config.toml").read_text().splitlines()[2:])
        self.assertEqual([config[key] for key in ("recipe", "learning-rate", "beta1", "grad-norm",
                                                  "gain", "averaging", "batch")],
                         ['"matching"', "0.002", "0.9", "1", "16", "0.999", "16"])
        self.assertNotIn("alpha", config)
        with open(self.run_folder / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["iteration"] for row in rows], ["2", "4"])
        for row in rows:
            self.assertGreater(float(row["val_loss"]), 0)

    def check_interrupted(self, training, model):
        """A run that is interrupted, and one on one thread, end with the bytes of `model`."""
        process = subprocess.Popen([PROGRAM, *training(**{"out": "stopped", "save-every": 1})],
                                   cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.assertTrue(wait_for(self.folder / "stopped/state.safetensors"))
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(), (0, 130))
        self.succeed("train", "--resume", "stopped")
        self.assertEqual(digest(self.folder / "stopped/model.safetensors"), digest(model))
        self.succeed(*training(out="threads", threads=1))
        self.assertEqual(digest(self.folder / "threads/model.safetensors"), digest(model))

    def test_a_run_that_is_interrupted_ends_with_the_same_bytes(self):
        self.check_interrupted(self.training, self.model)

    def persistent(self, **options):
        return self.training(**{"recipe": "persistent", "from": self.model, "path-levels": 4,
                                "stay": 2, "steps": 2, **options})

    def test_a_model_is_trained_on_with_persistent_chains(self):
        self.succeed(*self.persistent())
        config = (self.folder / "run/config.toml").read_text()
        for line in ('recipe = "persistent"', "learning-rate = 0.0005", "divergence = 0.1"):
            self.assertIn(line, config)
        with open(self.folder / "run/metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["iteration"] for row in rows], ["2", "4"])
        self.assertNotEqual(rows[0]["val_loss"], rows[1]["val_loss"])
        model = self.folder / "run/model.safetensors"
        self.assertNotEqual(digest(model), digest(self.model))
        scores = json.loads(self.succeed("score", "--json", "--model", model, "--images",
                                         self.images()))["scores"]
        self.assertTrue(all(score <= 0 for score in scores))

        self.check_interrupted(self.persistent, model)

    def test_only_a_model_over_levels_is_trained_on_with_persistent_chains(self):
        self.refuse(2, "--from: the recipe persistent", *self.training(recipe="persistent"))
        self.refuse(1, "no model of the recipes matching and joint",
                    *self.persistent(**{"from": MODEL}))
        self.refuse(1, "missing.safetensors", *self.persistent(**{"from": "missing.safetensors"}))
        self.refuse(2, "--from: the recipe matching has no such option", *self.training(),
                    "--from", self.model)

    def test_options_of_another_recipe_are_refused(self):
        for flag, value in (("--alpha", 1), ("--steps", 3), ("--model", "resnet")):
            self.refuse(2, f"{flag}: the recipe matching has no such option", *self.training(),
                        flag, value)
        self.refuse(2, "--gain: the recipe tutorial has no such option", *quickly(), "--gain", 2)
        self.refuse(2, "--recipe", *quickly(), "--recipe", "none")

    def test_samples_go_down_the_levels_and_may_stay(self):
        shape, values = self.tensor("samples", "sample", "--steps", 5, "--count", 3)
        self.assertEqual(shape, [3, 1, 28, 28])
        self.assertLessEqual(max(map(abs, values)), 1)
        again = self.tensor("samples", "sample", "--steps", 5, "--count", 3, "--threads", 1)
        self.assertEqual(again, (shape, values))
        stayed = self.tensor("samples", "sample", "--steps", 5, "--count", 3, "--stay", 2)
        self.assertNotEqual(stayed[1], values)
        shape, trace = self.tensor("trace", "sample", "--steps", 4, "--stay", 2, "--trace", 2,
                                   "--count", 1)
        self.assertEqual(shape, [4, 1, 1, 28, 28])
        spread = [math.sqrt(sum(v * v for v in trace[i:i + PIXELS]) / PIXELS)
                  for i in range(0, 4 * PIXELS, PIXELS)]
        self.assertGreater(spread[0], 8)  # noise of deviation 10
        self.assertLess(spread[2], 3)
        self.refuse(2, "--noise", "sample", "--model", self.model, "--out", "b.png", "--noise", 1)
        self.refuse(2, "--stay", "sample", "--model", MODEL, "--out", "b.png", "--stay", 1)
        self.refuse(2, "--stay: chains go down the noise levels first: give 2 --steps or more",
                    "sample", "--model", self.model, "--out", "b.png", "--steps", 1, "--stay", 1)
        self.succeed("generate", "--model", self.model, "--steps", 4, "--out", "g.png")

    def test_a_report_speaks_of_its_recipe_and_of_models_beside_it(self):
        result = json.loads(self.succeed(
            "report", self.run_folder, "--out", "page.html", "--data", DATA, "--images", 8,
            "--beside", MODEL, "--beside", self.model, "--samples", 4, "--json"))
        self.assertEqual(result["problems"], [])
        self.assertGreater(result["best_val_loss"], 0)
        page = xml.etree.ElementTree.fromstring((self.folder / "page.html").read_text())
        words = [" ".join("".join(element.itertext()).split()) for element in page.iter()]
        titles = [element.text for element in page.iter("h2")]
        self.assertNotIn("The replay buffer", titles)
        self.assertIn("Best validation loss", words)
        self.assertNotIn("Mean f of noise", words)
        charts = [element.text for element in page.iter("h3")]
        self.assertIn("Validation", charts)
        self.assertNotIn("metrics_avg_real", charts)
        rows = [[" ".join("".join(cell.itertext()).split()) for cell in row]
                for row in page.iter("tr")]
        groups = next(i for i, row in enumerate(rows) if row[0] == "group")
        self.assertEqual(rows[groups][-2:], [str(MODEL), str(self.model)])
        noise = rows[groups + 1]
        self.assertEqual(noise[2], noise[-1])  # the same model once more
        judged = {row[0]: row[1:] for row in rows if len(row) == 6 and row[0] != "images"}
        self.assertEqual(list(judged), ["samples of this model", f"samples of {MODEL}",
                                        f"samples of {self.model}", "test images", "train images"])
        self.assertEqual(judged["samples of this model"], judged[f"samples of {self.model}"])
        self.refuse(1, "missing.safetensors", "report", self.run_folder, "--out", "page.html",
                    "--data", DATA, "--beside", "missing.safetensors")

    def test_scores_and_energies_are_two_things(self):
        result = json.loads(self.succeed("score", "--json", "--model", self.model, "--images",
                                         self.images()))
        self.assertTrue(all(score <= 0 for score in result["scores"]))
        self.assertNotEqual(result["energies"], [-score for score in result["scores"]])
        analysis = json.loads(self.succeed("analyze", "--json", "--model", self.model, "--data",
                                           DATA))
        self.assertLessEqual(analysis["scores"]["test"], 0)
        self.refuse(2, "--noise: the model's chains go down noise levels", "analyze", "--model",
                    self.model, "--data", DATA, "--samples", 4, "--noise", 1)

    def test_a_digit_that_is_held_out_is_not_seen(self):
        for digit in (0, 3):
            self.succeed(*self.training(out=f"without-{digit}", **{"held-out": digit}))
        one, other = (self.folder / f"without-{digit}/model.safetensors" for digit in (0, 3))
        self.assertNotEqual(digest(one), digest(other))
        analysis = json.loads(self.succeed("analyze", "--json", "--model", other, "--data", DATA,
                                           "--held-out", 3))
        self.assertIn("digit_3", analysis["auroc"])
        self.refuse(2, "--held-out", *self.training(out="none"), "--held-out", 10)
        write_mnist(self.folder / "few", test=3)
        self.refuse(1, "no test images of the digit 7", "analyze", "--model", other, "--data",
                    "few", "--held-out", 7)

    def test_restoring_keeps_what_is_known_and_stays_in_the_domain(self):
        mask = bytes(255 * (10 <= i // 28 < 20) for i in range(PIXELS))
        (self.folder / "mask.png").write_bytes(png(mask))
        original = [byte / 255 * 2 - 1 for byte in idx_images(5)[16:]]
        _, values = self.tensor("images", "inpaint", "--mask", "mask.png", "--steps", 3, "--chains",
                                2, "--images", self.images())
        for i, (value, known) in enumerate(zip(values, original)):
            if mask[i % PIXELS] == 0:
                self.assertAlmostEqual(value, known, places=6)
        _, values = self.tensor("images", "denoise", "--images", "images")
        self.assertLessEqual(max(map(abs, values)), 1)
        again = self.tensor("images", "denoise", "--images", "images", "--threads", 1)[1]
        self.assertEqual(values, again)

    def test_metadata_that_are_broken_are_refused(self):
        # Without a checksum, as other programs write it.
        content = self.model.read_bytes().replace(b"ebm_crc32c", b"no_crc32c_")
        for entry, words, part in (
                (b'"gain":"16"', b'"gain":"xx"', "gain by 1 numbers"),
                (b'"gain":"16"', b'"gain":"-6"', "gain must be > 0"),
                (b'"score_mean":"', b'"score_mean":"x', "score_mean by 4 numbers"),
                (b'"score_mean":"[^ ]+', b'"score_mean":"nan', "number 0 of entry 'mean' is nan"),
                (b'"score_whitening":"', b'"score_whitening":"1 ',
                 "score_whitening by 16 numbers")):
            with self.subTest(words):
                (self.folder / "m.safetensors").write_bytes(with_header(content, entry, words))
                for expected in ("'m.safetensors': ", part):
                    self.refuse(1, expected, "sample", "--model", "m.safetensors", "--out", "a.png")


class JointModels(Program):
    """The recipe joint: an energy over noise levels that is a classifier too."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.model = pathlib.Path(temporary.name) / "run/model.safetensors"
        result = subprocess.run([PROGRAM, *Matching.training(recipe="joint", out=cls.model.parent)],
                                capture_output=True, text=True)
        assert result.returncode == 0, result.stderr

    def samples(self, *options):
        self.succeed("sample", "--model", self.model, "--steps", 4, "--count", 3, "--out",
                     "a.safetensors", *options)
        return read_safetensors(self.folder / "a.safetensors")["samples"]

    def test_training_tells_both_losses(self):
        with open(self.model.parent / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue(all(float(row["val_loss"]) > 0 for row in rows))
        config = (self.model.parent / "config.toml").read_text()
        self.assertIn("cross-entropy = 0.05", config)

    def test_odd_images_are_told_by_how_sure_it_is_of_a_digit_too(self):
        table = json.loads(self.succeed("analyze", "--model", self.model, "--json", "--images", 50))
        self.assertEqual(list(table["auroc_by_digit"]), list(table["auroc"]))
        (self.folder / "images").write_bytes(idx_images(50))
        digits = [[read["probability"] for read in json.loads(
            self.succeed("score", "--model", self.model, "--json", "--images", images))["digits"]]
            for images in (DATA / "t10k-images-idx3-ubyte", "images")]
        table = json.loads(self.succeed("analyze", "--model", self.model, "--json", "--data", DATA,
                                        "--ood", "images"))
        wins = sum((a > b) + (a == b) / 2 for a in digits[0] for b in digits[1])
        self.assertAlmostEqual(table["auroc_by_digit"]["images"]["value"],
                               wins / len(digits[0]) / len(digits[1]), places=6)
        shown = self.succeed("analyze", "--model", self.model, "--images", 50)
        self.assertIn("by the score and by how sure the model is of a digit", shown)

    def test_it_is_trained_on_with_persistent_chains(self):
        run = Matching.training(recipe="persistent", **{"from": self.model, "path-levels": 4,
                                                        "stay": 2, "steps": 2})
        self.succeed(*run)
        config = (self.folder / "run/config.toml").read_text()
        for line in ('recipe = "persistent"', "cross-entropy = 0.05", "divergence = 0.1"):
            self.assertIn(line, config)
        (self.folder / "images").write_bytes(idx_images(2))
        read = json.loads(self.succeed("score", "--json", "--images", "images", "--model",
                                       self.folder / "run/model.safetensors"))
        self.assertEqual(len(read["digits"]), 2)

    def test_samples_are_of_any_digit_or_of_one(self):
        shape, values = self.samples()
        self.assertEqual(shape, [3, 1, 28, 28])
        of_three = self.samples("--digit", 3)[1]
        self.assertNotEqual(of_three, values)
        self.assertEqual(self.samples("--digit", 3, "--threads", 1)[1], of_three)
        self.assertNotEqual(self.samples("--digit", 4, "--stay", 2)[1], of_three)
        self.refuse(2, "--digit: the model knows no digits", "sample", "--model", MODEL, "--out",
                    "b.png", "--digit", 3)
        self.refuse(2, "--digit", "sample", "--model", self.model, "--out", "b.png", "--digit", 10)

    def test_digits_are_read(self):
        (self.folder / "images").write_bytes(idx_images(5))
        result = json.loads(self.succeed("score", "--json", "--model", self.model, "--images",
                                         "images"))
        self.assertEqual(len(result["digits"]), 5)
        for read in result["digits"]:
            self.assertIn(read["digit"], range(10))
            self.assertTrue(0.1 <= read["probability"] <= 1)
        analysis = json.loads(self.succeed("analyze", "--json", "--model", self.model, "--data",
                                           DATA))
        self.assertTrue(0 <= analysis["digits"]["accuracy"] <= 1)
        self.assertTrue(0 <= analysis["digits"]["calibration_error"] <= 1)
        analysis = json.loads(self.succeed("analyze", "--json", "--model", MODEL, "--data", DATA))
        self.assertNotIn("digits", analysis)

    def test_images_are_restored(self):
        (self.folder / "images").write_bytes(idx_images(2))
        (self.folder / "mask.png").write_bytes(png(bytes(255 * (i < 300) for i in range(PIXELS))))
        self.succeed("denoise", "--model", self.model, "--images", "images", "--out", "a.png")
        self.succeed("inpaint", "--model", self.model, "--images", "images", "--mask", "mask.png",
                     "--steps", 3, "--chains", 2, "--out", "b.png")


class Restoration(Program):
    def setUp(self):
        super().setUp()
        (self.folder / "clean").write_bytes(idx_images(5))
        self.values = [byte / 255 * 2 - 1 for byte in idx_images(5)[16:]]
        self.mask = [255 * (10 <= i // 28 < 20) for i in range(PIXELS)]
        (self.folder / "mask.png").write_bytes(png(bytes(self.mask)))
        self.commands = {"denoise": ["denoise"], "inpaint": ["inpaint", "--mask", "mask.png"]}

    def restore(self, command, *options, images="clean", out="a.safetensors"):
        """What --json prints, and the restored pixels."""
        result = json.loads(self.succeed(*self.commands[command], "--json", "--model", MODEL,
                                         "--steps", 8, "--images", images, "--out", out, *options))
        file = self.folder / out
        return result, read_safetensors(file)["images"] if out.endswith("tensors") else None

    @staticmethod
    def psnr(values, originals):
        squares = sum((a - b) ** 2 for a, b in zip(values, originals)) / PIXELS
        return 10 * math.log10(4 / squares)

    def test_json_holds_the_psnr_before_and_after_of_each_image_and_their_means(self):
        for command in self.commands:
            with self.subTest(command):
                result, (shape, values) = self.restore(command)
                self.assertEqual(list(result), ["count", "psnr", "images"])
                self.assertEqual([result["count"], shape], [5, [5, 1, 28, 28]])
                self.assertLessEqual(max(map(abs, values)), 1)
                for i, image in enumerate(result["images"]):
                    part = slice(i * PIXELS, (i + 1) * PIXELS)
                    self.assertAlmostEqual(image["after"],
                                           self.psnr(values[part], self.values[part]), places=4)
                for key in ("before", "after"):
                    mean = sum(image[key] for image in result["images"]) / 5
                    self.assertAlmostEqual(result["psnr"][key], mean)

    def test_known_pixels_stay_and_unknown_ones_move(self):
        _, (_, values) = self.restore("inpaint")
        for i, (value, original) in enumerate(zip(values, self.values)):
            if self.mask[i % PIXELS] == 0:
                self.assertAlmostEqual(value, original, places=6)
        self.assertGreater(sum(abs(a - b) > 0.1 for a, b in zip(values, self.values)), 1000)

    def test_unknown_pixels_are_not_looked_at(self):
        hidden = bytes(0 if self.mask[i % PIXELS] else byte
                       for i, byte in enumerate(idx_images(5)[16:]))
        (self.folder / "hidden").write_bytes(idx_images(5)[:16] + hidden)
        seen = self.restore("inpaint", "--already-corrupted")[1]
        blind = self.restore("inpaint", "--already-corrupted", images="hidden")[1]
        self.assertEqual(seen, blind)

    def test_an_image_with_nothing_unknown_stays_as_it_is(self):
        (self.folder / "mask.png").write_bytes(png(bytes(PIXELS)))
        result, (_, values) = self.restore("inpaint")
        self.assertEqual(result["psnr"], {"before": None, "after": None})  # infinite
        for value, original in zip(values, self.values):
            self.assertAlmostEqual(value, original, places=6)

    def test_a_likelihood_that_is_all_leaves_the_noisy_image(self):
        result, (_, values) = self.restore("denoise", "--already-corrupted", "--original", "clean",
                                           "--temperature", 1000, "--noise", 0)
        self.assertGreater(result["psnr"]["after"], 40)

    def test_denoising_without_a_likelihood_is_a_descent_of_the_energy(self):
        def scores(name):
            return json.loads(self.succeed("score", "--json", "--model", MODEL, "--images",
                                           name))["scores"]
        self.restore("denoise", "--already-corrupted", "--temperature", 0, "--noise", 0,
                     "--chains", 1)
        for before, after in zip(scores("clean"), scores("a.safetensors")):
            self.assertGreater(after, before)

    def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(self):
        for command in self.commands:
            with self.subTest(command):
                first = self.restore(command)
                self.assertEqual(self.restore(command, "--threads", 3), first)
                self.assertEqual(self.restore(command, "--threads", 1), first)
                self.assertNotEqual(self.restore(command, "--seed", 1), first)

    def test_fewer_images_leave_the_first_ones_as_they_are(self):
        for command in self.commands:
            with self.subTest(command):
                many, few = self.restore(command)[1], self.restore(command, "--count", 2)[1]
                self.assertEqual(few, ([2, 1, 28, 28], many[1][:2 * PIXELS]))

    def test_a_picture_has_a_row_for_what_is_known(self):
        for command in self.commands:
            for options, rows in (([], 3), (["--already-corrupted"], 2)):
                with self.subTest(command, rows=rows):
                    result, _ = self.restore(command, *options, out="a.png")
                    self.assertEqual("psnr" in result, rows == 3)
                    # The first row is --images as they are, unless they got noise in a mask.
                    restored = self.restore(command, *options)[1][1]
                    picture = png_pixels(self.folder / "a.png")
                    self.assertEqual(len(picture), 2 * (rows * 30 + 2))
                    images = [values[i * PIXELS:(i + 1) * PIXELS]
                              for values in (self.values, restored) for i in range(5)]
                    expected = grid_pixels(images, columns=5, scale=2)
                    if rows == 3 or command == "denoise":
                        self.assertEqual(picture[:62], expected[:62])
                    self.assertEqual(picture[-62:], expected[-62:])

    def test_people_get_the_means_or_nothing(self):
        for command, words in self.commands.items():
            arguments = [*words, "--model", MODEL, "--steps", 2, "--images", "clean", "--out",
                         "a.png"]
            self.assertRegex(self.succeed(*arguments),
                             r"mean PSNR \d+\.\d\d dB before, \d+\.\d\d dB after\n\Z")
            self.assertEqual(self.succeed(*arguments, "--quiet"), "")

    def test_bad_requests_are_refused(self):
        (self.folder / "two").write_bytes(idx_images(2))
        (self.folder / "wide.png").write_bytes(png(bytes(28 * 56), width=56))
        for words in self.commands.values():
            command = [*words, "--model", MODEL, "--images", "clean", "--out"]
            self.refuse(2, ".png or .safetensors", *command, "a.jpg")
            self.refuse(2, "--already-corrupted", *command, "a.png", "--original", "clean")
            self.refuse(1, "as many images as --images has, 5, got 2", *command, "a.png",
                        "--already-corrupted", "--original", "two")
            self.refuse(1, "'nowhere'", *command, "nowhere/a.png")
            self.refuse(2, "--images", *words, "--model", MODEL, "--out", "a.png")
        inpaint = ["inpaint", "--model", MODEL, "--images", "clean", "--out", "a.png"]
        self.refuse(1, "'none'", *inpaint, "--mask", "none")
        self.refuse(1, "--mask: expected one image, got 2", *inpaint, "--mask", "two")
        self.refuse(1, "28x56", *inpaint, "--mask", "wide.png")
        denoise = ["denoise", "--model", MODEL, "--images", "clean", "--out", "a.png"]
        self.refuse(2, "--noise-level", *denoise, "--noise-level", 0)


class InstructionSets(Program):
    """`--cpu`, in programs that hold code for all processors (EBM_ALL_INSTRUCTION_SETS)."""

    def setUp(self):
        super().setUp()
        (self.folder / "images.idx").write_bytes(idx_images(8))
        alone = self.run_program("--cpu", "sse2", "score", "--images", "images.idx")
        self.is_for_one = "for one processor alone" in alone.stderr
        if self.is_for_one:
            self.assertEqual(alone.returncode, 2)

    def test_the_processor_decides_or_the_user(self):
        if self.is_for_one:
            self.skipTest("this program is for one processor alone")
        score = "score", "--images", "images.idx"
        old = self.succeed("--cpu", "sse2", *score)
        with open("/proc/cpuinfo") as processor:
            flags = processor.read().split()
        for name, flag in ("avx2", "avx2"), ("avx512", "avx512vl"):
            if flag in flags:
                self.assertEqual(self.succeed("--cpu", name, *score), self.succeed(*score), name)
                self.assertNotEqual(self.succeed("--cpu", name, "score", "--json", *score[1:]),
                                    self.succeed("--cpu", "sse2", "score", "--json", *score[1:]))
        self.assertEqual(len(old.splitlines()), len(self.succeed(*score).splitlines()))
        self.refuse(2, "--cpu: expected the instruction set sse2, avx2 or avx512, got 'sse3'",
                    "--cpu", "sse3", *score)

    def test_training_has_the_same_bits_with_and_without_avx512(self):
        if self.is_for_one:
            self.skipTest("this program is for one processor alone")
        with open("/proc/cpuinfo") as processor:
            if "avx512vl" not in processor.read().split():
                self.skipTest("no AVX-512 here")
        digests = set()
        for name in "avx2", "avx512":
            self.succeed("--cpu", name, "train", "--epochs", "1", "--limit-batches", "2",
                         "--steps", "3", "--out", name)
            digests.add(digest(self.folder / name / "state.safetensors"))
        self.assertEqual(len(digests), 1)

    def test_an_older_processor_gets_what_it_has(self):
        if self.is_for_one or not shutil.which("qemu-x86_64"):
            self.skipTest("no program for all processors, or no emulator of them")
        for processor, best in ("Nehalem", "sse2"), ("Haswell", "avx2"):
            emulated = ["qemu-x86_64", "-cpu", processor, str(PROGRAM), "score", "--images",
                        "images.idx", "--threads", "1"]
            done = subprocess.run(emulated, cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout,
                             self.succeed("--cpu", best, "score", "--images", "images.idx"))
            emulated[4:4] = ["--cpu", "avx512"]
            done = subprocess.run(emulated, cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--cpu: this processor has no avx512, only sse2", done.stderr)


class CommandLine(Program):
    def test_help_begins_with_an_example_and_ends_with_success(self):
        for command in (None, *COMMANDS):
            with self.subTest(command):
                words = [command] if command else []
                example = self.succeed(*words, "--help").split("Usage:")[0]
                self.assertIn(" ".join(["ebm-mnist", *words]), example)
        self.assertIn("Exit status: 0", self.succeed("--help"))

    def test_flags_out_of_range_are_refused_with_their_range(self):
        for flag, value, expected in (
                ("--epochs", -1, "[1, 1000000]"), ("--epochs", 1.5, "whole"),
                ("--epochs", "", "whole"),
                ("--batch", 0, "[1,"), ("--steps", "x", "[0,"), ("--steps", "0x10", "whole"),
                ("--step-size", 0, "(0,"), ("--noise", "nan", "[0, 10]"), ("--clip", "inf", "(0,"),
                ("--learning-rate", "1e999", "(0, 10]"), ("--beta1", 1, "[0, 1)"),
                ("--beta2", 0.99999999999999999, "[0, 1)"), ("--fresh", 1.1, "[0, 1]"),
                ("--buffer", 0, "[1,"), ("--seed", 2 ** 32, "[0, 4294967295]"),
                ("--threads", -1, "[0, 1024]"), ("--threads", 10 ** 20, "[0, 1024]"),
                ("--alpha", -0.1, "[0,"), ("--grad-norm", 0, "(0,"), ("--lr-decay", 0, "(0, 10]"),
                ("--data-noise", "5 ", "[0, 10]"), ("--lr-period", 0, "[1,"),
                ("--limit-batches", -1, "[0,")):
            with self.subTest(flag=flag, value=value):
                self.refuse(2, f"{flag}: expected", "train", flag, value)
                self.refuse(2, expected, "train", flag, value)

    def test_a_gpu_that_is_not_there_is_refused(self):
        arguments = quickly(device="cuda", epochs=1, limit_batches=1)
        result = subprocess.run([PROGRAM, *arguments], cwd=self.folder, text=True,
                                capture_output=True)
        if result.returncode == 0:
            self.skipTest("this machine has a GPU")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^ebm-mnist: .*CUDA.*\n$")
        self.assertFalse((self.folder / "run").exists())

    def test_a_run_without_a_name_is_refused(self):
        for flag in ("--resume", "--config"):
            self.refuse(2, f"{flag}: expected the name of a file or folder, got ''",
                        "train", flag, "")

    def test_help_fits_80_columns(self):
        for command in ([], *([name] for name in COMMANDS)):
            with self.subTest(command):
                for line in self.succeed(*command, "--help").splitlines():
                    names_a_file = "=/" in line  # of the checkout
                    self.assertTrue(len(line) <= 80 or names_a_file, line)

    def test_what_was_meant_is_guessed(self):
        for meant, *arguments in (["train", "trian"], ["--epochs", "train", "--epoch", "3"],
                                  ["--learning-rate", "train", "--learning_rate=0.1"],
                                  ["--images", "score", "--image", "a"]):
            with self.subTest(arguments):
                self.refuse(2, f"; did you mean {meant}?", *arguments)
        self.assertNotIn("did you mean", self.run_program("dream").stderr)
        self.assertNotIn("did you mean", self.run_program("train", "--frobnicate").stderr)

    def test_unknown_words_are_refused(self):
        self.refuse(2, "--frobnicate", "train", "--frobnicate")
        self.refuse(2, "'ebm-mnist train --help'", "train", "twice\n")
        every = f"{', '.join(COMMANDS[:-1])} or {COMMANDS[-1]}"
        self.refuse(2, f"{every}, got 'dream'", "dream")
        self.refuse(2, every)

    def test_a_figure_of_few_steps_has_the_last_of_them(self):
        self.succeed("generate", "--steps", 10, "--count", 2, "--out", "few.png")

    def test_the_bundled_model_of_matching_is_the_default(self):
        for command in COMMANDS[1:-1]:
            with self.subTest(command):
                self.assertRegex(self.succeed(command, "--help"), r"--model FILE=matching")
        (self.folder / "images").write_bytes(idx_images(2))
        scores = [self.succeed("score", "--images", "images", *model)
                  for model in ((), ("--model", "matching"), ("--model", "tutorial"))]
        self.assertEqual(scores[0], scores[1])
        self.assertNotEqual(scores[0], scores[2])

    def test_a_model_that_is_not_there_is_refused_with_the_flag(self):
        (self.folder / "images").write_bytes(idx_images(1))
        for command, *arguments in (["sample", "--out", "a.png"], ["score", "--images", "images"],
                                    ["analyze"], ["generate", "--out", "a.png"],
                                    ["denoise", "--images", "images", "--out", "a.png"],
                                    ["inpaint", "--images", "images", "--mask", "images",
                                     "--out", "a.png"]):
            with self.subTest(command):
                self.refuse(1, "no model file 'none': choose one by --model", command,
                            "--model", "none", *arguments)


    def test_a_grid_that_one_command_writes_is_read_by_the_others(self):
        self.succeed("sample", "--count", 5, "--steps", 8, "--out", "grid.png")
        self.succeed("sample", "--count", 5, "--steps", 8, "--out", "grid.safetensors")
        of_bytes, of_floats = (
            json.loads(self.succeed("score", "--images", name, "--json"))["scores"]
            for name in ("grid.png", "grid.safetensors"))
        self.assertEqual(len(of_bytes), 5)
        for one, other in zip(of_bytes, of_floats):
            self.assertAlmostEqual(one, other, delta=0.2 + 0.02 * abs(other))
        self.succeed("denoise", "--images", "grid.png", "--count", 2, "--out", "denoised.png")
        denoised = json.loads(self.succeed("score", "--images", "denoised.png", "--json"))
        self.assertEqual(denoised["count"], 6)  # a row each of originals, noisy and denoised

    def test_the_commands_of_its_page_work_one_after_another_in_an_empty_folder(self):
        root = pathlib.Path(__file__).parents[2]
        (self.folder / "examples").symlink_to(root / "examples", target_is_directory=True)
        lines = re.findall(r"^\$ examples/mnist/run\b *([^#\n]*?) *(?:#.*)?$",
                           (root / "docs/guide/program.md").read_text(), re.MULTILINE)
        self.assertGreaterEqual(len(lines), 10)
        done = set()
        for line in dict.fromkeys(lines):
            # The first is without a command: a short training.
            arguments = shlex.split(line or "train --out runs/mnist")
            if arguments[0] == "train" and "--help" not in arguments:
                arguments += ["--epochs", "1", "--batch", "16", "--data", DATA]
            if arguments[0] in ("analyze", "report"):
                arguments += ["--images", "200"]
            with self.subTest(line):
                self.succeed(*arguments)
            done.add(arguments[0])
        self.assertEqual(done, set(COMMANDS))

    def test_a_model_may_come_through_a_pipe(self):
        (self.folder / "images").write_bytes(idx_images(2))
        model = pathlib.Path(__file__).parents[2] / "examples/mnist/model.safetensors"
        command = shlex.join([str(PROGRAM), "score", "--images", "images", "--model"])
        piped = subprocess.run(["bash", "-c", f"{command} <(cat {shlex.quote(str(model))})"],
                               cwd=self.folder, text=True, capture_output=True)
        self.assertEqual((piped.returncode, piped.stderr), (0, ""))
        self.assertEqual(piped.stdout,
                         self.succeed("score", "--images", "images", "--model", model))


    def test_a_model_is_embedded_to_the_last_bit(self):
        model = pathlib.Path(__file__).parents[2] / "examples/mnist/model.safetensors"
        self.assertIn("load_embedded(mine::tensors, energy)",
                      self.succeed("embed", "--model", "tutorial", "--name", "mine", "--out", "w.hpp"))
        text = (self.folder / "w.hpp").read_text()
        arrays = re.findall(r"float (tensor\d+)\[\] = \{(.*?)\};", text, re.DOTALL)
        names = dict(re.findall(r'\{"([^"]+)", (tensor\d+)\}', text))
        values = {array: tuple(float.fromhex(number.strip().rstrip("f"))
                               for number in re.sub("//.*", "", body).split(",") if number.strip())
                  for array, body in arrays}
        self.assertEqual({name: values[array] for name, array in names.items()},
                         {name: v for name, (_, v) in read_safetensors(model).items()})
        self.refuse(2, "can't be the name of a namespace", "embed", "--name", "a-b", "--out", "x.hpp")
        self.refuse(1, "there is no folder", "embed", "--out", "no/x.hpp")

    def test_export_is_asked_for_a_file_that_can_be_written(self):
        self.refuse(2, "--onnx FILE, --gradient FILE", "export", "--model", "tutorial")
        self.refuse(1, "there is no folder", "export", "--onnx", "no/x.onnx")
        self.refuse(1, "there is no folder", "export", "--onnx", "x.onnx", "--gradient", "no/x.onnx")
        self.assertFalse((self.folder / "x.onnx").exists())
        said = self.succeed("export", "--onnx", "x.onnx", "--gradient", "g.onnx")
        self.assertIn("x.onnx: x [image][1][28][28], in [-1, 1], to score [image]\n", said)
        self.assertIn("g.onnx: x [image][1][28][28], level [image][1] to score", said)
        self.assertEqual(self.succeed("export", "--quiet", "--onnx", "x.onnx"), "")


class BundledModels(Program):
    def test_the_bundled_model_of_matching_draws_digits_and_tells_them_from_the_rest(self):
        result = json.loads(self.succeed("analyze", "--json", "--images", 2000, "--samples", 200))
        for group, auroc in result["auroc"].items():
            self.assertGreaterEqual(auroc["value"], {"flipped": 0.8, "square": 0.94}.get(group, 0.99),
                                    group)
        samples, test = result["samples"]["model"], result["samples"]["test"]
        self.assertLess(samples["distance"], 1.6 * test["distance"])
        self.assertGreater(samples["confident"], 0.85)
        self.assertGreater(samples["balance"], 0.97)

    def test_the_bundled_model_tells_digits_from_the_rest_as_the_tutorials_does(self):
        table = json.loads(self.succeed("analyze", "--json", "--model", "tutorial"))
        tutorial = {"noise": 0.9995, "gaussian": 0.978, "flipped": 0.627, "shrunk": 0.830,
                    "salt": 0.700, "inverted": 0.9995, "constant": 0.977, "blank_salt": 0.484,
                    "square": 0.849, "shuffled": 0.994}
        for group, auroc in tutorial.items():
            self.assertGreaterEqual(table["auroc"][group]["value"], auroc, group)
        self.assertAlmostEqual(table["scores"]["random"], -16.31, delta=0.02)
        self.assertAlmostEqual(table["scores"]["train"], table["scores"]["test"], delta=0.01)

    def test_the_bundled_judge_tells_the_bundled_models_samples_from_digits(self):
        result = json.loads(self.succeed("analyze", "--json", "--model", "tutorial", "--images",
                                         2000, "--samples", 200))
        samples, test = result["samples"]["model"], result["samples"]["test"]
        self.assertGreater(samples["distance"], 2 * test["distance"])
        self.assertGreater(test["confident"], 0.9)
        self.assertGreater(test["balance"], 0.9)
        self.assertGreater(test["precision"], samples["precision"])

    def test_the_bundled_run_is_that_of_the_bundled_model_and_close_to_the_tutorials(self):
        run = pathlib.Path(__file__).parents[2] / "examples/mnist/model-run"
        with open(run / "metrics.csv", newline="") as file:
            epochs = [row for row in csv.DictReader(file) if row["rand_out"]]
        self.assertEqual([int(row["epoch"]) for row in epochs], list(range(1, 61)))
        rand_out = {int(row["epoch"]): float(row["rand_out"]) for row in epochs}
        tutorial = {10: -5.94, 20: -9.77, 30: -12.46, 40: -14.32, 50: -15.64, 60: -16.34}
        for epoch, value in tutorial.items():
            self.assertAlmostEqual(rand_out[epoch] / value, 1, delta=0.03, msg=epoch)
        best = min(float(row["val_contrastive_divergence"]) for row in epochs)
        self.assertAlmostEqual(best, -16.32, delta=0.01)
        scores = json.loads(self.succeed("analyze", "--json", "--model", "tutorial", "--images",
                                         2000))["scores"]
        self.assertAlmostEqual(scores["random"], rand_out[60], delta=0.05)
        for file in ("config.toml", "report.html"):
            self.assertIn("'--seed' '2'", html.unescape((run / file).read_text()))


if __name__ == "__main__":
    unittest.main()
