"""A local DNS for a test: unbound, answering from zones that are all its own.

What      Names(folder, records): a server on a free loopback port. `records` are lines as in a zone file:
          "gmail.test. MX 10 mx.gmail.test.", "mx.gmail.test. A 127.0.0.2".
Promise   Nothing is asked of any other server: names below .test that are not given do not exist.
          A zone line such as 'local-zone: "wild.test." redirect' in `zones` makes every name below it answer like the zone itself.
"""
import os
import shutil
import subprocess

from processes import Process, answers, free_port


def unbound():
    return shutil.which("unbound") or "/usr/sbin/unbound"


class Names:
    def __init__(self, folder, records, zones=(), address="127.0.0.1", port=None):
        self.folder, self.address, self.port = folder, address, port or free_port()
        self.server = f"{self.address}:{self.port}"
        self.records, self.zones = list(records), list(zones)
        self._start()

    def _start(self):
        file = os.path.join(self.folder, "unbound.conf")
        with open(file, "w") as out:
            out.write(f"""server:
  interface: {self.address}
  port: {self.port}
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
  local-zone: "." static
  local-zone: "test." static
""")
            for zone in self.zones:
                out.write(f"  {zone}\n")
            for record in self.records:
                out.write(f"  local-data: '{record}'\n")
        check = subprocess.run(["unbound-checkconf", file], capture_output=True, text=True,
                               env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin"})
        if check.returncode:
            raise RuntimeError(check.stdout + check.stderr)
        self.process = Process([unbound(), "-d", "-c", file], os.path.join(self.folder, "unbound.log"),
                               ready=lambda: answers(self.address, self.port))

    def replace(self, records):
        self.process.stop()
        self.records = list(records)
        self._start()
