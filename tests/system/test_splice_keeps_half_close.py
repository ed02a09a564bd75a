"""A FIN of one side reaches the other, while the other direction goes on."""
import hashlib
import os
import socket
import threading

import pytest

from lab import Listener, client_hello, read_all
from lab.client import read_exactly
from rules import BLOCK

HELLO = client_hello("allowed.example")


@pytest.fixture(params=["steered", "taken"])
def pair(request, lab, weir):
    """(client, server): a spliced connection, by either way in, its hello already through."""
    daemon = weir(BLOCK, gateway='floor = "splice"' if request.param == "steered" else "")
    hello = HELLO if request.param == "steered" else (
        HELLO[:3] + (9).to_bytes(2, "big") + HELLO[5:14] + HELLO[:3] + (len(HELLO) - 14).to_bytes(2, "big") + HELLO[14:])
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        client.sendall(hello)
        server = origin.accept()
        assert read_exactly(server, len(hello)) == hello
        yield client, server
    assert daemon.line(host="allowed.example")["depth"] == "splice"


def test_client_closes_first(pair):
    client, server = pair
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert read_all(server) == b"question"
    server.sendall(b"a long answer" * 1000)
    server.close()
    assert read_all(client) == b"a long answer" * 1000


def test_origin_closes_first(pair):
    client, server = pair
    server.sendall(b"goodbye")
    server.shutdown(socket.SHUT_WR)
    assert read_all(client) == b"goodbye"
    client.sendall(b"wait" * 1000)
    client.shutdown(socket.SHUT_WR)
    assert read_all(server) == b"wait" * 1000


def test_both_directions_at_once_arrive_whole(pair):
    sides = {side: os.urandom(4_000_000) for side in pair}
    client, server = pair

    def send(side):
        side.sendall(sides[side])
        side.shutdown(socket.SHUT_WR)

    senders = [threading.Thread(target=send, args=(side,)) for side in pair]
    received = {}
    readers = [threading.Thread(target=lambda side=side: received.update({side: read_all(side)})) for side in pair]
    for thread in senders + readers:
        thread.start()
    for thread in senders + readers:
        thread.join()
    for side, other in ((client, server), (server, client)):
        assert hashlib.sha256(received[side]).digest() == hashlib.sha256(sides[other]).digest()
