"""C++ as the tidy rules need it: which types, functions and members a file declares and defines.

What      Source(path, code): types (class, struct, union, enum, alias) with their members, functions with their parameters, their lines
          and the depth of their control statements. Signatures may wrap, constructors may have initialisers.
Units     Lines count from 1. A scope is a tuple of names, outermost first; an unnamed namespace is "(unnamed)".
Promise   Reads what clang-format leaves of C++20; what it does not understand it takes for a variable, and goes on.
Not here  the preprocessor (its lines are blanked), templates' instances, name lookup beyond a class's own name.
"""
import re
from dataclasses import dataclass, field
from functools import cached_property

OPEN, CLOSE = "([{", ")]}"
TYPE = re.compile(r"(?:typedef\s+)?(class|struct|union|enum(?:\s+(?:class|struct))?)\b\s*(\w+(?:::\w+)*)?")
OPERATOR = re.compile(r"\boperator\s*(?:\(\)|\[\]|[^\s\w(]+|\w[\w:]*\s*[*&]*(?=\())")
CONTROL = re.compile(r"(?:(if|for|while|switch|catch)\b(?:\s+constexpr)?\s*\(|(else|do|try)\b)")


@dataclass
class Function:
    """A function where it is declared or defined; `end` is the line of its last brace, 0 when there is no body here."""

    path: str
    line: int
    end: int
    name: str  # as written, "Books::accept"
    scope: tuple
    parameters: int
    nesting: int
    promise: str  # "", "pure", "default", "delete", "friend" or "override"
    in_class: bool

    @property
    def word(self):
        return self.name.split("::")[-1]

    @property
    def key(self):
        """What an exception calls it: the function and the class or namespace around it, or Suite.Test."""
        around = [name for name in self.scope if name != "(unnamed)"]
        return self.name if "." in self.name else "::".join((around + self.name.split("::"))[-2:])


@dataclass
class Type:
    """A type where it is defined; `target` is what an alias stands for."""

    path: str
    line: int
    kind: str
    name: str
    scope: tuple
    target: str = ""
    data: list = field(default_factory=list)
    functions: list = field(default_factory=list)

    @property
    def full(self):
        return self.scope + tuple(self.name.split("::"))


def blank_preprocessor(code):
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: re.sub(r"[^\n]", " ", match[0]), code)


