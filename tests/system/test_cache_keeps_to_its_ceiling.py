"""A flood of distinct objects takes no more memory than [cache] memory says."""
from scripted import Scripted, plain
from lab import read_until
from lab.client import read_exactly

CEILING = 8 << 20
SIZE = 60_000


def resident(daemon):
    """Bytes of memory of the daemon."""
    with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def test_a_flood_of_distinct_objects(lab, weir):
    daemon = weir(more='[cache]\nmemory = "8 MiB"')
    with Scripted(lab, lambda *_: plain(b"x" * SIZE)) as origin, lab.connect(origin.address, 80) as client:
        def fetch(number):
            client.sendall(f"GET /{number} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
            head, _, body = read_until(client, b"\r\n\r\n").partition(b"\r\n\r\n")
            read_exactly(client, SIZE - len(body))
            return head

        fetch("first")
        before, most = resident(daemon), 0
        for number in range(1000):   # seven times the ceiling
            fetch(number)
            if number % 50 == 0:
                most = max(most, daemon.ask("cache")["memory"])
        assert b"\r\nAge: " in fetch(999)
        assert b"\r\nAge: " not in fetch("first")
        asked = daemon.ask("cache")
        assert max(most, asked["memory"]) <= CEILING and asked["objects"] > 50
        # What malloc and the loops keep beside it does not grow with the flood.
        assert resident(daemon) - before < CEILING + 4_000_000
