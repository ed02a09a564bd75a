"""floor = "splice": every judged connection goes through the daemon, those of `pass` rules included."""
from lab import Tls
from lab.namespaces import CLIENT, CLIENT6, ORIGIN

PASS = '[[rule]]\nname = "trusted"\nhost = [".allowed.example"]\naction = "pass"\n'


def test_tls_is_spliced_from_the_first_packet(lab, weir, authority, origin):
    daemon = weir(PASS, gateway='floor = "splice"')
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert tls.issuer() == "Lab authority"
        assert (CLIENT6 if ":" in origin else CLIENT) in tls.get("allowed.example")
    line = daemon.line(depth="splice")
    assert line["host"] == "allowed.example" and line["rule"] == "trusted"
    assert daemon.wire()["steered"] == 1 and daemon.wire()["passed_hello"] == 0


def test_many_connections_and_much_data(lab, weir, authority):
    content = lab.nginx.file("splice", 5_000_000)
    weir(gateway='floor = "splice"')
    for _ in range(5):
        with lab.connect(ORIGIN, 443) as connection:
            tls = Tls(connection, "allowed.example", authority).handshake()
            tls.tls.write(b"GET /files/splice HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n")
            got = bytearray()
            while len(got) < len(content) and (more := tls._drive(lambda: tls.tls.read(1 << 16))):
                got += more
            assert bytes(got).partition(b"\r\n\r\n")[2] == content[:len(got) - got.index(b"\r\n\r\n") - 4]
