"""A spliced connection may be silent for hours, but a peer that has vanished must not hold its place for ever."""
from lab import Listener, client_hello
from lab.client import read_exactly


def test_both_halves_are_kept_alive(lab, weir):
    weir(gateway='floor = "splice"')
    hello = client_hello("allowed.example")
    with Listener(lab, 443) as origin:
        client = lab.connect(origin.address, 443)
        client.sendall(hello)
        read_exactly(origin.accept(), len(hello))
        sockets = lab.run(lab.gateway, "ss", "-Htno", "state", "established")
        assert sockets.count("timer:(keepalive,") == 2, sockets
