"""What nginx allows to keep is answered from memory, to any client, and validated where it says so."""
import pytest

from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from scripted import get


def hits(lab, path):
    return [line for line in lab.nginx.log() if f" {path} " in line]


def results(daemon):
    """What the cache did for the requests so far, sorted: each worker writes its own lines in order."""
    return sorted(line["cache"] for line in daemon.lines())


def test_a_fresh_response_is_fetched_once(lab, weir, origin):
    daemon = weir()
    content = lab.nginx.file("page", 100_000)
    before = len(hits(lab, "/cached/page"))
    for source in ("2", "3", "2"):
        client = f"10.91.0.{source}" if ":" not in origin else f"fd91::{source}"
        head, body = get(lab, origin, "/cached/page", source=client)
        assert head.startswith("HTTP/1.1 200 OK") and body == content
    assert "\r\nAge: " in head
    assert len(hits(lab, "/cached/page")) == before + 1
    wait_for("three lines", lambda: len(daemon.lines()) == 3)
    assert results(daemon) == ["hit", "hit", "miss"]


def test_parts_and_conditions_are_answered_from_memory(lab, weir, origin):
    weir()
    content = lab.nginx.file("part", 50_000)
    head, _ = get(lab, origin, "/cached/part")
    etag = next(line for line in head.split("\r\n") if line.startswith("ETag: "))[6:]
    before = len(hits(lab, "/cached/part"))
    head, body = get(lab, origin, "/cached/part", "a.example", "Range: bytes=100-199")
    assert head.startswith("HTTP/1.1 206 ") and body == content[100:200]
    head, body = get(lab, origin, "/cached/part", "a.example", f"If-None-Match: {etag}")
    assert head.startswith("HTTP/1.1 304 ") and not body
    head, body = get(lab, origin, "/cached/part", method="HEAD")
    assert head.startswith("HTTP/1.1 200 ") and "Content-Length: 50000" in head and not body
    assert len(hits(lab, "/cached/part")) == before


def test_no_cache_is_validated_each_time(lab, weir):
    daemon = weir()
    content = lab.nginx.file("checked", 10_000)
    for _ in range(3):
        head, body = get(lab, ORIGIN, "/checked/checked")
        assert head.startswith("HTTP/1.1 200 OK") and body == content
    asked = wait_for("three requests", lambda: len(hits(lab, "/checked/checked")) == 3 and hits(lab, "/checked/checked"))
    assert [line.rsplit(" ", 1)[1] for line in asked] == ["200", "304", "304"]
    wait_for("three lines", lambda: len(daemon.lines()) == 3)
    assert results(daemon) == ["miss", "revalidated", "revalidated"]


@pytest.mark.parametrize("rules, gateway", [('[[rule]]\nhost = ["a.example"]\naction = "pass"\n', ""), ("", "observe = true")])
def test_nothing_is_kept_of_what_passes_nor_while_observing(lab, weir, rules, gateway):
    daemon = weir(rules, gateway=gateway)
    path = f"/cached/passing{len(gateway)}"
    content = lab.nginx.file(path.rsplit("/", 1)[1], 1000)
    for _ in range(2):
        head, body = get(lab, ORIGIN, path)
        assert head.startswith("HTTP/1.1 200 ") and body == content
    wait_for("the origin to be asked twice", lambda: len(hits(lab, path)) == 2)
    wait_for("two lines", lambda: len(daemon.lines()) == 2)
    assert not any("cache" in line for line in daemon.lines()) and daemon.ask("cache")["objects"] == 0
