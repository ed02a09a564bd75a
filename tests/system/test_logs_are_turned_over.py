"""The access log as a file: Weir turns it over by itself, or logrotate does and says so with SIGUSR1 or SIGHUP."""
import datetime
import json
import os
import signal

import pytest

from lab import http_get
from lab.gateway import run, wait_for
from lab.namespaces import CLIENT, ORIGIN


def hosts(path):
    with open(path, encoding="ascii") as file:
        return [json.loads(line)["host"] for line in file]


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGHUP"])
def test_logrotate_takes_the_file_away(lab, weir, tmp_path, name):
    daemon = weir(more='keep = "off"')
    http_get(lab, ORIGIN, "allowed.example")
    daemon.line(host="allowed.example")
    config = tmp_path / "logrotate.conf"
    config.write_text(f"{daemon.access} {{\n su root root\n rotate 3\n nocreate\n postrotate\n"
                      f"  kill -s {name.removeprefix('SIG')} {daemon.process.pid}\n endscript\n}}\n")
    config.chmod(0o644)
    run("logrotate", "--force", "--state", str(tmp_path / "rotated"), str(config), timeout=20)
    wait_for("a new file", lambda: os.path.exists(daemon.access))
    http_get(lab, ORIGIN, "other.example")
    daemon.line(host="other.example")
    assert hosts(daemon.access) == ["other.example"] and hosts(f"{daemon.access}.1") == ["allowed.example"]


def test_yesterdays_file_bears_its_date_and_old_ones_go(lab, weir, tmp_path):
    now = datetime.datetime.now()
    dated = {days: f"{tmp_path}/access.log-{now - datetime.timedelta(days=days):%Y-%m-%d}" for days in (1, 20, 100)}
    for days, path in {**dated, 1: f"{tmp_path}/access.log"}.items():
        with open(path, "w", encoding="ascii") as file:
            file.write(json.dumps({"ts": "2025-01-02T03:04:05.678Z", "client": "10.91.0.9", "host": "old.example",
                                   "depth": "inspect", "action": "allow", "bytes_out": 7, "duration_ms": 1}) + "\n")
        then = (now - datetime.timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
    daemon = weir(more='keep = { age = "30d", size = "1 MiB" }')
    http_get(lab, ORIGIN, "allowed.example")
    daemon.line(host="allowed.example")
    assert hosts(daemon.access) == ["allowed.example"] and hosts(dated[1]) == ["old.example"]
    assert os.path.exists(dated[20]) and not os.path.exists(dated[100])

    told = daemon.ask("who", "example")
    assert [(c["client"], c["times"]) for c in told["clients"]] == [(CLIENT, 1), ("10.91.0.9", 2)] and told["files"] == 3
    assert [c["client"] for c in daemon.ask("who", "old.example", "--to", "2025-02-01")["clients"]] == ["10.91.0.9"]
    assert not daemon.ask("who", "old.example", "--from", "2025-02-01")["clients"]
    assert "10.91.0.9" in daemon.proxyctl("who", "old.example")[1]


def test_a_full_disk_loses_lines_and_nothing_else(lab, weir):
    """The disk has room for the file and for nothing in it."""
    daemon = weir()
    http_get(lab, ORIGIN, "allowed.example")
    daemon.line(host="allowed.example")
    os.rename(daemon.access, f"{daemon.access}.before")
    os.symlink("/dev/full", daemon.access)
    daemon.signal(signal.SIGUSR1)
    wait_for("lines to be lost", lambda: http_get(lab, ORIGIN).status == 200 and daemon.status()["log"]["lost"])
    assert "No space left" in daemon.status()["log"]["error"]
    os.unlink(daemon.access)
    daemon.signal(signal.SIGUSR1)
    wait_for("a new file", lambda: os.path.exists(daemon.access))
    http_get(lab, ORIGIN, "other.example")
    daemon.line(host="other.example")
    wait_for("the end of it to be said", lambda: "is written again" in daemon.said())
    errors = [line for line in daemon.said().splitlines() if " error " in line]
    assert len(errors) == 1 and errors[0].endswith("access.log cannot be written: No space left on device")
    daemon.expected(errors)
