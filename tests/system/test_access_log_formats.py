"""log.format, log.query and log.only: the same traffic as the tools of others read it; a reload changes between them."""
import re

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK
from scripted import get

US, ORG = re.escape(CLIENT), re.escape(ORIGIN)
WHEN = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]"
SQUID = rf"\d{{10}}\.\d{{3}} [ \d]{{5}}\d {US}"   # elapsed is padded to six


def text(daemon):
    with open(daemon.access, encoding="ascii") as file:
        return file.read()


def change(daemon, more, begun):
    """Another [log] section, by a reload, once every connection so far, `begun` of them, has its line.  Returns how long
    the log is then.  What passes is heard of at a beat."""
    wait_for("connections to be heard of", lambda: daemon.ask("clients")["clients"][0]["opened"] == begun)
    wait_for("connections to end", lambda: daemon.status()["connections"]["open"] == 0)
    daemon.more = more
    daemon.write(BLOCK)
    status, answer = daemon.reload()
    assert status == 0 and not answer["waiting"], answer
    return len(text(daemon))


def traffic(lab, authority, path):
    """A miss, a hit, a refused page, a passed and a refused TLS connection."""
    for _ in range(2):
        get(lab, ORIGIN, f"{path}?token=secret", "allowed.example", 'Referer: http://x/"y?q=1', "User-Agent: Tool/1")
    http_get(lab, ORIGIN, "blocked.example")
    for name in ("www.allowed.example", "blocked.example"):
        with lab.connect(ORIGIN, 443) as connection:
            try:
                Tls(connection, name, authority).handshake()
            except OSError:
                assert name == "blocked.example"


def expect(daemon, before, *patterns):
    """Exactly these lines stand behind `before`, in any order: workers write for themselves."""
    try:
        wait_for("the lines", lambda: len(text(daemon)[before:].splitlines()) >= len(patterns))
    except AssertionError as error:
        raise AssertionError(f"{error}: {text(daemon)[before:]}") from None
    lines = text(daemon)[before:].splitlines()
    for pattern in patterns:
        assert sum(re.fullmatch(pattern, line) is not None for line in lines) == 1, f"{pattern} in {lines}"
    assert len(lines) == len(patterns), lines


def test_each_format(lab, weir, authority):
    for name in ("one", "two", "three"):
        lab.nginx.file(name, 5000)
    daemon = weir(BLOCK, more='format = "squid"')
    traffic(lab, authority, "/cached/one")
    page = r"GET http://allowed\.example/cached/one -"
    expect(daemon, 0,
           rf"{SQUID} TCP_MISS/200 \d+ {page} ORIGINAL_DST/{ORG} text/plain",
           rf"{SQUID} TCP_MEM_HIT/200 \d+ {page} HIER_NONE/- text/plain",
           rf"{SQUID} TCP_DENIED/403 \d+ GET http://blocked\.example/ - HIER_NONE/- -",
           rf"{SQUID} TCP_TUNNEL/200 \d+ CONNECT www\.allowed\.example:443 - ORIGINAL_DST/{ORG} -",
           rf"{SQUID} TCP_DENIED/403 \d+ CONNECT blocked\.example:443 - HIER_NONE/- -")
    status, told, _ = daemon.proxyctl("who", "allowed.example")
    assert status == 1 and told.startswith("this log cannot be read"), "who asked is not known"

    before = change(daemon, 'format = "combined"\nquery = true\nonly = "blocked"', begun=5)
    traffic(lab, authority, "/cached/two")
    expect(daemon, before,
           rf'{US} - - {WHEN} "GET http://blocked\.example/ HTTP/1\.1" 403 \d+ "-" "-"',
           rf'{US} - - {WHEN} "CONNECT blocked\.example:443 HTTP/1\.1" 403 \d+ "-" "-"')

    before = change(daemon, 'format = "combined"\nquery = true', begun=10)
    get(lab, ORIGIN, "/cached/two?token=secret", "allowed.example", 'Referer: http://x/"y?q=1', "User-Agent: Tool/1")
    expect(daemon, before, rf'{US} - - {WHEN} "GET http://allowed\.example/cached/two\?token=secret HTTP/1\.1" 200 \d+ '
                           r'"http://x/\\x22y\?q=1" "Tool/1"')

    before = change(daemon, 'format = "lancache"', begun=11)
    traffic(lab, authority, "/cached/three")
    lancache = rf'\[allowed\.example\] {US} / - - - {WHEN} "GET /cached/three HTTP/1\.1" 200 \d+ "http://x/\\x22y" "Tool/1"'
    expect(daemon, before,
           rf'{lancache} "MISS" "allowed\.example" "-"',
           rf'{lancache} "HIT" "allowed\.example" "-"',
           rf'\[blocked\.example\] {US} / - - - {WHEN} "GET / HTTP/1\.1" 403 \d+ "-" "-" "-" "blocked\.example" "-"')
