#!/usr/bin/python3
"""Messages of 50 MiB: large_messages.py BINARIES.

What      A message of just under the limit streams through (DATA, BDAT, four at once) to a receiver that keeps only its digest; one
          octet over the limit is refused, with and without SIZE=.
Promise   Every octet arrives. The daemon's resident memory never reaches 150 MiB (VmHWM of /proc).
"""
import hashlib
import os
import smtplib
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import HEAD, split_ours
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)
LIMIT, MEMORY = 50 << 20, 150 << 20
BLOCK = (b"." + b"0123456789abcdef" * 4 + b"\r\n") * 1000  # each line begins with a dot


def exact(size, number=0):
    """A message of exactly `size` octets, piece by piece; it ends in CRLF."""
    head = HEAD % (b"large-%d" % number, b"large-%d" % number) + b"\r\n"
    yield head
    left = size - len(head)
    while left > len(BLOCK) + 1000:
        yield BLOCK
        left -= len(BLOCK)
    while left > 1000:
        yield b"z" * 896 + b"\r\n"
        left -= 898
    yield b"z" * (left - 2) + b"\r\n"


def digest(size, number=0):
    whole = hashlib.sha256()
    for piece in exact(size, number):
        whole.update(piece)
    return whole.hexdigest()


class Large(unittest.TestCase):
    def setUp(self):
        self.folder, self.port, self.digests = scratch(), free_port(), []

        def keep_digest(envelope):
            self.digests.append(hashlib.sha256(split_ours(bytes(envelope.content))[1]).hexdigest())
            envelope.content = b""
        self.box = Mailbox("plain.test", self.port, on_data=keep_digest, data_size_limit=2 * LIMIT)
        self.addCleanup(self.box.stop)
        self.daemon = Daemon(BINARIES, Names(self.folder, self.box.records()), self.port)
        self.addCleanup(self.daemon.stop)

    def open(self):
        client = smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=120)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def by_data(self, size, number=0, announce=True):
        """The reply to the message. smtplib would make copies of it."""
        client = self.open()
        code, text = client.docmd(f"MAIL FROM:<ann@sender.test>{f' SIZE={size}' if announce else ''}")
        if code != 250:
            return code, text
        client.rcpt("bob@plain.test"), client.docmd("DATA")
        start = b"\n"  # a dot after a line's end is doubled, over the pieces' borders too
        for piece in exact(size, number):
            client.sock.sendall((start[-1:] + piece).replace(b"\n.", b"\n..")[1:])
            start = piece
        client.sock.sendall(b".\r\n")
        return client.getreply()

    def by_bdat(self, size, chunk=1 << 20):
        client = self.open()
        client.mail("ann@sender.test"), client.rcpt("bob@plain.test")
        waiting = b""
        for piece in exact(size):
            waiting += piece
            if len(waiting) >= chunk:
                client.sock.sendall(b"BDAT %d\r\n" % chunk + waiting[:chunk])
                waiting = waiting[chunk:]
                self.assertEqual(client.getreply()[0], 250)
        client.sock.sendall(b"BDAT %d LAST\r\n" % len(waiting) + waiting)
        return client.getreply()

    def memory(self):
        with open(f"/proc/{self.daemon.process.pid}/status") as lines:
            return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))

    def assert_arrived(self, *digests):
        wait_for(lambda: len(self.digests) >= len(digests), 120, lambda: f"{len(digests)} messages: {self.daemon.log()}")
        self.daemon.wait_until_empty()
        self.assertEqual(sorted(self.digests), sorted(digests))
        most = self.memory()
        print(f"VmHWM {most >> 20} MiB", end=" ", file=sys.stderr, flush=True)
        self.assertLess(most, MEMORY)

    def test_by_data(self):
        code, text = self.by_data(LIMIT)
        self.assertEqual(code, 250, text)
        self.assert_arrived(digest(LIMIT))

    def test_by_bdat(self):
        code, text = self.by_bdat(LIMIT)
        self.assertEqual(code, 250, text)
        self.assert_arrived(digest(LIMIT))

    def test_four_at_once(self):
        replies = []
        senders = [threading.Thread(target=lambda n=n: replies.append(self.by_data(LIMIT - n, n)[0])) for n in range(4)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        self.assertEqual(replies, [250] * 4)
        self.assert_arrived(*(digest(LIMIT - n, n) for n in range(4)))

    def test_one_octet_too_many(self):
        code, text = self.by_data(LIMIT + 1)
        self.assertEqual((code, text[:5]), (552, b"5.3.4"), "at MAIL")
        code, text = self.by_data(LIMIT + 1, announce=False)
        self.assertEqual((code, text[:5]), (552, b"5.3.4"), "after the dot")
        code, text = self.by_data(1000)
        self.assertEqual(code, 250, text)
        self.assert_arrived(digest(1000))


if __name__ == "__main__":
    unittest.main(verbosity=2)
