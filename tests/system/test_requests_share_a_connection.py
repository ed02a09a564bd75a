"""Persistent connections on both sides, pipelining, and each answer to its own request."""
from lab import Listener, read_all, read_until
from lab.client import read_exactly
from lab.namespaces import ORIGIN
from rules import BLOCK


def request(host, path="/", more=""):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def test_pipelined_answers_come_in_order(lab, weir):
    weir(BLOCK)
    names = [f"n{number}.example" for number in range(40)]
    with lab.connect(ORIGIN, 80) as client:
        client.sendall(b"".join(request(name) for name in names) + request("last.example", more="Connection: close\r\n"))
        got = read_all(client).decode()
    places = [got.index(f"{name} at your service") for name in names + ["last.example"]]
    assert places == sorted(places) and got.count("HTTP/1.1 200") == 41


def test_a_blocked_request_among_allowed_ones(lab, weir):
    daemon = weir(BLOCK)
    with lab.connect(ORIGIN, 80) as client:
        client.sendall(request("allowed.example"))
        assert b"at your service" in read_until(client, b"\n", 4096) or b"200" in client.recv(4096)
        client.sendall(request("blocked.example"))
        assert b"403" in read_until(client, b"no ads")
    assert daemon.line(host="blocked.example")["action"] == "block"


def test_origin_connection_is_used_again(lab, weir):
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        server = None
        for number in range(3):
            client.sendall(request("a.example", f"/{number}"))
            server = server or origin.accept()
            assert f"GET /{number} ".encode() in read_until(server, b"\r\n\r\n")
            server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
            assert read_until(client, b"\r\n\r\n%d" % number)
        assert origin.nobody_came(0.1)


def test_answers_without_a_body(lab, weir):
    """RFC 9112 §6.3: HEAD, 204 and 304 end with their head, whatever lengths they announce."""
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        server = None
        for method, answer in (("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
                               ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
                               ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
                               ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend")):
            client.sendall(f"{method} / HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
            server = server or origin.accept()
            read_until(server, b"\r\n\r\n")
            server.sendall(answer)
            assert read_until(client, b"\r\n\r\n").startswith(answer.split(b"\r\n")[0])
        assert read_exactly(client, 3) == b"end" if b"end" not in answer else True


def test_chunked_both_ways_with_trailers(lab, weir):
    weir()
    body = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        server = origin.accept()
        got = read_until(server, b"0\r\n")
        assert b"hello" in got and b" world" in got
        server.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nback\r\n0\r\n\r\n")
        assert b"back" in read_until(client, b"0\r\n\r\n")


def test_an_answer_that_ends_with_the_connection(lab, weir):
    weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
        server = origin.accept()
        read_until(server, b"\r\n\r\n")
        server.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000)
        server.close()
        assert read_all(client).endswith(b"\r\n\r\n" + b"x" * 100_000)
