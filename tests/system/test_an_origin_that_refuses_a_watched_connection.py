"""A connection whose hello is still awaited is a record like any other when its origin refuses it; the reset of a
firewall on the gateway itself is not the origin's."""
import pytest

from lab import Listener
from lab.client import is_reset, reset
from lab.namespaces import OTHER, OTHER6
from rules import BLOCK
from watching import ask, samples


def refused(lab, address):
    with pytest.raises(ConnectionRefusedError):
        lab.connect(address, 443)


def test_it_is_told_to_log_flows_and_metrics(lab, weir):
    daemon = weir(BLOCK)
    for address in OTHER, OTHER6:
        refused(lab, address)
        line = daemon.line(dst=address)
        assert line["reason"] == "origin_refused" and line["depth"] == "inspect" and "host" not in line, line
        assert line["bytes_in"] == line["bytes_out"] == 0
    failed = daemon.proxyctl("flows", "--failed")[1]
    assert failed.count("the origin refused the connection\n") == 2, failed
    endings = samples(ask(lab, "/metrics")[2])
    assert endings['weir_endings_total{reason="origin_refused",failure="yes"}'] == 2, endings


def test_one_that_accepts_and_then_resets_is_told_as_such(lab, weir):
    daemon = weir(BLOCK)
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        reset(origin.accept())
        assert is_reset(client)
    line = daemon.line(dst=OTHER)
    assert line["reason"] == "origin_reset" and line["depth"] == "inspect", line
    assert daemon.ends()["origin_reset"] == 1


def test_a_reset_that_the_gateway_made_is_not_the_origins(lab, weir):
    daemon = weir(BLOCK)
    lab.nft(lab.gateway, """table inet firewall {
        chain forward {
            type filter hook forward priority 0;
            tcp dport 443 reject with tcp reset
        }
    }""")
    try:
        refused(lab, OTHER)
    finally:
        lab.nft(lab.gateway, "delete table inet firewall")
    refused(lab, OTHER6)
    daemon.line(dst=OTHER6)
    assert len(daemon.lines()) == 1, daemon.lines()
