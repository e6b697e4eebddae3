"""The folders of mta/DESIGN.md and their arrows are those of the #include lines.

What      The block ```folders of the document: NAME = FILE … names a group of files, FOLDER -> FOLDER … says what a folder includes. Every
          include of the programs and of tests/sim follows an arrow, every arrow is followed by an include, every folder stands there.
Source    mta/DESIGN.md §2.
Not here  which arrows there may be (layers.py).
"""
import posixpath

from tree import Fault

DOCUMENT = "mta/DESIGN.md"


def read(text):
    """(group of each file, arrows of each folder, line of each folder, line of the block)."""
    groups, arrows, lines, begin = {}, {}, {}, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() == "```folders":
            begin = number
        elif begin and line.startswith("```"):
            break
        elif begin and "->" in line:
            folder, _, below = line.partition("->")
            arrows[folder.strip()] = below.split()
            lines[folder.strip()] = number
        elif begin and "=" in line:
            name, _, files = line.partition("=")
            groups.update({file: name.strip() for file in files.split()})
    return groups, arrows, lines, begin


def drawn(path):
    return not path.startswith("tests/") or path.startswith("tests/sim/")


def check(tree):
    if DOCUMENT not in tree.files:
        return
    groups, arrows, lines, begin = read(tree.text(DOCUMENT))
    place = lambda path: groups.get(path) or posixpath.dirname(path)
    if not begin:
        yield Fault(DOCUMENT, 1, "expected a block ```folders, found none")
        return
    for path in sorted(set(groups) - set(tree.files)):
        yield Fault(DOCUMENT, begin, f"draws {path}, which is not in the tree")
    seen, headers = {}, set(tree.ending(".h"))
    for path, line, name, quoted in tree.includes:
        if quoted and name in headers and drawn(path) and place(path) != place(name):
            seen.setdefault((place(path), place(name)), (path, line, name))
    for (above, below), (path, line, name) in sorted(seen.items()):
        if below not in arrows.get(above, []):
            yield Fault(path, line, f'includes "{name}": {DOCUMENT} has no arrow {above} -> {below}')
    for above, belows in arrows.items():
        for below in belows:
            if (above, below) not in seen:
                yield Fault(DOCUMENT, lines[above], f"no include follows the arrow {above} -> {below}")
    for folder in sorted({place(path) for path in tree.cpp if drawn(path)} - set(arrows)):
        yield Fault(DOCUMENT, begin, f"does not draw {folder}")
