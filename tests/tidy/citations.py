"""What a comment cites is there.

What      Comments of C++, Python, shell, CMake and TOML, and the prose of every *.md: a file that is named is in the tree (by its path, the
          end of it or its name), a section (§n or "Title" behind the name of a document) is a heading of that file, an RFC has a number, and nothing is
          cited that is not in the tree.
Units     §n is a heading that begins with n: "## 3. Day", "### 4.1 Threads"; a step, promise or rule behind it is an entry "3. …" or a row
          "| 3 …" of that section.
Promise   A comment that wraps is read as one text. {h,cpp} and * are understood.
Source    mta/DESIGN.md §8, rule 17.
Not here  spans of code in documents (documents.py).
"""
import fnmatch
import io
import posixpath
import re
import tokenize

from documents import expanded
from tree import CPP, Fault

ENDINGS = r"(?:h|cpp|md|py|sh|toml|cmake|tsv|json|pl|cjs|js|service)"
FILE = re.compile(rf"(?<![\w/.@:$<-])((?:[\w.{{}},*~-]+/)*[\w{{}}*-][\w.{{}},*-]*\.(?:{ENDINGS}|\{{[\w,]+\}}))(?![\w/-]|\.\w)")
# Files of the reader's machine, of libraries, and those that programs of ours make.
OUTSIDE = {"warmupd.toml"}
LOST = re.compile(r"\b(?:[Dd]esign(?=\s+(?:§|\d|\"))|[Ww]armup-rules|[Cc]ontract(?=,?\s+\")|of the contract\b|the contract's words|[Ii]ssue(?=\s+(?:\"|#?\d))|facts/[\w.-]*|[Ss]tyle(?:\s+rules?)?(?=\s+\d))")
SECTION = re.compile(r"\b([A-Z][\w-]*\.md|[a-z]\w*/[\w/]+\.md)\s+((?:§\s?\d+(?:\.\d+)*(?:\s*(?:,|–|-|and|or)\s*(?=§?\s?\d))?|\d+(?:\.\d+)*(?:\s*(?:,|–)\s*(?=§))?)+)")
TITLE = re.compile(r"\b([A-Z][\w-]*\.md|[a-z]\w*/[\w/]+\.md|README)\s+((?:\"[^\"]+\"(?:,\s*|\s+and\s+)?)+)")
ITEM = re.compile(r"\b([A-Z][\w-]*\.md)\s+(?:§[\d.§,\s]*;\s+)?§(\d+(?:\.\d+)*),?\s+\(?(?:promise|rule|step)s?\s+(\d+[ab]?(?:\s?(?:,|–|and)\s?\d+[ab]?)*)")
HASH = (".sh", ".cmake", "CMakeLists.txt", ".toml", ".conf", ".service")
CPP_COMMENT = re.compile(r'//[^\n]*(?:\n[ \t]*//[^\n]*)*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def python_comments(text):
    """(index of the first character, text) of docstrings and comments."""
    starts = [0] + [match.end() for match in re.finditer("\n", text)]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return
    before = None
    for token in tokens:
        first = before in (None, tokenize.NEWLINE, tokenize.INDENT, tokenize.NL, tokenize.DEDENT, tokenize.COMMENT)
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and first and '"""' in token.string[:4]):
            yield starts[token.start[0] - 1] + token.start[1], token.string
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type


def comments(path, text):
    """(index of the first character, text) of everything that is prose."""
    if path.endswith(CPP):
        for match in CPP_COMMENT.finditer(text):
            if match[0].startswith("/"):
                yield match.start(), re.sub(r"(?m)^([ \t]*)//", lambda begin: begin[1] + "  ", match[0])
    elif path.endswith(".py"):
        yield from python_comments(text)
    elif path.endswith(".md"):
        yield 0, text
    elif path.endswith(HASH):
        for match in re.finditer(r"(?m)^[ \t]*#[^\n]*(?:\n[ \t]*#[^\n]*)*|(?<=\s)#\s[^\n]*", text):
            yield match.start(), re.sub(r"(?m)^([ \t]*)#", lambda begin: begin[1] + " ", match[0])


