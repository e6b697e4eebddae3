#!/usr/bin/python3
"""Answers of name servers that prove nothing, and addresses that no MX may name: odd_answers.py BINARIES.

What      A name server that cuts its answers off over TCP too, answers in another class, contradicts itself, refers elsewhere; MX hosts
          with addresses of no host.
Promise   Only what is proven comes back to the sender; all else waits, with the reason in `why`.
"""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from odd_names import A, AAAA, CHAOS, MX, NS, TRUNCATED, OddNames, Reply, a, mx, name, record, soa
from processes import free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)

ODD = {  # domain: what its name server answers, and words of the reason
    "cut.test": (lambda query: Reply(flags=TRUNCATED), "a truncated answer, over TCP too"),
    "part.test": (lambda query: Reply([mx("part.test", "mx.part.test")], flags=TRUNCATED), "a truncated answer, over TCP too"),
    "chaos.test": (lambda query: Reply([mx("chaos.test", "mx.chaos.test", of_class=CHAOS)]), "records of another class"),
    "denied.test": (lambda query: Reply([mx("denied.test", "mx.denied.test")], rcode=3, authority=[soa("test")]), "NXDOMAIN, and records"),
    "broken.test": (lambda query: Reply(raw=b"\x81\x80\0\1\0\1\0\0\0\0" + query.question + b"\xc0"), "DNS did not answer"),
    "refers.test": (lambda query: Reply(authority=[record("refers.test", NS, name("ns.test"))]), "a referral"),
    "half.test": (lambda query: Reply(rcode=3 if query.kind == A else 0, authority=[soa("test")]), "contradictory"),
}
NEVER = {"zero": "0.0.0.0", "zeros": "0.1.2.3", "link": "169.254.169.254", "multi": "224.0.0.1", "reserved": "240.0.0.1", "all": "255.255.255.255"}


class OddAnswers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.home, cls.box = Mailbox("sender.test", cls.port), Mailbox("plain.test", cls.port)
        cls.names = OddNames(cls.answer)

    @classmethod
    def answer(cls, query):
        for box in (cls.home, cls.box):
            if query.name in (box.domain, box.host):
                found = [mx(box.domain, box.host)] if (query.name, query.kind) == (box.domain, MX) else \
                    [a(box.host, box.address)] if (query.name, query.kind) == (box.host, A) else []
                return Reply(found, authority=[] if found else [soa("test")])
        if query.name.endswith("silent.test"):
            return None
        if query.name in ("mx.bare.test", "bare.test"):
            return Reply([mx("bare.test", "mx.bare.test")] if query.kind == MX else [], authority=[soa("test")])
        if query.name.endswith("honest.test"):
            return Reply([mx(query.name, cls.box.host)] if query.kind == MX else [], authority=[soa("test")])
        for domain, (answer, _) in ODD.items():
            if query.name.endswith(domain):
                return answer(query)
        first = query.name.split(".")[0]
        if first == "mx" and query.kind == A:
            address = NEVER.get(query.name.split(".")[1], "10.1.2.3" if query.name == "mx.inside.test" else None)
            return Reply([a(query.name, address)]) if address else Reply(rcode=3, authority=[soa("test")])
        if (first in NEVER or first == "inside") and query.kind == MX:
            return Reply([mx(query.name, "mx." + query.name)])
        return Reply(rcode=3, authority=[soa("test")])

    def started(self, **options):
        daemon = Daemon(BINARIES, self.names, self.port, dns_timeout="2s", **options)
        self.addCleanup(daemon.stop)
        return daemon

    def gates(self, daemon, message, recipient):
        why = json.loads(daemon.ctl("why", "--json", message))
        return [gate["text"] for each in why["recipients"] if each["recipient"] == recipient for gate in each["gates"] if not gate["open"]]

    def bounce(self, daemon, recipient):
        return wait_for(lambda: [each for each in daemon.events("bounced") if each["recipient"] == recipient], 30,
                        lambda: f"a bounce of {recipient}: {daemon.log()}")[0]

    def test_what_proves_nothing_waits_and_says_why(self):
        daemon = self.started()
        message = daemon.send("ann@sender.test", ["bob@" + domain for domain in ODD] + ["bob@plain.test"], letter("odd", b"text\r\n"))
        for domain, (_, words) in ODD.items():
            with self.subTest(domain):
                wait_for(lambda: [text for text in self.gates(daemon, message, "bob@" + domain) if words in str(text)], 30,
                         lambda: f"{words!r}: {self.gates(daemon, message, 'bob@' + domain)} {daemon.log()}")
        wait_for(lambda: self.box.letters, 20, "mail for an honest domain")
        self.assertEqual(daemon.events("bounced"), [])

    def test_a_host_that_has_no_address_at_all_is_proven(self):
        daemon = self.started()
        daemon.send("ann@sender.test", ["bob@bare.test", "bob@nowhere.test"], letter("bare", b"text\r\n"))
        self.assertEqual(self.bounce(daemon, "bob@bare.test")["enhanced"], "5.4.4")
        self.assertEqual(self.bounce(daemon, "bob@nowhere.test")["enhanced"], "5.1.2")

    def test_addresses_of_no_host_are_never_connected_to(self):
        daemon = self.started()
        daemon.send("ann@sender.test", [f"bob@{each}.test" for each in NEVER] + ["bob@[169.254.169.254]"], letter("never", b"text\r\n"))
        for each, address in NEVER.items():
            with self.subTest(address):
                event = self.bounce(daemon, f"bob@{each}.test")
                self.assertEqual(event["enhanced"], "5.4.4")
                self.assertRegex(event["text"], f"has the address {address}, which .*: refused")
        self.assertEqual(self.bounce(daemon, "bob@[169.254.169.254]")["enhanced"], "5.4.4")

    def test_private_networks_are_refused_when_the_operator_says_so(self):
        daemon = self.started(delivery='private_networks = "refuse"')
        daemon.send("ann@sender.test", ["bob@inside.test", "bob@plain.test"], letter("inside", b"text\r\n"))
        self.assertIn("private network 10.0.0.0/8", self.bounce(daemon, "bob@inside.test")["text"])
        wait_for(lambda: daemon.events("delivered"), 20, "mail for loopback, which is allowed by a key of its own")

    def test_two_thousand_silent_domains_do_not_keep_honest_mail_waiting(self):
        daemon = self.started()
        for half in range(2):
            daemon.send("ann@sender.test", [f"bob@d{half}-{n}.silent.test" for n in range(1000)], letter(f"silent{half}", b"text\r\n"))
        for n in range(10):
            daemon.send("ann@sender.test", [f"bob@h{n}.honest.test"], letter(f"honest{n}", b"text\r\n"))
        delivered = wait_for(lambda: [each for each in daemon.events("delivered") if len(daemon.events("delivered")) == 10], 60,
                             lambda: f"honest mail: {daemon.log()[-2000:]}")
        self.assertLess(max(each["delay_ms"] for each in delivered), 6000)
        self.assertEqual(daemon.events("bounced"), [])

    def test_this_server_itself_is_no_receiver(self):
        daemon = Daemon(BINARIES, self.names, self.port, start=False)
        with open(daemon.config) as file:
            text = file.read()
        with open(daemon.config, "w") as file:
            file.write(text.replace(f"\nport = {self.port}\n", f"\nport = {daemon.port}\n"))
        daemon.start()
        self.addCleanup(daemon.stop)
        daemon.send("ann@sender.test", ["bob@[127.0.0.1]"], letter("self", b"text\r\n"))
        self.assertIn("which is this server itself: refused", self.bounce(daemon, "bob@[127.0.0.1]")["text"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
