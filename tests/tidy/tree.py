"""The files of the tree, as the tidy rules see them.

What      Tree(root): every file that belongs to the project, its text, and its code without comments.
Units     Paths are relative to the root, with '/'. Lines count from 1.
Promise   With git: what is tracked plus what is new and not ignored. Without (a tarball): every file outside the folders that
          .gitignore names. Nothing is written.
Errors    OSError for a file that vanishes meanwhile.
Not here  the rules.
"""
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property

from cpp import Source

CPP = (".h", ".cpp")
SCRIPTS = (".py", ".sh", ".pl", ".cjs", ".js")
BINARY = (".png", ".gif", ".jpg", ".ico", ".woff2", ".bin", ".gz", ".eml", ".seed")
IGNORED = {".git", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was expected, what was found."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def without_comments(text):
    """C++ with its comments and the insides of its literals blanked; lines stay where they are."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''  # 10'000 is a number
    return re.sub(pattern, blank, text, flags=re.S)


class Tree:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.files = sorted(self._listed() or self._walked())
        self._texts = {}

    def _listed(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return None
        asked = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(asked, capture_output=True, check=False)
        if done.returncode != 0:
            return None
        names = {name for name in done.stdout.decode().split("\0") if name}
        return [name for name in names if os.path.isfile(os.path.join(self.root, name))]  # removed, not yet committed

    def _walked(self):
        found = []
        for folder, below, names in os.walk(self.root):
            at_root = folder == self.root
            below[:] = [d for d in below if d not in IGNORED and not (at_root and (d == "build" or d.startswith("build-")))]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names if not name.endswith(".pyc")]
        return found

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="surrogateescape", newline="") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def lines(self, path):
        """(number, line) from 1."""
        return enumerate(self.text(path).split("\n"), 1)

    def ending(self, *ends):
        return [path for path in self.files if path.endswith(ends)]

    @cached_property
    def texts(self):
        return [path for path in self.files if not path.endswith(BINARY)]

    @cached_property
    def cpp(self):
        return self.ending(*CPP)

    @cached_property
    def code(self):
        """path → C++ without comments and the insides of literals."""
        return {path: without_comments(self.text(path)) for path in self.cpp}

    @cached_property
    def sources(self):
        """path → what it declares and defines."""
        return {path: Source(path, code) for path, code in self.code.items()}

    @cached_property
    def includes(self):
        """Every #include of ours: (file, line, what is included, whether in quotes)."""
        found = []
        for path in self.cpp:
            for number, line in self.lines(path):
                match = re.match(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', line)
                if match:
                    found.append((path, number, match[1] or match[2], bool(match[1])))
        return found
