"""action = "reset": no page and no alert, the connection is cut."""
import pytest

from lab import Listener, Tls, http_get
from lab.namespaces import ORIGIN
from rules import RESET


def test_http(lab, weir, origin):
    daemon = weir(RESET)
    with pytest.raises(ConnectionResetError):
        http_get(lab, origin, "blocked.example")
    assert http_get(lab, origin, "allowed.example").status == 200
    assert daemon.line(action="reset")["reason"] == "blocked_reset"


@pytest.mark.parametrize("floor", ["pass", "splice"])
def test_tls(lab, weir, floor):
    daemon = weir(RESET, gateway=f'floor = "{floor}"')
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        with pytest.raises(ConnectionResetError):
            Tls(client, "blocked.example").handshake()
    assert daemon.line(action="reset", host="blocked.example")["rule"] == "no ads"


def test_a_rule_by_address_resets_at_the_syn(lab, weir):
    weir(f'[[rule]]\ndest = ["{ORIGIN}"]\nport = [443]\naction = "reset"\n')
    with pytest.raises((ConnectionResetError, ConnectionRefusedError)):
        with lab.connect(ORIGIN, 443) as client:
            Tls(client, "allowed.example").handshake()
    assert http_get(lab, ORIGIN).status == 200
