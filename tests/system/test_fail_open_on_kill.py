"""SIGKILL under load: a connection begun 20 ms later reaches the origin, as if there had never been a gateway."""
import signal
import threading
import time

import pytest

from lab import Tls, http_get
from lab.namespaces import CLIENT, ORIGIN

WITHIN = 0.020


def load(lab, stop, attempts, once):
    """Connects again and again; notes (when begun, how long it took, error or None)."""
    while not stop.is_set():
        began = time.monotonic()
        try:
            once()
            attempts.append((began, time.monotonic() - began, None))
        except OSError as error:
            attempts.append((began, time.monotonic() - began, error))


@pytest.mark.parametrize("kind", ["http", "tls"])
def test_new_connections_reach_the_origin(lab, weir, authority, kind):
    daemon = weir(gateway='floor = "splice"' if kind == "tls" else "")

    def once():
        if kind == "http":
            assert CLIENT in http_get(lab, ORIGIN, timeout=3).text
        else:
            with lab.connect(ORIGIN, 443, timeout=3) as connection:
                Tls(connection, "allowed.example", authority).handshake()

    attempts, stop = [], threading.Event()
    threads = [threading.Thread(target=load, args=(lab, stop, attempts, once)) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(attempts) > 50)
        assert all(error is None for _, _, error in attempts), attempts
        killed = time.monotonic()
        daemon.signal(signal.SIGKILL)
        wait_until(lambda: sum(began > killed + WITHIN for began, _, _ in attempts) > 50)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    daemon.process.wait(5)
    after = [attempt for attempt in attempts if attempt[0] > killed + WITHIN]
    failed = [(f"{began - killed:.4f} s after the kill", error) for began, _, error in after if error]
    assert not failed
    assert max(took for _, took, _ in after) < 1.0
    daemon.start()   # and the next start puts itself in charge again, over the leftovers
    assert CLIENT in http_get(lab, ORIGIN).text
    daemon.line(depth="serve")


def wait_until(true, timeout=20):
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "the load made too little progress"
        time.sleep(0.005)
