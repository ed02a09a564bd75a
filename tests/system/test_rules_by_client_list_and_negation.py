"""Groups, lists and "!" decide as written, on the wire and in the daemon alike; the first match wins."""
import ssl

import pytest

from lab import Tls, http_get
from lab.namespaces import ORIGIN

RULES = """
[[group]]
name = "kids"
clients = ["10.91.0.3", "10.91.0.4/31"]
[[list]]
name = "ads"
file = "ads.txt"
[[list]]
name = "school"
names = [".other.example"]
[[rule]]
name = "kids only school"
client = ["@kids", "!10.91.0.5"]
host = ["!@school"]
action = "block"
[[rule]]
name = "ads"
host = ["@ads", "!sub.blocked.example"]
action = "block"
"""
EXPECTED = [   # client, host, rule that blocks
    ("10.91.0.2", "allowed.example", None),
    ("10.91.0.2", "blocked.example", "ads"),
    ("10.91.0.2", "sub.blocked.example", None),
    ("10.91.0.3", "allowed.example", "kids only school"),
    ("10.91.0.3", "other.example", None),
    ("10.91.0.5", "allowed.example", None),
    ("10.91.0.5", "blocked.example", "ads"),
]


@pytest.fixture
def daemon(weir, tmp_path):
    (tmp_path / "ads.txt").write_text("# a hosts file\n0.0.0.0 blocked.example sub.blocked.example\n")
    return weir(RULES.replace("ads.txt", str(tmp_path / "ads.txt")))


def test_http(lab, daemon):
    for client, host, rule in EXPECTED:
        answer = http_get(lab, ORIGIN, host, source=client)
        assert answer.status == (403 if rule else 200), (client, host)
        assert rule is None or rule in answer.text


def test_tls(lab, daemon, authority):
    for client, host, rule in EXPECTED:
        with lab.connect(ORIGIN, 443, source=client) as connection:
            tls = Tls(connection, host, authority)
            if rule:
                with pytest.raises(ssl.SSLError, match="(?i)alert"):
                    tls.handshake()
            else:
                assert tls.handshake().issuer() == "Lab authority"
    blocked = sum(rule is not None for _, _, rule in EXPECTED)
    assert daemon.wire()["taken_block"] == blocked and daemon.wire()["passed_hello"] == len(EXPECTED) - blocked
