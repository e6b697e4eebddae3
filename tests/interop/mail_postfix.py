#!/usr/bin/python3
"""Postfix sends through us: mail_postfix.py BINARIES.

What      relayhost for all mail, and transport_maps for one domain only; both by SASL PLAIN over STARTTLS with our certificate
          verified. What Postfix got arrives at a mailbox unchanged below Postfix's and our header fields, and signed.
"""
import os
import re
import smtplib
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import FIELD, awkward, letter, split_ours
from names import Names
from postfix import Postfix
from processes import free_port, scratch, wait_for
from receivers import Host, Mailbox, certificate

BINARIES = sys.argv.pop(1)


class PostfixThroughUs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.box, cls.news = Mailbox("plain.test", cls.port), Mailbox("news.test", cls.port)
        cls.names = Names(cls.folder, cls.box.records() + cls.news.records())
        cls.cert, cls.key = certificate(cls.folder, "mta1.sender.test")
        cls.daemon = Daemon(BINARIES, cls.names, cls.port, listener='auth = "required"\nrelay_from = []',
                            top=f'[tls]\ncertificate = "{cls.cert}"\nprivate_key = "{cls.key}"', start=False)
        cls.daemon.user("postfix", "s3cret: with spaces")
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.box.letters.clear()
        self.news.letters.clear()

    def postfix(self, way):
        folder, port = scratch(), free_port()
        with open(os.path.join(folder, "login"), "w") as out:
            out.write(f"[127.0.0.1]:{self.daemon.port} postfix:s3cret: with spaces\n")
        made = Postfix(folder, f"127.0.0.1:{port}", f"""{way}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{folder}/login
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = plain
smtp_tls_security_level = secure
smtp_tls_CAfile = {self.cert}
smtp_tls_secure_cert_match = mta1.sender.test
smtp_tls_loglevel = 1
""")
        self.addCleanup(made.stop)
        return made, port

    def inject(self, port, letters, to="bob@plain.test"):
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            for each in letters:
                client.sendmail("ann@sender.test", [to], each, mail_options=["BODY=8BITMIME"])

    def original(self, arrived):
        """What is below our fields and Postfix's Received."""
        ours, rest = split_ours(arrived.body)
        self.assertIn(b"with ESMTPSA", ours[-1], "by STARTTLS and AUTH")
        received = FIELD.match(rest)
        self.assertIn(b"postfix.peer.test (Postfix)", received.group())
        return rest[received.end():]

    def test_relayhost(self):
        postfix, port = self.postfix(f"relayhost = [127.0.0.1]:{self.daemon.port}")
        letters = awkward()
        self.inject(port, letters.values())
        wait_for(lambda: len(self.box.letters) >= len(letters), 60, "all messages at the mailbox: " + postfix.log()[-2000:])
        self.daemon.wait_until_empty()
        self.assertEqual(sorted(map(self.original, self.box.letters)), sorted(letters.values()))
        self.assertIn("Verified TLS connection established to 127.0.0.1", postfix.log())
        self.assertRegex(postfix.log(), r"status=sent \(250 2\.0\.0 queued as [0-9A-Z]+\)")
        warnings = [line for line in postfix.log().split("\n") if "warning" in line]
        if "SHIFTED_CLOCK" in os.environ:  # Postfix compares it with the clock of its files, which is the host's
            warnings = [line for line in warnings if "file system clock" not in line and "resetting file time stamps" not in line]
        self.assertEqual(warnings, [], postfix.log())

    def test_transport_maps_for_one_domain(self):
        postfix, port = self.postfix(f"transport_maps = inline:{{ {{news.test = smtp:[127.0.0.1]:{self.daemon.port}}} }}\n"
                                     "default_transport = discard:not by this way")
        letters = awkward()
        self.inject(port, letters.values(), to="reader@news.test")
        self.inject(port, [letter("elsewhere", b"text\r\n")], to="bob@plain.test")
        wait_for(lambda: len(self.news.letters) >= len(letters), 60, "all messages at the mailbox: " + postfix.log()[-2000:])
        wait_for(lambda: "not by this way" in postfix.log(), 20, "the other domain goes another way")
        self.daemon.wait_until_empty()
        self.assertEqual(sorted(map(self.original, self.news.letters)), sorted(letters.values()))
        self.assertEqual(self.box.letters, [])

    def test_postfix_receives_by_bdat(self):
        behind = Mailbox("behind.test", self.port)
        self.addCleanup(behind.stop)
        exchanger = Host("bdat.test", self.port)
        postfix = Postfix(scratch(), f"{exchanger.address}:{self.port}", f"""relay_domains = bdat.test
relay_transport = smtp:[{behind.address}]:{self.port}
smtpd_relay_restrictions = permit_mynetworks, reject""")
        self.addCleanup(postfix.stop)
        self.names.replace(self.names.records + exchanger.records())
        letters = awkward()
        with smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=60) as client:
            client.starttls()
            client.login("postfix", "s3cret: with spaces")
            for each in letters.values():
                client.sendmail("ann@sender.test", ["bob@bdat.test"], each, mail_options=["BODY=8BITMIME"])
        wait_for(lambda: len(behind.letters) >= len(letters), 60, lambda: f"all messages behind Postfix: {postfix.log()[-2000:]}")
        self.daemon.wait_until_empty()
        self.assertEqual(sorted(split_ours(each.body[FIELD.match(each.body).end():])[1] for each in behind.letters), sorted(letters.values()))
        wait_for(lambda: re.search(r"rcpt=\d+ bdat=\d+ ", postfix.log()), 30, "Postfix counts BDAT at the end of a connection")

    def test_many_at_once_arrive_once_each(self):
        postfix, port = self.postfix(f"relayhost = [127.0.0.1]:{self.daemon.port}")
        want = {f"many-{k}-{n}" for k in range(5) for n in range(40)}
        senders = [threading.Thread(target=self.inject, args=(port, [letter(f"many-{k}-{n}", b"text\r\n") for n in range(40)])) for k in range(5)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        wait_for(lambda: len(self.box.letters) >= len(want), 120, "200 messages at the mailbox")
        self.daemon.wait_until_empty()
        got = [self.original(each).split(b"Subject: ")[1].split(b"\r\n")[0].decode() for each in self.box.letters]
        self.assertEqual(sorted(got), sorted(want))

    def test_a_recipient_that_the_world_refuses_comes_back_to_postfix_as_our_bounce(self):
        returned = Mailbox("back.test", self.port)
        self.addCleanup(returned.stop)
        self.names.replace(self.names.records + returned.records())
        self.box.on_rcpt = lambda address, session: "550 5.1.1 no such user" if address.startswith("nobody") else None
        postfix, port = self.postfix(f"relayhost = [127.0.0.1]:{self.daemon.port}")
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.sendmail("ann@back.test", ["nobody@plain.test", "bob@plain.test"], letter("one of two", b"text\r\n"))
        back = wait_for(lambda: returned.letters, 30, "a bounce")[0]
        self.assertEqual(back.sender, "<>")
        self.assertIn(b"Final-Recipient: rfc822; nobody@plain.test\r\nAction: failed\r\nStatus: 5.1.1\r\n", back.body)
        wait_for(lambda: self.box.letters, 30, "the other recipient's copy")
        self.assertEqual(self.box.letters[0].recipients, ["bob@plain.test"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
