"""clang-format has nothing to say, Python compiles, shell scripts parse.

What      Runs clang-format --dry-run over every C++ file with the tree's .clang-format; compiles every .py in memory; bash -n.
Promise   Only clang-format 14, Debian 12's, is asked: others lay out differently. Without it the rule is skipped, and says so.
Source    mta/DESIGN.md §8, rule 12.
"""
import os
import re
import shutil
import subprocess

from tree import Fault

VERSION = "14"


class Skipped(Exception):
    """The rule cannot be checked on this machine."""


def formatter():
    for name in ("clang-format-14", "clang-format"):
        path = shutil.which(name)
        if path:
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            if re.search(rf"version {VERSION}\.", said):
                return path
    raise Skipped(f"clang-format {VERSION} is not installed (packaging/install-deps.sh --tests)")


def check_scripts(tree):
    for path in tree.ending(".py"):
        try:
            compile(tree.text(path), path, "exec")
        except SyntaxError as error:
            yield Fault(path, error.lineno or 1, f"Python does not understand it: {error.msg}")
    for path in tree.ending(".sh"):
        done = subprocess.run(["bash", "-n", os.path.join(tree.root, path)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield Fault(path, 1, f"bash does not understand it: {done.stderr.strip()}")


def check(tree):
    yield from check_scripts(tree)
    files = [path for path in tree.cpp if os.path.isfile(os.path.join(tree.root, path))]
    if not files:
        return
    done = subprocess.run([formatter(), "--dry-run", "--style=file", *files], cwd=tree.root, capture_output=True, text=True, check=False)
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: \w+: (.*)$", done.stderr, re.M):
        if match[1] not in seen:  # one a file is enough
            seen.add(match[1])
            yield Fault(match[1], int(match[2]), f"expected the layout of .clang-format; run: clang-format -i {match[1]}")
