"""A list of a URL is fetched, asked for changes on condition, put in force without a reload, and kept for a bad day."""
import os

import pytest

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN

RULES = f"""
[[list]]
name = "ads"
url = "http://{ORIGIN}/files/ads.txt"
update = "1s"
[[rule]]
name = "ads"
host = ["@ads"]
action = "block"
"""


@pytest.fixture
def publish(lab):
    """publish(text) is what the server has from now on; publish(None): it has nothing."""
    path = f"{lab.nginx.directory}/files/ads.txt"

    def put(text):
        if text is None:
            os.unlink(path)
            return
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(path + ".new", path)

    yield put
    if os.path.exists(path):
        os.unlink(path)


def shown(daemon):
    return daemon.ask("lists")["lists"][0]


def asked(lab, status):
    return sum(f"/files/ads.txt HTTP/1.1\" {status}" in line for line in lab.nginx.log())


def test_a_change_at_the_server_holds_here(lab, weir, publish):
    publish("||blocked.example^\n")
    daemon = weir(RULES)
    wait_for("the first copy", lambda: shown(daemon)["names"] == 1)
    assert http_get(lab, ORIGIN, "sub.blocked.example").status == 403
    assert http_get(lab, ORIGIN, "other.example").status == 200
    before = asked(lab, 304)
    wait_for("a question that is answered by 304", lambda: asked(lab, 304) > before)
    publish("||blocked.example^\n||other.example^\n")
    wait_for("the second copy", lambda: shown(daemon)["names"] == 2)
    assert http_get(lab, ORIGIN, "other.example").status == 403
    status, text, _ = daemon.proxyctl("lists")
    assert status == 0 and "adblock rules" in text and "ok" in text


def test_the_last_good_copy_outlives_a_restart_without_the_server(lab, weir, publish):
    publish("||blocked.example^\n")
    daemon = weir(RULES + f'[[list]]\nname = "gone"\nurl = "http://{ORIGIN}/files/gone.txt"\n')
    wait_for("the first copy", lambda: shown(daemon)["names"] == 1)
    daemon.stop()
    publish(None)
    daemon.start()
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    wait_for("the failure to be shown", lambda: "404" in shown(daemon)["failure"])
    assert shown(daemon)["updated"] > 0 and shown(daemon)["names"] == 1
    status, text, _ = daemon.proxyctl("lists")
    assert status == 0 and "stale" in text and "404" in text
    wait_for("both failures", lambda: daemon.status()["policy"]["stale"] == ["ads", "gone"])
    assert daemon.status()["policy"]["empty"] == ["gone"]
    _, text, _ = daemon.proxyctl("status")
    assert "ads: not fetched, the last copy holds" in text and "gone: never fetched" in text


def test_what_is_no_list_does_not_replace_one(lab, weir, publish):
    publish("||blocked.example^\n")
    daemon = weir(RULES)
    wait_for("the first copy", lambda: shown(daemon)["names"] == 1)
    publish("{\"error\": \"come again later\"}\n")
    wait_for("the failure to be shown", lambda: "JSON" in shown(daemon)["failure"])
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
