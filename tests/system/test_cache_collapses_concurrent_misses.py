"""Many clients that miss at the same time cost one fetch, and all of them read it while it arrives."""
import threading

from lab import read_until
from lab.client import read_exactly
from lab.gateway import wait_for
from scripted import Scripted

CLIENTS = 30
REQUEST = b"GET /big HTTP/1.1\r\nHost: a.example\r\n\r\n"


def test_all_get_the_first_part_before_the_last_is_sent(lab, weir):
    daemon = weir()
    go_on = threading.Event()

    def answer(_, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 20\r\n\r\nfirst part")
        go_on.wait(20)
        return b" last part"

    with Scripted(lab, answer) as origin:
        clients = [lab.connect(origin.address, 80) for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(REQUEST)
        for client in clients:
            got = read_until(client, b"first part")
            assert got.endswith(b"first part") and got.startswith(b"HTTP/1.1 200 OK\r\n")
        go_on.set()   # everybody had the first part while the origin had not sent the last
        for client in clients:
            assert read_exactly(client, 10) == b" last part"
            client.close()
    assert origin.count() == 1
    wait_for("a line for each", lambda: len(daemon.lines()) == CLIENTS)
    results = sorted(line["cache"] for line in daemon.lines())
    assert results == ["joined"] * (CLIENTS - 1) + ["miss"]


def test_a_client_that_stops_reading_holds_up_nobody(lab, weir):
    weir()
    body = b"x" * 4_000_000
    with Scripted(lab, lambda *_: b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n"
                  % len(body) + body) as origin:
        with lab.connect(origin.address, 80) as stalled, lab.connect(origin.address, 80) as quick:
            stalled.sendall(REQUEST)
            wait_for("the request", lambda: origin.count() == 1)
            quick.sendall(REQUEST)
            got = read_until(quick, b"\r\n\r\n").partition(b"\r\n\r\n")[2]
            assert got + read_exactly(quick, len(body) - len(got)) == body
    assert origin.count() == 1
