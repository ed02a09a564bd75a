"""An interface that does not exist yet is served when it appears, and when it comes again: plain, a bridge, or stacked."""
import contextlib

import pytest

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

CLIENT = "10.93.0.2"


@contextlib.contextmanager
def second_lan(lab, kind):
    """A second network of clients, 10.93.0.0/24, on the gateway's interface late0 of this kind."""
    port, end = "late0" if kind == "veth" else "port0", "cli1"
    lab.run(lab.gateway, "ip", "link", "add", port, "type", "veth", "peer", "name", end, "netns", lab.client)
    if kind == "bridge":
        lab.run(lab.gateway, "ip", "link", "add", "late0", "type", "bridge")
        lab.run(lab.gateway, "ip", "link", "set", port, "master", "late0")
    if kind == "macvlan":
        lab.run(lab.gateway, "ip", "link", "add", "link", port, "name", "late0", "type", "macvlan", "mode", "bridge")
        lab.run(lab.gateway, "ip", "link", "set", port, "arp", "off")   # else both answer for the address, each with its own
    for namespace, links in ((lab.gateway, {port, "late0"}), (lab.client, {end})):
        for link in links:
            lab.run(namespace, "ip", "link", "set", link, "up")
    lab.run(lab.gateway, "ip", "address", "add", "10.93.0.1/24", "dev", "late0")
    lab.run(lab.client, "ip", "address", "add", f"{CLIENT}/24", "dev", end)
    lab.run(lab.client, "ip", "rule", "add", "from", CLIENT, "lookup", "93")
    wait_for("the link", lambda: "state UP" in lab.run(lab.client, "ip", "link", "show", end))
    lab.run(lab.client, "ip", "route", "add", "default", "via", "10.93.0.1", "dev", end, "table", "93")
    try:
        yield
    finally:
        lab.run(lab.client, "ip", "rule", "del", "lookup", "93", check=False)
        if kind != "veth":
            lab.run(lab.gateway, "ip", "link", "del", "late0")
        lab.run(lab.gateway, "ip", "link", "del", port)


@pytest.mark.parametrize("kind", ["veth", "bridge", "macvlan"])
def test_served_when_it_appears(lab, weir, authority, kind):
    daemon = weir(BLOCK, gateway='lan = ["lan0", "late0"]')
    for times in range(2):   # the second one has another index, and is served as well
        with second_lan(lab, kind):
            wait_for("clients on the new interface to be judged",
                     lambda: http_get(lab, ORIGIN, "blocked.example", source=CLIENT).status == 403)
            with lab.connect(ORIGIN, 443, source=CLIENT) as connection:
                assert CLIENT in Tls(connection, "allowed.example", authority).handshake().get("allowed.example")
            wait_for("it to be announced", lambda: len([line for line in daemon.lines() if line["client"] == CLIENT
                                                        and line["depth"] == "inspect"]) > times)
    assert daemon.line(client=CLIENT, depth="inspect")["host"] == "allowed.example"
    assert http_get(lab, ORIGIN, "blocked.example").status == 403   # the other one never noticed
