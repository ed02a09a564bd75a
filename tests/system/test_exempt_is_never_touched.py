"""What is exempt, as client or as destination, is neither judged nor logged."""
from lab import Tls, http_get
from lab.namespaces import CLIENT, ORIGIN, ORIGIN6
from rules import BLOCK


def test_client_and_destination(lab, weir, authority):
    daemon = weir(BLOCK, gateway=f'exempt = ["10.91.0.3", "{ORIGIN6}"]\nfloor = "splice"')
    assert "service, 10.91.0.3 port" in http_get(lab, ORIGIN, "blocked.example", source="10.91.0.3").text
    assert http_get(lab, ORIGIN6, "blocked.example").status == 200
    with lab.connect(ORIGIN6, 443) as connection:
        assert Tls(connection, "blocked.example", authority).handshake().issuer() == "Lab authority"
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    daemon.line(client=CLIENT, action="block")
    assert len(daemon.lines()) == 1 and daemon.wire()["exempt"] >= 3
