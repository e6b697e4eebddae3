#!/usr/bin/python3
"""What would stop a start is found by `warmupd --check`, and a start that fails leaves nothing behind: start.py BINARIES.

What      Listeners, ports, folders and files that are not as the configuration wants them; a daemon that runs meanwhile; root and an ordinary user.
Promise   --check and the start end with the same exit code and name the same thing; both name the cure.
Needs     root, for what concerns users.
"""
import os
import pwd
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from processes import Process, answers

BINARIES = sys.argv.pop(1)
OK, UNAVAILABLE, CANNOT_CREATE, CONFIGURATION = 0, 69, 73, 78
ORDINARY = "nobody"


class Start(unittest.TestCase):
    def daemon(self, **options):
        made = Daemon(BINARIES, start=False, **options)
        self.addCleanup(lambda: made.process and made.kill())
        return made

    def edit(self, daemon, old, new):
        with open(daemon.config) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(daemon.config, "w") as file:
            file.write(text.replace(old, new))

    def run_daemon(self, daemon, *words, user=None):
        """Runs warmupd until it ends by itself: (exit code, what it said)."""
        program, before = os.path.join(BINARIES, "warmupd"), []
        if user:
            program = shutil.copy(program, daemon.folder)
            before = ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups", "--inh-caps=-all"]
        done = subprocess.run([*before, program, "--config", daemon.config, *words], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def found(self, daemon, code, *words, user=None):
        """What --check says; the start has the same exit code, says the same, and leaves nothing behind."""
        before = sorted(set(os.listdir(daemon.folder)) - {"warmupd"})
        checked, said = self.run_daemon(daemon, "--check", user=user)
        self.assertEqual(checked, code, said)
        for word in words:
            self.assertIn(word, said)
        started, also = self.run_daemon(daemon, user=user)
        self.assertEqual(started, code, also)
        self.assertIn(words[0], also)
        self.assertEqual(sorted(set(os.listdir(daemon.folder)) - {"warmupd"}), before, "a start that fails leaves nothing")
        return said

    def test_an_address_that_this_host_does_not_have(self):
        daemon = self.daemon()
        self.edit(daemon, f'"{daemon.at}"', f'"203.0.113.10:{daemon.port}"')
        said = self.found(daemon, UNAVAILABLE, "this host has no address 203.0.113.10", "127.0.0.1", f"0.0.0.0:{daemon.port}")
        self.assertRegex(said, r"warmupd\.toml:\d+: listener\.address")

    def test_a_source_address_that_this_host_does_not_have_is_a_warning(self):
        daemon = self.daemon(source='[[source]]\nname = "ip-1"\naddress = "203.0.113.10"\n')
        code, said = self.run_daemon(daemon, "--check")
        self.assertEqual(code, OK, said)
        self.assertIn("warning", said)
        self.assertIn("this host has no address 203.0.113.10", said)

    def test_the_folders_of_socket_and_events_file(self):
        daemon = self.daemon()
        self.edit(daemon, daemon.socket, f"{daemon.folder}/run/control.sock")
        self.found(daemon, CANNOT_CREATE, f"the folder {daemon.folder}/run is not there", "install -d")
        os.mkdir(f"{daemon.folder}/run")
        self.edit(daemon, daemon.events_file, f"{daemon.folder}/log/events.jsonl")
        self.found(daemon, CANNOT_CREATE, f"the folder {daemon.folder}/log is not there", "events.file", "install -d")
        self.edit(daemon, "[auth]", f'[log]\nmaillog = "{daemon.folder}/log/mail.log"\n[auth]')
        self.found(daemon, CANNOT_CREATE, f"the folder {daemon.folder}/log is not there", "log.maillog")
        os.mkdir(f"{daemon.folder}/log")
        self.assertEqual(self.run_daemon(daemon, "--check")[0], OK)

    def test_a_pipe_is_no_file_and_nothing_waits_for_its_reader(self):
        daemon = self.daemon()
        os.mkfifo(daemon.events_file)
        self.found(daemon, CANNOT_CREATE, f"events.file {daemon.events_file}: expected a file, found a pipe", "remove it")
        os.remove(daemon.events_file)
        pipe = f"{daemon.folder}/mail.log"
        os.mkfifo(pipe)
        self.edit(daemon, "[auth]", f'[log]\nmaillog = "{pipe}"\n[auth]')
        self.found(daemon, CANNOT_CREATE, f"log.maillog {pipe}: expected a file, found a pipe")

    def test_a_configuration_in_a_pipe_is_not_waited_for(self):
        daemon = self.daemon()
        os.remove(daemon.config)
        os.mkfifo(daemon.config)
        self.found(daemon, CONFIGURATION, "cannot read the configuration: expected a file, found a pipe")

    def test_links_to_what_is_not_there(self):
        daemon = self.daemon()
        nowhere = f"{daemon.folder}/nowhere"
        for path, words in ((f"{daemon.folder}/spool", ("expected a folder, found a link to", "install -d")),
                            (daemon.events_file, ("events.file", f"the folder {nowhere} is not there", "install -d")),
                            (daemon.socket, ("control.socket", f"in the way, a link to {nowhere}/it"))):
            os.symlink(f"{nowhere}/it", path)
            self.found(daemon, CANNOT_CREATE, *words)
            os.remove(path)
        self.assertEqual(self.run_daemon(daemon, "--check")[0], OK)

    def test_a_port_that_another_program_has(self):
        daemon = self.daemon()
        with socket.create_server(("127.0.0.1", daemon.port)):
            self.found(daemon, UNAVAILABLE, f"cannot listen on {daemon.at}", "in use by another program")
        self.assertEqual(self.run_daemon(daemon, "--check")[0], OK)

    def test_all_addresses_and_one_of_them_cannot_share_a_port(self):
        daemon = self.daemon(top="")
        self.edit(daemon, "[auth]", f'[[listener]]\naddress = "0.0.0.0:{daemon.port}"\n[auth]')
        self.found(daemon, CONFIGURATION, "the same port of the same addresses")

    def test_a_daemon_that_runs_with_this_configuration_does_not_count(self):
        daemon = self.daemon()
        daemon.start()
        code, said = self.run_daemon(daemon, "--check")
        self.assertEqual(code, OK, said)
        code, said = self.run_daemon(daemon)
        self.assertEqual(code, CANNOT_CREATE, said)
        self.assertIn(f"spool {daemon.folder}/spool is in use by another process", said)
        with socket.create_server(("127.0.0.1", 0)) as other:
            self.edit(daemon, "[auth]", f'[[listener]]\naddress = "127.0.0.1:{other.getsockname()[1]}"\n[auth]')
            code, said = self.run_daemon(daemon, "--check")
            self.assertEqual(code, UNAVAILABLE, said)
        daemon.stop()

    def test_a_spool_of_a_rehearsal_is_not_for_production(self):
        daemon = self.daemon(more='[rehearsal]\ndeliver_to = "127.0.0.1:9"\ntime_scale = 60\n')
        daemon.start()
        daemon.stop()
        self.assertEqual(self.run_daemon(daemon, "--check")[0], OK)
        self.edit(daemon, '[rehearsal]\ndeliver_to = "127.0.0.1:9"\ntime_scale = 60\n', "")
        code, said = self.run_daemon(daemon, "--check")
        self.assertEqual(code, CONFIGURATION, said)
        self.assertIn("belongs to a rehearsal", said)

    # --- root and others -------------------------------------------------------------------------------------------------------

    def give(self, daemon, user, *names):
        row = pwd.getpwnam(user)
        for name in names:
            os.chown(os.path.join(daemon.folder, name), row.pw_uid, row.pw_gid)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_an_ordinary_user_and_what_is_not_for_it(self):
        daemon = self.daemon()
        os.mkdir(f"{daemon.folder}/spool", 0o700)
        os.chmod(daemon.folder, 0o755)
        said = self.found(daemon, CANNOT_CREATE, f"spool {daemon.folder}/spool: the user {ORDINARY} cannot write there", "chown", user=ORDINARY)
        self.assertIn("control.socket", said)
        self.give(daemon, ORDINARY, "", "spool")
        self.assertEqual(self.run_daemon(daemon, "--check", user=ORDINARY)[0], OK)
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as first:
            lowest = int(first.read())
        if lowest > 587 and not answers("127.0.0.1", 587):
            self.edit(daemon, daemon.at, "127.0.0.1:587")
            self.found(daemon, UNAVAILABLE, "port below 1024", "setcap", user=ORDINARY)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_what_root_leaves_in_a_spool_of_another_user_that_user_can_open(self):
        daemon = self.daemon()
        for name in ("spool", "run", "log"):
            os.mkdir(os.path.join(daemon.folder, name), 0o700)
        self.edit(daemon, daemon.socket, f"{daemon.folder}/run/control.sock")
        self.edit(daemon, daemon.events_file, f"{daemon.folder}/log/events.jsonl")
        daemon.socket = f"{daemon.folder}/run/control.sock"
        self.give(daemon, ORDINARY, "spool", "run", "log")
        with socket.create_server(("127.0.0.1", daemon.port)):
            self.assertEqual(self.run_daemon(daemon)[0], UNAVAILABLE)
        daemon.start()  # by mistake, as root
        self.assertIn(f"belongs to {ORDINARY}", daemon.log())
        daemon.kill()
        owner = pwd.getpwnam(ORDINARY).pw_uid
        for folder, _, files in os.walk(daemon.folder):
            for name in files if folder != daemon.folder else ():
                self.assertEqual(os.lstat(os.path.join(folder, name)).st_uid, owner, os.path.join(folder, name))
        program = shutil.copy(os.path.join(BINARIES, "warmupd"), daemon.folder)
        again = Process(["setpriv", "--reuid", ORDINARY, "--regid", str(pwd.getpwnam(ORDINARY).pw_gid), "--clear-groups", program, "--config", daemon.config],
                        os.path.join(daemon.folder, "again.log"), ready=lambda: answers("127.0.0.1", daemon.port))
        self.assertEqual(again.stop(), OK, again.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
