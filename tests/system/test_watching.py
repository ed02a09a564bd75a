"""control.metrics: what Prometheus, a load balancer and `proxyctl health` are told, and what nobody can do with it."""
import json
import re
import signal
import socket

from lab import Tls, http_get
from lab.gateway import ROOT, run, wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK
from watching import answers, ask, samples


def test_metrics_are_what_happened(lab, weir, authority):
    daemon = weir(BLOCK + '[[list]]\nname = "few"\nnames = ["x.example"]\n[[rule]]\nname = "a \\"b\\" \\\\"\nhost = ["@few"]\naction = "block"\n')
    http_get(lab, ORIGIN, "allowed.example")
    http_get(lab, ORIGIN, "blocked.example")
    http_get(lab, ORIGIN, "x.example")
    with lab.connect(ORIGIN, 443) as connection:
        Tls(connection, "www.allowed.example", authority).handshake()
    for depth, host in (("serve", "blocked.example"), ("serve", "x.example"), ("inspect", "www.allowed.example")):
        daemon.line(host=host, depth=depth)
    status, head, text = ask(lab, "/metrics")
    assert status == 200 and "\r\nContent-Type: text/plain; version=0.0.4" in head
    told = samples(text)
    assert told["weir_requests_total"] == 3 and told['weir_actions_total{action="block"}'] == 2
    assert told['weir_rule_decisions_total{rule="no ads"}'] == 1 and told[r'weir_rule_decisions_total{rule="a \"b\" \\"}'] == 1
    assert told['weir_wire_total{reason="passed_hello"}'] == 1
    assert told['weir_endings_total{reason="blocked",failure="no"}'] == 2
    assert told['weir_list_names{list="few"}'] == 1 and told["weir_healthy"] == 1 and told["weir_reload_ok"] == 1
    passed = '{stage="origin",carrier="passed"}'
    assert told["weir_stage_seconds_count" + passed] == told['weir_handshakes_total{side="origin"}'] == 1
    assert told["weir_stage_seconds_sum" + passed] > 0
    assert told['weir_stage_seconds_count{stage="inside",carrier="held"}'] == 3
    assert told["process_resident_memory_bytes"] > 1 << 20 and told["process_open_fds"] > 10
    for secret in (CLIENT, ORIGIN, "allowed.example", "x.example"):
        assert secret not in text, "who asked for what is no label"
    assert run("promtool", "check", "metrics", input=text) == ""

    used = set()
    for file in ("grafana/weir.json", "prometheus/weir.rules.yml"):
        with open(f"{ROOT}/share/{file}", encoding="utf-8") as shipped:
            used |= set(re.findall(r"\b(?:weir|process)_[a-z_]+\b(?!-)", shipped.read()))
    families = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    used = {re.sub("_(bucket|sum|count)$", "", name) for name in used}   # of a histogram
    assert used <= families, used - families


def test_health_follows_what_is_wrong(lab, weir):
    daemon = weir(BLOCK, limits='drain = "20s"')
    assert ask(lab, "/healthz")[0::2] == (200, "well\n") and daemon.proxyctl("health")[:2] == (0, "well\n")
    status, head, body = ask(lab, "/healthz", "HEAD")
    assert status == 200 and not body and "Content-Length: 5" in head

    with open(daemon.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 1\n")
    assert daemon.reload()[0] == 1
    assert ask(lab, "/healthz")[0::2] == (200, "well, but the last reload was refused\n")
    assert samples(ask(lab, "/metrics")[2])["weir_reload_ok"] == 0

    with lab.connect(ORIGIN, 80) as client:
        client.sendall(b"GET /")
        wait_for("the connection to be held", lambda: daemon.status()["connections"]["open"] == 1)
        daemon.signal(signal.SIGTERM)
        wait_for("the drain to be told", lambda: ask(lab, "/healthz")[0] == 503)
        assert daemon.proxyctl("health")[:2] == (1, "not well: Weir stops\n")
        assert json.loads(daemon.proxyctl("health", "--json")[1])["well"] is False
    daemon.process.wait(10)
    status, text, _ = daemon.proxyctl("health")
    assert status == 3 and text.startswith("not running") and len(text.splitlines()) == 1


def test_hostile_watchers_are_refused_and_cost_nobody_else(lab, weir):
    daemon = weir(BLOCK)
    assert ask(lab, "/v1/reload", "POST")[0] == 404 and ask(lab, "/metrics", "DELETE")[0] == 405
    assert ask(lab, "/" + "a" * 9000)[0] in (414, 431)
    silent = [lab.socket(lab.gateway) for _ in range(40)]
    for connection in silent:
        connection.connect(("127.0.0.1", 9145))
    assert http_get(lab, ORIGIN).status == 200 and daemon.proxyctl("health")[0] == 0
    for connection in silent:
        connection.close()
    wait_for("their places", lambda: answers(lab))


def test_metrics_can_be_off_and_a_taken_port_stops_nothing(lab, weir):
    taken = lab.socket(lab.gateway)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", 9145))
    taken.listen()
    daemon = weir(BLOCK)
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    errors = [line for line in daemon.said().splitlines() if " error " in line]
    assert len(errors) == 1 and "control.metrics 127.0.0.1:9145 cannot be opened: Address already in use" in errors[0]
    daemon.expected(errors)
    taken.close()
