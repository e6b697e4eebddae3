#!/usr/bin/env python3
"""Every rule of tidy can fail: a small tidy tree, one thing spoilt at a time, and the words that must be said about it.

What      Makes the tree in a temporary folder, checks that nothing is said, then plays each case on a fresh copy.
Errors    unittest's.
Source    "No test that cannot fail."
"""
import os
import subprocess
import tempfile
import unittest
from unittest import mock

import allowed
import banned
import citations
import classes
import dead
import declarations
import documents
import exceptions
import heavy
import layers
import layout
import picture
import sentences
import shape
from cpp import Source
from tree import Tree, without_comments

CONTRACT = """// {path} — a part.
//
// What      Something.
// Units     –
// Promise   Pure.
// Errors    None.
// Source    –
// Not here  –
#pragma once
"""


def header(path, body=""):
    return CONTRACT.format(path=path) + body


GOOD = {
    "README.md": "# It\n\nSee [the store](queue/STORE.md#rows) and `mta/real/net.{h,cpp}`. Run `warmupctl status --json`, set `delivery.port` or"
                 " `[delivery] port`.\n\n```toml\n[delivery]\nport = 25\n```\n\n| RFC | file |\n|---|---|\n| RFC 5321 | `mta/daemon/server.cpp` |\n",
    "CHANGELOG.md": "# Changes\n", "LICENSE": "free\n", "queue/STORE.md": "# Store\n\n## Rows\n", ".clang-format": "BasedOnStyle: Google\n",
    "CMakeLists.txt": "module(warmup warmup)\nmodule(queue queue)\nmodule(daemon mta/daemon)\nmodule(doors mta/doors)\nmodule(real mta/real)\nmodule(ctl mta/ctl)\nsuite(u tests/unit/mta/daemon)\nsuite(d tests/unit/mta/doors)\n"
                      "suite(w tests/unit/warmup)\nsuite(q tests/unit/queue)\nsuite(r tests/unit/mta/real)\nsuite(c tests/unit/mta/ctl)\n",
    "CMakePresets.json": '{"configurePresets": [{"name": "release"}]}\n',
    "conf/example.toml": "# mta/daemon/server.cpp reads it.\n#spool = \"x\"\n[delivery]\n#port = 25\n",
    "warmup/gate.h": header("warmup/gate.h"), "warmup/gate.cpp": '#include "warmup/gate.h"\n',
    "queue/store.h": header("queue/store.h"), "queue/store.cpp": '#include "queue/store.h"\n\n#include <rocksdb/db.h>\n',
    "mta/doors/world.h": header("mta/doors/world.h"), "mta/real/net.h": header("mta/real/net.h", '\n#include "mta/doors/world.h"\n'),
    "mta/real/net.cpp": '#include "mta/real/net.h"\n', "mta/ctl/status.cpp": 'auto* status = app.add_subcommand("status"), json = "--json";\n',
    "mta/daemon/server.cpp": '#include "mta/doors/world.h"\n#include "queue/store.h"\n#include "warmup/gate.h"\n// example.toml; RFC 5321\nint body() {\n  return 1;\n}\n',
    "mta/warmupd.cpp": '#include "mta/real/net.h"\n', "mta/main.cmake": "add_executable(warmupd mta/warmupd.cpp)\n",
    "tests/run.sh": "#!/bin/sh\n# Runs all, see run.sh.\n", "tests/unit/run.cmake": "add_test(run.sh)\n",
    **{f"tests/unit/{folder}/a_test.cpp": "int a;\n" for folder in ("mta/daemon", "mta/doors", "warmup", "queue", "mta/real", "mta/ctl")},
}


