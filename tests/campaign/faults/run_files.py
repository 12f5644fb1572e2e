# SPDX-License-Identifier: MIT
"""What the folder of a run holds, so that two runs can be compared and half-written files found."""

import csv
import hashlib
import json
import os
import struct
import zlib

EVENTS = "events.out.tfevents."


def records(content):
    """The whole records of a TFRecord file; the last may be cut off, as a kill leaves it."""
    at = 0
    while at + 12 <= len(content):
        size = struct.unpack_from("<Q", content, at)[0]
        if at + size + 16 > len(content):
            return
        yield content[at + 12:at + 12 + size]
        at += size + 16


def events(files):
    """(step, hash of tag and value) of what TensorBoard shows of event files in their order."""
    shown = set()
    for content in files:
        for record in records(content):
            step, shift, at = 0, 0, 10  # after the time: 9 bytes, and the number of the field
            while True:
                step |= (record[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if record[at - 1] < 128:
                    break
            if record[at] == 0x2a:  # a summary
                shown.add((step, hashlib.sha1(record[at:]).hexdigest()))
            elif record[at] == 0x3a:  # a session starts, which voids what it does again
                shown = {event for event in shown if event[0] < step}
    return shown


def table(path):
    """The rows of metrics.csv without the column of seconds."""
    with open(path, newline="") as file:
        return [tuple(sorted((k, v) for k, v in row.items() if k != "seconds"))
                for row in csv.DictReader(file)]


def options(path):
    """The lines of config.toml without comments, of which one has the command."""
    with open(path) as file:
        return [line for line in file if not line.startswith("#")]


def contents(folder):
    """{name: what must be equal in equal runs}, of all files and folders."""
    result, event_files = {}, {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            short = os.path.relpath(path, folder)
            if name in folders:
                result[short + "/"] = None
            elif short == "metrics.csv":
                result[short] = table(path)
            elif short == "config.toml":
                result[short] = options(path)
            else:
                with open(path, "rb") as file:
                    content = file.read()
                if name.startswith(EVENTS):
                    event_files[short] = content
                else:
                    if name.endswith(".html"):  # a report names its folder
                        content = content.replace(os.fsencode(folder), b"RUN")
                    result[short] = hashlib.sha1(content).hexdigest()
    if event_files:
        result["tensorboard/" + EVENTS + "*"] = events(event_files[n] for n in sorted(event_files))
    return result


def difference(expected, got):
    """One line that says where contents differ, or ''."""
    other = [f"{name} is another" for name in sorted(expected.keys() & got.keys())
             if expected[name] != got[name]]
    return "; ".join([*(f"{name} is missing" for name in sorted(expected.keys() - got.keys())),
                      *(f"{name} is too much" for name in sorted(got.keys() - expected.keys())),
                      *other])


def is_whole(name, content):
    """Whether the file ends where its format says that it ends."""
    if name.endswith(".safetensors"):
        if len(content) < 8:
            return False
        size = 8 + struct.unpack_from("<Q", content)[0]
        if len(content) < size:
            return False
        tensors = json.loads(content[8:size])
        tensors.pop("__metadata__", None)
        ends = [tensor["data_offsets"][1] for tensor in tensors.values()]
        return len(content) == size + max(ends, default=0)
    if name.endswith(".png"):
        at = 8
        while at + 12 <= len(content):
            size = struct.unpack_from(">I", content, at)[0]
            chunk, check = content[at + 4:at + 8 + size], content[at + 8 + size:at + 12 + size]
            if check != struct.pack(">I", zlib.crc32(chunk)):
                return False
            at += 12 + size
        return at == len(content) and content[-8:-4] == b"IEND"
    if name.endswith((".csv", ".toml", ".jsonl")):
        return content.endswith(b"\n")
    if name.endswith(".html"):
        return content.rstrip().endswith(b"</html>")
    return True


def half_written(folder):
    """Names of the files that are not whole."""
    result = []
    for place, _, files in os.walk(folder):
        for name in files:
            if name.startswith(".ebm-"):
                continue
            with open(os.path.join(place, name), "rb") as file:
                if not is_whole(name, file.read()):
                    result.append(os.path.relpath(os.path.join(place, name), folder))
    return result


def leftovers(folder):
    """Names of temporary files."""
    return [os.path.relpath(os.path.join(place, name), folder)
            for place, _, files in os.walk(folder) for name in files
            if name.startswith(".ebm-") and name.endswith(".tmp")]
