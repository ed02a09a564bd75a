"""quic = "reject": a QUIC client is told at once that nobody is there, so that it falls back to TCP."""
import os
import socket

import pytest

from lab.namespaces import ORIGIN, ORIGIN6
from rules import BLOCK

INITIAL = b"\xc3\x00\x00\x00\x01\x08" + os.urandom(8) + b"\x00\x00\x44\x9e" + os.urandom(1182)   # RFC 9000 §17.2.2


@pytest.fixture(params=[ORIGIN, ORIGIN6], ids=["v4", "v6"])
def ends(request, lab):
    """(client, server): connected UDP sockets, port 443."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with lab.socket(lab.origin, family, socket.SOCK_DGRAM) as server, \
            lab.socket(lab.client, family, socket.SOCK_DGRAM) as client:
        server.bind((request.param, 443))
        server.settimeout(2)
        client.connect((request.param, 443))
        client.settimeout(2)
        yield client, server


def test_reject(ends, weir):
    daemon = weir(BLOCK, gateway='quic = "reject"')
    client, server = ends
    client.send(INITIAL)
    with pytest.raises(ConnectionRefusedError):
        client.recv(1)
    server.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.recv(2048)
    assert daemon.wire()["quic_rejected"] == 1


def test_pass(ends, weir):
    daemon = weir()
    client, server = ends
    client.send(INITIAL)
    assert server.recv(2048) == INITIAL
    assert daemon.wire()["quic_rejected"] == 0


def test_without_a_daemon_quic_passes(ends, weir):
    daemon = weir(BLOCK, gateway='quic = "reject"')
    daemon.kill()
    client, server = ends
    client.send(INITIAL)
    assert server.recv(2048) == INITIAL
    daemon.start()
