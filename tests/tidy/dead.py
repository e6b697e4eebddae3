"""Files that nobody needs.

What      A header that nobody includes, a .cpp that no target compiles, a script or a data file that nobody names, a test folder whose
          subject is gone, a folder of the program that no test folder mirrors.
Promise   Names are looked for as words in the text of every other file, so a file found by a glob needs a word somewhere that says so.
Source    mta/DESIGN.md §8, rule 12.
"""
import posixpath
import re

from tree import CPP, Fault

ROOT = {"README.md", "CHANGELOG.md", "LICENSE", "CMakeLists.txt", "CMakePresets.json", ".gitignore", ".clang-format", ".ci/run"}
# Folders of the program without tests/unit/FOLDER, and what tests them instead.
TESTED_ELSEWHERE = {}


def cmake_text(tree):
    return {path: re.sub(r"#[^\n]*", "", tree.text(path)) for path in tree.files if path.endswith((".cmake", "CMakeLists.txt"))}


def compiled_folders(texts):
    folders = set()
    for path, text in texts.items():
        base = posixpath.dirname(path)
        folders |= {m[1] for m in re.finditer(r"\bmodule\(\s*\w+\s+([^\s)]+)", text)}
        folders |= {posixpath.join(base, m[1]) for m in re.finditer(r"\bCONFIGURE_DEPENDS\s+([\w/]+)/\*\.cpp", text)}
        included_from = base.split("/")[0]  # tests/NAME/NAME.cmake is read with tests/ as the current source directory
        here = r"\bCONFIGURE_DEPENDS\s+\$\{CMAKE_CURRENT_SOURCE_DIR\}/([\w/]+)/\*\.cpp"
        folders |= {posixpath.join(included_from, m[1]) for m in re.finditer(here, text)}
        folders |= {posixpath.join(base, m[1]) for m in re.finditer(r"\bsuite\(\s*\w+\s+([^\s)]+)", text)}
    return folders


def check_headers(tree):
    users = {}
    for path, _, name, quoted in tree.includes:
        if quoted:
            users.setdefault(name, set()).add(path)
            users.setdefault(posixpath.join(posixpath.dirname(path), name), set()).add(path)
    for path in tree.ending(".h"):
        others = users.get(path, set()) - {path[:-2] + ".cpp"}
        if not others:
            yield Fault(path, 1, "nobody includes this header but its own .cpp")
        elif not path.startswith("tests/") and all(user.startswith("tests/") for user in others):
            yield Fault(path, 1, f"only tests include this header: {', '.join(sorted(others)[:3])}")


def check_sources(tree):
    texts = cmake_text(tree)
    folders, everything = compiled_folders(texts), "\n".join(texts.values())
    for path in tree.ending(".cpp"):
        name = posixpath.basename(path)
        if posixpath.dirname(path) not in folders and not re.search(rf"(?<![\w.-]){re.escape(name)}\b", everything):
            if not re.search(rf"\b{re.escape(name[:-4])}\b", everything):
                yield Fault(path, 1, "no target compiles this file: neither its folder nor its name is in a CMake file")


def named(tree, path):
    """Whether another file names this one; python modules are also named without their ending."""
    name = posixpath.basename(path)
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    module = re.compile(rf"^\s*(?:from|import)\s.*\b{re.escape(name[:-3])}\b", re.M) if name.endswith(".py") else None
    stem = re.compile(rf"(?<![\w.-]){re.escape(name.rsplit('.', 1)[0])}(?![\w-])") if path.startswith("tests/data/") else None
    for other in tree.texts:
        if other == path or other.startswith("tests/data/"):
            continue
        text = tree.text(other)
        if any(pattern and pattern.search(text) for pattern in (word, module, stem)):
            return True
    folder = posixpath.dirname(path)  # a folder taken whole: a file in it is named with it
    return any(folder + "/" in tree.text(other) for other in tree.texts if posixpath.dirname(other) != folder) \
        if folder.startswith(("packaging/", "tests/data/", "conf/")) and "/" in folder else False


def check_others(tree):
    for path in tree.files:
        if path in ROOT or path.endswith(CPP) or path.endswith((".cmake", "CMakeLists.txt", "README.md")):
            continue
        if not named(tree, path):
            yield Fault(path, 1, "no other file names this one: register it, use it or remove it")


def check_mirrors(tree):
    code = {posixpath.dirname(path) for path in tree.cpp}
    for folder in sorted(code):
        if folder.startswith("tests/unit/") and folder[len("tests/unit/"):] not in code:
            yield Fault(folder, 0, f"tests of {folder[len('tests/unit/'):]}, a folder that has no code")
        elif not folder.startswith("tests") and f"tests/unit/{folder}" not in code and folder not in TESTED_ELSEWHERE:
            if not any(test.startswith(f"tests/unit/{folder}/") for test in code):
                yield Fault(folder, 0, f"no unit tests: expected files in tests/unit/{folder}")


def check(tree):
    yield from check_headers(tree)
    yield from check_sources(tree)
    yield from check_others(tree)
    yield from check_mirrors(tree)
