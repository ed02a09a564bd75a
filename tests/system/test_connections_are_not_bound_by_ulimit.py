"""The daemon asks for the descriptors that limits.connections needs, whatever limit it was started with."""
import resource

from lab import Listener


def test_more_connections_than_the_soft_limit_allows(lab, weir):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        weir(limits='connections = 1000\ndrain = "1s"')
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with Listener(lab) as origin:
        clients = [lab.connect(origin.address, 80) for _ in range(200)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
        for _ in clients:
            origin.accept().sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        for client in clients:
            assert client.recv(100).startswith(b"HTTP/1.1 204 ")
