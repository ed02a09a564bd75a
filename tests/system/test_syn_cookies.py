"""Under a SYN flood the kernel keeps no state of a connection until the last ACK of its handshake: that ACK, which belongs
to no socket, must find its way to the daemon's listener."""
import pytest

from lab import http_get
from lab.namespaces import ORIGIN, ORIGIN6
from rules import BLOCK


@pytest.fixture
def a_cookie_for_every_syn(lab):
    """As if flooded."""
    lab.run(lab.gateway, "sysctl", "-qw", "net.ipv4.tcp_syncookies=2")
    yield
    lab.run(lab.gateway, "sysctl", "-qw", "net.ipv4.tcp_syncookies=1")


def cookies_accepted(lab):
    counted = lab.run(lab.gateway, "nstat", "-asz", "TcpExtSyncookiesRecv").split()
    return int(counted[counted.index("TcpExtSyncookiesRecv") + 1])


@pytest.mark.parametrize("address", [ORIGIN, ORIGIN6], ids=["v4", "v6"])
def test_a_handshake_by_cookie_reaches_the_daemon(lab, a_cookie_for_every_syn, weir, address):
    daemon = weir(BLOCK)
    before = cookies_accepted(lab)
    assert http_get(lab, address, "allowed.example").status == 200
    assert http_get(lab, address, "blocked.example").status == 403
    assert daemon.line(action="block")["host"] == "blocked.example"
    assert cookies_accepted(lab) >= before + 2
