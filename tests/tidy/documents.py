"""What the documents name is there: files, functions, links, commands and their options, configuration keys, endpoints, RFCs.

What      Every *.md of the tree is read: README.md, CHANGELOG.md, queue/STORE.md, warmup/WARMUP.md, …
Units     Keys are those of conf/example.toml (unit_conf holds it against the parser), verbs and options those that mta/ctl registers.
Promise   A name that is only a placeholder is written in capitals (VERB, FILE) and not looked up. A block in another TOML than the
          daemon's says so: ```toml scenario.
Source    mta/DESIGN.md §8, rule 12.
"""
import fnmatch
import itertools
import posixpath
import re

from markdown import Page
from tree import Fault

NEEDED = ("README.md", "CHANGELOG.md", "LICENSE")
TOP = r"(?:mta|queue|dkim|warmup|conf|tests|packaging|\.ci)"
PATH = re.compile(rf"(?<![\w./:@*~-])(?:\./)?({TOP}/[\w./{{}},*-]*)")
FILE = re.compile(r"^[\w-]+\.(?:cpp|h|md|py|sh|tsv|cmake|toml)$")
OUTSIDE = {"warmupd.toml", "main.cf"}  # files of the reader's machine
FUNCTION = re.compile(r"^((?:\w+::)*)(\w+)\(\)$")
SNAKE = re.compile(r"^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$")


def expanded(path):
    """Both files of queue/store.{h,cpp}; several braces multiply."""
    parts = re.split(r"\{([^{}]*)\}", path)
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


class Names:
    """What the tree offers."""

    def __init__(self, tree):
        self.files = set(tree.files)
        self.folders = {folder for path in tree.files for folder in self._folders(path)}
        self.basenames = {posixpath.basename(path) for path in tree.files}
        self.sections = self._keys(tree.text("conf/example.toml")) if "conf/example.toml" in self.files else {}
        ctl = "".join(tree.text(path) for path in tree.files if path.startswith("mta/ctl/"))
        main = "".join(tree.text(path) for path in tree.files if path == "mta/warmupd.cpp")
        self.verbs = set(re.findall(r'add_subcommand\(\s*"([\w-]+)"', ctl)) | set(re.findall(r'\badd_\w+\([^{;]*\{"([\w-]+)"', ctl))
        self.options = {"warmupctl": set(re.findall(r'--[a-z][\w-]*', ctl)) | {"--help", "--version"},
                        "warmupd": set(re.findall(r'--[a-z][\w-]*', main)) | {"--help", "--version"}}
        self.endpoints = "".join(tree.text(path) for path in tree.files if path.startswith("mta/control/"))
        self.words = set()
        for path in tree.texts:
            if not path.endswith(".md"):
                self.words.update(re.findall(r"\w+", tree.text(path)))
        presets = tree.text("CMakePresets.json") if "CMakePresets.json" in self.files else ""
        self.presets = set(re.findall(r'"name":\s*"(\w+)"', presets))

    @staticmethod
    def _folders(path):
        while path := posixpath.dirname(path):
            yield path

    @staticmethod
    def _keys(example):
        sections, now = {"": set()}, ""
        for line in example.split("\n"):
            header = re.match(r"#?\s?\[{1,2}([\w.]+)\]{1,2}", line)
            key = re.match(r"#?([a-z_]+) = ", line)
            if header:
                now = "plan" if header[1].startswith("plan.providers.") else header[1]
                sections.setdefault(now, set())
            elif key:
                sections[now].add(key[1])
        return sections

    def is_there(self, path):
        path = path.rstrip("/")
        if "*" in path:
            return any(fnmatch.fnmatch(file, path) for file in self.files | self.folders)
        return path in self.files or path in self.folders


def check_files(page, path, names):
    for number, text in page.code():
        for match in PATH.finditer(text):
            for one in expanded(match[1].rstrip(".,:")):
                placeholder = any(re.fullmatch(r"[A-Z][A-Z_]+(?:\.\w+)?", part) for part in one.split("/"))
                if not placeholder and not names.is_there(one):
                    yield Fault(path, number, f"names {one}, which is not in the tree")
    for number, span in page.spans:
        if FILE.match(span) and span not in OUTSIDE and not span.isupper() and span not in names.basenames:
            if not re.match(r"[A-Z]{3,}\.(?!md)", span):
                yield Fault(path, number, f"names the file {span}, which is not in the tree")


def check_functions(page, path, tree):
    """`Books::accept()` is a function of Books, `converse()` one that the code calls or declares."""
    for number, span in page.spans:
        match = FUNCTION.match(span)
        if not match:
            continue
        around = [name for name in match[1].split("::") if name]
        declared = [list(function.scope) + function.name.split("::") for source in tree.sources.values() for function in source.functions]
        known = any(names[-1] == match[2] and names[-len(around) - 1:-1] == around for names in declared)
        if not known and (around or not any(re.search(rf"\b{match[2]}\s*\(", code) for code in tree.code.values())):
            yield Fault(path, number, f"names the function {span}, which the code does not have")


