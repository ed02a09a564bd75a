"""A hello that the wire cannot judge is judged by the daemon: cut into segments, into records, or longer than either."""
import ssl

import pytest

from lab import Tls
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK


def records(hello, size):
    """The same handshake message in TLS records of at most `size` bytes (RFC 8446 §5.1)."""
    message = hello[5:]
    return b"".join(hello[:3] + len(piece).to_bytes(2, "big") + piece
                    for piece in (message[at:at + size] for at in range(0, len(message), size)))


def in_two_segments(daemon, connection, bytes_, cut):
    connection.sendall(bytes_[:cut])
    wait_for("the takeover", lambda: sum(n for r, n in daemon.wire().items() if r.startswith("taken_")) == 1)
    connection.sendall(bytes_[cut:])


@pytest.mark.parametrize("cut", [1, 4, 5, 44, 300, -1])
def test_two_segments(lab, weir, authority, origin, cut):
    daemon = weir(BLOCK)
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority)
        in_two_segments(daemon, connection, tls.first, cut)
        assert tls.finish().issuer() == "Lab authority"
        assert "allowed.example at your service" in tls.get("allowed.example")
    line = daemon.line(depth="splice")
    assert line["host"] == "allowed.example" and line["action"] == "allow"


def test_two_segments_of_a_blocked_name(lab, weir):
    daemon = weir(BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        tls = Tls(connection, "blocked.example")
        in_two_segments(daemon, connection, tls.first, 60)
        with pytest.raises(ssl.SSLError, match="(?i)alert"):
            tls.finish()
    assert daemon.line(action="block")["rule"] == "no ads"


@pytest.mark.parametrize("size", [1, 40, 200])
@pytest.mark.parametrize("name", ["allowed.example", "blocked.example"])
def test_many_records(lab, weir, authority, name, size):
    daemon = weir(BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        tls = Tls(connection, name, authority)
        connection.sendall(records(tls.first, size))
        if name == "blocked.example":
            with pytest.raises(ssl.SSLError, match="(?i)alert"):
                tls.finish()
        else:
            assert tls.finish().issuer() == "Lab authority"
    line = daemon.line(host=name)
    assert line["action"] == ("block" if name == "blocked.example" else "allow")


@pytest.mark.parametrize("name", ["allowed.example", "blocked.example"])
def test_hello_longer_than_a_segment(lab, weir, authority, name):
    weir(BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        tls = Tls(connection, name, authority, fat=True)
        assert len(tls.first) > 1500
        if name == "blocked.example":
            with pytest.raises(ssl.SSLError, match="(?i)alert"):
                tls.handshake()
        else:
            assert tls.handshake().issuer() == "Lab authority"
