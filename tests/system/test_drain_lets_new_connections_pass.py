"""proxyctl drain: new connections pass unjudged, also in a closed gateway; those that are held end in peace."""
import time

from lab import Listener, http_get
from lab.client import read_exactly
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

REQUEST = b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_drained_and_back(lab, weir):
    daemon = weir(BLOCK, gateway='on_failure = "closed"')
    assert daemon.proxyctl("drain", "--undo")[0] == 1   # nothing to undo
    with Listener(lab) as origin:
        idle, busy = (lab.connect(origin.address, 80) for _ in range(2))
        idle.sendall(REQUEST)
        origin.accept().sendall(ANSWER)
        read_exactly(idle, len(ANSWER))
        busy.sendall(REQUEST)
        answering = origin.accept()
        answering.recv(4096)

        drain = daemon.ask("drain")
        assert drain["state"] == "draining" and drain["held"] >= 1
        assert idle.recv(1) == b""
        assert http_get(lab, ORIGIN, "blocked.example").status == 200
        assert daemon.status()["state"] == "draining"
        answering.sendall(ANSWER)
        assert read_exactly(busy, len(ANSWER)) == ANSWER
        wait_for("the last one to end", lambda: daemon.status()["state"] == "drained")
        status, text, _ = daemon.proxyctl("status")
        assert status == 0 and "pass unjudged" in text.splitlines()[0]
        busy.close()
    assert http_get(lab, ORIGIN, "blocked.example").status == 200   # still there, and still aside

    daemon.write(BLOCK)   # a reload meanwhile does not close it again
    assert daemon.reload()[0] == 0 and http_get(lab, ORIGIN, "blocked.example").status == 200

    assert daemon.ask("drain", "--undo")["state"] == "running"
    wait_for("new connections to be judged", lambda: http_get(lab, ORIGIN, "blocked.example").status == 403)
    assert [event["what"] for event in daemon.ask("history")["events"]][-1] == "undrain"
    daemon.signal(19)   # SIGSTOP: it is a closed gateway again
    time.sleep(0.5)     # the promise itself: stale after 300 ms
    try:
        lab.connect(ORIGIN, 80, timeout=0.4).close()
        raise AssertionError("a closed gateway without a judge let a connection pass")
    except OSError:
        pass
    finally:
        daemon.signal(18)
