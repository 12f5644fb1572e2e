# SPDX-License-Identifier: MIT
"""`mpirun ebm-mnist train` leaves the files that one process leaves.

Usage: program_test.py PROGRAM MPIRUN...    (MPIRUN: a command that a number of ranks is added to)
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, *MPIRUN = sys.argv[1:]
SHORT = ["--batch", "48", "--steps", "2", "--limit-batches", "3", "--pictures-every", "1", "--seed", "5"]
# Not config.toml, which holds the command line, nor metrics.csv, which holds seconds.
SAME = ["model.safetensors", "best.safetensors", "state.safetensors", "samples/epoch_002.png",
        "generation/epoch_002.png", "sampler/epoch_002.png"]


class TrainingTogether(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def train(self, ranks, *arguments, code=0):
        before = [] if ranks == 1 else [*MPIRUN, str(ranks)]
        done = subprocess.run([*before, PROGRAM, "train", *arguments], cwd=self.folder, capture_output=True,
                              text=True, timeout=250)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def check_same_files(self, one, other):
        for name in SAME:
            self.assertEqual((self.folder / one / name).read_bytes(), (self.folder / other / name).read_bytes(), name)
        self.assertEqual(sorted(p.name for p in (self.folder / one).iterdir()),
                         sorted(p.name for p in (self.folder / other).iterdir()))

    def test_the_files_are_those_of_one_process_whoever_goes_on(self):
        self.train(1, *SHORT, "--epochs", "2", "--out", "alone")
        done = self.train(3, *SHORT, "--epochs", "2", "--out", "together", "--quiet")
        self.assertEqual(done.stdout + done.stderr, "")
        self.check_same_files("alone", "together")

        self.train(3, *SHORT, "--epochs", "1", "--out", "resumed")
        self.train(2, "--resume", "resumed", "--epochs", "2")
        self.check_same_files("alone", "resumed")
        self.train(1, *SHORT, "--epochs", "1", "--out", "resumed-2")
        said = self.train(2, "--resume", "resumed-2", "--epochs", "2").stdout
        self.assertEqual(said.count("Trained 2 epochs"), 1)
        self.check_same_files("alone", "resumed-2")

    def test_what_is_wrong_is_said_once_and_ends_all(self):
        (self.folder / "full").mkdir()
        (self.folder / "full" / "file").write_text("")
        done = self.train(2, *SHORT, "--out", "full", code=1)
        self.assertIn("rank 0 of 2 ends the job: train: \"full\" is not empty", done.stderr.replace("'", '"'))
        done = self.train(2, *SHORT, "--data", "nowhere", "--out", "run", code=1)
        self.assertEqual(done.stderr.count("ebm-mnist: "), 1, done.stderr)
        done = self.train(2, *SHORT, "--device", "cuda", "--out", "run", code=2)
        self.assertEqual(done.stderr.count("several processes train on processors"), 1, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
