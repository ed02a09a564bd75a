"""Beyond limits.connections new connections are routed past the daemon, and counted; then it judges again."""
from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK


def status_of(lab):
    """What a blocked name is answered with; None when the connection is reset: accepted just before the daemon said stop."""
    try:
        return http_get(lab, ORIGIN, "blocked.example").status
    except ConnectionError:
        return None


def test_full_daemon(lab, weir):
    daemon = weir(BLOCK, limits='connections = 4\ndrain = "1s"')
    idle = [lab.connect(ORIGIN, 80) for _ in range(4)]
    try:
        for connection in idle:   # held by the daemon: a request each, and kept open
            connection.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
            assert b" 200 " in connection.recv(4096)
        wait_for("new connections to pass", lambda: status_of(lab) == 200)
        assert daemon.wire()["overloaded"] >= 1
    finally:
        for connection in idle:
            connection.close()
    wait_for("judging again", lambda: status_of(lab) == 403)
