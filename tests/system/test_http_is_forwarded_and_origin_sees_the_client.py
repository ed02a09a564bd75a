"""A request on port 80 goes through the daemon, and the origin sees the client's own address."""
from lab import http_get
from lab.namespaces import CLIENT, CLIENT6


def test_origin_sees_the_client(lab, weir, origin):
    daemon = weir()
    client = CLIENT6 if ":" in origin else CLIENT
    answer = http_get(lab, origin, "allowed.example", "/page?secret=1")
    assert answer.status == 200
    assert f"allowed.example at your service, {client} port" in answer.text
    line = daemon.line(host="allowed.example", depth="serve")
    assert line["client"] == client and line["dst"] == origin and line["dst_port"] == 80
    assert (line["method"], line["url"], line["status"]) == ("GET", "http://allowed.example/page", 200)
    assert line["action"] == "allow" and "rule" not in line and line["reason"] in ("done", "client_closed", "origin_closed")
    assert daemon.wire()["steered"] == 1


def test_a_head_is_forwarded_byte_for_byte_but_for_hop_by_hop_fields(lab, weir):
    from lab import Listener, read_until
    with Listener(lab) as origin:
        weir()
        with lab.connect(origin.address, 80) as client:
            client.sendall(b"GET /A%20b?q HTTP/1.1\r\nhOsT: Other.Example\r\nX-B: 2\r\nx-a:  1 \r\nConnection: x-gone\r\n"
                           b"X-Gone: y\r\nX-B: 3\r\nKeep-Alive: 5\r\n\r\n")
            server = origin.accept()
            head = read_until(server, b"\r\n\r\n")
            fields = [line for line in head.split(b"\r\n")[1:] if line]
            assert head.startswith(b"GET /A%20b?q HTTP/1.1\r\n")
            kept = [f for f in fields if not f.lower().startswith(b"connection")]
            assert [f.split(b":")[0] for f in kept] == [b"hOsT", b"X-B", b"x-a", b"X-B"]
            assert b"hOsT: Other.Example" in kept and b"X-B: 3" in kept
            server.sendall(b"HTTP/1.1 299 Odd Phrase\r\nZ-Last: 1\r\nserver: mine\r\nContent-Length: 2\r\n\r\nok")
            got = read_until(client, b"ok")
            assert got.startswith(b"HTTP/1.1 299 Odd Phrase\r\nZ-Last: 1\r\nserver: mine\r\nContent-Length: 2\r\n")
            assert b"via" not in got.lower() and b"x-forwarded" not in head.lower()
