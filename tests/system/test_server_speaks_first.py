"""A protocol in which the server speaks first works on a judged port, on the wire and through the daemon."""
import ssl

import pytest

from lab import Listener, Tls
from lab.client import read_exactly
from rules import BLOCK

BANNER = b"220 at your service\r\n"


@pytest.mark.parametrize("port, floor", [(80, "pass"), (443, "pass"), (443, "splice")])
def test_banner_arrives_before_the_client_says_anything(lab, weir, port, floor):
    weir(gateway=f'floor = "{floor}"')
    with Listener(lab, port) as origin, lab.connect(origin.address, port) as client:
        server = origin.accept()
        server.sendall(BANNER)
        assert read_exactly(client, len(BANNER)) == BANNER
        if port == 443:
            client.sendall(b"QUIT\r\n")
            assert read_exactly(server, 6) == b"QUIT\r\n"
        server.close()
        assert client.recv(1) == b""


def test_takeover_after_the_server_has_spoken(lab, weir):
    """The sequence numbers of a takeover are those of the segment, not those of the handshake."""
    daemon = weir(BLOCK)
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        server = origin.accept()
        server.sendall(BANNER)
        assert read_exactly(client, len(BANNER)) == BANNER
        with pytest.raises(ssl.SSLError, match="(?i)alert"):
            Tls(client, "blocked.example").handshake()
        assert daemon.wire()["taken_block"] == 1


def test_spliced_takeover_after_the_server_has_spoken(lab, weir):
    daemon = weir(BLOCK)
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        server = origin.accept()
        server.sendall(BANNER)
        assert read_exactly(client, len(BANNER)) == BANNER
        client.sendall(b"EHLO there\r\n")
        assert read_exactly(server, 12) == b"EHLO there\r\n"
        server.sendall(b"250 fine\r\n")
        assert read_exactly(client, 10) == b"250 fine\r\n"
        assert daemon.wire()["taken_not_understood"] == 1
    assert daemon.line(depth="splice")["action"] == "allow"
