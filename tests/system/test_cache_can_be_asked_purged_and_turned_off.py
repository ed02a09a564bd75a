"""proxyctl cache and purge; a reload shrinks the cache, turns it off and on again."""
from lab.gateway import wait_for
from scripted import Scripted, get, plain


def test_ask_and_purge(lab, weir):
    daemon = weir()
    with Scripted(lab, lambda *_: plain(b"x" * 1000)) as origin:
        for path in ("/a", "/a", "/b", "/b?q"):
            get(lab, origin.address, path)
        get(lab, origin.address, "/a", "other.example")
        wait_for("five lines", lambda: len(daemon.lines()) == 5)
        asked = daemon.ask("cache")
        assert asked["objects"] == 4 and 0 < asked["memory"] <= asked["ceiling"] == 256 << 20
        assert {row["name"]: row["count"] for row in asked["results"] if row["count"]} == {"hit": 1, "miss": 4}
        assert asked["bytes_saved"] > 1000
        assert asked["top"][0]["url"] == "http://a.example/a" and asked["top"][0]["answers"] == 2

        assert daemon.ask("purge", "http://a.example/b?q")["objects"] == 1
        assert daemon.ask("purge", "a.example")["objects"] == 2
        assert daemon.ask("purge", "--all")["objects"] == 1
        status, said, _ = daemon.proxyctl("purge", "a.example")
        assert status == 0 and "nothing of a.example was stored" in said
        assert daemon.proxyctl("purge")[0] == 2
        count = origin.count()
        get(lab, origin.address, "/a")
        assert origin.count() == count + 1


def test_a_reload_turns_it_off_and_on(lab, weir):
    daemon = weir()
    with Scripted(lab, lambda *_: plain(b"x" * 1000)) as origin:
        get(lab, origin.address, "/a")
        daemon.more = '[cache]\nmemory = "off"'
        daemon.write("")
        assert daemon.reload()[0] == 0
        assert daemon.ask("cache")["objects"] == 0
        head, _ = get(lab, origin.address, "/a")
        assert origin.count() == 2 and "\r\nAge: " not in head
        daemon.more = ""
        daemon.write("")
        assert daemon.reload()[0] == 0
        get(lab, origin.address, "/a")
        assert "\r\nAge: " in get(lab, origin.address, "/a")[0]
        assert origin.count() == 3
    wait_for("four lines", lambda: len(daemon.lines()) == 4)
    assert sorted(line.get("cache", "-") for line in daemon.lines()) == ["-", "hit", "miss", "miss"]
