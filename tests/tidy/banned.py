"""Names that only some files may say.

What      Clocks, timers, threads, sockets and chance are named in mta/real and the mains alone (tests of those included); everybody else
          gets them from mta/doors/world.h. And a few names that nobody may say.
Source    mta/DESIGN.md §5; §8, rules 7, 8 and 11.
"""
import fnmatch
import re

from tree import Fault

REAL = ["mta/real/*", "mta/warmupd.cpp", "mta/warmupctl.cpp"]
OUTSIDE = ["tests/unit/mta/real/*", "tests/wire/*", "tests/bench/*"]  # measure and speak with real time and sockets
# (what is wrong, pattern in code, files that may)
BANNED = [
    ("reads a clock: take `now` from Calendar or Stopwatch",
     r"\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b|\bgettimeofday\b|\bclock_gettime\b|\btime\((?:nullptr|NULL|0)\)",
     REAL + OUTSIDE),
    ("has a timer of its own: wait on Alarm or Stopwatch",
     r"\b(?:steady_timer|system_timer|high_resolution_timer|basic_waitable_timer|deadline_timer)\b|\btimerfd", REAL + OUTSIDE),
    ("sleeps: wait for a condition", r"\bthis_thread::sleep|\b(?:u|nano)sleep\s*\(|(?<![\w.>])sleep\s*\(\s*\d", REAL),
    ("starts a thread: the world has them", r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b|\basio::thread_pool\b",
     REAL + OUTSIDE + ["tests/sim/world/backroom.*",       # RocksDB wants its background work on another thread
                       "tests/unit/dkim/load_test.cpp"]),  # signing from many threads is what it tests
    ("speaks to a socket: Net has them", r"\b(?:tcp|udp|stream_protocol|local)::(?:socket|acceptor|resolver)\b|(?<![\w.>])::(?:socket|bind|listen|accept|connect)\(",
     REAL + OUTSIDE),
    ("rolls dice of its own: take Dice", r"\brandom_device\b|(?<![\w:])s?rand\(|\barc4random|\bgetrandom\b|\bRAND_bytes\b", REAL),
    ("seeds a generator: take Dice", r"\bmt19937(?:_64)?\b|\bminstd_rand|\bdefault_random_engine\b", REAL + ["tests/*"]),
    ("leaves a coroutine without an owner: spawn it with Tasks", r"\b(?:asio::)?detached\b", []),
    ("iterates in no order: nothing that decides may use it", r"\bstd::unordered_(?:multi)?(?:map|set)\b",
     ["mta/real/dns_cache.*", "mta/real/tls_context.*"]),
    ("asks the environment: that is for the mains", r"\bgetenv\b",
     ["mta/warmupd.cpp", "mta/warmupctl.cpp", "tests/sim/world/world.cpp", "tests/sim/world/loop.cpp", "tests/*"]),
    ("aborts by assert(), which is off in release: ENSURE stays on", r"(?<![\w_])assert\(|\bNDEBUG\b",
     ["conf/document.cpp"]),  # keeps toml++'s own from aborting,
    ("blocks a name for everybody: using namespace std", r"\busing namespace std\b(?!::)", []),
    ("does nothing but trouble", r"\bvolatile\b(?! std::sig_atomic_t)|\bgoto\b|#\s*pragma\s+(?!once\b)", []),
]
NOISE = [  # in any text of ours but data
    ("unfinished work: do it or say it in an issue", re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")),
    ("names a machine's own folders", re.compile(r"(?<![\w.])/(?:ho" r"me|wo" r"rk|Use" r"rs)/\w")),
    ("an unresolved conflict", re.compile(r"^(?:<{7}|>{7}) ")),
]
DATA = ("tests/data/", "conf/responses.toml")


def may(path, files):
    return any(fnmatch.fnmatch(path, pattern) for pattern in files)


def check(tree):
    for path in tree.cpp:
        code = tree.code[path]
        for wrong, pattern, files in BANNED:
            if may(path, files):
                continue
            for match in re.finditer(pattern, code):
                yield Fault(path, code.count("\n", 0, match.start()) + 1, f"{match[0].strip()}: {wrong}")
    for path in tree.texts:
        if path.startswith(DATA):
            continue
        for number, line in tree.lines(path):
            for wrong, pattern in NOISE:
                found = pattern.search(line)
                if found:
                    yield Fault(path, number, f"{found[0]!r}: {wrong}")
