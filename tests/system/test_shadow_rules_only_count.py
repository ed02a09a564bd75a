"""A rule with `shadow = true` decides nothing; what it would have decided is in log, policy and status."""
from lab import Tls, http_get
from lab.namespaces import ORIGIN
from rules import BLOCK

RULES = """
[[rule]]
name = "trial"
host = [".blocked.example", "other.example"]
shadow = true
action = "reset"
"""


def test_on_http_and_on_the_wire(lab, weir, authority):
    daemon = weir(RULES)
    assert http_get(lab, ORIGIN, "other.example").status == 200
    with lab.connect(ORIGIN, 443) as connection:
        Tls(connection, "blocked.example", authority).handshake()
    for host, depth in (("other.example", "serve"), ("blocked.example", "inspect")):
        line = daemon.line(host=host, depth=depth)
        assert (line["action"], line["would"], line["would_rule"]) == ("allow", "reset", "trial")
    rule, = daemon.ask("policy", "shadow")["rules"]
    assert (rule["shadow"], rule["hits"], rule["would"]) == (True, 0, 2)
    status, text, _ = daemon.proxyctl("policy", "shadow")
    assert status == 0 and "trial" in text and "shadow" in text
    would = daemon.status()["would"]
    assert not would["observe"] and would["refused"] == 2 and would["shadows"] == 1


def test_the_next_rule_decides(lab, weir):
    daemon = weir(RULES + BLOCK)
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    line = daemon.line(host="blocked.example")
    assert (line["action"], line["rule"], line["would"], line["would_rule"]) == ("block", "no ads", "reset", "trial")
    counted = {rule["name"]: (rule["hits"], rule["would"]) for rule in daemon.ask("policy")["rules"]}
    assert counted == {"trial": (0, 1), "no ads": (1, 0)}
