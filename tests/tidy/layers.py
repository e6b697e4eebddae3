"""Who may include whom.

What      Every #include of a header of ours goes down the picture of the design: leaves know nobody, conf knows the leaves, mta
          knows both; within mta each folder knows those listed, and only the mains and the tests see the real and the simulated world.
          Includes are written from the root of the tree.
Source    mta/DESIGN.md §2, §5; §8, rule 8.
Not here  headers of libraries (heavy.py).
"""
import posixpath

from tree import Fault

LEAVES = ("warmup", "queue", "dkim")
# The doors of mta/: interfaces that every folder of mta may include. Its other headers (server, router, rules) are the core's.
DOORS = {"mta/world.h", "mta/tasks.h", "mta/desk.h", "mta/spool.h", "mta/plain_text.h"}
BELOW = {  # folder → folders it may include, besides itself
    "conf": {*LEAVES},
    "mta/base": {"doors"},
    "mta/smtp": {"doors", "conf", *LEAVES},
    "mta/route": {"doors", "conf", *LEAVES},
    "mta/observe": {"doors", "conf", *LEAVES, "mta/smtp"},
    "mta/submit": {"doors", "conf", *LEAVES, "mta/smtp", "mta/route"},
    "mta/deliver": {"doors", "conf", *LEAVES, "mta/smtp", "mta/route"},
    "mta/books": {"doors", "conf", *LEAVES, "mta/smtp", "mta/route", "mta/deliver", "mta/observe"},
    "mta/bounce": {"doors", "conf", *LEAVES, "mta/smtp", "mta/observe", "mta/books"},
    "mta": {"doors", "conf", *LEAVES, "mta/smtp", "mta/route", "mta/deliver", "mta/submit", "mta/books", "mta/bounce", "mta/observe"},
    "mta/control": {"doors", "conf", *LEAVES, "mta", "mta/route", "mta/deliver", "mta/books", "mta/observe"},
    "mta/ctl": {"doors", "conf", *LEAVES, "mta/control", "mta/route", "mta/deliver", "mta/simulate"},
    "mta/simulate": {"doors", "conf", *LEAVES, "mta/deliver", "mta/route"},
    "mta/real": {"doors", "mta/control"},
    "tests/sim/world": {"doors"},
    "tests/sim": {"doors", "conf", *LEAVES, "mta", "mta/smtp", "mta/route", "mta/books", "mta/control", "mta/observe", "mta/simulate", "tests/sim/world"},
}
FREE = ("mta/warmupd.cpp", "mta/warmupctl.cpp")  # the mains build the real world
LOCAL = {"mta/real": {"mta/control": {"mta/control/http.h"}}}  # a folder of which only these headers may be seen


def layer_of(path):
    folder = posixpath.dirname(path)
    while folder and folder not in BELOW and folder not in LEAVES:
        folder = posixpath.dirname(folder)
    return folder


def check(tree):
    headers = set(tree.ending(".h"))
    for path, line, name, quoted in tree.includes:
        if not quoted:
            if name in headers:
                yield Fault(path, line, f'a header of ours is included as "{name}", found <{name}>')
            continue
        beside = posixpath.join(posixpath.dirname(path), name)
        if path.startswith("tests/") and beside in headers:
            continue  # a test may call the fixture next to it by its short name
        if name not in headers:
            hint = f'"{beside}"' if beside in headers else "a path from the root of the tree"
            yield Fault(path, line, f'expected {hint}, found "{name}": no such header')
            continue
        simulated = path.startswith("tests/sim/")
        if path in FREE or (path.startswith("tests/") and not simulated):
            continue
        if name.startswith("tests/") and not (simulated and name.startswith("tests/sim/")):
            yield Fault(path, line, f'the program may not include a test: "{name}"')
            continue
        mine, its = layer_of(path), layer_of(name)
        if mine == its:
            continue
        allowed = BELOW.get(mine, set())
        only = LOCAL.get(mine, {}).get(its)
        if only is not None and name not in only:
            yield Fault(path, line, f'{mine} may see only {", ".join(sorted(only))} of {its}, found "{name}"')
        elif not (its in allowed or ("doors" in allowed and name in DOORS)):
            may = ", ".join(sorted(allowed)) or "nothing but itself"
            yield Fault(path, line, f'{mine} may include {may}; found "{name}" of {its}')
