"""Bytes that are no HTTP and no TLS end their own connection, with a named reason; the daemon goes on serving."""
import os
import socket

import pytest

from lab import Listener, http_get, read_all
from lab.namespaces import ORIGIN
from rules import BLOCK

BROKEN_HTTP = {
    "noise": bytes(range(256)),
    "two lengths": b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunked": b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
    "bare lf": b"GET / HTTP/1.1\nHost: a.example\n\n",
    "nul": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: a\0b\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b\r\n\r\n",
    "huge head": b"GET / HTTP/1.1\r\nHost: a.example\r\n" + b"X-Y: " + b"z" * (1 << 20) + b"\r\n\r\n",
    "chunk": b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


def send_and_hear(connection, octets):
    """What comes back, b"" for a silent end or a reset."""
    try:
        connection.sendall(octets)
        return read_all(connection)
    except (ConnectionResetError, BrokenPipeError):
        return b""


@pytest.mark.parametrize("case", BROKEN_HTTP)
def test_http(lab, weir, case):
    daemon = weir()
    with lab.connect(ORIGIN, 80) as bystander, lab.connect(ORIGIN, 80) as connection:
        heard = send_and_hear(connection, BROKEN_HTTP[case])
        assert heard == b"" or heard.split(b" ")[1][:1] == b"4", heard[:200]
        bystander.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n")
        assert b" 200 " in read_all(bystander)
    failures = {row["name"]: row["count"] for row in daemon.ask("reasons")["close"] if row["failure"] and row["count"]}
    assert sum(failures.values()) == 1, failures


def test_tls(lab, weir):
    """A malformed hello is not the origin's business either; noise that is no TLS at all is spliced, unnamed."""
    daemon = weir(BLOCK, limits='head = "500ms"\nidle = "1s"\ndrain = "1s"')
    cases = [b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", b"\x16\x03\x01\x00\x00", b"\x16\x03\x01\xff\xff" + os.urandom(3000),
             os.urandom(600), b"\x80\x2e\x01\x03\x01" + os.urandom(40), b"GET / HTTP/1.1\r\n\r\n"]
    for octets in cases:
        with lab.connect(ORIGIN, 443, timeout=15) as connection:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)   # what is spliced ends when both sides have
            send_and_hear(connection, b"")
    assert daemon.running and http_get(lab, ORIGIN).status == 200


def test_a_broken_answer_of_the_origin_is_not_passed_on_as_a_good_one(lab, weir):
    daemon = weir()
    for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", b"noise\r\n\r\n",
                   b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            server = origin.accept()
            server.recv(4096)
            server.sendall(answer)
            server.close()
            heard = send_and_hear(client, b"")
            assert b"hello!" not in heard and not heard.endswith(b"0\r\n\r\n")
    ends = {row["name"]: row["count"] for row in daemon.ask("reasons")["close"]}
    assert ends["response_malformed"] + ends["framing_ambiguous"] + ends["body_malformed"] == 3, ends
    assert http_get(lab, ORIGIN).status == 200


def test_a_truncated_answer_looks_truncated(lab, weir):
    daemon = weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        server = origin.accept()
        server.recv(4096)
        server.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        server.close()
        assert not send_and_hear(client, b"").endswith(b"0\r\n\r\n")
    assert daemon.line(host="a.example")["reason"] == "response_truncated"
