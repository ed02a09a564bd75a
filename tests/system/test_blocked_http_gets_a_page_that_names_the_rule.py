"""A name that a rule blocks is answered on port 80 with a page that names the rule; the origin hears nothing."""
import re

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


def test_page_names_whom_to_ask_and_a_code_that_the_operator_can_look_up(lab, weir):
    daemon = weir(BLOCK + '[page]\ncontact = "helpdesk <room 104>"\n')
    answer = http_get(lab, ORIGIN, "blocked.example", "/some/page?secret")
    assert "helpdesk &lt;room 104&gt;" in answer.text and "secret" not in answer.text
    code = re.search(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>", answer.text)[1]
    line = daemon.line(action="block")
    refusal, = daemon.ask("explain", code.lower())["refusals"]
    assert (refusal["client"], refusal["host"], refusal["rule"]) == (line["client"], "blocked.example", "no ads")
    assert refusal["url"] == "http://blocked.example/some/page" and refusal["ts"] == line["ts"]
    number = next(n for n, text in enumerate(open(daemon.config, encoding="utf-8"), 1) if "[[rule]]" in text)
    assert refusal["where"].endswith(f"weir.toml:{number}")
    assert daemon.ask("explain", line["flow"])["refusals"] == [refusal]
    status, text, _ = daemon.proxyctl("explain", code)
    assert status == 0 and "no ads" in text and f"weir.toml:{number}" in text
    assert daemon.proxyctl("explain", "0000-0000")[0] == 1 and daemon.proxyctl("explain", "what")[0] == 2


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
