"""How a file looks: its size, its functions, its blanks, what it says of itself.

What      Files of code at most 400 lines; functions at most 60, with at most 5 parameters and control statements at most 3 deep (a
          lambda's body counts as one); no trailing blanks, tabs, CRLF, missing last line end; every header
          opens with its contract; every script says what it is for.
Source    mta/DESIGN.md §8, rules 1 and 3.
Not here  layout inside a line (clang-format, layout.py).
"""
import re

from exceptions import Ratchet
from tree import CPP, SCRIPTS, Fault

LINES, FUNCTION, PARAMETERS, NESTING = 400, 60, 5, 3
CONTRACT = ("What", "Units", "Promise", "Errors", "Source", "Not here")
CODE = CPP + SCRIPTS + (".cmake", "CMakeLists.txt")
BLANKS_MATTER = (".tsv", ".pem")


def contract(tree, path):
    lines = tree.text(path).split("\n")
    if not lines[0].startswith(f"// {path} — "):
        yield Fault(path, 1, f'expected the contract to begin "// {path} — …", found "{lines[0][:60]}"')
        return
    head = []
    for line in lines:
        if not line.startswith("//"):
            break
        head.append(line)
    said = [word for line in head for word in CONTRACT if re.match(rf"// {word} {{{10 - len(word)}}}\S", line)]
    missing = [word for word in CONTRACT if word not in said]
    if missing:
        yield Fault(path, 1, f"the contract does not say: {', '.join(missing)} (\"–\" where there is nothing to say)")
    elif said != list(CONTRACT):
        yield Fault(path, 1, f"expected the contract in the order {' · '.join(CONTRACT)}, found {' · '.join(said)}")
    for number, line in enumerate(head[2:], 3):
        if line == "//":
            break
        if not re.match(r"// (?:%s) |//           \S" % "|".join(CONTRACT), line):
            yield Fault(path, number, f'expected the contract\'s next line under its text (column 13), found "{line[:60]}"')
    if len(head) < len(lines) and lines[len(head)] != "#pragma once":
        yield Fault(path, len(head) + 1, f'expected "#pragma once" behind the contract, found "{lines[len(head)][:40]}"')


def purpose(tree, path):
    lines = [line for line in tree.text(path).split("\n")[:4] if not line.startswith("#!")]
    first = next((line for line in lines if line.strip()), "")
    marks = {".py": ('"""', "'''", 'r"""'), ".sh": ("# ",), ".pl": ("# ",), ".cjs": ("// ", "/*"), ".js": ("// ", "/*")}
    mine = next(mark for end, mark in marks.items() if path.endswith(end))
    if not first.startswith(mine):
        yield Fault(path, 1, f'expected a script to begin with what it is for ({mine[0]}…), found "{first[:60]}"')


def functions(tree):
    """The size of every function, wherever its signature ends: lines from its first word to its last brace."""
    lines = Ratchet(tree, "FUNCTION_LINES", FUNCTION)
    parameters = Ratchet(tree, "PARAMETERS", PARAMETERS)
    nesting = Ratchet(tree, "NESTING", NESTING)
    for path, source in tree.sources.items():
        for function in source.functions:
            length, key = function.end - function.line + 1, function.key
            if function.end and not lines.allows(key, length):
                yield Fault(path, function.line, f"expected a function of at most {FUNCTION} lines, found {length}: {key}")
            if function.promise != "override" and not parameters.allows(key, function.parameters):
                yield Fault(path, function.line, f"expected at most {PARAMETERS} parameters, found {function.parameters}: {key}")
            if not nesting.allows(key, function.nesting):
                yield Fault(path, function.line, f"expected control statements at most {NESTING} deep, found {function.nesting}: {key}")
    for ratchet in (lines, parameters, nesting):
        yield from ratchet.left()


def blanks(tree, path):
    text = tree.text(path)
    if text and not text.endswith("\n"):
        yield Fault(path, text.count("\n") + 1, "expected a line end at the end of the file")
    if text.endswith("\n\n"):
        yield Fault(path, text.count("\n"), "empty lines at the end of the file")
    for number, line in tree.lines(path):
        if line.endswith("\r"):
            yield Fault(path, number, "expected LF line ends, found CRLF")
        elif line != line.rstrip():
            yield Fault(path, number, "blanks at the end of the line")
        if "\t" in line:
            yield Fault(path, number, "a tab; expected blanks, or \\t in a literal")


def check(tree):
    long_files = Ratchet(tree, "FILE_LINES", LINES)
    for path in tree.texts:
        if path.endswith(CODE):
            count = tree.text(path).count("\n")
            if not long_files.allows(path, count):
                yield Fault(path, count, f"expected at most {LINES} lines, found {count}")
        if path.endswith(".h"):
            yield from contract(tree, path)
        if path.endswith(SCRIPTS):
            yield from purpose(tree, path)
        if not path.endswith(BLANKS_MATTER) and not path.startswith("tests/data/"):
            yield from blanks(tree, path)
    yield from long_files.left()
    yield from functions(tree)
