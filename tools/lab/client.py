"""What a client does: plain HTTP by hand, and TLS whose records a test can cut as it likes."""
import socket
import ssl


def read_until(connection, end, limit=1 << 20):
    """Bytes up to and with `end`, or until the peer closes.  Raises TimeoutError and ConnectionResetError."""
    got = b""
    while end not in got and len(got) < limit:
        more = connection.recv(65536)
        if not more:
            break
        got += more
    return got


def read_all(connection):
    """Everything until the peer closes."""
    got = bytearray()
    while more := connection.recv(1 << 18):
        got += more
    return bytes(got)


def read_exactly(connection, size):
    got = bytearray()
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise ConnectionError(f"the peer closed after {len(got)} of {size} bytes")
        got += more
    return bytes(got)


class Answer:
    """An HTTP/1.1 answer as it came: `status`, `head` (bytes up to the empty line), `body`."""

    def __init__(self, head, body):
        self.head, self.body = head, body
        self.status = int(head.split(b" ", 2)[1])

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


def http_get(lab, address, host="allowed.example", path="/", port=80, **options):
    """One GET on a connection of its own."""
    with lab.connect(address, port, **options) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        head, separator, body = read_all(connection).partition(b"\r\n\r\n")
    if not separator:
        raise ConnectionError(f"no answer from {host}: {head!r}")
    return Answer(head, body)


def client_hello(name, authority=None, fat=False):
    """The bytes that a TLS client sends first: one record.  `fat`: longer than a segment of 1,460 bytes."""
    return Tls(None, name, authority, fat).first


class Tls:
    """A TLS client over a connected socket, driven by hand: `first` is the hello, to be sent in any pieces; then
    finish() completes the handshake.  A refusal raises ssl.SSLError, with the alert in its text."""

    def __init__(self, connection, name, authority=None, fat=False):
        context = ssl.create_default_context(cafile=authority.ca if authority else None)
        if not authority:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if fat:
            context.set_alpn_protocols([f"protocol-{number:03d}" for number in range(150)] + ["http/1.1"])
        self.connection = connection
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.first = self._out.read()

    def _drive(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                if pending := self._out.read():
                    self.connection.sendall(pending)
                more = self.connection.recv(65536)
                self._in.write(more) if more else self._in.write_eof()
            finally:
                if pending := self._out.read():
                    self.connection.sendall(pending)

    def finish(self):
        """The rest of the handshake; returns self."""
        self._drive(self.tls.do_handshake)
        return self

    def handshake(self):
        """All of it, the hello in one write."""
        self.connection.sendall(self.first)
        return self.finish()

    def get(self, host, path="/"):
        """One GET; the whole answer as text."""
        self.tls.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        got = b""
        try:
            while more := self._drive(lambda: self.tls.read(65536)):
                got += more
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            pass
        return got.decode("utf-8", "replace")

    def issuer(self):
        return dict(pair[0] for pair in self.tls.getpeercert()["issuer"])["commonName"]


def is_reset(connection):
    """Whether the peer answers with a reset rather than an orderly end; bytes before it are skipped."""
    try:
        read_all(connection)
        return False
    except ConnectionResetError:
        return True


def reset(connection):
    """Closes with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
