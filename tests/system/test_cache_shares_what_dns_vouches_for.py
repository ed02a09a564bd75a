"""What came from one address of a host answers at its others once DNS names both; what DNS does not name stays apart.

The resolver is a real dnsmasq on the gateway.
"""
from lab import Resolver
from lab.gateway import wait_for
from lab.namespaces import OTHER
from scripted import Scripted, get, plain

STRANGER, SECOND = "10.92.0.4", "10.92.0.5"


def stored(lab, address):
    """What is in memory for who dials that address."""
    return get(lab, address, "/", "cdn.example", "Cache-Control: only-if-cached")[1]


def test_a_response_answers_at_every_address_that_dns_names(lab, weir, tmp_path):
    with (Resolver(lab, tmp_path, [("cdn.example", OTHER), ("cdn.example", SECOND)]),
          Scripted(lab, lambda *_: plain(b"content"), OTHER) as origin,
          Scripted(lab, lambda *_: plain(b"evil"), STRANGER)):
        daemon = weir()
        assert get(lab, OTHER, "/", "cdn.example")[1] == b"content"
        wait_for("the response to answer at the second address", lambda: stored(lab, SECOND) == b"content")
        assert daemon.line(cache="hit", dst=SECOND)
        assert get(lab, OTHER, "/", "cdn.example")[1] == b"content"
        assert origin.count() == 1

        assert get(lab, STRANGER, "/", "cdn.example")[1] == b"evil"
        assert stored(lab, SECOND) == b"content"
