#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns PyTorch's weights of the tutorial's network into a model file of ebm-mnist, and back.

    import_torch.py CHECKPOINT MODEL.safetensors
    import_torch.py --export MODEL.safetensors STATE_DICT.pt

CHECKPOINT is what torch.save(model.state_dict()) wrote for the CNNModel of the UvA deep learning
course's Tutorial 8 (hidden_features=32), or a checkpoint of its Lightning module. The names of the
tensors end in N.weight and N.bias, where N is a layer's place in the tutorial's Sequential; what
stands before it ("cnn.cnn_layers.", "cnn_layers.", nothing...) is the same for all.
--export writes the state dict of a CNNModel: model.load_state_dict(torch.load(STATE_DICT.pt)).

Needs Python 3.9 and torch 1.10. Exit status: 0 success; 1 a file that does not fit; 2 wrong usage.
"""

import argparse
import collections
import io
import json
import math
import os
import pickle
import struct
import sys
import tempfile
import zipfile

try:
    import torch
except ImportError:
    sys.exit(f"import_torch: {sys.executable} has no torch: install it "
             "(Debian: python3-torch, PyPI: torch) or run another Python")

# Place in the tutorial's Sequential, whose other places are activations and the flattening; name of
# the layer in Network (network.hpp); shape of its weight.
LAYERS = (
    (0, "conv1", (16, 1, 5, 5)),
    (2, "conv2", (32, 16, 3, 3)),
    (4, "conv3", (64, 32, 3, 3)),
    (6, "conv4", (64, 64, 3, 3)),
    (9, "linear1", (64, 256)),
    (11, "linear2", (1, 64)),
)
# (name in PyTorch, name in ebm-mnist, shape) of each tensor
TENSORS = tuple(
    (f"{place}.{kind}", f"{layer}.{kind}", shape if kind == "weight" else shape[:1])
    for place, layer, shape in LAYERS for kind in ("weight", "bias"))


class Misfit(Exception):
    """A file that can't be used, as one sentence."""


# PyTorch's files


# What stands before the tensors in these files is a pickle, which may call anything that can be
# imported. torch.load(weights_only=True) refuses plain numbers in torch 1.13 and let some files run
# code until torch 2.6 (CVE-2025-32434): hence a reader of our own, the same for every torch. The
# formats: https://pytorch.org/docs/stable/notes/serialization.html and
# torch/serialization.py.


def rebuilt(storage, offset, shape, strides, *_):
    """A tensor of a storage's values; torch checks that it stays within the storage."""
    return torch.as_strided(storage, shape, strides, offset)


# All that a file may call
KNOWN = {
    "__builtin__.set": set,  # as Python 2, whose names torch.save writes, calls it
    "collections.Counter": collections.Counter,
    "collections.OrderedDict": collections.OrderedDict,
    "collections.defaultdict": collections.defaultdict,
    "torch.Size": torch.Size,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch._utils._rebuild_tensor_v2": rebuilt,
}
STORAGES = {
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.BoolStorage": torch.bool,
    "torch.ByteStorage": torch.uint8,
    "torch.CharStorage": torch.int8,
    "torch.ComplexDoubleStorage": torch.complex128,
    "torch.ComplexFloatStorage": torch.complex64,
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.IntStorage": torch.int32,
    "torch.LongStorage": torch.int64,
    "torch.ShortStorage": torch.int16,
}


def stand_in(name):
    """For a class that is not imported: Lightning before 1.5 names callbacks by their classes."""
    class StandIn:
        def __new__(cls, *_, **__):
            raise pickle.UnpicklingError(
                f"it makes a {name}, which could run code; save model.state_dict() with dense "
                "tensors alone, or pass --trust if you know who made the file")
    return StandIn


