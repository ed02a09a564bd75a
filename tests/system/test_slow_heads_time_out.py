"""A head or hello that does not arrive in `limits.head` ends the connection, and only that one."""
import time

from lab import http_get, read_all
from lab.namespaces import ORIGIN
from rules import BLOCK

LIMITS = 'head = "400ms"\nidle = "800ms"\ndrain = "1s"'


def test_half_a_request(lab, weir):
    daemon = weir(limits=LIMITS)
    with lab.connect(ORIGIN, 80) as client:
        began = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\nHost: al")
        got = read_all(client)
        assert 0.3 < time.monotonic() - began < 2.0
        assert got == b"" or got.split(b" ")[1] == b"408"
    assert daemon.line(reason="client_slow")["dst_port"] == 80
    assert http_get(lab, ORIGIN).status == 200


def test_drops_of_bytes_do_not_help(lab, weir):
    daemon = weir(limits=LIMITS)
    with lab.connect(ORIGIN, 80) as client:
        began = time.monotonic()
        try:
            for octet in b"GET /" + b"a" * 100:
                client.sendall(bytes([octet]))
                time.sleep(0.05)   # the client is slow; that is the case
        except OSError:
            pass
        assert time.monotonic() - began < 4   # of the 5 s that it had wanted to take
    assert daemon.line(reason="client_slow")


def test_half_a_hello(lab, weir):
    daemon = weir(BLOCK, limits=LIMITS)
    with lab.connect(ORIGIN, 443) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01")
        try:
            read_all(client)
        except ConnectionResetError:
            pass
    assert daemon.line(reason="client_slow")["dst_port"] == 443


def test_an_idle_connection_is_closed(lab, weir):
    daemon = weir(limits=LIMITS)
    with lab.connect(ORIGIN, 80) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
        began = time.monotonic()
        assert b" 200 " in read_all(client)
        assert 0.3 < time.monotonic() - began < 2.5
    assert daemon.running
