"""`proxyctl block, allow, never, pause, undo`: above the file, below what is locked, ended by time, kept over reload and restart."""
import ssl

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import CLIENT, ORIGIN

RULES = """
[[group]]
name = "pupils"
clients = ["10.91.0.0/24", "fd91::/64"]
[[rule]]
name = "law"
client = ["@pupils"]
host = ["blocked.example"]
action = "block"
locked = true
[[rule]]
name = "lessons"
client = ["@pupils"]
host = ["other.example"]
action = "block"
"""


def refused(lab, host):
    """Whether the name is refused, over HTTP and over TLS."""
    page = http_get(lab, ORIGIN, host=host).status == 403
    with lab.connect(ORIGIN, 443) as connection:
        try:
            Tls(connection, host).handshake()
            alert = False
        except ssl.SSLError:
            alert = True
    assert page == alert
    return page


def test_what_is_changed_by_hand_holds_until_it_is_undone(lab, weir):
    daemon = weir(RULES)
    assert refused(lab, "other.example") and not refused(lab, "allowed.example")

    told = daemon.proxyctl("allow", "other.example", "--client", "@pupils")
    assert told[0] == 0 and "other.example is open for @pupils, until it is undone" in told[1]
    assert 'overrides' in told[1] and '"lessons",' in told[1] and 'weir.toml:' in told[1]
    assert not refused(lab, "other.example")

    assert daemon.proxyctl("block", ".allowed.example", "--client", CLIENT)[0] == 0
    assert refused(lab, "www.allowed.example")

    daemon.reload()
    assert refused(lab, "www.allowed.example") and not refused(lab, "other.example")
    daemon.stop()
    daemon.start()
    assert refused(lab, "www.allowed.example") and not refused(lab, "other.example")
    assert [change["number"] for change in daemon.status()["by_hand"]] == [2, 1]

    assert daemon.proxyctl("undo", "2")[0] == 0
    assert not refused(lab, "www.allowed.example")
    assert daemon.proxyctl("undo", "1")[0] == 0
    assert refused(lab, "other.example")
    again = daemon.proxyctl("undo", "1")
    assert again[0] == 1 and "no change 1 is in force" in again[1]
    events = [(event["what"], event["text"]) for event in daemon.ask("history")["events"]]
    opened, blocked = "other.example open for @pupils", f".allowed.example blocked for {CLIENT}"
    assert [event for event in events if event[0] not in ("started", "stopped", "reloaded")] == [
        ("by_hand", opened), ("by_hand", blocked), ("restored", "1 and 2"), ("undone", blocked), ("undone", opened)]


def test_what_opens_by_hand_does_not_reach_a_locked_rule(lab, weir):
    daemon = weir(RULES)
    for client in ("@pupils", CLIENT):
        told = daemon.proxyctl("allow", "blocked.example", "--client", client)
        assert told[0] == 1 and 'refused: "law" (' in told[1] and 'weir.toml:18)' in told[1] and "is locked" in told[1]
    told = daemon.proxyctl("pause")
    assert told[0] == 0 and 'still blocked  blocked.example: "law" is locked,' in told[1]
    assert refused(lab, "blocked.example") and not refused(lab, "other.example")
    assert "paused for everyone" in daemon.proxyctl("status")[1]


def test_a_change_with_a_time_ends_by_itself_and_a_mistake_is_named(lab, weir):
    daemon = weir(RULES)
    assert daemon.proxyctl("block", "allowed.example", "--for", "2s")[0] == 0
    assert refused(lab, "allowed.example")
    wait_for("the change to end", lambda: not daemon.status()["by_hand"])
    assert not refused(lab, "allowed.example")
    assert [event["what"] for event in daemon.ask("history")["events"]] == ["started", "by_hand", "ended"]
    wrong = daemon.proxyctl("block", "a.example", "--client", "@pupil")
    assert wrong[0] == 1 and 'did you mean "@pupils"?' in wrong[1]
    assert daemon.proxyctl("block", "a.example", "--for", "soon")[0] == 2
    told = daemon.proxyctl("block", "!a.example", "--client", "tv-9")
    assert told[0] == 0 and told[1].startswith("everything but a.example is blocked for tv-9"), told
    assert "no lease and no hosts file knows tv-9 now" in told[1]
    assert daemon.proxyctl("flows", "--client", "@pupils")[0] == 2
    told = daemon.proxyctl("explain", "--client", "tv-9")
    assert told[0] == 1 and "no device is called tv-9 now" in told[2]


def test_what_is_never_opened_is_judged_as_before_and_kept(lab, weir):
    daemon = weir(RULES)
    told = daemon.proxyctl("never", "allowed.example", "other.example")
    assert told[0] == 0 and "allowed.example, other.example are not opened for anyone, until it is undone" in told[1]
    assert refused(lab, "other.example") and not refused(lab, "allowed.example")
    daemon.stop()
    daemon.start()
    assert "allowed.example, other.example are not opened for anyone" in daemon.proxyctl("status")[1]
    assert daemon.proxyctl("undo", "1")[:2] == (0, "change 1 is undone\n  it was         allowed.example, other.example "
                                                   "are not opened for anyone, until it is undone\n")
    assert not daemon.status()["by_hand"]
    wrong = daemon.proxyctl("never", "@bank")
    assert wrong[0] == 1 and "@bank" in wrong[1]
