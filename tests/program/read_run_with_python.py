# SPDX-License-Identifier: MIT
"""Reads what a training run leaves behind with TensorBoard's and safetensors' own readers.

usage: read_run_with_python.py PROGRAM MNIST    (ebm-mnist, built; the folder of MNIST)
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

BATCH_TAGS = {"loss", "loss_regularization", "loss_contrastive_divergence", "metrics_avg_real",
              "metrics_avg_fake"}
EPOCH_TAGS = {"val_contrastive_divergence", "val_fake_out", "val_real_out", "rand_out", "lr-Adam"}
ALL = {kind: 0 for kind in ("scalars", "images", "histograms", "tensors")}  # 0: all of them


def train(program, *arguments):
    subprocess.run([program, "train", "--quiet", *map(str, arguments)], check=True)


def events_of(run):
    events = EventAccumulator(str(run / "tensorboard"), size_guidance=ALL)
    events.Reload()
    return events


def steps(events, tag):
    return [event.step for event in events.Scalars(tag)]


def check_curves(events, run):
    """The curves have the tutorial's tags, and the table's numbers."""
    tags = set(events.Tags()["scalars"])
    assert tags >= BATCH_TAGS | EPOCH_TAGS, tags
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for tag in tags:
        points = {int(row["iteration"]): float(row[tag]) for row in rows if row[tag]}
        assert steps(events, tag) == list(points), tag
        for event in events.Scalars(tag):
            assert abs(event.value - points[event.step]) <= 1e-6 * abs(event.value), tag


def main(program, data):
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary) / "run"
        train(program, "--data", data, "--out", run, "--epochs", 3, "--limit-batches", 40,
              "--batch", 16, "--steps", 3, "--pictures-every", 2, "--no-guard")
        events = events_of(run)
        check_curves(events, run)
        assert steps(events, "loss") == [50, 100]
        assert steps(events, "rand_out") == [40, 80, 120]
        assert set(events.Tags()["images"]) == {"sampler", *(f"generation_{i}" for i in range(8))}
        assert [image.step for image in events.Images("sampler")] == [80]
        # Goes on: two epochs more, and with the fifth the histograms.
        train(program, "--resume", run, "--epochs", 5)
        events = events_of(run)
        check_curves(events, run)
        assert steps(events, "rand_out") == [40, 80, 120, 160, 200]
        model = load_file(run / "model.safetensors")
        assert set(events.Tags()["histograms"]) == {"pixel_gradients", *model}
        for name, parameter in model.items():
            (histogram,) = events.Histograms(name)
            assert histogram.histogram_value.num == parameter.size, name
        state = load_file(run / "state.safetensors")
        assert state["trainer.position.epoch"].tolist() == [6]
        assert state["trainer.parameters"].size == sum(map(lambda p: p.size, model.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
