"""A reload takes a whole new configuration or none; running connections that it refuses are ended, no others."""
import signal

import pytest

from lab import Listener, client_hello, http_get
from lab.client import read_exactly
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

BAD = """
[[rule]]
name = "one"
hots = ["x.example"]
action = "block"
[[rule]]
name = "two"
host = ["@nowhere"]
action = "blok"
"""


def test_a_bad_file_changes_nothing_and_names_every_mistake(lab, weir):
    daemon = weir(BLOCK)
    daemon.write(BLOCK.replace("blocked", "other") + BAD)
    status, answer = daemon.reload()
    assert status == 1 and not answer["done"]
    told = "\n".join(f"{mistake['where']} {mistake['text']}" for mistake in answer["mistakes"])
    for word in ("hots", "nowhere", "blok"):
        assert word in told, told
    assert all("weir.toml:" in mistake["where"] for mistake in answer["mistakes"])
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    assert http_get(lab, ORIGIN, "other.example").status == 200
    shown = daemon.status()["policy"]
    assert shown["differs"] and shown["refused"]


@pytest.mark.parametrize("how", ["proxyctl", "sighup"])
def test_a_good_file_holds_at_once(lab, weir, how):
    daemon = weir(BLOCK)
    before = daemon.status()["policy"]["config"]
    daemon.write(BLOCK.replace("blocked", "other"))
    if how == "proxyctl":
        status, answer = daemon.reload()
        assert status == 0 and answer["done"] and answer["rules"] == 1
    else:
        daemon.signal(signal.SIGHUP)
        wait_for("the new configuration", lambda: daemon.status()["policy"]["config"] != before)
    assert http_get(lab, ORIGIN, "blocked.example").status == 200
    assert http_get(lab, ORIGIN, "other.example").status == 403
    assert daemon.status()["policy"]["config"] != before


def test_passing_connections_that_are_now_refused_are_reset(lab, weir):
    daemon = weir(BLOCK.replace("blocked", "other"))   # names are read, because some rule asks for them
    with Listener(lab, 443) as origin:
        ends = []
        for name in ("blocked.example", "allowed.example"):
            client = lab.connect(origin.address, 443)
            client.sendall(client_hello(name))
            server = origin.accept()
            server.sendall(b"hello")
            assert read_exactly(client, 5) == b"hello"
            ends.append((client, server))
        wait_for("both to be announced", lambda: daemon.status()["connections"]["open"] == 2)
        daemon.write(BLOCK)
        status, answer = daemon.reload()
        assert status == 0 and answer["reset"] == 1

        def cut(client):
            try:
                client.sendall(b".")
                return False
            except OSError:
                return True
        wait_for("the refused connection to be reset", lambda: cut(ends[0][0]))
        ends[1][0].sendall(b"fine")
        read_exactly(ends[1][1], len(client_hello("allowed.example")))
        assert read_exactly(ends[1][1], 4) == b"fine"
        line = daemon.line(host="blocked.example", depth="inspect")
        assert line["reason"] == "policy_changed"
        for client, server in ends:
            client.close()
            server.close()