class Reader(pickle.Unpickler):
    """Reads a pickle of torch.save; `storages` are to be filled with the values that follow it."""

    def __init__(self, file, trust):
        super().__init__(file)
        self.trust = trust
        self.storages = {}

    def find_class(self, module, name):
        path = f"{module}.{name}"
        if path in STORAGES:
            return STORAGES[path]
        if path in KNOWN:
            return KNOWN[path]
        return super().find_class(module, name) if self.trust else stand_in(path)

    def persistent_load(self, pid):
        kind, dtype, key, _, count = pid[:5]
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise pickle.UnpicklingError("it holds a whole module or a rare type of numbers; save "
                                         "model.state_dict() with floating-point tensors alone")
        if key not in self.storages:
            self.storages[key] = torch.empty(count, dtype=dtype)
        return self.storages[key]

    def fill(self, key, values):
        storage = self.storages[key]
        if len(values) != storage.numel() * storage.element_size():
            raise EOFError("values of a tensor are missing")
        if values:
            storage.copy_(torch.frombuffer(bytearray(values), dtype=storage.dtype))


def read_archive(file, trust):
    """What torch.save wrote since torch 1.6: a zip archive with a checksum of each record."""
    with zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
        if damaged:
            raise zipfile.BadZipFile(f"its record '{damaged}' is damaged")
        pickled = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        reader = Reader(io.BytesIO(archive.read(pickled)), trust)
        content = reader.load()
        for key in reader.storages:
            reader.fill(key, archive.read(pickled[:-len("data.pkl")] + f"data/{key}"))
    return content


def read_stream(file, trust):
    """What torch.save wrote before torch 1.6: pickles, then each storage's count and values."""
    for _ in range(3):  # the magic number, the format's version, what machine wrote it
        Reader(file, trust).load()
    reader = Reader(file, trust)
    content = reader.load()
    for key in Reader(file, trust).load():
        count, = struct.unpack("<q", file.read(8))
        reader.fill(key, file.read(count * reader.storages[key].element_size()))
    return content


def is_archive(file):
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(name.endswith("data.pkl") for name in archive.namelist())


def load(path, trust):
    """What torch.save wrote; without `trust` nothing in the file can run code."""
    stream_begins = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # a pickled magic number
    with open(path, "rb") as file:
        is_stream = file.read(len(stream_begins)) == stream_begins
        file.seek(0)
        try:
            if is_stream:
                return read_stream(file, trust)
            if is_archive(file):
                return read_archive(file, trust)
        except Exception as error:  # damage shows in many ways
            raise Misfit(f"'{path}' can't be read: "
                         f"{str(error) or type(error).__name__}") from error
    raise Misfit(f"'{path}' is no file that torch.save wrote")


def state_dict_in(content, path):
    """The tensors by name, of a state dict or a Lightning checkpoint."""
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise Misfit(f"'{path}' holds a {type(content).__name__}, expected a state dict")
    if not content:
        raise Misfit(f"'{path}' holds no tensors")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise Misfit(f"'{path}' holds a {type(value).__name__} named {name!r}, expected a state "
                         "dict of tensors alone")
    return content


def common_prefix(names, path):
    """What stands before "N.weight" and "N.bias" in all names."""
    prefixes = set()
    for name in names:
        parts = name.rsplit(".", 2)
        is_layer = len(parts) >= 2 and parts[-2].isdigit() and parts[-1] in ("weight", "bias")
        if not is_layer:
            raise Misfit(f"'{path}' holds the tensor '{name}', which the tutorial's network does "
                         "not have")
        prefixes.add(parts[0] + "." if len(parts) == 3 else "")
    if len(prefixes) > 1:
        raise Misfit(f"'{path}' holds more than one network: "
                     + " and ".join(f"'{prefix}'" for prefix in sorted(prefixes)))
    return prefixes.pop()


def checked(tensor, name, shape, path):
    """The tensor in float32, if it has this shape and finite values."""
    if tuple(tensor.shape) != shape:
        raise Misfit(f"'{path}' holds '{name}' of shape {list(tensor.shape)}, expected "
                     f"{list(shape)} as in the tutorial's network with hidden_features=32")
    if not tensor.is_floating_point():
        raise Misfit(f"'{path}' holds '{name}' of {tensor.dtype}, expected floating-point numbers")
    if tensor.layout != torch.strided or tensor.is_meta:
        kind = "a meta tensor" if tensor.is_meta else f"a tensor of layout {tensor.layout}"
        raise Misfit(f"'{path}' holds '{name}' as {kind}, expected a dense tensor with values")
    tensor = tensor.detach().to(torch.float32).contiguous()
    if not torch.isfinite(tensor).all():
        raise Misfit(f"'{path}' holds a value in '{name}' that is not a finite float32")
    return tensor


