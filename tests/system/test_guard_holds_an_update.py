"""An update that would block what many clients use waits for the operator, who may take it whole or without a name."""
import os

import pytest

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN

RULES = f"""
[[list]]
name = "ads"
url = "http://{ORIGIN}/files/guarded.txt"
update = "1s"
[[rule]]
name = "ads"
host = ["@ads"]
action = "block"
"""
CLIENTS = ["10.91.0.2", "10.91.0.3", "10.91.0.4", "10.91.0.5"]


def publish(lab, text):
    path = f"{lab.nginx.directory}/files/guarded.txt"
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(text)
    os.rename(path + ".new", path)


def shown(daemon):
    return daemon.ask("lists")["lists"][0]


@pytest.fixture
def held(lab, weir):
    """A gateway whose clients all use allowed.example, and an update that names it."""
    publish(lab, "blocked.example\n")
    daemon = weir(RULES)
    wait_for("the first copy", lambda: shown(daemon)["names"] == 1)
    for number, client in enumerate(CLIENTS):
        lab.become(f"02:00:5e:10:00:0{number}")   # addresses of one device are one client
        assert http_get(lab, ORIGIN, "allowed.example", source=client).status == 200
    publish(lab, "blocked.example\nallowed.example\nother.example\n")
    wait_for("the update to be held", lambda: "allowed.example" in shown(daemon)["held"])
    return daemon


def test_what_is_held_changes_nothing_and_can_be_looked_at(lab, held):
    assert http_get(lab, ORIGIN, "allowed.example").status == 200
    diff = held.ask("diff", "ads")
    assert (diff["added"], diff["removed"]) == (2, 0)
    assert [name["name"] for name in diff["refused"]] == ["allowed.example"]
    assert http_get(lab, ORIGIN, "other.example").status == 200
    status, text, _ = held.proxyctl("diff", "ads")
    assert status == 0 and "proxyctl except ads allowed.example" in text


def test_the_rest_can_be_taken_without_a_name(lab, held):
    changed = held.ask("except", "ads", "allowed.example")
    assert changed["done"] and not changed["held"] and changed["names"] == 3 and changed["change"] == 1
    assert http_get(lab, ORIGIN, "allowed.example").status == 200
    assert http_get(lab, ORIGIN, "other.example").status == 403
    held.stop()
    held.start()
    assert shown(held)["except"] == ["allowed.example"]
    assert http_get(lab, ORIGIN, "allowed.example").status == 200, "it outlives the run"
    assert http_get(lab, ORIGIN, "other.example").status == 403
    assert "allowed.example is excepted from ads" in held.proxyctl("status")[1]
    assert held.ask("undo", "1")["done"]
    assert http_get(lab, ORIGIN, "allowed.example").status == 403
    assert held.status()["by_hand"] == [] and shown(held)["except"] == []
    assert held.ask("except", "ads", "allowed.example")["change"] == 2, "a number is never used twice"
    assert held.ask("except", "ads", "allowed.example", "--again")["done"]
    assert http_get(lab, ORIGIN, "allowed.example").status == 403
    assert held.status()["by_hand"] == []
    events = [(event["what"], event["change"]) for event in held.ask("history")["events"]]
    assert events == [("started", 0), ("by_hand", 1), ("stopped", 0), ("started", 0), ("restored", 0), ("undone", 1),
                      ("by_hand", 2), ("undone", 2)]


def test_the_page_of_a_list_has_the_last_word_on_its_exceptions(lab, held):
    assert held.ask("except", "ads", "blocked.example")["change"] == 1
    held.stop()
    os.unlink(f"{held.directory}/state/by_hand.json")
    held.start()
    assert [(change["action"], change["list"]) for change in held.status()["by_hand"]] == [("except", "ads")]
    held.write("")
    assert held.reload()[0] == 0
    assert held.status()["by_hand"][0]["idle"] == "there is no list ads"
    assert held.ask("undo", "1")["done"]
    held.write(RULES)
    assert held.reload()[0] == 0
    assert shown(held)["except"] == [] and held.status()["by_hand"] == []


def test_all_of_it_can_be_taken(lab, held):
    assert held.ask("accept", "ads")["done"]
    assert http_get(lab, ORIGIN, "allowed.example").status == 403
    assert shown(held)["held"] == ""
    assert held.ask("history")["events"][-1]["what"] == "accepted"
    status, text, _ = held.proxyctl("accept", "ads")
    assert status == 1 and "no update of ads is held" in text
    assert held.proxyctl("diff", "ads")[0] == 1


def test_an_empty_update_is_held_too(lab, held):
    assert held.ask("accept", "ads")["done"]
    publish(lab, "# nothing\n")
    wait_for("the empty update to be held", lambda: shown(held)["held"] == "it is empty")
    assert http_get(lab, ORIGIN, "other.example").status == 403
