"""proxyctl doctor says what this kernel offers, what is in the way, and what a crashed run left behind."""
import json

from lab import Footprint
from lab.gateway import BINARIES


def doctor(lab, *words):
    """Run where the gateway is: it looks at the host, not at the daemon."""
    return lab.run(lab.gateway, f"{BINARIES}/proxyctl", "doctor", "--lan", "lan0", *words, check=False)


def test_before_the_first_start(lab, tmp_path):
    nobody = ("--socket", str(tmp_path / "control.sock"))   # not the default: a gateway of this machine may listen there
    before = Footprint.of(lab, lab.gateway)
    text = doctor(lab, *nobody)
    assert "Weir can run here" in text and "kernel" in text
    assert before.differences(Footprint.of(lab, lab.gateway)) == []   # it changes nothing
    assert isinstance(json.loads(doctor(lab, "--json", *nobody)), dict)


def test_a_missing_interface_is_named(lab):
    text = lab.run(lab.gateway, f"{BINARIES}/proxyctl", "doctor", "--lan", "nolan7", check=False)
    assert "nolan7" in text


def test_what_weir_added_is_listed(lab, weir):
    daemon = weir()

    def added():
        return json.loads(doctor(lab, "--json", "--socket", daemon.socket))

    running = added()
    listed = "\n".join(running["footprint"])
    assert running["running"] and "7745" in listed and "nft table inet weir" in listed
    assert "net.ipv4.tcp_early_demux = 0 (was 1)" in listed
    assert "leftovers" not in doctor(lab, "--socket", daemon.socket)
    daemon.kill()
    assert not added()["running"] and added()["footprint"] == running["footprint"]
    assert "leftovers" in doctor(lab, "--socket", daemon.socket)
    daemon.start()
