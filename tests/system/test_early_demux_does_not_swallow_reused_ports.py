"""After a crash a client that reuses its port is forwarded, although the gateway still holds a TIME_WAIT socket for it.

Forwarding drops, silently, a packet to which early demultiplexing attached a local socket.
"""
import time

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
    began = time.monotonic()
    answer = http_get(lab, ORIGIN, "blocked.example", source_port=PORT)
    assert f"{CLIENT} port {PORT}" in answer.text
    assert time.monotonic() - began < 0.5
    daemon.start()
