"""log.access and log.events as syslog URLs, against rsyslog: RFC 5424 over UDP, and counted on TCP."""
import json
import os
import signal
import subprocess

import pytest

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

CONFIG = """
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="5514")
input(type="imtcp" address="127.0.0.1" port="5514")
global(workDirectory="{directory}")
template(name="parts" type="list") {{
  property(name="app-name") constant(value=" ") property(name="msgid") constant(value=" ")
  property(name="syslogseverity-text") constant(value=" ") property(name="msg") constant(value="\\n")
}}
action(type="omfile" file="{directory}/received" template="parts")
"""


class Rsyslog:
    def __init__(self, lab, directory):
        self.received = f"{directory}/received"
        config = directory / "rsyslog.conf"
        config.write_text(CONFIG.format(directory=directory))
        self.process = lab.spawn(lab.gateway, "rsyslogd", "-n", "-f", str(config), "-i", f"{directory}/pid",
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("rsyslog to listen", lambda: lab.run(lab.gateway, "ss", "-Hlnt", "sport = :5514"))

    def lines(self, kind):
        if not os.path.exists(self.received):
            return []
        with open(self.received, encoding="ascii") as file:
            return [line.split(" ", 3)[2:] for line in file.read().splitlines() if line.startswith(f"weir {kind} ")]

    def close(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def rsyslog(lab, tmp_path):
    started = Rsyslog(lab, tmp_path)
    yield started
    started.close()


@pytest.mark.parametrize("scheme", ["syslog", "syslog+tcp"])
def test_lines_and_events_arrive(lab, rsyslog, weir, scheme):   # in this order: the daemon ends first
    url = f"{scheme}://127.0.0.1:5514"
    daemon = weir(BLOCK, more=f'events = "{url}"')
    with open(daemon.config, encoding="utf-8") as file:
        good = file.read().replace(f'access = "{daemon.access}"', f'access = "{url}"')
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.write(good)
    assert daemon.reload()[0] == 0 and daemon.status()["log"]["path"] == url
    http_get(lab, ORIGIN, "blocked.example")
    severity, line = wait_for("the line", lambda: rsyslog.lines("access"))[0]
    assert severity == "info" and json.loads(line)["rule"] == "no ads"

    with open(daemon.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 1\n")
    assert daemon.reload()[0] == 1
    events = wait_for("the refusal", lambda: [e for e in rsyslog.lines("events") if "reload refused" in e[1]])
    assert events[0][0] == "warning" and "nonsense" in events[0][1]
    assert any(severity == "info" and "reloaded config=" in text for severity, text in rsyslog.lines("events"))
