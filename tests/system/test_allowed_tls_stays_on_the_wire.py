"""An allowed TLS connection is never touched by the daemon: its first bytes are read as they pass."""
from lab import Tls
from lab.namespaces import CLIENT, CLIENT6, ORIGIN
from rules import BLOCK


def test_origins_own_certificate_and_no_work_for_the_daemon(lab, weir, authority, origin):
    daemon = weir(BLOCK)
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert tls.issuer() == "Lab authority"
        assert (CLIENT6 if ":" in origin else CLIENT) in tls.get("allowed.example")
    line = daemon.line(depth="inspect")
    assert line["host"] == "allowed.example" and line["action"] == "allow" and line["dst_port"] == 443
    wire, counted = daemon.wire(), daemon.status()["connections"]
    assert wire["passed_hello"] == 1 and wire["steered"] == 0
    assert sum(count for reason, count in wire.items() if reason.startswith("taken_")) == 0
    assert counted["inspect"] == 1 and counted["splice"] == counted["serve"] == 0


def test_bytes_of_a_passing_flow_are_accounted(lab, weir, authority):
    content = lab.nginx.file("large", 3_000_000)
    daemon = weir(BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert len(tls.get("allowed.example", "/files/large")) > len(content) // 2
    line = daemon.line(depth="inspect", host="allowed.example")
    assert line["bytes_out"] > len(content) and 500 < line["bytes_in"] < 100_000


def test_a_rule_that_needs_no_name_passes_at_the_syn(lab, weir, authority):
    daemon = weir('[[rule]]\nname = "trusted"\nclient = ["10.91.0.2", "fd91::/64"]\naction = "pass"\n' + BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        assert Tls(connection, "blocked.example", authority).handshake().issuer() == "Lab authority"
    assert daemon.line(depth="pass")["rule"] == "trusted"
    assert daemon.wire()["passed_syn"] >= 1 and daemon.wire()["watched"] == 0
