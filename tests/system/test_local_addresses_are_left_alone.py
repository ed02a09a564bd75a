"""The gateway's own servers on the judged ports (an admin page, say) are not Weir's business."""
import socket

import pytest

from lab import Listener
from lab.client import read_exactly
from lab.namespaces import GATEWAY, GATEWAY6, GATEWAY_WAN, GATEWAY_WAN6


class OwnServer(Listener):
    """As an origin's listener, but in the gateway's namespace."""

    def __init__(self, lab, port, address):
        super().__init__(_AtGateway(lab), port, address)


class _AtGateway:
    def __init__(self, lab):
        self.lab, self.origin = lab, lab.gateway

    def socket(self, namespace, family=socket.AF_INET):
        return self.lab.socket(namespace, family)


@pytest.mark.parametrize("floor", ["pass", "splice"])
@pytest.mark.parametrize("port", [80, 443])
@pytest.mark.parametrize("address", [GATEWAY, GATEWAY6, GATEWAY_WAN, GATEWAY_WAN6])
def test_own_server_answers(lab, weir, address, port, floor):
    daemon = weir(gateway=f'floor = "{floor}"')
    with OwnServer(lab, port, address) as own, lab.connect(address, port) as client:
        server = own.accept()
        client.sendall(b"anything at all")
        assert read_exactly(server, 15) == b"anything at all"
        server.sendall(b"welcome")
        assert read_exactly(client, 7) == b"welcome"
    wire = daemon.wire()
    assert wire["local"] > 0 and wire["steered"] == wire["watched"] == 0


def test_an_address_added_later_is_known(lab, weir):
    daemon = weir()
    lab.run(lab.gateway, "ip", "address", "add", "10.91.0.99/32", "dev", "lan0")
    try:
        from lab.gateway import wait_for

        def answered():
            with OwnServer(lab, 80, "10.91.0.99") as own, lab.connect("10.91.0.99", 80) as client:
                client.sendall(b"?")
                own.socket.settimeout(0.3)
                try:
                    return read_exactly(own.accept(), 1) == b"?"
                except TimeoutError:
                    return False
        wait_for("the new address to be left alone", answered)
    finally:
        lab.run(lab.gateway, "ip", "address", "del", "10.91.0.99/32", "dev", "lan0")
    assert daemon.running
