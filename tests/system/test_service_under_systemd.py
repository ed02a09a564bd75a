"""The shipped units, started by the real systemd: as a user of its own, with its few capabilities, inside its sandbox."""
import re
import time

import pytest

from lab import Footprint, Listener, Tls, http_get
from lab.gateway import wait_for
from lab.machine import Machine
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

CONFIG = f"""
[gateway]
lan = ["lan0"]
wan = ["wan0"]
on_failure = "closed"
quic = "reject"
[limits]
drain = "1s"
{BLOCK}
"""
PREPARE = """
install -m 755 $BINARIES/weir usr/sbin/weir
install -m 755 $BINARIES/proxyctl usr/bin/proxyctl
cp $TREE/systemd/weir.service $TREE/systemd/weir-setup.service run/units/
mkdir -p run/units/multi-user.target.wants run/units/weir.service.d etc/weir
ln -s ../weir.service run/units/multi-user.target.wants/weir.service
printf '[Service]\\nStandardOutput=append:/var/weir.out\\nStandardError=append:/var/weir.out\\n' > run/units/weir.service.d/log.conf
cp mnt/weir.toml etc/weir/weir.toml
systemd-sysusers --root=$PWD $TREE/systemd/weir.sysusers
"""


@pytest.fixture
def machine(lab, tmp_path):
    made = Machine(lab, tmp_path, PREPARE)
    with open(f"{made.given}/weir.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG)
    before = Footprint.of(lab, lab.gateway)
    made.boot()
    yield made
    made.run("systemctl", "stop", "weir.service", check=False)
    made.wait_for_state("weir-setup.service", "inactive")
    left = before.differences(Footprint.of(lab, lab.gateway))
    made.close()
    assert not left, "left behind: " + "; ".join(left)


def test_it_does_its_work_as_nobody_in_particular(lab, machine, authority):
    machine.wait_for_state("weir.service", "active")
    state = machine.show("weir.service", "MainPID", "StatusText", "NRestarts")
    assert state["StatusText"].startswith("running, config ")
    with open(f"/proc/{machine.init}/root/proc/{state['MainPID']}/status", encoding="ascii") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines())
    assert status["Uid"].split()[0] != "0" and status["NoNewPrivs"].strip() == "1"
    capabilities = (1 << 12) | (1 << 39) | (1 << 38) | (1 << 10)   # NET_ADMIN, BPF, PERFMON, NET_BIND_SERVICE
    assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == capabilities

    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    assert CLIENT in http_get(lab, ORIGIN, "allowed.example").text
    with lab.connect(ORIGIN, 443) as connection:
        assert CLIENT in Tls(connection, "allowed.example", authority).handshake().get("allowed.example")
    with lab.connect(ORIGIN, 443) as connection, pytest.raises(OSError, match="ACCESS_DENIED"):
        Tls(connection, "blocked.example", authority).handshake()
    with Listener(lab) as origin, lab.connect(origin.address, 80, source=CLIENT, source_port=601) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
        origin.accept()
        assert origin.peer == (CLIENT, 601)   # a port that is reserved for root

    machine.run("systemctl", "reload", "weir.service")
    machine.run("sh", "-c", "echo '[oops]' >> /etc/weir/weir.toml")
    with pytest.raises(RuntimeError):
        machine.run("systemctl", "reload", "weir.service")
    wait_for("systemctl status to say so", lambda: "refused" in machine.show("weir.service", "StatusText")["StatusText"])
    state = machine.show("weir.service", "ActiveState", "NRestarts")
    assert state["ActiveState"] == "active" and state["NRestarts"] == "0"
    assert not re.search(r"\d error |Sanitizer", machine.run("cat", "/var/weir.out"))


def test_it_is_closed_from_before_the_network_until_it_is_stopped(lab, machine):
    machine.wait_for_state("weir.service", "active")
    order = machine.show("weir-setup.service", "Before", "After")
    assert "network-pre.target" in order["Before"] and "nftables.service" in order["After"]
    main = int(machine.show("weir.service", "MainPID")["MainPID"])
    machine.run("kill", "-KILL", str(main))
    machine.wait_for_state("weir.service", "active")
    wait_for("another process", lambda: machine.show("weir.service", "MainPID")["MainPID"] not in ("0", str(main)))
    assert http_get(lab, ORIGIN, "blocked.example").status == 403

    machine.run("systemctl", "restart", "weir.service")   # and with it the preparation
    assert machine.show("weir-setup.service", "ActiveState")["ActiveState"] == "active"
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    assert not re.search(r"weir\S*\.service.*(?i:ignor|unknown|failed)", machine.said()), machine.said()

    machine.run("systemctl", "kill", "--signal=STOP", "weir.service")
    time.sleep(0.5)   # the promise itself: stale after 300 ms
    with pytest.raises(OSError):
        lab.connect(ORIGIN, 80, timeout=1).close()
    machine.run("systemctl", "kill", "--signal=CONT", "weir.service")
    machine.run("systemctl", "stop", "weir.service")
    assert CLIENT in http_get(lab, ORIGIN, "blocked.example").text
    machine.wait_for_state("weir-setup.service", "inactive")
