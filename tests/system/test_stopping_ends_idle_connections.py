"""A stop waits for exchanges, not for connections on which nothing happens."""
import signal
import time

from lab import Listener
from lab.client import read_exactly

REQUEST = b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_an_idle_connection_ends_at_once_and_a_busy_one_with_its_answer(lab, weir):
    daemon = weir(limits='drain = "10s"')
    with Listener(lab) as origin:
        idle, busy = (lab.connect(origin.address, 80) for _ in range(2))
        idle.sendall(REQUEST)
        origin.accept().sendall(ANSWER)
        read_exactly(idle, len(ANSWER))
        busy.sendall(REQUEST)
        answering = origin.accept()
        answering.recv(4096)
        begun = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        answering.sendall(ANSWER)
        answer = bytearray()
        while more := busy.recv(4096):
            answer += more
        assert answer.endswith(b"ok") and b"Connection: close" not in ANSWER
        daemon.process.wait(timeout=5)
        assert time.monotonic() - begun < 5   # half of what limits.drain allows
    assert {line["reason"] for line in daemon.lines()} == {"done"}
