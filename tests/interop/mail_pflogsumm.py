#!/usr/bin/python3
"""pflogsumm reads our maillog: mail_pflogsumm.py BINARIES.

What      Mail that arrives, mail that is put off, mail to unknown users; a server that is not there. Then Debian's pflogsumm is given the
          file of [log] maillog and must count what we know happened. The file is moved away and goes on anew after SIGHUP.
Promise   Nothing of it depends on the time of day: pflogsumm is asked for the whole file.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from names import Names
from processes import free_address, free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)
MESSAGE = b"From: app@sender.test\r\nSubject: counted\r\nMessage-ID: <%d@sender.test>\r\n\r\ntext\r\n"
SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d mta1\.sender\.test warmupd/(smtpd|cleanup|qmgr|smtp)\[\d+\]: "
                   r"[0-9A-Z]{13}: (client=|message-id=|from=<|to=<[^>]*>, relay=\S+, delay=[\d.]+, delays=[\d.]+(/[\d.]+){3}, dsn=\d\.\d+\.\d+, "
                   r"status=(sent|deferred|bounced) \(|removed$)")


def reply_of(address, _session):
    if address.startswith("nobody"):
        return "550 5.1.1 no such user"
    if address.startswith("later"):
        return "450 4.2.1 not now"
    return None


class Pflogsumm(unittest.TestCase):
    def setUp(self):
        self.folder, self.port = scratch(), free_port()
        self.box = Mailbox("box.test", self.port, on_rcpt=reply_of)
        home = Mailbox("sender.test", self.port)
        dead = ["dead.test. 60 IN MX 10 mx.dead.test.", f"mx.dead.test. 60 IN A {free_address()}"]
        names = Names(self.folder, self.box.records() + home.records() + dead)
        self.maillog = os.path.join(self.folder, "maillog")
        self.daemon = Daemon(BINARIES, names, self.port, more=f'[log]\nmaillog = "{self.maillog}"\n[retry]\nfirst = "1h"\n')

    def tearDown(self):
        self.daemon.stop()

    def lines(self, file=None):
        if not os.path.exists(file or self.maillog):
            return []
        with open(file or self.maillog) as log:
            return log.read().splitlines()

    def count(self, text, file=None):
        return sum(text in line for line in self.lines(file))

    def test_counts_what_happened(self):
        for number in range(12):
            self.daemon.send("app@sender.test", [f"user{number}@box.test"], MESSAGE % number)
        for name in ("nobody1", "nobody2", "later1", "later2", "later3"):
            self.daemon.send("app@sender.test", [name + "@box.test"], MESSAGE % 100)
        self.daemon.send("app@sender.test", ["ann@dead.test"], MESSAGE % 200)
        wait_for(lambda: self.count("status=sent") == 14 and self.count("status=bounced") == 2 and self.count("status=deferred") >= 4
                 and self.count(": removed") >= 16, 60, "the lines of all that was sent")
        for line in self.lines():
            self.assertRegex(line, SHAPE)
        tool = shutil.which("pflogsumm") or "/usr/sbin/pflogsumm"
        summary = subprocess.run([tool, "--syslog-name=warmupd", self.maillog], capture_output=True, text=True, check=True).stdout

        def figure(name):
            return int(re.search(rf"^\s+(\d+)k?\s+{name}\b", summary, re.M)[1])

        self.assertEqual(figure("received"), 18, summary)   # bounce reports come from no client
        self.assertEqual(figure("delivered"), 14, summary)  # with the two reports
        self.assertEqual(figure("bounced"), 2, summary)
        self.assertGreaterEqual(figure("deferred"), 4, summary)
        self.assertIn("box.test", summary)
        log = self.daemon.log()
        self.assertRegex(log, r"\d\d[+-]\d\d:\d\d info [0-9A-Z]{13}: to=<user0@box.test>, relay=mx\.box\.test\[[\d.]+\]:\d+, .*status=sent \(250 .*\), "
                              r"lane=ip-1/other:box\.test, verdict=delivered\n")

        moved = self.maillog + ".1"
        os.rename(self.maillog, moved)
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        wait_for(lambda: os.path.exists(self.maillog), 20, "the maillog opened anew")
        self.daemon.send("app@sender.test", ["after@box.test"], MESSAGE % 300)
        wait_for(lambda: self.count("to=<after@box.test>") == 1, 20, "a line in the new file")
        self.assertEqual(self.count("after@box.test", moved), 0)


if __name__ == "__main__":
    unittest.main()
