#!/usr/bin/python3
"""Our TLS against another implementation's use of it: Python's ssl, as server and as client, TLS 1.2 and 1.3.

usage: tls_real_peers.py WIRE_TLS_PEER
"""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

PEER = sys.argv.pop(1)


def echo_server(context, times):
    """Echoes a line on each of so many connections; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def serve():
        with listener:
            for _ in range(times):
                raw, _ = listener.accept()
                raw.settimeout(20)
                try:
                    with context.wrap_socket(raw, server_side=True) as line:
                        line.sendall(line.recv(512))
                        line.recv(1)
                except (ssl.SSLError, OSError):
                    raw.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="warmupd-tls-")
        cls.certificate = os.path.join(cls.directory, "certificate.pem")
        cls.key = os.path.join(cls.directory, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", cls.key, "-out", cls.certificate,
                        "-subj", "/CN=mx.test", "-addext", "subjectAltName=DNS:mx.test,IP:127.0.0.1"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def dial(self, version, name="mx.test", demand="verify", times=1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.minimum_version = context.maximum_version = version
        if version < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        port, thread = echo_server(context, times)
        done = subprocess.run([PEER, "dial", f"127.0.0.1:{port}", name, demand, self.certificate, str(times)], capture_output=True, text=True, timeout=60)
        thread.join()
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_we_dial_both_versions_and_resume(self):
        for version, text in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            first, second, third = self.dial(version, times=3)
            self.assertTrue(first.startswith(text) and first.endswith("verified fresh hello"), first)
            self.assertTrue(second.endswith(" verified resumed hello"), second)
            self.assertTrue(third.endswith(" verified resumed hello"), third)

    def test_an_address_is_verified_as_an_address(self):
        self.assertTrue(self.dial(ssl.TLSVersion.TLSv1_3, name="127.0.0.1")[0].endswith(" verified fresh hello"))
        self.assertIn("IP address mismatch", self.dial(ssl.TLSVersion.TLSv1_3, name="127.0.0.2")[0])

    def test_the_wrong_name_is_refused_or_reported(self):
        self.assertIn("certificate verify failed: hostname mismatch", self.dial(ssl.TLSVersion.TLSv1_3, name="other.test")[0])
        self.assertTrue(self.dial(ssl.TLSVersion.TLSv1_3, name="other.test", demand="any")[0].endswith(" unverified fresh hello"))

    def test_old_versions_are_refused(self):
        self.assertIn("lost: ", self.dial(ssl.TLSVersion.TLSv1_1, demand="any")[0])

    def test_we_serve_both_versions_and_resume(self):
        for version, text in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            server = subprocess.Popen([PEER, "serve", self.certificate, self.key, "2"], stdout=subprocess.PIPE, text=True)
            port = int(server.stdout.readline())
            context = ssl.create_default_context(cafile=self.certificate)
            context.minimum_version = context.maximum_version = version
            session = None
            for resumed in (False, True):
                with socket.create_connection(("127.0.0.1", port), 20) as raw:
                    with context.wrap_socket(raw, server_hostname="mx.test", session=session) as line:
                        line.sendall(b"ping\n")
                        self.assertEqual(line.recv(512), b"ping\n")
                        self.assertEqual(line.version(), text)
                        self.assertEqual(line.session_reused, resumed)
                        self.assertEqual(line.recv(1), b"", "an orderly end: close_notify")
                        session = line.session
                self.assertTrue(server.stdout.readline().endswith(("resumed" if resumed else "fresh") + " ping\n"))
            self.assertEqual(server.wait(20), 0)
            server.stdout.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
