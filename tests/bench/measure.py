"""What a benchmark reads from the machine.

What      cpu_seconds(pid): user + system time of a process, of all below it and of those of them that have ended.
          resident(pid): its resident memory in bytes. settled_cpu(pid): cpu_seconds once they stand still. table(rows): text.
Promise   Reads /proc only.
Not here  what is started and what is wanted of it (relay, backlog).
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))

_ticks = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def cpu_seconds(root):
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stats[int(name)] = _stat(name)
            except (FileNotFoundError, ProcessLookupError):
                continue
    family, found = [root], 0
    for pid in family:
        family += [child for child, stat in stats.items() if int(stat[1]) == pid]
        if pid in stats:
            found += sum(int(stats[pid][n]) for n in (11, 12, 13, 14))  # utime stime cutime cstime
    return found / _ticks


def settled_cpu(root, seconds=20):
    """What is still to do after the last message (unlinking, a last sync) belongs to the messages."""
    last, quiet, limit = cpu_seconds(root), 0, time.monotonic() + seconds
    while quiet < 5 and time.monotonic() < limit:
        time.sleep(0.1)
        now = cpu_seconds(root)
        quiet = quiet + 1 if now - last <= 0.01 else 0
        last = now
    return last


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def table(head, rows):
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ["  ".join(cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(row, widths)))
             for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
