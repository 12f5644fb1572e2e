#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of one program that are compiled for different instruction sets keep their own code.

Usage: instruction_sets.py COMPILER ARGUMENTS...    the arguments that find the headers
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

EXCEPTION = re.compile("3ebm(5Error|15InvalidArgument)")
SOURCE = pathlib.Path(__file__).with_name("instruction_sets.cpp")
# As docs/guide/deployment.md asks: what Eigen allocates in one file may be freed in another.
COMMON = ["-std=c++20", "-O1", "-ffp-contract=off", "-DEIGEN_MAX_ALIGN_BYTES=64"]


class InstructionSets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.plain = cls.compiled("plain", "-march=x86-64", "-DNAME=plain")
        cls.fast = cls.compiled("fast", "-march=x86-64-v3", "-DNAME=fast", "-DCALLABLE=take")
        cls.main = cls.compiled("main")

    @classmethod
    def path(cls, name):
        return str(pathlib.Path(cls.folder.name) / name)

    @classmethod
    def compiled(cls, name, *flags):
        subprocess.run([*COMPILER, *COMMON, *flags, "-c", str(SOURCE), "-o", cls.path(name + ".o")],
                       check=True)
        return cls.path(name + ".o")

    @staticmethod
    def definitions(file):
        lines = subprocess.run(["nm", "--defined-only", "--extern-only", file], check=True,
                               capture_output=True, text=True).stdout.splitlines()
        return {line.split()[-1] for line in lines}

    def test_no_function_of_ebm_is_in_two_files(self):
        shared = self.definitions(self.plain) & self.definitions(self.fast)
        # ...3ebm...: a name of ebm's, or of something made of ebm's types. The exceptions are meant
        # to be the same, so that one file catches what another throws.
        self.assertEqual([name for name in shared if "3ebm" in EXCEPTION.sub("", name)], [])

    def linked(self, *files):
        return subprocess.run([*COMPILER, *files, "-pthread", "-o", self.path("program")],
                              capture_output=True, text=True)

    @unittest.skipUnless(" fma " in pathlib.Path("/proc/cpuinfo").read_text(), "no FMA here")
    def test_each_keeps_its_code_whatever_the_linker_finds_first(self):
        results = []
        for files in ([self.plain, self.fast], [self.fast, self.plain]):
            self.assertEqual(self.linked(self.main, *files).returncode, 0)
            results.append(subprocess.run([self.path("program")], check=True, capture_output=True,
                                          text=True).stdout)
        self.assertEqual(results[0], results[1])
        self.assertEqual(len(set(results[0].split())), 2, "rounded once and twice: other bits")

    def test_a_type_of_ebm_does_not_pass_from_one_to_the_other(self):
        caller = self.compiled("caller", "-march=x86-64", "-DNAME=plain", "-DCALLED=take")
        result = self.linked(self.main, caller, self.fast)
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"undefined reference to `?take\(ebm::sse2_")


if __name__ == "__main__":
    COMPILER = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
