"""On a gateway that hides its clients (NAT), everything works, with its own address and with spoofed ones."""
import ssl

import pytest

from lab import Tls, http_get
from lab.namespaces import GATEWAY_WAN, GATEWAY_WAN6
from rules import BLOCK


@pytest.fixture(scope="module", autouse=True)
def masquerade(lab):
    lab.masquerade()


def address_of_gateway(origin):
    return GATEWAY_WAN6 if ":" in origin else GATEWAY_WAN


@pytest.mark.parametrize("source", ["auto", "gateway", "client"])
def test_http(lab, weir, origin, source):
    daemon = weir(BLOCK, gateway=f'source = "{source}"')
    for _ in range(3):
        assert f"service, {address_of_gateway(origin)} port" in http_get(lab, origin).text
    assert http_get(lab, origin, "blocked.example").status == 403
    daemon.line(depth="serve", host="allowed.example")
    dials = daemon.status()["dials"]
    if source == "client":
        assert dials["same_port"] + dials["other_port"] >= 1 and dials["gateway"] == 0
    else:
        assert dials["gateway"] >= 1 and dials["same_port"] == dials["other_port"] == 0


@pytest.mark.parametrize("source", ["auto", "client"])
def test_spliced_from_the_first_packet(lab, weir, authority, origin, source):
    weir(BLOCK, gateway=f'source = "{source}"\nfloor = "splice"')
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert address_of_gateway(origin) in tls.get("allowed.example")


def test_tls_on_the_wire(lab, weir, authority, origin):
    daemon = weir(BLOCK)
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert address_of_gateway(origin) in tls.get("allowed.example")
    assert daemon.wire()["passed_hello"] == 1


@pytest.mark.parametrize("name", ["allowed.example", "blocked.example"])
def test_takeover(lab, weir, authority, origin, name):
    """The taken-over half towards the origin continues the NAT mapping of the live connection."""
    daemon = weir(BLOCK)
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, name, authority)
        hello = tls.first[:3] + (100).to_bytes(2, "big") + tls.first[5:105]
        hello += tls.first[:3] + (len(tls.first) - 105).to_bytes(2, "big") + tls.first[105:]
        connection.sendall(hello)
        if name == "blocked.example":
            with pytest.raises(ssl.SSLError, match="(?i)alert"):
                tls.finish()
        else:
            assert address_of_gateway(origin) in tls.finish().get(name)
    assert daemon.line(host=name)["depth"] in ("splice", "inspect")
    assert sum(n for r, n in daemon.wire().items() if r.startswith("taken_")) == 1
