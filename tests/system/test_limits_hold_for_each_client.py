"""[[limit]]: new connections that come too soon wait, those that are too many are refused; each client by itself, on the wire and in
the daemon."""
import socket
import ssl

import pytest

from lab import Tls, http_get
from lab.gateway import wait_for
from lab.namespaces import CLIENT, ORIGIN
from rules import BLOCK

OTHER = "10.91.0.4"
TABLET, PHONE = "02:00:5e:10:00:01", "02:00:5e:10:00:02"


@pytest.fixture(autouse=True)
def own_address(lab):
    lab.become(TABLET)
    yield
    lab.become("02:00:5e:10:00:ff")


def opened(lab, authority, port, source=CLIENT):
    """A connection that is carried; None where it is refused."""
    try:
        connection = lab.connect(ORIGIN, port, source=source)
    except ConnectionError:   # refused by the kernel, or accepted by the daemon and reset at once
        return None
    try:
        if port == 443:
            Tls(connection, "allowed.example", authority).handshake()
        else:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
            if b" 200 " not in connection.recv(4096):
                raise ConnectionResetError
        return connection
    except (ConnectionError, ssl.SSLError):
        connection.close()
        return None


def refused(lab, authority, port, source=CLIENT):
    connection = opened(lab, authority, port, source)
    if connection is None:
        return True
    try:
        connection.settimeout(5)   # let through in the moment before the daemon counted it: it is reset then
        connection.sendall(b"x")
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    finally:
        connection.close()


@pytest.mark.parametrize("port", [80, 443], ids=["served", "on-the-wire"])
def test_connections(lab, weir, authority, port):
    daemon = weir(BLOCK + '[[limit]]\nname = "few"\nclient = ["!10.91.0.9"]\nconnections = 4\n')
    kept = [opened(lab, authority, port) for _ in range(4)]
    try:
        assert None not in kept
        wait_for("all of them to be counted", lambda: daemon.status()["limited"]["full"] == [CLIENT])
        assert daemon.ask("clients")["clients"][0]["allowed"] == 4
        wait_for("the kernel to know", lambda: refused(lab, authority, port) and daemon.wire()["limited_connections"] > 0)
        assert refused(lab, authority, port, OTHER), "the same device at another address"
        lab.become(PHONE)
        opened(lab, authority, port, "10.91.0.5").close()
        lab.become(TABLET)
        kept.pop().close()
        kept.append(wait_for("a place to be free again", lambda: opened(lab, authority, port)))
    finally:
        for connection in kept:
            connection.close()


def test_more_at_once_than_allowed(lab, weir):
    """Faster than the daemon tells the kernel: it counts by itself."""
    daemon = weir(BLOCK + '[[limit]]\nname = "few"\nconnections = 4\n')
    sockets = [lab.socket(lab.client) for _ in range(12)]
    answered = 0
    try:
        for one in sockets:
            one.settimeout(5)
            try:
                one.connect((ORIGIN, 80))
                one.sendall(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
            except ConnectionError:
                pass
        for one in sockets:
            try:
                answered += b" 200 " in one.recv(4096)
            except OSError:
                pass
    finally:
        for one in sockets:
            one.close()
    assert answered == 4
    status = daemon.status()["limited"]
    assert status["refused"] >= 8 and status["waited"] == 0
    text = daemon.proxyctl("status")[1]
    assert "limited" in text and "refused" in text


def test_new_connections(lab, weir, authority):
    daemon = weir(BLOCK + '[[limit]]\nname = "slow"\nnew = "5/h"\n')
    for port in (80, 443, 80, 443, 80):
        opened(lab, authority, port).close()
    for port in (80, 443):
        with pytest.raises(TimeoutError):
            lab.connect(ORIGIN, port, timeout=0.3)
    lab.become(PHONE)
    assert http_get(lab, ORIGIN, source=OTHER).status == 200, "another client"
    lab.become(TABLET)
    assert daemon.wire()["limited_new"] >= 2
    daemon.write(BLOCK)
    assert daemon.reload()
    assert http_get(lab, ORIGIN).status == 200, "a reload that takes the limit away"


def test_observing_limits_nobody(lab, weir):
    daemon = weir(BLOCK + '[[limit]]\nname = "slow"\nnew = "1/h"\nconnections = 1\n', gateway="observe = true")
    for _ in range(3):
        assert http_get(lab, ORIGIN).status == 200
    assert daemon.wire()["limited_new"] == 0
