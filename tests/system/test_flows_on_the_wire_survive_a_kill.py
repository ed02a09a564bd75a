"""What Weir let pass never notices that Weir is gone."""
from lab import Listener, Tls, client_hello
from lab.client import read_exactly
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK


def test_a_passing_connection_goes_on(lab, weir):
    hello = client_hello("allowed.example")
    with Listener(lab, 443) as origin:
        daemon = weir(BLOCK)
        with lab.connect(origin.address, 443) as client:
            client.sendall(hello)
            server = origin.accept()
            assert read_exactly(server, len(hello)) == hello
            server.sendall(b"before")
            assert read_exactly(client, 6) == b"before"
            assert daemon.wire()["passed_hello"] == 1
            daemon.kill()
            client.sendall(b"still here")
            assert read_exactly(server, 10) == b"still here"
            server.sendall(b"so am I")
            assert read_exactly(client, 7) == b"so am I"
            daemon.start()   # a connection older than Weir is left alone
            client.sendall(b"and still")
            assert read_exactly(server, 9) == b"and still"


def test_a_connection_not_yet_judged_goes_on(lab, weir, authority):
    """The handshake is over, the hello not yet sent: with the daemon gone it passes."""
    daemon = weir(BLOCK)
    with lab.connect(ORIGIN, 443) as connection:
        wait_for("the flow to be watched", lambda: daemon.wire()["watched"] >= 1)
        daemon.kill()
        assert Tls(connection, "allowed.example", authority).handshake().issuer() == "Lab authority"
    daemon.start()
