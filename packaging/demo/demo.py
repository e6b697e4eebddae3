"""The demo's story: mail goes through warmupd, and every claim is looked up at the receiver before it is told.

What      demo.py FOLDER-OF-WARMUPD: starts a DNS server, three receivers (town.py) and warmupd, submits with swaks, looks.
Promise   Exit code 0 only if everything happened as told; else 1, with what was missing. Nothing is left running, no file either
          (KEEP=1 keeps the folder). Loopback addresses only.
Not here  installing and building (../demo.sh).
"""
import email
import os
import re
import shlex
import signal
import subprocess
import sys
import time

from town import GREY_SECONDS, SELECTOR, Town
from daemon import Daemon
from processes import scratch, wait_for

USER, PASSWORD = "app", "correct horse battery staple"
BEGUN = time.monotonic()
COLOURS = {"bold": "1", "dim": "2", "good": "32"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}


def paint(text, how):
    return f"\033[{COLOURS[how]}m{text}\033[0m" if how in COLOURS else text


def tell(text):
    print(text, flush=True)


def step(title):
    step.number = getattr(step, "number", 0) + 1
    tell("\n" + paint(f"--- {step.number}. {title}", "bold"))


def quote(text):
    for line in text.strip("\n").split("\n"):
        tell(paint("    | ", "dim") + line)


def good(text):
    tell("    " + paint("ok", "good") + "  " + text)


def check(happened, missing):
    if not happened:
        raise AssertionError(missing)


def open_shop(binaries, folder, town):
    """Writes warmupd.toml and the users file, and starts warmupd."""
    mta = Daemon(binaries, town.names, town.port, folder=folder, start=False,
                 source='[[source]]\nname = "ip-1"\naddress = "127.0.0.1"\nplan = "default"   # 100 a day, growing\n',
                 listener='tls = "starttls"\nauth = "required"',
                 more=f'[tls]\ncertificate = "{town.certificate}"\nprivate_key = "{town.certificate_key}"\n'
                      f'[dkim]\n[[dkim.key]]\ndomain = "sender.test"\nselector = "{SELECTOR}"\nfile = "{town.key}"\n')
    mta.ctl("passwd", USER, "--from-domain", "sender.test", text=PASSWORD + "\n")
    with open(mta.config) as lines:
        quote(re.sub(r"\n\n+", "\n", lines.read()))
    mta.start()
    return mta


def dialogue(words, transcript):
    """The command as a person would type it, and what was said, the message itself left out."""
    typed = " ".join(shlex.quote(word) for word in words[:-1]) + " ..."
    lines = [line for line in transcript.split("\n") if re.match(r"<[-~]|=== TLS started| [-~]>", line)]
    body = [i for i, line in enumerate(lines) if line[:3] in (" ->", " ~>") and line[4:] in ("DATA", ".")]
    lines[body[0] + 2:body[1]] = [" ~> (the message)"]
    return "$ " + re.sub(r" (--(?:auth|from|header) )", r" \\\n      \1", typed) + "\n" + "\n".join(lines)


def submit(mta, town, recipient, subject, text, show_dialogue=False):
    """One message through swaks, over STARTTLS (our certificate verified) and AUTH. Returns the id warmupd gave it."""
    words = ["swaks", "--server", f"127.0.0.1:{mta.port}", "--tls", "--tls-verify", "--tls-ca-path", town.certificate,
             "--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD, "--helo", "app.sender.test",
             "--from", "app@sender.test", "--to", recipient, "--header", "Subject: " + subject, "--body", text]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    queued = re.search(r"250 2\.0\.0 queued as (\S+)", done.stdout)
    check(done.returncode == 0 and queued, f"swaks could not submit the message to {recipient}; it said:\n{done.stdout}{done.stderr}")
    check("=== TLS started" in done.stdout, f"swaks did not use TLS:\n{done.stdout}")
    if show_dialogue:
        quote(dialogue(words, done.stdout))
    good(f"{recipient:<18} 250 queued as {queued[1]}")
    return queued[1].rstrip(";")


