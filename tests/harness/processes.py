"""Processes of a test: started here, ended here, by their process id.

What      Process: a program with its log, ready when its port or socket answers. free_port, free_address, scratch folders.
Promise   Everything that a test started is gone when it ends, also when it fails. Only loopback addresses are used. Ports are of one test
          alone, whatever else runs on the machine. A deadline only guards against hanging.
Not here  which programs (names.py, daemon.py, receivers.py).
"""
import atexit
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds: a busy machine is slow
_running = []
_claims = []  # sockets of no use but their names, which say that a port is somebody's
_addresses = itertools.count(os.getpid() % 200 * 250 + 2)


def _ports_of_nobody():
    """All ports that the kernel gives to no connection by itself. Any connection may get one of the others as its own end at any instant, and
    nobody can listen there until a minute after that connection has ended."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as given:
        first, last = (int(word) for word in given.read().split())
    ports = [port for port in range(10240, 65536) if not first <= port <= last] or list(range(10240, 65536))
    random.shuffle(ports)
    yield from ports


_candidates = _ports_of_nobody()


def free_port():
    """A port that is free for UDP and TCP on all of 127/8, and that no other test is given until this process ends."""
    for port in _candidates:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0warmupd-test-port-{port}")
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.bind(("", port))
                udp.bind(("", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
    raise RuntimeError("no port is free")


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


def wait_for(what, seconds=PATIENCE, text="what was waited for"):
    """Calls `what` until it gives something true, and returns that. AssertionError after `seconds`, or PATIENCE when that is longer; `text` may
    be a function."""
    seconds = max(seconds, PATIENCE)
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

    def __init__(self, arguments, log, ready=None, environment=None, group=False):
        self.log_file, self.group = log, group
        with open(log, "a") as out:
            self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env={**os.environ, **(environment or {})}, start_new_session=group)
        self.pid = self.process.pid
        _running.append(self)
        limit = time.monotonic() + PATIENCE
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

    def stop(self, seconds=PATIENCE):
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
