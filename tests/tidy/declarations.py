"""Declarations that lead nowhere.

What      A function that a header declares is defined somewhere, and a program calls it; one of tests/ is called by a test.
Promise   Calls are looked for by name in all code, so a word that many things share hides one that is dead, never the reverse.
Source    mta/DESIGN.md §8, rule 12.
Not here  whole files (dead.py).
"""
import re
from collections import Counter

from exceptions import Ratchet
from tree import Fault


def whole_name(function):
    return "::".join([name for name in function.scope if name != "(unnamed)"] + function.name.split("::"))


def definitions(tree):
    """The last two names of all that is defined; `X::~X() = default` behind its class is a definition."""
    found = set()
    for source in tree.sources.values():
        for function in source.functions:
            if function.end or (function.promise == "default" and "::" in function.name):
                found.add("::".join(whole_name(function).split("::")[-2:]))
                found.add(whole_name(function))
    return found


def undefined(tree, defined):
    for path in tree.ending(".h"):
        for function in tree.sources[path].functions:
            name = whole_name(function)
            if not function.end and not function.promise and name not in defined and "::".join(name.split("::")[-2:]) not in defined:
                yield Fault(path, function.line, f"{function.key} is declared, and defined nowhere")


class Calls:
    """How often a word stands in code, besides where it is declared or defined."""

    def __init__(self, tree, paths):
        self.words, self.said = Counter(), Counter()
        for path in paths:
            self.words.update(re.findall(r"\w+", tree.code[path]))
            self.said.update(function.word for function in tree.sources[path].functions)

    def of(self, word):
        return self.words[word] - self.said[word]


def called_without_name(function):
    """Operators, destructors, constructors, and what is called through a base or a friend's argument."""
    return function.word.startswith(("operator", "~")) or function.word in function.scope or function.promise in ("override", "friend", "delete")


def unused(tree):
    ratchet = Ratchet(tree, "UNUSED", 0)
    program = Calls(tree, [path for path in tree.cpp if not path.startswith("tests/")])
    tests = Calls(tree, [path for path in tree.cpp if path.startswith("tests/")])
    for path in tree.ending(".h"):
        for function in tree.sources[path].functions:
            if called_without_name(function) or program.of(function.word) > 0:
                continue
            in_tests = tests.of(function.word)
            if path.startswith("tests/") and in_tests > 0:
                continue
            if not ratchet.allows(function.key, 1):
                yield Fault(path, function.line, f"{function.key} is called by {'tests alone' if in_tests > 0 else 'nothing'}")
    yield from ratchet.left()


def check(tree):
    yield from undefined(tree, definitions(tree))
    yield from unused(tree)
