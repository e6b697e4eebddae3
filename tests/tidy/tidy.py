#!/usr/bin/env python3
"""Reads the tree and says what is untidy: file:line: what was expected, what was found.

What      tidy.py [ROOT] [RULE …]: each rule is a module of this folder with check(tree). Exit 1 when anything is wrong, 77 when the only
          rule asked for cannot be checked on this machine.
Promise   Reads only. Works in a checkout and in a tarball.
Not here  that the rules themselves can fail (tidy_test.py).
"""
import os
import sys

import allowed
import banned
import citations
import classes
import dead
import declarations
import documents
import heavy
import layers
import layout
import picture
import sentences
import shape
from tree import Tree

RULES = {rule.__name__: rule for rule in (layers, heavy, banned, shape, classes, declarations, dead, documents, sentences,
                                          citations, picture, allowed, layout)}
SKIPPED = 77


def run(root, names):
    tree, faults, skipped = Tree(root), [], 0
    for name in names:
        try:
            faults += RULES[name].check(tree)
        except layout.Skipped as reason:
            skipped += 1
            print(f"{name}: skipped: {reason}")
    for fault in sorted(set(faults), key=lambda fault: (fault.path, fault.line, fault.text)):
        print(fault)
    print(f"tidy: {len(tree.files)} files, {len(names) - skipped} rules, {len(set(faults))} faults")
    if faults:
        return 1
    return SKIPPED if skipped == len(names) else 0


def main():
    words = sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    root = words.pop(0) if words and os.path.isdir(words[0]) else os.path.join(here, "..", "..")
    unknown = [word for word in words if word not in RULES]
    if unknown:
        print(f"usage: tidy.py [ROOT] [{'|'.join(RULES)} …]", file=sys.stderr)
        return 64
    return run(root, words or list(RULES))


if __name__ == "__main__":
    sys.exit(main())
