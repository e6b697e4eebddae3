#!/usr/bin/python3
"""Receivers that do not keep to what they offered, or to the protocol: odd_servers.py BINARIES.

What      Extensions that are offered and fail, refusals in mid-body followed by a reset (in clear and under TLS), stray empty lines,
          silence after the final dot, servers without 8BITMIME.
Promise   Mail is delivered once where that can be, at most three times where nobody can tell, and what the server said is reported.
"""
import os
import re
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Host, Mailbox, tls_context

BINARIES = sys.argv.pop(1)
RETRY = '[retry]\nfirst = "1s"\njitter = 0.0\n'


class Hangup(Exception):
    pass


class Lines:
    """A connection read by lines, that knows whether more has come already."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def _fill(self):
        octets = self.connection.recv(65536)
        self.buffer += octets
        return octets

    def readline(self):
        while b"\n" not in self.buffer:
            if not self._fill():
                return b""
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def read(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise Hangup
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets


class Odd(Host):
    """A server of some lines whose manners are keywords: `offers`, and what to do at a command instead of the usual."""

    def __init__(self, name, port, offers=(), tls=None, **manners):
        super().__init__(name + ".test", port)
        self.offers, self.tls, self.manners = list(offers), tls, manners
        self.letters, self.commands, self.connections = [], [], 0
        self.socket = socket.create_server((self.address, port), backlog=50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        raise Hangup

    def _talk(self, connection):
        try:
            self._dialogue(connection)
        except (Hangup, OSError, ValueError):
            pass
        finally:
            connection.close()

    def _dialogue(self, connection):
        lines, secure, begun, body = Lines(connection), False, False, b""
        say = lambda text: lines.connection.sendall(text.encode() + b"\r\n")
        say("220 odd")
        while line := lines.readline():
            command = line.decode("latin-1").strip()
            verb = command.upper().split(" ")[0].split(":")[0]
            self.commands.append(command)
            manner = self.manners.get(verb)
            if verb == "BDAT":
                if manner == "drop":
                    raise Hangup
                body += lines.read(int(command.split()[1]))
                if manner:
                    say(manner)
                elif command.upper().endswith("LAST"):
                    self.letters.append(body)
                    say("250 taken")
                else:
                    say("250 chunk")
                continue
            if verb == "EHLO":
                offers = self.offers + (["STARTTLS"] if self.tls and not secure else [])
                say("\r\n".join(["250-odd"] + ["250-" + each for each in offers] + ["250 HELP"]))
            elif verb == "STARTTLS":
                say("220 go")
                connection = self.tls.wrap_socket(connection, server_side=True)
                lines.connection, secure = connection, True
            elif verb == "MAIL" and manner == "lose the pipelined" and lines.buffer:
                pass
            elif verb in ("RCPT", "DATA") and not begun:
                say("503 5.5.1 bad sequence")
            elif verb == "DATA":
                say("354 go")
                if manner == "refuse in mid-body":
                    lines.read(100)
                    say("554 5.7.1 your content is blocked")
                    time.sleep(0.5)
                    self._reset(connection)
                body = b""
                while (octets := lines.readline()) not in (b".\r\n", b""):
                    body += octets
                self.letters.append(body)
                if manner == "say nothing after the dot":
                    raise Hangup
                say(("\r\n" if manner == "empty line" else "") + "250 2.0.0 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            elif verb == "MAIL" and manner and "=" in command:
                say(manner)
            else:
                begun = verb == "MAIL" or (begun and verb == "RCPT")
                say("250 ok")


class OddServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.home = Mailbox("sender.test", cls.port)
        tls = tls_context(cls.folder, "mx.blockedtls.test")
        make = lambda name, *offers, **manners: Odd(name, cls.port, offers, **manners)
        cls.odd = {each.domain: each for each in (
            make("chunk500", "CHUNKING", "PIPELINING", BDAT="500 what?"), make("chunk502", "CHUNKING", BDAT="502 5.5.1 no"),
            make("chunkdrop", "CHUNKING", "PIPELINING", BDAT="drop"), make("pipeline", "PIPELINING", MAIL="lose the pipelined"),
            make("size", "SIZE 10000000", "DSN", MAIL="555 5.5.4 unsupported parameters"),
            make("blocked", DATA="refuse in mid-body"), make("blockedtls", DATA="refuse in mid-body", tls=tls),
            make("empty", DATA="empty line"), make("mute", DATA="say nothing after the dot"), make("seven"))}
        cls.names = Names(cls.folder, sum((each.records() for each in (cls.home, *cls.odd.values())), []))
        cls.daemon = Daemon(BINARIES, cls.names, cls.port, more=RETRY)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def send(self, name, body=b"text\r\n", **options):
        self.daemon.send("ann@sender.test", [f"bob@{name}.test"], letter(name, body), **options)
        return self.odd[name + ".test"]

    def event(self, name, *kinds, seconds=60):
        return wait_for(lambda: [each for each in self.daemon.events(*kinds) if each["domain"] == name + ".test"], seconds,
                        lambda: f"{kinds} of {name}: {self.daemon.log()} {self.odd[name + '.test'].commands}")[0]

    def test_an_extension_that_fails_is_left_out_at_once_and_remembered(self):
        for name, used in (("chunk500", "BDAT"), ("chunk502", "BDAT"), ("chunkdrop", "BDAT"), ("size", "SIZE=")):
            with self.subTest(name):
                server = self.send(name)
                delivered = self.event(name, "delivered", "bounced")
                self.assertEqual((delivered["type"], delivered["attempt"]), ("delivered", 1))
                self.assertEqual(len(server.letters), 1)
                server.commands.clear()
                self.send(name)
                wait_for(lambda: len(server.letters) == 2, 20, "the second message")
                self.assertEqual([each for each in server.commands if used in each], [])

    def test_a_server_that_loses_the_first_pipelined_command(self):
        server = self.send("pipeline")
        delivered = self.event("pipeline", "delivered", "bounced")
        self.assertEqual((delivered["type"], delivered["attempt"]), ("delivered", 1))
        self.assertEqual(len(server.letters), 1)

    def test_what_a_server_says_before_it_resets_in_mid_body_is_reported(self):
        for name in ("blocked", "blockedtls"):
            with self.subTest(name):
                self.send(name, (b"y" * 70 + b"\r\n") * 100_000)
                bounced = self.event(name, "bounced", "deferred")
                self.assertEqual((bounced["type"], bounced["code"], bounced["enhanced"]), ("bounced", 554, "5.7.1"))
                self.assertIn("your content is blocked", bounced["text"])

    def test_an_empty_line_before_the_last_reply_is_passed_over(self):
        server = self.send("empty")
        self.assertEqual(self.event("empty", "delivered", "deferred")["type"], "delivered")
        time.sleep(3)
        self.assertEqual(len(server.letters), 1)

    def test_a_recipient_gets_at_most_three_copies(self):
        server = self.send("mute")
        wait_for(lambda: len(server.letters) == 1, 20, "the first copy")
        self.daemon.kill()  # the count is durable
        self.daemon.start()
        bounced = self.event("mute", "bounced")
        self.assertEqual(bounced["enhanced"], "5.4.2")
        self.assertIn("it may have arrived", bounced["text"])
        self.assertLessEqual(len(server.letters), 4)  # one more when the kill came before the first was settled

    def test_eight_bit_content_for_a_server_without_8bitmime(self):
        server = self.odd["seven.test"]
        self.daemon.send("ann@sender.test", ["bob@seven.test"], "Subject: Grüße\r\nFrom: Jürgen <ann@sender.test>\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n\r\nGrüße\r\n".encode())
        self.assertEqual(self.event("seven", "delivered", "bounced")["type"], "delivered")
        self.assertTrue(all(octet < 128 for octet in server.letters[0]), server.letters[0])
        self.assertTrue(re.search(rb"Subject: =\?", server.letters[0]))
        server.letters.clear()
        self.daemon.send("ann@sender.test", ["bob@seven.test"], "From: ann@sender.test\r\nMIME-Version: 1.0\r\n"
                         "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nGrüße\r\n--b--\r\n".encode())
        wait_for(lambda: server.letters, 20, "a signed message as it is")
        self.assertIn("Grüße".encode(), server.letters[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
