#!/usr/bin/python3
"""STARTTLS towards receivers, by delivery.tls: tls_policy.py BINARIES.

What      Receivers with a certificate of a known authority, a self-signed one, one for another name, none at all, and one that offers
          STARTTLS and fails at it; off, may, encrypt and verify.
Promise   Mail goes in clear only where the policy lets it; what it does not let go waits and says why. Events tell version, cipher
          and whether the certificate was verified.
"""
import json
import os
import ssl
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox, certificate, tls_context

BINARIES = sys.argv.pop(1)

CLEAR, UNVERIFIED, VERIFIED = "clear", "tls", "verified"
NOT_OFFERED, NO_HANDSHAKE = "does not offer STARTTLS", r"TLS with mx\.broken\.test .* failed"
UNKNOWN_ISSUER, WRONG_NAME = "self.signed certificate", "hostname mismatch"
WANTED = {  # how the message went, or words of the reason why it waits
    "off": {"trusted": CLEAR, "selfsigned": CLEAR, "wrongname": CLEAR, "notls": CLEAR, "broken": CLEAR},
    "may": {"trusted": VERIFIED, "selfsigned": UNVERIFIED, "wrongname": UNVERIFIED, "notls": CLEAR, "broken": NO_HANDSHAKE},
    "encrypt": {"trusted": VERIFIED, "selfsigned": UNVERIFIED, "wrongname": UNVERIFIED, "notls": NOT_OFFERED, "broken": NO_HANDSHAKE},
    "verify": {"trusted": VERIFIED, "selfsigned": UNKNOWN_ISSUER, "wrongname": WRONG_NAME, "notls": NOT_OFFERED, "broken": NO_HANDSHAKE},
}


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        authority = certificate(cls.folder, "authority.test")
        old = tls_context(cls.folder, "mx.broken.test", authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1  # which we do not speak
        cls.boxes = {"trusted": tls_context(cls.folder, "mx.trusted.test", authority), "selfsigned": tls_context(cls.folder, "mx.selfsigned.test"),
                     "wrongname": tls_context(cls.folder, "other.test", authority), "notls": None, "broken": old}
        cls.boxes = {name: Mailbox(name + ".test", cls.port, tls=tls) for name, tls in cls.boxes.items()}
        cls.names = Names(cls.folder, sum((box.records() for box in cls.boxes.values()), []))
        cls.authority = authority[0]

    def gate(self, daemon, message, recipient):
        """Why the site of `recipient` of this message is closed."""
        def found():
            why = json.loads(daemon.ctl("why", "--json", message))
            gates = [gate for each in why["recipients"] if each["recipient"] == recipient for gate in each["gates"]]
            return [gate["text"] for gate in gates if gate["gate"] == "site" and not gate["open"]]
        return wait_for(found, 30, lambda: f"a closed site for {recipient}: {daemon.log()} {daemon.events()}")[0]

    def policy(self, level):
        for box in self.boxes.values():
            box.letters.clear()
        daemon = Daemon(BINARIES, self.names, self.port, delivery=f'tls = "{level}"', environment={"SSL_CERT_FILE": self.authority})
        self.addCleanup(daemon.stop)
        message = daemon.send("ann@sender.test", [f"bob@{name}.test" for name in self.boxes], letter(level, b"text\r\n"))
        for name, wanted in WANTED[level].items():
            with self.subTest(level + " to " + name):
                if wanted not in (CLEAR, UNVERIFIED, VERIFIED):
                    self.assertRegex(self.gate(daemon, message, f"bob@{name}.test"), "(?i)" + wanted)
                    self.assertEqual(self.boxes[name].letters, [])
                    continue
                [event] = wait_for(lambda: [each for each in daemon.events("delivered") if each["domain"] == name + ".test"], 30,
                                   lambda: f"delivery to {name}: {daemon.log()}")
                self.assertEqual(self.boxes[name].letters[0].tls, wanted != CLEAR)
                if wanted == CLEAR:
                    self.assertIsNone(event["tls"])
                else:
                    self.assertEqual((event["tls"]["version"], event["tls"]["verified"]), ("TLSv1.3", wanted == VERIFIED))
                    self.assertRegex(event["tls"]["cipher"], "^TLS_")
        self.assertEqual(daemon.events("bounced"), [], "a policy makes mail wait")

    def test_off(self):
        self.policy("off")

    def test_may(self):
        self.policy("may")

    def test_encrypt(self):
        self.policy("encrypt")

    def test_verify(self):
        self.policy("verify")


if __name__ == "__main__":
    unittest.main(verbosity=2)
