# SPDX-License-Identifier: MIT
"""What trials begin with and are compared with: small data, undisturbed runs, commands."""

import collections
import gzip
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess

import run_files
from trial import Trial

HERE = pathlib.Path(__file__).parent
# What users keep in the folder of a run, and no start may touch.
STRANGERS = {"notes.txt": "mine", "samples/epoch_my_thesis.txt": "mine too",
             "samples/epoch_old/x": "1", "best_epoch_mine/x": "2", "sub folder/deep/x": "3"}


class Scenario:
    """A command of the program, the folder that it starts from, and what it ends with.

    start: None for a new folder
    command: the arguments, of the folder
    ends: contents of the folder after the command or, where the command failed, after a resume; the
    first are those of a command that succeeded
    new_end: contents after an --overwrite by the new run
    has_run: whether the folder has a run from the start, that can be resumed
    """

    def __init__(self, start, command, ends, new_end, has_run=True):
        self.start, self.command, self.ends, self.new_end = start, command, ends, new_end
        self.has_run = has_run
        self.calls = collections.Counter()  # of each kind
        self.seconds = 1.0


class Lab:
    """The program, small data, and what undisturbed runs end with."""

    def __init__(self, program, data, scratch, halves):
        """halves: when runs are killed that are to go on, as shares of their renames."""
        self.program = pathlib.Path(program).resolve()
        self.scratch = pathlib.Path(scratch).resolve()
        self.library = self.scratch / "inject.so"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", HERE / "inject.c",
                        "-o", self.library, "-ldl"], check=True)
        self.data = self.scratch / "data"
        self.cut_data(pathlib.Path(data))
        self.quickly = ["train", "--data", self.data, "--batch", 8, "--limit-batches", 2,
                        "--buffer", 64, "--steps", 1, "--save-every", 1, "--threads", 1, "--quiet"]
        self.origins = {}
        self.make_runs(halves)

    def cut_data(self, data):
        """The first images of MNIST: a run takes less than half a second."""
        self.data.mkdir()
        for kind, count in (("train", 40), ("t10k", 10)):
            for name, head, size in ((f"{kind}-images-idx3-ubyte", 16, 784),
                                     (f"{kind}-labels-idx1-ubyte", 8, 1)):
                packed = data / (name + ".gz")
                with gzip.open(packed) if packed.exists() else open(data / name, "rb") as file:
                    content = file.read(head + count * size)
                number = count.to_bytes(4, "big")
                (self.data / name).write_bytes(content[:4] + number + content[8:])

    def keep(self, trial, name, origin):
        place = self.scratch / name
        shutil.copytree(trial.folder, place)
        self.origins[place] = origin
        return place

    def undisturbed(self, command):
        trial = Trial(self, None)
        process = trial.run(*command, "--out", trial.folder)
        return trial, process

    def make_runs(self, shares):
        """An earlier run, whole and half, in which the divergence guard acts; and a new one."""
        self.new = [*self.quickly, "--seed", 2, "--epochs", 2, "--pictures-every", 2]
        for seed in range(1, 50):  # until a run diverges, and comes to its end
            self.shorter = [*self.quickly, "--seed", seed, "--keep", 2, "--pictures-every", 1,
                            "--alpha", 1e6, "--learning-rate", 10, "--lr-decay", 10, "--epochs", 2]
            self.earlier = [*self.shorter[:-1], 3]
            trial, process = self.undisturbed(self.earlier)
            if process.returncode == 0 and (trial.folder / "guard.jsonl").exists():
                break
            trial.close()
        else:
            raise RuntimeError("no seed makes the divergence guard act")
        earlier_end = run_files.contents(trial.folder)
        renames = sum(call[1] == "rename" for call in process.calls)
        shown = shlex.join(map(str, self.earlier))
        trial.require_success(trial.run(*self.report_of(trial.folder)))
        self.finished = self.keep(trial, "finished", f"{shown}, and report")
        trial.close()
        trial, process = self.undisturbed(self.new)
        trial.require_success(process)
        new_end = run_files.contents(trial.folder)
        self.model = self.keep(trial, "new", shlex.join(map(str, self.new))) / "model.safetensors"
        trial.close()

        trial, process = self.undisturbed(self.shorter)
        trial.require_success(process)
        shorter_end = run_files.contents(trial.folder)
        trial.close()

        halves = []
        for share in shares:
            trial = Trial(self, None)
            at = int(renames * share)
            fault = {"KIND": "rename", "AT": at, "ACTION": "kill-after"}
            trial.run(*self.earlier, "--out", trial.folder, fault=fault)
            if (trial.folder / "state.safetensors").exists():
                origin = f"{shown}, killed after rename {at}"
                halves.append(self.keep(trial, f"half-{share}", origin))
            trial.close()

        strangers = {name: hashlib.sha1(text.encode()).hexdigest()
                     for name, text in STRANGERS.items()}
        for name in STRANGERS:
            for parent in pathlib.Path(name).parents:
                if str(parent) != ".":
                    strangers[f"{parent}/"] = None
        nothing = self.scratch / "nothing"
        nothing.mkdir()
        self.origins[nothing] = "an empty folder"
        overwritten = []
        for place in (self.finished, halves[-1], nothing):
            mixed = place.with_name(place.name + "-with-strangers")
            shutil.copytree(place, mixed)
            self.origins[mixed] = self.origins[place] + ", with files of others"
            for name, text in STRANGERS.items():
                (mixed / name).parent.mkdir(exist_ok=True, parents=True)
                (mixed / name).write_text(text)
            overwritten.append(mixed)
        finished_end = run_files.contents(overwritten[0])
        self.ends = {"train": earlier_end, "resume": {**earlier_end, **strangers},
                     "replace": {**earlier_end, **strangers}, "overwrite": {**new_end, **strangers},
                     "overwrite nothing": new_end, "shorten": {**shorter_end, **strangers}}
        end = self.ends["overwrite"]
        self.fresh = [
            Scenario(None, lambda folder: [*self.new, "--out", folder], [new_end], new_end, False),
            Scenario(None, lambda folder: [*self.earlier, "--out", folder], [earlier_end], new_end,
                     False),
            Scenario(overwritten[2], self.overwrite, [end], end, False)]
        self.resumes = [Scenario(half, self.resume, [earlier_end], new_end) for half in halves]
        self.overwrites = [
            Scenario(overwritten[0], self.overwrite, [end, finished_end], end),
            Scenario(overwritten[1], self.overwrite, [end, self.ends["resume"]], end)]

    def resume(self, folder):
        return ["train", "--resume", folder, "--threads", 1, "--quiet"]

    def overwrite(self, folder):
        return [*self.new, "--out", folder, "--overwrite"]

    def report_of(self, folder, *options):
        return ["report", folder, "--data", self.data, "--images", 5, "--threads", 1, "--quiet",
                *options]


