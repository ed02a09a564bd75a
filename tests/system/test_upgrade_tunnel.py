"""RFC 9110 §7.8: after 101 the connection is a tunnel, both ways, until either side ends it."""
import os

from lab import Listener, read_all, read_until
from lab.client import read_exactly

ASK = (b"GET /chat HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
       b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def test_tunnel(lab, weir):
    daemon = weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(ASK)
        server = origin.accept()
        head = read_until(server, b"\r\n\r\n").lower()
        assert b"upgrade: websocket" in head and b"connection: upgrade" in head
        server.sendall(SWITCH + b"first frame")   # in one segment with the head
        assert read_until(client, b"first frame").startswith(b"HTTP/1.1 101 ")
        data = os.urandom(200_000)
        client.sendall(data)
        assert read_exactly(server, len(data)) == data
        server.sendall(data[::-1])
        assert read_exactly(client, len(data)) == data[::-1]
        server.close()
        assert read_all(client) == b""
    assert daemon.line(host="a.example")["status"] == 101


def test_refused_upgrade_stays_http(lab, weir):
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(ASK)
        server = origin.accept()
        read_until(server, b"\r\n\r\n")
        server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
        assert read_until(client, b"\r\n\r\nno").startswith(b"HTTP/1.1 200 ")
        client.sendall(b"GET /next HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert read_until(server, b"\r\n\r\n").startswith(b"GET /next ")
