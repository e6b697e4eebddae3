#!/usr/bin/python3
"""The recipes of the README as they are printed: mail_readme.py BINARIES PACKAGES.

What      In a network and a view of the file system of its own: the README's configuration, its users, its three Postfix recipes, its Node and
          Python snippets. Nothing of a block is changed but PASSWORD. Every host and port that the others name is one that the configuration has.
Promise   What they send arrives, in the class that they ask for. The machine's own /etc, network and mail are not touched.
Needs     root: unshare, mount.
"""
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
for folder in ("harness", "tidy"):
    sys.path.insert(0, os.path.join(ROOT, "tests", folder))
if __name__ == "__main__" and "README_NETWORK" not in os.environ:
    os.environ["README_NETWORK"] = "own"
    if len(sys.argv) > 2:
        from packages import modules
        modules(sys.argv[2])  # while there is a network
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, *sys.argv])

from daemon import Daemon  # noqa: E402
from letters import letter  # noqa: E402
from markdown import Page  # noqa: E402
from names import Names  # noqa: E402
from packages import modules  # noqa: E402
from postfix import Postfix  # noqa: E402
from processes import Process, answers, free_port, scratch, wait_for  # noqa: E402
from receivers import Mailbox, certificate  # noqa: E402

BINARIES, PACKAGES = sys.argv.pop(1), sys.argv.pop(1)
OURS, THEIRS = "203.0.113.10", "198.51.100.25"
EVENTS = "/run/warmupd/events.jsonl"
DOMAINS = ("gmail.com", "example.org", "example.net")


