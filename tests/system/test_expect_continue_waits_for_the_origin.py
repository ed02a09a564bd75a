"""RFC 9110 §10.1.1: the origin, not the gateway, says whether a body is wanted."""
from lab import Listener, read_until
from lab.client import read_exactly

HEAD = b"PUT /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"


def test_continue(lab, weir):
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(HEAD)
        server = origin.accept()
        assert b"expect: 100-continue" in read_until(server, b"\r\n\r\n").lower()
        server.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        client.sendall(b"body")
        assert read_exactly(server, 4) == b"body"
        server.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 201 ")


def test_refusal(lab, weir):
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(HEAD)
        server = origin.accept()
        read_until(server, b"\r\n\r\n")
        server.sendall(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        assert read_until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 417 ")


def test_other_interim_answers_pass(lab, weir):
    """RFC 9110 §15.2: any number of 1xx may come before the answer."""
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        server = origin.accept()
        read_until(server, b"\r\n\r\n")
        server.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        got = read_until(client, b"\r\n\r\nok")
        assert got.startswith(b"HTTP/1.1 103 ") and b"Link: </a.css>" in got and b"HTTP/1.1 200 OK" in got
