"""A client that announces segments too small for a takeover is judged all the same: its SYN is steered."""
import socket
import ssl

import pytest

from lab import Tls
from rules import BLOCK

TINY = {socket.AF_INET: 400, socket.AF_INET6: 1000}   # the kernel takes over from 536 and 1220 bytes on


def connect(lab, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = lab.socket(lab.client, family)
    connection.settimeout(5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, TINY[family])
    connection.connect((address, 443))
    return connection


def test_blocked_and_allowed(lab, weir, authority, origin):
    daemon = weir(BLOCK)
    with connect(lab, origin) as connection, pytest.raises(ssl.SSLError, match="(?i)alert"):
        Tls(connection, "blocked.example").handshake()
    with connect(lab, origin) as connection:
        assert Tls(connection, "allowed.example", authority).handshake().issuer() == "Lab authority"
    assert daemon.wire()["steered_option"] == 2
