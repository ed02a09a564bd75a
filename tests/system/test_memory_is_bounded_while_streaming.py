"""A transfer of any size, to a reader of any slowness, takes no more than a few buffers."""
from lab import Listener, read_until
from lab.namespaces import ORIGIN

SIZE = 200_000_000
CHUNK = bytes(1 << 20)


def resident(daemon):
    """Bytes of memory of the daemon."""
    with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def test_download_to_a_stalled_reader(lab, weir):
    daemon = weir()
    lab.nginx.file("big", SIZE)
    with lab.connect(ORIGIN, 80) as client:
        before = resident(daemon)
        client.sendall(b"GET /files/big HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        head = read_until(client, b"\r\n\r\n")
        received, most = len(head.partition(b"\r\n\r\n")[2]), 0
        while more := client.recv(1 << 20):
            received += len(more)
            most = max(most, resident(daemon))
        assert received == SIZE
    assert most - before < 8_000_000
    assert daemon.line(host="a.example")["bytes_out"] >= SIZE


def test_upload_to_a_stalled_origin(lab, weir):
    daemon = weir()
    with Listener(lab) as origin, lab.connect(origin.address, 80) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % SIZE)
        server = origin.accept()
        read_until(server, b"\r\n\r\n")
        before = resident(daemon)
        client.settimeout(0.5)
        sent = 0
        try:
            while sent < SIZE:
                sent += client.send(CHUNK)
        except TimeoutError:   # everything between the two ends is full
            pass
        assert sent < 50_000_000 and resident(daemon) - before < 8_000_000
