"""What the rules themselves allow names something that is there and needs it.

What      Each list of files or folders in banned.py, heavy.py, layers.py, dead.py, documents.py, sentences.py and shape.py: every entry matches
          a file of the tree; an entry that lets files say a banned name or include a heavy header matches one that does.
Source    mta/DESIGN.md §8, rule 12: an exception that nobody needs hides the next fault.
Not here  exceptions.py, which looks after itself.
"""
import fnmatch
import re

import banned
import classes
import dead
import documents
import heavy
import layers
import sentences
import shape
from tree import Fault

FOLDER = "tests/tidy/"


def matches(tree, entry):
    return [path for path in tree.files if fnmatch.fnmatch(path, entry) or path.startswith(entry.rstrip("/") + "/")]


def of_layers():
    floors = set(layers.BELOW) | {name for below in layers.BELOW.values() for name in below} | set(layers.LEAVES)
    return floors | set(layers.FREE)


def places():
    """(file of tidy, entry) of what is listed as a file, a folder or a pattern of them."""
    listed = {"layers.py": of_layers(), "dead.py": dead.ROOT | set(dead.TESTED_ELSEWHERE), "sentences.py": sentences.FOLDERS + sentences.SIMULATED,
              "shape.py": ["*" + end for end in shape.BLANKS_MATTER], "banned.py": banned.REAL + banned.OUTSIDE + list(banned.DATA)}
    return [(rule, entry) for rule, entries in listed.items() for entry in entries]


def unneeded_bans(tree):
    shared = set(banned.REAL + banned.OUTSIDE)
    for wrong, pattern, files in banned.BANNED:
        for entry in set(files) - shared:
            if not any(re.search(pattern, tree.code[path]) for path in matches(tree, entry) if path in tree.code):
                yield Fault(FOLDER + "banned.py", 1, f'"{entry}" names nothing that {wrong.split(":")[0]}')


def unneeded_headers(tree):
    for what, pattern, files in heavy.HEAVY:
        includes = {path for path, _, name, quoted in tree.includes if not quoted and re.match(pattern, name)}
        brought = {path for path, _, name, quoted in tree.includes if quoted and name in includes}
        for entry in files:
            if not any(path in includes | brought for path in matches(tree, entry)):
                yield Fault(FOLDER + "heavy.py", 1, f'"{entry}" names nothing that includes {what}')


def check(tree):
    if FOLDER + "allowed.py" not in tree.files:
        return
    for rule, entry in places():
        if not matches(tree, entry):
            yield Fault(FOLDER + rule, 1, f'"{entry}" names nothing that is in the tree')
    yield from unneeded_bans(tree)
    yield from unneeded_headers(tree)
    types = {found.name.split("::")[-1] for source in tree.sources.values() for found in source.types}
    for name in set(classes.IDIOMS) - types:
        yield Fault(FOLDER + "classes.py", 1, f'no type is called "{name}"')
    pages = "".join(tree.text(path) for path in tree.ending(".md"))
    for name in documents.OUTSIDE:
        if name not in pages:
            yield Fault(FOLDER + "documents.py", 1, f'no document names the outside file "{name}"')
