#!/usr/bin/python3
"""The resolver against real DNS servers on the loopback.

usage: resolver_real_dns.py WIRE_DNS_ASK

Starts nsd (authoritative, on a free port) with a zone, and unbound (recursive, on another) in front of it, asks through
wire_dns_ask, and checks every answer. Ends what it started, by its process id.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from processes import PATIENCE, free_port

ASK = sys.argv.pop(1)

ZONE = """$ORIGIN example.test.
$TTL 300
@        SOA ns root 1 3600 600 86400 45
@        NS  ns
ns       A   127.0.0.1
@        MX  20 mx2
@        MX  10 MX1
mx1      A   192.0.2.1
mx1      60 AAAA 2001:db8::1
mx2      120 A 192.0.2.2
www      30 CNAME mx2
deep     CNAME www
null     MX  0 .
txt      TXT "v=spf1 " "-all"
_25._tcp.mx1 TLSA 3 1 1 0011223344556677889900112233445566778899001122334455667788990011
brief    2 A 192.0.2.9
ptr      PTR mx1
""" + "".join("many MX %d host-with-a-rather-long-name-%d\n" % (i, i) for i in range(120))


class Server:
    def __init__(self, arguments, port, directory, name):
        self.log = open(os.path.join(directory, name + ".log"), "w+")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=self.log)
        self.port = port
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > limit:
                    self.log.seek(0)
                    raise RuntimeError(name + " did not start:\n" + self.log.read())
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Asker:
    """One resolver process; a question is a line, and so is the answer."""

    def __init__(self, *servers, timeout=20000, trust="distrust"):
        self.process = subprocess.Popen([ASK, str(timeout), trust, *servers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        line, _, detail = line.partition(" # ")
        words = line.split(" ", 4)
        rcode, ttl, authentic, queries = words[:4]
        return {"rcode": rcode, "ttl": int(ttl), "authentic": authentic == "true", "queries": int(queries), "detail": detail,
                "records": words[4].split(" ") if len(words) > 4 else []}

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(20) == 0


class RealDns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="warmupd-dns-")
        os.chmod(cls.directory, 0o755)
        path = lambda name: os.path.join(cls.directory, name)
        with open(path("zone"), "w") as zone:
            zone.write(ZONE)
        port = free_port()
        with open(path("nsd.conf"), "w") as conf:
            conf.write(f"""server:
  ip-address: 127.0.0.1@{port}
  zonesdir: "{cls.directory}"
  database: ""
  pidfile: ""
  xfrdfile: "{path('xfrd')}"
  xfrdir: "{cls.directory}"
  zonelistfile: "{path('zonelist')}"
  username: ""
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: example.test
  zonefile: zone
""")
        cls.nsd = Server([shutil.which("nsd", path="/usr/sbin:/usr/bin"), "-d", "-c", path("nsd.conf")], port, cls.directory, "nsd")
        cls.authority = f"127.0.0.1:{port}"
        cache_port = free_port()
        with open(path("unbound.conf"), "w") as conf:
            conf.write(f"""server:
  interface: 127.0.0.1@{cache_port}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{cls.directory}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." nodefault
  local-zone: "away.test." static
  local-data: "away.test. 20 CNAME mx1.example.test."
stub-zone:
  name: example.test
  stub-addr: 127.0.0.1@{port}
stub-zone:
  name: broken.test
  stub-addr: 127.0.0.1@{port}
remote-control:
  control-enable: no
