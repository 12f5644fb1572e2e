#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs examples/any_processor by each instruction set: python3 any_processor_test.py PROGRAM."""
import pathlib
import shutil
import subprocess
import sys
import unittest


class AnyProcessor(unittest.TestCase):
    def run_program(self, *arguments, on=()):
        return subprocess.run([*on, PROGRAM, *arguments], capture_output=True, text=True)

    def energies(self, *arguments, on=()):
        done = self.run_program(*arguments, on=on)
        self.assertEqual(done.returncode, 0, done.stderr)
        *numbers, by, name = done.stdout.split()
        return [float.fromhex(number) for number in numbers], name

    @unittest.skipUnless(" fma " in pathlib.Path("/proc/cpuinfo").read_text(), "no FMA here")
    def test_sets_with_fused_multiply_add_give_the_same_bits(self):
        best, name = self.energies()
        self.assertEqual(self.energies("avx2")[0], best)
        old, _ = self.energies("sse2")
        self.assertNotEqual(old, best)
        for a, b in zip(old, best, strict=True):
            self.assertAlmostEqual(a, b, places=5)

    def test_an_unknown_set_is_a_sentence(self):
        done = self.run_program("avx3")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "expected the instruction set sse2, avx2 or avx512, got 'avx3'\n")

    @unittest.skipUnless(shutil.which("qemu-x86_64"), "no emulator of other processors here")
    def test_each_processor_gets_what_it_has(self):
        for processor, best in (("Nehalem", "sse2"), ("Haswell", "avx2")):
            on = ["qemu-x86_64", "-cpu", processor]
            self.assertEqual(self.energies(on=on)[1], best)
            self.assertIn("this processor has no avx512", self.run_program("avx512", on=on).stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
