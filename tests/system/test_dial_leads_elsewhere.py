"""`dial` on a rule: the client keeps its name, the connection goes to another address.  dnsmasq on the gateway says which."""
from lab import Listener, Resolver, client_hello, http_get
from lab.namespaces import CLIENT, ORIGIN, ORIGIN6, OTHER, OTHER6
from scripted import Scripted, get, plain

RULES = """
[[rule]]
name = "safe search"
host = ["search.example"]
action = "allow"
dial = "safe.example"
[[rule]]
name = "nowhere"
host = ["lost.example"]
action = "allow"
dial = "gone.example"
"""


def hello_at(lab, origin, elsewhere, source):
    """What arrives at the other address when a client dials `origin` by TLS, and from whom."""
    listener = Listener(lab, port=443, address=elsewhere)
    try:
        hello = client_hello("search.example")
        with lab.connect(origin, 443) as client:
            client.sendall(hello)
            connection = listener.accept(timeout=5.0)
            with connection:
                assert connection.getpeername()[0] == source
                return hello, connection.recv(len(hello), 0x100)   # MSG_WAITALL
    finally:
        listener.close()


def test_a_name_is_dialled_instead_of_the_address(lab, weir, tmp_path):
    names = [("safe.example", OTHER), ("safe.example", OTHER6)]
    with Resolver(lab, tmp_path, names), Scripted(lab, lambda *_: plain(b"safe"), OTHER):
        daemon = weir(RULES)
        for origin, elsewhere, source in ((ORIGIN, OTHER, CLIENT), (ORIGIN6, OTHER6, "fd91::2")):
            sent, arrived = hello_at(lab, origin, elsewhere, source)
            assert arrived == sent
        assert daemon.line(host="search.example", rule="safe search", depth="splice")
        assert get(lab, ORIGIN, "/", "search.example")[1] == b"safe"
        assert http_get(lab, ORIGIN, host="allowed.example").text != "safe"   # the next host goes where it dials

        head, _ = get(lab, ORIGIN, "/", "lost.example")
        assert " 502 " in head
        assert daemon.line(host="lost.example", reason="dial_unresolved")
