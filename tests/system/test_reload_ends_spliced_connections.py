"""A spliced connection that new rules refuse ends with the reload; others go on."""
from lab import Listener, client_hello
from lab.client import read_exactly
from lab.gateway import wait_for
from rules import BLOCK


def begin(lab, origin, name):
    hello = client_hello(name)
    client = lab.connect(origin.address, 443)
    client.sendall(hello)
    server = origin.accept()
    read_exactly(server, len(hello))
    return client, server


def ended(peer):
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


def test_with_a_reset_of_both_sides(lab, weir):
    daemon = weir(gateway='floor = "splice"')
    with Listener(lab, 443) as origin:
        refused, kept = begin(lab, origin, "blocked.example"), begin(lab, origin, "allowed.example")
        daemon.write(BLOCK)
        assert daemon.reload()[0] == 0
        assert ended(refused[0]) and ended(refused[1])
        kept[0].sendall(b"fine")
        assert read_exactly(kept[1], 4) == b"fine"
        line = daemon.line(host="blocked.example", depth="splice")
        assert line["reason"] == "policy_changed" and line["action"] == "allow"
        wait_for("its end to be counted", lambda: daemon.ends()["policy_changed"] == 1)
        for end in refused + kept:
            end.close()
