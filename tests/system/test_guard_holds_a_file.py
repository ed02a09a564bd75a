"""A list file with a guard is held at a reload as an update is: its old names stay until the operator takes the new."""
from lab import http_get
from lab.namespaces import ORIGIN

RULES = """
[[list]]
name = "ads"
file = "FILE"
guard = true
[[rule]]
name = "ads"
host = ["@ads"]
action = "block"
"""


def test_the_old_names_stay_until_the_new_ones_are_accepted(lab, weir, tmp_path):
    file = tmp_path / "ads.txt"
    file.write_text("blocked.example\nsub.blocked.example\nx.example\ny.example\n")
    daemon = weir(RULES.replace("FILE", str(file)))
    file.write_text("other.example\n")
    for _ in range(2):   # a second reload changes nothing about it
        status, answer = daemon.reload()
        assert status == 0 and answer["done"]
        assert daemon.ask("lists")["lists"][0]["held"] == "it shrinks from 4 names to 1"
        assert http_get(lab, ORIGIN, "blocked.example").status == 403
        assert http_get(lab, ORIGIN, "other.example").status == 200
    diff = daemon.ask("diff", "ads")
    assert (diff["added"], diff["removed"]) == (1, 4) and diff["first_added"] == ["other.example"]
    assert daemon.ask("accept", "ads")["names"] == 1
    assert http_get(lab, ORIGIN, "blocked.example").status == 200
    assert http_get(lab, ORIGIN, "other.example").status == 403
    assert daemon.ask("lists")["lists"][0]["held"] == ""
