#!/usr/bin/python3
"""The life of the daemon as an operator sees it: daemon_life.py BINARIES.

What      Start, --check, reload, drain, a second daemon, exit codes, and what each says when something is wrong.
Promise   Exit codes are those that README lists; a message names the file and line, or the path or address, that is at fault.
"""
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from letters import letter
from names import Names
from processes import answers, free_port, scratch, wait_for
from receivers import Mailbox, certificate

BINARIES = sys.argv.pop(1)
OK, USAGE, NO_INPUT, UNAVAILABLE, CANNOT_CREATE, CONFIGURATION = 0, 64, 66, 69, 73, 78


class Life(unittest.TestCase):
    def setUp(self):
        self.folder, self.port = scratch(), free_port()
        self.let_go = threading.Event()
        self.box = Mailbox("plain.test", self.port)
        self.addCleanup(self.box.stop)
        self.addCleanup(self.let_go.set)
        self.names = Names(self.folder, self.box.records())

    def daemon(self, **options):
        made = Daemon(BINARIES, self.names, self.port, **options)
        self.addCleanup(made.kill) if made.process else None
        return made

    def run_daemon(self, config, *words):
        """Runs warmupd until it ends by itself: (exit code, what it said)."""
        done = subprocess.run([os.path.join(BINARIES, "warmupd"), "--config", config, *words], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def control(self, *words):
        done = subprocess.run([os.path.join(BINARIES, "warmupctl"), *words], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def edit(self, daemon, old, new):
        with open(daemon.config) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(daemon.config, "w") as file:
            file.write(text.replace(old, new))
        return text[:text.index(old)].count("\n") + 1

    # --- shutdown --------------------------------------------------------------------------------------------------------------

    def hold_the_dot(self):
        """The mailbox answers a message only after `let_go`. The event returned is set when it has one."""
        reached = threading.Event()

        def on_data(envelope):
            reached.set()
            self.let_go.wait(60)
        self.box.on_data = on_data
        return reached

    def test_sigterm_lets_conversations_finish_and_ends_with_0(self):
        reached = self.hold_the_dot()
        daemon = self.daemon()
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("out", b"text\r\n"))
        self.assertTrue(reached.wait(20), "the message is being delivered")
        client = smtplib.SMTP("127.0.0.1", daemon.port, timeout=30)
        self.addCleanup(client.close)
        idle = smtplib.SMTP("127.0.0.1", daemon.port, timeout=30)
        self.addCleanup(idle.close)
        client.ehlo(), idle.ehlo(), client.mail("ann@sender.test"), client.rcpt("carl@plain.test"), client.docmd("DATA")
        client.send(letter("in", b"the first half\r\n"))
        daemon.process.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not answers("127.0.0.1", daemon.port), 10, "no new connections")
        self.assertEqual(idle.getreply()[0], 421, "who sends no message is sent away")
        client.send(b"the second half\r\n.\r\n")
        self.assertEqual(client.getreply()[0], 250, "a message that has begun may end")
        self.assertTrue(daemon.process.alive(), "a delivery is still open")
        self.let_go.set()
        self.assertEqual(daemon.process.process.wait(20), OK)
        self.assertFalse(os.path.exists(daemon.socket))
        self.assertIn("info ended", daemon.log())
        daemon.start()
        daemon.wait_until_empty()
        self.assertEqual(sorted(each.recipients[0] for each in self.box.letters), ["bob@plain.test", "carl@plain.test"], "each once")

    def test_a_conversation_longer_than_the_grace_is_cut_and_tried_again(self):
        reached = self.hold_the_dot()
        daemon = self.daemon(top='shutdown_grace = "1s"', more='[retry]\nfirst = "1s"\n')
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("out", b"text\r\n"))
        self.assertTrue(reached.wait(20))
        daemon.stop()
        self.assertIn("conversations are still open after shutdown_grace", daemon.log())
        self.box.on_data = None
        self.let_go.set()
        daemon.start()
        wait_for(lambda: "delivered" in [event["type"] for event in daemon.events()], 30, lambda: f"the second attempt: {daemon.log()}")

    # --- reload ----------------------------------------------------------------------------------------------------------------

    def test_a_reload_with_a_bad_file_keeps_the_old_configuration_and_says_so(self):
        daemon = self.daemon(top='shutdown_grace = "30s"')
        line = self.edit(daemon, 'shutdown_grace = "30s"', 'shutdown_grease = "30s"')
        daemon.process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload failed, the old configuration stays" in daemon.log(), 10, "the daemon says so")
        wrong = f'{daemon.config}:{line}: unknown key "shutdown_grease", did you mean "shutdown_grace"?'
        self.assertIn(wrong, daemon.log())
        code, said = self.control("--socket", daemon.socket, "reload")
        self.assertEqual(code, CONFIGURATION, said)
        self.assertIn(wrong, said)
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("still", b"text\r\n"))
        daemon.wait_until_empty()

        self.edit(daemon, 'shutdown_grease = "30s"', 'shutdown_grace = "20s"\n[limits]\nmessage_size = "1MiB"')
        daemon.process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "configuration reloaded from " + daemon.config in daemon.log(), 10, "the good one is taken")
        with smtplib.SMTP("127.0.0.1", daemon.port, timeout=10) as client:
            client.ehlo()
            self.assertEqual(client.esmtp_features["size"], str(1 << 20))

    def test_what_cannot_be_reloaded_is_said_and_the_old_configuration_stays(self):
        daemon = self.daemon(top='threads = 1')
        self.edit(daemon, 'threads = 1', 'threads = 2\n[limits]\nmessage_size = "1MiB"')
        code, said = self.control("--socket", daemon.socket, "reload")
        self.assertEqual(code, CONFIGURATION, said)
        self.assertIn("threads cannot change while the daemon runs", said)
        with smtplib.SMTP("127.0.0.1", daemon.port, timeout=10) as client:
            client.ehlo()
            self.assertEqual(client.esmtp_features["size"], str(50 << 20), "nothing of the new file is used")

    def test_a_reload_moves_a_listener(self):
        daemon = self.daemon()
        moved = free_port()
        self.edit(daemon, f'address = "127.0.0.1:{daemon.port}"', f'address = "127.0.0.1:{moved}"')
        daemon.ctl("reload")
        wait_for(lambda: answers("127.0.0.1", moved) and not answers("127.0.0.1", daemon.port), 10, "the new port answers, the old one does not")

    def test_a_reload_shows_the_new_certificate_and_a_bad_one_changes_nothing(self):
        cert, key = certificate(self.folder, "mta1.sender.test")
        daemon = self.daemon(top=f'[tls]\ncertificate = "{cert}"\nprivate_key = "{key}"')

        def shown():
            with smtplib.SMTP("127.0.0.1", daemon.port, timeout=10) as client:
                client.starttls()
                return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(binary_form=True))

        def content(file):
            with open(file) as text:
                return text.read()
        first = content(cert)
        self.assertEqual(shown(), first)
        certificate(self.folder, "mta1.sender.test")
        daemon.ctl("reload")
        self.assertEqual(shown(), content(cert))
        self.assertNotEqual(shown(), first)
        second = content(cert)
        with open(cert, "w") as out:
            out.write(first)  # whose key is gone
        code, said = self.control("--socket", daemon.socket, "reload")
        self.assertEqual(code, CONFIGURATION, said)
        self.assertIn(cert, said)
        self.assertEqual(shown(), second)

    # --- start -----------------------------------------------------------------------------------------------------------------

    def test_check_names_every_problem_with_file_and_line(self):
        daemon = self.daemon(start=False, top='min_fre = "1MiB"', delivery='tls = "always"', source='[[source]]\nname = "ip-1"\naddress = "127.0.0.300"\n')
        code, said = self.run_daemon(daemon.config, "--check")
        self.assertEqual(code, CONFIGURATION, said)
        with open(daemon.config) as file:
            lines = [line.strip() for line in file]
        for wrong, hint in (('min_fre = "1MiB"', "min_free"), ('tls = "always"', "verify"), ('address = "127.0.0.300"', "127.0.0.300")):
            found = [text for text in said.splitlines() if f"{daemon.config}:{lines.index(wrong) + 1}: " in text]
            self.assertEqual(len(found), 1, said)
            self.assertIn(hint, found[0])
        self.assertEqual(self.run_daemon(daemon.config)[0], CONFIGURATION, "nor does it start")
        self.assertFalse(os.path.exists(os.path.join(daemon.folder, "spool")), "and left nothing behind")

    def test_check_of_a_good_file_and_of_none(self):
        daemon = self.daemon(start=False)
        self.assertEqual(self.run_daemon(daemon.config, "--check")[0], OK)
        self.assertFalse(os.path.exists(os.path.join(daemon.folder, "spool")), "a check leaves nothing behind")
        code, said = self.run_daemon("/nonexistent/warmupd.toml", "--check")
        self.assertEqual(code, NO_INPUT, said)
        self.assertIn("/nonexistent/warmupd.toml", said)

    def test_a_second_daemon_on_the_same_spool_refuses(self):
        daemon = self.daemon()
        other = self.daemon(start=False)
        self.edit(other, f'spool = "{other.folder}/spool"', f'spool = "{daemon.folder}/spool"')
        code, said = self.run_daemon(other.config)
        self.assertEqual(code, CANNOT_CREATE, said)
        self.assertIn(f"spool {daemon.folder}/spool is in use by another process", said)
        daemon.send("ann@sender.test", ["bob@plain.test"], letter("unharmed", b"text\r\n"))
        daemon.wait_until_empty()

    def test_what_is_taken_by_somebody_else_is_named(self):
        daemon = self.daemon()
        for text in ("listener", "socket"):
            other = self.daemon(start=False)
            if text == "listener":
                self.edit(other, f"127.0.0.1:{other.port}", daemon.at)
                taken = daemon.at
            else:
                self.edit(other, other.socket, daemon.socket)
                taken = daemon.socket
            code, said = self.run_daemon(other.config)
            self.assertIn(code, (UNAVAILABLE, CANNOT_CREATE), said)
            self.assertIn(taken, said)
        daemon.status()

    def test_a_spool_that_cannot_be_made_is_named(self):
        daemon = self.daemon(start=False)
        self.edit(daemon, f'spool = "{daemon.folder}/spool"', 'spool = "/proc/spool"')
        code, said = self.run_daemon(daemon.config)
        self.assertEqual(code, CANNOT_CREATE, said)
        self.assertIn("/proc/spool", said)

    def test_after_kill_9_it_starts_again_and_the_stale_socket_is_no_obstacle(self):
        daemon = self.daemon()
        daemon.kill()
        self.assertTrue(os.path.exists(daemon.socket))
        daemon.start()
        daemon.status()

    # --- other exit codes ------------------------------------------------------------------------------------------------------

    def test_warmupctl_without_a_daemon(self):
        nowhere = os.path.join(self.folder, "nobody.sock")
        for verb in (["status"], ["queue"], ["reload"], ["why", "036WC87ZCA000"]):
            code, said = self.control("--socket", nowhere, *verb)
            self.assertEqual(code, UNAVAILABLE, said)
            self.assertIn(nowhere, said)
        stale = os.path.join(self.folder, "stale.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(stale)
        self.assertEqual(self.control("--socket", stale, "status")[0], UNAVAILABLE)

    def test_usage(self):
        self.assertEqual(self.control("stauts")[0], USAGE)
        self.assertEqual(self.control()[0], USAGE)
        self.assertEqual(self.run_daemon("x", "--chek")[0], USAGE)
        self.assertEqual(self.control("--version")[0], OK)


if __name__ == "__main__":
    unittest.main(verbosity=2)
