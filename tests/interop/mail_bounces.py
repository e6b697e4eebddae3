#!/usr/bin/python3
"""Bounces as their readers see them: mail_bounces.py BINARIES.

What      Messages that the world refuses, delays or lets expire come back to the sender's mailbox. Python's email package reads the
          report by RFC 3464, sisimai (Perl) and flufl.bounce (Mailman's) find recipient and status by their own rules.
Promise   From <>, to the sender, one report a message; NOTIFY, RET, ENVID and ORCPT of RFC 3461 are obeyed; nothing comes back for a
          message from <>.
"""
import email
import email.policy
import json
import os
import smtplib
import subprocess
import sys
import unittest

from flufl.bounce import all_failures, scan_message

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Mailbox

BINARIES = sys.argv.pop(1)
HERE = os.path.dirname(os.path.abspath(__file__))

REPLIES = {
    "nobody": "550 5.1.1 <nobody@far.test>: Recipient address rejected: User unknown in virtual mailbox table",
    "old-style": "550 No such user here",
    "gone": "554 5.2.1 mailbox disabled, not accepting messages",
    "policy": "550 5.7.1 Message rejected due to local policy",
    "later": "450 4.2.1 try again later",
}


class Report:
    """A delivery status notification, taken apart by Python's email package."""

    def __init__(self, letter_):
        self.envelope = letter_
        self.message = email.message_from_bytes(letter_.body, policy=email.policy.default)
        self.parts = list(self.message.iter_parts())
        status = self.parts[1].get_payload()
        self.about_message, self.recipients = status[0], status[1:]

    def fields(self, name):
        return [each[name] for each in self.recipients]


