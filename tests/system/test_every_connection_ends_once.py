"""Under mixed load nothing is lost: every connection is opened once, ends once, with a reason, and leaves one line."""
import random
import ssl
import threading

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN, ORIGIN6
from rules import BLOCK

THREADS, ROUNDS = 6, 25


def test_mixed_load(lab, weir, authority):
    daemon = weir(BLOCK)
    mistakes, expected = [], {"allow": 0, "block": 0}
    lock = threading.Lock()

    def once(dice):
        origin = dice.choice([ORIGIN, ORIGIN6])
        host = dice.choice(["allowed.example", "blocked.example"])
        refused = host == "blocked.example"
        if dice.random() < 0.5:
            assert http_get(lab, origin, host, timeout=10).status == (403 if refused else 200)
        else:
            with lab.connect(origin, 443, timeout=10) as connection:
                tls = Tls(connection, host, authority)
                cut = dice.choice([0, 0, 7, 200])   # half of the hellos come in two segments
                connection.sendall(tls.first[:cut])
                connection.sendall(tls.first[cut:])
                try:
                    text = tls.finish().get(host)
                    assert not refused and "at your service" in text, host
                except ssl.SSLError as error:
                    assert refused and "alert" in str(error).lower(), (host, error)
        with lock:
            expected["block" if refused else "allow"] += 1

    def work(seed):
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            try:
                once(dice)
            except Exception as error:   # told below, with all others
                mistakes.append(repr(error))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not mistakes, mistakes
    wait_for("every connection to end", lambda: daemon.status()["connections"]["open"] == 0, 10)
    wait_for("a line for each", lambda: len(daemon.lines()) >= THREADS * ROUNDS)
    counted = {action: sum(line["action"] == action for line in daemon.lines()) for action in expected}
    assert counted == expected
    assert len({line["flow"] for line in daemon.lines()}) == THREADS * ROUNDS
    failures = {row["name"]: row["count"] for row in daemon.ask("reasons")["close"] if row["failure"] and row["count"]}
    assert failures == {}
