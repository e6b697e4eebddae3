#!/usr/bin/python3
"""postgrey as greylister, Postfix in front of it: mail_postgrey.py BINARIES.

What      One Postfix whose postgrey names the delay in its text, one whose text names none (postgrey's default).
Promise   The named delay, made one minute because that is the least (the remote's clock is not ours), passes before the second
          attempt, which comes from the same address with the same envelope to the same host and is accepted. Without a named delay
          the next attempt is planned in five minutes; the test does not wait for it.
          A rehearsal in real time whose every delivery goes there: nothing is tried early, all arrives, and the lane advances when its
          day ends. That the day ends is libfaketime's doing: the daemon stops and starts two days later.
"""
import datetime
import email
import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from postfix import Postfix
from processes import Process, answers, free_address, free_port, scratch, wait_for
from receivers import Host, Mailbox

BINARIES = sys.argv.pop(1)


class Greylister(Host):
    """A domain whose exchanger is Postfix, which asks postgrey and hands on what it accepts to `mailbox`."""

    def __init__(self, domain, port, mailbox, *options):
        super().__init__(domain, port)
        folder, policy = scratch(), free_port()
        books = os.path.join(folder, "postgrey")
        os.mkdir(books)
        subprocess.run(["chown", "postgrey", books], check=True)
        self.grey = Process(["postgrey", f"--inet=127.0.0.1:{policy}", "--dbdir=" + books, "--delay=5", "--auto-whitelist-clients=0",
                             "--whitelist-clients=/dev/null", "--whitelist-recipients=/dev/null", *options],
                            os.path.join(folder, "postgrey.log"), ready=lambda: answers("127.0.0.1", policy))
        self.postfix = Postfix(folder, f"{self.address}:{port}", f"""relay_domains = {domain}
relay_transport = smtp:[{mailbox.address}]:{mailbox.port}
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service inet:127.0.0.1:{policy}
smtpd_relay_restrictions = reject_unauth_destination
""")

    def stop(self):
        self.postfix.stop()
        self.grey.kill()  # it does not always hear SIGTERM


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def on_day(number):
    """The environment of a daemon whose clocks, since boot and on the wall, are so many days ahead."""
    library = next(path for path in glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))
    ahead = int(os.environ.get("SHIFTED_CLOCK", "0")) + number * 86400  # tests/run.sh may have set the clock already
    return {**os.environ, "LD_PRELOAD": library, "FAKETIME": f"{ahead:+d}s", "FAKETIME_NO_CACHE": "1"}


class Greylisted(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        self.box = Mailbox("behind.test", self.port)
        self.addCleanup(self.box.stop)

    def greylister(self, domain, *options):
        made = Greylister(domain, self.port, self.box, *options)
        self.addCleanup(made.stop)
        return made

    def test_the_message_waits_the_named_delay_and_passes(self):
        named, silent = self.greylister("named.test", "--greylist-text=Greylisted for %s seconds"), self.greylister("silent.test")
        daemon = Daemon(BINARIES, Names(scratch(), named.records() + silent.records()), self.port)
        self.addCleanup(daemon.stop)
        daemon.send("ann@sender.test", ["bob@named.test", "bob@silent.test"], letter("grey", b"text\r\n"))
        first, other = wait_for(lambda: len(d := daemon.events("deferred")) == 2 and sorted(d, key=lambda each: each["domain"]), 30, "two deferrals")
        self.assertEqual([first["verdict"], first["code"], other["verdict"]], ["greylisted", 450, "greylisted"], (first, other))
        self.assertIn("Greylisted for", first["text"])
        self.assertIn("help/silent.test.html", other["text"])
        pauses = [(instant(each["next"]) - instant(each["time"])).total_seconds() for each in (first, other)]
        self.assertTrue(59 <= pauses[0] <= 75, pauses)
        self.assertTrue(299 <= pauses[1] <= 375, pauses)

        wait_for(lambda: self.box.letters, 85, lambda: f"the second attempt: {named.postfix.log()}\n{daemon.log()}\n{daemon.events()}")
        delivered = wait_for(lambda: daemon.events("delivered"), 10, "the event")[0]
        self.assertEqual((delivered["attempt"], delivered["mx"], delivered["source"]), (2, "mx.named.test", "ip-1"))
        self.assertGreaterEqual(instant(delivered["time"]), instant(first["next"]), "not before")
        self.assertEqual(self.box.letters[0].recipients, ["bob@named.test"])
        waited = email.message_from_bytes(self.box.letters[0].body)["X-Greylist"]
        self.assertRegex(waited, r"^delayed (5[89]|6\d|7[0-5]) seconds by postgrey", "what postgrey saw: the same triplet, a minute later")
        self.assertEqual(daemon.waiting(), 1, "the other still waits")

    def test_a_rehearsal_in_real_time_waits_delivers_and_advances(self):
        named = self.greylister("named.test", "--greylist-text=Greylisted for %s seconds")
        plan = '[[plan]]\nname = "default"\nstart = 20\ngrowth = 1.5\npace = "none"\nhourly = 1.0\n'
        daemon = Daemon(BINARIES, Names(scratch(), named.records()), self.port, environment=on_day(0),
                        source='[[source]]\nname = "ip-1"\naddress = "127.0.0.1"\nplan = "default"\n',
                        more=f'[rehearsal]\ndeliver_to = "{named.address}:{self.port}"\ntime_scale = 1\n{plan}'
                             '[[provider]]\nname = "named"\nmx = ["*.named.test"]\n')
        self.addCleanup(lambda: daemon.process.alive() and daemon.stop())
        for n in range(16):
            daemon.send("ann@sender.test", [f"user{n}@named.test"], letter(f"grey {n}", b"text\r\n"))
        first = wait_for(lambda: len(d := daemon.events("deferred")) == 16 and d, 60, "sixteen deferrals")
        due = {each["recipient"]: instant(each["next"]) for each in first}
        wait_for(lambda: len(daemon.events("delivered")) == 16, 120, lambda: f"all delivered: {named.postfix.log()}\n{daemon.log()}")
        for each in daemon.events("delivered"):
            self.assertEqual(each["attempt"], 2)
            self.assertGreaterEqual(instant(each["time"]), due[each["recipient"]], "not before")
        self.assertEqual(len(daemon.events("deferred")), 16, "nobody was tried early")
        lane = self.lane(daemon)
        self.assertEqual((lane["stage"], lane["cap"], lane["sent"], lane["delivered"], lane["pending"]), (0, 20, 16, 16, 0))
        daemon.stop()
        daemon.environment = on_day(2)  # a first day lasts up to 36 hours
        daemon.start()
        lane = wait_for(lambda: (found := self.lane(daemon))["stage"] == 1 and found, 20, lambda: f"stage 1: {self.lane(daemon)}")
        self.assertEqual((lane["cap"], lane["sent"], lane["state"]), (30, 0, "warming"))
        self.assertEqual([each["change"] for each in daemon.events("lane")], ["advanced"])

    @staticmethod
    def lane(daemon):
        return next(each for each in daemon.status()["lanes"] if each["provider"] == "named")


if __name__ == "__main__":
    unittest.main(verbosity=2)
