# SPDX-License-Identifier: MIT
"""What the pages say in C++ is what their programs do: python3 snippets.py ROOT.

Each block of C++ in docs/ follows a line `<!-- from FILE -->` and stands in that file of the
project, lines in their order, whatever it is indented by. Links to files, and to headings of pages,
lead to one; so do those of README.md, CONTRIBUTING.md and benchmarks/.
"""

import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCE = re.compile(r"<!-- from (\S+) -->\n\Z")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def lines_of(text):
    return [line.strip() for line in textwrap.dedent(text).strip().splitlines()]


def contains(whole, part):
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def anchors_of(page):
    """The names by which GitHub knows the headings of a page."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text()))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def block_problems_of(page, root):
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


def link_problems_of(page):
    for link in LINK.finditer(re.sub(r"`[^`]*`", "", BLOCK.sub("", page.read_text()))):
        if "://" in link[1]:
            continue
        target = page.parent / link[1] if link[1] else page
        if not target.exists():
            yield f"{page}: a link leads nowhere: {link[1]}"
        elif link[2] and link[2] not in anchors_of(target):
            yield f"{page}: {link[1] or 'the page'} has no heading #{link[2]}"


def main():
    root = pathlib.Path(sys.argv[1])
    pages = sorted((root / "docs").rglob("*.md"))
    others = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "benchmarks").glob("*.md"))]
    problems = [p for page in pages for p in block_problems_of(page, root)]
    problems += [p for page in pages + others for p in link_problems_of(page)]
    print("\n".join(problems) or f"{len(pages)} pages say what their programs do; links lead somewhere")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
