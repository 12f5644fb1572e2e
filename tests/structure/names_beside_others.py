# SPDX-License-Identifier: MIT
"""Checks that `using namespace ebm` stands beside `using namespace Eigen` and `using namespace std`.

Usage: names_beside_others.py FOLDER COMPILER FLAG...    (FOLDER is include/ebm; flags that check a C++20 source)
Has the compiler look up every public name of the library where all of them are used; it says of a
name that means two things that it is ambiguous.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Eigen has these too: docs/building.md says that they are written with ebm:: there.
WRITTEN_WITH_EBM = {"Sequential", "Stride"}

OTHERS = ("Eigen/Dense", "algorithm", "array", "bit", "chrono", "cmath", "complex", "filesystem",
          "functional", "future", "iomanip", "iterator", "map", "memory", "numbers", "numeric",
          "optional", "queue", "random", "ranges", "regex", "set", "span", "stack", "string",
          "thread", "tuple", "utility", "valarray", "variant", "vector")

NAMESPACE = re.compile(r"^(?P<close>\}  // )?namespace (?P<name>[\w:]+)", re.MULTILINE)
DECLARATION = re.compile(
    r"^(?:struct|class|concept|enum|enum class|using) (?:alignas\(.*\) )?(\w+)(?= [{:=]|;)"
    r"|^(?!template|using)(?:\[\[.*?\]\] )?(?:inline |constexpr |EBM_INLINE )*"
    r"[A-Za-z][\w:<>, ]*[ &*](\w+)(?=\(| = |;|\{)",
    re.MULTILINE)


def public_names(source):
    """The names that a header declares in ebm or ebm::io."""
    source = source.replace("::inline EBM_ABI", "")  # nobody writes it
    names, open_namespaces, position = set(), [], 0
    for line in [*NAMESPACE.finditer(source), None]:
        if open_namespaces in (["ebm"], ["ebm::io"]):
            part = source[position:line.start() if line else None]
            names.update(a or b for a, b in DECLARATION.findall(part))
        if line:
            open_namespaces = open_namespaces[:-1] if line["close"] else [*open_namespaces, line["name"]]
            position = line.end()
    return names - {"operator"}


def lookups_of(names):
    """A source that looks the names up where all namespaces are used."""
    lines = [f"#include <{header}>" for header in ("ebm/ebm.hpp", "ebm/log/log.hpp", *OTHERS)]
    lines.append("namespace all { using namespace Eigen; using namespace std; "
                 "using namespace ebm; using namespace ebm::io; }")
    lines += [f"namespace lookup_of_{name} {{ using all::{name}; }}" for name in sorted(names)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    folder, *compiler = sys.argv[1:]
    headers = [path for path in Path(folder).rglob("*.hpp") if path.parent.name not in ("cuda", "simt")]
    found = set().union(*(public_names(path.read_text(encoding="utf-8")) for path in headers))
    if not {"Sequential", "Langevin", "square", "Samples", "lanes", "GrayImages", "Energy"} <= found:
        sys.exit(f"the names are not read as they should: {sorted(found)}")
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
        source.write(lookups_of(found - WRITTEN_WITH_EBM))
        source.flush()
        sys.exit(subprocess.run([*compiler, source.name]).returncode)