def check_links(page, path, names, pages):
    for number, target in page.links:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        if file and not names.is_there(whole):
            yield Fault(path, number, f"links to {target}, which is not in the tree")
        elif anchor and whole in pages and anchor not in pages[whole].anchors:
            yield Fault(path, number, f"links to #{anchor}: {whole} has no such heading")


def check_commands(page, path, names):
    for number, words in page.commands("warmupctl"):
        plain, after_option = [], False
        for word in words:
            if not word.startswith("-") and not after_option:
                plain.append(word)
            after_option = word in ("--socket", "--config")
        for verb in (plain[0].split("|") if plain and not plain[0].isupper() else []):
            if verb not in names.verbs:
                known = ", ".join(sorted(names.verbs))
                yield Fault(path, number, f"warmupctl has no verb {verb}; it has {known}")
    for program in ("warmupctl", "warmupd"):
        for number, words in page.commands(program):
            for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", " ".join(words)):
                if option not in names.options[program]:
                    yield Fault(path, number, f"{program} has no option {option}")
    for number, text in page.code():
        for preset in re.findall(r"--preset[ =](\w+)", text):
            if not preset.isupper() and preset not in names.presets:
                yield Fault(path, number, f"CMakePresets.json has no preset {preset}")


def unknown_key(names, section, key):
    section = "plan" if section.startswith("plan.providers.") else section
    if section not in names.sections:
        return f"conf/example.toml has no section [{section}]"
    if key and key not in names.sections[section] and f"{section}.{key}".lstrip(".") not in names.sections:
        where = f"in [{section}]" if section else "at its top"
        return f"conf/example.toml has no key {key} {where}"
    return None


def toml_keys(number, lines):
    section = ""
    for at, line in enumerate(lines, number + 1):
        header, key = re.match(r"\s*#?\s*\[{1,2}([\w.]+)\]{1,2}", line), re.match(r"\s*([a-z_]+)\s*=", line)
        if header:
            section = header[1]
            yield at, section, ""
        elif key:
            yield at, section, key[1]


def check_keys(page, path, names):
    asked = []
    for number, language, lines in page.blocks:
        if language == "toml":
            asked += toml_keys(number, lines)
    for number, span in page.spans:
        header, dotted = re.match(r"\[{1,2}([a-z][\w.]*)\]{1,2}(?:\s+([a-z_]+)\b)?", span), re.match(r"([a-z_]+)\.([a-z_]+)$", span)
        if header:
            asked.append((number, header[1], header[2] or ""))
        elif dotted and dotted[1] in names.sections and not FILE.match(span):
            asked.append((number, dotted[1], dotted[2]))
        elif assigned := re.match(r"([a-z_]+) = ", span):
            if assigned[1] not in names.words and not any(assigned[1] in keys for keys in names.sections.values()):
                yield Fault(path, number, f"conf/example.toml has no key {assigned[1]}")
        elif SNAKE.match(span) and span not in names.words:
            yield Fault(path, number, f"`{span}` is a word that no other file of the tree knows")
    for number, section, key in asked:
        wrong = unknown_key(names, section, key)
        if wrong:
            yield Fault(path, number, wrong)


def check_endpoints(page, path, names):
    for number, text in page.code():
        for match in re.finditer(r"/api/v1/[\w/]*", text):
            if f'"{match[0]}' not in names.endpoints:
                yield Fault(path, number, f"names the endpoint {match[0]}, which mta/control does not serve")


def check_rfcs(page, path, names, tree):
    for number, cells in page.rows:
        rfcs = re.findall(r"\bRFC\s?(\d{3,5})\b", cells[0])
        files = [one for cell in cells[1:] for match in PATH.finditer(cell) for one in expanded(match[1].rstrip(".,:`"))]
        texts = [tree.text(file) for file in tree.files for one in files
                 if file == one or file.startswith(one.rstrip("/") + "/") or fnmatch.fnmatch(file, one)]
        for rfc in rfcs if files else []:
            if not any(re.search(rf"\b{rfc}\b", text) for text in texts):
                yield Fault(path, number, f"RFC {rfc}: none of {', '.join(files)} says where it obeys it")


def check(tree):
    names = Names(tree)
    for needed in NEEDED:
        if needed not in names.files:
            yield Fault(needed, 0, "expected this file, found none")
    pages = {path: Page(tree.text(path)) for path in tree.ending(".md")}
    for path, page in pages.items():
        yield from check_files(page, path, names)
        yield from check_functions(page, path, tree)
        yield from check_links(page, path, names, pages)
        yield from check_commands(page, path, names)
        yield from check_keys(page, path, names)
        yield from check_endpoints(page, path, names)
        yield from check_rfcs(page, path, names, tree)