class Tidy(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name
        none = mock.patch.multiple(exceptions, **{name: {} for name, table in vars(exceptions).items() if name.isupper() and isinstance(table, dict)})
        none.start()
        self.addCleanup(none.stop)
        for path, text in GOOD.items():
            self.put(path, text)

    def put(self, path, text):
        whole = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def said(self, rule):
        return [str(fault) for fault in rule.check(Tree(self.root))]

    def spoil(self, rule, path, text, *words):
        """With `text` in `path` instead, `rule` says something about that file that holds all words."""
        self.put(path, text)
        try:
            said = self.said(rule)
            self.assertTrue(any(line.startswith(path) and all(word in line for word in words) for line in said), (path, words, said))
        finally:
            self.put(path, GOOD[path]) if path in GOOD else os.remove(os.path.join(self.root, path))

    def add(self, rule, path, more, *words):
        self.spoil(rule, path, GOOD[path] + more, *words)

    def test_a_tidy_tree_has_no_faults(self):
        for rule in (layers, heavy, banned, shape, classes, declarations, dead, documents, sentences, citations, picture, allowed):
            self.assertEqual(self.said(rule), [], rule.__name__)

    def test_git_says_which_files_there_are(self):
        self.put(".gitignore", "/ignored.md\n")
        self.put("ignored.md", "`mta/no/such.h`\n")
        self.assertIn("ignored.md", Tree(self.root).files)  # a tarball
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.assertNotIn("ignored.md", Tree(self.root).files)
        self.assertIn("README.md", Tree(self.root).files)

    def test_layers(self):
        self.add(layers, "warmup/gate.h", '#include "queue/store.h"\n', "warmup may include nothing but itself")
        self.add(layers, "queue/store.h", '#include "mta/doors/world.h"\n', "queue may include")
        self.add(layers, "mta/daemon/server.cpp", '#include "mta/real/net.h"\n', "mta/daemon may include")
        self.add(layers, "mta/daemon/server.cpp", '#include "store.h"\n', "no such header")
        self.add(layers, "mta/daemon/server.cpp", "#include <mta/doors/world.h>\n", "<mta/doors/world.h>")

    def test_heavy_headers(self):
        self.add(heavy, "mta/daemon/server.cpp", "#include <boost/beast/http.hpp>\n", "Beast")
        self.add(heavy, "mta/daemon/server.cpp", "#include <boost/asio/ssl.hpp>\n", "asio/ssl")
        self.put("queue/tuning.h", header("queue/tuning.h", "\n#include <rocksdb/options.h>\n"))
        self.add(heavy, "mta/daemon/server.cpp", '#include "queue/tuning.h"\n', "brings RocksDB")

    def test_sentences(self):
        self.add(sentences, "mta/daemon/server.cpp", 'auto a = "the queue queue is empty";\n', "a word stands twice")
        self.add(sentences, "mta/daemon/server.cpp", 'auto a = "so nobody can log in";\n', "not a person")
        self.add(sentences, "mta/daemon/server.cpp", 'auto a = "paused  by hand";\n', "two blanks")
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + '// nobody reads the the comment\nauto a = "no lane carries it";\n')
        self.assertEqual(self.said(sentences), [])

    def test_banned_names(self):
        for code, word in (("auto t = std::chrono::system_clock::now();", "Calendar"), ("asio::steady_timer t;", "Stopwatch"),
                           ("std::thread t;", "thread"), ("std::random_device d;", "Dice"), ("asio::ip::tcp::socket s;", "Net"),
                           ("co_spawn(e, f(), asio::detached);", "owner"), ("std::unordered_map<int, int> m;", "order"),
                           ("assert(true);", "ENSURE"), ("std::this_thread::sleep_for(d);", "wait for a condition")):
            self.add(banned, "mta/daemon/server.cpp", code + "\n", word, ":8:")
        self.add(banned, "mta/daemon/server.cpp", "// TO" "DO later\n", "unfinished")
        self.add(banned, "README.md", "Look into /ho" "me/somebody.\n", "own folders")

    def test_comments_and_literals_are_no_code(self):
        self.assertEqual(without_comments('a("std::thread"); // std::thread\n/* x\n*/b').split(), ['a("', '");', "b"])
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + '// std::thread\nauto* t = "std::thread";\n')
        self.assertEqual(self.said(banned), [])

    def test_contracts(self):
        good = GOOD["warmup/gate.h"]
        self.spoil(shape, "warmup/gate.h", good.replace("// Errors    None.\n", ""), "does not say: Errors")
        self.spoil(shape, "warmup/gate.h", good.replace("warmup/gate.h", "warmup/door.h"), "expected the contract to begin")
        self.spoil(shape, "warmup/gate.h", good.replace("Pure.\n", "Pure,\n// torn.\n"), "column 13")
        self.spoil(shape, "warmup/gate.h", good.replace("#pragma once", "#ifndef GATE"), "#pragma once")
        self.spoil(shape, "tests/run.sh", "#!/bin/sh\ntrue\n", "what it is for")

    def test_sizes_and_blanks(self):
        self.add(shape, "mta/daemon/server.cpp", "int a;\n" * 400, "at most 400 lines, found 407")
        self.add(shape, "mta/daemon/server.cpp", "int long_one(int a) {\n" + "  ++a;\n" * 60 + "}\n", "at most 60 lines, found 62", "long_one")
        self.add(shape, "mta/daemon/server.cpp", "int a; \n", "blanks at the end")
        self.add(shape, "mta/daemon/server.cpp", "int\ta;\n", "a tab")
        self.add(shape, "mta/daemon/server.cpp", "int a;\r\n", "CRLF")
        self.add(shape, "mta/daemon/server.cpp", "int a;", "line end at the end")

    def test_functions_whose_signature_wraps_are_measured(self):
        lines = "  ++a;\n" * 60 + "}\n"
        for head in ("int long_one(int a,\n             int b) {\n", "Long::Long(int a)\n    : a_{a},\n      b_(a) {\n",
                     "template <class T> auto long_one(T a) -> int\n{\n", "TEST(Long, One) {\n", "int long_one(std::map<int, int> a = {}) {\n"):
            self.add(shape, "mta/daemon/server.cpp", head + lines, f"at most 60 lines, found {61 + head.count(chr(10))}", "mta/daemon/server.cpp:8:")
        self.add(shape, "warmup/gate.h", "class Gate {\n  Gate()\n      : a_{} {\n" + "    ++a_;\n" * 60 + "  }\n};\n", "found 63: Gate::Gate")
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + "int all_of_it(int a,\n    int b)\n{\n" + "  ++a;\n" * 56 + "}\n")
        self.assertEqual(self.said(shape), [])

    def test_parameters_and_nesting(self):
        self.add(shape, "mta/daemon/server.cpp", "void many(int a, std::map<int, int> b, int c,\n          int d, int e, int f);\n", "at most 5 parameters, found 6: many")
        deep = "void deep() {\n  for (;;)\n    if (a) {\n      while (b) {\n        %s\n      }\n    }\n}\n"
        self.add(shape, "mta/daemon/server.cpp", deep % "if (c) d();", "at most 3 deep, found 4: deep")
        self.add(shape, "mta/daemon/server.cpp", deep % "each([&](int x) { d(x); });", "found 4: deep")
        self.add(shape, "mta/daemon/server.cpp", deep % "switch (c) { case 1: d(); }", "found 4: deep")
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + "void five(std::map<int, int>, int b, int c, int d = f(1, 2), int e);\n"
                 "int Read(int, int, int, int, int, int) override;\n" + deep % "auto x = Lane{{1, 2}, {3}};"
                 + "void chain() {\n  if (a) {\n  } else if (b) {\n  } else if (c) {\n  } else if (d) {\n  } else {\n    e();\n  }\n}\n")
        self.assertEqual(self.said(shape), [])

    def test_an_exception_allows_its_figure_and_no_more_and_no_less(self):
        self.put("tests/tidy/exceptions.py", '"""The list."""\n')
        for depth, said in ((7, "found 7: many"), (6, None), (5, "is not needed any more")):
            self.put("mta/daemon/server.cpp", "void many(" + ", ".join(["int a"] * depth) + ");\n")
            with mock.patch.object(exceptions, "PARAMETERS", {"many": 6}):
                found = self.said(shape)
            self.assertEqual(len(found), 1 if said else 0, found)
            self.assertTrue(said is None or said in found[0], found)
        with mock.patch.object(exceptions, "PARAMETERS", {"many": 7}):
            self.put("mta/daemon/server.cpp", "void many(int a, int b, int c, int d, int e, int f);\n")
            self.assertTrue(any('PARAMETERS["many"] says 7, found 6: lower it' in line for line in self.said(shape)))

    def test_classes(self):
        members, functions = "  int a_;\n" * 25, "".join(f"  void f{i}();\n" for i in range(45))
        big = "class Big {\n public:\n  Big() = default;\n  using Row = int;\n" + functions + " private:\n  struct Part {\n    int b;\n  };\n" + members
        self.put("warmup/gate.h", GOOD["warmup/gate.h"] + big + "};\n")
        self.assertEqual(self.said(classes), [])
        self.add(classes, "warmup/gate.h", big + "  std::map<int, int> b_{}, c_;\n};\n", "at most 25 data members, found 27: Big")
        self.add(classes, "warmup/gate.h", big + "  bool operator()(int a) const;\n};\n", "at most 45 member functions, found 46: Big")
        self.put("warmup/gate.h", header("warmup/gate.h", "namespace warmup {\nclass Big {\n  void f(), g(), h(), i();\n};\n}\n"))
        for name in "fgh":
            self.put(f"warmup/big_{name}.cpp", f"namespace warmup {{\nvoid Big::{name}() {{}}\n}}\n")
        self.assertEqual(self.said(classes), [])
        self.put("warmup/big_i.cpp", "namespace warmup {\nvoid\nBig::i() {}\n}\n")
        self.assertTrue(any("at most 3 .cpp files, found 4: Big" in line for line in self.said(classes)))

    def test_a_type_name_means_one_type(self):
        for code in ("struct Row {};\n", "namespace {\nenum class Row { a };\n}\n", "class Two {\n  class Row final : Base {};\n};\n", "using Row = int;\n"):
            self.add(classes, "warmup/gate.cpp", "class Gate {\n  struct Row {\n    int a;\n  };\n};\n" + code, "name of its own, found Row")
        self.put("warmup/gate.h", header("warmup/gate.h", "class Store;\nclass Gate {\n  struct Row {\n    int a;\n  };\n};\nusing Time = int;\n"))
        self.put("queue/store.h", header("queue/store.h", "class Row;\nclass Store {\n  using Row = Gate::Row;\n  using Time = int;\n};\n"))
        self.put("tests/unit/queue/a_test.cpp", "struct Row {};\n")
        self.assertEqual(self.said(classes), [])

    def test_dead_declarations(self):
        self.put("queue/store.cpp", GOOD["queue/store.cpp"] + "void open() {}\nStore::~Store() = default;\nbool inner() { return false; }\n")
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + "int main() { open(); }\n")
        self.put("queue/store.h", header("queue/store.h", "void open();\nclass Store {\n  virtual ~Store();\n  virtual void sync() = 0;\n  bool operator<(int) const { return true; }\n"
                                         "};\n").replace("sync", "open"))
        self.assertEqual(self.said(declarations), [])
        good = self.text("queue/store.h")
        self.spoil(declarations, "queue/store.h", good + "void shut();\n", "shut is declared, and defined nowhere")
        self.put("queue/store.h", good)
        self.spoil(declarations, "queue/store.h", good + "bool inner();\n", "inner is called by nothing")
        self.put("queue/store.h", good)
        self.put("tests/unit/queue/a_test.cpp", "bool a = inner();\n")
        self.spoil(declarations, "queue/store.h", good + "bool inner();\n", "inner is called by tests alone")

    def test_cpp_is_read_as_it_is_written(self):
        code = without_comments("namespace a::b {\nnamespace {\nconst std::map<int, int> rows = {{1, 10'000}, {2, 20'000}};\n}\n"
                                "template <class T>\nclass X : public Y<T> {\n public:\n  explicit X(int n = 3) : n_{n} { go(); }\n"
                                "  std::function<void(int)> f;\n  static constexpr int most = 3;\n  enum class Kind { a, b } kind;\n};\n"
                                "struct Z;\n}\nstd::optional<int> a::b::read(std::string_view text) {\n  return {};\n}\n")
        source = Source("a.cpp", code)
        self.assertEqual([(found.kind, found.name, found.scope) for found in source.types], [("class", "X", ("a", "b")), ("enum", "Kind", ("a", "b", "X"))])
        self.assertEqual([(f.name, f.parameters, f.line, f.end) for f in source.functions], [("X", 1, 8, 8), ("a::b::read", 1, 15, 17)])
        self.assertEqual(source.types[0].data, ["std::function f", "kind"])

    def test_citations(self):
        self.put("queue/STORE.md", "# Store\n\n## 1. Rows\n\n### 1.2 Keys\n\n1. One.\n\n## `[[plan]]`\n\n## What a crash leaves\n")
        for comment, said in (("what follows (serve.cpp)", "names serve.cpp"), ("see mta/gone.h", "names mta/gone.h"), ("mta/real/net.{h,py}", "names mta/real/net.py"),
                              ("queue/GONE.md", "names queue/GONE.md"), ("warmup-rules §5", "warmup-rules"), ("design §3.2", '"design"'), ("Design \"Shape\"", '"Design"'),
                              ("contract \"Events\"", '"contract"'), ("facts/doctor", "facts/doctor"), ("issue 8", '"issue"'), ("style rule 12", '"style rule"'), ("STORE.md §2", "STORE.md §2, a section"),
                              ("queue/STORE.md §1, §1.3", "§1.3, a section"), ("STORE.md \"Lines\"", "a heading that"), ("STORE.md §1.2, rule 2", "§1.2, 2, an entry"),
                              ("STORE.md §1, §1.2; §1, steps 1–3", "§1, 3, an entry"), ("STORE.md \"Rows\", \"Lost\"", '"Lost", a heading')):
            self.add(citations, "mta/daemon/server.cpp", f"// {comment}\n", said, ":8:")
            self.spoil(citations, "tests/run.sh", GOOD["tests/run.sh"] + f"# {comment}\n", said, ":3:")
            self.spoil(citations, "tests/a.py", f'"""It.\n\nSource    {comment}\n"""\n', said, ":3:")
            self.add(citations, "README.md", comment + "\n", said)
        self.add(citations, "mta/daemon/server.cpp", "// begins here\n// as warmup-rules\n//   §5 say\n", ":9:")
        self.put("mta/daemon/server.cpp", GOOD["mta/daemon/server.cpp"] + "// net.h, real/net.h, mta/real/net.{h,cpp}, mta/real/*.cpp, SCENARIO.toml, db.h of RocksDB, _test.cpp, RFC 5321 §4.5; by contract, by design;\n"
                 "// STORE.md §1, §1.2, promise 1; §1 (step 1); STORE.md §1 (step 1); queue/STORE.md \"Rows\", \"[[plan]]\"; README \"It\"; queue/STORE.md, \"What a crash\n// leaves\".\n"
                 'auto* a = "serve.cpp, design §3";  // a literal is no comment\n')
        self.assertEqual(self.said(citations), [])

    def test_the_picture_of_the_folders(self):
        arrows = {"warmup": "", "queue": "", "doors": "", "mta/daemon": "doors queue warmup", "mta/real": "doors", "mta/ctl": "", "mains": "mta/real"}
        draw = lambda arrows: "# It\n\n```folders\ndoors = mta/doors/world.h\nmains = mta/warmupd.cpp\n" + "".join(f"{a} -> {b}\n" for a, b in arrows.items()) + "```\n"
        self.put("mta/DESIGN.md", draw(arrows))
        self.assertEqual(self.said(picture), [])
        for change, said in (({"mta/daemon": "doors warmup"}, 'mta/daemon/server.cpp:2: includes "queue/store.h": mta/DESIGN.md has no arrow mta/daemon -> queue'),
                             ({"mta/ctl": "queue"}, "no include follows the arrow mta/ctl -> queue")):
            self.put("mta/DESIGN.md", draw(arrows | change))
            self.assertTrue(any(said in line for line in self.said(picture)), (said, self.said(picture)))
        del arrows["mta/ctl"]
        self.put("mta/DESIGN.md", draw(arrows))
        self.assertTrue(any("does not draw mta/ctl" in line for line in self.said(picture)))
        self.put("mta/DESIGN.md", draw(arrows).replace("mta/doors/world.h", "mta/doors/world.h mta/gone.h"))
        self.assertTrue(any("draws mta/gone.h" in line for line in self.said(picture)))
        self.put("mta/DESIGN.md", "# It\n")
        self.assertTrue(any("expected a block" in line for line in self.said(picture)))

    def test_lists_of_the_rules_name_what_is_there(self):
        self.put("tests/tidy/allowed.py", '"""The rule."""\n')
        said = self.said(allowed)
        for rule, gone, there in (("layers", "mta/observe", "mta/doors"), ("heavy", "queue/ballast.*", "queue/store.cpp"),
                                  ("dead", ".ci/run", "LICENSE"), ("banned", "conf/document.cpp", "mta/warmupd.cpp")):
            self.assertTrue(any(line.startswith(f'tests/tidy/{rule}.py:1: "{gone}" names nothing') for line in said), (gone, said))
            self.assertFalse(any(line.startswith(f'tests/tidy/{rule}.py:1: "{there}"') for line in said), (there, said))
        self.put("conf/document.cpp", "bool a = assert(true);\n")
        self.assertFalse(any(line.startswith("tests/tidy/banned.py") and "conf/document.cpp" in line for line in self.said(allowed)))
        self.assertTrue(any('no type is called "Parts"' in line for line in said))
        self.put("warmup/gate.h", GOOD["warmup/gate.h"] + "struct Parts {};\n")
        self.assertFalse(any("Parts" in line for line in self.said(allowed)))

    def test_dead_files(self):
        self.spoil(dead, "mta/lonely.h", header("mta/lonely.h"), "nobody includes")
        self.spoil(dead, "conf/lost.cpp", "int a;\n", "no target compiles")
        self.spoil(dead, "tests/forgotten.py", '"""Nothing."""\n', "no other file names")
        self.spoil(dead, "dkim/new.cpp", "int a;\n", "")
        self.put("tests/unit/mta/old/a_test.cpp", "int a;\n")
        self.assertTrue(any("has no code" in line for line in self.said(dead)))

    def test_documents(self):
        self.put("mta/real/net.cpp", GOOD["mta/real/net.cpp"] + "void Net::dial() { open(); }\n")
        self.put("mta/DESIGN.md", "`body()`, `Net::dial()`, `dial()`, `open()`\n")
        self.assertEqual(self.said(documents), [])
        for line, word in (("`mta/no/such.h`", "mta/no/such.h"), ("`shut()`", "the function shut()"), ("`Lane::dial()`", "the function Lane::dial()"), ("`mta/real/{net,gone}.h`", "mta/real/gone.h"), ("`lost.cpp`", "lost.cpp"),
                           ("[it](doc.md)", "doc.md"), ("[it](queue/STORE.md#gone)", "#gone"), ("`warmupctl dance`", "no verb dance"),
                           ("`warmupctl status --loud`", "no option --loud"), ("`cmake --preset fast`", "no preset fast"),
                           ("`delivery.prot`", "no key prot"), ("`[deliverie]`", "no section [deliverie]"), ("`retry_all`", "retry_all"),
                           ("`/api/v1/nothing`", "/api/v1/nothing"), ("| RFC 9999 | `mta/daemon/server.cpp` |", "RFC 9999:"),
                           ("```toml\n[delivery]\nporto = 1\n```", "no key porto"), ("```sh\nwarmupctl sing\n```", "no verb sing")):
            self.add(documents, "README.md", line + "\n", word)
        os.remove(os.path.join(self.root, "LICENSE"))
        self.assertTrue(any("LICENSE" in line for line in self.said(documents)))

    def test_layout(self):
        try:
            layout.formatter()
        except layout.Skipped as lacking:
            self.skipTest(str(lacking))
        self.spoil(layout, "tests/broken.py", "def f(:\n", "Python")
        self.spoil(layout, "tests/broken.sh", "if true\n", "bash")
        try:
            layout.formatter()
        except layout.Skipped as reason:
            self.skipTest(str(reason))
        self.add(layout, "mta/daemon/server.cpp", "int   a ;\n", "clang-format -i mta/daemon/server.cpp")


if __name__ == "__main__":
    unittest.main()
