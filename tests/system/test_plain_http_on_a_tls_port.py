"""Plain HTTP on port 443 names its hosts too: every request is judged, and what is no HTTP is carried as it is."""
import pytest

from lab import Listener
from lab.client import read_exactly
from rules import BLOCK

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(host):
    return f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.fixture(params=["pass", "splice"])
def daemon(weir, request):
    """Taken over on the wire, and steered at the SYN."""
    return weir(BLOCK, gateway=f'floor = "{request.param}"')


def test_every_request_is_judged(lab, daemon):
    with Listener(lab, 443) as origin:
        client = lab.connect(origin.address, 443)
        client.sendall(get("allowed.example"))
        server = origin.accept()
        assert read_exactly(server, len(get("allowed.example"))) == get("allowed.example")
        server.sendall(ANSWER)
        assert read_exactly(client, len(ANSWER)) == ANSWER
        client.sendall(get("blocked.example"))
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert daemon.line(host="blocked.example")["rule"] == "no ads"


def test_the_first_request_is_judged_before_the_origin_sees_it(lab, daemon):
    with Listener(lab, 443) as origin:
        client = lab.connect(origin.address, 443)
        client.sendall(get("blocked.example"))
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")
        client.close()
        origin.socket.settimeout(0.3)
        try:
            assert origin.accept().recv(1) == b""   # a connection that was taken over: an end, and not a byte
        except (TimeoutError, ConnectionResetError):
            pass


def test_ssh_is_no_http(lab, daemon):
    greeting = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
    with Listener(lab, 443) as origin:
        client = lab.connect(origin.address, 443)
        client.sendall(greeting)
        server = origin.accept()
        assert read_exactly(server, len(greeting)) == greeting
        server.sendall(greeting)
        assert read_exactly(client, len(greeting)) == greeting
