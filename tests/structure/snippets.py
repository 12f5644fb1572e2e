# SPDX-License-Identifier: MIT
"""What the pages say in C++ is what their programs do: python3 snippets.py ROOT.

Each block of C++ in docs/ follows a line `<!-- from FILE -->` and stands in that file of the
project, lines in their order, whatever it is indented by. Links to files lead to one.
"""

import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCE = re.compile(r"<!-- from (\S+) -->\n\Z")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def lines_of(text):
    return [line.strip() for line in textwrap.dedent(text).strip().splitlines()]


def contains(whole, part):
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def problems_of(page, root):
    text = page.read_text()
    for block in BLOCK.finditer(text):
        if block[1] != "cpp":
            continue
        line = text[:block.start()].count("\n") + 1
        source = SOURCE.search(text[:block.start()])
        if source is None:
            yield f"{page}:{line}: a block of C++ without `<!-- from FILE -->` before it"
        elif not (root / source[1]).is_file():
            yield f"{page}:{line}: there is no {source[1]}"
        elif not contains(lines_of((root / source[1]).read_text()), lines_of(block[2])):
            yield f"{page}:{line}: this is not in {source[1]}"
    for link in LINK.finditer(re.sub(r"`[^`]*`", "", BLOCK.sub("", text))):
        if "://" not in link[1] and not (page.parent / link[1]).exists():
            yield f"{page}: a link leads nowhere: {link[1]}"


def main():
    root = pathlib.Path(sys.argv[1])
    pages = sorted((root / "docs").rglob("*.md")) + [root / "README.md"]
    problems = [p for page in pages[:-1] for p in problems_of(page, root)]
    problems += [p for p in problems_of(pages[-1], root) if "leads nowhere" in p]
    print("\n".join(problems) or f"{len(pages)} pages say what their programs do")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