""")
        cls.unbound = Server([shutil.which("unbound", path="/usr/sbin:/usr/bin"), "-d", "-c", path("unbound.conf")], cache_port, cls.directory, "unbound")
        cls.cache = f"127.0.0.1:{cache_port}"

    @classmethod
    def tearDownClass(cls):
        cls.unbound.stop()
        cls.nsd.stop()
        shutil.rmtree(cls.directory)

    def asker(self, *servers, **options):
        asker = Asker(*(servers or [self.cache]), **options)
        self.addCleanup(asker.close)
        return asker

    def records(self, question, *servers):
        answer = self.asker(*servers).ask(question)
        self.assertEqual(answer["rcode"], "ok", answer)
        return sorted(answer["records"])

    def test_each_type_is_read(self):
        for server in (self.authority, self.cache):
            self.assertEqual(self.records("Example.TEST. MX", server), ["10/mx1.example.test", "20/mx2.example.test"])
            self.assertEqual(self.records("mx1.example.test A", server), ["0/192.0.2.1"])
            self.assertEqual(self.records("mx1.example.test AAAA", server), ["0/2001:db8::1"])
            self.assertEqual(self.records("www.example.test CNAME", server), ["0/mx2.example.test"])
            self.assertEqual(self.records("ptr.example.test PTR", server), ["0/mx1.example.test"])
            self.assertEqual(self.records("null.example.test MX", server), ["0/"])
            self.assertEqual(self.records("_25._tcp.mx1.example.test TLSA", server),
                             ["0/3", "0011223344556677889900112233445566778899001122334455667788990011", "1", "1"])
            self.assertEqual(" ".join(self.asker(server).ask("txt.example.test TXT")["records"]), "0/v=spf1 -all")

    def test_aliases_are_followed_and_the_least_ttl_counts(self):
        answer = self.asker(self.authority).ask("deep.example.test A")
        self.assertEqual((answer["records"], answer["ttl"]), (["0/192.0.2.2"], 30))

    def test_an_alias_that_the_server_leaves_open_is_asked_for(self):
        answer = self.asker().ask("away.test A")
        self.assertEqual((answer["rcode"], answer["records"], answer["ttl"]), ("ok", ["0/192.0.2.1"], 20), answer)

    def test_no_such_name_no_such_record_and_failure_stay_apart(self):
        asker = self.asker()
        nobody = asker.ask("nobody.example.test MX")
        self.assertEqual(nobody["rcode"], "nxdomain")
        self.assertIn(nobody["ttl"], (44, 45))  # counted down by the cache in between
        nothing = asker.ask("mx1.example.test MX")
        self.assertEqual((nothing["rcode"], nothing["records"]), ("ok", []))
        self.assertIn(nothing["ttl"], (44, 45))
        broken = asker.ask("a.broken.test MX")
        self.assertEqual((broken["rcode"], broken["detail"]), ("failed", "SERVFAIL from " + self.cache))
        refused = self.asker(self.authority).ask("elsewhere.invalid A")
        self.assertEqual((refused["rcode"], refused["detail"]), ("failed", "REFUSED from " + self.authority))

    def test_a_name_that_cannot_be_does_not_exist(self):
        for name in ("a..test", "x" * 64 + ".test", ".".join(["x" * 60] * 5)):
            self.assertEqual(self.asker().ask(name + " A")["rcode"], "nxdomain", name)

    def test_a_long_answer_comes_over_tcp(self):
        self.assertEqual(len(self.records("many.example.test MX", self.authority)), 120)

    def test_what_is_known_is_not_asked_again_until_its_time_is_over(self):
        asker = self.asker(self.authority)
        self.assertEqual(asker.ask("brief.example.test A")["queries"], 1)
        self.assertEqual(asker.ask("BRIEF.example.test A")["queries"], 1)
        self.assertEqual(asker.ask("nobody.example.test A")["queries"], 2)
        self.assertEqual(asker.ask("nobody.example.test A")["queries"], 2)
        limit = time.monotonic() + 20
        while asker.ask("brief.example.test A")["queries"] == 2:
            self.assertLess(time.monotonic(), limit, "an answer with a TTL of 2 s is believed for 20 s")
            time.sleep(0.05)

    def test_a_failure_is_not_remembered(self):
        asker = self.asker()
        first = asker.ask("b.broken.test A")["queries"]
        self.assertGreater(asker.ask("b.broken.test A")["queries"], first)

    def test_the_same_question_at_once_costs_one_query(self):
        self.assertEqual(self.asker(self.authority).ask("mx1.example.test A *500")["queries"], 1)

    def test_a_dead_server_is_passed_over_and_then_avoided(self):
        asker = self.asker(f"127.0.0.1:{free_port()}", self.authority)
        self.assertEqual(asker.ask("mx1.example.test A")["rcode"], "ok")
        before = asker.ask("mx2.example.test A")["queries"]
        self.assertEqual(asker.ask("www.example.test A")["queries"], before + 1)

    def test_a_silent_server_is_given_up(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            server = "127.0.0.1:%d" % silent.getsockname()[1]
            answer = self.asker(server, timeout=200).ask("mx1.example.test A")
            self.assertEqual((answer["rcode"], answer["detail"]), ("failed", f"timed out ({server})"))

    def test_a_slow_answer_after_quick_ones_is_waited_for(self):
        # c-ares from 1.32 on waits a few times as long as earlier answers took and then tries again: our time-out is what counts.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            asker = self.asker("127.0.0.1:%d" % server.getsockname()[1])

            def answer(question, client):
                end = question.index(b"\0", 12) + 5
                server.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", client)

            late = []

            def serve():  # every question, those that are asked again too
                while True:
                    try:
                        question, client = server.recvfrom(4096)
                    except OSError:
                        return
                    late.append(threading.Timer(2 if b"host5" in question else 0, answer, (question, client)))
                    late[-1].start()
            threading.Thread(target=serve, daemon=True).start()
            for number in range(6):
                self.assertEqual(asker.ask(f"host{number}.slow.test A")["records"], ["0/192.0.2.1"])
            for timer in late:  # what was asked again is answered before the socket goes
                timer.join()

    def test_nobody_vouches_without_validation(self):
        self.assertFalse(self.asker(self.cache, trust="trust").ask("mx1.example.test A")["authentic"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
