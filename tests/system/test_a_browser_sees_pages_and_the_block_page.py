"""A real browser behind the gateway: a page with all that pages consist of, and the block page."""
import base64
from concurrent.futures import ThreadPoolExecutor

from browser import dom_of
from lab.namespaces import OTHER
from rules import BLOCK
from scripted import Scripted, plain

PAGE = b"""<!doctype html><html><head><link rel="stylesheet" href="/look.css"></head>
<body><p id="styled">text</p><img id="image" src="/dot.png"><p id="written"></p><p id="fetched"></p>
<script src="/work.js"></script></body></html>"""
WORK = b"""
addEventListener("load", async () => {
  const by = id => document.getElementById(id);
  by("written").textContent = "colour " + getComputedStyle(by("styled")).color + ", image " + by("image").naturalWidth;
  by("fetched").textContent = (await (await fetch("/data.json")).json()).said;
});"""
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
PARTS = {
    "/": ("text/html", PAGE), "/look.css": ("text/css", b"#styled { color: rgb(1, 2, 3) }"),
    "/work.js": ("text/javascript", WORK), "/dot.png": ("image/png", DOT),
    "/data.json": ("application/json", b'{"said": "what an origin says"}'),
}


def served(head, _connection):
    kind, body = PARTS.get(head.split(" ")[1], ("text/plain", b""))
    return plain(body, f"Content-Type: {kind}", "Cache-Control: no-store")


def test_a_page_with_its_parts_and_a_refused_one(lab, weir, tmp_path):
    daemon = weir(BLOCK, more='[page]\ncontact = "desk@school.example"')
    with Scripted(lab, served, OTHER):
        names = {"page.example": OTHER, "www.blocked.example": OTHER}
        with ThreadPoolExecutor() as browsers:   # most of the time goes into their start
            page, refused = browsers.map(lambda name: dom_of(lab, tmp_path, f"http://{name}/", names), names)
    assert '<p id="written">colour rgb(1, 2, 3), image 1</p>' in page, page
    assert '<p id="fetched">what an origin says</p>' in page, page
    for path in PARTS:
        line = daemon.line(host="page.example", url=f"http://page.example{path}")
        assert line["depth"] == "serve" and line["status"] == 200 and line["reason"] == "done", line
    assert "no ads" in refused and "desk@school.example" in refused and "www.blocked.example" in refused, refused
    assert daemon.line(host="www.blocked.example", url="http://www.blocked.example/")["status"] == 403
