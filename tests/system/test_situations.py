"""The situations of an operator over the years, played with the commands that one types, one gateway for all of them.

Of each page the first line, which is the answer, and the rows that tell it.  Times and counts that a machine decides are
not looked at.  An uplink that dies is played in test_outage.py, a slow night in test_slow_names_the_side.py."""
import os
import re
import subprocess

import pytest

from lab import Footprint, Weir
from lab.gateway import BINARIES, wait_for
from lab.namespaces import CLIENT, ORIGIN, OTHER

RULES = f"""
[[group]]
name = "room-12"
clients = ["10.91.0.0/24"]
[[list]]
name = "ads"
url = "http://{ORIGIN}/files/situations.txt"
update = "1s"
[[rule]]
name = "law"
host = [".adult.example"]
action = "block"
locked = true
[[rule]]
name = "lesson time"
client = ["@room-12"]
host = [".museum.example"]
action = "block"
[[rule]]
name = "ads"
host = ["@ads"]
action = "block"
"""
DISK = "256k"
REFUSED, TLS_REFUSED = 7, 35   # what curl ends with


def publish(lab, *names):
    path = f"{lab.nginx.directory}/files/situations.txt"
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write("".join(f"{name}\n" for name in names))
    os.rename(path + ".new", path)


def curl(lab, name, path="", source=CLIENT, scheme="http", address=ORIGIN):
    """(exit status, HTTP status of the last answer) of what a user asks for."""
    port = {"http": 80, "https": 443}[scheme]
    done = subprocess.run(lab.command(lab.client, "curl", "-sk", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}\n",
                                      "--resolve", f"{name}:{port}:{address}", "--interface", source,
                                      f"{scheme}://{name}/{path}"), stdout=subprocess.PIPE, text=True, timeout=15)
    return done.returncode, int(done.stdout.split()[-1])


def page(daemon, *words, status=0):
    """What a command shows, which ended as expected."""
    got, text, error = daemon.proxyctl(*words)
    assert got == status, f"proxyctl {' '.join(words)} ended with {got}:\n{text}{error}"
    print(f"# proxyctl {' '.join(words)}\n{text}{error}")   # pytest shows it with a failure
    return text + error


def change(text):
    """The number of the change that a page tells of."""
    return re.search(r"^  change (\d+) ", text, re.M)[1]


def has(text, *patterns):
    for pattern in patterns:
        assert re.search(pattern, text, re.M), f"no line like {pattern!r} in\n{text}"


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A small disk for the log."""
    path = str(tmp_path_factory.mktemp("log"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.fixture(scope="module")
def observing(lab, disk, tmp_path_factory):
    """The gateway, as the package's file has it at first."""
    publish(lab, "ads.example")
    made = Weir(lab, tmp_path_factory.mktemp("weir"), gateway="observe = true")
    made.access = f"{disk}/access.log"
    made.write(RULES)
    made.start()
    wait_for("the list", lambda: made.ask("lists")["lists"][0]["names"] == 1)
    yield made
    made.close()


@pytest.fixture
def daemon(observing, request):
    """The same, enforcing."""
    request.node.daemons = [observing]
    if observing.gateway:
        observing.gateway = ""
        observing.write(RULES)
        assert observing.reload()[0] == 0
    yield observing
    assert not observing.errors(), observing.errors()


def test_the_first_install(lab, tmp_path):
    before = Footprint.of(lab, lab.gateway)
    text = lab.run(lab.gateway, f"{BINARIES}/proxyctl", "doctor", "--lan", "lan0", "--socket", f"{tmp_path}/none", check=False)
    has(text, r"^Weir can run here\b", r"^  clients on +lan0$", r"^  will add +an ip rule and table 7745, nft table weir",
        r"^→ weir --check --config /etc/weir/weir\.toml && ")
    assert before.differences(Footprint.of(lab, lab.gateway)) == [], "asking changes nothing"


