"""A reset of one side is a reset for the other: half an answer never looks like a whole one."""
import pytest

from lab import Listener, client_hello
from lab.client import is_reset, read_exactly, reset

HELLO = client_hello("allowed.example")


@pytest.mark.parametrize("by", ["client", "origin"])
def test_reset(lab, weir, by):
    daemon = weir(gateway='floor = "splice"')
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        client.sendall(HELLO)
        server = origin.accept()
        assert read_exactly(server, len(HELLO)) == HELLO
        server.sendall(b"half an ans")
        assert read_exactly(client, 11) == b"half an ans"
        reset(server if by == "origin" else client)
        assert is_reset(client if by == "origin" else server)
    assert daemon.line(host="allowed.example")["reason"] == f"{by}_reset"
