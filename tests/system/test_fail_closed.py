"""on_failure = "closed": without a judge no client reaches a judged port, from the crash on until a clean stop."""
import signal
import time

from lab import Listener, Tls, http_get
from lab.namespaces import ORIGIN
from rules import BLOCK

CLOSED = 'on_failure = "closed"'


def refused(lab, address, port):
    """Whether the client's connection gets nowhere."""
    try:
        lab.connect(address, port, timeout=0.4).close()
        return False
    except OSError:
        return True


def test_a_living_gateway_lets_pass_what_it_judged(lab, weir, authority, origin):
    daemon = weir(BLOCK, gateway=CLOSED)
    assert http_get(lab, origin, "allowed.example").status == 200
    with lab.connect(origin, 443) as connection:
        tls = Tls(connection, "allowed.example", authority).handshake()
        assert "at your service" in tls.get("allowed.example")
    assert daemon.wire()["passed_hello"] == 1


def test_a_crash_closes_and_a_clean_stop_opens(lab, weir, origin):
    daemon = weir(BLOCK, gateway=CLOSED)
    daemon.kill()
    assert refused(lab, origin, 443) and refused(lab, origin, 80)
    v6 = ":" in origin
    with Listener(lab, 8080, v6=v6) as other:   # ports that are not judged have nothing to do with it
        lab.connect(other.address, 8080).close()
    daemon.start()
    assert http_get(lab, origin, "allowed.example").status == 200
    daemon.stop()
    assert http_get(lab, origin, "allowed.example").status == 200


def test_a_hang_closes(lab, weir):
    daemon = weir(gateway=CLOSED)
    daemon.signal(signal.SIGSTOP)
    try:
        time.sleep(0.5)   # the promise itself: stale after 300 ms
        assert refused(lab, ORIGIN, 443) and refused(lab, ORIGIN, 80)
    finally:
        daemon.signal(signal.SIGCONT)


def test_exempt_clients_pass_even_then(lab, weir):
    daemon = weir(gateway=CLOSED + '\nexempt = ["10.91.0.3"]')
    daemon.kill()
    assert refused(lab, ORIGIN, 80)
    assert "10.91.0.3" in http_get(lab, ORIGIN, source="10.91.0.3").text
    daemon.start()
