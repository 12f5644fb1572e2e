# SPDX-License-Identifier: MIT
"""Plants each kind of violation that layers.py must find."""

import tempfile
import unittest
from pathlib import Path

from layers import violations


class Layers(unittest.TestCase):
    def found(self, **sources):
        """The violations in a library whose headers are given as room__name='its includes'."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for key, includes in sources.items():
                header = folder / (key.replace("__", "/") + ".hpp")
                header.parent.mkdir(exist_ok=True)
                header.write_text("".join(f"#include {name}\n" for name in includes.split()))
            return violations(folder)

    def found_in(self, line):
        """The violations in a library of one header that holds this line."""
        with tempfile.TemporaryDirectory() as temporary:
            (Path(temporary) / "core").mkdir()
            (Path(temporary) / "core/one.hpp").write_text(line + "\n")
            return violations(Path(temporary))

    def test_downward_and_same_room_are_fine(self):
        self.assertEqual([], self.found(core__pack="<Eigen/Core>", core__math="<ebm/core/pack.hpp>",
                                        io__idx="<ebm/train/trainer.hpp>",
                                        train__trainer="<ebm/core/math.hpp>",
                                        ebm="<ebm/train/trainer.hpp>"))

    def assert_one(self, part, found):
        self.assertEqual(1, len(found), found)
        self.assertIn(part, found[0])

    def test_names_that_are_the_same_for_every_instruction_set(self):
        self.assert_one("without EBM_ABI", self.found_in("namespace ebm::io {"))
        self.assert_one("without EBM_ABI", self.found_in("namespace ebm {"))
        self.assertEqual([], self.found_in("namespace ebm {  // the same for every instruction set"))

    def test_an_instruction_set_without_name(self):
        self.assert_one("which defines it", self.found_in("namespace ebm::inline EBM_ABI::io {"))

    def test_upward(self):
        self.assert_one("only downward", self.found(core__pack="<ebm/random/philox.hpp>",
                                                    random__philox=""))

    def test_sideways(self):
        self.assert_one("only downward", self.found(sampler__langevin="<ebm/loss/loss.hpp>",
                                                    loss__loss=""))

    def test_component_from_the_library(self):
        self.assert_one("only downward", self.found(train__trainer="<ebm/io/png.hpp>", io__png=""))

    def test_component_from_another_component(self):
        self.assert_one("only downward", self.found(mpi__rank="<ebm/io/png.hpp>", io__png=""))

    def test_component_in_the_umbrella(self):
        self.assert_one("only downward", self.found(ebm="<ebm/io/png.hpp>", io__png=""))

    def test_umbrella_from_the_library(self):
        self.assert_one("only downward", self.found(train__trainer="<ebm/ebm.hpp>",
                                                    ebm="<ebm/train/trainer.hpp>"))

    def test_room_without_layer(self):
        self.assert_one("in no layer", self.found(utils__misc=""))

    def test_missing_header(self):
        self.assert_one("does not exist", self.found(nn__linear="<ebm/core/nothing.hpp>"))

    def test_quoted_include(self):
        self.assert_one("written <ebm/", self.found(core__pack='"error.hpp"', core__error=""))

    def test_streams(self):
        self.assert_one("core/error.hpp includes <sstream>: streams take the program's locale",
                        self.found(core__error="<sstream> <string>"))

    def test_macro_of_another_library(self):
        self.assert_one("core/one.hpp says #define STB_IMAGE_STATIC", self.found_in("#define STB_IMAGE_STATIC"))
        self.assert_one("core/one.hpp says #undef max", self.found_in("  # undef max"))
        self.assertEqual([], self.found_in("#define EBM_INLINE inline"))

    def test_incomplete_umbrella(self):
        self.assert_one("does not bring core/math.hpp",
                        self.found(core__math="", core__pack="", ebm="<ebm/core/pack.hpp>"))

    def test_incomplete_umbrella_of_a_component(self):
        self.assert_one("io/io.hpp does not bring io/png.hpp", self.found(io__png="", io__io=""))

    def test_empty_library(self):
        self.assert_one("holds no header", self.found())


if __name__ == "__main__":
    unittest.main()