def read_checkpoint(path, trust):
    """The tensors of a PyTorch file under the names of ebm-mnist."""
    state = state_dict_in(load(path, trust), path)
    prefix = common_prefix(state, path)
    expected = {prefix + theirs for theirs, _, _ in TENSORS}
    for missing in sorted(expected - state.keys()):
        raise Misfit(f"'{path}' lacks '{missing}' of the tutorial's network")
    for extra in sorted(state.keys() - expected):
        raise Misfit(f"'{path}' holds '{extra}', where the tutorial's network has no layer")
    return {ours: checked(state[prefix + theirs], prefix + theirs, shape, path)
            for theirs, ours, shape in TENSORS}


# The files of ebm-mnist: https://huggingface.co/docs/safetensors, in a few lines, since torch does
# not bring a reader.


def safetensors(tensors):
    """The bytes of {name: tensor}: the header's length, the header in JSON, the values."""
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        begin = len(body)
        body += struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [begin, len(body)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # values begin at a multiple of 8
    return struct.pack("<Q", len(text)) + text + body


def read_model(path):
    """The tensors of a model file of ebm-mnist under PyTorch's names."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        size = struct.unpack_from("<Q", content)[0]
        header = json.loads(content[8:8 + size])
        header.pop("__metadata__", None)
        found = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            count = math.prod(entry["shape"])
            if entry["dtype"] != "F32" or begin < 0 or end - begin != 4 * count:
                raise ValueError(name)
            values = struct.unpack(f"<{count}f", content[8 + size + begin:8 + size + end])
            found[name] = torch.tensor(values, dtype=torch.float32).reshape(entry["shape"])
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, OverflowError,
            RuntimeError) as error:  # RuntimeError: shapes that torch refuses, JSON nested too deep
        raise Misfit(f"'{path}' is no safetensors file of float32 tensors") from error
    for name in sorted({ours for _, ours, _ in TENSORS} ^ found.keys()):
        verb = "holds" if name in found else "lacks"
        raise Misfit(f"'{path}' {verb} '{name}', so it is no model of the tutorial's network")
    return {f"cnn_layers.{theirs}": checked(found[ours], ours, shape, path)
            for theirs, ours, shape in TENSORS}


# The command line


def write(path, content):
    """Makes `content` the file `path`: whole, or not at all."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise Misfit(f"'{path}' can't be written: it is not a regular file")
    try:
        folder = os.path.dirname(os.path.abspath(path))
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".import_torch-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)  # mkstemp's are for their owner alone
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:  # names the temporary file, or none
        raise Misfit(f"'{path}' can't be written: {error.strerror}") from error


def main():
    parser = argparse.ArgumentParser(
        prog="import_torch", formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="import_torch.py [--trust] CHECKPOINT MODEL.safetensors\n"
              "       import_torch.py --export MODEL.safetensors STATE_DICT.pt",
        description=__doc__)
    parser.add_argument("source", metavar="CHECKPOINT", help="file to read")
    parser.add_argument("target", metavar="MODEL.safetensors", help="file to write")
    parser.add_argument("--trust", action="store_true",
                        help="make any objects that the file asks for, which can run code")
    parser.add_argument("--export", action="store_true",
                        help="the other way: from a model file to a state dict")
    options = parser.parse_args()
    try:
        if os.path.exists(options.target) and os.path.samefile(options.source, options.target):
            raise Misfit(f"'{options.target}' is the file to read: choose another name to write")
        if options.export:
            buffer = io.BytesIO()  # torch.save into a file aborts when the disk is full
            torch.save(read_model(options.source), buffer)
            content = buffer.getvalue()
        else:
            content = safetensors(read_checkpoint(options.source, options.trust))
        write(options.target, content)
    except Misfit as misfit:
        sys.exit("import_torch: " + " ".join(str(misfit).split()))
    except OSError as error:
        sys.exit(f"import_torch: '{error.filename}': {error.strerror}")
    print(f"Wrote {options.target}")


if __name__ == "__main__":
    main()
