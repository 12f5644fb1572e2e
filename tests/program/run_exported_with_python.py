# SPDX-License-Identifier: MIT
"""Runs what `ebm-mnist export` writes by ONNX Runtime, and compares it with `ebm-mnist score`.

usage: run_exported_with_python.py PROGRAM MNIST    (ebm-mnist, built; the folder of MNIST)
"""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

COUNT = 200


def load(path):
    onnx.checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def require_close(name, ours, theirs, tolerance=1e-5):
    error = np.abs(np.asarray(ours) - theirs).max() / np.abs(ours).max()
    print(f"{name}: {error:.1e}")
    assert error <= tolerance, f"{name}: off by {error} of the largest value"


def main(program, data):
    def run(*arguments):
        done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)
        return done.stdout.decode()

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # The first images of a file, in their own format and as the graph takes them.
        with gzip.open(Path(data) / "t10k-images-idx3-ubyte.gz") as file:
            header, pixels = file.read(16), file.read(COUNT * 784)
        images = folder / "images"
        images.write_bytes(header[:4] + COUNT.to_bytes(4, "big") + header[8:] + pixels)
        x = np.frombuffer(pixels, np.uint8).reshape(COUNT, 1, 28, 28).astype(np.float32)
        x = x / np.float32(127.5) - 1

        joint = folder / "run" / "model.safetensors"
        run("train", "--quiet", "--data", data, "--recipe", "joint", "--epochs", 1,
            "--limit-batches", 4, "--out", joint.parent)
        for model in ("tutorial", "matching", joint):
            name = Path(model).stem
            run("export", "--model", model, "--onnx", folder / "score.onnx",
                "--gradient", folder / "gradient.onnx")
            ours = json.loads(run("score", "--json", "--model", model, "--images", images))
            outputs = load(folder / "score.onnx").run(None, {"x": x})
            # E(x, s) is a difference of numbers many times as large, whose roundings stay.
            tolerance = 1e-5 if name == "tutorial" else 1e-4
            require_close(f"{name} scores", ours["scores"], outputs[0], tolerance)
            if model == joint:
                digits = [digit["digit"] for digit in ours["digits"]]
                assert (outputs[1].argmax(axis=1) == digits).all()
                sure = [digit["probability"] for digit in ours["digits"]]
                require_close("probabilities", sure, outputs[1].max(axis=1))

            gradient = load(folder / "gradient.onnx")
            inputs = {"x": x}
            if name != "tutorial":
                # The level of the data, at which the command says the energies.
                metadata = gradient.get_modelmeta().custom_metadata_map
                inputs["level"] = np.full((COUNT, 1), float(metadata["level"]), np.float32)
            score, slope = gradient.run(None, inputs)
            require_close(f"{name} energies", ours["energies"], -score, tolerance)
            # Along a direction the score changes as its gradient says.
            direction = np.random.default_rng(1).standard_normal(x.shape).astype(np.float32) / 28
            step = 1e-2
            ahead = gradient.run(["score"], inputs | {"x": x + step * direction})[0]
            behind = gradient.run(["score"], inputs | {"x": x - step * direction})[0]
            expected = (ahead - behind) / (2 * step)
            require_close(f"{name} slopes", expected, (slope * direction).sum((1, 2, 3)), 2e-2)


main(*sys.argv[1:])