class Places:
    """The files and headings of the tree."""

    def __init__(self, tree):
        self.files = tree.files
        self.names = {posixpath.basename(path) for path in tree.files}
        self.pages = {path: tree.text(path) for path in tree.ending(".md")}
        self.headers = {name for _, _, name, quoted in tree.includes if not quoted}

    def has(self, name):
        name = re.sub(r"^(?:\.\./)+", "", name)
        base = posixpath.basename(name)
        if name in self.names or base in OUTSIDE or any(re.fullmatch(r"[A-Z]{2,}(?:\.(?!md$).*)?", part) for part in name.split("/")):
            return True  # SCENARIO.toml is the reader's own
        if any(header == name or header.endswith("/" + name) for header in self.headers):
            return True
        if name.startswith("_"):  # server_session.cpp, _mail.cpp
            return any(path.endswith(name) for path in self.files)
        if "*" in name:
            return any(fnmatch.fnmatch(path, name) or fnmatch.fnmatch(path, "*/" + name) for path in self.files)
        return any(path == name or path.endswith("/" + name) for path in self.files) if "/" in name else False

    def documents(self, name):
        name = "README.md" if name == "README" else name
        return [text for path, text in self.pages.items() if path == name or path.endswith("/" + name)]

    def has_section(self, name, number):
        return any(re.search(rf"(?m)^#+\s+{re.escape(number)}[.\s]", text) for text in self.documents(name))

    def has_item(self, name, number, item):
        """Whether a list or a table of the section has a numbered entry, "3. …" or "| 3 …"."""
        for text in self.documents(name):
            begin = re.search(rf"(?m)^(#+)\s+{re.escape(number)}[.\s]", text)
            end = re.search(rf"(?m)^#{{1,{len(begin[1])}}}\s", text[begin.end():]) if begin else None
            section = text[begin.end():][:end.start() if end else None] if begin else ""
            if re.search(rf"(?m)^(?:\|\s*)?{item}[.\s]", section):
                return True
        return False

    def has_title(self, name, title):
        title = " ".join(title.split())
        plain = lambda text: re.sub(r"^[\d.]+\s+", "", text.replace("`", "").strip())
        return any(plain(match[1]) == title.replace("`", "") for text in self.documents(name) for match in re.finditer(r"(?m)^#+\s+(.*)$", text))


def wrong(text, places):
    """(index, what is wrong) of one comment."""
    for match in FILE.finditer(text):
        for one in expanded(match[1]):
            if not places.has(one):
                yield match.start(), f"names {one}, which is not in the tree"
    for match in LOST.finditer(text):
        yield match.start(), f'cites "{" ".join(match[0].split())}", which is not in the tree'
    for match in SECTION.finditer(text):
        for number in re.findall(r"\d+(?:\.\d+)*", match[2]):
            if places.documents(match[1]) and not places.has_section(match[1], number):
                yield match.start(), f"cites {match[1]} §{number}, a section that it does not have"
    for match in ITEM.finditer(text):
        for item in re.findall(r"\d+[ab]?", match[3]):
            if places.has_section(match[1], match[2]) and not places.has_item(match[1], match[2], item):
                yield match.start(), f"cites {match[1]} §{match[2]}, {item}, an entry that the section does not have"
    for match in TITLE.finditer(text):
        for title in re.findall(r'"([^"]+)"', match[2]):
            if places.documents(match[1]) and not places.has_title(match[1], title):
                yield match.start(), f'cites {match[1]} "{" ".join(title.split())}", a heading that it does not have'


def check(tree):
    places = Places(tree)
    for path in tree.texts:
        if path.startswith("tests/data/"):
            continue
        text = tree.text(path)
        for start, comment in comments(path, text):
            for at, said in wrong(comment, places):
                yield Fault(path, text.count("\n", 0, start + at) + 1, said)
