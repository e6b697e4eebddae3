"""A Postfix of its own: its configuration, queue and data directories in a scratch folder, its ports on the loopback.

What      Postfix(folder, address, main, extra): a running instance whose smtpd listens on `address` ("127.0.0.1:2525"). `main` are
          lines of main.cf put after ours, `extra` lines of master.cf.
Promise   Touches nothing of the system's own instance; delivers nothing locally; looks up no name in DNS.
Needs     root: master starts its services as the user postfix.
"""
import os
import subprocess

from processes import Process, answers

# Postfix cleans its environment; a clock that tests/run.sh has set is to be its clock too, or no certificate is valid yet.
CLOCK = " ".join(name for name in ("LD_PRELOAD", "SHIFTED_CLOCK") if "SHIFTED_CLOCK" in os.environ)
SERVICES = """
{listen} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, folder, address, main="", extra=""):
        self.folder = os.path.join(folder, "postfix")
        self.mail_log = os.path.join(self.folder, "mail.log")
        host, port = address.rsplit(":", 1)
        for name in ("etc", "queue", "data"):
            os.makedirs(os.path.join(self.folder, name))
        subprocess.run(["chown", "postfix", os.path.join(self.folder, "data")], check=True)
        with open(os.path.join(self.folder, "etc", "main.cf"), "w") as out:
            out.write(f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
maillog_file = {self.mail_log}
maillog_file_prefixes = {self.folder}
myhostname = postfix.peer.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = 127.0.0.1
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME {CLOCK}
{main}
""")
        with open(os.path.join(self.folder, "etc", "master.cf"), "w") as out:
            out.write(SERVICES.format(listen=address) + extra)
        for name in ("main.cf", "master.cf"):
            os.chmod(os.path.join(self.folder, "etc", name), 0o644)
        etc = os.path.join(self.folder, "etc")
        check = subprocess.run(["/usr/sbin/postfix", "-c", etc, "check"], capture_output=True, text=True)  # makes the queue directories
        if check.returncode:
            raise RuntimeError("postfix check: " + check.stderr + check.stdout + (self.log() if os.path.exists(self.mail_log) else ""))
        self.process = Process(["/usr/lib/postfix/sbin/master", "-c", etc, "-d"], os.path.join(folder, "postfix-start.log"),
                               ready=lambda: answers(host, int(port)), group=True)

    def stop(self):
        return self.process.stop()

    def log(self):
        with open(self.mail_log, errors="replace") as lines:
            return lines.read()
