"""Writes a folder of messages that are awkward to sign: dkim_corpus.py FOLDER. The same every time."""
import os
import random
import shutil
import sys

FROM = b"From: Ann <ann@example.com>"
PLAIN = [FROM, b"To: bob@example.net", b"Subject: Hello", b"Date: Fri, 20 Nov 2026 10:00:00 +0000",
         b"Message-ID: <1@example.com>"]
TEXT = b"Dear Bob,\r\n\r\nall is well.\r\n"


def with_fields(*more, body=TEXT):
    return PLAIN + list(more), body


def with_body(body):
    return PLAIN, body


NAMED = {
    "plain": (PLAIN, TEXT),
    "only-from": ([FROM], TEXT),
    # bodies
    "body-empty": with_body(b""),
    "body-one-blank-line": with_body(b"\r\n"),
    "body-blank-lines-only": with_body(b"\r\n" * 7),
    "body-white-space-lines-only": with_body(b" \t\r\n\t\r\n  \r\n"),
    "body-trailing-blank-lines": with_body(TEXT + b"\r\n" * 5),
    "body-trailing-white-space-lines": with_body(TEXT + b" \r\n\t\r\n\r\n"),
    "body-leading-blank-lines": with_body(b"\r\n\r\n\r\n" + TEXT),
    "body-no-final-crlf": with_body(b"the end has no line end"),
    "body-no-final-crlf-but-space": with_body(b"first\r\nthe end is white \t "),
    "body-one-octet": with_body(b"x"),
    "body-very-long-line": with_body(b"x" * 120_000 + b"\r\n"),
    "body-very-long-words": with_body(b"word " * 30_000 + b"\r\nend\r\n"),
    "body-dots": with_body(b".\r\n..\r\n.leading\r\n...\r\n. \r\nend.\r\n.\r\n"),
    "body-from-lines": with_body(b"From here on\r\n>From there\r\nFrom: in the body\r\n"),
    "body-white-space-runs": with_body(b"a  b\t\tc \t d\r\n  indented \t\r\n\t\tend\t\r\n"),
    "body-8bit": with_body("Grüße, 日本語, Ωmega\r\n".encode() + b"\xe9\xff\xfe\x80\r\n"),
    "body-control-characters": with_body(b"a\x01b\x07c\x0bd\x0ce\x1bf\x7f\r\n"),
    "body-many-short-lines": with_body(b"x\r\n" * 40_000),
    "body-around-a-chunk": with_body((b"y" * 70 + b"\r\n") * 1821 + b"z" * 88 + b"\r\n"),
    # header fields
    "folded": with_fields(b"Subject: one\r\n two\r\n\tthree\r\n   \tfour", b"References: <a@x>\r\n <b@x>\r\n <c@x>"),
    "folded-at-the-colon": with_fields(b"Reply-To:\r\n ann@example.com"),
    "folded-from": ([b"From:\r\n\t\"Ann\r\n A.\"\r\n <ann@example.com>"] + PLAIN[1:], TEXT),
    "folded-with-trailing-space": with_fields(b"Cc: a@x.example, \r\n b@x.example \t"),
    "8bit-latin1": with_fields(b"Comments: caf\xe9", b"Reply-To: \"J\xf6rg\" <j@example.com>"),
    "utf8": ([FROM.replace(b"Ann", "Änne Ωmega 日本".encode()), "To: 用户@example.net".encode(),
              "Subject: Grüße 🎓 an alle".encode()] + PLAIN[3:], TEXT),
    "utf8-folded": with_fields("Reply-To: Änne\r\n Öz <x@example.com>".encode()),
    "encoded-words": with_fields(b"Reply-To: =?utf-8?B?w4RubmU=?= =?iso-8859-1?Q?_=D6z?= <x@example.com>"),
    "duplicates": with_fields(b"To: carol@example.net", b"Subject: Hello again", b"to: dave@example.net", b"CC: a@x.example",
                              b"Cc: b@x.example", b"cc: c@x.example"),
    "duplicates-apart": ([b"Subject: first", b"X-A: 1", b"Subject: second", FROM, b"X-B: 2", b"Subject: third"], TEXT),
    "two-from": with_fields(b"From: Zoe <zoe@example.com>"),
    "empty-values": ([FROM, b"To:", b"Subject: ", b"Cc:\t", b"Reply-To:   \t ", b"X-Empty:"], TEXT),
    "white-space-runs": with_fields(b"Reply-To:\t \t a@example.com \t ", b"Cc:x@example.com", b"In-Reply-To:  <a@x>   <b@x>"),
    "odd-case": ([b"fROM: Ann <ann@example.com>", b"tO: bob@example.net", b"SUBJECT: Hello", b"mime-VERSION: 1.0"], TEXT),
    "space-before-the-colon": with_fields(b"Reply-To : ann@example.com"),
    "long-field": with_fields(b"References: " + b" ".join(b"<%d@example.com>" % i for i in range(900))),
    "long-folded-field": with_fields(b"To: " + b",\r\n ".join(b"user%d@example.net" % i for i in range(1000))),
    "many-fields": (PLAIN + [b"X-Field-%d: %d" % (i, i) for i in range(400)] + [b"Cc: %d@x.example" % i for i in range(200)], TEXT),
    "field-with-tags": with_fields(b"Reply-To: v=1; b=AAAA; bh=BBBB <x@example.com>"),
    "trace": ([b"Return-Path: <bounces@example.com>", b"Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000"] * 20 + PLAIN, TEXT),
    "other-signature": ([b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=none; c=simple/simple;\r\n"
                         b"\th=From:To; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA"] + PLAIN, TEXT),
    "mailing": with_fields(b"List-Unsubscribe: <https://example.com/u?a=1>,\r\n <mailto:u@example.com>",
                           b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Id: News <news.example.com>",
                           b"Feedback-ID: a:b:c:d", b"Precedence: bulk"),
    "mime": with_fields(b"MIME-Version: 1.0", b"Content-Type: multipart/mixed;\r\n boundary=\"=_x\"",
                        body=b"--=_x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--=_x--\r\n"),
    "bdat-binary-looking": with_body(bytes(c for c in range(1, 256) if c not in (10, 13)) + b"\r\n"),
}


