"""weir --setup: from then on a closed gateway is closed, mistakes or not, until Weir judges or all of it is taken back."""
import subprocess

import pytest

from lab import Footprint, http_get
from lab.gateway import BINARIES
from lab.namespaces import ORIGIN
from rules import BLOCK

EARLY = "net.ipv4.tcp_early_demux"


@pytest.fixture
def prepare(lab, tmp_path):
    def run(flag, config):
        """(exit status, what it said)."""
        done = subprocess.run(lab.command(lab.gateway, f"{BINARIES}/weir", flag, "--config", config), text=True, timeout=20,
                              env={"RUNTIME_DIRECTORY": f"{tmp_path}/setup"}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout
    return run


def reaches(lab):
    try:
        lab.connect(ORIGIN, 80, timeout=0.4).close()
        return True
    except OSError:
        return False


def test_closed_until_it_judges_or_is_taken_back(lab, weir, prepare):
    daemon = weir(BLOCK, gateway='on_failure = "closed"')
    daemon.stop()
    before = Footprint.of(lab, lab.gateway)
    assert prepare("--setup", daemon.config) == (0, "") and not reaches(lab)
    assert lab.sysctl(lab.gateway, EARLY) == "0"
    assert prepare("--setup", daemon.config) == (0, "") and not reaches(lab)   # twice is once

    daemon.start()
    assert http_get(lab, ORIGIN, "allowed.example").status == 200
    daemon.kill()
    assert not reaches(lab)
    assert prepare("--teardown", daemon.config) == (0, "") and reaches(lab)
    daemon.start()   # takes the rest of the leftovers with it
    daemon.stop()
    assert not before.differences(Footprint.of(lab, lab.gateway))


def test_mistakes_elsewhere_in_the_file_do_not_open_it(lab, weir, prepare):
    daemon = weir(BLOCK, gateway='on_failure = "closed"')
    daemon.stop()
    daemon.write(BLOCK.replace("host", "hots"))
    status, text = prepare("--setup", daemon.config)
    assert status == 1 and "hots" in text and not reaches(lab)
    assert prepare("--teardown", daemon.config) == (0, "") and reaches(lab)


def test_an_open_gateway_stays_open(lab, weir, prepare):
    daemon = weir(BLOCK)
    daemon.stop()
    assert prepare("--setup", daemon.config) == (0, "") and reaches(lab)
    assert prepare("--teardown", daemon.config) == (0, "") and lab.sysctl(lab.gateway, EARLY) == "1"
