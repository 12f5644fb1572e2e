# SPDX-License-Identifier: MIT
"""Exchanges files with ebm::io through the libraries that others use: safetensors and Pillow.

usage: read_with_python.py PROGRAM    (safetensors_interchange, built)
"""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

WEIGHT = np.array([0.0, 1.5, -2.25, 3e-38, 1e30, -0.0], np.float32).reshape(2, 1, 3)
STEPS = np.array([-1, 1 << 40], np.int64)
BYTES = np.array([0, 128, 255], np.uint8)
SCALAR = np.array(0.1, np.float64)


def grid(images, columns, padding):
    """What torchvision.utils.make_grid does, for images [image][row][column][...]."""
    count, height, width = images.shape[:3]
    columns = min(columns, count)
    rows = -(-count // columns)
    size = (rows * (height + padding) + padding, columns * (width + padding) + padding)
    picture = np.zeros(size + images.shape[3:], np.uint8)
    for index, image in enumerate(images):
        top = index // columns * (height + padding) + padding
        left = index % columns * (width + padding) + padding
        picture[top : top + height, left : left + width] = image
    return picture


def check_what_ebm_wrote(folder):
    with safe_open(folder / "from_ebm.safetensors", framework="np") as file:
        metadata = file.metadata()
        assert len(metadata.pop("ebm_crc32c")) == 8  # our readers check it
        assert metadata == {"origin": 'ebm, größer "als" ASCII'}, metadata
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    expected = {
        "conv1.weight": WEIGHT,
        "steps": STEPS,
        "bytes": BYTES,
        "scalar": SCALAR,
        "empty": np.zeros((0, 2), np.float32),
    }
    assert tensors.keys() == expected.keys(), tensors.keys()
    for name, values in expected.items():
        assert tensors[name].dtype == values.dtype, name
        assert tensors[name].shape == values.shape, name
        assert tensors[name].tobytes() == values.tobytes(), name

    pixels = np.arange(0, 7 * 36, 7, dtype=np.uint8)
    with Image.open(folder / "rgb.png") as image:
        assert image.mode == "RGB", image.mode
        expected = grid(pixels.reshape(3, 3, 2, 2).transpose(0, 2, 3, 1), 2, 1)
        np.testing.assert_array_equal(np.asarray(image), expected)
    with Image.open(folder / "gray.png") as image:
        assert image.mode == "L", image.mode
        expected = grid(pixels.reshape(3, 3, 4), 2, 2).repeat(2, axis=0).repeat(2, axis=1)
        np.testing.assert_array_equal(np.asarray(image), expected)

    check_animation(folder / "gray_animation.png", "L", (4, 5), milliseconds=125, loops=0)
    check_animation(folder / "rgb_animation.png", "RGB", (4, 5, 3), milliseconds=375, loops=2)


def check_animation(path, mode, shape, milliseconds, loops):
    with Image.open(path) as image:
        assert image.mode == mode, image.mode
        assert image.n_frames == 3, image.n_frames
        assert image.info["loop"] == loops, image.info
        for frame in range(3):
            image.seek(frame)
            assert image.info["duration"] == milliseconds, image.info
            expected = 50 * frame + np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
            np.testing.assert_array_equal(np.asarray(image.convert(mode)), expected)


def write_for_ebm(folder):
    tensors = {
        "conv1.weight": WEIGHT,
        "steps": STEPS,
        "bytes": BYTES,
        "scalar": SCALAR,
        "half": np.ones(3, np.float16),
    }
    save_file(tensors, folder / "from_python.safetensors", metadata={"origin": "Python, größer"})

    gray = np.array([[0, 40, 80], [120, 160, 200]], np.uint8)
    Image.fromarray(gray).convert("RGB").quantize(6).save(folder / "palette.png")
    deep = np.array([[0x0000, 0x0180], [0x80FF, 0xFFFF]], np.uint16)
    Image.fromarray(deep).save(folder / "sixteen_bits.png")


def check_that_python_refuses_what_ebm_refuses(folder):
    """Not our judgement alone: a hole, an overlap, bytes left over."""
    for offsets, size in [("[1,5]", 5), ("[0,3]", 3), ("[0,4]", 5)]:
        header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":%s}}' % offsets.encode()
        path = folder / "wrong.safetensors"
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
        try:
            safe_open(path, framework="np").__enter__()
        except Exception:
            continue
        raise AssertionError(f"Python reads data_offsets {offsets} of {size} bytes")


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([program, "write", name], check=True)
        check_what_ebm_wrote(folder)
        write_for_ebm(folder)
        subprocess.run([program, "check", name], check=True)
        check_that_python_refuses_what_ebm_refuses(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
