"""The Debian package on a machine that runs systemd: installed, upgraded, removed, purged."""
import subprocess

import pytest

from lab import Footprint, Listener, http_get
from lab.gateway import wait_for
from lab.machine import Machine

UNITS = """
for unit in weir weir-setup; do ln -s /lib/systemd/system/$unit.service run/units/$unit.service; done
mkdir -p run/units/weir.service.d
printf '[Service]\\nStandardOutput=append:/var/weir.out\\nStandardError=append:/var/weir.out\\n' > run/units/weir.service.d/log.conf
cp mnt/*.deb tmp/
rm -f usr/sbin/policy-rc.d   # on build machines it keeps services from being started
"""


def newer(package, directory):
    """The same package as the next version."""
    folder, path = f"{directory}/newer", f"{directory}/given/newer.deb"
    subprocess.run(["dpkg-deb", "-R", package, folder], check=True)
    subprocess.run(["sed", "-i", "s/^Version: .*/Version: 9.9.9/", f"{folder}/DEBIAN/control"], check=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder, path], check=True, stdout=subprocess.DEVNULL)
    return path


@pytest.fixture
def machine(lab, package, tmp_path):
    made = Machine(lab, tmp_path, UNITS)
    subprocess.run(["cp", package, f"{made.given}/weir.deb"], check=True)
    newer(package, tmp_path)
    made.boot()
    yield made
    made.close()


def dpkg(machine, *words):
    return machine.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--no-triggers", *words, timeout=120)


def test_the_life_of_the_package(lab, machine):
    before = Footprint.of(lab, lab.gateway)

    def exists(path):
        return machine.run("sh", "-c", f"[ -e {path} ] && echo yes || :").strip() == "yes"

    dpkg(machine, "-i", "/tmp/weir.deb")
    assert exists("/etc/systemd/system/multi-user.target.wants/weir.service")   # enabled,
    assert machine.show("weir.service", "ActiveState")["ActiveState"] == "inactive"   # but not started unasked
    assert "good" in machine.run("weir", "--check")
    assert "observe = true" in machine.run("cat", "/etc/weir/weir.toml")
    assert machine.run("stat", "-c", "%U %a", "/var/lib/weir", "/var/log/weir").split() == ["weir", "750"] * 2

    machine.run("sed", "-i", 's/br-lan/lan0/; s/observe = true/observe = false/', "/etc/weir/weir.toml")
    machine.run("sh", "-c", "printf '[[rule]]\\nhost = [\".blocked.example\"]\\naction = \"block\"\\n' >> /etc/weir/weir.toml")
    machine.run("systemctl", "start", "weir.service")
    with Listener(lab) as origin:
        assert http_get(lab, origin.address, "blocked.example").status == 403

        first = machine.show("weir.service", "MainPID")["MainPID"]
        dpkg(machine, "-i", "--force-confdef", "/tmp/newer.deb")   # the running one is replaced, the file is kept
        wait_for("the new one", lambda: machine.show("weir.service", "MainPID")["MainPID"] not in ("0", first))
        machine.wait_for_state("weir.service", "active")
        assert http_get(lab, origin.address, "blocked.example").status == 403

    dpkg(machine, "-r", "weir")
    assert not exists("/usr/sbin/weir") and "lan0" in machine.run("cat", "/etc/weir/weir.toml")
    assert exists("/var/lib/weir/history")
    left = before.differences(Footprint.of(lab, lab.gateway))
    assert not left, "left behind: " + "; ".join(left)

    dpkg(machine, "-i", "/tmp/weir.deb")   # back again, with what was kept
    machine.run("systemctl", "start", "weir.service")
    assert "started" in machine.run("proxyctl", "history", "--json")
    machine.run("sh", "-c", "mkdir /etc/weir/lists && echo x.example > /etc/weir/lists/ours.txt")
    dpkg(machine, "-P", "weir")
    assert "x.example" in machine.run("cat", "/etc/weir/lists/ours.txt")   # the operator's, not the package's
    for path in ("/etc/weir/weir.toml", "/var/lib/weir", "/var/log/weir", "/run/weir", "/usr/bin/proxyctl",
                 "/lib/systemd/system/weir.service", "/etc/systemd/system/multi-user.target.wants/weir.service",
                 "/var/lib/systemd/deb-systemd-helper-enabled/weir.service.dsh-also"):
        assert not exists(path), path
    assert "weir" not in machine.run("sh", "-c", "dpkg -l | grep weir || :")
    left = before.differences(Footprint.of(lab, lab.gateway))
    assert not left, "left behind: " + "; ".join(left)
