"""The little world of the demo: one DNS server, three receivers with manners of their own, one sender with a DKIM key.

What      Town(folder): plain.test takes mail as it comes, secure.test only over STARTTLS, grey.test puts strangers off for a minute.
          sender.test, the application's own domain, has its mailbox at plain.test's server: that is where bounces go.
Promise   Loopback addresses only; the DNS asks no other server. Every receiver keeps what it accepted in `letters`.
Not here  warmupd itself and the story (demo.py).
"""
import os
import subprocess
import sys
import time

import dkim
import dns.resolver

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "harness"))
from names import Names  # noqa: E402
from processes import free_port  # noqa: E402
from receivers import Mailbox, certificate, tls_context  # noqa: E402

SELECTOR = "demo"
GREY_SECONDS = 60


class Greylister:
    """Puts off whoever it has not seen for GREY_SECONDS, and says so."""

    def __init__(self):
        self.first_seen = {}
        self.early = 0

    def __call__(self, address, session):
        now = time.monotonic()
        waited = now - self.first_seen.setdefault((session.peer[0], address), now)
        if waited >= GREY_SECONDS:
            return None
        self.early += waited > 0
        return f"450 4.2.0 <{address}>: Recipient address rejected: Greylisted, try again in {GREY_SECONDS} seconds"


def knows_everybody_but_nobody(address, session):
    if address.startswith("nobody@"):
        return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"


class Town:
    def __init__(self, folder):
        self.port = free_port()  # the port 25 of this world
        self.greylister = Greylister()
        self.plain = Mailbox("plain.test", self.port, on_rcpt=knows_everybody_but_nobody)
        self.secure = Mailbox("secure.test", self.port, tls=tls_context(folder, "mx.secure.test"), require_starttls=True)
        self.grey = Mailbox("grey.test", self.port, on_rcpt=self.greylister)
        self.receivers = [self.plain, self.secure, self.grey]
        self.key = os.path.join(folder, "sender.test.demo.pem")
        self.names = Names(folder, self._records())
        self.certificate, self.certificate_key = certificate(folder, "mta1.sender.test")

    def _records(self):
        records = [line for each in self.receivers for line in each.records()]
        records.append(f"sender.test. 60 IN MX 10 {self.plain.host}.")
        return records + [f"{SELECTOR}._domainkey.sender.test. 60 IN TXT {self._public_key()}"]

    def _public_key(self):
        """Makes the key pair; the public half as the strings of a TXT record, none longer than 255 octets."""
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        os.chmod(self.key, 0o600)
        public = subprocess.run(["openssl", "rsa", "-in", self.key, "-pubout"], check=True, capture_output=True, text=True).stdout
        record = "v=DKIM1; k=rsa; p=" + "".join(line for line in public.split("\n") if "-----" not in line)
        return " ".join(f'"{record[i:i + 250]}"' for i in range(0, len(record), 250))

    def ask(self, name, kind):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.names.port
        return resolver.resolve(name, kind)

    def verifies(self, message):
        """True when dkimpy finds every DKIM signature of `message` right, by the key in the DNS of this town."""
        def text_record(name, timeout=5):
            return b"".join(next(iter(self.ask(name.decode() if isinstance(name, bytes) else name, "TXT"))).strings)

        count = message.lower().count(b"dkim-signature:")
        checker = dkim.DKIM(message)
        return count > 0 and all(checker.verify(idx=i, dnsfunc=text_record) for i in range(count))

    def stop(self):
        for each in self.receivers:
            each.stop()
        self.names.process.stop()
