#!/usr/bin/python3
"""A port that a test was given stays its own: ports.py.

What      `free_port` of the harness, beside connections of others and beside other tests.
Promise   No connection that somebody makes takes a port on its own end that a test is to listen on later, and no other test is given it.
"""
import os
import subprocess
import sys
import unittest

HARNESS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness")
sys.path.insert(0, HARNESS)
import processes
from processes import free_port


class Ports(unittest.TestCase):
    def test_the_kernel_gives_it_to_no_connection(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range") as given:
            first, last = (int(word) for word in given.read().split())
        if (first, last) == (1024, 65535):
            self.skipTest("the kernel may give every port to a connection")
        self.assertEqual([port for port in (free_port() for _ in range(100)) if first <= port <= last], [])

    def test_no_other_test_is_given_it(self):
        ours, spare = [free_port() for _ in range(20)], free_port()
        processes._claims.pop().close()
        program = f"import processes\nprocesses._candidates = {[*ours, spare]}\nprint(processes.free_port())"
        done = subprocess.run([sys.executable, "-c", program], cwd=HARNESS, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, f"{spare}\n", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
