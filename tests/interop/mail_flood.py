#!/usr/bin/python3
"""smtp-source → us → smtp-sink: mail_flood.py BINARIES [MESSAGES].

What      Postfix's smtp-source sends 2,000 messages over 20 sessions, each to another recipient. smtp-sink writes what it gets into
          files; a second run ends at an aiosmtpd server, which keeps the octets as they came (smtp-sink's files have LF).
Promise   Every recipient got his message exactly once. Below our header field it is, octet for octet, what the same program delivers
          to the same server without us.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter, split_ours
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox, Sink

BINARIES = sys.argv.pop(1)
MESSAGES = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 2000
SESSIONS = 20
SOURCE = shutil.which("smtp-source") or "/usr/sbin/smtp-source"

LETTER = letter("flood", b"first line\r\n\r\n.\r\n..two dots\r\n \t\r\n" + b"".join(b"%04d %s\r\n" % (n, b"x" * (n % 120)) for n in range(60)) + b"\r\n",
                b"X-Folded: one\r\n\ttwo\r\nX-Empty:\r\n")


def dumps(folder):
    """What smtp-sink -d wrote: (recipient, message without smtp-sink's own fields, its line ends made CRLF) each."""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            content = file.read()
        to = re.search(rb"\nX-Rcpt-Args: <([^>]+)>\nReceived: [^;]+by smtp-sink[^;]+;\n\t[^\n]+\n", content)
        yield to.group(1).decode(), content[to.end():].replace(b"\n", b"\r\n")


class Flood(unittest.TestCase):
    def setUp(self):
        self.folder, self.port = scratch(), free_port()

    def daemon(self, receiver):
        made = Daemon(BINARIES, Names(self.folder, receiver.records()), self.port)
        self.addCleanup(made.stop)
        return made

    def pour(self, at, domain, messages, *options):
        """`at`: the server. `options`: of smtp-source; -N makes every recipient another one."""
        file = os.path.join(self.folder, "letter.eml")
        with open(file, "wb") as out:
            out.write(LETTER.replace(b"\r\n", b"\n"))
        subprocess.run([SOURCE, "-s", str(SESSIONS), "-m", str(messages), "-N", *options, "-f", "ann@sender.test", "-t", "user@" + domain,
                        "-F", file, at], check=True, timeout=200, capture_output=True)

    def assert_each_once(self, daemon, recipients, messages):
        doubled = [who for who, times in collections.Counter(recipients).items() if times > 1]
        self.assertEqual(doubled, [])
        self.assertEqual(len(set(recipients)), messages)
        # An empty queue is known a moment before the sync that lets the last events out.
        wait_for(lambda: len(daemon.events("delivered")) >= messages, 60, f"{messages} events of deliveries")
        told = [event["recipient"] for event in daemon.events("delivered")]
        self.assertEqual(sorted(told), sorted(recipients), "the events tell the same")

    def test_smtp_source_to_smtp_sink(self):
        for options in ((), ("-d",)):
            with self.subTest(smtp_source=options):
                self.port = free_port()
                sink, control = Sink(self.folder, "sink.test", self.port, "-d", f"{self.folder}/got{len(options)}/%H."), \
                    Sink(self.folder, "control.test", self.port, "-d", f"{self.folder}/control{len(options)}/%H.")
                daemon = self.daemon(sink)
                self.pour(f"{control.address}:{self.port}", "sink.test", 1, *options)
                [(_, without_us)] = dumps(f"{self.folder}/control{len(options)}")
                self.pour(daemon.at, "sink.test", MESSAGES, *options)
                daemon.wait_until_empty(120)
                recipients, ids = [], set()
                for to, mail in dumps(f"{self.folder}/got{len(options)}"):
                    ours, rest = split_ours(mail)
                    recipients.append(to)
                    ids.add(re.search(rb" id ([0-9A-Z]+)", ours[-1]).group(1))
                    self.assertEqual(rest, without_us, to)
                self.assertEqual(len(ids), MESSAGES)
                self.assert_each_once(daemon, recipients, MESSAGES)
                print(f"{MESSAGES} messages, {len(set(recipients))} recipients, {len(recipients)} copies", file=sys.stderr)

    def test_smtp_source_to_a_mailbox_octet_for_octet(self):
        box, control = Mailbox("box.test", self.port), Mailbox("control.test", self.port)
        self.addCleanup(box.stop)
        self.addCleanup(control.stop)
        daemon = self.daemon(box)
        self.pour(f"{control.address}:{self.port}", "box.test", 1)
        without_us = control.letters[0].body
        self.assertIn(LETTER, without_us)
        self.pour(daemon.at, "box.test", 300, "-d")
        wait_for(lambda: len(box.letters) >= 300, 120, "300 messages")
        daemon.wait_until_empty(60)
        for each in box.letters:
            self.assertEqual(split_ours(each.body)[1], without_us)
        self.assert_each_once(daemon, [who for each in box.letters for who in each.recipients], 300)

    def test_several_recipients_a_message(self):
        box = Mailbox("box.test", self.port)
        self.addCleanup(box.stop)
        daemon = self.daemon(box)
        self.pour(daemon.at, "box.test", 40, "-d", "-r", "25")
        wait_for(lambda: sum(len(each.recipients) for each in box.letters) >= 1000, 120, "1,000 recipients")
        daemon.wait_until_empty(60)
        self.assert_each_once(daemon, [who for each in box.letters for who in each.recipients], 1000)
        self.assertEqual(len(box.letters), 40, "one transaction a message")


if __name__ == "__main__":
    unittest.main(verbosity=2)
