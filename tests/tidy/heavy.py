"""Headers that cost seconds of compile time or tie a file to a library: only in the files listed.

What      Each library's headers, and where they may be included. A header of ours that includes a heavy one is listed with its reason,
          and then only files that may see that library may include it.
Source    mta/DESIGN.md §8, rule 14; measured: asio + ssl + beast 15 s a file, our own interfaces 2-5 s.
"""
import fnmatch
import re

from tree import Fault

# (what, pattern of the included name, files that may)
HEAVY = [
    ("Beast", r"boost/beast", ["mta/real/control_client.cpp", "mta/real/control_socket.cpp"]),
    ("asio/ssl", r"boost/asio/ssl", ["mta/base/asio.cpp"]),
    ("asio's implementation", r"boost/asio/impl/src", ["mta/base/asio.cpp"]),
    ("toml++", r"toml\+\+", ["conf/document.cpp"]),
    ("GMime", r"gmime", ["mta/deliver/downgrade.cpp", "mta/submit/from_header.cpp", "mta/submit/mime_walk.cpp",
                          "mta/submit/reencode.cpp", "tests/unit/mta/deliver/downgrade_parts_test.cpp"]),
    ("RocksDB", r"rocksdb", ["queue/ballast.*", "queue/batch.cpp", "queue/store.cpp", "queue/store_*", "queue/sync_mark.*", "queue/tombstones.cpp", "queue/tuning.cpp",
                             "queue/tuning.h",  # the options of an opened store; included by store.cpp and tuning.cpp only
                             "queue/batch.h",   # rocksdb/write_batch.h alone, which is light
                             "tests/sim/world/disk_env.cpp", "tests/unit/queue/*", "tests/unit/tests/sim/world/*"]),
    ("c-ares", r"ares\.h|ares_", ["mta/real/cares_channel.cpp", "mta/real/dns_message.cpp"]),
    ("CLI11", r"CLI/", ["mta/warmupd.cpp", "mta/ctl/*.cpp"]),
    ("date's time zones", r"date/tz", ["conf/time_zone.cpp", "warmup/day.cpp"]),
    ("libopendkim", r"opendkim", ["dkim/*", "tests/unit/dkim/post.cpp"]),
    ("RE2", r"re2/", ["mta/deliver/verdict_delay.cpp", "mta/deliver/verdict_patterns.cpp"]),
    ("libpsl", r"libpsl", ["mta/route/provider.cpp"]),
    ("libidn2", r"idn2", ["mta/route/host_name.cpp"]),
]
LIGHT = {"rocksdb/write_batch.h"}  # may be seen through a header of ours


def may(path, files):
    return any(fnmatch.fnmatch(path, pattern) for pattern in files)


def check(tree):
    through = {}  # a header of ours that includes a heavy one → its libraries
    for path, line, name, quoted in tree.includes:
        if quoted:
            continue
        for what, pattern, files in HEAVY:
            if not re.match(pattern, name):
                continue
            if not may(path, files):
                yield Fault(path, line, f"<{name}>: {what} belongs in {', '.join(files)} alone (tests/tidy/heavy.py)")
            elif path.endswith(".h") and name not in LIGHT:
                through.setdefault(path, []).append((what, files))
    for path, line, name, quoted in tree.includes:
        for what, files in through.get(name, []) if quoted else []:
            folder = name.rsplit("/", 1)[0] + "/"
            if not (may(path, files) or path.startswith(folder)):
                yield Fault(path, line, f'"{name}" brings {what} with it, which belongs in {", ".join(files)} alone')
