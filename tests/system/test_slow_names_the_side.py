"""proxyctl slow: which side is slow, with the connections that pass as witnesses, and that Weir itself is not."""
import json
import threading
import time

from lab import Tls
from lab.gateway import wait_for
from lab.namespaces import ORIGIN, OTHER
from rules import BLOCK
from scripted import Scripted, get, plain

HOUR, DAY = 3600, 24 * 3600
SPANS = "client_passed", "client_held", "inside_held", "origin_passed", "origin_held", "answer_held"


def learned(folder, **milliseconds):
    """What earlier runs left in control.state: a week of this hour and the next; 100 ms unless said otherwise."""
    took = {span: [100, 1000 * milliseconds.get(span, 100)] for span in SPANS}
    hour = int(time.time()) // HOUR * HOUR
    hours = [{"begin": hour - ago * DAY + later, "took": took, "handshakes": [[0, 0], [0, 0]], "segments": [[0, 0], [0, 0]]}
             for ago in range(7, 0, -1) for later in (0, HOUR)]
    (folder / "state").mkdir()
    (folder / "state" / "slow.json").write_text(json.dumps({"version": 1, "hours": hours}), encoding="ascii")


def together(times, work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    return threads


def span(slow, stage, carrier):
    spans = next(s["spans"] for s in slow["stages"] if s["stage"] == stage)
    return next(s for s in spans if s["carrier"] == carrier)


def measured(daemon, stage, carrier, count):
    """What `slow` says once so much is measured."""
    def found():
        slow = daemon.ask("slow")
        return slow if span(slow, stage, carrier)["count"] >= count else None
    return wait_for(f"{count} times {stage} of {carrier} connections", found)


def test_an_origin_that_thinks_long_is_named_and_weir_is_not(lab, weir, tmp_path):
    learned(tmp_path, answer_held=10)

    def late(head, connection):
        time.sleep(0.3)
        return plain(b"x", "Cache-Control: no-store")

    with Scripted(lab, late, OTHER) as origin:
        daemon = weir(BLOCK)
        for thread in together(6, lambda number: get(lab, origin.address, f"/{number}")):
            thread.join()
        slow = measured(daemon, "answer", "held", 6)
    answer, inside = span(slow, "answer", "held"), span(slow, "inside", "held")
    assert answer["now_ms"] > 250 and answer["slow"] and inside["count"] == 6
    assert inside["now_ms"] < answer["now_ms"] / 2 and not inside["slow"], slow
    assert slow["verdict"] == "answer" and slow["usual"] == "7 days at this hour" and slow["most"] == "answer"
    assert span(slow, "origin", "held")["count"] == 6 and not span(slow, "origin", "held")["slow"]
    assert daemon.proxyctl("slow")[1].startswith("origins think long; the way to them is not slow, nor is this gateway")


def test_what_gets_lost_on_the_way_to_origins_is_proven_by_connections_that_pass(lab, weir, authority, tmp_path):
    learned(tmp_path, origin_passed=10)
    daemon = weir(BLOCK)

    def visit(_):
        with lab.connect(ORIGIN, 443) as connection:
            Tls(connection, "allowed.example", authority).handshake()

    def lost():
        return json.loads(lab.run(lab.origin, "nft", "-j", "list", "counter", "ip", "lossy", "lost"))["nftables"][1]["counter"]["packets"]

    lab.nft(lab.origin, """table ip lossy {
        counter lost { }
        chain arriving {
            type filter hook input priority 0;
            tcp dport 443 tcp flags & (syn | ack) == syn counter name lost drop
        }
    }""")
    visits = together(6, visit)
    try:
        wait_for("every first SYN to be lost", lambda: lost() >= 6)
    finally:
        lab.nft(lab.origin, "delete table ip lossy")   # what is sent again, after a second, arrives
    for thread in visits:
        thread.join()
    slow = measured(daemon, "origin", "passed", 6)
    origin, client = span(slow, "origin", "passed"), span(slow, "client", "passed")
    assert origin["now_ms"] > 700 and origin["slow"] and client["count"] == 6
    assert client["now_ms"] < origin["now_ms"] / 2 and not client["slow"], slow
    assert slow["verdict"] == "origin" and slow["passed_too"] and slow["times"] > 50
    again = {(row["side"], row["carrier"]): row for row in slow["again"]}
    assert again["origin", "passed"]["sent"] == again["origin", "passed"]["again"] == 6
    assert again["client", "passed"]["again"] < 6
    assert daemon.proxyctl("slow")[1].startswith("the internet side is slow, this gateway is not")


def test_without_a_past_it_says_so_and_with_a_garbled_one_too(lab, weir, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "slow.json").write_text('{"version": 1, "hours": [{"beg', encoding="ascii")
    daemon = weir(BLOCK)
    slow = daemon.ask("slow")
    assert slow["verdict"] == "unknown" and not slow["usual"] and slow["needs"]
    assert "learned anew" in slow["trouble"] and "learned anew" in daemon.said()
    text = daemon.proxyctl("slow")[1]
    assert text.startswith("no usual yet to compare with") and "history" in text