def test_the_first_hour(lab, observing):
    assert curl(lab, "ads.example") == (0, 200) and curl(lab, "x.museum.example", scheme="https") == (0, 200)
    for host in "ads.example", "x.museum.example":
        observing.line(host=host)
    has(page(observing, "status"), r"\Aobserving: nothing is changed or refused\b",
        r"^  would block +2 .*: lesson time 1, ads 1  → proxyctl policy shadow$",
        r"^→ set observe = false, then proxyctl reload --confirm 10m$")
    has(page(observing, "policy", "shadow"), r"\A3 rules; observing: none of them is enforced",
        r"^  lesson time +block +0 +1  observed .*weir\.toml:27$", r"^  ads +block +0 +1  observed ")
    observing.gateway = ""
    observing.write(RULES)
    has(page(observing, "reload", "--confirm", "10m"), r"\Aconfig \w{6} is in force +3 rules, 1 name$",
        r"^  not confirmed +goes back by itself at [\d:]+ unless confirmed  → proxyctl confirm$")
    assert curl(lab, "ads.example") == (0, 403) and curl(lab, "x.museum.example", scheme="https") == (TLS_REFUSED, 0)
    has(page(observing, "confirm"), r"\Aconfig \w{6} is in force\b")
    has(page(observing, "status"), r"\Arunning  ")


def test_a_teacher_wants_one_site_for_half_an_hour(lab, daemon):
    assert curl(lab, "www.museum.example") == (0, 403)
    opened = page(daemon, "allow", ".museum.example", "--client", "@room-12", "--for", "30m")
    has(opened, r"\A\.museum\.example is open for @room-12, until [\d:]+$", r'^  overrides +"lesson time", .*weir\.toml:27$')
    assert curl(lab, "www.museum.example") == (0, 200)
    has(page(daemon, "allow", ".adult.example", "--client", "@room-12", "--for", "30m", status=1),
        r'\Arefused: "law" \(.*weir\.toml:22\) is locked; only the file can change it$')
    assert curl(lab, "www.adult.example") == (0, 403)
    has(page(daemon, "status"), rf"^  by hand {change(opened)} +\.museum\.example is open for @room-12, until [\d:]+  → proxyctl undo ")
    has(page(daemon, "undo", change(opened)), rf"\Achange {change(opened)} is undone: the file decides again$")
    assert curl(lab, "www.museum.example") == (0, 403)


def test_an_auditor_asks_who_visited(lab, daemon):
    for source in "10.91.0.2", "10.91.0.2", "10.91.0.3":
        assert curl(lab, "files.example", source=source) == (0, 200)
    wait_for("three lines", lambda: sum(line.get("host") == "files.example" for line in daemon.lines()) == 3)
    has(page(daemon, "who", "files.example"), r"\A1 client, 3 times +1 file, \d+ lines$", r"^  first +last +client +times +received +how$",
        r" (?:[0-9a-f]{2}:){5}[0-9a-f]{2} +3 .* served$")   # one device with two addresses
    has(page(daemon, "who", "nobody.example"), r"\Anobody asked for nobody\.example\b")


def test_a_bank_app_fails(lab, daemon):
    assert curl(lab, "api.bank.example", scheme="https", address=OTHER) == (REFUSED, 0)
    daemon.line(reason="origin_refused")
    has(page(daemon, "flows", "--failed", "--client", CLIENT, "--since", "15m"), r"\A1 failure\b",
        rf"^  [\d:]+ +{CLIENT} +{OTHER}:443 +inspected +-  the origin refused the connection$")
    has(page(daemon, "flows", "--client", CLIENT, "--host", "api.bank.example"),
        rf"\Ano connection from {CLIENT} to api\.bank\.example, live or lately ended$",
        "the name was not resolved .* or the connection did not show it")
    never = page(daemon, "never", ".bank.example")
    has(never, r"\A\.bank\.example is not opened for anyone, until it is undone$", "Weir opens no TLS, of this or any name$")
    has(page(daemon, "undo", change(never)), rf"\Achange {change(never)} is undone$")


