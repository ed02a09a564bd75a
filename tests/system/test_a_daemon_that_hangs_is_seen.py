"""Whatever hangs, somebody says so: /metrics and /healthz have a thread of their own, and proxyctl has the last page."""
import json
import os
import re
import signal
import subprocess

import pytest

from hanging import hung, thread_of
from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK
from watching import answers, ask, samples

CLOCK = r"since \d\d:\d\d:\d\d"


def health(lab, pattern, status):
    """Waits until /healthz answers so."""
    def found():
        code, _, body = ask(lab, "/healthz")
        return code == status and re.fullmatch(pattern, body)
    wait_for(f"{status} {pattern}", found, timeout=15)


def test_watchers_are_answered_while_another_thread_hangs(lab, weir):
    daemon = weir(BLOCK)
    wait_for("the watchers' thread", lambda: answers(lab))
    with hung(daemon.process.pid):   # the first thread, that of control
        assert http_get(lab, ORIGIN, "blocked.example").status == 403
        health(lab, f"well, but the control thread is busy or hangs {CLOCK}\n", 200)
        status, _, text = ask(lab, "/metrics")
        told = samples(text)
        assert status == 200 and told["weir_requests_total"] == 1 and told["weir_control_age_seconds"] > 2
        status, text, _ = daemon.proxyctl("status")
        assert status == 1 and re.match(f"the daemon is busy, {CLOCK}; new connections are judged\n", text), text
        assert "running" in text and "1 rule" in text
        status, text, _ = daemon.proxyctl("health")
        assert status == 0 and text.startswith("well, but the control thread")
    health(lab, "well\n", 200)
    with hung(thread_of(daemon.process.pid, "weir-0")):
        health(lab, f"not well: a worker hangs {CLOCK}\n", 503)
        assert samples(ask(lab, "/metrics")[2])["weir_healthy"] == 0
        assert daemon.proxyctl("health")[0] == 1
    health(lab, "well\n", 200)


def test_a_process_that_stands_still_is_shown_by_its_last_page(lab, weir):
    daemon = weir(BLOCK)
    http_get(lab, ORIGIN, "blocked.example")
    wait_for("a page with the request", lambda: '"requests":1,' in open(f"{daemon.socket}.last", encoding="ascii").read())
    daemon.signal(signal.SIGSTOP)
    try:
        def shown():
            status, text, _ = daemon.proxyctl("status")
            assert status == 1
            return text if text.startswith("the daemon does not answer") else None
        first, remedy, *page = wait_for("the last page", shown, timeout=20).splitlines()
        assert re.fullmatch(f"the daemon does not answer, {CLOCK}; new connections follow on_failure", first), first
        assert "systemctl restart weir" in remedy and "proxyctl doctor" in remedy
        assert any("blocked 1" in line for line in page), page
        status, text, _ = daemon.proxyctl("health")
        assert status == 1 and text.startswith("not well: the daemon does not answer since ") and text.count("\n") == 1
        status, text, error = daemon.proxyctl("status", "--json")
        assert status == 1 and error.startswith("the daemon does not answer, since ")
        last = json.loads(text)
        assert last["state"] == "hangs" and last["connections"]["block"] == 1
        with pytest.raises(subprocess.TimeoutExpired):   # and is killed
            daemon.proxyctl("block", "late.example", timeout=1)
    finally:
        daemon.signal(signal.SIGCONT)
    wait_for("an answer", lambda: daemon.proxyctl("status")[0] == 0)
    assert not daemon.status()["by_hand"], "what its sender gave up does not come into force"
    assert os.stat(f"{daemon.socket}.last").st_mode & 0o007 == 0, "not for everybody"
    daemon.stop()
    assert not os.path.exists(f"{daemon.socket}.last"), "a clean stop takes it away"
    assert daemon.proxyctl("status")[0] == 3