def random_message(dice):
    pieces = [b" ", b"  ", b"\t", b"\r\n", b"\r\n", b"\r\n\r\n", b".", b"..", b"word", b"\xc3\xa9", b"\xff", b"=", b"x" * 300, b"From "]
    folds = [b" ", b"\t", b"  ", b"\r\n ", b"\r\n\t", b"a", b"bc", b";", b":", b"=", "é".encode(), b"<x@y>"]
    names = [b"To", b"Cc", b"Subject", b"Reply-To", b"References", b"X-Other", b"Sender", b"List-Id", b"MIME-Version"]
    fields = [FROM]
    for _ in range(dice.randrange(12)):
        # A line of white space alone would end the header for some readers (RFC 5322 §3.2.2 forbids making one).
        value = b"v" + b"".join(dice.choice(folds) + b"w" for _ in range(dice.randrange(9)))
        fields.insert(dice.randrange(len(fields) + 1), dice.choice(names) + b":" + dice.choice([b"", b" ", b"\t"]) + value)
    return fields, b"".join(dice.choice(pieces) for _ in range(dice.randrange(60)))


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    messages = dict(NAMED)
    dice = random.Random(2026)
    for number in range(150):
        messages[f"random-{number:03}"] = random_message(dice)
    for name, (fields, body) in messages.items():
        with open(os.path.join(folder, name + ".eml"), "wb") as file:
            file.write(b"\r\n".join(fields) + b"\r\n\r\n" + body)
    print(len(messages), "messages in", folder)


main(sys.argv[1])
