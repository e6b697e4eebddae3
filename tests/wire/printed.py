"""What WARMUP.md shows of `warmupctl simulate` is what it prints.

Scenario  Each command that the page shows is played again on a terminal of the width at which it was printed, and compared line by line.
Usage     printed.py BUILD_DIR
"""
import os
import pty
import re
import subprocess
import sys
import termios

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHOWN = re.compile(r"```\n\$ warmupctl (simulate [^\n|]*?)(?: \| tail -n (\d+))?\n(.*?)```", re.S)
COLUMNS = 100


def on_a_terminal(command):
    """The output of a command as a terminal of COLUMNS shows it, without colours."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (60, COLUMNS))
    process = subprocess.Popen(command, cwd=ROOT, stdin=its, stdout=its, stderr=its)
    os.close(its)
    octets = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        octets += more
    os.close(ours)
    process.wait()
    return re.sub(r"\x1b\[[0-9;]*m", "", octets.decode().replace("\r", ""))


def printed(build, words, last):
    command = [os.path.join(build, "warmupctl"), *words.split()]
    if last:  # into a pipe
        lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
        return lines[-int(last):]
    return on_a_terminal(command).splitlines()


def main():
    build = os.path.abspath(sys.argv[1])
    with open(os.path.join(ROOT, "warmup", "WARMUP.md"), encoding="utf-8") as page:
        shown = SHOWN.findall(page.read())
    assert len(shown) >= 4, f"expected at least four simulations on the page, found {len(shown)}"
    for words, last, text in shown:
        page_lines = [line.rstrip() for line in text.splitlines()]
        now = [line.rstrip() for line in printed(build, words, last)]
        for number, (expected, found) in enumerate(zip(page_lines, now), 1):
            assert expected == found, f"warmupctl {words}, line {number}: WARMUP.md shows\n  {expected}\nit prints\n  {found}"
        assert len(page_lines) == len(now), f"warmupctl {words}: WARMUP.md shows {len(page_lines)} lines, it prints {len(now)}"
    print(f"{len(shown)} simulations are as WARMUP.md shows them")


if __name__ == "__main__":
    main()
