"""log.access = "journal", against a real systemd-journald: the line, and every field of it to search by."""
import glob
import json
import os
import shutil
import subprocess

import pytest

from lab import gateway, http_get
from lab.gateway import run, wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

# The daemon sees the journal of the test where a host has its own; the mount is the daemon's alone, as its namespace is.
WRAPPER = """#!/bin/sh
mkdir -p /run/systemd/journal && mount --bind {folder} /run/systemd/journal && exec {binary} "$@"
"""


class Journal:
    """A journal of its own name beside that of the host."""

    def __init__(self):
        self.name = f"weir{os.getpid()}"
        self.folder = f"/run/systemd/journal.{self.name}"
        self.process = subprocess.Popen(["/lib/systemd/systemd-journald", self.name], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the journal's socket", lambda: os.path.exists(f"{self.folder}/socket"))

    def entries(self, *matches):
        output = run("journalctl", f"--namespace={self.name}", "--output=json", "--quiet", *matches, check=False)
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        for folder in (self.folder, *glob.glob(f"/var/log/journal/*.{self.name}"), *glob.glob(f"/run/log/journal/*.{self.name}")):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def journal(tmp_path, monkeypatch):
    started = Journal()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "weir").write_text(WRAPPER.format(folder=started.folder, binary=f"{gateway.BINARIES}/weir"))
    (programs / "weir").chmod(0o755)
    (programs / "proxyctl").symlink_to(os.path.abspath(f"{gateway.BINARIES}/proxyctl"))
    monkeypatch.setattr(gateway, "BINARIES", str(programs))
    yield started
    started.close()


def test_lines_and_events_with_their_fields(lab, journal, weir):
    daemon = weir(BLOCK, more='events = "journal"')
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read().replace(f'access = "{daemon.access}"', 'access = "journal"')
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.write(text)
    assert daemon.reload()[0] == 0
    http_get(lab, ORIGIN, "blocked.example")
    entry = wait_for("the line", lambda: journal.entries("SYSLOG_IDENTIFIER=weir-access", "WEIR_ACTION=block"))[0]
    assert json.loads(entry["MESSAGE"])["host"] == "blocked.example" and entry["PRIORITY"] == "6"
    assert (entry["WEIR_CLIENT"], entry["WEIR_RULE"], entry["WEIR_STATUS"]) == (CLIENT, "no ads", "403")
    assert wait_for("the event", lambda: [e for e in journal.entries("SYSLOG_IDENTIFIER=weir-events")
                                          if e["MESSAGE"].startswith("reloaded config=")])
