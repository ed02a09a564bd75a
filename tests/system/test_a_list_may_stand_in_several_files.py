"""The URL of a cache_domains.json is enough: the files that it mentions are fetched from its folder, all or none."""
import json
import os

from lab import http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN

RULES = f"""
[[list]]
name = "cdn"
url = "http://{ORIGIN}/files/cdn/cache_domains.json"
guard = false
update = "1s"
[[rule]]
name = "no steam"
host = ["@cdn/steam"]
action = "block"
"""


def put(lab, file, text):
    path = f"{lab.nginx.directory}/files/cdn/{file}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="ascii") as new:
        new.write(text)
    os.rename(path + ".new", path)


def shown(daemon):
    return daemon.ask("lists")["lists"][0]


def asked(lab, file, status):
    return sum(f"/files/cdn/{file} HTTP/1.1\" {status}" in line for line in lab.nginx.log())


def test_all_files_or_none(lab, weir):
    index = {"cache_domains": [{"name": "steam", "domain_files": ["steam.txt"]},
                               {"name": "wsus", "domain_files": ["wsus.txt"]}]}
    put(lab, "steam.txt", "blocked.example\n")
    put(lab, "wsus.txt", "update.example\n")
    put(lab, "cache_domains.json", json.dumps(index))
    daemon = weir(RULES)
    wait_for("the first copy", lambda: shown(daemon)["names"] == 2)
    assert shown(daemon)["categories"] == ["steam", "wsus"]
    assert http_get(lab, ORIGIN, "blocked.example").status == 403
    assert http_get(lab, ORIGIN, "update.example").status == 200
    wait_for("questions that are answered by 304",
             lambda: all(asked(lab, file, 304) for file in ["cache_domains.json", "steam.txt", "wsus.txt"]))
    put(lab, "steam.txt", "blocked.example\nother.example\n")
    wait_for("a file that changed alone", lambda: shown(daemon)["names"] == 3)
    assert asked(lab, "wsus.txt", 200) == 1, "what did not change is not fetched again"
    assert http_get(lab, ORIGIN, "other.example").status == 403
    index["cache_domains"].append({"name": "gone", "domain_files": ["gone.txt"]})
    put(lab, "cache_domains.json", json.dumps(index))
    wait_for("the failure to be shown", lambda: "gone.txt: the server answered 404" in shown(daemon)["failure"])
    assert shown(daemon)["names"] == 3
    daemon.stop()
    os.unlink(f"{lab.nginx.directory}/files/cdn/cache_domains.json")
    daemon.start()
    assert http_get(lab, ORIGIN, "other.example").status == 403, "the last good copy holds all of it"
