"""A name that a rule blocks is answered on port 80 with a page that names the rule; the origin hears nothing."""
from lab import http_get
from lab.namespaces import ORIGIN
from rules import BLOCK


def test_page_names_the_rule(lab, weir, origin):
    daemon = weir(BLOCK)
    seen = len(lab.nginx.log())
    answer = http_get(lab, origin, "Sub.Blocked.Example.")
    assert answer.status == 403
    assert "no ads" in answer.text and "sub.blocked.example" in answer.text.lower()
    line = daemon.line(action="block")
    assert line["rule"] == "no ads" and line["reason"] == "blocked" and line["host"] == "sub.blocked.example"
    assert line["status"] == 403
    assert lab.nginx.log()[seen:] == []


def test_names_beside_the_rule_are_not_blocked(lab, weir):
    weir(BLOCK)
    for name in ("unblocked.example", "blocked.example.org", "notblocked.example"):
        assert http_get(lab, ORIGIN, name).status == 200


def test_a_name_hidden_in_the_request_target_is_judged(lab, weir):
    """RFC 9112 §3.2.2: the absolute form's host wins over the Host field."""
    weir(BLOCK)
    with lab.connect(ORIGIN, 80) as client:
        client.sendall(b"GET http://blocked.example/ HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n")
        assert client.recv(4096).split(b" ")[1] in (b"403", b"400")
