"""Verifies a folder of signed messages with dkimpy: dkim_dkimpy.py FOLDER. Both algorithms; broken messages must not verify."""
import os
import sys

import dkim

# dkimpy does not read the obsolete syntax of RFC 5322 §4.5.3 at all and must say so; the other verifiers do.
UNREADABLE = {"space-before-the-colon.eml": "Unexpected characters in RFC822 header"}


def records(folder):
    with open(os.path.join(folder, "dns.txt"), "rb") as file:
        return dict(line.rstrip(b"\n").split(b"\t") for line in file)


def verdicts(message, dns):
    """The result for each of the two signatures, which are the first two header fields."""
    look_up = lambda name, timeout=5: dns.get(name.rstrip(b"."))
    results = []
    for index in range(2):
        try:
            results.append(dkim.DKIM(message).verify(idx=index, dnsfunc=look_up))
        except dkim.DKIMException as error:
            results.append(str(error))
    return results


def swap(message, at):
    return message[:at] + (b"Q" if message[at:at + 1] != b"Q" else b"R") + message[at + 1:]


def broken(message):
    """Copies with one octet changed: in From, in the body, in both b=."""
    head_end = message.index(b"\r\n\r\n")
    yield "From", swap(message, message.index(b"ann@example.com"))
    letter = next((at for at in range(head_end + 4, len(message)) if message[at:at + 1].isalnum()), None)
    if letter is not None:
        yield "body", swap(message, letter)
    first = message.index(b"\tb=") + 10
    yield "b=", swap(swap(message, first), message.index(b"\tb=", first) + 10)


def main(folder):
    dns = records(folder)
    wrong = checked = refused = 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".eml"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            message = file.read()
        found = verdicts(message, dns)
        if name in UNREADABLE:
            if not all(UNREADABLE[name] in str(result) for result in found):
                wrong += 1
                print(f"{name}: expected dkimpy not to read it, found {found}")
            continue
        checked += 1
        if found != [True, True]:
            wrong += 1
            print(f"{name}: expected both signatures to verify, found {found}")
        for what, copy in broken(message):
            refused += 1
            found = verdicts(copy, dns)
            if True in found:
                wrong += 1
                print(f"{name}: an octet of {what} changed and it still verifies: {found}")
    print(f"dkimpy: {checked} messages, {2 * checked} signatures, {refused} broken copies, {wrong} wrong")
    return 0 if wrong == 0 and checked > 0 else 1


sys.exit(main(sys.argv[1]))
