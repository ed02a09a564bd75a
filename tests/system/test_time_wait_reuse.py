"""A client that uses the same addresses and ports again at once meets a TIME_WAIT of the gateway, and does not wait."""
import ssl

import pytest

from lab import Listener, Tls, client_hello, http_get
from lab.client import read_exactly
from lab.gateway import wait_for
from rules import BLOCK

PORT = 23000
HELLO = client_hello("allowed.example")
HALVES = (HELLO[:3] + b"\0\x64" + HELLO[5:105]   # the hello in two TLS records: the wire leaves it to the daemon
          + HELLO[:3] + (len(HELLO) - 105).to_bytes(2, "big") + HELLO[105:])
PATIENCE = 10


@pytest.fixture(autouse=True)
def no_syn_sent_again(lab):
    """A SYN that a TIME_WAIT swallowed is sent again after a second."""
    before = lab.syns_sent_again()
    yield
    assert lab.syns_sent_again() == before


def gateway_waits(lab, port):
    return f":{port}" in lab.run(lab.gateway, "ss", "-Htan", "state", "time-wait")


def test_steered(lab, weir, origin):
    daemon = weir(BLOCK)
    assert http_get(lab, origin, "blocked.example", source_port=PORT).status == 403
    assert gateway_waits(lab, PORT), "the gateway closed first, so it must hold the TIME_WAIT that this test is about"
    for host, status in (("blocked.example", 403), ("allowed.example", 200), ("blocked.example", 403)) * 3:
        assert http_get(lab, origin, host, source_port=PORT, timeout=PATIENCE).status == status
    assert daemon.wire()["steered_time_wait"] >= 1


def test_taken_over(lab, weir, authority, origin):
    weir(BLOCK)
    for _ in range(4):
        with lab.connect(origin, 443, source_port=PORT, timeout=PATIENCE) as connection:
            with pytest.raises(ssl.SSLError, match="(?i)alert"):
                Tls(connection, "blocked.example").handshake()
            while connection.recv(4096):   # or the client, which then closes first, would keep the port itself
                pass
    with lab.connect(origin, 443, source_port=PORT, timeout=PATIENCE) as connection:
        assert Tls(connection, "allowed.example", authority).handshake().issuer() == "Lab authority"


def test_taken_over_and_spliced(lab, weir):
    """Both halves of a spliced takeover end; the next connection on the same ports is taken over again."""
    daemon = weir(BLOCK)
    with Listener(lab, 443) as origin:
        for ended in range(3):
            wait_for("the end of the last one", lambda: len(daemon.lines()) == ended)
            with lab.connect(origin.address, 443, source_port=PORT + 1, timeout=PATIENCE) as client:
                server = origin.accept()
                client.sendall(HALVES)
                assert read_exactly(server, len(HALVES)) == HALVES
                server.close()
                assert client.recv(1) == b""
    assert sum(n for r, n in daemon.wire().items() if r.startswith("taken_")) == 3
