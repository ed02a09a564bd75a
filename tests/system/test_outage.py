"""An uplink that is down: origins that were asked and do not answer are told as such, and so is their return."""
from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import ORIGIN
from rules import BLOCK

SILENT = "10.92.0.4", "10.92.0.5", "10.92.0.6"   # origins that drop what they get


def ask(lab, address):
    """A client that asks and waits."""
    asking = lab.socket(lab.client)
    asking.setblocking(False)
    asking.connect_ex((address, 443))
    return asking


def test_origins_that_do_not_answer_are_an_outage_until_one_does(lab, weir):
    daemon = weir(BLOCK)
    assert http_get(lab, ORIGIN).status == 200
    lab.nft(lab.origin, f"""
        table inet lab {{
          chain in {{
            type filter hook input priority 0;
            ip daddr {{ {", ".join(SILENT)} }} drop
          }}
        }}""")
    asked = [ask(lab, address) for address in SILENT]
    outage = wait_for("silence to be told", lambda: daemon.status()["outage"] if daemon.status()["outage"]["since"] else None,
                      timeout=35)
    assert outage["total"] and outage["families"] == "IPv4" and outage["asked"] == 3
    status = daemon.proxyctl("status")[1]
    assert status.startswith("running; no origin answers ") and "none of 3 addresses asked over IPv4 said a word" in status
    assert daemon.proxyctl("slow")[1].startswith("no origin answers, this gateway is not slow")
    assert daemon.ask("slow")["verdict"] == "outage"
    assert daemon.proxyctl("health")[:2] == (0, daemon.ask("health")["line"] + "\n")
    assert "no origin answers over IPv4 since" in daemon.ask("health")["line"]

    with lab.connect(ORIGIN, 443) as connection:   # one that passes on the wire is an answer too
        Tls(connection, "allowed.example").handshake()
    wait_for("the answer to be heard", lambda: not daemon.status()["outage"]["since"])
    wait_for("the history to have both", lambda: [e["what"] for e in daemon.ask("history")["events"]][-2:] == ["silent", "answers"])
    assert "none of 3 addresses asked over IPv4" in daemon.proxyctl("history")[1]
    for asking in asked:
        asking.close()
