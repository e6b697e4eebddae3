#!/usr/bin/python3
"""Where mail goes and where it cannot, by a real name server: routes.py BINARIES.

What      MX records good and bad (null MX, IP literals, dead hosts, loops of names, no answer), address literals, receivers without
          SMTPUTF8. Undeliverable mail comes back to the sender's mailbox with words that name the mistake.
"""
import email
import email.policy
import json
import os
import smtplib
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import free_address, free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.home, cls.box = Mailbox("sender.test", cls.port), Mailbox("plain.test", cls.port)
        cls.old = Mailbox("old.test", cls.port, enable_SMTPUTF8=False)
        nobody = free_address()
        records = cls.home.records() + cls.box.records() + cls.old.records() + [
            "null.test. MX 0 .",
            "literal.test. MX 10 192.0.2.25.",
            "relative.test. MX 10 192.0.2.25.relative.test.",
            f"mixed.test. MX 5 {cls.box.address}.", f"mixed.test. MX 10 {cls.box.host}.",
            f"dead.test. MX 10 dead.dead.test.", f"dead.test. MX 20 {cls.box.host}.", f"dead.dead.test. A {nobody}",
            f"implicit.test. A {cls.box.address}",
            "nomail.test. TXT \"no MX, no address\"",
            "lost.test. MX 10 nowhere.lost.test.",
            "silent.test. MX 10 mx.refused.test.",
            "six.test. MX 10 mx.six.test.", "mx.six.test. AAAA 2001:db8::25",
        ]
        cls.names = Names(cls.folder, records, zones=['local-zone: "refused.test." refuse'])
        cls.daemon = Daemon(BINARIES, cls.names, cls.port)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        for each in (self.home, self.box, self.old):
            each.letters.clear()

    def send(self, *recipients, **options):
        return self.daemon.send("ann@sender.test", list(recipients), letter("route", b"text\r\n"), **options)

    def event(self, kind, recipient):
        return wait_for(lambda: [each for each in self.daemon.events(kind) if each.get("recipient") == recipient], 30,
                        lambda: f"{kind} of {recipient}: {self.daemon.log()} {self.daemon.events()[-3:]}")[0]

    def gate(self, message, name, recipient):
        """What `warmupctl why` says of a closed gate that `recipient` of this message waits for."""
        def found():
            why = json.loads(self.daemon.ctl("why", "--json", message))
            [one] = [each for each in why["recipients"] if each["recipient"] == recipient]
            return [gate["text"] for gate in one["gates"] if gate["gate"] == name and not gate["open"] and gate["next"]]
        return wait_for(found, 20, lambda: f"a closed gate {name}: {self.daemon.log()}")[0]

    def bounce(self, recipient):
        """(status, diagnostic, text for people) of the report that comes back."""
        def found():
            for each in self.home.letters:
                report = email.message_from_bytes(each.body, policy=email.policy.default)
                for group in report.get_payload(1).get_payload()[1:]:
                    if group["Final-Recipient"] == "rfc822; " + recipient:
                        return group["Status"], group["Diagnostic-Code"], report.get_payload(0).get_content()
        return wait_for(found, 30, lambda: f"a bounce for {recipient}: {self.daemon.log()} {self.daemon.events()[-3:]}")

    # --- mail that comes back --------------------------------------------------------------------------------------------------

    def test_null_mx(self):
        self.send("bob@null.test")
        status, diagnostic, text = self.bounce("bob@null.test")
        self.assertEqual(status, "5.1.10")
        self.assertIn("null.test accepts no mail (null MX)", diagnostic)
        self.assertIn("null.test accepts no mail (null MX)", text)

    def test_mx_targets_that_are_addresses_are_named(self):
        self.send("bob@literal.test", "bob@relative.test")
        status, diagnostic, _ = self.bounce("bob@literal.test")
        self.assertEqual(status, "5.4.4")
        self.assertIn("MX 10 of literal.test is the IP address 192.0.2.25., not a host name", diagnostic)
        _, diagnostic, _ = self.bounce("bob@relative.test")
        self.assertIn("MX 10 of relative.test is 192.0.2.25.relative.test, an IP address that was written without a trailing dot", diagnostic)

    def test_domains_that_do_not_exist_or_take_no_mail(self):
        self.send("bob@nosuchdomain.test", "bob@nomail.test", "bob@lost.test")
        self.assertEqual(self.bounce("bob@nosuchdomain.test")[:2], ("5.1.2", "X-warmupd; the domain nosuchdomain.test does not exist (nosuchdomain.test: no such domain)"))
        self.assertEqual(self.bounce("bob@nomail.test")[:2], ("5.4.4", "X-warmupd; the domain nomail.test has no usable mail exchanger: nomail.test has neither MX nor address records"))
        self.assertEqual(self.bounce("bob@lost.test")[:2], ("5.4.4", "X-warmupd; nowhere.lost.test: no such host"))

    def test_a_receiver_without_smtputf8(self):
        with smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=20) as client:
            client.sendmail("ann@sender.test", ["jürgen@old.test", "bob@old.test"], letter("utf8", b"text\r\n"), mail_options=["SMTPUTF8", "BODY=8BITMIME"])
        bounced = self.event("bounced", "jürgen@old.test")
        self.assertEqual((bounced["code"], bounced["enhanced"]), (553, "5.6.7"))
        self.assertIn("the address needs SMTPUTF8, which mx.old.test does not offer", bounced["text"])
        back = wait_for(lambda: self.home.letters, 20, "a bounce")[0]
        self.assertIn("Final-Recipient: utf-8; jürgen@old.test\r\nAction: failed\r\nStatus: 5.6.7\r\n".encode(), back.body)
        wait_for(lambda: self.old.letters, 20, "the ASCII recipient's copy")
        self.assertEqual(self.old.letters[0].recipients, ["bob@old.test"])

    # --- mail that waits -------------------------------------------------------------------------------------------------------

    def test_a_name_server_that_refuses_to_answer_is_no_reason_to_bounce(self):
        message = self.send("bob@refused.test", "bob@silent.test")
        self.assertIn("DNS did not answer for refused.test: refused.test: REFUSED from", self.gate(message, "route", "bob@refused.test"))
        self.assertIn("451 4.4.3 mx.refused.test: REFUSED from", self.gate(message, "site", "bob@silent.test"))
        self.assertEqual([each for each in self.daemon.events("bounced") if each["domain"] in ("refused.test", "silent.test")], [])

    def test_only_addresses_of_the_source_s_family_are_dialled(self):
        message = self.send("bob@six.test")
        self.assertEqual(self.gate(message, "site", "bob@six.test"), "451 4.4.1 no server has an IPv4 address: mx.six.test has no A record")

    # --- mail that arrives -----------------------------------------------------------------------------------------------------

    def test_an_address_as_mx_is_skipped_when_there_is_a_host(self):
        self.send("bob@mixed.test")
        self.assertEqual(self.event("delivered", "bob@mixed.test")["mx"], self.box.host)

    def test_the_next_mx_when_the_first_does_not_answer(self):
        self.send("bob@dead.test")
        delivered = self.event("delivered", "bob@dead.test")
        self.assertEqual((delivered["mx"], delivered["attempt"]), (self.box.host, 1))

    def test_a_domain_without_mx_is_its_own(self):
        self.send("bob@implicit.test")
        self.assertEqual(self.event("delivered", "bob@implicit.test")["mx"], "implicit.test")

    def test_an_address_literal(self):
        self.send(f"bob@[{self.box.address}]")
        self.event("delivered", f"bob@[{self.box.address}]")
        self.assertEqual(self.box.letters[0].recipients, [f"bob@[{self.box.address}]"])

    def test_loopback_is_no_destination_unless_the_operator_says_so(self):
        daemon = Daemon(BINARIES, self.names, self.port, start=False)
        with open(daemon.config) as file:
            text = file.read()
        with open(daemon.config, "w") as file:
            file.write(text.replace("allow_loopback = true", "allow_loopback = false"))
        daemon.start()
        self.addCleanup(daemon.stop)
        daemon.send("", ["bob@plain.test"], letter("loop", b"text\r\n"))
        told = wait_for(lambda: daemon.events("deferred", "bounced"), 20, "an outcome")[0]
        self.assertIn(f"{self.box.host} has the address {self.box.address}, which is this machine: refused", told["text"])
        self.assertEqual(self.box.letters, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
