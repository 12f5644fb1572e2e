#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Any network compiles, with work that grows with its layers and not with its sizes.

Work is what clang counts, the same on every machine: the declarations that it makes, and the steps
of one constant expression, of which both g++ and clang allow a million and more by default.

Usage: compile_work.py CLANG GCC ARGUMENTS...    the arguments that find the headers
"""
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).with_name("any_network.cpp")
MOST_STEPS = 60_000  # clang's default is 2^20
MOST_OPERATIONS = 2_000_000  # g++'s is 2^25

NETWORKS = {
    "MNIST-size, stride 1": "Shape<1, 28, 28>, Conv2d<8, Kernel<3>>, Swish, Flatten, Linear<1>",
    "MNIST-size, stride 2": "Shape<1, 28, 28>, Conv2d<16, Kernel<5>, Stride<2>, Padding<4>>, Swish, "
                            "Flatten, Linear<1>",
    "CIFAR-size": "Shape<3, 32, 32>, Conv3x3<32>, Swish, Halving3x3<64>, Swish, Flatten, Linear<1>",
    "3x64x64": "Shape<3, 64, 64>, Conv3x3<32>, Swish, Halving3x3<64>, Swish, Halving3x3<128>, Swish, "
               "Flatten, Linear<64>, Swish, Linear<1>",
    "16,384 inputs": "Shape<16384>, Linear<64>, Swish, Linear<1>",
    "50 layers": "Shape<16>, " + "Linear<16>, Swish, " * 49 + "Linear<1>",
    "50 convolutions": "Shape<1, 28, 28>, Conv3x3<16>, Swish, " + "Block<16>, Swish, " * 24 +
                       "Flatten, Linear<1>",
    "the residual network at twice its width":
        "Shape<1, 28, 28>, Conv2d<32, Kernel<5>, Stride<2>, Padding<4>>, Swish, Block<32>, Swish, "
        "HalvingBlock<64>, Swish, HalvingBlock<128>, Swish, Flatten, Linear<128>, Swish, Linear<1>",
}


def compiled(network, *flags, by="clang"):
    """What a compiler prints when it reads, and does not translate, this network's program."""
    command = [COMPILERS[by], *ARGUMENTS, "-std=c++20", "-fsyntax-only",
               f"-DNETWORK=Sequential<{network}>", *flags, str(SOURCE)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"{network} does not compile:\n{result.stderr[:3000]}")
    return result.stderr


def declarations(network):
    return int(re.search(r"(\d+) decls total", compiled(network, "-Xclang", "-print-stats"))[1])


class AnyNetworkCompiles(unittest.TestCase):
    def test_within_few_steps_of_a_constant_expression(self):
        for name, network in NETWORKS.items():
            with self.subTest(network=name):
                compiled(network, f"-fconstexpr-steps={MOST_STEPS}")

    def test_with_the_most_registers_too(self):
        for name in ("CIFAR-size", "16,384 inputs"):
            with self.subTest(network=name):
                compiled(NETWORKS[name], f"-fconstexpr-steps={MOST_STEPS}", "-march=x86-64-v4")

    def test_by_gcc(self):
        for name in ("CIFAR-size", "16,384 inputs", "50 layers"):
            with self.subTest(network=name):
                compiled(NETWORKS[name], f"-fconstexpr-ops-limit={MOST_OPERATIONS}", by="gcc")


class WorkOfTheCompiler(unittest.TestCase):
    def test_does_not_grow_with_positions(self):
        def count(size):
            return declarations(f"Shape<1, {size}, {size}>, Conv3x3<8>, Swish, Halving3x3<8>, Swish, "
                                "Flatten, Linear<1>")
        self.assertLess(count(256), 1.01 * count(32))

    def test_does_not_grow_with_weights(self):
        def count(features):
            return declarations(f"Shape<{features}>, Linear<{features // 32}>, Swish, Linear<1>")
        self.assertLess(count(16384), 1.01 * count(1024))

    def test_grows_at_most_linearly_with_layers(self):
        def count(layers):
            # Layers of other shapes: nothing is shared between them.
            return declarations("Shape<16>, " + "".join(f"Linear<{17 + i}>, Swish, "
                                                        for i in range(layers)) + "Linear<1>")
        few, some, many = count(8), count(24), count(56)
        self.assertLess(many - some, 1.1 * 2 * (some - few))

    def test_grows_at_most_linearly_with_taps(self):
        def count(taps):
            return declarations(f"Shape<1, 64, 64>, Conv2d<8, Kernel<{taps}>, Stride<1>, "
                                f"Padding<{taps // 2}>>, Swish, Flatten, Linear<1>")
        few, some, many = count(3), count(7), count(15)
        self.assertLess(many - some, 1.1 * 2 * (some - few))


if __name__ == "__main__":
    COMPILERS = {"clang": sys.argv[1], "gcc": sys.argv[2]}
    ARGUMENTS = sys.argv[3:]
    unittest.main(argv=sys.argv[:1])
