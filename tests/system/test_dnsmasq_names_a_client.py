"""The whole way of a name: a DHCP client says what it is called, dnsmasq gives it a lease, and the rule by that name holds
for whatever address the device has."""
import subprocess

import pytest

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN, ORIGIN6

DEVICE = "02:00:5e:10:00:07"
RULES = """
[[group]]
name = "kids"
clients = ["tablet-7"]
[[rule]]
name = "kids"
client = ["@kids"]
host = [".blocked.example"]
action = "block"
"""
# What the DHCP client runs when it has a lease.
SCRIPT = """#!/bin/sh
[ "$1" = bound ] && ip address add "$ip/24" dev "$interface" && echo "$ip" > ADDRESS
exit 0
"""


@pytest.fixture
def leases(lab, tmp_path):
    """The lease file of a dnsmasq that serves the clients' network."""
    file = tmp_path / "dnsmasq.leases"
    server = lab.spawn(lab.gateway, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root",
                       "--interface=lan0", "--bind-interfaces", "--dhcp-authoritative", "--no-ping",
                       "--dhcp-range=10.91.0.100,10.91.0.150,1h", f"--dhcp-leasefile={file}", "--pid-file",
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.become(DEVICE)
    yield file
    server.kill()
    server.wait()
    lab.become("02:00:5e:10:00:ff")


def test_a_lease_makes_the_rule_hold(lab, weir, leases, tmp_path):
    daemon = weir(RULES + f'[clients]\nnames = ["{leases}"]\n')
    assert http_get(lab, ORIGIN, "blocked.example").status == 200
    script, address = tmp_path / "bound", tmp_path / "address"
    script.write_text(SCRIPT.replace("ADDRESS", str(address)))
    script.chmod(0o755)
    lab.run(lab.client, "busybox", "udhcpc", "-i", "cli0", "-x", "hostname:Tablet-7", "-s", str(script), "-n", "-q", "-f",
            "-t", "10", "-T", "1")
    leased = address.read_text().strip()

    def blocked(origin, source=None):
        return http_get(lab, origin, "blocked.example", source=source).status == 403

    wait_for("the rule to know the device", lambda: blocked(ORIGIN, leased))
    assert blocked(ORIGIN6) and blocked(ORIGIN, "10.91.0.3"), "the device, whatever its address"
    assert http_get(lab, ORIGIN, "allowed.example", source=leased).status == 200
    line = daemon.line(client=leased, action="block")
    assert line["client_name"] == "tablet-7" and line["mac"] == DEVICE
    seen = daemon.ask("clients")["clients"]
    assert [(client["name"], client["groups"]) for client in seen] == [("tablet-7", ["kids"])]
    lab.run(lab.client, "ip", "address", "del", f"{leased}/24", "dev", "cli0")
