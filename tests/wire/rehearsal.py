#!/usr/bin/python3
"""The real daemon rehearses a warm-up: a sink counts what arrives on which day.

usage: rehearsal.py BINARIES [SECONDS_A_DAY]

2,000 bulk messages are submitted at once; the plan is 100 a day growing by 20 %. Scheduling time runs so fast that a day lasts
SECONDS_A_DAY (12). The sink's counts per day are 100, 120, 144 … until all is gone; with kill -9 several times a day never above a cap; against
a receiver that answers 421 4.7.0 the lane cools and recovers.
"""
import os
import smtplib
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon  # noqa: E402
from names import Names  # noqa: E402
from processes import free_port, scratch, wait_for  # noqa: E402
from receivers import Mailbox  # noqa: E402

BINARIES = sys.argv.pop(1)
DAY = float(sys.argv.pop(1)) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else 12.0
SCALE = 86400 / DAY
CAPS = [100, 120, 144, 172, 207, 248, 298, 358, 429, 515]
PLAN = """
[[plan]]
name = "default"
start = 100
growth = 1.2
"""
SOURCE = '[[source]]\nname = "ip-1"\naddress = "127.0.0.1"\nplan = "default"\n'


def submit(daemon, count):
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=60) as client:
        for number in range(count):
            client.sendmail("news@sender.test", [f"user{number}@gmail.test"],
                            f"From: news@sender.test\r\nTo: user{number}@gmail.test\r\nList-Id: <news.sender.test>\r\n"
                            f"Subject: {number}\r\n\r\nhello\r\n")


def days_of_lane(lane, arrivals):
    """Arrivals (in scheduled seconds) a day of the lane. A day bears the date on which it ends, in UTC as the plan says; the first day
    may have begun on the date before, when less than 12 hours of that were left."""
    first = min([day["day"] for day in lane["history"]] + [time.strftime("%Y-%m-%d", time.gmtime(Rehearsal.instant(lane["day_ends"]) - 1))])
    counts = {}
    for arrival in arrivals:
        day = max(first, time.strftime("%Y-%m-%d", time.gmtime(arrival)))
        counts[day] = counts.get(day, 0) + 1
    return [counts[day] for day in sorted(counts)]


class DaysOfALane(unittest.TestCase):
    def test_a_first_day_that_lasts_into_the_next_date_is_one_day(self):
        at = Rehearsal.instant
        lane = {"day_ends": "2028-03-03T00:00:00Z", "history": [{"day": "2028-02-29"}, {"day": "2028-03-01"}]}
        arrivals = [at(text) for text in ("2028-02-28T22:10:00Z", "2028-02-29T00:10:00Z", "2028-02-29T23:50:00Z", "2028-03-01T00:10:00Z",
                                          "2028-03-02T12:00:00Z")]
        self.assertEqual(days_of_lane(lane, arrivals), [3, 1, 1])


class Rehearsal(unittest.TestCase):
    def setUp(self):
        self.port, self.arrivals, self.answer = free_port(), [], None
        self.sink = Mailbox("gmail.test", self.port, on_data=self.take)
        self.names = Names(scratch(), [*self.sink.records()])
        self.folder = scratch()
        self.began = time.time()

    def tearDown(self):
        self.sink.stop()

    def take(self, envelope):
        if self.answer:
            return self.answer
        self.arrivals.append(time.time())
        return None

    def daemon(self, **options):
        more = f'[rehearsal]\ndeliver_to = "{self.sink.address}:{self.port}"\ntime_scale = {SCALE:.0f}\n' + PLAN
        return Daemon(BINARIES, self.names, self.port, source=SOURCE, more=more, folder=self.folder, **options)

    def days(self, daemon):
        """Arrivals a day of the lane. Nothing leaves in the last twentieth of a day, so a small error of the two clocks moves none: of
        several looks at both the quickest counts, as a busy machine may take half an hour of the rehearsal to answer."""
        looks = []
        for _ in range(10):
            before = time.time()
            status = daemon.status()
            looks.append((time.time() - before, before, status))
        lasted, before, status = min(looks, key=lambda look: look[0])
        lane, scheduled = self.lane(status), self.instant(status["now"])
        now = before + lasted / 2
        return days_of_lane(lane, [scheduled - (now - arrival) * SCALE + 0.02 * 86400 for arrival in self.arrivals])

    @staticmethod
    def lane(status):
        return next(lane for lane in status["lanes"] if lane["provider"] == "other:gmail.test")

    @staticmethod
    def instant(text):
        import calendar
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))

    def test_every_day_has_its_cap(self):
        daemon = self.daemon()
        self.assertIn("REHEARSAL", daemon.log().upper())
        submit(daemon, 2000)
        wait_for(lambda: len(self.arrivals) >= sum(CAPS[:5]), 8 * DAY + 60, "five days of mail")
        print("\n" + daemon.ctl("status"))
        print(daemon.ctl("status", "other:gmail.test"))
        wait_for(lambda: len(self.arrivals) == 2000, 8 * DAY + 60, "all mail at the sink")
        counts = self.days(daemon)
        print("arrived a day:", counts)
        # The first day may be longer than a day, never larger than its cap.
        self.assertEqual(counts[:8], CAPS[:8])
        self.assertEqual(sum(counts), 2000)
        daemon.stop()

    def test_kills_never_lift_a_cap(self):
        daemon = self.daemon()
        submit(daemon, 600)
        kills = 0
        until = time.time() + 3.4 * DAY
        while time.time() < until or kills < 6:
            time.sleep(DAY / 3.3)
            daemon.kill()
            kills += 1
            daemon.start()
        counts = self.days(daemon)
        print(f"{kills} kills, arrived a day:", counts)
        for count, cap in zip(counts, CAPS):
            self.assertLessEqual(count, cap)
        delivered = {event["seq"]: self.instant(event["time"]) for event in daemon.events("delivered")}
        for count, cap in zip(days_of_lane(self.lane(daemon.status()), delivered.values()), CAPS):
            self.assertLessEqual(count, cap)
        self.assertGreaterEqual(counts[0], CAPS[0] - 5 * kills)  # short by what was in conversation at the kills
        daemon.stop()

    def test_a_day_of_421_cools_and_recovers(self):
        daemon = self.daemon()
        self.answer = "421 4.7.0 Our system has detected an unusual rate of mail, it has been temporarily rate limited"
        submit(daemon, 150)
        wait_for(lambda: len([e for e in daemon.events("lane") if e["change"] == "cooled"]) >= 5, 2 * DAY + 30, "five coolings")
        cooled = [event["reason"] for event in daemon.events("lane") if event["change"] == "cooled"]
        self.assertEqual([reason.rsplit(" ", 2)[-2:] for reason in cooled[:5]],
                         [["5", "min"], ["10", "min"], ["20", "min"], ["40", "min"], ["80", "min"]])
        self.assertEqual(self.arrivals, [])
        self.answer = None
        wait_for(lambda: len(self.arrivals) == 150, 4 * DAY + 60, "recovery")
        self.assertIn("reopened", [event["change"] for event in daemon.events("lane")])
        daemon.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
