"""limits.memory: a flood takes no more than that, new connections follow on_failure meanwhile, and afterwards all is judged."""
from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

MIB = 1 << 20
CEILING = 48 * MIB
# A head of nearly 60 KiB that does not end: what makes the daemon keep most for least.
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: allowed.example\r\n" + b"".join(
    b"X-%04d: %s\r\n" % (n, b"a" * 1000) for n in range(56))


def memory(daemon):
    """Bytes of the daemon that belong to no file."""
    with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as file:
        _, resident, of_files, *_ = file.read().split()
    return (int(resident) - int(of_files)) * 4096


def refused_page(lab):
    try:
        return http_get(lab, ORIGIN, "blocked.example").status
    except ConnectionError:
        return None


def test_flood_of_heads(lab, weir):
    daemon = weir(BLOCK, limits=f'memory = "{CEILING // MIB} MiB"\nhead = "60s"\ndrain = "1s"')
    assert memory(daemon) < CEILING / 2, "the daemon itself"
    assert refused_page(lab) == 403
    flood = []
    try:
        while daemon.wire()["overloaded"] == 0 and len(flood) < 3000:
            for _ in range(20):
                try:
                    connection = lab.connect(ORIGIN, 80)
                    connection.setblocking(False)
                    connection.send(HALF_A_HEAD)
                    flood.append(connection)
                except OSError:
                    pass
        assert daemon.wire()["overloaded"] > 0
        wait_for("new connections to pass", lambda: refused_page(lab) == 200)
        assert memory(daemon) < CEILING * 1.25
        status = daemon.status()
        assert status["memory"]["ceiling"] == CEILING
        shown = daemon.proxyctl("status")[1]
        assert "limits.memory is reached" in shown.splitlines()[0], shown
        code, health, _ = daemon.proxyctl("health")
        assert code == 1 and "limits.memory" in health
    finally:
        for connection in flood:
            connection.close()
    wait_for("judging again", lambda: refused_page(lab) == 403, timeout=15)
    assert daemon.proxyctl("health")[0] == 0
