"""Very many recipients, fast.

What      submit_all(port, address, recipients): address(n) for each n, AT_ONCE a message, over some connections.
Promise   Returns when all were acknowledged; raises what went wrong.
Not here  what happens to them (backlog, idle).
"""
import socket
import threading

AT_ONCE = 1000  # recipients a message: the default limit


def envelope(recipients):
    return ("EHLO client.test\r\nMAIL FROM:<news@sender.test>\r\n" + "".join(f"RCPT TO:<{one}>\r\n" for one in recipients) + "DATA\r\n").encode()


CONTENT = ("From: News <news@sender.test>\r\nTo: list@sender.test\r\nSubject: to many\r\nPrecedence: bulk\r\nMessage-ID: <1@sender.test>\r\n\r\n" +
           "A line of text that is as long as lines in mail are.\r\n" * 40 + ".\r\nQUIT\r\n").encode()


def submit(port, recipients):
    """One message; commands in one write (PIPELINING), the content after the 354."""
    with socket.create_connection(("127.0.0.1", port), 120) as line:
        line.sendall(envelope(recipients))
        replies = line.makefile("rb")
        for reply in replies:
            if reply.startswith(b"354"):
                break
            assert reply[:1] == b"2", reply
        line.sendall(CONTENT)
        reply = replies.readline()
        assert reply.startswith(b"250"), reply


def submit_all(port, address, recipients, connections=4):
    numbers = iter(range(0, recipients, AT_ONCE))
    lock, failures = threading.Lock(), []

    def work():
        try:
            while True:
                with lock:
                    begin = next(numbers, None)
                if begin is None or failures:
                    return
                submit(port, [address(n) for n in range(begin, min(begin + AT_ONCE, recipients))])
        except Exception as error:  # said by the caller
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