def test_a_list_update_blocks_a_cdn(lab, daemon):
    for number in range(2, 6):   # addresses of one device are one client
        lab.become(f"02:00:5e:20:00:0{number}")
        assert curl(lab, "cdn.example", source=f"10.91.0.{number}") == (0, 200)
    publish(lab, "ads.example", "cdn.example", "more.example")
    wait_for("the update to be held", lambda: daemon.ask("lists")["lists"][0]["held"])
    has(page(daemon, "status"), r"\Arunning; an update of a list is held\b", r"^  list +ads: an update waits for you +→ proxyctl lists$")
    has(page(daemon, "lists"), r"\A1 list, 1 name; 1 not up to date$", r"would newly block cdn\.example, used by \d+ % of the clients$",
        "→ proxyctl diff ads$")
    has(page(daemon, "diff", "ads"), r"\Aads: \+2 -0 names$", r"^  cdn\.example +4 of \d$", r"^→ proxyctl except ads cdn\.example$")
    assert curl(lab, "cdn.example") == (0, 200) and curl(lab, "more.example") == (0, 200)
    has(page(daemon, "except", "ads", "cdn.example"), r"\Aads: cdn\.example is excepted +3 names in force$", "→ proxyctl undo ")
    assert curl(lab, "cdn.example") == (0, 200) and curl(lab, "more.example") == (0, 403)


def test_the_disk_fills(lab, daemon, disk):
    with open(f"{disk}/filler", "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    assert curl(lab, "x.example", path="[1-40]")[0] == 0, "no connection depends on the disk"
    wait_for("it to be said", lambda: daemon.status()["log"]["error"])
    has(page(daemon, "status"), r"\Arunning; access log lines are lost\b", r"^  access log +\d+ lines? lost; .*access\.log: No space left on$")
    os.unlink(f"{disk}/filler")
    assert curl(lab, "room.example") == (0, 200)
    wait_for("the log to be written again", lambda: not daemon.status()["log"]["error"])
    text = page(daemon, "status")
    has(text, r"^  access log +\d+ lines? lost$")
    assert "No space" not in text
    with open(daemon.access, encoding="utf-8") as log:
        assert '"host":"room.example"' in log.read().splitlines()[-1], "a line that was cut stands alone"
    os.truncate(daemon.access, 0)   # which no reader of whole lines likes
    assert "No space left" in "".join(daemon.errors()) and len(daemon.errors()) == 1
    daemon.expected(daemon.errors())


def test_an_upgrade_on_friday(lab, daemon):
    has(page(daemon, "drain"), r"\Anew connections pass unjudged from now on\b", "→ proxyctl drain --undo$")
    assert curl(lab, "ads.example") == (0, 200)
    has(page(daemon, "status"), r"\Adrained: new connections pass unjudged\b", "nothing is held any more: it can be stopped")
    has(page(daemon, "drain", "--undo"), r"\Anew connections are judged again$")
    wait_for("it to judge again", lambda: curl(lab, "ads.example") == (0, 403))


def test_two_files_differ(lab, daemon):
    daemon.write(RULES.replace(".museum.example", ".gallery.example"))
    has(page(daemon, "diff"), r"\Aconfig \w{6} runs; on disk: \w{6}$", r'^  30 -host = \["\.museum\.example"\]$',
        r'^  30 \+host = \["\.gallery\.example"\]$')
    daemon.write(RULES.replace('"@ads"]\naction = "block"', '"@ads"]\naction = "blok"'))
    has(page(daemon, "reload", status=1), r"\Arefused: 1 mistake; config \w{6} stays in force$", r'weir\.toml:35:10: .* not "blok"$',
        'did you mean "block"')
    has(page(daemon, "status"), r"\Arunning; the last reload was refused\b", r"^  last reload +refused at [\d:]+: ")
    assert curl(lab, "ads.example") == (0, 403)
    daemon.write(RULES)
    has(page(daemon, "reload"), r"\Aconfig \w{6} is in force\b")
    has(page(daemon, "history", "--since", "1d"), "a reload was refused: ", r"reloaded: config \w{6}\n\Z")


def test_it_dies_in_the_night(lab, daemon):
    blocked = page(daemon, "block", "games.example")
    daemon.kill()
    assert curl(lab, "games.example") == (0, 200)
    has(page(daemon, "status", status=3), r"\AWeir is not running: nobody answers at ")
    daemon.start()
    text = page(daemon, "history", "--since", "1d")
    has(text, rf"by hand: change {change(blocked)}, games\.example blocked for everyone\n"
              r".* stopped without goodbye: it crashed or was killed\n.* ready: config \w{6}, \d names?\n"
              rf".* restored: .*\b{change(blocked)}\n")
    has(page(daemon, "status"), r"\Arunning  ", rf"^  by hand {change(blocked)} +games\.example is blocked for everyone, until it is undone ")
    assert curl(lab, "games.example") == (0, 403)
