"""Receiving servers of a test.

What      Sink: Postfix's smtp-sink. Mailbox: an aiosmtpd server in this process whose manners are a subclass's or a callback's
          business; it keeps what it got. Both listen on an address of their own and the port that all receivers of a test share.
Promise   `domain`, `host` and `records()` are what names.py needs.
"""
import asyncio
import os
import shutil
import ssl
import subprocess
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from processes import Process, answers, free_address


class Host:
    """A domain with one mail exchanger."""

    def __init__(self, domain, port, host=None):
        self.domain, self.port, self.address = domain, port, free_address()
        self.host = host or "mx." + domain

    def records(self):
        return [f"{self.domain}. 60 IN MX 10 {self.host}.", f"{self.host}. 60 IN A {self.address}"]


class Sink(Host):
    """smtp-sink; with `dump`, every message is a file in that folder (-d)."""

    def __init__(self, folder, domain, port, *options, backlog=1000):
        super().__init__(domain, port)
        tool = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
        self.process = Process([tool, "-u", "root" if os.geteuid() == 0 else str(os.geteuid()), *options, f"{self.address}:{port}", backlog],
                               os.path.join(folder, f"sink-{domain}.log"), ready=lambda: answers(self.address, port))

    def stop(self):
        self.process.kill()


class Letter:
    def __init__(self, envelope, session):
        self.sender, self.recipients, self.body = envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content)
        self.mail_options = list(envelope.mail_options)
        self.helo, self.peer, self.tls = session.host_name, session.peer, session.ssl is not None


class Mailbox(Host):
    """Keeps every message it accepts in `letters`. `on_rcpt(address, session)` and `on_data(envelope)` may return a reply instead of
    accepting."""

    def __init__(self, domain, port, on_rcpt=None, on_data=None, tls=None, host=None, **smtp_options):
        super().__init__(domain, port, host)
        self.letters, self.refused, self.on_rcpt, self.on_data = [], [], on_rcpt, on_data
        options = {"decode_data": False, "enable_SMTPUTF8": True, "hostname": self.host, **smtp_options}
        if tls:
            options["tls_context"] = tls

        class OnOwnAddress(Controller):
            def factory(self):
                return SMTP(self.handler, **options)

        self.controller = OnOwnAddress(self, hostname=self.address, port=port, ready_timeout=20)
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        reply = self.on_rcpt(address, session) if self.on_rcpt else None
        if reply:
            self.refused.append((address, reply))
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        reply = self.on_data(envelope) if self.on_data else None
        if reply:
            self.refused.append((envelope.rcpt_tos, reply))
            return reply
        self.letters.append(Letter(envelope, session))
        return "250 2.0.0 Ok"

    def stop(self):
        self.controller.stop()


def certificate(folder, name, authority=None):
    """A certificate for `name` and 127.0.0.1: (certificate file, key file). Self-signed, or signed by `authority`, another such pair."""
    cert, key = os.path.join(folder, name + ".crt"), os.path.join(folder, name + ".key")
    by = ["-CA", authority[0], "-CAkey", authority[1]] if authority else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=" + name, *by,
                    "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
                    "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",  # Python from 3.13 on wants to see it
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def tls_context(folder, name, authority=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name, authority))
    return context
