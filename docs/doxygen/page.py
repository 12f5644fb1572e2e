# SPDX-License-Identifier: MIT
"""What Doxygen reads of a page: python3 page.py FILE, at the project's root.

Headings get GitHub's names, below that of their page; links to files and headings of the project become
references to them, and so do types and concepts of the library in code. Lines keep their numbers.
"""

import glob
import os
import re
import sys

CONTENTS = "docs/README.md"  # the page whose links make a tree of the others

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^]]*)\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
NAME = re.compile(r"(?<![\[\w`])`([\w:]+)`(?![`\w])")

DETAIL = re.compile(r"^namespace (?:ebm::inline EBM_ABI::)?detail \{.*?^\}", re.MULTILINE | re.DOTALL)
DECLARED = re.compile(
    r"^(?:namespace ebm(?:::inline EBM_ABI)?((?:::\w+)*) \{"
    r"|(?:class|struct|enum class) (?:alignas\(.*\) )?(\w+)[^;\n]*\{|concept (\w+) =|using (\w+) =)", re.MULTILINE)


def library_names():
    """The types and concepts of the library as pages write them, and whole."""
    names = {}
    for header in glob.glob("include/ebm/**/*.hpp", recursive=True):
        with open(header, encoding="utf-8") as file:
            text = DETAIL.sub("", file.read())
        scope = ""
        for match in DECLARED.finditer(text):
            name = match[2] or match[3] or match[4]
            if name is None:
                scope = match[1]
            else:
                names[f"{scope}::{name}".removeprefix("::")] = f"ebm{scope}::{name}"
    return names


def name_of(page, heading=""):
    return re.sub(r"\W", "_", os.path.splitext(page)[0]) + (f"_{heading}" if heading else "")


def anchor_of(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def filtered(page, text, names):
    children = set()

    def heading(match):
        level, words = match.groups()
        return f"{match[0]} {{#{name_of(page, anchor_of(words) if level != '#' else '')}}}"

    def link(match):
        words, target, place = match.groups()
        if "://" in target:
            return match[0]
        target = os.path.normpath(os.path.join(os.path.dirname(page), target)) if target else page
        if not target.endswith(".md"):
            is_shown = target.endswith((".hpp", ".cpp")) or os.path.isdir(target)
            return f'@ref {target.removeprefix("include/")} "{words}"' if is_shown else words
        is_child = page == CONTENTS and place is None and target not in children
        children.add(target)
        return f'{"@subpage" if is_child else "@ref"} {name_of(target, place)} "{words}"'

    def name(match):
        return f"[{match[1]}](@ref {names[match[1]]})" if match[1] in names else match[0]

    prose = [NAME.sub(name, LINK.sub(link, HEADING.sub(heading, part))) for part in FENCED.split(text)]
    blocks = FENCED.findall(text) + [""]
    return "".join(part + block for part, block in zip(prose, blocks))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(filtered(os.path.relpath(sys.argv[1]), file.read(), library_names()))
