# SPDX-License-Identifier: MIT
"""Ranks that fail end the whole job with a sentence, and none is left waiting.

Usage: failures_test.py PROGRAM MPIRUN...    (MPIRUN: a command that a number of ranks is added to)
"""

import subprocess
import sys
import unittest

PROGRAM, *MPIRUN = sys.argv[1:]


def run(how):
    return subprocess.run([*MPIRUN, "3", PROGRAM, how], capture_output=True, text=True, timeout=60)


class Failures(unittest.TestCase):
    def test_ranks_that_do_not_fail_succeed(self):
        done = run("none")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_rank_that_throws_ends_the_job_and_says_why(self):
        done = run("one")
        self.assertEqual(done.returncode, 1)
        self.assertIn("rank 1 of 3 ends the job: the disk is full\n", done.stderr)

    def test_so_does_a_rank_that_throws_what_is_no_exception(self):
        done = run("number")
        self.assertEqual(done.returncode, 1)
        self.assertIn("rank 1 of 3 ends the job: an exception that is no std::exception\n", done.stderr)

    def test_ranks_with_other_parameters_are_refused(self):
        done = run("others")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: Trainer: rank 1 has other parameters, or another recipe, than rank 0", done.stderr)

    def test_what_all_throw_is_said_once_however_late_the_first(self):
        done = run("all")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("the disk of all is full"), 1)
        self.assertNotIn("MPI_ABORT", done.stderr + done.stdout)

    def test_a_rank_that_dies_ends_the_job(self):
        done = run("killed")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("signal 9", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
