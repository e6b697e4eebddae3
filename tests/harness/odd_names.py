"""A name server of a test that answers as it is told, also in ways that no sane server does.

What      OddNames(answer): UDP and TCP on one loopback port. `answer(query)` returns a Reply, or None for silence.
Promise   Everything else about a reply (id, question) is as it should be. Only the standard library.
Not here  a sane server (names.py).
"""
import socket
import struct
import threading

from processes import free_port

A, NS, CNAME, SOA, MX, AAAA = 1, 2, 5, 6, 15, 28
IN, CHAOS = 1, 3
TRUNCATED = 0x0200


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.strip(".").split(".") if label) + b"\0"


def record(owner, kind, data, ttl=60, of_class=IN):
    return name(owner) + struct.pack(">HHIH", kind, of_class, ttl, len(data)) + data


def mx(owner, host, **options):
    return record(owner, MX, struct.pack(">H", 10) + name(host), **options)


def a(owner, address, **options):
    return record(owner, A, socket.inet_aton(address), **options)


def soa(zone):
    return record(zone, SOA, name("ns." + zone) + name("root." + zone) + struct.pack(">IIIII", 1, 60, 60, 60, 60))


class Query:
    def __init__(self, octets, tcp):
        self.id, self.tcp, labels, at = octets[:2], tcp, [], 12
        while octets[at]:
            labels.append(octets[at + 1:at + 1 + octets[at]].decode().lower())
            at += octets[at] + 1
        self.name, self.kind = ".".join(labels), struct.unpack(">H", octets[at + 1:at + 3])[0]
        self.question = octets[12:at + 5]


class Reply:
    def __init__(self, answers=(), rcode=0, authority=(), flags=0, raw=None):
        self.answers, self.rcode, self.authority, self.flags, self.raw = list(answers), rcode, list(authority), flags, raw

    def octets(self, query):
        if self.raw is not None:
            return query.id + self.raw
        head = struct.pack(">HHHHH", 0x8180 | self.flags | self.rcode, 1, len(self.answers), len(self.authority), 0)
        return query.id + head + query.question + b"".join(self.answers) + b"".join(self.authority)


class OddNames:
    def __init__(self, answer):
        self.answer, self.address, self.port = answer, "127.0.0.1", free_port()
        self.server = f"{self.address}:{self.port}"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind((self.address, self.port))
        self.tcp = socket.create_server((self.address, self.port), backlog=100)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _serve_udp(self):
        while True:
            octets, peer = self.udp.recvfrom(4096)
            query = Query(octets, False)
            reply = self.answer(query)
            if reply:
                self.udp.sendto(reply.octets(query), peer)

    def _serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as octets:
            while size := octets.read(2):
                query = Query(octets.read(struct.unpack(">H", size)[0]), True)
                reply = self.answer(query)
                if reply:
                    made = reply.octets(query)
                    connection.sendall(struct.pack(">H", len(made)) + made)
