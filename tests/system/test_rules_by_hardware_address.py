"""A rule by hardware address meets the device whatever addresses it has, in both families, on the wire and in the daemon;
its on_failure holds by the device as well."""
import ssl

import pytest

from lab import Tls, http_get
from lab.gateway import check
from lab.namespaces import CLIENT, CLIENT6, ORIGIN, ORIGIN6

TABLET, PHONE = "02:00:5e:10:00:01", "02:00:5e:10:00:02"
RULES = f"""
[[group]]
name = "kids"
clients = ["{TABLET}", "10.91.0.4"]
[[rule]]
name = "kids, but not from here"
client = ["@kids", "!10.91.0.5"]
host = [".blocked.example"]
action = "block"
"""


@pytest.fixture(autouse=True)
def own_address(lab):
    yield
    lab.become("02:00:5e:10:00:ff")


def tls_is_blocked(lab, authority, origin, source=None):
    with lab.connect(origin, 443, source=source) as connection:
        try:
            Tls(connection, "blocked.example", authority).handshake()
            return False
        except ssl.SSLError as error:
            assert "alert" in str(error).lower()
            return True


def test_the_device_is_met_at_any_address(lab, weir, authority):
    daemon = weir(RULES)
    expected = [  # device, source, whether it is blocked
        (TABLET, CLIENT, True), (TABLET, "10.91.0.5", False), (TABLET, CLIENT6, True), (TABLET, "fd91::3", True),
        (PHONE, CLIENT, False), (PHONE, "10.91.0.4", True), (PHONE, CLIENT6, False),
    ]
    device = None
    for mac, source, blocked in expected:
        if mac != device:
            lab.become(device := mac)
        origin = ORIGIN6 if ":" in source else ORIGIN
        answer = http_get(lab, origin, "blocked.example", source=source)
        assert answer.status == (403 if blocked else 200), (mac, source)
        assert tls_is_blocked(lab, authority, origin, source) == blocked, (mac, source)
    blocked = sum(row[2] for row in expected)
    assert daemon.wire()["taken_block"] == blocked and daemon.wire()["passed_syn"] == len(expected) - blocked
    for mac, source, was in expected:
        for port in (80, 443):
            daemon.line(client=source, dst_port=port, action="block" if was else "allow", mac=mac)
    lab.become(TABLET)
    assert http_get(lab, ORIGIN, "blocked.example", source=CLIENT).status == 403   # what a device is asked at: its latest
    told = daemon.ask("explain", "--client", TABLET, "--host", "blocked.example")
    assert told["action"] == "block" and told["mac"] == TABLET
    assert {flow["mac"] for flow in daemon.ask("flows", "--client", PHONE)["flows"]} == {PHONE}

    seen = {line["mac"]: line for line in daemon.ask("clients")["clients"]}
    assert set(seen) == {TABLET, PHONE}, "all addresses of a device are one client"
    assert set(seen[TABLET]["addresses"]) == {CLIENT, "10.91.0.5", CLIENT6, "fd91::3"}
    assert seen[TABLET]["groups"] == ["kids"]
    assert seen[TABLET]["refused"] == 7 and seen[TABLET]["connections"] == 0 and seen[PHONE]["refused"] == 2


def test_a_crash_refuses_the_device_that_is_closed(lab, weir):
    def passes():
        try:
            lab.connect(ORIGIN, 80, timeout=0.4).close()
            return True
        except OSError:
            return False

    daemon = weir(f'[[group]]\nname = "kids"\nclients = ["{TABLET}"]\non_failure = "closed"')
    daemon.kill()
    lab.become(TABLET)
    assert not passes()
    lab.become(PHONE)
    assert passes()
    daemon.start()


def test_interfaces_without_hardware_addresses_are_a_mistake(lab, tmp_path):
    """Loopback stands in for ppp and tunnels, whose frames bear none either."""
    text = f'[gateway]\nlan = ["LAN"]\nquic = "reject"\n{RULES}'
    status, said = check(text.replace("LAN", "lo"), tmp_path)
    assert status == 1 and "bear no hardware address" in said
    status, said = check(text.replace('"LAN"', '"lo", "not-there-yet"'), tmp_path)
    assert status == 0 and "bear no hardware address" in said
