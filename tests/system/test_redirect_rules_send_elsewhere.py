"""action = "redirect": HTTP gets a 302, TLS that is not opened an alert."""
import ssl

import pytest

from lab import Tls, http_get
from lab.namespaces import ORIGIN
from rules import BLOCK

RULES = BLOCK.replace('"block"', '"redirect"\nlocation = "http://notice.example/why?x=1"')


def test_http(lab, weir, origin):
    daemon = weir(RULES)
    answer = http_get(lab, origin, "blocked.example")
    assert answer.status == 302 and b"\r\nLocation: http://notice.example/why?x=1\r\n" in answer.head
    line = daemon.line(host="blocked.example")
    assert (line["action"], line["rule"], line["reason"], line["status"]) == ("redirect", "no ads", "redirected", 302)
    assert http_get(lab, origin, "allowed.example").status == 200
    assert daemon.status()["connections"]["redirect"] == 1


def test_tls(lab, weir, authority):
    daemon = weir(RULES)
    with lab.connect(ORIGIN, 443) as connection, pytest.raises(ssl.SSLError, match="(?i)alert"):
        Tls(connection, "blocked.example", authority).handshake()
    assert daemon.line(host="blocked.example", reason="blocked")["action"] == "redirect"
