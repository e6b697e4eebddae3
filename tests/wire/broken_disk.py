#!/usr/bin/python3
"""A disk that breaks or fills, and the real daemon on it: broken_disk.py BINARIES.

What      The write-ahead log flipped, cut or removed after kill -9; a damaged body; a spool folder that others may enter; a disk without any
          room (a tmpfs where the machine allows, skipped with a message otherwise).
Promise   Exit codes, events and JSON fields are those of README and mta/control/JSON.md. What is mounted is unmounted.
"""
import glob
import json
import os
import re
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)
CANNOT_CREATE = 73
MiB = 1 << 20


class BrokenDisk(unittest.TestCase):
    def setUp(self):
        self.folder, self.port = scratch(), free_port()
        self.box = Mailbox("plain.test", self.port)
        self.addCleanup(lambda: self.box.stop())
        self.names = Names(self.folder, self.box.records())

    def daemon(self, delivery_port=None, **options):
        made = Daemon(BINARIES, self.names, delivery_port or self.port, **options)
        self.addCleanup(made.kill)
        return made

    def full_of_mail(self, count=40, size=2000, **options):
        """A daemon that was killed with `count` acknowledged messages that cannot leave (nothing listens on their port)."""
        daemon = self.daemon(delivery_port=free_port(), **options)
        for number in range(count):
            daemon.send("ann@sender.test", ["bob@plain.test"], letter(f"number {number}", (os.urandom(32).hex() + "\r\n").encode() * (size // 66)))
        self.assertEqual(daemon.waiting(), count)
        daemon.kill()
        return daemon

    def bodies_in_a_blob(self):
        daemon = self.full_of_mail(count=10, size=100_000)
        daemon.start(), daemon.stop()
        [blob] = glob.glob(f"{daemon.folder}/spool/*.blob")
        return daemon, blob

    def change(self, daemon, pattern, text):
        with open(daemon.config) as file:
            changed, count = re.subn(pattern, text, file.read())
        self.assertEqual(count, 1, pattern)
        with open(daemon.config, "w") as file:
            file.write(changed)

    def deliver_to_the_box(self, daemon):
        self.change(daemon, r"\[delivery\]\nport = \d+", f"[delivery]\nport = {self.port}")

    def start_fails(self, daemon):
        done = subprocess.run([os.path.join(BINARIES, "warmupd"), "--config", daemon.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, CANNOT_CREATE, done.stderr)
        return done.stderr.splitlines()[-1]

    def check_finds_it(self, daemon, said):
        done = subprocess.run([os.path.join(BINARIES, "warmupd"), "--config", daemon.config, "--check"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, CANNOT_CREATE, done.stderr)
        self.assertIn(said[said.index("spool "):], done.stderr)

    def accept(self, daemon):
        daemon.arguments = ("--accept-damage",)
        daemon.start()
        daemon.arguments = ()
        return daemon.status()

    def log(self, daemon):
        return max(glob.glob(f"{daemon.folder}/spool/*.log"))

    def flip(self, path, at=None):
        with open(path, "r+b") as file:
            octets = file.read()
            at = len(octets) // 2 if at is None else at
            file.seek(at)
            file.write(bytes([octets[at] ^ 1]))

    def is_said_until_accepted(self, daemon):
        said = self.start_fails(daemon)
        self.assertRegex(said, r"missing since \d{4}-\d\d-\d\dT")
        self.assertIn("--accept-damage", said)
        self.assertEqual(self.start_fails(daemon), said, "nothing was changed")
        self.check_finds_it(daemon, said)
        status = self.accept(daemon)
        self.assertEqual([(each["what"], each["messages"]) for each in status["damaged"]], [("log", None)])
        wait_for(lambda: daemon.events("damaged"), 20, "the event")
        [event] = daemon.events("damaged")
        self.assertEqual((event["what"], event["messages"]), ("log", None))
        self.assertRegex(event["lost_since"], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z$")
        self.assertIn("DAMAGED", daemon.ctl("status"))
        daemon.stop()
        daemon.start()
        self.assertEqual(len(daemon.status()["damaged"]), 1, "it is shown for a month")
        self.assertEqual(len(daemon.events("damaged")), 1, "and told once")

    def test_a_flipped_octet_in_the_log(self):
        daemon = self.full_of_mail()
        self.flip(self.log(daemon))
        self.is_said_until_accepted(daemon)
        self.assertGreater(daemon.waiting(), 5)

    def test_a_log_cut_in_half(self):
        daemon = self.full_of_mail()
        os.truncate(self.log(daemon), os.path.getsize(self.log(daemon)) // 2)
        self.is_said_until_accepted(daemon)

    def test_a_log_that_is_gone(self):
        daemon = self.full_of_mail()
        os.remove(self.log(daemon))
        self.is_said_until_accepted(daemon)

    def test_a_database_without_its_first_file(self):
        daemon = self.full_of_mail()
        os.remove(f"{daemon.folder}/spool/CURRENT")
        self.check_finds_it(daemon, self.start_fails(daemon))

    def test_bodies_that_are_gone(self):
        daemon, blob = self.bodies_in_a_blob()
        os.remove(blob)
        self.check_finds_it(daemon, self.start_fails(daemon))

    def test_a_damaged_body_is_set_aside_and_named(self):
        daemon, blob = self.bodies_in_a_blob()
        self.flip(blob)
        done = subprocess.run([os.path.join(BINARIES, "warmupctl"), "--config", daemon.config, "--json", "spool", "verify"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        offline = json.loads(done.stdout)
        self.assertEqual([each["what"] for each in offline["damaged"]], ["body"])
        name = offline["damaged"][0]["id"]
        self.deliver_to_the_box(daemon)
        daemon.start()
        daemon.ctl("queue", "retry", "--all")
        wait_for(lambda: len(self.box.letters) == 9, 60, lambda: f"the others leave: {daemon.log()[-3000:]}")
        wait_for(lambda: daemon.events("damaged"), 20, "the event")
        self.assertEqual([each["id"] for each in daemon.events("damaged")], [name])
        self.assertEqual([(each["what"], each["messages"]) for each in daemon.status()["damaged"]], [("body", 1)])
        self.assertTrue(daemon.process.alive())
        online = subprocess.run([os.path.join(BINARIES, "warmupctl"), "--socket", daemon.socket, "spool", "verify"], capture_output=True,
                                text=True, timeout=60)
        self.assertEqual(online.returncode, 1)
        self.assertIn(name, online.stdout)
        daemon.ctl("queue", "drop", "--id", name)
        wait_for(lambda: daemon.waiting() == 0, 20, "an empty queue")
        daemon.ctl("spool", "verify")

    def test_everything_in_the_spool_is_ours_alone(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        spool = os.path.join(self.folder, "spool")
        os.mkdir(os.path.join(self.folder, "real"), 0o777)
        os.symlink(os.path.join(self.folder, "real"), spool)
        daemon = self.daemon(folder=self.folder)
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("private", b"text\r\n"))
        wait_for(lambda: daemon.events("delivered"), 30, "the delivery")
        self.assertEqual(stat.S_IMODE(os.stat(spool).st_mode), 0o700)
        for path in [*glob.glob(spool + "/*"), daemon.events_file]:
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)

    def small_disk(self, size):
        folder = os.path.join(self.folder, "disk")
        os.mkdir(folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder])
        return folder

    def fill(self, folder):
        with open(os.path.join(folder, "filler"), "wb") as file:
            try:
                while True:
                    file.write(b"x" * MiB)
                    file.flush()
            except OSError:
                pass

    def test_a_spool_that_was_full_accepts_again_within_a_minute(self):
        folder = self.small_disk("600m")
        daemon = self.daemon(delivery_port=free_port(), folder=folder)  # nothing listens there
        daemon.stop()
        self.change(daemon, r'min_free = "1MiB"', 'min_free = "150MiB"')
        daemon.start()
        body = b"".join((os.urandom(32).hex() + "\r\n").encode() for _ in range(15_000))
        taken = 0
        try:
            for taken in range(600):
                daemon.send("ann@sender.test", ["bob@plain.test"], letter(f"number {taken}", body))
        except Exception as error:
            self.assertIn("4.3.1", str(error))
        self.assertGreater(taken, 100)
        self.deliver_to_the_box(daemon)
        daemon.ctl("reload")
        daemon.ctl("queue", "retry", "--all")
        daemon.wait_until_empty(240)
        wait_for(lambda: daemon.status()["accepting"], 60, lambda: f"room again: {daemon.status()}")
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("again", b"text\r\n"))

    def test_a_start_with_nothing_free_drains_the_queue(self):
        folder = self.small_disk("200m")
        daemon = self.full_of_mail(count=5, folder=folder)
        self.fill(folder)
        with open(daemon.config) as file:
            text = file.read()
        os.remove(os.path.join(folder, "filler"))
        with open(daemon.config, "w") as file:
            file.write(text.replace("[delivery]\nport = ", f"[delivery]\nport = {self.port}\n# it was ").replace('min_free = "1MiB"', 'min_free = "64MiB"'))
        self.fill(folder)
        daemon.start()
        self.assertTrue(daemon.process.alive(), daemon.log())
        daemon.ctl("queue", "retry", "--all")
        wait_for(lambda: len(self.box.letters) == 5, 60, lambda: f"the mail leaves: {daemon.log()[-3000:]}")
        with self.assertRaises(Exception):
            daemon.send("ann@sender.test", ["bob@plain.test"], letter("more", b"text\r\n"))
        status = daemon.status()
        self.assertFalse(status["accepting"])
        self.assertIn("min_free", status["not_accepting"])
        os.remove(os.path.join(folder, "filler"))
        time.sleep(2)
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("more", b"text\r\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
