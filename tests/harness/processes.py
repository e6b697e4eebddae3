"""Processes of a test: started here, ended here, by their process id.

What      Process: a program with its log, ready when its port or socket answers. free_port, free_address, scratch folders.
Promise   Everything that a test started is gone when it ends, also when it fails. Only loopback addresses are used.
Not here  which programs (names.py, daemon.py, receivers.py).
"""
import atexit
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_running = []
_addresses = itertools.count(os.getpid() % 200 * 250 + 2)


def free_port():
    """A port that is free for UDP and TCP on all of 127/8."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("", port))
                return port
            except OSError:
                continue


def free_address():
    """A loopback address of one receiver: all receivers of a test listen on one port, as the world does on port 25."""
    number = next(_addresses)
    return f"127.{50 + number // 62500 % 100}.{number // 250 % 250}.{number % 250 + 1}"


def scratch(name="warmupd-test-"):
    """A folder that goes when the test ends; KEEP=1 in the environment keeps it."""
    folder = tempfile.mkdtemp(prefix=name)
    os.chmod(folder, 0o755)
    if os.environ.get("KEEP"):
        print("keeping", folder)
    else:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def wait_for(what, seconds=20, text="what was waited for"):
    """Calls `what` until it gives something true, and returns that. AssertionError after `seconds`; `text` may be a function."""
    limit = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > limit:
            raise AssertionError(f"{text() if callable(text) else text}: not within {seconds} s")
        time.sleep(0.02)


def answers(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False


class Process:
    """A program with its log; `ready` is called until it is true. `group`: it leads a process group of its own, which ends with it."""

    def __init__(self, arguments, log, ready=None, environment=None, seconds=20, group=False):
        self.log_file, self.group = log, group
        with open(log, "a") as out:
            self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env={**os.environ, **(environment or {})}, start_new_session=group)
        self.pid = self.process.pid
        _running.append(self)
        limit = time.monotonic() + seconds
        while ready and not ready():
            if self.process.poll() is not None or time.monotonic() > limit:
                self.kill()
                raise RuntimeError(f"{arguments[0]} did not start:\n{self.log()}")
            time.sleep(0.02)

    def log(self):
        with open(self.log_file, errors="replace") as lines:
            return lines.read()

    def alive(self):
        return self.process.poll() is None

    def stop(self, seconds=40):
        """Asks it to end (SIGTERM) and returns its exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        if self.alive():
            os.killpg(self.pid, signal.SIGKILL) if self.group else self.process.kill()
        self.process.wait(20)


@atexit.register
def _end_all():
    for each in reversed(_running):
        each.kill()
