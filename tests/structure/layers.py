# SPDX-License-Identifier: MIT
"""Checks that the headers of include/ebm include only what lies below them, and define no macro of others.

Usage: layers.py FOLDER    (FOLDER is include/ebm; prints one sentence a violation)
"""

import re
import sys
from pathlib import Path

LAYERS = [
    {"core"},
    {"random", "parallel"},
    {"kernels"},
    {"autodiff"},
    {"nn"},
    {"energy"},
    {"sampler", "loss", "optim", "eval"},
    {"train"},
    {"ebm.hpp"},
]
# Components of their own, layer by layer: they stand beside the umbrella, which doesn't bring them,
# and nothing below may include them.
BESIDE = [{"io", "mpi", "simt"}, {"cuda", "log"}]
# The headers that bring all headers of some rooms.
UMBRELLAS = {"ebm.hpp": set.union(*LAYERS), "io/io.hpp": {"io"}, "log/log.hpp": {"io", "log"}}

LAYER_OF = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}
LAYER_OF.update({room: len(LAYERS) - 1 + above for above, rooms in enumerate(BESIDE) for room in rooms})

# Headers of the standard library that no header may bring to its users, and what to use instead.
FORBIDDEN = {
    **dict.fromkeys(("iomanip", "iostream", "sstream"), "streams take the program's locale and "
                    "seconds to compile: messages are made by sentence, digits by <charconv>"),
    "regex": "it takes half a second to compile",
}

# Macros of other libraries are their users' to define.
FOREIGN_MACRO = re.compile(r"^\s*#\s*(define|undef)\s+(?!EBM_)(\w+)", re.MULTILINE)

# The inline namespace that all of the library is in but its version, options and exceptions, which
# are one for all.
ABI, VERSION = "core/abi.hpp", "core/version.hpp"
NAMESPACE = re.compile(r"^namespace ebm\b.*", re.MULTILINE)
SHARED = "namespace ebm {  // the same for every instruction set"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def headers_of(folder):
    """The headers below `folder`, as paths relative to it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.hpp"))


def text_of(folder, header):
    return (folder / header).read_text(encoding="utf-8")


def includes_of(folder, header):
    """The pairs (delimiter, name) of the include lines of `header`."""
    return INCLUDE.findall(text_of(folder, header))


def own_includes_of(folder, header):
    """The headers of the library that `header` includes, relative to `folder`."""
    return [name[len("ebm/"):] for _, name in includes_of(folder, header) if name.startswith("ebm/")]


def room_of(header):
    return header.split("/")[0]


def include_violations(folder):
    """Sentences about the include lines that don't point downward."""
    for header in headers_of(folder):
        room = room_of(header)
        if room not in LAYER_OF:
            yield f"{header}: '{room}' is in no layer"
            continue
        for directive, macro in FOREIGN_MACRO.findall(text_of(folder, header)):
            yield f"{header} says #{directive} {macro}: macros of the library begin with EBM_"
        for delimiter, name in includes_of(folder, header):
            if delimiter == '"':
                yield f'{header} includes "{name}": headers of the library are written <ebm/...>'
            if name in FORBIDDEN:
                yield f"{header} includes <{name}>: {FORBIDDEN[name]}"
        for target in own_includes_of(folder, header):
            target_room = room_of(target)
            if not (folder / target).is_file():
                yield f"{header} includes ebm/{target}, which does not exist"
            elif target_room not in LAYER_OF:
                yield f"{header} includes ebm/{target}: '{target_room}' is in no layer"
            elif target_room != room and LAYER_OF[target_room] >= LAYER_OF[room]:
                yield (f"{header} (layer {LAYER_OF[room]}) includes ebm/{target} "
                       f"(layer {LAYER_OF[target_room]}): includes point only downward")


def reached_from(folder, start):
    """The headers of the library that include lines lead to from `start`, itself among them."""
    reached, waiting = set(), [start]
    while waiting:
        header = waiting.pop()
        if header not in reached and (folder / header).is_file():
            reached.add(header)
            waiting.extend(own_includes_of(folder, header))
    return reached


def umbrella_violations(folder):
    """Sentences about headers that an umbrella should bring but doesn't."""
    for umbrella, rooms in UMBRELLAS.items():
        reached = reached_from(folder, umbrella)
        for header in headers_of(folder):
            if reached and header not in reached and room_of(header) in rooms:
                yield f"{umbrella} does not bring {header}"


def namespace_violations(folder):
    """Sentences about headers whose names would be the same for every instruction set."""
    for header in headers_of(folder):
        opened = set(NAMESPACE.findall(text_of(folder, header))) - {SHARED}
        with_abi = {line for line in opened if line.startswith("namespace ebm::inline EBM_ABI")}
        # Without the macro EBM_ABI itself would be the namespace.
        if with_abi and ABI not in reached_from(folder, header):
            yield f"{header} says EBM_ABI and does not reach {ABI}, which defines it"
        if opened != with_abi and header != VERSION:
            yield (f"{header} opens namespace ebm without EBM_ABI: its names must tell instruction "
                   f"sets apart, or say that they are the same for all")


def violations(folder):
    if not headers_of(folder):
        return [f"{folder} holds no header"]
    return [*include_violations(folder), *umbrella_violations(folder), *namespace_violations(folder)]


if __name__ == "__main__":
    found = violations(Path(sys.argv[1]))
    print("\n".join(found) if found else "all includes point downward")
    sys.exit(1 if found else 0)
