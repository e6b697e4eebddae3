#!/usr/bin/env python3
"""Every sentence that the programs can print, and what none of them may hold.

What      A literal of warmup, queue, dkim, conf and mta (without the simulation) that holds two words is a sentence. Things are not
          persons, no word stands twice, nothing is glued together without a blank. Run by itself it lists all of them, to be read by
          somebody whose first language is not English.
Source    mta/DESIGN.md §8, rule 17: plain words, the object named, the cure said.
Not here  whether a sentence is true.
"""
import os
import re
import sys

from tree import Fault, Tree

FOLDERS = ("warmup/", "queue/", "dkim/", "conf/", "mta/")
SIMULATED = ("tests/sim/", "mta/simulate/models.cpp")  # the words of played receivers
COMMENT_OR_LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|"((?:\\.|[^"\\\n])*)"', re.S)
WRONG = [
    ("a thing is not a person", re.compile(r"\b(?:nobody|somebody|whoever|anybody)\b")),
    ("a word stands twice", re.compile(r"\b([A-Za-z]+) \1\b")),
    ("two blanks within a sentence", re.compile(r"[a-z,;]  [a-z]")),
]


def sentences(tree):
    """(path, line, sentence); what continues a literal on the next line is a sentence of its own."""
    for path in tree.cpp:
        if not path.startswith(FOLDERS) or path.startswith(SIMULATED):
            continue
        text = tree.text(path)
        for match in COMMENT_OR_LITERAL.finditer(text):
            if match[1] and len(re.findall(r"[A-Za-z]{2,}", match[1])) >= 2 and " " in match[1].strip():
                yield path, text.count("\n", 0, match.start()) + 1, match[1]


def check(tree):
    for path, line, sentence in sentences(tree):
        for what, pattern in WRONG:
            if found := pattern.search(sentence):
                yield Fault(path, line, f'{what}: "{found[0]}" in "{sentence}"')


if __name__ == "__main__":
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    for path, line, sentence in sentences(Tree(root)):
        print(f"{path}:{line}: {sentence}")
