"""proxyctl status, flows, reasons and explain: for people and, with --json, for programs."""
import json
import re
import subprocess

import pytest

from lab import Listener, Tls, client_hello, http_get
from lab.client import read_exactly
from lab.gateway import BINARIES, wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK


@pytest.fixture
def busy(lab, weir, authority):
    """A gateway that has forwarded, blocked and passed one connection each."""
    daemon = weir(BLOCK)
    http_get(lab, ORIGIN, "allowed.example")
    http_get(lab, ORIGIN, "blocked.example")
    with lab.connect(ORIGIN, 443) as connection:
        Tls(connection, "www.allowed.example", authority).handshake()
    for depth, host in (("serve", "allowed.example"), ("serve", "blocked.example"), ("inspect", "www.allowed.example")):
        daemon.line(host=host, depth=depth)
    return daemon


def test_status(busy):
    shown = busy.status()
    assert shown["state"] == "running" and shown["policy"]["rules"] == 1 and not shown["policy"]["differs"]
    counted = shown["connections"]
    assert (counted["serve"], counted["inspect"], counted["block"], counted["requests"]) == (2, 1, 1, 2)
    assert shown["tier"]["on_failure"] == "open" and shown["tier"]["floor"] == "pass"
    status, text, _ = busy.proxyctl("status")
    assert status == 0 and "running" in text.splitlines()[0] and "\x1b" not in text
    assert len(text.splitlines()) <= 10 and all(len(line) <= 100 for line in text.splitlines())


def test_flows(lab, busy):
    hello = client_hello("other.example")
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        client.sendall(hello)
        read_exactly(origin.accept(), len(hello))
        first = wait_for("the live flow to be listed, before all that ended",
                         lambda: [flow for flow in busy.ask("flows")["flows"][:1] if flow["live"]])[0]
        assert (first["host"], first["client"], first["depth"]) == ("other.example", CLIENT, "inspect")
    assert [f["host"] for f in busy.ask("flows", "--host", "blocked.example")["flows"]] == ["blocked.example"]
    status, text, _ = busy.proxyctl("flows")
    assert status == 0 and "www.allowed.example" in text
    told = busy.ask("top", "--every", "1s")
    assert told["seconds"] >= 1 and told["after"]["inspect"] == told["before"]["inspect"] == 2
    status, text, _ = busy.proxyctl("top", "--every", "1s")
    assert status == 0 and text.startswith("0 connections open") and "\x1b" not in text


def test_reasons(busy):
    reasons = busy.ask("reasons")
    ends = {row["name"]: row for row in reasons["close"]}
    assert ends["blocked"]["count"] == 1 and not ends["blocked"]["failure"]
    assert {row["name"]: row["count"] for row in reasons["wire"]}["passed_hello"] == 1
    status, text, _ = busy.proxyctl("reasons")
    assert status == 0 and "refused by a rule" in text
    assert "the origin refused" not in text   # what is zero is not printed


@pytest.mark.parametrize("words, action, depth", [
    (["--port", "80"], "block", "serve"), (["--port", "443"], "block", "splice")])
def test_explain(busy, words, action, depth):
    told = busy.ask("explain", "--client", CLIENT, "--host", "sub.blocked.example", *words)
    assert told["action"] == action and told["rule"] == "no ads" and told["depth"] == depth and told["stage"] == "hello"
    line = next(number for number, text in enumerate(open(busy.config, encoding="utf-8"), 1) if "[[rule]]" in text)
    assert re.search(rf"weir\.toml:{line}\b", told["where"])
    status, text, _ = busy.proxyctl("explain", "--client", CLIENT, "--host", "sub.blocked.example", *words)
    assert status == 0 and "no ads" in text and f"weir.toml:{line}" in text


def test_an_allowed_name_is_explained_to_stay_on_the_wire(busy):
    told = busy.ask("explain", "--client", CLIENT, "--host", "allowed.example", "--port", "443")
    assert told["action"] == "allow" and told["rule"] == "" and told["depth"] == "inspect"


def test_usage_and_refusals_have_their_exit_status(busy, tmp_path):
    assert busy.proxyctl("statsu")[0] == 2
    assert busy.proxyctl("explain", "--client", "not-an-address", "--port", "80")[0] in (1, 2)
    gone = subprocess.run([f"{BINARIES}/proxyctl", "--socket", str(tmp_path / "nobody"), "status"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10)
    assert gone.returncode == 3 and "not running" in gone.stdout + gone.stderr


def test_json_has_no_words_for_people(busy):
    for noun in ("status", "flows", "reasons"):
        status, text, error = busy.proxyctl(noun, "--json")
        assert status == 0 and not error and isinstance(json.loads(text), dict)


def test_status_of_a_dead_daemon(busy):
    busy.kill()
    status, text, error = busy.proxyctl("status")
    assert status == 3 and "not running" in text + error
    busy.start()
