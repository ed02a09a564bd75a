"""Ports stand in the first fragment only: cutting packets into fragments must neither evade the gateway nor break it."""
import contextlib

import pytest

from lab import Listener, client_hello
from lab.client import read_exactly
from lab.namespaces import ORIGIN
from raw import ACK, PSH_ACK, RST, RawTcp
from rules import BLOCK

REQUEST = b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def quiet_client(lab):
    RawTcp.silence_the_kernel(lab)


@contextlib.contextmanager
def raw(lab, address, port):
    connection = RawTcp(lab, address, port)
    try:
        yield connection
    finally:
        connection.close()


def test_the_lab_itself_carries_fragments(lab):
    """Without a gateway: what the tests below rely on."""
    with raw(lab, ORIGIN, 80) as client:
        client.connect(fragment=8)
        client.send(PSH_ACK, REQUEST % b"allowed.example", fragment=16)
        assert b"at your service" in client.read(b"service")


def test_a_fragmented_syn_is_steered(lab, weir):
    daemon = weir(BLOCK)
    with raw(lab, ORIGIN, 80) as client:
        client.connect(fragment=8)
        client.send(PSH_ACK, REQUEST % b"blocked.example")
        assert b" 403 " in client.read(b"\r\n\r\n")
    assert daemon.line(action="block")["host"] == "blocked.example"
    assert daemon.wire()["fragment"] >= 3


def test_a_fragmented_syn_comes_from_its_device(lab, weir):
    """A rule by hardware address is not evaded by a SYN that no program sees whole."""
    lab.become("02:00:5e:10:00:01")
    daemon = weir(BLOCK + 'client = ["02:00:5e:10:00:01"]\n')
    with raw(lab, ORIGIN, 80) as client:
        client.connect(fragment=8)
        client.send(PSH_ACK, REQUEST % b"blocked.example")
        assert b" 403 " in client.read(b"\r\n\r\n")
    assert daemon.line(action="block")["mac"] == "02:00:5e:10:00:01"


def test_fragmented_data_of_a_steered_connection_arrives(lab, weir):
    daemon = weir(BLOCK)
    with raw(lab, ORIGIN, 80) as client:
        client.connect()
        client.send(PSH_ACK, REQUEST % b"allowed.example", fragment=16)
        assert b"at your service" in client.read(b"service")
    daemon.line(depth="serve", host="allowed.example")


def test_a_fragmented_hello_of_an_undecided_connection_is_reset(lab, weir):
    with Listener(lab, 443) as origin:
        daemon = weir(BLOCK)
        with raw(lab, origin.address, 443) as client:
            client.connect()
            server = origin.accept()
            client.send(PSH_ACK, client_hello("blocked.example"), fragment=64)
            answer = client.receive()
            assert answer and answer[0] & RST
            server.settimeout(0.5)
            with pytest.raises((TimeoutError, ConnectionResetError)):
                assert server.recv(1) != b"", "an end, but no byte"
                raise AssertionError("the origin got bytes of a hello that nobody had judged")
        assert daemon.wire()["fragment_refused"] >= 1


def test_fragments_of_a_passing_connection_pass(lab, weir):
    hello = client_hello("allowed.example")
    with Listener(lab, 443) as origin:
        daemon = weir(BLOCK)
        with raw(lab, origin.address, 443) as client:
            client.connect()
            server = origin.accept()
            client.send(PSH_ACK, hello)
            assert read_exactly(server, len(hello)) == hello
            client.send(PSH_ACK, b"x" * 400, fragment=64)
            assert read_exactly(server, 400) == b"x" * 400
        assert daemon.wire()["passed_hello"] == 1


def test_fragments_to_other_ports_pass(lab, weir):
    with Listener(lab, 8080) as origin:
        weir(BLOCK)
        with raw(lab, origin.address, 8080) as client:
            client.connect(fragment=8)
            server = origin.accept()
            client.send(PSH_ACK, b"y" * 100, fragment=24)
            assert read_exactly(server, 100) == b"y" * 100
            client.send(ACK)