def wait_event(mta, recipient, kind, seconds=20):
    """The first event of this kind for the recipient, told in one line."""
    def seen():
        return next((e for e in mta.events(kind) if e.get("recipient") == recipient), None)

    return wait_for(seen, seconds, f"waiting for {recipient} to be {kind}")


def said(event):
    return " ".join(str(event[key]) for key in ("code", "enhanced", "text") if event.get(key))


def show_deliveries(mta, town):
    for box, recipient in ((town.plain, "anna@plain.test"), (town.secure, "bert@secure.test")):
        event = wait_event(mta, recipient, "delivered")
        wait_for(lambda box=box, to=recipient: any(to in letter.recipients for letter in box.letters), 5, f"the letter at {box.host}")
        tls = event.get("tls") or {}
        how = f"{tls['version']}, {tls['cipher']}" if tls.get("version") else "in clear text: it offers no TLS"
        check(bool(tls.get("version")) == (box is town.secure), f"TLS with {box.host}: expected otherwise, found {how}")
        good(f"{recipient:<18} in the mailbox after {event['delay_ms']} ms, {how}")


def show_dkim(town):
    record = "".join(part.decode() for part in next(iter(town.ask(f"{SELECTOR}._domainkey.sender.test", "TXT"))).strings)
    quote(f"{SELECTOR}._domainkey.sender.test TXT {record[:48]}...   (from the demo's DNS)")
    for box in (town.plain, town.secure):
        letter = next(each for each in box.letters if each.sender == "app@sender.test")
        check(town.verifies(letter.body), f"the DKIM signature of the letter at {box.host} does not verify:\n{letter.body.decode()}")
        good(f"the letter at {box.host} verifies")
    forged = letter.body.replace(b"Your application", b"Your invitation")
    check(forged != letter.body and not town.verifies(forged), "a changed letter verified as well: the check is worth nothing")
    good("the same letter with one word changed does not")


def show_bounce(mta, town):
    event = wait_event(mta, "nobody@plain.test", "bounced")
    quote(f"{town.plain.host} said: {said(event)}")
    bounce = wait_for(lambda: next((each for each in town.plain.letters if each.recipients == ["app@sender.test"]), None), 20,
                      "the bounce in the sender's mailbox")
    check(bounce.sender in ("", "<>", None), f"a bounce must come from <>, this one came from <{bounce.sender}>")
    report = email.message_from_bytes(bounce.body)
    status = next((part for part in report.walk() if part.get_content_type() == "message/delivery-status"), None)
    check(status is not None, "the bounce has no message/delivery-status part")
    fields = status.get_payload()[1]
    check(fields["Status"] == "5.1.1" and "nobody@plain.test" in fields["Final-Recipient"], f"the bounce says something else:\n{fields}")
    for name in ("From", "To", "Subject"):
        quote(f"{name}: {report[name]}")
    for name in ("Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code"):
        quote(f"{name}: {fields[name]}")
    good("the sender has it in his mailbox, from <>, in the format of RFC 3464")


def show_greylisting(mta, town, grey_id):
    event = wait_event(mta, "carl@grey.test", "deferred")
    quote(f"{town.grey.host} said: {said(event)}")
    check(event["verdict"] == "greylisted", f"expected the verdict greylisted, found {event['verdict']}")
    good(f"verdict: greylisted; the next try is at {event['next']}, as the reply asks")
    tell("    Meanwhile it waits in the queue, and `warmupctl why` says what for:")
    quote("$ warmupctl queue\n" + mta.ctl("--columns", "100", "queue"))
    quote(f"$ warmupctl why {grey_id}\n" + mta.ctl("--columns", "100", "why", grey_id))


