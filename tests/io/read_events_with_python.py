# SPDX-License-Identifier: MIT
"""Reads event files of ebm::io, finished and growing, with TensorBoard's own readers.

usage: read_events_with_python.py PROGRAM    (event_interchange, built)
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator as ServerAccumulator,
)
from tensorboard.compat.proto.event_pb2 import SessionLog
from tensorboard.util.tensor_util import make_ndarray

KEEP_ALL = 0
ALL = {kind: KEEP_ALL for kind in ("scalars", "images", "histograms", "tensors")}


def points(events, tag):
    return [(event.step, event.value) for event in events.Scalars(tag)]


def floats(points):
    return [(step, float(np.float32(value))) for step, value in points]


def many_values():
    """What event_interchange.cpp's function of this name gives."""
    sizes = np.cumprod([3e-14, *[1.37] * 199])
    return np.where(np.arange(200) % 3 == 0, -sizes, sizes)


def check_first_session(events):
    assert events.file_version == 2.0, events.file_version
    assert points(events, "loss/train") == floats((step, 0.1 * step) for step in range(6))
    assert points(events, "first session's") == [(step, 1.0) for step in range(6)]
    np.testing.assert_array_equal(
        points(events, "wild"), [(0, np.inf), (1, -np.inf), (2, np.nan)]
    )
    check_picture(events.Images("rgb"), [1], "RGB", (4, 5, 3))
    check_picture(events.Images("gray"), range(6), "L", (4, 5))
    check_histograms(events)
    metadata = events.SummaryMetadata("configuration")
    assert metadata.plugin_data.plugin_name == "text", metadata
    (text,) = events.Tensors("configuration")
    assert text.step == 0
    assert make_ndarray(text.tensor_proto).item().decode() == "**steps**: 60, größer"


def check_picture(images, steps, mode, shape):
    assert [image.step for image in images] == list(steps)
    for event in images:
        assert (event.height, event.width) == shape[:2]
        with Image.open(io.BytesIO(event.encoded_image_string)) as image:
            assert (image.format, image.mode) == ("PNG", mode)
            expected = (50 * event.step + np.arange(np.prod(shape))).astype(np.uint8)
            np.testing.assert_array_equal(np.asarray(image), expected.reshape(shape))


def check_histograms(events):
    def histogram(tag):
        (event,) = events.Histograms(tag)
        return event.histogram_value

    values = many_values()
    many = histogram("weights/größer")
    assert (many.min, many.max, many.num) == (values.min(), values.max(), values.size)
    np.testing.assert_allclose([many.sum, many.sum_squares], [values.sum(), (values**2).sum()])
    edges = [-sys.float_info.max, *many.bucket_limit]
    assert (np.diff(edges) > 0).all()
    np.testing.assert_array_equal(many.bucket, np.histogram(values, edges)[0])
    inner = values[(np.abs(values) > 1e-12) & (np.abs(values) < 1e20)]
    assert len(many.bucket) > inner.size, "each value within the limits has a bucket of its own"

    few = histogram("weights/float")
    assert (few.min, few.max, few.num, few.sum, few.sum_squares) == (-1.5, 0.25, 4, -1, 2.375)
    assert [count for count in few.bucket if count] == [1, 1, 2], few
    assert (few.bucket[0], few.bucket[-1]) == (1, 2), "no empty buckets at the ends"

    none = histogram("weights/none")
    assert (none.num, none.bucket) == (0, [0]), none
    diverged = histogram("weights/diverged")
    assert (diverged.num, diverged.min, diverged.max, diverged.bucket) == (1, 2, 2, [1]), diverged
    assert points(events, "weights/diverged/non_finite") == [(0, 2.0)]


def check_what_a_resumed_run_shows(folder):
    """Exactly the steps from 3 on are gone, for every tag, and then done again."""
    events = EventAccumulator(str(folder), size_guidance=ALL).Reload()
    later = [(3, 103.0), (4, 104.0), (1 << 40, 200.0)]
    assert points(events, "loss/train") == floats((step, 0.1 * step) for step in range(3)) + later
    assert points(events, "first session's") == [(step, 1.0) for step in range(3)]
    assert points(events, "late") == [(-1, 7.0)]
    check_picture(events.Images("gray"), range(4), "L", (4, 5))

    # What the server of `tensorboard --load_fast=false` reads.
    served = ServerAccumulator(str(folder), tensor_size_guidance={"scalars": KEEP_ALL}).Reload()
    steps = [event.step for event in served.Tensors("loss/train")]
    assert steps == [0, 1, 2, 3, 4, 1 << 40], steps
    assert [event.step for event in served.Tensors("first session's")] == [0, 1, 2]


def check_each_record(folder):
    """The loader stops at a checksum that is wrong, so all events mean that all are right."""
    paths = sorted(folder.iterdir())
    assert len(paths) == 3, paths
    for path, expected_step in zip(paths, [(1 << 63) - 1, 3, (1 << 63) - 1]):
        events = list(EventFileLoader(str(path)).Load())
        assert events[0].file_version == "brain.Event:2"
        assert events[1].session_log.status == SessionLog.START
        assert events[1].step == expected_step
        times = [event.wall_time for event in events]
        assert abs(times[0] - path.stat().st_mtime) < 600, "seconds since 1970"

    whole = list(EventFileLoader(str(paths[1])).Load())
    damaged = folder.parent / paths[1].name
    content = bytearray(paths[1].read_bytes())
    content[-5] ^= 1
    damaged.write_bytes(content)
    assert len(list(EventFileLoader(str(damaged)).Load())) == len(whole) - 1


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        writer = subprocess.Popen(
            [program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with writer:
            assert writer.stdout.readline() == "flushed\n"
            live = EventAccumulator(str(folder), size_guidance=ALL).Reload()
            check_first_session(live)
            assert "late" not in live.Tags()["scalars"]
            print(file=writer.stdin, flush=True)
            assert writer.stdout.readline() == "flushed\n"
            assert points(live.Reload(), "late") == [(-1, 7.0)]
            print(file=writer.stdin, flush=True)
        assert writer.returncode == 0, writer.returncode
        check_each_record(folder)
        check_what_a_resumed_run_shows(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
