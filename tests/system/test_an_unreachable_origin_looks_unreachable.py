"""A refused or silent origin looks refused or silent; Weir puts no page of its own in its place."""
import pytest

from lab import Listener, client_hello
from lab.client import is_reset
from lab.namespaces import OTHER


def test_refused_http_is_reset(lab, weir):
    daemon = weir()
    with lab.connect(OTHER, 80) as client:   # accepted at the SYN: the one listed difference
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert is_reset(client)
    assert daemon.line(host="a.example")["reason"] == "origin_refused"


def test_refused_tls_is_refused_at_once(lab, weir):
    weir()
    with pytest.raises(ConnectionRefusedError):
        lab.connect(OTHER, 443)


def test_refused_spliced_tls_is_reset(lab, weir):
    daemon = weir(gateway='floor = "splice"')
    with lab.connect(OTHER, 443) as client:
        client.sendall(client_hello("a.example"))
        assert is_reset(client)
    assert daemon.line(host="a.example")["reason"] == "origin_refused"


def test_a_reset_of_the_origin_is_a_reset(lab, weir):
    from lab.client import reset
    daemon = weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        server = origin.accept()
        server.recv(4096)
        server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        assert client.recv(4096)
        reset(server)
        assert is_reset(client)
    assert daemon.line(host="a.example")["reason"] in ("origin_reset", "response_truncated")