def wait_for_greylisted(mta, town):
    began = time.monotonic()
    tell(f"    The receiver wants {GREY_SECONDS} seconds; so a minute of patience ...")
    while COLOURS and time.monotonic() - began < GREY_SECONDS and not town.grey.letters:  # a terminal sees the seconds pass
        print(f"\r    {GREY_SECONDS - (time.monotonic() - began):3.0f} s ", end="", flush=True)
        time.sleep(0.5)
    print("\r" if COLOURS else "", end="")
    event = wait_event(mta, "carl@grey.test", "delivered", GREY_SECONDS + 20)
    letter = wait_for(lambda: next(iter(town.grey.letters), None), 5, "the letter at mx.grey.test")
    check(town.greylister.early == 0, f"it was tried {town.greylister.early} time(s) before the minute was over")
    check(town.verifies(letter.body), "its DKIM signature does not verify")
    good(f"carl@grey.test     in the mailbox at attempt {event['attempt']}, after {event['delay_ms'] / 1000:.0f} s"
         f" ({time.monotonic() - began:.0f} s of them spent waiting here); not one try too early; DKIM verifies")


def show_ledger(mta, town):
    ends = {"delivered": 0, "bounced": 0}
    for event in mta.events(*ends):
        ends[event["type"]] += event.get("sender") == "app@sender.test"
    check(ends == {"delivered": 3, "bounced": 1}, f"expected 3 delivered and 1 bounced, found {ends}")
    found = sorted(address for box in town.receivers for letter in box.letters for address in letter.recipients)
    expected = ["anna@plain.test", "app@sender.test", "bert@secure.test", "carl@grey.test"]
    check(found == expected, f"expected one letter for each of {expected}, the mailboxes hold {found}")
    good("4 recipients accepted: 3 delivered, 1 bounced, none lost, none twice, and the sender has 1 bounce")
    mta.wait_until_empty(10)
    tell("    $ warmupctl status\n")
    tell(mta.ctl("--columns", "100", "status").rstrip("\n"))


def play(binaries):
    folder = scratch("warmupd-demo-")
    step("A world for it: a DNS server with MX records and three receivers")
    town = Town(folder)
    quote("\n".join(re.sub(r" 60 IN (\S+) ", r"  \1  ", line) for line in town.names.records if " TXT " not in line))
    tell("    plain.test takes mail as it comes (and sender.test's, the application's own domain); secure.test only over STARTTLS;")
    tell(f"    grey.test greylists: it refuses a stranger for {GREY_SECONDS} seconds. Their port {town.port} plays the part of 25.")
    step("warmupd, with a user, a certificate and a DKIM key")
    mta = open_shop(binaries, folder, town)
    good(f"it listens on 127.0.0.1:{mta.port}")
    step("The application submits four messages: swaks, STARTTLS, AUTH")
    submit(mta, town, "anna@plain.test", "Your application number", "Dear Anna,\n\nyour application number is 4711.\n", True)
    submit(mta, town, "bert@secure.test", "Your application number", "Dear Bert,\n\nyour application number is 4712.\n")
    grey_id = submit(mta, town, "carl@grey.test", "Your application number", "Dear Carl,\n\nyour application number is 4713.\n")
    submit(mta, town, "nobody@plain.test", "Your application number", "Dear Nobody,\n\nyour application number is 4714.\n")
    step("Delivered")
    show_deliveries(mta, town)
    step("Signed: dkimpy verifies what arrived, with the key that the DNS publishes")
    show_dkim(town)
    step("Bounced: there is no nobody@plain.test, and the sender is told")
    show_bounce(mta, town)
    step("Greylisted: put off, not lost")
    show_greylisting(mta, town, grey_id)
    wait_for_greylisted(mta, town)
    step("The books agree")
    show_ledger(mta, town)
    mta.stop()
    town.stop()


def main():
    if len(sys.argv) != 2 or not os.access(os.path.join(sys.argv[1], "warmupd"), os.X_OK):
        sys.exit("usage: demo.py FOLDER-OF-WARMUPD; packaging/demo.sh builds it and calls this")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        play(os.path.abspath(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("\ndemo: interrupted; everything it started is being ended")
    except Exception as error:
        sys.stdout.flush()
        sys.exit(f"\ndemo: FAILED: {error}\n      KEEP=1 packaging/demo.sh keeps its folder, with warmupd.log and events.jsonl in it")
    tell(f"\n{paint('That was it', 'bold')}: everything above was looked up at the receivers, in {time.monotonic() - BEGUN:.0f} s."
         " Nothing is left running. Next: README.md.")


if __name__ == "__main__":
    main()
