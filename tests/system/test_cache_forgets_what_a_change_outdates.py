"""RFC 9111 §4.4: an unsafe request that succeeds invalidates what is stored of its target."""
from scripted import Scripted, get, plain


def test_post_invalidates(lab, weir):
    weir()
    state = {"version": 1}

    def answer(head, _):
        if head.startswith("POST "):
            state["version"] += 1
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        return plain(b"version %d" % state["version"])

    with Scripted(lab, answer) as origin:
        assert get(lab, origin.address, "/doc")[1] == b"version 1"
        assert get(lab, origin.address, "/doc")[1] == b"version 1"
        get(lab, origin.address, "/doc", "a.example", "Content-Length: 0", method="POST", source="10.91.0.3")
        assert get(lab, origin.address, "/doc")[1] == b"version 2"
        assert origin.count("GET ") == 2
