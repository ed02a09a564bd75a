"""gateway.observe: what the rules would have done is counted and told, and nothing is refused."""
import pytest

from lab import Listener, Tls, client_hello, http_get
from lab.client import read_exactly
from lab.gateway import wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

RULES = BLOCK + """
[[rule]]
name = "gone"
client = ["10.91.0.3"]
action = "reset"
"""
OBSERVE = 'observe = true\non_failure = "closed"\nquic = "reject"'


@pytest.fixture
def daemon(weir):
    return weir(RULES, gateway=OBSERVE)


def test_http_is_forwarded(lab, daemon, origin):
    assert http_get(lab, origin, "blocked.example").status == 200
    line = daemon.line(host="blocked.example")
    assert (line["action"], line["would"], line["would_rule"]) == ("allow", "block", "no ads") and "rule" not in line
    assert http_get(lab, ORIGIN, "allowed.example", source="10.91.0.3").status == 200
    assert daemon.line(client="10.91.0.3")["would"] == "reset"


def test_tls_stays_on_the_wire(lab, daemon, authority, origin):
    with lab.connect(origin, 443) as connection:
        assert "at your service" in Tls(connection, "blocked.example", authority).handshake().get("blocked.example")
    line = daemon.line(host="blocked.example")
    assert (line["depth"], line["would"], line["would_rule"]) == ("inspect", "block", "no ads")
    assert daemon.wire()["passed_hello"] == 1 and daemon.wire()["taken_block"] == 0


def test_a_death_closes_nothing(lab, daemon):
    daemon.kill()
    assert http_get(lab, ORIGIN, "blocked.example").status == 200
    daemon.start()


def test_status_explain_and_policy_say_so(lab, daemon):
    http_get(lab, ORIGIN, "blocked.example")
    daemon.line(host="blocked.example")
    would = daemon.status()["would"]
    assert would["observe"] and would["refused"] == 1 and would["most"] == [{"rule": "no ads", "count": 1}]
    assert daemon.status()["tier"]["on_failure"] == "open"
    _, text, _ = daemon.proxyctl("status")
    assert "observing: nothing is changed or refused" in text.splitlines()[0] and "no ads 1" in text
    told = daemon.ask("explain", "--client", CLIENT, "--host", "blocked.example")
    assert (told["action"], told["would"], told["would_rule"]) == ("allow", "block", "no ads")
    _, text, _ = daemon.proxyctl("policy")
    assert "observing" in text.splitlines()[0]
    _, text, _ = daemon.proxyctl("block", "news.example")
    assert text.startswith("news.example would be blocked for everyone") and "only counted" in text


def test_enforcing_ends_what_it_had_let_pass(lab, daemon):
    hello = client_hello("blocked.example")
    with Listener(lab, 443) as server, lab.connect(server.address, 443) as client:
        client.sendall(hello)
        read_exactly(server.accept(), len(hello))
        wait_for("the flow to be told", lambda: daemon.ask("flows", "--host", "blocked.example")["flows"])
        daemon.gateway = ""
        daemon.write(RULES)
        status, reloaded = daemon.reload()
        assert status == 0 and reloaded["reset"] == 1
        assert http_get(lab, ORIGIN, "blocked.example").status == 403
