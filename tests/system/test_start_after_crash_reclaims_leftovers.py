"""What a crashed run left behind is taken over by the next start, and gone after its clean stop."""
from lab import Footprint, http_get
from lab.namespaces import ORIGIN
from rules import BLOCK


def test_reclaim(lab, weir):
    daemon = weir(BLOCK, gateway='on_failure = "closed"')
    for _ in range(2):
        daemon.kill()
        left = daemon.before.differences(Footprint.of(lab, lab.gateway))
        assert any("ip rule" in found for found in left), "a crash leaves something, or this test proves nothing"
        assert not any("bpf" in found for found in left), "programs end with the process"
        daemon.start()
        assert http_get(lab, ORIGIN, "blocked.example").status == 403
    rules = lab.run(lab.gateway, "ip", "rule")
    assert rules.count("7745") <= 2, rules   # one rule an interface, not one a crash
    daemon.stop()   # asserts that the host is as before the first start


def test_a_second_daemon_is_refused(lab, weir, tmp_path):
    """Two gateways on the same interfaces would fight; the first goes on."""
    from lab.gateway import BINARIES
    daemon = weir(BLOCK)
    said = lab.run(lab.gateway, f"{BINARIES}/weir", "--config", daemon.config, check=False)
    assert "weir: ready" not in said and said.strip()
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
