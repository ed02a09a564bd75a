"""on_failure of a group: while nobody can judge, its clients are refused and the others pass, or the other way round."""
import pytest

from lab import Tls, http_get
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

OTHER = "10.91.0.3"
GROUP = """
[[group]]
name = "some"
clients = ["10.91.0.3", "fd91::/64"]
on_failure = "HOW"
"""


def passes(lab, source):
    try:
        lab.connect(ORIGIN, 80, timeout=0.4, source=source).close()
        return True
    except OSError:
        return False


@pytest.mark.parametrize("gateway, group, refused, served", [("open", "closed", OTHER, CLIENT),
                                                             ("closed", "open", CLIENT, OTHER)])
def test_a_crash_refuses_those_that_are_closed(lab, weir, gateway, group, refused, served):
    daemon = weir(GROUP.replace("HOW", group) + BLOCK, gateway=f'on_failure = "{gateway}"')
    assert passes(lab, refused) and passes(lab, served)
    assert daemon.status()["tier"]["differing"] == ["some"]
    daemon.kill()
    assert not passes(lab, refused) and passes(lab, served)
    daemon.start()
    assert passes(lab, refused)
    daemon.stop()
    assert passes(lab, refused)


def test_what_passes_for_others_is_not_dropped_as_theirs(lab, weir, authority):
    """While the guard stands, passing connections of both kinds of clients bear its mark."""
    daemon = weir(GROUP.replace("HOW", "closed") + BLOCK)
    for client in (OTHER, CLIENT):
        with lab.connect(ORIGIN, 443, source=client) as connection:
            tls = Tls(connection, "allowed.example", authority).handshake()
            assert "at your service" in tls.get("allowed.example")
        assert http_get(lab, ORIGIN, "blocked.example", source=client).status == 403
    assert daemon.wire()["passed_hello"] == 2


def test_a_reload_moves_the_guard(lab, weir):
    daemon = weir(GROUP.replace("HOW", "closed"))
    daemon.write(GROUP.replace("HOW", "open"))
    assert daemon.reload()[0] == 0
    daemon.kill()
    assert passes(lab, OTHER)
    daemon.start()
