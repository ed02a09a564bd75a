"""A name in a rule means the addresses and the device that leases and hosts files give it now, and whoever takes it later
does not gain by it."""
import os
import time

import pytest

from lab import http_get
from lab.gateway import check, wait_for
from lab.namespaces import ORIGIN, ORIGIN6

TABLET, PHONE = "02:00:5e:10:00:01", "02:00:5e:10:00:02"
RULES = """
[[rule]]
name = "tablet"
client = ["tablet-1"]
host = [".blocked.example"]
action = "block"
"""


def lease(mac, address, name):
    return f"{int(time.time()) + 3600} {mac} {address} {name} *\n"


def put(path, text):
    """As a whole: half a file is not what is tested here."""
    path.with_suffix(".new").write_text(text)
    os.replace(path.with_suffix(".new"), path)


def status_of(lab, origin=ORIGIN):
    return http_get(lab, origin, "blocked.example").status


@pytest.fixture
def leases(lab, tmp_path):
    lab.become(TABLET)
    yield tmp_path / "leases"
    lab.become("02:00:5e:10:00:ff")


def test_rules_follow_the_leases(lab, weir, leases):
    daemon = weir(RULES + f'[clients]\nnames = ["{leases}"]\n')
    assert status_of(lab) == 200
    assert daemon.status()["policy"]["unknown_devices"] == ["tablet-1"]

    put(leases, lease(TABLET, "10.91.0.2", "Tablet-1"))
    wait_for("the rule to know the tablet", lambda: status_of(lab) == 403)
    assert status_of(lab, ORIGIN6) == 403, "its IPv6 address is no part of the lease, but the device is"
    assert daemon.status()["policy"]["unknown_devices"] == []
    assert daemon.line(action="block", client="10.91.0.2")["client_name"] == "tablet-1"
    assert {flow["client_name"] for flow in daemon.ask("flows", "--client", "tablet-1")["flows"]} == {"tablet-1"}
    assert daemon.ask("clients")["clients"][0]["name"] == "tablet-1"
    daemon.line(dst=ORIGIN6)
    asked, = daemon.ask("who", "blocked.example")["clients"]
    assert asked["name"] == "tablet-1" and asked["mac"] == TABLET and len(asked["addresses"]) == 2
    assert daemon.ask("explain", "--client", "tablet-1", "--host", "blocked.example")["action"] == "block"

    put(leases, lease(PHONE, "10.91.0.3", "tablet-1") + lease(TABLET, "10.91.0.2", "*"))
    wait_for("the second claim to be told", lambda: daemon.ask("clients")["troubles"])
    assert status_of(lab) == 403, "the newcomer did not take the name, and the tablet is not rid of it"


def test_a_hosts_file_is_the_operators_word(lab, weir, leases, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("10.91.0.2 tablet-1 tablet\n")
    put(leases, lease(PHONE, "10.91.0.3", "tablet-1"))
    daemon = weir(RULES + f'[clients]\nnames = ["{leases}", "{hosts}"]\n')
    assert status_of(lab) == 403
    assert daemon.ask("flows", "--client", "tablet")["flows"], "by its other name"
    assert http_get(lab, ORIGIN, "blocked.example", source="10.91.0.3").status == 200
    assert "hosts file" in daemon.ask("clients")["troubles"][0]["trouble"]


def test_check_tells_what_a_name_is_worth(leases, tmp_path):
    text = f'[gateway]\nlan = ["lan0"]\nquic = "reject"\n[clients]\nnames = ["{leases}"]\n{RULES}'
    status, said = check(text, tmp_path)
    assert status == 0 and "no device is called" in said and "there is no such file now" in said
    put(leases, lease(TABLET, "10.91.0.2", "tablet-1"))
    status, said = check(text, tmp_path)
    assert status == 0 and "by its lease alone" in said and TABLET in said
