# SPDX-License-Identifier: MIT
"""Checks the ONNX files of ebm::io with ONNX's own checker, and runs them by ONNX Runtime.

usage: run_onnx_with_python.py PROGRAM    (onnx_interchange, built)
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5  # of the largest value


def session_of(path):
    """A checked model; shapes that the file says must be those that ONNX infers."""
    onnx.checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def require_close(name, ours, theirs):
    assert ours.shape == theirs.shape, f"{name}: shapes {ours.shape} and {theirs.shape}"
    error = np.abs(ours - theirs).max() / np.abs(ours).max()
    print(f"{name}: {error:.1e}")
    assert error <= TOLERANCE, f"{name}: off by {error} of the largest value"


def check_against_ours(path):
    session = session_of(path)
    assert [o.name for o in session.get_outputs()] == ["score", "score_gradient"]
    expected = load_file(path.with_suffix(".safetensors"))
    x = expected["x"].astype(np.float32)
    score, gradient = session.run(None, {"x": x})
    require_close(f"{path.stem} score", expected["score"], score)
    require_close(f"{path.stem} gradient", expected["score_gradient"], gradient)
    # Any number of samples will do.
    assert np.allclose(session.run(["score"], {"x": x[:1]})[0], score[:1], atol=1e-5)


def check_level_as_an_input(folder, name):
    """At the options' level it is the graph without that input."""
    session = session_of(folder / f"{name}_by_input.onnx")
    expected = load_file(folder / f"{name}.safetensors")
    level = np.full((len(expected["x"]), 1), 0.2, np.float32)
    score, gradient, probabilities = session.run(None, {"x": expected["x"], "level": level})
    require_close(f"{name}, level an input, score", expected["score"], score)
    require_close(f"{name}, level an input, gradient", expected["score_gradient"], gradient)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    other = session.run(["score"], {"x": expected["x"], "level": 2 * level})[0]
    assert not np.allclose(other, score)


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run([sys.argv[1], folder], check=True)
        models = sorted(folder.glob("*.onnx"))
        assert len(models) == 10, models
        for path in models:
            if not path.stem.endswith("_by_input"):
                check_against_ours(path)
        for name in ("noise_levels", "joint"):
            check_level_as_an_input(folder, name)
        model = onnx.load(folder / "residuals.onnx")
        assert {p.key: p.value for p in model.metadata_props}["text"] == 'a "quoted" Größe'
        names = {tensor.name for tensor in model.graph.initializer}
        assert {"conv1.weight", "residual2.shortcut.conv1.bias"} <= names, names


main()
