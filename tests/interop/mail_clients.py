#!/usr/bin/python3
"""Mail programs that people use, on both sides of us: mail_clients.py BINARIES PACKAGES.

What      nodemailer and Python's smtplib send over STARTTLS and AUTH: attachments, header fields and addresses in UTF-8, 8-bit text,
          several recipients, 1 MiB. aiosmtpd and the npm package smtp-server receive: in clear, over STARTTLS with a self-signed
          certificate, with a SIZE limit, without extensions.
Promise   What the client composed is, octet for octet, what every receiver got below our header fields.
"""
import base64
import email
import email.message
import email.policy
import json
import os
import random
import smtplib
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import awkward, split_ours
from names import Names
from packages import modules
from processes import Process, free_port, scratch, wait_for
from receivers import Host, Mailbox, certificate, tls_context

BINARIES, PACKAGES = sys.argv.pop(1), sys.argv.pop(1)
HERE = os.path.dirname(os.path.abspath(__file__))
MEBIBYTE = random.Random(7).randbytes(1 << 20)


class SmtpServer(Host):
    """smtp-server in a node process of its own; `options` as in mail_smtp_server.cjs."""

    def __init__(self, folder, domain, port, environment, **options):
        super().__init__(domain, port)
        self.file = os.path.join(folder, domain + ".jsonl")
        self.process = Process(["node", os.path.join(HERE, "mail_smtp_server.cjs"), self.address, port, json.dumps(options)], self.file,
                               environment=environment, ready=lambda: "ready" in self.text())

    def text(self):
        with open(self.file) as lines:
            return lines.read()

    def letters(self):
        return [json.loads(line) for line in self.text().splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.node = modules(PACKAGES)
        cert, key = certificate(cls.folder, "mx.node.test")
        cls.plain, cls.secure = Mailbox("plain.test", cls.port), Mailbox("secure.test", cls.port, tls=tls_context(cls.folder, "mx.secure.test"))
        cls.ascii_only = Mailbox("ascii.test", cls.port, enable_SMTPUTF8=False)
        cls.node_tls = SmtpServer(cls.folder, "node.test", cls.port, cls.node, certificate=cert, private_key=key, size=3000000)
        cls.node_bare = SmtpServer(cls.folder, "bare.test", cls.port, cls.node, hideSTARTTLS=True, hidePIPELINING=True, hide8BITMIME=True,
                                   hideSMTPUTF8=True, largest=100000)
        cls.names = Names(cls.folder, sum((each.records() for each in (cls.plain, cls.secure, cls.ascii_only, cls.node_tls, cls.node_bare)), []))
        cls.certificate, cls.key = certificate(cls.folder, "mta1.sender.test")
        cls.daemon = Daemon(BINARIES, cls.names, cls.port, listener="relay_from = []",
                            top=f'[tls]\ncertificate = "{cls.certificate}"\nprivate_key = "{cls.key}"')
        cls.daemon.user("app", "pass word", ":sender.test")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        for each in (self.plain, self.secure, self.ascii_only):
            each.letters.clear()
        self.skip = {each: len(each.letters()) for each in (self.node_tls, self.node_bare)}

    # --- clients ---------------------------------------------------------------------------------------------------------------

    def nodemailer(self, *messages, **transport):
        wishes = [{"transport": {"auth": {"user": "app", "pass": "pass word"}, **transport}, "message": message, "copy": f"copy-{n}"}
                  for n, message in enumerate(messages)]
        done = subprocess.run(["node", os.path.join(HERE, "mail_nodemailer.cjs"), self.daemon.at, self.certificate, self.folder],
                              input=json.dumps(wishes), capture_output=True, text=True, timeout=60, env={**os.environ, **self.node})
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def copy(self, number=0):
        """What nodemailer sent; without the final CRLF it says one more."""
        with open(os.path.join(self.folder, f"copy-{number}"), "rb") as file:
            sent = file.read()
        return sent if sent.endswith(b"\r\n") else sent + b"\r\n"

    def login(self):
        client = smtplib.SMTP("127.0.0.1", self.daemon.port, local_hostname="app.sender.test", timeout=30)
        client.starttls(context=ssl.create_default_context(cafile=self.certificate))
        client.login("app", "pass word")
        self.addCleanup(client.close)
        return client

    # --- receivers -------------------------------------------------------------------------------------------------------------

    def arrived(self, receiver, count=1):
        """[(recipients, what is below our fields)] of `count` messages."""
        if isinstance(receiver, SmtpServer):
            wait_for(lambda: len(receiver.letters()) >= self.skip[receiver] + count, 30, f"{count} messages at {receiver.domain}: {self.daemon.log()[-1500:]}")
            found = [(each["recipients"], base64.b64decode(each["content"])) for each in receiver.letters()[self.skip[receiver]:]]
        else:
            wait_for(lambda: len(receiver.letters) >= count, 30, f"{count} messages at {receiver.domain}: {self.daemon.log()[-1500:]}")
            found = [(each.recipients, each.body) for each in receiver.letters]
        return [(to, split_ours(octets)[1]) for to, octets in found]

    # --- nodemailer ------------------------------------------------------------------------------------------------------------

    def test_nodemailer_sends_attachments_and_utf8_fields_to_both_receivers(self):
        [said] = self.nodemailer({
            "from": "Änne Müller <ann@sender.test>", "to": ["Bob <bob@plain.test>", "carl@node.test"], "cc": "日本 <dora@secure.test>",
            "bcc": "eve@plain.test", "subject": "Grüße aus 日本 " * 20, "text": "Grüße\n.\n..dots\n", "html": "<p>Grüße</p>",
            "attachments": [{"filename": "naïve 名前.bin", "content": base64.b64encode(MEBIBYTE).decode(), "encoding": "base64"},
                            {"filename": "note.txt", "content": "a note"}]})
        self.assertEqual(sorted(said["accepted"]), ["bob@plain.test", "carl@node.test", "dora@secure.test", "eve@plain.test"], said)
        self.assertRegex(said["response"], r"^250 2\.0\.0 queued as [0-9A-Z]+$")
        self.assertGreater(len(self.copy()), 1 << 20)
        [(to, plain)], [(_, node)], [(_, secure)] = self.arrived(self.plain), self.arrived(self.node_tls), self.arrived(self.secure)
        self.assertEqual(sorted(to), ["bob@plain.test", "eve@plain.test"], "one transaction for both")
        self.assertEqual([plain, node, secure], [self.copy()] * 3)
        self.assertTrue(self.secure.letters[0].tls)
        self.assertTrue(self.node_tls.letters()[-1]["secure"], "self-signed and welcome at tls = may")
        parts = list(email.message_from_bytes(node, policy=email.policy.default).iter_attachments())
        self.assertEqual([parts[0].get_filename(), parts[0].get_content()], ["naïve 名前.bin", MEBIBYTE])

    def test_nodemailer_sends_to_addresses_in_utf8(self):
        [said] = self.nodemailer({"from": "ann@sender.test", "to": "jürgen@node.test, büro@plain.test", "subject": "x", "text": "y"})
        self.assertEqual(sorted(said["accepted"]), ["büro@plain.test", "jürgen@node.test"], said)
        [(to, plain)], [(node_to, node)] = self.arrived(self.plain), self.arrived(self.node_tls)
        self.assertEqual((to, node_to), (["büro@plain.test"], ["jürgen@node.test"]))
        self.assertEqual([plain, node], [self.copy()] * 2)

    def test_nodemailer_pipes_many_messages_through_a_pool(self):
        messages = [{"from": "ann@sender.test", "to": "bob@node.test", "subject": f"number {n}", "text": "text " * n} for n in range(40)]
        said = self.nodemailer(*messages, pool=True, maxConnections=5)
        self.assertEqual([each.get("accepted") for each in said], [["bob@node.test"]] * 40, said)
        self.assertEqual(sorted(mail for _, mail in self.arrived(self.node_tls, 40)), sorted(self.copy(n) for n in range(40)))

    def test_nodemailer_logs_in_by_each_mechanism_and_not_with_a_wrong_password(self):
        message = {"from": "ann@sender.test", "to": "bob@plain.test", "subject": "x", "text": "y"}
        for mechanism in ("PLAIN", "LOGIN"):
            [said] = self.nodemailer(message, authMethod=mechanism)
            self.assertEqual(said.get("accepted"), ["bob@plain.test"], said)
        [said] = self.nodemailer(message, auth={"user": "app", "pass": "wrong"})
        self.assertEqual(said["code"], 535, said)
        [said] = self.nodemailer(message, auth=None)
        self.assertEqual(said["code"], 550, said)
        [said] = self.nodemailer({**message, "from": "ann@elsewhere.test"})
        self.assertEqual(said["code"], 550, said)
        self.assertIn("may not send with a From address at elsewhere.test", said["error"])

    # --- smtplib ---------------------------------------------------------------------------------------------------------------

    def test_smtplib_sends_awkward_messages_to_both_receivers(self):
        letters = awkward()
        client = self.login()
        for each in letters.values():
            client.sendmail("ann@sender.test", ["bob@node.test", "bob@secure.test"], each, mail_options=["BODY=8BITMIME"])
        for receiver in (self.node_tls, self.secure):
            got = [mail for _, mail in self.arrived(receiver, len(letters))]
            self.assertEqual(sorted(got), sorted(letters.values()))

    def test_smtplib_sends_an_international_message(self):
        message = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
        message["From"], message["To"] = "Änne <änne@sender.test>", "büro@plain.test, jürgen@node.test, old@ascii.test"
        message["Subject"], message["Message-ID"], message["Date"] = "Grüße", "<utf8@sender.test>", "Sat, 21 Nov 2026 09:00:00 +0000"
        message.set_content("Grüße\n", cte="8bit")
        message.add_attachment(MEBIBYTE, "application", "octet-stream", filename="größe.bin")
        sent = message.as_bytes()
        self.assertIn("Grüße".encode(), sent)
        self.assertEqual(self.login().send_message(message), {})
        [(_, plain)], [(_, node)] = self.arrived(self.plain), self.arrived(self.node_tls)
        self.assertEqual([plain, node], [sent] * 2)
        refused = wait_for(lambda: [each for each in self.daemon.events("bounced") if each["recipient"] == "old@ascii.test"], 30, "a bounce")
        self.assertEqual(refused[0]["enhanced"], "5.6.7", "a receiver without SMTPUTF8")

    def test_a_message_over_the_receivers_size_is_not_even_offered(self):
        big = awkward()["dots"] + b"line of text\r\n" * 300000
        self.login().sendmail("ann@sender.test", ["big@node.test"], big)
        bounced = wait_for(lambda: [each for each in self.daemon.events("bounced") if each["recipient"] == "big@node.test"], 30, "a bounce")[0]
        self.assertEqual((bounced["verdict"], bounced["enhanced"]), ("too_large", "5.3.4"), bounced)
        self.assertIn("mx.node.test takes at most 3000000", bounced["text"])

    # --- receivers with few extensions -----------------------------------------------------------------------------------------

    def test_a_receiver_without_extensions_gets_seven_bit_text_and_refuses_what_is_too_large(self):
        client = self.login()
        client.sendmail("ann@sender.test", ["bob@bare.test"], awkward()["eight bit"], mail_options=["BODY=8BITMIME"])
        [(_, mail)] = self.arrived(self.node_bare)
        self.assertTrue(mail.isascii(), "converted: 8BITMIME is not offered")
        self.assertEqual(email.message_from_bytes(mail, policy=email.policy.default).get_content().splitlines(), ["Grüße, 日本語"])
        self.assertFalse(self.node_bare.letters()[-1]["secure"])
        client.sendmail("ann@sender.test", ["big@bare.test", "nobody@bare.test"], awkward()["several chunks"])
        bounced = wait_for(lambda: len(b := [each for each in self.daemon.events("bounced") if each["domain"] == "bare.test"]) == 2 and b, 30, "two bounces")
        self.assertEqual({each["recipient"]: (each["verdict"], each["code"], each["enhanced"]) for each in bounced},
                         {"big@bare.test": ("too_large", 552, "5.3.4"), "nobody@bare.test": ("unknown_user", 550, "5.1.1")})


if __name__ == "__main__":
    unittest.main(verbosity=2)
