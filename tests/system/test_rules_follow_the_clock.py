"""A rule with a time comes into force, and goes, when the clock on the wall says so; connections on the wire with it."""
import struct
import time

import pytest

from lab import Listener, client_hello, http_get
from lab.client import read_exactly
from lab.gateway import check, wait_for
from lab.namespaces import CLIENT, ORIGIN

# The first rule makes names matter once the second is in force, so they are read before.
RULE = """
[[rule]]
name = "school"
host = ["ours.example"]
action = "allow"
[[rule]]
name = "homework"
client = ["10.91.0.2"]
time = "HOURS"
action = "block"
"""
SOON = 8   # seconds from before the start of the daemon to the full hour


def zone_file(path, offset, jump=None):
    """A zone of its own (RFC 8536 section 3.1), `offset` seconds east; from `jump` = (moment, offset) on another one."""
    types = [offset] + ([jump[1]] if jump else [])
    path.write_bytes(b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 1 if jump else 0, len(types), 4)
                     + (struct.pack(">lB", jump[0], 1) if jump else b"")
                     + b"".join(struct.pack(">lBB", east, 0, 0) for east in types) + b"LMT\0")


def clock_before(noon, ahead):
    """The offset of a zone in which `noon` o'clock of some day comes `ahead` seconds from now."""
    return -int(time.time() + ahead - noon * 3600) % 86400


@pytest.fixture
def timed(weir, tmp_path):
    """timed(hours, offset, jump=None) starts Weir in a zone of its own."""
    def start(hours, offset, jump=None):
        zone_file(tmp_path / "Here", offset, jump)
        return weir(RULE.replace("HOURS", hours), gateway='timezone = "Here"', environment={"TZDIR": str(tmp_path)})
    return start


def changed(daemon, in_force):
    return wait_for("the rules in force to change", lambda: daemon.status()["times"]["in_force"] == in_force, timeout=30)


def test_a_rule_begins_at_its_hour_and_ends_what_it_refuses(lab, timed):
    daemon = timed("12:00-12:01", clock_before(12, SOON))
    times = daemon.status()["times"]
    assert times["rules"] == 1 and times["clock_set"] and times["next_wall"].endswith("12:00")
    hello = client_hello("allowed.example")
    with Listener(lab, 443) as origin, lab.connect(origin.address, 443) as client:
        client.sendall(hello)
        server = origin.accept()
        assert read_exactly(server, len(hello)) == hello
        changed(daemon, 1)
        assert http_get(lab, ORIGIN, "allowed.example").status == 403
        with pytest.raises(OSError):   # the connection that had passed is reset by its next packets
            while True:
                client.sendall(b".")
                client.recv(1)
        server.close()
    assert daemon.line(depth="inspect", reason="policy_changed")["action"] == "allow"
    assert "other rules hold by the clock" in daemon.said()


def test_a_rule_ends_at_its_hour(lab, timed):
    daemon = timed("11:59-12:00", clock_before(12, SOON))
    assert http_get(lab, ORIGIN, "allowed.example").status == 403
    changed(daemon, 0)
    assert http_get(lab, ORIGIN, "allowed.example").status == 200


def test_a_clock_that_is_put_forward_begins_a_rule(lab, timed):
    """From half past twelve to half past thirteen, in SOON seconds: thirteen o'clock is never shown."""
    offset = clock_before(12.5, SOON)
    daemon = timed("13:30-14:00", offset, jump=(int(time.time() + SOON), offset + 3600))
    assert http_get(lab, ORIGIN, "allowed.example").status == 200
    assert daemon.status()["times"]["next_wall"].endswith("13:30")
    changed(daemon, 1)
    assert http_get(lab, ORIGIN, "allowed.example").status == 403


def test_explain_answers_for_any_time(timed):
    daemon = timed("12:00-12:01", clock_before(10, 0))
    told = daemon.ask("explain", "--client", CLIENT, "--port", "443")
    assert told["action"] == "allow" and "10:0" in told["time"]
    told = daemon.ask("explain", "--client", CLIENT, "--port", "443", "--time", "2026-01-02 12:00")
    assert told["action"] == "block" and told["time"] == "Fri 2026-01-02 12:00"
    assert "in 12:00-12:01" in told["steps"][1]["because"]


def test_the_zone_must_exist(tmp_path):
    status, said = check('[gateway]\nlan = ["lan0"]\ntimezone = "Europe/Atlantis"\n', tmp_path)
    assert status == 1 and "checked.toml:3:12: error: there is no time zone" in said
