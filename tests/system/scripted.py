"""An HTTP origin whose every answer a test scripts, for many connections at a time, and what it was asked."""
import socket
import threading

from lab import Listener, read_until


class Scripted:
    """`answer(head, connection)` is called for each request, on a thread of its connection, with the request's head as
    text, and returns the answer in bytes, or None when it has sent it by itself."""

    def __init__(self, lab, answer, address=None):
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        self.listener = Listener(lab, address=address, accept_timeout=None)
        self.address = self.listener.address
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept(timeout=20.0)
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            while (head := read_until(connection, b"\r\n\r\n").decode("latin-1")).endswith("\r\n\r\n"):
                with self.lock:
                    self.asked.append(head)
                if (answer := self.answer(head, connection)) is not None:
                    connection.sendall(answer)
        except OSError:
            pass

    def count(self, start="GET "):
        with self.lock:
            return sum(head.startswith(start) for head in self.asked)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.socket.shutdown(socket.SHUT_RDWR)   # a close alone leaves accept() waiting, and the port taken
        self.accepting.join()
        self.listener.close()


def plain(body, *fields):
    """A whole answer; without other `fields` it is fresh for an hour."""
    lines = fields or ("Cache-Control: max-age=3600",)
    head = "".join(f"{line}\r\n" for line in (*lines, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


def get(lab, address, path="/", host="a.example", *fields, method="GET", **options):
    """(head, body) of one request on a connection of its own."""
    lines = "".join(f"{line}\r\n" for line in (f"Host: {host}", "Connection: close", *fields))
    with lab.connect(address, 80, **options) as client:
        client.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
        got = b""
        while more := client.recv(1 << 18):
            got += more
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body