def sh(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


class Box(Mailbox):
    """Takes the mail of every domain on port 25 of THEIRS."""

    def __init__(self):
        import receivers
        before, receivers.free_address = receivers.free_address, lambda: THEIRS
        try:
            super().__init__("example.org", 25)
        finally:
            receivers.free_address = before

    def all_records(self):
        return [f"{domain}. 60 IN MX 10 mx.example.org." for domain in DOMAINS] + [f"mx.example.org. 60 IN A {THEIRS}"]


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        with open(os.path.join(ROOT, "README.md")) as file:
            cls.page = Page(file.read())
        sh("ip", "link", "set", "lo", "up")
        for address in (OURS, "203.0.113.11", THEIRS):
            sh("ip", "address", "add", address + "/32", "dev", "lo")
        etc = os.path.join(cls.folder, "etc")
        shutil.copytree("/etc", etc, symlinks=True, ignore_dangling_symlinks=True)
        sh("mount", "--bind", etc, "/etc")
        for name in ("run", "var/spool"):
            sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/" + name)
        os.makedirs("/etc/warmupd/dkim", exist_ok=True), os.makedirs("/run/warmupd"), os.makedirs("/var/spool/warmupd")
        with open("/etc/hosts", "w") as hosts:
            hosts.write(f"127.0.0.1 localhost\n{OURS} mta1.example.com\n")
        with open("/etc/resolv.conf", "w") as resolver:
            resolver.write("nameserver 127.0.0.1\n")
        cls.box = Box()
        cls.names = Names(cls.folder, cls.box.all_records(), port=53)
        authority = certificate(cls.folder, "authority.example.com")
        made = certificate(cls.folder, "mta1.example.com", authority)
        shutil.copy(made[0], "/etc/warmupd/mta1.example.com.pem"), shutil.copy(made[1], "/etc/warmupd/mta1.example.com.key")
        with open("/etc/ssl/certs/ca-certificates.crt", "a") as trusted, open(authority[0]) as one:
            trusted.write(one.read())
        os.environ["SSL_CERT_FILE"] = os.environ["NODE_EXTRA_CA_CERTS"] = "/etc/ssl/certs/ca-certificates.crt"
        with open("/etc/warmupd/warmupd.toml", "w") as config:
            config.write("\n".join(cls.block("toml", "[[listener]]")) + "\n" + f'[providers]\nfile = "{ROOT}/conf/providers.toml"\n'
                         f'responses = "{ROOT}/conf/responses.toml"\n[events]\nfile = "{EVENTS}"\n')
        for user in ("app --from-domain example.com", "postfix"):
            command = next(span for _, span in cls.page.spans if span.startswith("warmupctl passwd " + user.split(" ")[0]))
            assert command == "warmupctl passwd " + user, command
            sh(os.path.join(BINARIES, "warmupctl"), *command.split(" ")[1:], input="PASSWORD\n")
        cls.daemon = Process([os.path.join(BINARIES, "warmupd"), "--config", "/etc/warmupd/warmupd.toml"], os.path.join(cls.folder, "warmupd.log"),
                             ready=lambda: answers("127.0.0.1", 587) and os.path.exists("/run/warmupd/control.sock"))

    @classmethod
    def tearDownClass(cls):
        cls.box.stop()
        assert cls.daemon.stop() == 0, cls.daemon.log()

    @classmethod
    def block(cls, language, contains=""):
        return next(lines for _, name, lines in cls.page.blocks if name == language and contains in "\n".join(lines))

    def setUp(self):
        self.box.letters.clear()

    def postfix(self, main, **files):
        port, folder = free_port(), scratch()
        os.makedirs("/etc/postfix", exist_ok=True)
        for name, lines in files.items():
            with open("/etc/postfix/" + name, "w") as out:
                out.write("\n".join(lines) + "\n")
            self.assertTrue(any(span == f"postmap /etc/postfix/{name}" for _, span in self.page.spans), name)
            sh("/usr/sbin/postmap", "/etc/postfix/" + name)
        made = Postfix(folder, f"127.0.0.1:{port}", "\n".join(main) + "\nsmtp_bind_address =\n")
        self.addCleanup(made.stop)
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.sendmail("ann@example.com", ["bob@gmail.com"], letter("by Postfix", b"text\r\n"))
        wait_for(lambda: self.box.letters, 40, lambda: f"a message: {made.log()[-2000:]}\n{self.daemon.log()[-2000:]}")
        return self.box.letters[0].body

    def test_postfix_sends_everything_through_us(self):
        self.assertIn(b"by mta1.example.com", self.postfix(self.block("postfix", "destination_concurrency_limit")))

    def test_postfix_sends_some_domains_through_us(self):
        self.assertIn(b"by mta1.example.com", self.postfix(self.block("postfix", "transport_maps"), transport=self.block("postfix transport")))

    def test_postfix_of_another_host_logs_in(self):
        body = self.postfix(self.block("postfix", "smtp_sasl_auth_enable"), sasl_passwd=self.block("postfix sasl_passwd"))
        self.assertIn(b"with ESMTPSA", body)

    def test_python(self):
        script = os.path.join(self.folder, "recipe.py")
        with open(script, "w") as out:
            out.write("\n".join(self.block("python")) + "\n")
        sh("/usr/bin/python3", script, env={**os.environ, "SMTP_PASSWORD": "PASSWORD"})
        self.arrived("transactional")

    def test_node(self):
        script = os.path.join(self.folder, "recipe.mjs")
        with open(script, "w") as out:
            out.write("import { createRequire } from 'module';\nconst nodemailer = createRequire(import.meta.url)('nodemailer');\n"
                      + "\n".join(self.block("js")) + "\ntransport.close();\n")
        sh("node", script, env={**os.environ, **modules(PACKAGES), "SMTP_PASSWORD": "PASSWORD"})
        self.arrived("transactional")

    def arrived(self, mail_class):
        wait_for(lambda: self.box.letters, 30, lambda: f"a message: {self.daemon.log()[-2000:]}")
        self.assertIn(b"with ESMTPSA", self.box.letters[0].body)
        self.assertNotIn(b"X-Warmup-Class", self.box.letters[0].body)
        wait_for(lambda: self.class_of_last() == mail_class, 10, lambda: f"{mail_class}: {self.class_of_last()}")

    def class_of_last(self):
        with open(EVENTS) as lines:
            seen = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event["class"] for event in seen if event["type"] == "accepted"][-1]

    def test_every_other_snippet_names_a_host_and_port_that_the_configuration_has(self):
        ports = set(re.findall(r'^address = "[^"]+:(\d+)"', "\n".join(self.block("toml", "[[listener]]")), re.MULTILINE))
        for language, host, port in (("php", r"Host = '([^']+)'", r"Port = (\d+)"), ("ruby", r'address: "([^"]+)"', r"port: (\d+)"),
                                     ("properties", r"mail\.host=(\S+)", r"mail\.port=(\d+)")):
            text = "\n".join(self.block(language))
            self.assertEqual(re.search(host, text)[1], "mta1.example.com", language)
            self.assertIn(re.search(port, text)[1], ports, language)
            self.assertIn("app", text)

    def test_every_block_of_configuration_is_taken(self):
        base = '[[listener]]\naddress = "127.0.0.1:0"\n'
        for number, language, lines in self.page.blocks:
            if language != "toml":
                continue
            text = "\n".join(lines)
            with open(os.path.join(self.folder, "block.toml"), "w") as out:
                out.write(text + "\n" + ("" if "[[listener]]" in text else base)
                          + ("" if "[[source]]" in text else '[[source]]\nname = "ip-1"\naddress = "203.0.113.10"\n'))
            for file in re.findall(r'(?:password_file|file) = "(/etc/warmupd/[^"]+)"', text):
                if file.endswith(".pem"):
                    os.path.exists(file) or sh("openssl", "genrsa", "-out", file, "2048")
                else:
                    with open(file, "w") as out:
                        out.write("secret\n")
            if 'file = "/var/log/warmupd' in text:
                os.makedirs("/var/log/warmupd", exist_ok=True)
            done = subprocess.run([os.path.join(BINARIES, "warmupctl"), "config", "check", os.path.join(self.folder, "block.toml")],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"README.md:{number}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
