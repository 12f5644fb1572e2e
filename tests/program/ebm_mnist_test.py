# SPDX-License-Identifier: MIT
"""Runs ebm-mnist as a user would: python3 ebm_mnist_test.py PROGRAM."""
import csv
import gzip
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
QUICK = ["train", "--epochs", "2", "--limit-batches", "2", "--batch", "16", "--steps", "3"]


def tensors(path):
    """Names, shapes and float32 values of a safetensors file."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    result = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        values = struct.unpack(f"<{(end - begin) // 4}f", data[8 + size + begin:8 + size + end])
        result[name] = (info["shape"], values)
    return result


def safetensors(tensor_name, shape, values):
    body = struct.pack(f"<{len(values)}f", *values)
    header = json.dumps({tensor_name: {"dtype": "F32", "shape": shape,
                                       "data_offsets": [0, len(body)]}}).encode()
    return struct.pack("<Q", len(header)) + header + body


def idx_images(count, rows=28, columns=28, magic=0x803):
    return struct.pack(">4I", magic, count, rows, columns) + bytes(
        i % 256 for i in range(count * rows * columns))


def idx_labels(count):
    return struct.pack(">2I", 0x801, count) + bytes(i % 10 for i in range(count))


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.run_folder = pathlib.Path(cls.shared.name) / "run"
        result = subprocess.run([PROGRAM, *QUICK, "--out", cls.run_folder], capture_output=True,
                                text=True)
        assert result.returncode == 0, result.stderr
        cls.training_output = result
        cls.model = cls.run_folder / "model.safetensors"

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.folder)

    def succeed(self, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refuse(self, code, part, *arguments):
        """One sentence on stderr that holds `part`, nothing on stdout, nothing left behind."""
        before = sorted(self.folder.rglob("*"))
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Aebm-mnist: [^\n]+\n\Z")
        self.assertIn(part, result.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def write_mnist(self, train=64, test=10, **changes):
        files = {"train-images-idx3-ubyte": idx_images(train),
                 "train-labels-idx1-ubyte": idx_labels(train),
                 "t10k-images-idx3-ubyte": idx_images(test),
                 "t10k-labels-idx1-ubyte": idx_labels(test)}
        folder = self.folder / "data"
        folder.mkdir()
        for name, content in {**files, **changes}.items():
            if content is not None:
                (folder / name).write_bytes(content)
        return folder


class Training(Program):
    def test_a_run_leaves_model_metrics_samples_and_configuration(self):
        names = sorted(str(p.relative_to(self.run_folder)) for p in self.run_folder.rglob("*"))
        self.assertEqual(names, ["config.json", "metrics.csv", "model.safetensors", "samples",
                                 "samples/epoch_001.png", "samples/epoch_002.png"])
        shapes = {name: shape for name, (shape, _) in tensors(self.model).items()}
        self.assertEqual(shapes["conv1.weight"], [16, 1, 5, 5])
        self.assertEqual(shapes["linear2.bias"], [1])
        self.assertEqual(len(shapes), 12)
        with open(self.run_folder / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["epoch"] for row in rows], ["1", "2"])
        self.assertEqual(float(rows[1]["learning_rate"]), 0.97e-4)
        for value in rows[1].values():
            self.assertTrue(math.isfinite(float(value)))
        config = json.loads((self.run_folder / "config.json").read_text())
        self.assertEqual(config["steps"], 3)
        self.assertEqual(config["step-size"], 10)

    def test_where_to_look_is_printed_and_progress_is_plain_lines(self):
        self.assertIn("model.safetensors", self.training_output.stdout)
        self.assertIn("epoch 2/2", self.training_output.stderr)
        self.assertNotIn("\x1b", self.training_output.stderr)
        self.assertNotIn("\r", self.training_output.stderr)

    def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(self):
        for threads in (1, 3):
            self.succeed(*QUICK, "--out", f"run{threads}", "--threads", threads)
            self.assertEqual((self.folder / f"run{threads}" / "model.safetensors").read_bytes(),
                             self.model.read_bytes())
        self.succeed(*QUICK, "--out", "other", "--seed", 1)
        self.assertNotEqual((self.folder / "other" / "model.safetensors").read_bytes(),
                            self.model.read_bytes())

    def test_data_may_be_plain_gzipped_or_in_torchvisions_folders(self):
        plain = self.write_mnist()
        self.succeed(*QUICK, "--data", plain, "--out", "a")
        nested = self.folder / "root" / "MNIST" / "raw"
        nested.mkdir(parents=True)
        for file in plain.iterdir():
            (nested / (file.name + ".gz")).write_bytes(gzip.compress(file.read_bytes()))
        self.succeed(*QUICK, "--data", self.folder / "root", "--out", "b")
        self.assertEqual((self.folder / "a" / "model.safetensors").read_bytes(),
                         (self.folder / "b" / "model.safetensors").read_bytes())

    def test_a_model_is_replaced_only_on_demand(self):
        self.succeed(*QUICK, "--out", "run")
        self.refuse(1, "--overwrite", *QUICK, "--out", "run")
        self.succeed(*QUICK, "--out", "run", "--overwrite", "--seed", 3)

    def test_broken_data_is_refused(self):
        cases = {
            "train-labels-idx1-ubyte": idx_labels(63),
            "train-images-idx3-ubyte": idx_images(64)[:-1],
            "t10k-images-idx3-ubyte": idx_images(10, magic=0x802),
        }
        for name, content in cases.items():
            with self.subTest(name):
                folder = self.write_mnist(**{name: content})
                self.refuse(1, name.split("-")[0], *QUICK, "--data", folder, "--out", "run")
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()
        self.refuse(1, "train-images-idx3-ubyte", *QUICK, "--data", "nowhere", "--out", "run")
        small = self.write_mnist(train=5)
        self.refuse(1, "fewer than a batch of 16", *QUICK, "--data", small, "--out", "run")

    def test_an_unusable_output_folder_is_refused(self):
        (self.folder / "file").write_text("")
        self.refuse(1, "file", *QUICK, "--out", "file/run")


class Sampling(Program):
    def test_samples_are_in_the_domain_and_repeat_for_the_seed(self):
        command = ["sample", "--model", self.model, "--count", 5, "--steps", 4]
        self.succeed(*command, "--out", "a.safetensors")
        self.succeed(*command, "--out", "b.safetensors", "--threads", 1)
        self.succeed(*command, "--out", "c.safetensors", "--seed", 1)
        shape, values = tensors(self.folder / "a.safetensors")["samples"]
        self.assertEqual(shape, [5, 1, 28, 28])
        self.assertLessEqual(max(map(abs, values)), 1)
        self.assertEqual(values, tensors(self.folder / "b.safetensors")["samples"][1])
        self.assertNotEqual(values, tensors(self.folder / "c.safetensors")["samples"][1])

    def test_more_chains_leave_the_first_ones_as_they_are(self):
        for count in (3, 20):
            self.succeed("sample", "--model", self.model, "--count", count, "--steps", 4, "--out",
                         f"{count}.safetensors")
        few = tensors(self.folder / "3.safetensors")["samples"][1]
        many = tensors(self.folder / "20.safetensors")["samples"][1]
        self.assertEqual(few, many[:len(few)])

    def test_a_trace_starts_with_noise_and_ends_with_the_samples(self):
        self.succeed("sample", "--model", self.model, "--count", 2, "--steps", 6, "--trace", 3,
                     "--out", "t.safetensors")
        content = tensors(self.folder / "t.safetensors")
        shape, trace = content["trace"]
        self.assertEqual(shape, [3, 2, 1, 28, 28])
        self.assertEqual(trace[-2 * 784:], content["samples"][1])
        self.assertNotEqual(trace[:2 * 784], content["samples"][1])

    def test_pictures_are_png(self):
        for extra in ([], ["--trace", 2]):
            self.succeed("sample", "--model", self.model, "--count", 3, "--steps", 4, "--out",
                         "a.png", *extra)
            self.assertEqual((self.folder / "a.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_bad_requests_are_refused(self):
        command = ["sample", "--model", self.model]
        self.refuse(2, ".png or .safetensors", *command, "--out", "a.jpg")
        self.refuse(1, "nowhere", *command, "--out", "nowhere/a.png")
        self.refuse(2, "--count", *command, "--out", "a.png", "--count", 0)
        self.refuse(2, "--trace", *command, "--out", "a.png", "--steps", 3, "--trace", 4)
        self.refuse(1, "missing.safetensors", "sample", "--model", "missing.safetensors", "--out",
                    "a.png")
        self.refuse(2, "--model", "sample", "--out", "a.png")


class Scoring(Program):
    def score(self, *images):
        return json.loads(self.succeed("score", "--json", "--model", self.model, "--images",
                                       *images))

    def test_json_holds_count_mean_deviation_and_each_score(self):
        (self.folder / "images").write_bytes(idx_images(21))
        result = self.score("images")
        self.assertEqual(list(result), ["count", "mean", "std", "scores"])
        scores = result["scores"]
        self.assertEqual(result["count"], 21)
        self.assertEqual(len(scores), 21)
        mean = sum(scores) / 21
        self.assertAlmostEqual(result["mean"], mean)
        self.assertAlmostEqual(result["std"],
                               math.sqrt(sum((s - mean) ** 2 for s in scores) / 21))

    def test_an_image_has_one_score_in_every_format(self):
        image = idx_images(1)
        (self.folder / "plain").write_bytes(image)
        (self.folder / "packed.gz").write_bytes(gzip.compress(image))
        values = [byte / 255 * 2 - 1 for byte in image[16:]]
        (self.folder / "i.safetensors").write_bytes(safetensors("images", [1, 1, 28, 28], values))
        scores = self.score("plain", "packed.gz", "i.safetensors")["scores"]
        self.assertEqual(scores[0], scores[1])
        self.assertAlmostEqual(scores[0], scores[2], places=5)

    def test_lines_for_people_name_file_index_and_score(self):
        (self.folder / "images").write_bytes(idx_images(2))
        lines = self.succeed("score", "--model", self.model, "--images", "images").splitlines()
        self.assertRegex(lines[0], r"^images 0 -?\d+\.\d+$")
        self.assertRegex(lines[2], r"^count 2, mean -?\d+\.\d+, deviation \d+\.\d+$")

    def test_bad_images_and_models_are_refused(self):
        (self.folder / "small").write_bytes(idx_images(2, 8, 8))
        (self.folder / "cut").write_bytes(idx_images(2)[:-3])
        (self.folder / "text").write_text("no images")
        for name, values in (("nan", [math.nan] * 784), ("large", [1.5] * 784)):
            (self.folder / f"{name}.safetensors").write_bytes(
                safetensors("images", [1, 1, 28, 28], values))
        (self.folder / "shape.safetensors").write_bytes(
            safetensors("images", [784], [0.0] * 784))
        command = ["score", "--model", self.model, "--images"]
        self.refuse(1, "8x8", *command, "small")
        for name in ("cut", "text", "missing", "nan.safetensors", "large.safetensors",
                     "shape.safetensors"):
            with self.subTest(name):
                self.refuse(1, name, *command, name)
        (self.folder / "truncated.safetensors").write_bytes(self.model.read_bytes()[:-4])
        self.refuse(1, "truncated.safetensors", "score", "--model", "truncated.safetensors",
                    "--images", "small")
        self.refuse(1, "conv1", "score", "--model", "shape.safetensors", "--images", "small")


class CommandLine(Program):
    def test_help_begins_with_an_example_and_succeeds(self):
        for command in ([], ["train"], ["sample"], ["score"]):
            with self.subTest(command):
                self.assertIn("ebm-mnist", self.succeed(*command, "--help").split("Options:")[0])

    def test_flags_out_of_range_are_refused_with_their_range(self):
        for flag, value in (("--epochs", -1), ("--epochs", 1.5), ("--batch", 0), ("--steps", "x"),
                            ("--step-size", 0), ("--noise", "nan"), ("--clip", "inf"),
                            ("--learning-rate", "1e999"), ("--beta1", 1), ("--fresh", 1.1),
                            ("--buffer", 0), ("--seed", 2 ** 32), ("--threads", -1),
                            ("--alpha", -0.1), ("--grad-norm", 0), ("--lr-decay", 0)):
            with self.subTest(flag=flag, value=value):
                self.refuse(2, flag, "train", f"{flag}={value}")

    def test_unknown_words_are_refused(self):
        self.refuse(2, "--frobnicate", "train", "--frobnicate")
        self.refuse(2, "train, sample or score", "dream")
        self.refuse(2, "train, sample or score")


if __name__ == "__main__":
    unittest.main()
