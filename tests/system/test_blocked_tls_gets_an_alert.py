"""A TLS connection to a blocked name is answered with an alert; the origin never gets a byte of the hello."""
import ssl

import pytest

from lab import Listener, Tls
from rules import BLOCK


@pytest.mark.parametrize("floor", ["pass", "splice"])
@pytest.mark.parametrize("v6", [False, True], ids=["v4", "v6"])
def test_alert(lab, weir, v6, floor):
    with Listener(lab, 443, v6=v6) as origin:
        daemon = weir(BLOCK, gateway=f'floor = "{floor}"')
        with lab.connect(origin.address, 443) as connection:
            with pytest.raises(ssl.SSLError, match="(?i)alert"):
                Tls(connection, "sub.BLOCKED.example").handshake()
        line = daemon.line(action="block")
        assert line["rule"] == "no ads" and line["host"] == "sub.blocked.example" and line["reason"] == "blocked"
        if floor == "pass":   # the connection began on the wire, so the origin saw it begin and end, and nothing else
            assert daemon.wire()["taken_block"] == 1
            assert ends_without_a_byte(origin.accept())
        else:
            assert origin.nobody_came()


def ends_without_a_byte(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_client_that_sends_on_still_reads_the_alert(lab, weir):
    """Unread bytes would turn the close into a reset that destroys the alert."""
    weir(BLOCK)
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as connection:
        tls = Tls(connection, "blocked.example")
        connection.sendall(tls.first + b"\x17\x03\x03\x40\x00" + b"x" * 16384)
        with pytest.raises(ssl.SSLError, match="(?i)alert"):
            tls.finish()
