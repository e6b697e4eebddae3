"""How big a class is, and that a name of a type means one thing.

What      A class has at most 25 data members and 45 member functions and is implemented in at most 3 .cpp files. In the program a type has
          a name of its own: no two classes, structs, enums or aliases of it share their last name, wherever they stand.
Units     Statics that are constexpr are no data; functions that are defaulted or deleted are not counted; overloads are.
Promise   Forward declarations define nothing. Two aliases of the same text, or of a type with the same last name, mean one thing.
Source    mta/DESIGN.md §8, rules 9 and 16.
Not here  names in tests: a test may call its own things what it likes.
"""
import re

from exceptions import Ratchet
from tree import Fault

DATA, FUNCTIONS, SOURCES = 25, 45, 3
# Names that say the same of every class that has one, not things of their own.
IDIOMS = {"Parts": "what a class keeps out of its header"}


def implementations(tree):
    """(scope, name) of each class → the .cpp files that define functions of it."""
    known = {found.full for source in tree.sources.values() for found in source.types}
    files = {}
    for path, source in tree.sources.items():
        for function in source.functions if path.endswith(".cpp") else []:
            owner = tuple(function.name.split("::")[:-1])
            if not function.end or not owner or function.in_class:
                continue
            around = function.scope
            while around and around + owner not in known:
                around = around[:-1]
            files.setdefault(around + owner, set()).add(path)
    return files


def sizes(tree):
    counted = {"CLASS_DATA": (DATA, "data members"), "CLASS_FUNCTIONS": (FUNCTIONS, "member functions"), "CLASS_SOURCES": (SOURCES, ".cpp files")}
    ratchets = {name: Ratchet(tree, name, limit) for name, (limit, _) in counted.items()}
    files = implementations(tree)
    for path, source in tree.sources.items():
        for found in source.types:
            figures = {"CLASS_DATA": len(found.data), "CLASS_FUNCTIONS": len(found.functions), "CLASS_SOURCES": len(files.get(found.full, ()))}
            for name, figure in figures.items():
                if not ratchets[name].allows(found.name, figure):
                    limit, what = counted[name]
                    yield Fault(path, found.line, f"expected at most {limit} {what}, found {figure}: {found.name}")
    for ratchet in ratchets.values():
        yield from ratchet.left()


def meaning(found):
    """What makes two definitions the same; None for an alias that only shortens the name."""
    if found.kind != "using":
        return f"{found.path}:{found.line}"
    target = re.sub(r"\s", "", found.target)
    return None if re.sub(r"<.*", "", target).split("::")[-1] == found.name else target


def doubled(tree):
    ratchet, meanings = Ratchet(tree, "DOUBLED_TYPES", 1), {}
    for path, source in tree.sources.items():
        for found in source.types if not path.startswith("tests/") else []:
            name, means = found.name.split("::")[-1], meaning(found)
            if means is not None and name not in IDIOMS:
                meanings.setdefault(name, {}).setdefault(means, found)
    for name, all_of_it in meanings.items():
        if not ratchet.allows(name, len(all_of_it)):
            first, *others = sorted(all_of_it.values(), key=lambda found: (found.path, found.line))
            for found in others:
                yield Fault(found.path, found.line, f"expected a name of its own, found {name}, which {first.path}:{first.line} defines too")
    yield from ratchet.left()


def check(tree):
    yield from sizes(tree)
    yield from doubled(tree)
