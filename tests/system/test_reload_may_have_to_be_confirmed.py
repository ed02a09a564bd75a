"""reload --confirm: what nobody confirms goes back by itself, also over a crash; rollback and diff know both texts."""
import json

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

OTHER = BLOCK.replace("blocked", "other")


def blocks(lab, host):
    return http_get(lab, ORIGIN, host).status == 403


def reload(daemon, window):
    status, output, error = daemon.proxyctl("reload", "--confirm", window, "--json")
    assert status == 0, output + error
    return json.loads(output)


def test_what_nobody_confirms_goes_back(lab, weir):
    daemon = weir(BLOCK)
    before = daemon.status()["policy"]["config"]
    daemon.write(OTHER)
    assert reload(daemon, "1s")["confirm_until"] > 0
    assert blocks(lab, "other.example") and not blocks(lab, "blocked.example")
    wait_for("the old rules", lambda: daemon.status()["policy"]["config"] == before)
    shown = daemon.status()["policy"]
    assert shown["differs"] and shown["passed_over"] and shown["confirm_until"] == 0
    assert blocks(lab, "blocked.example") and not blocks(lab, "other.example")
    assert "went back" in daemon.said()
    daemon.stop()
    daemon.start()   # nor does a start take the file that was not confirmed
    assert daemon.status()["policy"]["config"] == before and "never confirmed" in daemon.said()
    assert [event["what"] for event in daemon.ask("history")["events"]] == [
        "started", "reloaded", "went_back", "stopped", "started"]


def test_a_crash_before_the_confirmation_comes_up_with_what_was_confirmed(lab, weir):
    daemon = weir(BLOCK)
    daemon.write(OTHER)
    reload(daemon, "10m")
    daemon.kill()
    daemon.start()
    assert blocks(lab, "blocked.example") and not blocks(lab, "other.example")
    daemon.write(BLOCK + OTHER.replace("no ads", "no others"))
    status, answer = daemon.reload()   # another text is another matter
    assert status == 0 and answer["done"] and blocks(lab, "other.example")


def test_a_text_that_keeps_its_state_elsewhere_is_not_confirmed_by_that(lab, weir):
    daemon = weir(BLOCK)
    daemon.write(OTHER)
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read()
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.write(text.replace('/state"', '/elsewhere"'))
    reload(daemon, "10m")
    daemon.kill()
    daemon.start()
    assert blocks(lab, "blocked.example") and not blocks(lab, "other.example")
    assert daemon.reload()[0] == 0 and blocks(lab, "other.example")
    daemon.stop()
    daemon.start()
    assert blocks(lab, "other.example") and not daemon.status()["policy"]["passed_over"]


def test_confirmed_it_stays_and_can_be_rolled_back(lab, weir):
    daemon = weir(BLOCK)
    assert daemon.proxyctl("confirm")[0] == 1   # nothing waits
    assert daemon.proxyctl("rollback")[0] == 1   # nothing ran before
    daemon.write(OTHER)
    assert '+host   = [".other.example"]' in daemon.proxyctl("diff")[1] or "other" in daemon.proxyctl("diff")[1]
    reload(daemon, "10m")
    status, answer = daemon.reload()   # as logrotate's signal would: confirms nothing
    assert status == 0 and answer["confirm_until"] > 0
    assert daemon.proxyctl("confirm")[0] == 0
    assert daemon.status()["policy"]["confirm_until"] == 0 and daemon.ask("diff")["files"] == []
    daemon.kill()
    daemon.start()
    assert blocks(lab, "other.example")

    assert daemon.proxyctl("rollback")[0] == 0
    assert blocks(lab, "blocked.example") and not blocks(lab, "other.example")
    changed = daemon.ask("diff")["files"][0]
    assert changed["added"] == changed["removed"] > 0
    assert daemon.proxyctl("rollback")[0] == 0   # and forth
    assert blocks(lab, "other.example") and not daemon.status()["policy"]["differs"]
    assert [event["what"] for event in daemon.ask("history")["events"]][-4:] == [
        "died", "started", "went_back", "went_back"]