class Bounces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = scratch(), free_port()
        cls.home = Mailbox("sender.test", cls.port)
        cls.far = Mailbox("far.test", cls.port, on_rcpt=lambda address, session: REPLIES.get(address.split("@")[0]))
        cls.names = Names(cls.folder, cls.home.records() + cls.far.records())
        cls.daemon = Daemon(BINARIES, cls.names, cls.port)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def setUp(self):
        self.home.letters.clear()
        self.far.letters.clear()

    def returned(self, count=1):
        wait_for(lambda: len(self.home.letters) >= count, 30, f"{count} reports")
        self.daemon.wait_until_empty()
        self.assertEqual(len(self.home.letters), count)
        return [Report(each) for each in self.home.letters]

    def assert_nothing_returned(self):
        self.daemon.wait_until_empty()
        self.assertEqual([each.body for each in self.home.letters], [])

    # --- what readers find -----------------------------------------------------------------------------------------------------

    def test_a_report_is_read_by_the_book_and_by_sisimai_and_by_flufl_bounce(self):
        want = {"nobody": ("5.1.1", "userunknown"), "gone": ("5.2.1", None), "policy": ("5.7.1", None),
                "old-style": (None, "userunknown")}
        for user in want:
            self.daemon.send("ann@sender.test", [user + "@far.test"], letter("to-" + user, b"text\r\n"), mail_options=["RET=FULL"])
        maildir = os.path.join(self.folder, "maildir")
        os.makedirs(maildir, exist_ok=True)
        for number, report in enumerate(self.returned(len(want))):
            self.assertEqual((report.envelope.sender, report.envelope.recipients), ("<>", ["ann@sender.test"]))
            self.assertEqual(report.message.get_content_type(), "multipart/report")
            self.assertEqual(report.message.get_param("report-type"), "delivery-status")
            self.assertEqual([part.get_content_type() for part in report.parts], ["text/plain", "message/delivery-status", "message/rfc822"])
            self.assertEqual(report.message["Auto-Submitted"], "auto-replied")
            self.assertEqual([each.defects for each in report.message.walk()], [[]] * len(list(report.message.walk())))
            self.assertEqual(report.about_message["Reporting-MTA"], "dns; mta1.sender.test")
            [recipient], [action], [status] = report.fields("Final-Recipient"), report.fields("Action"), report.fields("Status")
            user = recipient.removeprefix("rfc822; ").split("@")[0]
            self.assertEqual((action, report.fields("Remote-MTA")), ("failed", ["dns; mx.far.test"]))
            self.assertIn(REPLIES[user], report.fields("Diagnostic-Code")[0])
            self.assertEqual(status, want[user][0] or "5.1.1")
            original = report.parts[2].get_payload(0)
            self.assertEqual((original["Message-ID"], original.get_content()), (f"<to-{user}@sender.test>", "text\r\n"))
            self.assertIn(f"<{user}@far.test>", report.parts[0].get_content())
            self.assertEqual(scan_message(report.message), {f"{user}@far.test".encode()}, "flufl.bounce: permanent failures")
            self.assertEqual(all_failures(report.message)[0], set(), "flufl.bounce: temporary failures")
            with open(os.path.join(maildir, f"bounce-{number}"), "wb") as out:
                out.write(b"Return-Path: <>\r\n" + report.envelope.body)
        done = subprocess.run(["perl", os.path.join(HERE, "mail_sisimai.pl"), maildir], capture_output=True, text=True, timeout=60)
        rows = {row["recipient"]: row for row in json.loads(done.stdout)}
        self.assertEqual(sorted(rows), sorted(user + "@far.test" for user in want), done.stderr)
        for user, (status, reason) in want.items():
            row = rows[user + "@far.test"]
            self.assertEqual((row["addresser"], row["action"], row["messageid"]), ("ann@sender.test", "failed", f"to-{user}@sender.test"), row)
            self.assertEqual(row["replycode"], REPLIES[user][:3], row)
            if status:
                self.assertEqual(row["deliverystatus"], status, row)
            if reason:
                self.assertEqual(row["reason"], reason, row)

    def test_one_report_tells_of_all_who_failed_and_not_of_the_others(self):
        self.daemon.send("ann@sender.test", ["nobody@far.test", "bob@far.test", "gone@far.test"], letter("three", b"text\r\n"))
        [report] = self.returned()
        self.assertEqual(report.fields("Final-Recipient"), ["rfc822; nobody@far.test", "rfc822; gone@far.test"])
        self.assertEqual(report.fields("Status"), ["5.1.1", "5.2.1"])
        self.assertEqual(self.far.letters[0].recipients, ["bob@far.test"])
        self.assertEqual(scan_message(report.message), {b"nobody@far.test", b"gone@far.test"})

    def test_a_large_message_comes_back_as_its_header_section(self):
        self.daemon.send("ann@sender.test", ["nobody@far.test"], letter("large", b"0123456789abcdef\r\n" * 120000), mail_options=["RET=FULL"])
        [report] = self.returned()
        self.assertEqual(report.parts[2].get_content_type(), "text/rfc822-headers")
        self.assertLess(len(report.envelope.body), 20000)

    def test_an_eight_bit_message_comes_back_as_it_was(self):
        original = letter("bits", "Grüße\r\n".encode(), b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n")
        self.daemon.send("ann@sender.test", ["nobody@far.test"], original, mail_options=["BODY=8BITMIME", "RET=FULL"])
        [report] = self.returned()
        self.assertIn(original, report.envelope.body)
        self.assertIn("BODY=8BITMIME", report.envelope.mail_options)

    def test_an_international_recipient_is_named_by_rfc_6533(self):
        self.far.on_rcpt, kept = (lambda address, session: "550 5.1.1 unknown"), self.far.on_rcpt
        try:
            with smtplib.SMTP("127.0.0.1", self.daemon.port, timeout=30) as client:
                client.sendmail("ann@sender.test", ["jürgen@far.test"], letter("utf8", b"text\r\n"), mail_options=["SMTPUTF8", "BODY=8BITMIME"])
            [report] = self.returned()
        finally:
            self.far.on_rcpt = kept
        self.assertEqual(report.message.get_param("report-type"), "global-delivery-status")
        self.assertIn("Final-Recipient: utf-8; jürgen@far.test\r\nAction: failed\r\nStatus: 5.1.1\r\n".encode(), report.envelope.body)

    # --- RFC 3461 --------------------------------------------------------------------------------------------------------------

    def test_notify_never_is_silent(self):
        self.daemon.send("ann@sender.test", ["nobody@far.test"], letter("never", b"text\r\n"), rcpt_options=["NOTIFY=NEVER"])
        self.assert_nothing_returned()
        self.assertEqual([each["recipient"] for each in self.daemon.events("bounced")][-1], "nobody@far.test", "but it is an event")

    def test_notify_success_only_is_silent_about_a_failure(self):
        self.daemon.send("ann@sender.test", ["nobody@far.test"], letter("success-only", b"text\r\n"), rcpt_options=["NOTIFY=SUCCESS"])
        self.assert_nothing_returned()

    def test_notify_success_to_a_receiver_without_dsn_reports_the_relaying(self):
        self.daemon.send("ann@sender.test", ["bob@far.test"], letter("success", b"text\r\n"), rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
        [report] = self.returned()
        self.assertEqual((report.fields("Action"), report.fields("Status")), (["relayed"], ["2.0.0"]))
        self.assertEqual(report.parts[2].get_content_type(), "text/rfc822-headers", "RFC 3461 §4.3: FULL is for failures")
        self.assertEqual(scan_message(report.message), set(), "flufl.bounce does not take it for a bounce")

    def test_ret_envid_and_orcpt_come_back(self):
        self.daemon.send("ann@sender.test", ["nobody@far.test"], letter("hdrs", b"a secret body\r\n"),
                         mail_options=["RET=HDRS", "ENVID=order+2B4711"], rcpt_options=["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;no+2Bbody@list.test"])
        [report] = self.returned()
        self.assertEqual(report.about_message["Original-Envelope-Id"], "order+4711")
        self.assertEqual(report.fields("Original-Recipient"), ["rfc822;no+body@list.test"])
        self.assertEqual(report.parts[2].get_content_type(), "text/rfc822-headers")
        self.assertNotIn(b"a secret body", report.envelope.body)
        self.assertIn(b"Subject: hdrs\r\n", report.envelope.body)

    def test_no_bounce_of_a_bounce(self):
        self.daemon.send("", ["nobody@far.test"], letter("from-null", b"text\r\n"))
        self.daemon.send("nobody@far.test", ["gone@far.test"], letter("to-a-dead-sender", b"text\r\n"))
        self.assert_nothing_returned()
        wait_for(lambda: len([each for each in self.daemon.events("bounced") if each["recipient"] == "nobody@far.test" and "sender" not in each]) >= 2, 20,
                 "the message from <>, and our own report to a dead sender, end without another report")

    # --- time ------------------------------------------------------------------------------------------------------------------

    def test_what_stays_undelivered_is_told_once_and_expires(self):
        daemon = Daemon(BINARIES, self.names, self.port, more='[retry]\nfirst = "1s"\nfactor = 1.5\nlongest = "2s"\njitter = 0.0\nlifetime = "6s"\nwarn_after = "2s"\n')
        self.addCleanup(daemon.stop)
        daemon.send("ann@sender.test", ["later@far.test"], letter("late", b"text\r\n"))
        wait_for(lambda: len(self.home.letters) >= 2, 60, lambda: f"a notice and a bounce: {daemon.log()} {daemon.events()}")
        daemon.wait_until_empty()
        self.assertEqual(len(self.home.letters), 2)
        delayed, failed = [Report(each) for each in self.home.letters]
        self.assertEqual((delayed.fields("Action"), delayed.fields("Status")), (["delayed"], ["4.2.1"]))
        self.assertTrue(delayed.recipients[0]["Will-Retry-Until"])
        self.assertEqual((failed.fields("Action"), failed.fields("Status")), (["failed"], ["4.4.7"]))
        self.assertIn(REPLIES["later"], failed.fields("Diagnostic-Code")[0], "with the last words of the remote")
        self.assertEqual(all_failures(delayed.message), ({b"later@far.test"}, set()), "flufl.bounce: temporary")
        self.assertEqual(all_failures(failed.message), (set(), {b"later@far.test"}), "flufl.bounce: permanent")
        [expired] = daemon.events("expired")
        self.assertGreaterEqual(expired["attempts"], 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
