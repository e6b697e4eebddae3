#!/usr/bin/python3
"""A smarthost as the source: smarthost.py BINARIES.

What      All mail by one relay with AUTH PLAIN or LOGIN over verified TLS; a wrong password, an unknown authority, a relay that refuses
          to relay.
Promise   The password is said only to a server whose certificate is verified. The operator's mistakes make mail wait, never bounce;
          refused recipients bounce. No MX of a recipient is asked for.
"""
import json
import os
import sys
import unittest

from aiosmtpd.smtp import AuthResult

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter, split_ours
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox, certificate, tls_context

BINARIES = sys.argv.pop(1)


class Smarthost(unittest.TestCase):
    def relay(self, password="pässword", **options):
        """A relay with AUTH; `self.logins` are those that it heard."""
        self.folder, self.port, self.logins = scratch(), free_port(), []
        self.authority = certificate(self.folder, "authority.test")

        def authenticate(server, session, envelope, mechanism, data):
            self.logins.append((mechanism, data.login.decode(), data.password.decode(), session.ssl is not None))
            good = (data.login, data.password) == (b"customer", password.encode())
            return AuthResult(success=good, handled=good)  # not handled: the server says 535
        tls = tls_context(self.folder, "relay.test", self.authority)
        box = Mailbox("relay.test", self.port, tls=tls, host="relay.test", authenticator=authenticate, auth_required=True, auth_require_tls=True, **options)
        self.addCleanup(box.stop)
        self.names = Names(self.folder, [f"relay.test. A {box.address}"])
        return box

    def daemon(self, trusted=True, tls="", password="pässword"):
        secret = os.path.join(self.folder, "relay.pass")
        with open(secret, "w") as out:
            out.write(password + "\n")
        os.chmod(secret, 0o600)
        source = f'[[source]]\nname = "old-relay"\nsmarthost = "relay.test:{self.port}"\nusername = "customer"\npassword_file = "{secret}"\n{tls}\n'
        made = Daemon(BINARIES, self.names, 25, source=source, environment={"SSL_CERT_FILE": self.authority[0] if trusted else "/dev/null"})
        self.addCleanup(made.stop)
        return made

    def gate(self, daemon, message, words):
        def found():
            why = json.loads(daemon.ctl("why", "--json", message))
            return [gate["text"] for each in why["recipients"] for gate in each["gates"] if gate["gate"] == "site" and words in gate["text"]]
        return wait_for(found, 30, lambda: f"a closed site, {words}: {daemon.log()} {daemon.events()} {daemon.ctl('why', message)}")

    def paused(self, daemon, words):
        """The source is, with an alert that has those words, and its mail waits without losing time."""
        found = wait_for(lambda: [each for each in daemon.events("lane") if each["change"] == "paused"], 30, lambda: f"a pause: {daemon.log()}")
        self.assertEqual((found[0]["source"], found[0]["provider"], found[0]["alert"]), ("old-relay", "*", True))
        self.assertIn(words, found[0]["evidence"][0])
        lane = next(each for each in daemon.status()["lanes"] if each["source"] == "old-relay")
        self.assertEqual((lane["state"], lane["brake"]), ("paused", "paused"))
        self.assertIn("does not relay for us", lane["reason"])
        self.assertEqual((daemon.events("bounced"), daemon.events("deferred")), ([], []))

    def test_mail_goes_by_the_relay_with_a_password_over_verified_tls(self):
        for mechanism, excluded in (("PLAIN", []), ("LOGIN", ["PLAIN"])):
            with self.subTest(mechanism):
                relay = self.relay(auth_exclude_mechanism=excluded)
                daemon = self.daemon()
                mail = letter("relayed", b"text\r\n")
                daemon.send("ann@sender.test", ["bob@far.example", "carl@other.example"], mail)
                wait_for(lambda: sum(len(each.recipients) for each in relay.letters) == 2, 30, lambda: f"at the relay: {daemon.log()} {daemon.events()}")
                daemon.wait_until_empty()
                self.assertEqual({split_ours(each.body)[1] for each in relay.letters}, {mail})
                self.assertEqual(sorted(who for each in relay.letters for who in each.recipients), ["bob@far.example", "carl@other.example"])
                self.assertEqual(set(self.logins), {(mechanism, "customer", "pässword", True)})
                for event in daemon.events("delivered"):
                    self.assertEqual((event["source"], event["mx"], event["tls"]["verified"]), ("old-relay", "relay.test", True))

    def test_a_wrong_password_makes_mail_wait(self):
        relay = self.relay()
        daemon = self.daemon(password="other")
        daemon.send("ann@sender.test", ["bob@far.example"], letter("waits", b"text\r\n"))
        self.paused(daemon, "535")
        self.assertEqual((relay.letters, daemon.waiting()), ([], 1))
        with open(os.path.join(self.folder, "relay.pass"), "w") as out:
            out.write("pässword\n")
        daemon.ctl("reload")
        daemon.ctl("lane", "resume", "old-relay", "*")
        wait_for(lambda: relay.letters, 30, lambda: f"the mail, once the password is right: {daemon.log()} {daemon.ctl('status')}")

    def test_the_password_is_not_shown_to_a_server_that_is_not_verified(self):
        relay = self.relay()
        daemon = self.daemon(trusted=False)
        message = daemon.send("ann@sender.test", ["bob@far.example"], letter("waits", b"text\r\n"))
        self.gate(daemon, message, "certificate")
        self.assertEqual((self.logins, relay.letters, daemon.events("bounced")), ([], [], []))

    def test_a_relay_that_does_not_relay_makes_mail_wait_and_an_unknown_user_bounces(self):
        replies = {"nobody@far.example": "550 5.1.1 no such user", "bob@far.example": "554 5.7.1 <bob@far.example>: Relay access denied"}
        self.relay(on_rcpt=lambda address, session: replies.get(address))
        daemon = self.daemon()
        daemon.send("", ["nobody@far.example"], letter("one", b"text\r\n"))
        bounced = wait_for(lambda: daemon.events("bounced"), 30, "a bounce")[0]
        self.assertEqual((bounced["verdict"], bounced["recipient"]), ("unknown_user", "nobody@far.example"))
        daemon.send("", ["bob@far.example"], letter("two", b"text\r\n"))
        wait_for(lambda: [each for each in daemon.events("lane") if each["change"] == "paused"], 30, lambda: f"a pause: {daemon.log()} {daemon.events()}")
        self.assertIn("554", daemon.events("lane")[0]["evidence"][0])
        self.assertEqual(daemon.waiting(), 1)
        self.assertEqual(len(daemon.events("bounced")), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
