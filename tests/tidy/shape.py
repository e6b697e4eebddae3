"""How a file looks: its size, its functions, its blanks, what it says of itself.

What      Files of code at most 400 lines, functions at most 60; no trailing blanks, tabs, CRLF, missing last line end; every header
          opens with its contract; every script says what it is for.
Source    Style rules 1, 3.
Not here  layout inside a line (clang-format, layout.py).
"""
import re

from tree import CPP, SCRIPTS, Fault

LINES, FUNCTION = 400, 60
LONG_FILES = {}      # path → why it is allowed to be long
LONG_FUNCTIONS = {"tests/unit/conf/example_test.cpp": "one row a key of the contract"}
CONTRACT = ("What", "Units", "Promise", "Errors", "Source", "Not here")
CODE = CPP + SCRIPTS + (".cmake", "CMakeLists.txt")
BLANKS_MATTER = (".tsv", ".pem", ".patch")


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


def functions(path, lines):
    """Bodies that begin on a line of their own depth and end with a brace at that depth, as clang-format leaves them."""
    begun = None
    for number, line in lines:
        if begun is None:
            match = re.match(r"( {0,2})[A-Za-z_~].*\)[^;=]*\{$| {4,}.*\)[^;]*\{$", line)
            if match and match[1] is not None and not re.match(r"\s*(?:namespace|class|struct|enum|union|extern|if|for|while|switch)\b", line):
                begun, depth, name = number, match[1], line.strip()
        elif line.startswith(depth + "}"):
            length = number - begun + 1
            if length > FUNCTION and path not in LONG_FUNCTIONS:
                yield Fault(path, begun, f"expected a function of at most {FUNCTION} lines, found {length}: {name[:70]}")
            begun = None


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
    for path in tree.texts:
        if path.endswith(CODE):
            count = tree.text(path).count("\n")
            if count > LINES and path not in LONG_FILES:
                yield Fault(path, count, f"expected at most {LINES} lines, found {count}")
        if path.endswith(CPP):
            yield from functions(path, tree.lines(path))
        if path.endswith(".h"):
            yield from contract(tree, path)
        if path.endswith(SCRIPTS):
            yield from purpose(tree, path)
        if not path.endswith(BLANKS_MATTER) and not path.startswith("tests/data/"):
            yield from blanks(tree, path)
    for path in list(LONG_FILES) + list(LONG_FUNCTIONS):
        if path not in tree.files and "tests/tidy/shape.py" in tree.files:
            yield Fault("tests/tidy/shape.py", 1, f"an exception for a file that is not there: {path}")
