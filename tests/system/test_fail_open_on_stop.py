"""A daemon that hangs (SIGSTOP) is passed by within 500 ms; when it wakes it judges again."""
import signal
import time

from lab import Tls, http_get
from lab.gateway import wait_for
from rules import BLOCK


def test_new_connections_pass_a_daemon_that_hangs(lab, weir, authority, origin):
    daemon = weir(BLOCK)
    assert http_get(lab, origin, "blocked.example").status == 403
    daemon.signal(signal.SIGSTOP)
    try:
        time.sleep(0.5)   # the promise itself, not a wait for an event
        began = time.monotonic()
        assert http_get(lab, origin, "blocked.example").status == 200
        with lab.connect(origin, 443) as connection:
            assert Tls(connection, "blocked.example", authority).handshake().issuer() == "Lab authority"
        assert time.monotonic() - began < 0.5
    finally:
        daemon.signal(signal.SIGCONT)
    wait_for("judging again", lambda: http_get(lab, origin, "blocked.example").status == 403)
    assert daemon.wire()["no_daemon"] >= 2
    status = daemon.status()
    assert 0 < status["started"] <= status["unjudged"]["last"] <= status["now"]
    _, text, _ = daemon.proxyctl("status")
    assert "not every connection was judged" in text.splitlines()[0] and "; last at " in text
