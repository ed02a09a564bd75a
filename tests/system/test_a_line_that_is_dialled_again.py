"""An uplink that goes and comes back under its name, with another index and address, as PPPoE does: served on, at once."""
import socket

import pytest

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from lab.ppp import Line
from rules import BLOCK

FIRST, SECOND = "10.94.0.1", "10.94.0.7"
HIDE = """
    table inet line {
      chain out {
        type nat hook postrouting priority srcnat
        oifname "ppp0" masquerade
      }
    }"""


def index(lab):
    return lab.within(lab.gateway, lambda: socket.if_nametoindex("ppp0"))


def dial(lab, line, address):
    line.dial(address)
    lab.run(lab.gateway, "ip", "route", "replace", "default", "dev", "ppp0")
    lab.run(lab.gateway, "ip", "route", "replace", f"{ORIGIN}/32", "dev", "ppp0")


@pytest.fixture
def line(lab):
    made = Line(lab)
    lab.nft(lab.gateway, HIDE)
    dial(lab, made, FIRST)
    yield made
    made.close()
    lab.nft(lab.gateway, "delete table inet line")


def judged(lab, authority, address):
    """Every depth, and the gateway's address as the origin sees it."""
    assert address in http_get(lab, ORIGIN, "allowed.example").text
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    with lab.connect(ORIGIN, 443) as connection:
        assert address in Tls(connection, "allowed.example", authority).handshake().get("allowed.example")
    with lab.connect(ORIGIN, 443) as connection, pytest.raises(OSError, match="ACCESS_DENIED"):
        Tls(connection, "blocked.example", authority).handshake()


@pytest.mark.parametrize("wan", ['"auto"', '["ppp0"]'])
def test_judged_again_with_the_new_address(lab, authority, line, weir, wan):
    daemon = weir(BLOCK, gateway=f"wan = {wan}")
    judged(lab, authority, FIRST)
    before = index(lab)
    for address in (SECOND, FIRST):   # the last one as it was before Weir came
        line.hang_up()
        dial(lab, line, address)
        assert index(lab) != before
        counted = daemon.wire()["passed_hello"]
        wait_for("the new line to be served", lambda: answers(lab, address))
        judged(lab, authority, address)
        assert daemon.wire()["passed_hello"] > counted


def answers(lab, address):
    try:
        # What goes out before Weir has heard of the change is lost with the old address: not to be waited for.
        return address in http_get(lab, ORIGIN, "allowed.example", timeout=0.5).text
    except OSError:
        return False
