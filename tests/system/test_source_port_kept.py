"""Towards the origin the client's address and port are kept; when its port is taken another one, and that is counted."""
import socket

from lab import http_get
from lab.namespaces import CLIENT, CLIENT6, GATEWAY_WAN, ORIGIN

PORT = 23200
IP_TRANSPARENT = 19


def test_port_is_kept(lab, weir, origin):
    daemon = weir()
    client = CLIENT6 if ":" in origin else CLIENT
    assert f"service, {client} port {PORT}\n" in http_get(lab, origin, source_port=PORT).text
    assert daemon.status()["dials"] == {"same_port": 1, "other_port": 0, "gateway": 0}


def test_another_port_when_it_is_taken(lab, weir):
    daemon = weir()
    with lab.socket(lab.gateway) as squatter:   # without SO_REUSEADDR, so nobody else can bind to it
        squatter.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)
        squatter.bind((CLIENT, PORT + 1))
        squatter.listen()
        text = http_get(lab, ORIGIN, source_port=PORT + 1).text
    assert f"service, {CLIENT} port" in text and f"port {PORT + 1}\n" not in text
    assert daemon.status()["dials"] == {"same_port": 0, "other_port": 1, "gateway": 0}


def test_the_gateways_address_when_asked_for(lab, weir):
    daemon = weir(gateway='source = "gateway"')
    assert f"service, {GATEWAY_WAN} port" in http_get(lab, ORIGIN).text
    assert daemon.status()["dials"] == {"same_port": 0, "other_port": 0, "gateway": 1}
