"""warmupd under test: its folder, its configuration, its life.

What      Daemon(binaries, names, …): writes a configuration, starts the real binary, speaks to it through warmupctl.
Promise   Listens on 127.0.0.1, spool and control socket in its own folder. `kill()` is kill -9; `start()` may follow.
Not here  the peers (receivers.py, names.py).
"""
import json
import os
import re
import smtplib
import subprocess

from processes import Process, answers, free_port, scratch, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class _Client(smtplib.SMTP):
    """Remembers the reply to the message."""

    def data(self, message):
        self.said = super().data(message)
        return self.said


def _tables(binaries):
    """Of the tree that was built there: an older build may be measured beside this one, and does not know the words of its tables."""
    own = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(binaries))), "conf")
    return own if os.path.exists(os.path.join(own, "providers.toml")) else os.path.join(ROOT, "conf")


class Daemon:
    """`top` is put before the first table of the configuration, `more` after the last. `delivery_port` is that of all receivers."""

    def __init__(self, binaries, names=None, delivery_port=25, top="", more="", listener="", delivery="", source=None, folder=None,
                 start=True, environment=None, arguments=(), dns_timeout="10s"):
        self.folder = folder or scratch()
        self.binaries, self.port = binaries, free_port()
        self.at = f"127.0.0.1:{self.port}"
        self.config = os.path.join(self.folder, "warmupd.toml")
        self.socket = os.path.join(self.folder, "control.sock")
        self.events_file = os.path.join(self.folder, "events.jsonl")
        self.users = os.path.join(self.folder, "users")
        self.environment, self.arguments = environment, arguments
        self.process = None
        source = source or '[[source]]\nname = "ip-1"\naddress = "127.0.0.1"\n'
        tables = _tables(binaries)
        servers = f'[dns]\nservers = ["{names.server}"]\ntimeout = "{dns_timeout}"\n' if names else ""
        with open(self.config, "w") as out:
            out.write(f"""hostname = "mta1.sender.test"
postmaster = "postmaster@sender.test"
spool = "{self.folder}/spool"
min_free = "1MiB"
{top}
[[listener]]
address = "127.0.0.1:{self.port}"
{listener}
[auth]
users = "{self.users}"
[control]
socket = "{self.socket}"
[events]
file = "{self.events_file}"
[providers]
file = "{tables}/providers.toml"
responses = "{tables}/responses.toml"
{servers}
[delivery]
port = {delivery_port}
allow_loopback = true
{delivery}
{source}
{more}
""")
        if start:
            self.start()

    def start(self):
        self.process = Process([os.path.join(self.binaries, "warmupd"), "--config", self.config, *self.arguments],
                               os.path.join(self.folder, "warmupd.log"), environment=self.environment,
                               ready=lambda: answers("127.0.0.1", self.port) and os.path.exists(self.socket))
        return self

    def stop(self):
        code = self.process.stop()
        assert code == 0, f"warmupd ended with {code}:\n{self.process.log()[-3000:]}"

    def kill(self):
        self.process.kill()

    def log(self):
        return self.process.log()

    def ctl(self, *words, check=True, text=None):
        """Runs warmupctl and returns its output; `text` goes to its standard input."""
        done = subprocess.run([os.path.join(self.binaries, "warmupctl"), "--config", self.config, "--socket", self.socket, *words],
                              capture_output=True, text=True, input=text, timeout=60)
        if check and done.returncode:
            raise AssertionError(f"warmupctl {' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def status(self):
        return json.loads(self.ctl("status", "--json"))

    def waiting(self):
        return self.status()["queue"]["recipients"]

    def wait_until_empty(self, seconds=60):
        wait_for(lambda: self.waiting() == 0, seconds, f"an empty queue in {self.folder}")

    def user(self, name, password, rest=""):
        """`rest` is what stands behind the hash in the users file, such as ":example.test"."""
        self.ctl("passwd", name, text=password + "\n")
        if rest:
            with open(self.users) as lines:
                rows = [line.rstrip("\n") + (rest if line.startswith(name + ":") else "") for line in lines]
            with open(self.users, "w") as out:
                out.write("\n".join(rows) + "\n")
        if self.process:
            self.ctl("reload")

    def send(self, sender, recipients, message, **options):
        """Returns the id that the message got. The file of events may know it a moment later."""
        with _Client("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail(sender, recipients, message, **options)
        return re.search(r"queued as (\w+)", client.said[1].decode())[1]

    def events(self, *types):
        if not os.path.exists(self.events_file):
            return []
        with open(self.events_file) as lines:
            seen = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in seen if not types or event["type"] in types]
