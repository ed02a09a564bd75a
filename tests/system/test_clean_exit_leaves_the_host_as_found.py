"""SIGTERM removes every rule, route, table, program and setting that Weir added, and nothing else."""
from lab import Footprint, Listener, Tls, client_hello, http_get
from lab.client import read_exactly
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK


def test_host_is_as_found(lab, weir, authority, origin):
    daemon = weir(BLOCK, gateway='on_failure = "closed"\nquic = "reject"')
    during = daemon.before.differences(Footprint.of(lab, lab.gateway))
    assert any("ip rule" in found for found in during) and any("nft" in found for found in during), during
    http_get(lab, origin, "blocked.example")
    with lab.connect(origin, 443) as connection:
        Tls(connection, "allowed.example", authority).handshake()
    daemon.stop()   # asserts the rest
    assert CLIENT in http_get(lab, ORIGIN, "blocked.example").text


def test_what_others_set_meanwhile_stays_theirs(lab, weir):
    key = "net.ipv4.tcp_early_demux"
    before = lab.sysctl(lab.gateway, key)
    daemon = weir()
    assert lab.sysctl(lab.gateway, key) == "0"
    lab.nft(lab.gateway, "table inet somebody { }")
    lab.run(lab.gateway, "ip", "rule", "add", "fwmark", "0x77", "lookup", "77", "pref", "7777")
    try:
        daemon.before = Footprint.of(lab, lab.gateway)
        daemon.signal(15)
        assert daemon.process.wait(15) == 0
        assert "table inet somebody" in lab.run(lab.gateway, "nft", "list", "ruleset")
        assert "0x77" in lab.run(lab.gateway, "ip", "rule")
        assert lab.sysctl(lab.gateway, key) == before
    finally:
        lab.nft(lab.gateway, "delete table inet somebody")
        lab.run(lab.gateway, "ip", "rule", "del", "pref", "7777")


def test_flows_on_the_wire_survive_a_stop(lab, weir):
    hello = client_hello("allowed.example")
    with Listener(lab, 443) as listener:
        daemon = weir()
        with lab.connect(listener.address, 443) as client:
            client.sendall(hello)
            server = listener.accept()
            assert read_exactly(server, len(hello)) == hello
            daemon.stop()
            server.sendall(b"still here")
            assert read_exactly(client, 10) == b"still here"
