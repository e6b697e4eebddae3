"""What a test does with messages: makes awkward ones, takes ours off again.

What      `awkward()`: messages by name, as octets with CRLF, that other programs have tripped over. `split_ours(octets)`: the header
          fields we put on top, and the rest.
Promise   `split_ours` knows a field of ours by its name only; what stands below the first Received is the peer's.
"""
import re

HEAD = b"From: Ann <ann@sender.test>\r\nTo: bob@plain.test\r\nSubject: %s\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%s@sender.test>\r\n"


def letter(name, body, fields=b""):
    name = name.encode()
    return HEAD % (name, name) + fields + b"\r\n" + body


def awkward():
    made = {
        "dots": letter("dots", b".\r\n..\r\n...\r\n.hidden\r\n\r\n.\r\n"),
        "empty body": letter("empty-body", b""),
        "trailing blank lines": letter("blanks", b"text\r\n\r\n\r\n\r\n"),
        "long lines": letter("long", b"a" * 998 + b"\r\n" + b"." * 998 + b"\r\n"),
        "folded": letter("folded", b"text\r\n", b"X-Folded: one\r\n\ttwo\r\n  three\r\nReferences: <1@x>\r\n <2@x>\r\n"),
        "spaces at ends": letter("spaces", b"two  \r\n\t\r\n  lead\r\n", b"X-Trailing: yes  \r\n"),
        "eight bit": letter("bits", "Grüße, 日本語\r\n".encode(), b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                                              b"Content-Transfer-Encoding: 8bit\r\n"),
        "duplicate fields": letter("twice", b"text\r\n", b"Comments: a\r\nComments: b\r\nX-Empty:\r\nX-Empty: \r\n"),
        "looks like a header": letter("looks", b"From: nobody\r\nReceived: by nobody\r\n\r\nFrom escaped\r\n"),
        "several chunks": letter("chunks", b"".join(b"%07d %s\r\n" % (n, b".x" * 30) for n in range(4500))),
    }
    return made


FIELD = re.compile(rb"[!-9;-~]+[ \t]*:(?:[^\r\n]|\r\n[ \t])*\r\n")


def split_ours(octets, host=b"mta1.sender.test"):
    """(DKIM-Signature fields and our Received as a list, the rest). AssertionError when our Received is not where it belongs."""
    ours, at = [], 0
    while True:
        field = FIELD.match(octets, at)
        assert field, f"no Received of ours on top of {octets[:300]!r}"
        ours.append(field.group())
        at = field.end()
        if field.group().startswith(b"Received:"):
            assert b"by " + host + b" with " in field.group(), field.group()
            return ours, octets[at:]
        assert field.group().startswith(b"DKIM-Signature:"), field.group()
