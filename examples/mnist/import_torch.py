#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns PyTorch's weights of a Sequential into a model file of ebm, and back.

    import_torch.py CHECKPOINT MODEL.safetensors
    import_torch.py --export MODEL.safetensors STATE_DICT.pt

CHECKPOINT is what torch.save(model.state_dict()) wrote, or a checkpoint of a Lightning module. What
stands before all of its names ("cnn.cnn_layers.", "net.", nothing...) is left out. The rest says
which of ebm's parameters a tensor is:

- Names of ebm ("conv1.weight", "residual1.conv2.bias") stay as they are.
- Layers of an nn.Sequential, which are numbers ("0.weight", "2.weight"), are counted by kind: conv1,
  conv2, linear1; norm1 where a weight has one dimension. Where a bias is as long as the second
  dimension of a weight of four, and not as the first, it is a conv_transpose.
- --rename THEIRS=OURS says it of any other module, e.g. --rename 3.block.0=residual1.conv1.

--like MODEL.safetensors asks for the names and shapes of that model, such as an untrained one, reads
shapes that differ by ones as its own ([64, 32] as [64, 32, 1, 1]), and takes its metadata, such as
the noise levels of ebm-mnist's models.

--export writes a state dict under ebm's names; with --like STATE_DICT.pt, under the names of that
one, for model.load_state_dict(torch.load(STATE_DICT.pt)); --rename stays as it is.

Needs Python 3.9 and torch 1.10. Exit status: 0 success; 1 a file that does not fit; 2 wrong usage.
"""

import argparse
import collections
import io
import json
import math
import os
import pickle
import re
import struct
import sys
import tempfile
import zipfile

try:
    import torch
except ImportError:
    sys.exit(f"import_torch: {sys.executable} has no torch: install it "
             "(Debian: python3-torch, PyPI: torch) or run another Python")

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


def checked(tensor, name, path):
    """The tensor in float32, if it is dense and has finite values."""
    if not tensor.is_floating_point():
        raise Misfit(f"'{path}' holds '{name}' of {tensor.dtype}, expected floating-point numbers")
    if tensor.layout != torch.strided or tensor.is_meta:
        kind = "a meta tensor" if tensor.is_meta else f"a tensor of layout {tensor.layout}"
        raise Misfit(f"'{path}' holds '{name}' as {kind}, expected a dense tensor with values")
    tensor = tensor.detach().to(torch.float32).contiguous()
    if not torch.isfinite(tensor).all():
        raise Misfit(f"'{path}' holds a value in '{name}' that is not a finite float32")
    return tensor


# Names


# Modules of ebm that hold others: a prefix ends before them.
BLOCK = re.compile(r"(attention|concat|condition|residual)\d+|shortcut")


def common_prefix(modules):
    """What stands before all modules and is no name of ebm: "cnn.layers." or nothing."""
    paths = [module.split(".")[:-1] for module in modules]
    length = 0
    for column in zip(*paths):
        if len(set(column)) > 1 or BLOCK.fullmatch(column[0]):
            break
        length += 1
    return "".join(part + "." for part in paths[0][:length])


def kind_of(weight, bias):
    """How ebm calls the layer with these tensors."""
    kinds = {1: "norm", 2: "linear", 4: "conv"}
    if weight is None or weight.dim() not in kinds:
        return None
    kind = kinds[weight.dim()]
    if kind == "conv" and bias is not None and len(bias) != weight.shape[0]:
        return "conv_transpose" if len(bias) == weight.shape[1] else None
    return kind


def our_names(state, renames, path):
    """ebm's name of each tensor: {theirs: ours}."""
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    unnamed = [module for module in modules if module not in renames]
    prefix = common_prefix(unnamed) if unnamed else ""
    counts, ours = collections.Counter(), {}
    for module in modules:
        short = module[len(prefix):] if module.startswith(prefix) else module
        kind = kind_of(state.get(f"{module}.weight"), state.get(f"{module}.bias"))
        if module in renames or short in renames:
            ours[module] = renames.get(module, renames.get(short))
        elif short.isdigit() and kind is not None:
            counts[kind] += 1
            ours[module] = f"{kind}{counts[kind]}"
        elif any(part.isdigit() for part in short.split(".")):
            raise Misfit(f"'{path}' holds the module '{module}', which may be any of ebm's: name "
                         f"it, e.g. by --rename {short}=residual1.conv1")
        else:
            ours[module] = short
    unused = sorted(set(renames) - set(modules) - {m[len(prefix):] for m in modules})
    if unused:
        raise Misfit(f"'{path}' holds no module '{unused[0]}', which --rename names")
    names = {}
    for name in state:
        module, _, tensor = name.rpartition(".")
        names[name] = f"{ours[module]}.{tensor}" if ours[module] else tensor
    twice = [name for name, count in collections.Counter(names.values()).items() if count > 1]
    if twice:
        raise Misfit(f"'{path}' holds two tensors that would be '{twice[0]}': name the modules "
                     "apart by --rename")
    return names


