"""Each request is judged before anything stored is looked for."""
from scripted import Scripted, get, plain


def test_a_stored_page_is_refused_to_whom_a_rule_refuses_it(lab, weir):
    daemon = weir('[[rule]]\nname = "not him"\nclient = ["10.91.0.3"]\nhost = ["a.example"]\naction = "block"')
    with Scripted(lab, lambda *_: plain(b"stored")) as origin:
        assert get(lab, origin.address)[1] == b"stored"
        head, body = get(lab, origin.address, source="10.91.0.3")
        assert head.startswith("HTTP/1.1 403 ") and b"not him" in body
        assert get(lab, origin.address)[1] == b"stored"
        assert origin.count() == 1
    assert "cache" not in daemon.line(action="block")
