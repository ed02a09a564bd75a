"""A connection that the old policy let pass while the new one was being read is judged by the new one too."""
import threading

from lab import Listener, client_hello
from lab.client import read_exactly
from lab.gateway import wait_for
from rules import BLOCK

ALLOW = BLOCK.replace("blocked", "other")


def begin(lab, origin):
    """Both ends of a connection that passed on the wire; None if it was refused."""
    hello = client_hello("blocked.example")
    client = lab.connect(origin.address, 443)
    client.sendall(hello)
    server = origin.accept()
    try:
        read_exactly(server, len(hello))
    except OSError:
        return None
    return client, server


def is_cut(client):
    try:
        client.sendall(b".")
        return False
    except OSError:
        return True


def test_none_slips_through_between_verdict_and_announcement(lab, weir):
    daemon = weir(ALLOW)
    with Listener(lab, 443) as origin:
        for _ in range(3):   # each reload has its own moment within the daemon's beat
            daemon.write(BLOCK)
            reload = threading.Thread(target=daemon.reload)
            passed = [begin(lab, origin)]   # on a busy machine the new rules may hold before another one begins
            reload.start()
            while reload.is_alive():
                passed.append(begin(lab, origin))
            passed = [ends for ends in passed if ends]
            assert passed
            for client, _ in passed:
                wait_for("the refused connection to be reset", lambda c=client: is_cut(c), timeout=1.0)
            daemon.write(ALLOW)
            assert daemon.reload()[0] == 0