def without_ones(shape):
    return [extent for extent in shape if extent != 1]


def fitted(tensors, expected, path, like):
    """`tensors` in the shapes of the tensors `expected`, of which there must be the same."""
    for name in sorted(expected.keys() ^ tensors.keys()):
        raise Misfit(f"'{path}' holds '{name}', which '{like}' does not" if name in tensors else
                     f"'{path}' lacks '{name}' of '{like}'")
    for name, tensor in tensors.items():
        if without_ones(tensor.shape) != without_ones(expected[name].shape):
            raise Misfit(f"'{path}' holds '{name}' of shape {list(tensor.shape)}, expected "
                         f"{list(expected[name].shape)} as in '{like}'")
    return {name: tensor.reshape(expected[name].shape) for name, tensor in tensors.items()}


def read_state(path, trust):
    """The tensors of a PyTorch file by their names there."""
    state = state_dict_in(load(path, trust), path)
    return {name: checked(tensor, name, path) for name, tensor in state.items()}


def imported(options):
    """The bytes of a model file."""
    state = read_state(options.source, options.trust)
    names = our_names(state, options.rename, options.source)
    tensors, metadata = {names[name]: tensor for name, tensor in state.items()}, {}
    if options.like:
        expected, metadata = read_model(options.like)
        tensors = fitted(tensors, expected, options.source, options.like)
    return safetensors(tensors, metadata)


def exported(options):
    """The bytes of a state dict."""
    tensors, _ = read_model(options.source)
    if options.like:
        like = read_state(options.like, options.trust)
        names = our_names(like, options.rename, options.like)
        tensors = fitted(tensors, {names[name]: tensor for name, tensor in like.items()},
                         options.source, options.like)
        tensors = {name: tensors[names[name]] for name in like}
    elif options.rename:
        raise Misfit("--rename needs --like when exporting, which says all other names")
    buffer = io.BytesIO()  # torch.save into a file aborts when the disk is full
    torch.save(tensors, buffer)
    return buffer.getvalue()


# The model files: https://huggingface.co/docs/safetensors, in a few lines, since torch does
# not bring a reader.


def safetensors(tensors, metadata):
    """The bytes of {name: tensor}: the header's length, the header in JSON, the values."""
    header, body = {"__metadata__": {"format": "pt", **metadata}}, b""
    for name, tensor in tensors.items():
        begin = len(body)
        body += struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [begin, len(body)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # values begin at a multiple of 8
    return struct.pack("<Q", len(text)) + text + body


def read_model(path):
    """The tensors of a model file by name, and its metadata."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        size = struct.unpack_from("<Q", content)[0]
        header = json.loads(content[8:8 + size])
        metadata = header.pop("__metadata__", {})
        metadata.pop("ebm_crc32c", None)  # the checksum of that file
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
    return {name: checked(tensor, name, path) for name, tensor in found.items()}, metadata


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


def renaming(text):
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise argparse.ArgumentTypeError(f"expected THEIRS=OURS, got '{text}'")
    return theirs, ours


def main():
    parser = argparse.ArgumentParser(
        prog="import_torch", formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="import_torch.py [OPTIONS] CHECKPOINT MODEL.safetensors\n"
              "       import_torch.py --export [OPTIONS] MODEL.safetensors STATE_DICT.pt",
        description=__doc__)
    parser.add_argument("source", metavar="CHECKPOINT", help="file to read")
    parser.add_argument("target", metavar="MODEL.safetensors", help="file to write")
    parser.add_argument("--trust", action="store_true",
                        help="make any objects that the file asks for, which can run code")
    parser.add_argument("--export", action="store_true",
                        help="the other way: from a model file to a state dict")
    parser.add_argument("--like", metavar="FILE",
                        help="a model file, or with --export a state dict, for names and shapes")
    parser.add_argument("--rename", metavar="THEIRS=OURS", type=renaming, action="append",
                        default=[], help="what ebm calls one of PyTorch's modules")
    options = parser.parse_args()
    options.rename = dict(options.rename)
    try:
        if os.path.exists(options.target) and os.path.samefile(options.source, options.target):
            raise Misfit(f"'{options.target}' is the file to read: choose another name to write")
        content = exported(options) if options.export else imported(options)
        write(options.target, content)
    except Misfit as misfit:
        sys.exit("import_torch: " + " ".join(str(misfit).split()))
    except OSError as error:
        sys.exit(f"import_torch: '{error.filename}': {error.strerror}")
    print(f"Wrote {options.target}")


if __name__ == "__main__":
    main()
