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
BASE = ("mta/base", "mta/doors")
BELOW = {  # folder → folders it may include, besides itself
    "conf": {*LEAVES},
    "mta/base": set(),
    "mta/doors": {"mta/base", "queue"},
    "mta/smtp": {*BASE, "conf", *LEAVES},
    "mta/route": {*BASE, "conf", *LEAVES},
    "mta/observe": {*BASE, "conf", *LEAVES, "mta/smtp"},
    "mta/submit": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/route"},
    "mta/deliver": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/route"},
    "mta/report": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/observe"},
    "mta/scheduler": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/route", "mta/deliver", "mta/observe", "mta/report"},
    "mta/bounce": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/deliver", "mta/observe", "mta/scheduler"},
    "mta/daemon": {*BASE, "conf", *LEAVES, "mta/smtp", "mta/route", "mta/deliver", "mta/submit", "mta/scheduler", "mta/report", "mta/bounce",
                   "mta/observe"},
    "mta/control": {*BASE, "conf", *LEAVES, "mta/daemon", "mta/route", "mta/deliver", "mta/scheduler", "mta/report", "mta/observe"},
    "mta/simulate": {*BASE, "conf", *LEAVES, "mta/deliver", "mta/route"},
    "mta/ctl": {*BASE, "conf", *LEAVES, "mta/control", "mta/route", "mta/deliver", "mta/simulate"},
    "mta/real": {*BASE},
    "tests/sim/world": {*BASE},
    "tests/sim": {*BASE, "conf", *LEAVES, "mta/daemon", "mta/smtp", "mta/route", "mta/scheduler", "mta/report", "mta/control", "mta/observe",
                  "mta/simulate", "tests/sim/world"},
}
FREE = ("mta/warmupd.cpp", "mta/warmupctl.cpp")  # the mains build the real world


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
        if its not in allowed:
            may = ", ".join(sorted(allowed)) or "nothing but itself"
            yield Fault(path, line, f'{mine} may include {may}; found "{name}" of {its}')