def closing(code, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for match in re.compile(r"[()\[\]{}]").finditer(code, at):
        depth += 1 if match[0] in OPEN else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


def without_angles(text):
    """Template arguments blanked, so that what is left has only parentheses of its own."""
    text = OPERATOR.sub(lambda match: "operator_" + "_" * (len(match[0]) - 9), text)
    text = text.replace("->", "  ").replace("<=>", "   ").replace("<<", "  ").replace("<=", "  ").replace(">=", "  ")
    while True:
        inner = re.sub(r"<[^<>;{}]*>", lambda match: re.sub(r"[^\n]", " ", match[0]), text)
        if inner == text:
            return text
        text = inner


def top_level(text):
    """`text` with everything inside brackets blanked."""
    out, depth = [], 0
    for char in text:
        depth -= char in CLOSE
        out.append(char if depth == 0 or char == "\n" else " ")
        depth += char in OPEN
    return "".join(out)


def count_listed(text):
    """How many things a list of parameters or declarators names."""
    flat = top_level(text).strip()
    return 0 if not text.strip() or text.strip() == "void" else flat.count(",") + 1


class Depth:
    """How deep the control statements of a body stand in each other; a lambda's body is one deeper than its statement."""

    def __init__(self, code, begin):
        self.code, self.deepest = code, 0
        self._block(begin, 0)

    def _skip(self, at):
        return re.compile(r"\s*").match(self.code, at).end()

    def _block(self, at, depth):
        at = self._skip(at + 1)
        while at < len(self.code) and self.code[at] != "}":
            at = self._skip(self._statement(at, depth))
        return at + 1

    def _statement(self, at, depth):
        if self.code[at] == "{":
            return self._block(at, depth)
        control = CONTROL.match(self.code, at)
        if not control:
            return self._expression(at, depth)
        self.deepest = max(self.deepest, depth + 1)
        at = control.end()
        if control[1]:
            at = self._inside(at - 1, depth)
        at = self._skip(at)
        if control[2] == "else" and re.compile(r"if\b").match(self.code, at):
            return self._statement(at, depth)  # else if: as deep as its if
        return self._statement(at, depth + 1)

    def _inside(self, at, depth):
        """Behind the bracket that closes the one at `at`; lambdas in it are looked into."""
        at += 1
        while at < len(self.code) and self.code[at] not in CLOSE:
            at = self._bracket(at, depth) if self.code[at] in OPEN else at + 1
        return at + 1

    def _bracket(self, at, depth):
        before = self.code[:at].rstrip()[-60:]
        if self.code[at] == "{" and re.search(r"(?:[)\]]|\b(?:const|mutable|noexcept)|->\s*[\w:<>&*, ]+)$", before):
            self.deepest = max(self.deepest, depth + 1)
            return self._block(at, depth + 1)
        return self._inside(at, depth)

    def _expression(self, at, depth):
        while at < len(self.code) and self.code[at] not in ";}":
            if self.code[at] == ":" and re.search(r"(?:\bcase\b[^;{}]*|\bdefault\s*)$", self.code[max(0, at - 120):at]) \
                    and self.code[at - 1] != ":" and self.code[at + 1:at + 2] != ":":
                return at + 1
            at = self._bracket(at, depth) if self.code[at] in OPEN else at + 1
        return at + (self.code[at:at + 1] == ";")


class Source:
    def __init__(self, path, code):
        self.path, self.code = path, blank_preprocessor(code)
        self.types, self.functions = [], []
        self._scope(0, (), None)

    @cached_property
    def _starts(self):
        return [match.start() for match in re.finditer("\n", self.code)]

    def _line(self, at):
        return self.code.count("\n", 0, at) + 1

    def _scope(self, at, scope, owner):
        """Reads declarations until the brace that closes the scope; returns the index behind it."""
        start = at
        pieces = re.compile(r"[()\[\]{};]|\b(?:public|protected|private)\s*:(?!:)")
        while match := pieces.search(self.code, at):
            found, at = match[0], match.end()
            if found == "}":
                return at
            if found in ("(", "["):
                at = closing(self.code, match.start()) + 1
            elif found == ";":
                self._declared(start, match.start(), scope, owner)
                start = at
            elif found == "{":
                at, done = self._opened(start, match.start(), scope, owner)
                start = at if done else start
            elif found not in (")", "]"):
                start = at  # public: and its like
        return len(self.code)

    def _head(self, start, end):
        """What stands before a brace or a semicolon, without template<…>, attributes and alignas; and where it begins."""
        text = self.code[start:end]
        blank = lambda match: re.sub(r"[^\n]", " ", match[0])
        text = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", blank, text, flags=re.S)
        text = re.sub(r"\boperator\s*\(\)", lambda match: "operator_" + "_" * (len(match[0]) - 9), text)
        text = without_angles(text)
        text = re.sub(r"^\s*template\s*(?:requires\b[^\n]*)?", blank, text)
        text = re.sub(r"^\s*(?:extern\b\s*(?:\"\s*\")?|inline\b|constexpr\b)*\s*", blank, text) if "namespace" not in text else text
        return text, start + len(text) - len(text.lstrip())

    def _opened(self, start, at, scope, owner):
        """A brace: (where to go on, whether the declaration is over)."""
        text, begin = self._head(start, at)
        flat = top_level(text)
        names = re.match(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)\s*$", flat)
        if names:
            return self._scope(at + 1, scope + (tuple(names[1].split("::")) if names[1] else ("(unnamed)",)), None), True
        if not flat.strip():  # extern "C" { and blocks
            return self._scope(at + 1, scope, owner), True
        kind = TYPE.match(flat.strip())
        if kind and "(" not in flat and "=" not in flat:
            return self._type(kind, begin, at, scope, owner), True  # what follows the brace declares variables of it
        if "(" in flat and "=" not in flat[:flat.index("(")]:
            listed = re.search(r"\)[^()]*?(?<!:):(?!:)", flat)
            if listed and re.search(r"[\w>]\s*$", flat[listed.end():]):
                return closing(self.code, at) + 1, False  # an initialiser of a constructor
            self._function(text, begin, at, scope, owner)
            return closing(self.code, at) + 1, True
        return closing(self.code, at) + 1, False  # an initialiser of a variable

    def _type(self, kind, begin, at, scope, owner):
        word = kind[1].split()[0]
        found = Type(self.path, self._line(begin), word, kind[2] or "", scope)
        if kind[2]:
            self.types.append(found)
        if word == "enum":
            return closing(self.code, at) + 1
        return self._scope(at + 1, found.full if kind[2] else scope, found if kind[2] else owner)

    def _function(self, text, begin, at, scope, owner, promise=""):
        flat = top_level(text)
        named = re.search(r"(~?\w+(?:\s*::\s*~?\w+)*)\s*\($", flat[:flat.index("(") + 1])
        if not named:
            return
        first = flat.index("(")
        parameters = count_listed(text[first + 1:closing(text, first)])
        end, nesting = 0, 0
        if self.code[at:at + 1] == "{":
            stop = closing(self.code, at)
            end, nesting = self._line(stop), Depth(self.code[at:stop + 1], 0).deepest
        name = re.sub(r"\s", "", named[1])
        if re.match(r"\s*friend\b", flat):
            promise = "friend"
        elif re.search(r"\)[^()]*\boverride\b", flat):
            promise = "override"
        elif re.fullmatch(r"TEST(?:_F|_P)?", name):  # its name is what the parentheses hold
            name = re.sub(r"\s*,\s*", ".", text[first + 1:closing(text, first)].strip())
            parameters = 0
        function = Function(self.path, self._line(begin), end, name, scope, parameters, nesting, promise, owner is not None)
        self.functions.append(function)
        if owner and promise not in ("default", "delete", "friend"):
            owner.functions.append(function)

    def _declared(self, start, at, scope, owner):
        text, begin = self._head(start, at)
        flat = top_level(text)
        words = flat.split()
        if not words or words[0] in ("static_assert", "return", "case"):
            return
        alias = re.match(r"\s*using\s+(\w+)\s*=", flat)
        if alias:
            whole = self.code[start:at]
            self.types.append(Type(self.path, self._line(begin), "using", alias[1], scope, " ".join(whole.split("=", 1)[1].split())))
        elif words[0] in ("using", "typedef", "public:", "private:") or re.match(r"\s*(?:friend\s+)?(?:class|struct|union|enum)\b[\w\s:]*$", flat):
            return
        elif "(" in flat and "=" not in flat[:flat.index("(")] and not re.match(r"\s*\*", text[flat.index("(") + 1:]) and "{" not in flat:
            last = re.search(r"=\s*(0|default|delete)\s*$", flat)
            self._function(text, begin, at, scope, owner, {"0": "pure"}.get(last[1], last[1]) if last else "")
        elif owner is not None and words[0] != "friend" and not {"static", "constexpr"} <= set(self.code[start:at].split()):
            owner.data += [" ".join(flat.split())] * count_listed(flat)
