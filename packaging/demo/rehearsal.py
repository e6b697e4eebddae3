"""A warm-up rehearsed: the real warmupd, a week's mail, one sink that has the manners of four providers.

What      rehearsal.py FOLDER-OF-WARMUPD: starts a DNS server, a sink and warmupd with [rehearsal], submits, waits for the sixth day,
          prints `warmupctl status` and the lane of google.
Promise   Loopback addresses only; nothing is left running. What is printed is what warmupctl said, whole. A second run shows the same
          states; the counts follow the second in which it looks.
Not here  installing and building (rehearsal.sh); the same as a test (tests/wire/rehearsal.py).
"""
import collections
import os
import smtplib
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "harness"))
from daemon import Daemon  # noqa: E402
from names import Names  # noqa: E402
from processes import free_port, scratch  # noqa: E402
from receivers import Mailbox  # noqa: E402

DAY = 20.0  # seconds
SCALE = 86400 / DAY
LAST_DAY, SHARE_OF_DAY = 5, (0.6, 0.95)  # the stage of google at which we look, and how much of its cap has gone

# Domain → mail exchanger, as in the real DNS: the provider is found by it. The school has its mail at Google.
EXCHANGERS = {"gmail.com": "gmail-smtp-in.l.google.com", "school.test": "aspmx.l.google.com", "yahoo.com": "mta5.am0.yahoodns.net",
              "hotmail.com": "hotmail-com.olc.protection.outlook.com", "gmx.net": "mx00.emig.gmx.net"}
BULK = {"gmail.com": 1900, "school.test": 700, "yahoo.com": 800, "hotmail.com": 600, "gmx.net": 900}

CONFIGURATION = f"""
[rehearsal]
deliver_to = "SINK"
time_scale = {SCALE:.0f}

[[plan]]
name = "default"
start = 100
growth = 1.2
"""
SOURCE = '[[source]]\nname = "ip-1"\naddress = "127.0.0.1"\nplan = "default"\n'


class Manners:
    """Google takes what comes. Yahoo has enough after 150 a day. Every tenth address at Outlook is dead. GMX greylists."""

    def __init__(self):
        self.yahoo, self.seen = collections.deque(), set()

    def __call__(self, address, session):
        name, domain = address.rsplit("@", 1)
        if domain == "yahoo.com":
            return self._yahoo(time.monotonic())
        if domain == "hotmail.com" and name.endswith("0"):
            return "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)"
        if domain == "gmx.net" and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 Greylisting in action, please come back later"
        return None

    def _yahoo(self, now):
        while self.yahoo and self.yahoo[0] < now - DAY:
            self.yahoo.popleft()
        if len(self.yahoo) >= 150:
            return "421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred due to unexpected volume or user complaints"
        self.yahoo.append(now)
        return None


def submit_bulk(mta):
    with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
        for domain, count in BULK.items():
            for number in range(count):
                to = f"reader{number}@{domain}"
                client.sendmail("news@sender.test", [to], f"From: news@sender.test\r\nTo: {to}\r\nList-Id: <news.sender.test>\r\n"
                                f"Subject: What is new\r\n\r\nHello\r\n")


def submit_one(mta, number):
    to = f"anna{number}@gmail.com"
    mta.send("office@sender.test", [to], f"From: office@sender.test\r\nTo: {to}\r\nSubject: Your number\r\n\r\n{number}\r\n")


def shows_well(status):
    lanes = {lane["provider"]: lane for lane in status["lanes"]}
    google = lanes.get("google")
    if google is None or google["stage"] < LAST_DAY:
        return False
    least, most = (share * google["cap"] for share in SHARE_OF_DAY)
    cooling = lanes["yahoo"]["state"] == "cooling" and lanes["yahoo"]["next_permit"] > status["now"]
    return least <= google["sent"] <= most and cooling and lanes["outlook"]["state"] == "held"


def rehearse(binaries):
    folder, port = scratch("warmupd-rehearsal-"), free_port()
    sink = Mailbox("sink.test", port, on_rcpt=Manners())
    records = [f"{domain}. 60 IN MX 10 {host}." for domain, host in EXCHANGERS.items()]
    names = Names(folder, records)
    mta = Daemon(binaries, names, port, folder=folder, source=SOURCE,
                 more=CONFIGURATION.replace("SINK", f"{sink.address}:{port}"))
    print(f"{sum(BULK.values())} newsletters for four providers, and a transactional message now and then; a day takes {DAY:.0f} s.")
    submit_bulk(mta)
    until, number = time.monotonic() + (LAST_DAY + 5) * DAY, 0
    while not shows_well(mta.status()):
        if time.monotonic() > until:
            raise AssertionError(f"on day {LAST_DAY + 1} the lanes do not stand as expected:\n{mta.ctl('status')}")
        submit_one(mta, number)
        number += 1
        time.sleep(DAY / 40)
    for words in (["status"], ["status", "google"]):
        print(f"\n$ warmupctl {' '.join(words)}\n{mta.ctl('--columns', '100', *words)}", end="")
    mta.stop()
    names.process.stop()
    sink.stop()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.access(os.path.join(sys.argv[1], "warmupd"), os.X_OK):
        sys.exit("usage: rehearsal.py FOLDER-OF-WARMUPD; packaging/demo/rehearsal.sh builds it and calls this")
    try:
        rehearse(os.path.abspath(sys.argv[1]))
    except Exception as error:
        sys.exit(f"rehearsal: FAILED: {error}")
