#!/usr/bin/python3
"""kill -9 in a loop under load: kill_loop.py BINARIES [--kills N] [--forget].

What      Clients submit, a receiver takes, and the daemon is killed and started again N times (60). Every recipient has an address
          of its own, so both sides know each copy.
Promise   DESIGN.md §7, promise 1: no acknowledged recipient is lost, and a second copy comes only where the dot was sent and the outcome was
          not yet durable at a kill. That is decided so:
          - between two copies of a recipient there is a kill, and the first one's 250 came at most `AT_ONCE` before that kill:
            settling takes milliseconds;
          - when the daemon was killed its event file did not say `delivered` of that recipient: an event is written there only once
            it is on stable storage, so a copy after that would be one after a durable outcome;
          - in the end the events say `delivered` of each accepted recipient exactly once (DESIGN.md §7, promise 3);
          - hardly a line of the event file is there twice: one in fifty at most (every second one was, when its place was stored once a second).
          --forget is the control: the end of the write-ahead log is cut off at each kill, which must be noticed.
Not here  power loss (tests/swarm: a disk that forgets what was not synced); kill -9 leaves the page cache.
"""
import argparse
import asyncio
import glob
import itertools
import json
import os
import random
import socket
import sys
import threading
import time
from collections import defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
from daemon import Daemon
from names import Names
from processes import free_port, scratch, wait_for
from receivers import Host

AT_ONCE = 2.0     # seconds between our 250 and a kill after which a second copy cannot be excused
CLIENTS = 6
FORGOTTEN = 1_000_000 # octets of the log, in the control
START = 0.02        # between two looks at a daemon that is being started
BACKLOG = 2000      # recipients acknowledged and not yet here: enough to lose, few enough to wait for at the end


class Copy:
    def __init__(self, heard):
        self.heard, self.answered = heard, None  # the dot came; our 250 went out


class Receiver(asyncio.Protocol):
    """Takes everything, a little late, so that kills meet messages whose dot was sent."""

    def __init__(self, copies):
        self.copies, self.buffer, self.in_data, self.to = copies, b"", False, []

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, octets):
        self.buffer += octets
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.in_data else b"\r\n")
            if end < 0:
                return
            line, self.buffer = self.buffer[:end], self.buffer[end + (5 if self.in_data else 2):]
            self.took() if self.in_data else self.heard(line.upper(), line)

    def heard(self, command, line):
        if self.transport.is_closing():
            return
        if command.startswith(b"EHLO"):
            self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif command.startswith(b"DATA"):
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif command.startswith(b"QUIT"):
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            if command.startswith(b"MAIL"):
                self.to = []
            if command.startswith(b"RCPT"):
                self.to.append(line.split(b"<")[1].split(b">")[0].decode())
            self.transport.write(b"250 ok\r\n")

    def took(self):
        self.in_data = False
        made, self.to = [Copy(time.monotonic()) for _ in self.to], self.to
        for address, copy in zip(self.to, made):
            self.copies[address].append(copy)
        asyncio.get_running_loop().call_later(random.choice((0, 0, 0.002, 0.01, 0.05)), self.answer, made)

    def answer(self, made):
        if self.transport.is_closing():
            return
        self.transport.write(b"250 taken\r\n")
        for copy in made:
            copy.answered = time.monotonic()


class Sink(Host):
    def __init__(self, domain, port):
        super().__init__(domain, port)
        self.copies, ready = defaultdict(list), threading.Event()

        async def serve():
            server = await asyncio.get_running_loop().create_server(lambda: Receiver(self.copies), self.address, port, backlog=1000)
            ready.set()
            await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        assert ready.wait(20)


