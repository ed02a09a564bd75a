"""After a crash a client that reuses its port is forwarded, although the gateway still holds a TIME_WAIT socket for it.

Forwarding drops, silently, a packet to which early demultiplexing attached a local socket.
"""
from lab import http_get
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

PORT = 23100


def test_reuse_after_a_crash(lab, weir):
    daemon = weir(BLOCK)
    assert lab.sysctl(lab.gateway, "net.ipv4.tcp_early_demux") == "0"
    assert http_get(lab, ORIGIN, "blocked.example", source_port=PORT).status == 403
    daemon.kill()
    assert f":{PORT}" in lab.run(lab.gateway, "ss", "-Htan", "state", "time-wait")
    before = lab.syns_sent_again()
    answer = http_get(lab, ORIGIN, "blocked.example", source_port=PORT)
    assert f"{CLIENT} port {PORT}" in answer.text
    assert lab.syns_sent_again() == before
    daemon.start()