class Command:
    """A command that writes files beside `earlier` ones, and what they are before and after it."""

    def __init__(self, lab, files, arguments, is_report=False):
        self.lab, self.files, self.arguments, self.is_report = lab, files, arguments, is_report
        trial = Trial(lab, None)
        command = self.prepare(trial)
        self.before = run_files.contents(trial.folder)
        process = trial.run(*command)
        trial.require_success(process)
        self.after = run_files.contents(trial.folder)
        self.calls = collections.Counter(call[1] for call in process.calls)
        trial.close()

    def prepare(self, trial):
        """The arguments, after the folder is as it was before the command."""
        if self.is_report:
            shutil.copytree(self.lab.finished, trial.folder)
            (trial.folder / "report.html").write_text("<html>earlier</html>\n")
            return [trial.folder if word == "RUN" else word for word in self.arguments]
        trial.folder.mkdir()
        for file in self.files:
            (trial.folder / file).write_text("earlier\n")
        return [trial.folder / word if word in self.files else word for word in self.arguments]


def commands_that_write(lab):
    chains = ["--steps", 2, "--count", 4, "--threads", 1, "--quiet"]
    model = ["--model", lab.model]
    images = ["--images", lab.data / "t10k-images-idx3-ubyte"]
    return [Command(lab, *rest) for rest in (
        (["a.png"], ["sample", *model, *chains, "--out", "a.png"]),
        (["a.safetensors"], ["sample", *model, *chains, "--out", "a.safetensors"]),
        (["a.png"], ["generate", *model, *chains, "--out", "a.png"]),
        (["a.png"], ["denoise", *model, *images, *chains, "--out", "a.png"]),
        (["a.safetensors"], ["inpaint", *model, *images, *chains, "--out", "a.safetensors"]),
        (["a.onnx", "b.onnx"],
         ["export", *model, "--quiet", "--onnx", "a.onnx", "--gradient", "b.onnx"]),
        (["a.hpp"], ["embed", *model, "--quiet", "--out", "a.hpp"]),
        (["report.html"], lab.report_of("RUN"), True))]