class Clients:
    """Each submits one message after the other. An address is acknowledged when the 250 of its dot was read, else nobody knows."""

    def __init__(self, port, behind):
        self.port, self.behind, self.numbers, self.over = port, behind, itertools.count(1), threading.Event()
        self.acknowledged, self.unsure, self.wrong = {}, set(), []
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(CLIENTS)]

    def begin(self):
        for thread in self.threads:
            thread.start()

    def run(self, seed):
        dice = random.Random(seed)
        while not self.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 20) as line:
                    self.talk(line, line.makefile("rb"), dice)
            except (OSError, EOFError):
                self.over.wait(START)
            except AssertionError as wrong:
                self.wrong.append(str(wrong))
                return

    def talk(self, line, replies, dice):
        def hear(code, lines=1):
            for _ in range(lines):
                reply = replies.readline()
                if not reply.endswith(b"\r\n"):
                    raise EOFError
                if reply.startswith(b"421"):
                    raise EOFError
                assert reply.startswith(code), reply

        hear(b"220")
        line.sendall(b"HELO client.test\r\n")
        hear(b"250")
        while not self.over.is_set():
            if self.behind() > BACKLOG:
                self.over.wait(START)
                continue
            to = [f"u{next(self.numbers)}@sink.test" for _ in range(dice.choice((1, 1, 1, 3, 20)))]
            size = dice.choice((300, 300, 4000, 4000, 70_000, 300_000))
            line.sendall(b"MAIL FROM:<a@sender.test>\r\n" + "".join(f"RCPT TO:<{one}>\r\n" for one in to).encode() + b"DATA\r\n")
            hear(b"250", 1 + len(to))
            hear(b"354")
            self.unsure.update(to)  # from the first octet of the message on
            line.sendall(b"From: a@sender.test\r\nSubject: kill loop\r\n\r\n" + b"A line of text, and no more.\r\n" * (size // 30) + b".\r\n")
            hear(b"250")
            now = time.monotonic()
            self.acknowledged.update((one, now) for one in to)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        assert not self.wrong, self.wrong


class Events:
    """What the event file said of each recipient, read on as it grows: address → {seq: time when we saw it}."""

    def __init__(self, file):
        self.file, self.place, self.delivered, self.others = file, 0, defaultdict(dict), defaultdict(set)
        self.lines, self.seen = 0, set()

    def read(self):
        if not os.path.exists(self.file):
            return
        now = time.monotonic()
        with open(self.file, "rb") as lines:
            lines.seek(self.place)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self.place += len(line)
                event = json.loads(line)
                self.lines += 1
                self.seen.add(event["seq"])
                if event["type"] == "delivered":
                    self.delivered[event["recipient"]].setdefault(event["seq"], now)
                elif event["type"] in ("bounced", "expired", "dropped"):
                    self.others[event["recipient"]].add(event["type"])


def forget(spool):
    """A disk that lost the end of the newest log."""
    log = max(glob.glob(os.path.join(spool, "*.log")))
    os.truncate(log, max(0, os.path.getsize(log) - FORGOTTEN))


def kill_often(daemon, clients, sink, events, wish):
    """Kills at a random moment under load; returns when each kill was over."""
    dice, kills = random.Random(4), []
    while len(kills) < wish.kills:
        accepted, arrived = len(clients.acknowledged), len(sink.copies)
        wait_for(lambda: len(clients.acknowledged) > accepted + 50 and len(sink.copies) > arrived + 20 or clients.wrong, 60, "load")
        assert not clients.wrong, clients.wrong
        time.sleep(dice.uniform(0, 0.6))  # the moment of a kill is what is tried
        daemon.kill()
        kills.append(time.monotonic())
        events.read()
        if wish.forget:
            forget(os.path.join(daemon.folder, "spool"))
            daemon.arguments = ("--accept-damage",)  # else the daemon itself notices, and does not start
        daemon.start()
    return kills


def check(clients, sink, events, kills):
    """All that was not as promised, and how many second copies were excused."""
    faults, excused, slowest = [], 0, 0.0
    acknowledged = set(clients.acknowledged)
    sent = acknowledged | clients.unsure
    for address in sorted(acknowledged):
        if address not in sink.copies:
            faults.append(f"{address} was acknowledged and never came")
    for address, copies in list(sink.copies.items()):
        if address not in sent:
            faults.append(f"{address} came and was never sent")
        outcome = min(events.delivered[address].values(), default=None)
        for first, second in zip(copies, copies[1:]):
            between = [kill for kill in kills if first.heard <= kill <= second.heard]
            if not between:
                faults.append(f"{address} came twice within one life of the daemon")
                continue
            waited = between[0] - (first.answered or between[0])
            slowest = max(slowest, waited)
            excused += 1
            if waited > AT_ONCE:
                faults.append(f"{address} came again though its first copy was taken {waited:.1f} s before the kill")
            if outcome is not None and outcome < second.heard:
                faults.append(f"{address} came again though its outcome was durable {second.heard - outcome:.1f} s before")
        seen = len(events.delivered[address])
        if seen != 1 or events.others[address]:
            faults.append(f"{address}: the events say delivered {seen} times, and {events.others[address] or 'nothing else'}")
    return faults, excused, slowest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--forget", action="store_true")
    wish = parser.parse_args()
    folder, port = scratch(), free_port()
    sink = Sink("sink.test", port)
    names = Names(folder, sink.records())
    daemon = Daemon(wish.binaries, names, port, more='[retry]\nfirst = "1s"\nlongest = "2s"\n')
    events, began = Events(daemon.events_file), time.monotonic()
    clients = Clients(daemon.port, lambda: len(clients.acknowledged) - len(sink.copies))
    clients.begin()
    try:
        kills = kill_often(daemon, clients, sink, events, wish)
    finally:
        clients.end()
    daemon.wait_until_empty(120)
    daemon.stop()
    events.read()
    faults, excused, slowest = check(clients, sink, events, kills)
    doubles = events.lines - len(events.seen)
    if doubles * 50 > len(events.seen):
        faults.append(f"{len(events.seen)} events stand as {events.lines} lines in the file")
    copies = sum(len(each) for each in sink.copies.values())
    print(f"{len(kills)} kills in {time.monotonic() - began:.0f} s; {len(clients.acknowledged)} recipients acknowledged, "
          f"{len(set(clients.unsure) - set(clients.acknowledged))} unsure, {copies} copies came; {excused} second copies, the first of them "
          f"answered at most {slowest:.3f} s before the kill; {doubles} of {len(events.seen)} events are there twice; {len(faults)} faults")
    for fault in faults[:20]:
        print("  " + fault)
    if wish.forget:
        assert faults, "a log that was cut was not noticed: this test sees nothing"
        return 0
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
