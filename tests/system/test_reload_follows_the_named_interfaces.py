"""A reload takes up the interfaces that it names and lets go of those that it names no longer."""
from lab import http_get
from lab.namespaces import ORIGIN
from rules import BLOCK
from test_interfaces_may_appear_later import CLIENT, second_lan


def judged(lab):
    return http_get(lab, ORIGIN, "blocked.example", source=CLIENT).status == 403


def test_an_interface_that_is_named_no_longer_is_left_alone(lab, weir):
    daemon = weir(BLOCK, gateway='lan = ["lan0", "late0"]')
    with second_lan(lab, "veth"):
        daemon.write(BLOCK)
        assert daemon.reload()[0] == 0   # late0 is there now, whenever the daemon noticed
        assert judged(lab)
        daemon.gateway = 'lan = ["lan0"]'
        daemon.write(BLOCK)
        assert daemon.reload()[0] == 0
        assert not judged(lab)
        assert http_get(lab, ORIGIN, "blocked.example").status == 403
        daemon.gateway = 'lan = ["lan0", "late0"]'
        daemon.write(BLOCK)
        assert daemon.reload()[0] == 0
        assert judged(lab)
