#!/usr/bin/python3
"""swaks tries our listeners, dkimpy verifies what arrives: mail_swaks.py BINARIES.

What      Three listeners: STARTTLS (nobody relays without AUTH), implicit TLS (AUTH required), and one on which nobody may relay and
          nobody may log in. AUTH PLAIN and LOGIN, wrong passwords, no password, no TLS.
Promise   Mail of a domain with keys arrives signed by both of them; dkimpy finds them in DNS and both signatures verify.
"""
import base64
import os
import re
import smtplib
import ssl
import subprocess
import sys
import unittest

import dkim
import dns.resolver

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox, certificate, tls_context

BINARIES = sys.argv.pop(1)


def key(folder, name, kind):
    """(file of a new private key, its DNS record)."""
    file = os.path.join(folder, name + ".pem")
    subprocess.run(["openssl", "genpkey", "-out", file, *kind], check=True, capture_output=True)
    os.chmod(file, 0o600)
    public = subprocess.run(["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    ed25519 = "ed25519" in kind
    text = base64.b64encode(public[-32:] if ed25519 else public).decode()  # RFC 8463 §4.2: the bare key
    pieces = " ".join(f'"{piece}"' for piece in re.findall(".{1,200}", f"v=DKIM1; k={'ed25519' if ed25519 else 'rsa'}; p={text}"))
    return file, f"{name}._domainkey.sender.test. 60 IN TXT {pieces}"


class Swaks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.box = Mailbox("secure.test", cls.port, tls=tls_context(cls.folder, "mx.secure.test"))
        rsa, ed = key(cls.folder, "s2026", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]), key(cls.folder, "e2026", ["-algorithm", "ed25519"])
        cls.names = Names(cls.folder, cls.box.records() + [rsa[1], ed[1]])
        cert, private = certificate(cls.folder, "mta1.sender.test")
        cls.implicit, cls.closed = free_port(), free_port()
        keys = "".join(f'[[dkim.key]]\ndomain = "sender.test"\nselector = "{name}"\nfile = "{file}"\n' for name, file in (("s2026", rsa[0]), ("e2026", ed[0])))
        cls.daemon = Daemon(BINARIES, cls.names, cls.port, top=f'[tls]\ncertificate = "{cert}"\nprivate_key = "{private}"', listener="relay_from = []",
                            more=f'[[listener]]\naddress = "127.0.0.1:{cls.implicit}"\ntls = "implicit"\nauth = "required"\n'
                                 f'[[listener]]\naddress = "127.0.0.1:{cls.closed}"\nauth = "off"\nrelay_from = ["127.9.9.9/32"]\n{keys}', start=False)
        cls.daemon.user("app", "s3cret")
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.box.letters.clear()

    def swaks(self, *options, port=None, code=0):
        """Its transcript. swaks ends with 0 when the message was taken, else with a code for what failed."""
        done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(port or self.daemon.port), "--from", "app@sender.test", "--to", "bob@secure.test",
                               "--ehlo", "app.sender.test", "--timeout", "20", *options], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def login(self, mechanism, password="s3cret"):
        return ["--auth", mechanism, "--auth-user", "app", "--auth-password", password]

    def arrived(self):
        return wait_for(lambda: self.box.letters, 20, lambda: f"the message at the mailbox: {self.daemon.log()}")[0]

    def look_up(self, name, timeout=5):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.names.port
        return b"".join(resolver.resolve(name.decode(), "TXT")[0].strings)

    def test_starttls_and_both_mechanisms(self):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism):
                self.box.letters.clear()
                said = self.swaks("--tls", *self.login(mechanism))
                self.assertRegex(said, r"TLS started with cipher TLSv1\.3")
                self.assertRegex(said, r"<~  235 2\.7\.0 ")
                self.assertRegex(said, r"<~  250 2\.0\.0 queued as [0-9A-Z]+\n")
                letter = self.arrived()
                self.assertTrue(letter.tls)
                self.assertIn(b"with ESMTPSA\r\n\t(TLSv1.3 ", letter.body)

    def test_both_signatures_verify_with_the_keys_in_dns(self):
        self.swaks("--tls", *self.login("PLAIN"), "--header", "Subject: signed", "--body", "two lines\n.with a dot\n\n", "--h-Reply-To", "help@sender.test")
        body = self.arrived().body
        signatures = [(tag(b"a", each), tag(b"d", each), tag(b"s", each)) for each in re.findall(rb"DKIM-Signature: (?:[^\r\n]|\r\n[ \t])*", body)]
        self.assertEqual(sorted(signatures), [(b"ed25519-sha256", b"sender.test", b"e2026"), (b"rsa-sha256", b"sender.test", b"s2026")])
        for index in range(2):
            self.assertTrue(dkim.DKIM(body).verify(idx=index, dnsfunc=self.look_up))
        with self.assertRaises(dkim.ValidationError):
            dkim.DKIM(body.replace(b"with a dot", b"with a dit")).verify(dnsfunc=self.look_up) or self.fail("a changed body verifies")
        self.assertFalse(dkim.DKIM(body.replace(b"Subject: signed", b"Subject: forged")).verify(dnsfunc=self.look_up))

    def test_implicit_tls(self):
        said = self.swaks("--tlsc", *self.login("LOGIN"), port=self.implicit)
        self.assertRegex(said, r"TLS started with cipher TLSv1\.[23]")
        self.assertNotIn("STARTTLS", said)
        self.arrived()
        said = self.swaks("--tlsc", port=self.implicit, code=23)
        self.assertRegex(said, r"<~\* 530 5\.7\.0 ")

    def test_old_tls_is_refused(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        for version, welcome in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
            old.minimum_version = old.maximum_version = version
            with smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=20) as client:
                try:
                    client.starttls(context=old)
                    self.assertTrue(welcome)
                except ssl.SSLError as error:
                    self.assertFalse(welcome)
                    self.assertIn("ALERT_PROTOCOL_VERSION", str(error), "the server's word, not the client's")

    def test_a_wrong_password_is_refused(self):
        for mechanism in ("PLAIN", "LOGIN"):
            said = self.swaks("--tls", *self.login(mechanism, "s3crets"), code=28)
            self.assertRegex(said, r"<~\* 535 5\.7\.8 ")
        self.assertIn('login failed for user "app"', self.daemon.log())
        self.assertEqual(self.box.letters, [])

    def test_nobody_relays_who_is_not_allowed_to(self):
        said = self.swaks("--tls", code=24)
        self.assertRegex(said, r"<~\* 550 5\.7\.1 relaying denied, authenticate first")
        said = self.swaks("--tls", *self.login("PLAIN"), port=self.closed, code=28)
        self.assertIn("Host did not advertise authentication", said)
        said = self.swaks(port=self.closed, code=24)
        self.assertRegex(said, r"<\*\* 550 5\.7\.1 relaying denied\n")
        self.swaks("--local-interface", "127.9.9.9", port=self.closed)
        self.assertEqual(self.arrived().recipients, ["bob@secure.test"], "the one who may")
        refused = [event for event in self.daemon.events("refused") if event["enhanced"] == "5.7.1"]
        self.assertEqual({(event["stage"], event["recipient"], event["code"]) for event in refused}, {("rcpt", "bob@secure.test", 550)})

    def test_the_offers_are_those_of_the_contract(self):
        said = self.swaks("--tls", "--quit-after", "EHLO")
        clear, secured = said.split("TLS started")
        offers = lambda text: {line[8:].split(" ")[0] for line in re.findall(r"^<[-~]  250[- ].*$", text, re.M)} - {"mta1.sender.test"}
        always = {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING"}
        self.assertEqual(offers(secured), always | {"AUTH"})
        self.assertEqual(offers(clear), always | {"AUTH", "STARTTLS"}, "in clear on the loopback only")


def tag(name, field):
    return re.search(rb"[ \t;]%s=([^;\s]+)" % name, field).group(1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
