# SPDX-License-Identifier: MIT
"""The program in a folder of its own, with a fault, and what can be asked of it afterwards."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

import run_files

PATIENCE = 60  # seconds, then the program hangs


class Violation(Exception):
    """Something that must hold does not."""


class Trial:
    """The program in a folder of its own, and a log of what was done."""

    def __init__(self, lab, start, disk=None):
        self.lab, self.log, self.runs, self.faults = lab, [], 0, 0
        self.place = pathlib.Path(tempfile.mkdtemp(dir=lab.scratch))
        self.disk = disk and self.place / "disk"
        if self.disk:
            self.disk.mkdir()
            self.mount("size=64m")
        self.folder = (self.disk or self.place) / "run"
        if start is not None:
            shutil.copytree(start, self.folder)
            self.log.append(f"{self.folder} is a copy of: {lab.origins[start]}")

    def mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.disk], check=True)

    def close(self):
        if self.disk:
            subprocess.run(["umount", self.disk], check=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def begin(self, *arguments, fault=None, blocks=None):
        """Starts the program; fault: of inject.c, without FAULT_; blocks: that a file may have."""
        self.runs += 1
        self.report = self.place / f"report-{self.runs}"
        faults = {"FOLDER": self.folder, "REPORT": self.report, **(fault or {})}
        environment = {"LD_PRELOAD": self.lab.library,
                       **{f"FAULT_{key}": str(value) for key, value in faults.items()}}
        command = [self.lab.program, *map(str, arguments)]
        if blocks is not None:
            command = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(blocks), *command]
        said = [f"{key}={shlex.quote(str(value))}" for key, value in environment.items()]
        self.log.append("$ " + " ".join([*said, shlex.join(map(str, command))]))
        return subprocess.Popen(command, env={**os.environ, **environment}, cwd=self.place,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, process, kill_after=None):
        """Waits for the program, or kills it after some seconds; the process with its output."""
        try:
            process.out, process.err = process.communicate(timeout=kill_after or PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.out, process.err = process.communicate()
            if kill_after is None:
                raise Violation(f"the program has not ended after {PATIENCE} s")
        self.log.append(f"exit status {process.returncode}, standard error: {process.err!r}")
        process.was_killed = kill_after is not None and process.returncode == -9
        if process.was_killed:
            self.log.append(f"killed after {kill_after:.4f} s")
        return process

    def run(self, *arguments, kill_after=None, **options):
        process = self.begin(*arguments, **options)
        report = self.report
        self.end(process, kill_after)
        lines = report.read_text().splitlines() if report.exists() else []
        process.calls = [line.split(" ", 4) for line in lines if line != "fault"]
        if "fault" in lines:
            self.log.append("the fault came to call: " + lines[lines.index("fault") - 1])
        self.faults += "fault" in lines or process.was_killed
        return process

    def require(self, condition, text):
        if not condition:
            raise Violation(text)

    def require_sentence(self, process):
        self.require(process.returncode == 1,
                     f"expected exit status 1, got {process.returncode}: {process.err!r}")
        self.require(re.fullmatch(r"ebm-mnist: [^\n]+\n", process.err) and process.out == "",
                     f"expected one sentence on standard error alone, got {process.err!r}")

    def require_success(self, process):
        self.require(process.returncode == 0 and process.err == "",
                     f"expected success, got exit status {process.returncode}: {process.err!r}")

    def require_contents(self, ends):
        got = run_files.contents(self.folder)
        differences = [run_files.difference(end, got) for end in ends]
        self.require("" in differences, "expected one of the whole runs, but compared with each: "
                     + " | ".join(differences))

    def describe(self, problem):
        listing = sorted(f"{os.path.relpath(os.path.join(place, name), self.folder)}"
                         for place, _, files in os.walk(self.folder) for name in files)
        return "\n".join([problem, "", *self.log, "", "Files at the end:", *listing, ""])
